//! The vendor's registry: one SQLite file with everything that was granted, and everything that came back.

mod account;
mod approvals;
mod below;
mod error;
mod findings;
mod holdings;
mod papers;
mod record;
mod revocations;
mod store;

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::fail::Fail;
use crate::report::Report;
use crate::trust;

pub(crate) use account::{Account, AccountName};
pub(crate) use below::Known;
pub(crate) use error::RegistryError;
pub(crate) use findings::Found;
pub(crate) use holdings::What;
pub(crate) use record::{Audited, Checked, Content, Sent};
pub(crate) use store::Registry;

/// The registry's name where none is given.
const NAME: &str = "postern.registry";

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Make an empty registry for the vendor root of a trust file
    #[command(after_help = "Example:\n  postern registry init --trust roots/trust.trust")]
    Init(Init),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Init {
    /// The vendor's trust file
    #[arg(long, value_name = "FILE")]
    trust: PathBuf,
    /// The registry to make
    #[arg(long, value_name = "FILE", env = "POSTERN_REGISTRY", default_value = NAME)]
    registry: PathBuf,
}

/// Which registry a command works with.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Which {
    /// The vendor's registry; default: postern.registry in this folder or the nearest one above that has it
    #[arg(long, value_name = "FILE", env = "POSTERN_REGISTRY")]
    registry: Option<PathBuf>,
}

impl Which {
    pub(crate) fn open(&self) -> Result<Registry, Fail> {
        Registry::open(&self.path()?)
    }

    fn path(&self) -> Result<PathBuf, Fail> {
        if let Some(path) = &self.registry {
            return Ok(path.clone());
        }
        let here = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
        let found = here.ancestors().map(|folder| folder.join(NAME)).find(|path| path.is_file());
        found.ok_or_else(|| RegistryError::Missing { path: None }.into())
    }
}

/// The registry of a command that also works without one.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Perhaps {
    /// The vendor's registry: gives the account's last bundle, ledger, approvals and revocations, and takes the new one
    #[arg(long, value_name = "FILE", env = "POSTERN_REGISTRY")]
    registry: Option<PathBuf>,
}

impl Perhaps {
    pub(crate) fn open(&self) -> Result<Option<Registry>, Fail> {
        self.registry.as_deref().map(Registry::open).transpose()
    }
}

pub(crate) fn run(command: Command) -> Result<Report, Fail> {
    match command {
        Command::Init(args) => init(&args.trust, &args.registry),
    }
}

fn init(trust: &Path, path: &Path) -> Result<Report, Fail> {
    let trust = trust::read(trust)?;
    Registry::create(path, &trust)?;
    let anchor = trust.anchor();
    let text = format!(
        "{}\n  an empty registry of the vendor root {} for '{}'.\n  Next: postern ledger import FILE… takes bundles, \
         ledgers, requests and deactivations.",
        path.display(),
        anchor.root,
        anchor.product
    );
    Ok(Report::new(text, &json!({ "product": anchor.product, "root": anchor.root, "files": { "registry": path } })))
}
