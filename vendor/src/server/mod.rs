//! `postern server`: child license servers, as a portal whose entitlement may delegate makes them (seed 003).

mod children;
mod terms;

use std::path::{Path, PathBuf};

use postern_issuer::{
    ChildRefusal, Decision, Refusal, chains_of, decide_child_ledger, decide_renewal, decide_standing,
};
use postern_protocol::documents::{Event, InstalledEffect, Standing};
use postern_protocol::{Chain, Id, describe};
use serde_json::json;

use crate::fail::Fail;
use crate::files;
use crate::issue::office::{Means, Office, refused};
use crate::report::Report;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Make a license server: its bundle, for the portal that showed the License Code
    #[command(
        after_help = "Example:\n  postern server new works --client 'Works Ltd' --license-code PSTN1-… --seats bot-runner=20 \\\n      --seats bot-runner=30@2027-01-01 --until 2027-05-31 --licenses 5 --session '8 hours' \\\n      --bundle reseller.bundle --ledger reseller.ledger --out works.bundle"
    )]
    New(Box<terms::New>),
    /// Raise, cut or extend a license server; what is not said stays as it is
    #[command(
        after_help = "Example:\n  postern server change works --seats bot-runner=25 --until 2027-12-31 \\\n      --bundle reseller.bundle --ledger reseller.ledger --out works-2.bundle"
    )]
    Change(Box<terms::Changed>),
    /// Suspend a license server until it is resumed
    #[command(
        after_help = "Example:\n  postern server suspend works --stop-installed --bundle reseller.bundle --ledger reseller.ledger --out works-2.bundle"
    )]
    Suspend(Stand),
    /// Resume a license server that is suspended
    #[command(
        after_help = "Example:\n  postern server resume works --bundle reseller.bundle --ledger reseller.ledger --out works-3.bundle"
    )]
    Resume(Stand),
    /// Revoke a license server for ever
    #[command(
        after_help = "Example:\n  postern server revoke works --stop-installed --bundle reseller.bundle --ledger reseller.ledger --out works-3.bundle"
    )]
    Revoke(Stand),
    /// Make a license server's bundle anew: where it is lost, or your own entitlement was renewed
    #[command(
        after_help = "Example:\n  postern server renew works --bundle reseller.bundle --ledger reseller.ledger --out works-2.bundle"
    )]
    Renew(Renew),
    /// Take a license server's exported ledger: what its machines hold counts from now on, not what it had before
    #[command(
        after_help = "Example:\n  postern server ledger works.ledger --bundle reseller.bundle --ledger reseller.ledger"
    )]
    Ledger(Shown),
    /// List the license servers: what each has, holds, and when it ends
    #[command(after_help = "Example:\n  postern server list --bundle reseller.bundle --ledger reseller.ledger")]
    List(List),
}

