//! What is decided about a machine or the ledger without any file of a machine: `postern refresh`, `release-dead`,
//! `take-over`.

use std::path::PathBuf;

use postern_issuer::{decide_refresh, decide_release, decide_take_over};
use postern_protocol::Id;
use serde_json::{Value, json};

use super::license;
use super::office::{Means, Office, refused};
use crate::bundle::Key;
use crate::fail::Fail;
use crate::files;
use crate::report::Report;

/// Which machine.
#[derive(Debug, clap::Args)]
struct Which {
    /// The machine's key, as its requests and the ledger name it
    #[arg(long, value_name = "KEY")]
    device: Key,
    /// The license id, where the machine has several; default: the one that it got last
    #[arg(long, value_name = "ID")]
    license: Option<Id>,
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  postern refresh --bundle acme.bundle --ledger acme.ledger --device ed25519:… --out license_refresh.lic"
)]
pub(crate) struct RefreshArgs {
    #[command(flatten)]
    which: Which,
    /// Begin the consumption counters anew at what the machine has told
    #[arg(long)]
    move_base: bool,
    /// Where to write the license
    #[arg(long, value_name = "FILE", default_value = "license_refresh.lic")]
    out: PathBuf,
    /// Overwrite the license's file if it is there; the ledger is always gone on with
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    office: Means,
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  postern release-dead --bundle acme.bundle --ledger acme.ledger --device ed25519:… \\\n      --reason 'burnt down on 3 November'"
)]
pub(crate) struct ReleaseArgs {
    #[command(flatten)]
    which: Which,
    /// What became of it; goes into the ledger
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    office: Means,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  postern take-over --bundle acme-2.bundle --ledger acme.ledger --by 'B. Deputy'")]
pub(crate) struct TakeOverArgs {
    #[command(flatten)]
    office: Means,
}

pub(crate) fn refresh(args: &RefreshArgs) -> Result<Report, Fail> {
    files::none_exists(std::slice::from_ref(&args.out), args.force)?;
    let office = Office::open(&args.office)?;
    let chain = office.path_of(args.which.device.0, args.which.license.as_ref());
    let decision = decide_refresh(&office.desk(&chain), &args.which.device.0, args.move_base).map_err(refused)?;
    let change = decision.before_after();
    let words = decision.license().map(|license| license::words(license, change)).unwrap_or_default();
    let mut data = decision.license().map(|license| license::data(license, change)).unwrap_or_default();
    let outcome = office.hand_out(decision, Some(&args.out), args.force)?;
    if let Value::Object(fields) = &mut data {
        fields.insert("digest".into(), json!(outcome.document));
        fields.insert("ledger".into(), json!(outcome.ledger.next()));
        fields.insert("files".into(), json!({ "license": args.out, "ledger": args.office.ledger }));
    }
    let (out, ledger) = (args.out.display(), args.office.ledger.display());
    Ok(Report::new(format!("{out}\n{words}{ledger}\n  the ledger that records it"), &data))
}

pub(crate) fn release(args: &ReleaseArgs) -> Result<Report, Fail> {
    let device = args.which.device.0;
    let office = Office::open(&args.office)?;
    let chain = office.path_of(device, args.which.license.as_ref());
    let decision = decide_release(&office.desk(&chain), &device, &args.reason).map_err(refused)?;
    let words = format!("  releases the machine {}: its seats are free, and it gets no more files.", device.short());
    recorded(office, decision, &args.office, &words, json!({ "machine": device, "reason": args.reason.trim() }))
}

pub(crate) fn take_over(args: &TakeOverArgs) -> Result<Report, Fail> {
    let office = Office::open(&args.office)?;
    let chain = office.path(|_, _| None);
    let decision = decide_take_over(&office.desk(&chain)).map_err(refused)?;
    let words = format!("  is gone on with by {}. Nobody else may write it from now on.", args.office.by);
    recorded(office, decision, &args.office, &words, json!({ "by": args.office.by }))
}

/// One entry and no file.
fn recorded(
    office: Office<'_>,
    decision: postern_issuer::Decision,
    means: &Means,
    words: &str,
    mut data: Value,
) -> Result<Report, Fail> {
    let outcome = office.hand_out(decision, None, false)?;
    if let Value::Object(fields) = &mut data {
        fields.insert("ledger".into(), json!(outcome.ledger.next()));
        fields.insert("files".into(), json!({ "ledger": means.ledger }));
    }
    Ok(Report::new(format!("{}\n{words}", means.ledger.display()), &data))
}
