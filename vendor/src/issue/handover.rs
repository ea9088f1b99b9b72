//! `postern handover`: bundle, ledger and portal key for another administrator, in one file; and taking them over.

use std::path::PathBuf;

use postern_issuer::{Desk, Handed, Ledger, decide_handover, decide_take_over, prepare_handover};
use postern_protocol::bundle_file::{HandoverFile, verify_bundle};
use postern_protocol::{Limits, sealed_key};
use serde_json::json;

use super::ledger_file::LedgerFile;
use super::office::{Answer, Means, Office, refused, sign};
use crate::fail::Fail;
use crate::files::{self, Access};
use crate::keys::{self, KeyError};
use crate::moment::At;
use crate::passphrase::HandoverPassphrase;
use crate::report::Report;
use crate::trust;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Write the file, and have the ledger say that it was handed over: nothing more is issued with it here
    Make(Box<MakeArgs>),
    /// Take over: bundle, portal key and ledger come out of the file, and the ledger says who goes on with it
    Open(Box<OpenArgs>),
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  postern handover make --bundle acme.bundle --ledger acme.ledger --to 'B. Deputy' --out acme.handover\n\nTell the passphrase another way than the file goes. Repeated, the command makes the file again, for instance with\nanother passphrase; the first one that is opened counts."
)]
pub(crate) struct MakeArgs {
    /// Who goes on; goes into the ledger
    #[arg(long, value_name = "NAME")]
    to: String,
    /// Where to write the file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Overwrite the file if it is there; the ledger is always gone on with
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    new_passphrase: HandoverPassphrase,
    #[command(flatten)]
    office: Means,
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  postern handover open acme.handover --bundle acme.bundle --ledger acme.ledger --portal-key acme.pem --by 'B. Deputy'\n\nThe portal key stays sealed under the handover's passphrase."
)]
pub(crate) struct OpenArgs {
    /// The handover file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where to write the bundle
    #[arg(long, value_name = "FILE")]
    bundle: PathBuf,
    /// Where to write the ledger; an older one of the same account that is there is gone on with
    #[arg(long, value_name = "FILE")]
    ledger: PathBuf,
    /// Where to write the portal key, sealed as it is in the file
    #[arg(long, value_name = "FILE")]
    portal_key: PathBuf,
    /// Overwrite the bundle and the portal key if they are there
    #[arg(long)]
    force: bool,
    /// The vendor's trust file; without it the root in the bundle is taken
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
    /// Who takes over: goes into the ledger
    #[arg(long, value_name = "NAME")]
    by: String,
    #[command(flatten)]
    passphrase: HandoverPassphrase,
    #[command(flatten)]
    at: At,
}

pub(crate) fn run(command: &Command) -> Result<Report, Fail> {
    match command {
        Command::Make(args) => make(args),
        Command::Open(args) => open(args),
    }
}

fn make(args: &MakeArgs) -> Result<Report, Fail> {
    files::none_exists(std::slice::from_ref(&args.out), args.force)?;
    let mut office = Office::open(&args.office, &[])?;
    let chain = office.path(|_, _| None);
    if office.ledger.handed_over().is_none() {
        let decision = decide_handover(&office.desk(&chain), &args.to).map_err(refused)?;
        let outcome = office.sign(decision)?;
        office.adopt(&outcome);
    }
    let passphrase = args.new_passphrase.source().fresh("the handover", 0, 1)?;
    let sealed = keys::seal(&office.key, &passphrase)?.lines().map(str::to_owned).collect();
    let desk = office.desk(&chain);
    let preparation = prepare_handover(&desk, args.office.bundle_file()?, sealed).map_err(refused)?;
    let signature = office.key.sign(&preparation.message());
    let bytes = preparation.finish(&office.bundle, &signature)?.to_bytes();
    let to = office.ledger.handed_over().map(|handed| handed.to.to_owned()).unwrap_or_default();
    let next = office.ledger.next();
    let text = format!(
        "{}\n  bundle, ledger and portal key for {to}; send the passphrase another way\n{}\n  says so; nothing more is \
         issued with it here",
        args.out.display(),
        args.office.ledger.display()
    );
    office.close(&[Answer { path: args.out.clone(), bytes }], None, args.force)?;
    let files = json!({ "handover": args.out, "ledger": args.office.ledger });
    Ok(Report::new(text, &json!({ "to": to, "ledger": next, "files": files })))
}

fn open(args: &OpenArgs) -> Result<Report, Fail> {
    files::none_exists(&[args.bundle.clone(), args.portal_key.clone()], args.force)?;
    let (_, file) = files::read_postern(&args.file)?;
    let file = HandoverFile::take(file)?;
    let root = match &args.trust {
        Some(path) => trust::read(path)?,
        None => trust::of(&file.bundle)?,
    };
    let bundle_bytes = file.bundle.to_bytes();
    let bundle = verify_bundle(&bundle_bytes, &root, &Limits::DEFAULT)?;
    let handed = Handed::read(&file, &bundle, &Limits::DEFAULT)?;
    let begins = args.ledger.symlink_metadata().is_err();
    let ledger_file = LedgerFile::open(&args.ledger, begins)?;
    let ours =
        ledger_file.bytes().map(|bytes| Ledger::import(&bundle, &handed.chain, bytes, &Limits::DEFAULT)).transpose()?;
    handed.after(ours.as_ref())?;
    let pem = handed.document.sealed_key.join("\n") + "\n";
    let passphrase = args.passphrase.source().existing("the handover", 0, 1)?;
    let key = sealed_key::open_expecting(&pem, passphrase.bytes(), handed.chain.leaf().subject.as_bytes());
    let key = key.map_err(|source| KeyError::open(&args.file, source))?;
    let now = args.at.time();
    let Handed { chain, ledger, document } = &handed;
    let desk = Desk { bundle: &bundle, chain, ledger: Some(ledger), revocations: &[], by: &args.by, now };
    let decision = decide_take_over(&desk, Some(document)).map_err(refused)?;
    let taken = sign(decision, &key)?.ledger;
    let staged = vec![
        files::stage(&args.bundle, &bundle_bytes, Access::Shared)?,
        files::stage(&args.portal_key, pem.as_bytes(), Access::OwnerOnly)?,
    ];
    ledger_file.record(Some(&taken.to_file(&bundle, chain).to_bytes()), staged, args.force)?;
    let [bundle, key, ledger] = [&args.bundle, &args.portal_key, &args.ledger].map(|path| path.display());
    let text = format!(
        "{bundle}\n  the account's bundle\n{key}\n  its portal key, sealed under the handover's passphrase\n{ledger}\n  \
         is gone on with by {}. Nobody else may write it from now on.",
        args.by
    );
    let files = json!({ "bundle": args.bundle, "portal_key": args.portal_key, "ledger": args.ledger });
    Ok(Report::new(text, &json!({ "by": args.by, "ledger": taken.next(), "files": files })))
}