/// Whose standing changes.
#[derive(Debug, clap::Args)]
pub(crate) struct Stand {
    /// The license server's id
    #[arg(value_name = "ID")]
    id: Id,
    /// Licenses that its machines have installed stop as well, when the bundle reaches them
    #[arg(long)]
    stop_installed: bool,
    #[command(flatten)]
    out: Out,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Renew {
    /// The license server's id
    #[arg(value_name = "ID")]
    id: Id,
    #[command(flatten)]
    out: Out,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Shown {
    /// The license server's exported ledger
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    office: Means,
}

#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    office: Means,
}

/// Where the child's bundle goes.
#[derive(Debug, clap::Args)]
pub(crate) struct Out {
    /// Where to write the license server's bundle
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Overwrite the bundle's file if it is there; the ledger is always gone on with
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    office: Means,
}

pub(crate) fn run(command: Command) -> Result<Report, Fail> {
    match command {
        Command::New(args) => terms::new(&args),
        Command::Change(args) => terms::change(&args),
        Command::Suspend(args) => stand(&args, Standing::Suspended),
        Command::Resume(args) => stand(&args, Standing::Active),
        Command::Revoke(args) => stand(&args, Standing::Revoked),
        Command::Renew(args) => renew(&args),
        Command::Ledger(args) => ledger(&args),
        Command::List(args) => children::list(&Office::open(&args.office, &[])?),
    }
}

fn stand(args: &Stand, standing: Standing) -> Result<Report, Fail> {
    let office = args.out.open()?;
    let chain = path(&office, &args.id);
    let effect = if args.stop_installed { InstalledEffect::Stop } else { InstalledEffect::Keep };
    let decision = decide_standing(&office.desk(&chain), &args.id, standing, effect).map_err(refused)?;
    args.out.hand_out(office, decision)
}

fn renew(args: &Renew) -> Result<Report, Fail> {
    let office = args.out.open()?;
    let chain = path(&office, &args.id);
    let decision = decide_renewal(&office.desk(&chain), &args.id).map_err(refused)?;
    args.out.hand_out(office, decision)
}

fn ledger(args: &Shown) -> Result<Report, Fail> {
    let file = files::read(&args.file)?;
    let office = Office::open(&args.office, &[])?;
    // Whose ledger it is, is found by its key, whatever its parent's entitlement.
    let chain = office.path(|_, _| None);
    let decision = decide_child_ledger(&office.desk(&chain), &file).map_err(refused)?;
    let Event::ChildSeen(seen) = decision.entry().event.clone() else { return Err(unknown(None)) };
    let held: Vec<String> = seen.held.iter().map(|one| format!("  holds {}\n", describe::seats(one))).collect();
    let outcome = office.hand_out(decision, None, false)?;
    let text = format!(
        "{}\n  the ledger of '{}', which goes on at position {}; {} machines hold a license.\n{}{}\n  the ledger that records it",
        args.file.display(),
        seen.child,
        seen.next.position,
        seen.devices,
        held.concat(),
        args.office.ledger.display()
    );
    let data = json!({
        "id": seen.child, "serial": seen.serial, "devices": seen.devices, "held": seen.held, "next": seen.next,
        "ledger": outcome.ledger.next(), "files": { "ledger": args.office.ledger },
    });
    Ok(Report::new(text, &data))
}

/// The path of the entitlement that a license server hangs from; of any that may delegate, where none is known yet.
fn path(office: &Office<'_>, id: &Id) -> Chain {
    office.path(|bundle, subject| {
        let chains = chains_of(bundle, subject);
        let has = |chain: &&Chain| {
            postern_issuer::children(&office.desk(chain)).iter().any(|child| child.delegated.child.id == *id)
        };
        let delegates = |chain: &&Chain| chain.leaf().rights.delegate > 0;
        chains.iter().find(has).or_else(|| chains.iter().find(delegates)).cloned()
    })
}

fn unknown(id: Option<&Id>) -> Fail {
    refused(id.map(|id| Refusal::Child(ChildRefusal::Unknown { child: id.clone() })).into_iter().collect())
}

impl Out {
    fn open(&self) -> Result<Office<'_>, Fail> {
        files::none_exists(std::slice::from_ref(&self.out), self.force)?;
        Office::open(&self.office, &[])
    }

    fn path(&self) -> &Path {
        &self.out
    }

    fn hand_out(&self, office: Office<'_>, decision: Decision) -> Result<Report, Fail> {
        let Event::Delegated(delegated) = decision.entry().event.clone() else { return Err(unknown(None)) };
        let outcome = office.hand_out(decision, Some(&self.out), self.force)?;
        let text = format!(
            "{}\n{}{}\n  the ledger that records it",
            self.path().display(),
            children::words(&delegated),
            self.office.ledger.display()
        );
        let mut data = children::data(&delegated);
        if let serde_json::Value::Object(fields) = &mut data {
            fields.insert("ledger".into(), json!(outcome.ledger.next()));
            fields.insert("files".into(), json!({ "bundle": self.out, "ledger": self.office.ledger }));
        }
        Ok(Report::new(text, &data))
    }
}
