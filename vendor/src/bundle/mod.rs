//! `postern bundle`: from an account file to the bundle that a portal loads, and a look into one.

mod check;
mod credentials;
mod grants;
mod imports;
mod known;
mod licenses;
mod make;
mod portal_key;
mod previous;
mod renew;
mod show;
mod spec;
mod spec_file;
mod terms;
mod values;

use crate::fail::Fail;
use crate::report::Report;

pub(crate) use make::{Args as MakeArgs, grants_of, renew};
pub(crate) use values::Key;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Make the bundle that an account file describes
    ///
    /// With --previous the account's last bundle is renewed: its ids and its portal key stay, serials count up.
    #[command(
        after_help = "Examples:\n  postern bundle make account.toml --trust roots/trust.trust \\\n      --ops-key ops/ops.pem --ops-grant ops/ops.grant --out acme.bundle\n  postern bundle make account.toml --previous acme.bundle --trust roots/trust.trust \\\n      --ops-key ops/ops.pem --ops-grant ops/ops.grant --out acme-2.bundle\n  postern bundle make licenses.toml --credentials globex.csv --trust roots/trust.trust \\\n      --ops-key ops/ops.pem --ops-grant ops/ops.grant --out globex.bundle"
    )]
    Make(Box<make::Args>),
    /// Verify a bundle and show what it grants
    #[command(after_help = "Example:\n  postern bundle show acme.bundle --trust roots/trust.trust")]
    Show(show::Args),
    /// Print an account file that explains every field
    #[command(
        after_help = "Examples:\n  postern bundle example > account.toml\n  postern bundle example --licenses > licenses.toml"
    )]
    Example {
        /// One of node-locked licenses, with policies, license keys and users
        #[arg(long)]
        licenses: bool,
    },
}

pub(crate) fn run(command: Command) -> Result<Report, Fail> {
    match command {
        Command::Make(args) => make::run(&args),
        Command::Show(args) => show::run(&args),
        Command::Example { licenses } => {
            let example = if licenses { LICENSES } else { EXAMPLE };
            Ok(Report::new(example, &serde_json::json!({ "account_file": example })))
        }
    }
}

const EXAMPLE: &str = include_str!("../../examples/account.toml");
const LICENSES: &str = include_str!("../../examples/licenses.toml");
