//! `postern issue`: the answer to a machine's request, a license or a time ticket.

use std::path::{Path, PathBuf};

use postern_issuer::{Change, decide_license, examine, find_chain};
use postern_protocol::documents::{Ceiling, License, Purpose, Request};
use postern_protocol::{DocumentError, Kind, Limits, Time, Unverified, Verified, describe};
use serde_json::{Value, json};

use super::choice::Chosen;
use super::office::{Means, Office, refused};
use super::ticket;
use crate::fail::Fail;
use crate::files;
use crate::report::Report;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  postern issue --bundle acme.bundle --ledger acme.ledger --request machine.lfr \\\n      --seats bot-creator=5,bot-runner=10 --end 2027-03-31 --out license.olf\n  postern issue --bundle acme.bundle --ledger acme.ledger --request clock.req --out clock.ticket"
)]
pub(crate) struct Args {
    /// The machine's request (LFR), or its clock challenge, for which nothing is chosen
    #[arg(long, value_name = "FILE")]
    request: PathBuf,
    #[command(flatten)]
    pub(super) chosen: Chosen,
    #[command(flatten)]
    pub(super) office: Means,
}

pub(crate) fn run(args: &Args) -> Result<Report, Fail> {
    let request = read(&args.request)?;
    if request.purpose == Purpose::Clock {
        return ticket::run(args, &request);
    }
    let office = Office::open(&args.office, |bundle, subject| find_chain(bundle, subject, &request))?;
    let choice = args.chosen.of(&examine(&office.desk(), &request));
    let decision = decide_license(&office.desk(), &request, &choice).map_err(refused)?;
    let change = decision.before_after().clone();
    let license = decision.license().cloned();
    let outcome = office.hand_out(decision)?;
    let mut data = license.as_ref().map(|license| data(license, &change)).unwrap_or_default();
    if let Value::Object(fields) = &mut data {
        fields.insert("digest".into(), json!(outcome.document));
        fields.insert("ledger".into(), json!(outcome.ledger.next()));
        fields.insert("files".into(), json!({ "license": args.office.out, "ledger": args.office.ledger }));
    }
    let words = license.as_ref().map(|license| words(license, &change)).unwrap_or_default();
    let (out, ledger) = (args.office.out.display(), args.office.ledger.display());
    Ok(Report::new(format!("{out}\n{words}{ledger}\n  the ledger that records it"), &data))
}

/// Reads a request: one document that its machine signed, and nothing else in the file.
fn read(path: &Path) -> Result<Verified<Request>, Fail> {
    let (_, file) = files::read_postern(path)?;
    let document = file.document(Kind::Request)?;
    if let Some(extra) = file.envelopes().find(|envelope| envelope.kind() != Kind::Request) {
        return Err(DocumentError::Extra { line: 1, found: extra.kind() }.into());
    }
    Ok(Unverified::<Request>::new(document.clone())?.verify_by_named_signers(&Limits::DEFAULT)?)
}

fn words(license: &License, change: &Change) -> String {
    let mut text = format!(
        "  license {} for the machine {}, {} to {}; install it until {}.\n",
        license.sequence,
        license.device.key.short(),
        describe::time(license.starts_at),
        end(license.ends_at),
        describe::time(license.install_before)
    );
    if license.accept_fork.is_some() {
        text.push_str("  the machine is accepted as it is now; its copies get no more files.\n");
    }
    for seats in &change.seats {
        text.push_str(&format!("  {}: {} before, {} then\n", seats.seat_type, seats.before, seats.after));
    }
    text
}

fn end(end: Ceiling<Time>) -> String {
    end.limit().map_or_else(|| "without end".into(), |end| describe::time(*end))
}

fn data(license: &License, change: &Change) -> Value {
    let seats: Vec<Value> = change
        .seats
        .iter()
        .map(|one| json!({ "seat_type": one.seat_type, "before": one.before, "after": one.after }))
        .collect();
    json!({
        "machine": license.device.key,
        "license_id": license.license_id,
        "activation": license.activation,
        "epoch": license.device.epoch,
        "accepted_fork": license.accept_fork.is_some(),
        "sequence": license.sequence,
        "starts_at": license.starts_at,
        "ends_at": license.ends_at,
        "install_before": license.install_before,
        "seats": seats,
    })
}
