//! `postern refresh`: the current entitlements for machines of the ledger, without a request of them.

use std::path::{Path, PathBuf};

use postern_issuer::{decide_refresh, live_machines};
use postern_protocol::{Id, PublicKey};
use serde_json::{Value, json};

use super::license;
use super::office::{Answer, Means, Office, OfficeError, refused};
use super::tally::Tally;
use crate::bundle::Key;
use crate::fail::Fail;
use crate::files;
use crate::report::Report;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  postern refresh --bundle acme.bundle --ledger acme.ledger --device ed25519:… --out license_refresh.lic\n  postern refresh --bundle acme.bundle --ledger acme.ledger --all --out-dir refreshed"
)]
pub(crate) struct Args {
    /// The machine's key, as its requests and the ledger name it; may be given several times
    #[arg(long, value_name = "KEY", required_unless_present = "all")]
    device: Vec<Key>,
    /// Every machine that holds a license which can be refreshed
    #[arg(long, conflicts_with_all = ["device", "license"])]
    all: bool,
    /// The license id, where a machine has several; default: the one that it got last
    #[arg(long, value_name = "ID")]
    license: Option<Id>,
    /// Begin the consumption counters anew at what the machine has told
    #[arg(long)]
    move_base: bool,
    /// Where to write the license; default: license_refresh.lic
    #[arg(long, value_name = "FILE", conflicts_with_all = ["out_dir", "all"])]
    out: Option<PathBuf>,
    /// The folder for several licenses, each named after its machine
    #[arg(long, value_name = "FOLDER")]
    out_dir: Option<PathBuf>,
    /// Overwrite a license's file if it is there; the ledger is always gone on with
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    office: Means,
}

/// What one machine gets.
struct Refreshed {
    words: String,
    data: Value,
    decision: postern_issuer::Decision,
}

pub(crate) fn run(args: &Args) -> Result<Report, Fail> {
    match (args.device.as_slice(), &args.out_dir) {
        ([device], None) => one(args, device.0),
        (_, Some(folder)) => several(args, folder),
        _ => Err(OfficeError::NoPlace.into()),
    }
}

fn one(args: &Args, device: PublicKey) -> Result<Report, Fail> {
    let out = args.out.clone().unwrap_or_else(|| "license_refresh.lic".into());
    files::none_exists(std::slice::from_ref(&out), args.force)?;
    let office = Office::open(&args.office, &[])?;
    let Refreshed { words, mut data, decision } = decide(args, &office, device, args.license.as_ref())?;
    let outcome = office.hand_out(decision, Some(&out), args.force)?;
    if let Value::Object(fields) = &mut data {
        fields.insert("digest".into(), json!(outcome.document));
        fields.insert("ledger".into(), json!(outcome.ledger.next()));
        fields.insert("files".into(), json!({ "license": out, "ledger": args.office.ledger }));
    }
    let (out, ledger) = (out.display(), args.office.ledger.display());
    Ok(Report::new(format!("{out}\n{words}{ledger}\n  the ledger that records it"), &data))
}

/// One machine after the other, each refreshed or refused, one ledger for all.
fn several(args: &Args, folder: &Path) -> Result<Report, Fail> {
    let mut office = Office::open(&args.office, &[])?;
    let named = args.device.iter().map(|device| (device.0, args.license.clone()));
    let machines: Vec<(PublicKey, Option<Id>)> = if args.all { all(&office) } else { named.collect() };
    let (mut tally, mut answers) = (Tally::of("machine"), Vec::new());
    for (device, license_id) in &machines {
        match next(args, &mut office, folder, *device, license_id.as_ref()) {
            Ok((refreshed, answer)) => {
                tally.answered(device, &refreshed.words, refreshed.data, Some(("license", &answer.path)));
                answers.push(answer);
            }
            Err(fail) => tally.refused(device, &fail),
        }
    }
    office.close(&answers, Some(folder), args.force)?;
    Ok(tally.report())
}

/// Every license that is bound to a machine and live there.
fn all(office: &Office<'_>) -> Vec<(PublicKey, Option<Id>)> {
    let (bundle, ledger, now) = office.known();
    let machines = live_machines(bundle, ledger, now).into_iter();
    machines.filter(|(_, license_id)| office.node_locked(license_id)).map(|(device, id)| (device, Some(id))).collect()
}

fn next(
    args: &Args,
    office: &mut Office<'_>,
    folder: &Path,
    device: PublicKey,
    license_id: Option<&Id>,
) -> Result<(Refreshed, Answer), Fail> {
    let refreshed = decide(args, office, device, license_id)?;
    let outcome = office.sign(refreshed.decision.clone())?;
    let license_id = refreshed.decision.license().map(|license| license.license_id.to_string()).unwrap_or_default();
    // A machine may hold several licenses; its key and theirs make a name that no other has.
    let path = folder.join(format!("{license_id}-{}.lic", device.short()));
    files::none_exists(std::slice::from_ref(&path), args.force)?;
    let bytes = outcome.file.as_ref().map(postern_protocol::File::to_bytes).unwrap_or_default();
    office.adopt(&outcome);
    Ok((refreshed, Answer { path, bytes }))
}

fn decide(args: &Args, office: &Office<'_>, device: PublicKey, license_id: Option<&Id>) -> Result<Refreshed, Fail> {
    let chain = office.path_of(device, license_id);
    let decision = decide_refresh(&office.desk(&chain), &device, args.move_base).map_err(refused)?;
    let change = decision.before_after();
    let words = decision.license().map(|license| license::words(license, change)).unwrap_or_default();
    let data = decision.license().map(|license| license::data(license, change)).unwrap_or_default();
    Ok(Refreshed { words, data, decision })
}
