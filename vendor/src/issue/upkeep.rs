//! What is decided about a machine or the ledger without any file of a machine: `postern release-dead`, `take-over`.

use postern_issuer::{decide_release, decide_take_over};
use postern_protocol::Id;
use serde_json::{Value, json};

use super::office::{Means, Office, refused};
use crate::bundle::Key;
use crate::fail::Fail;
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

pub(crate) fn release(args: &ReleaseArgs) -> Result<Report, Fail> {
    let device = args.which.device.0;
    let office = Office::open(&args.office, &[])?;
    let chain = office.path_of(device, args.which.license.as_ref());
    let decision = decide_release(&office.desk(&chain), &device, &args.reason).map_err(refused)?;
    let words = format!("  releases the machine {}: its seats are free, and it gets no more files.", device.short());
    recorded(office, decision, &args.office, &words, json!({ "machine": device, "reason": args.reason.trim() }))
}

pub(crate) fn take_over(args: &TakeOverArgs) -> Result<Report, Fail> {
    let office = Office::open(&args.office, &[])?;
    let chain = office.path(|_, _| None);
    let decision = decide_take_over(&office.desk(&chain), None).map_err(refused)?;
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
