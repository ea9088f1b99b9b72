//! `postern issue`: the answer to what came from a machine, one file by itself or several at once.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use postern_protocol::documents::{Deactivation, LedgerReference, Purpose, Request};
use postern_protocol::{Kind, Verified};
use serde_json::{Value, json};

use super::again::Shelf;
use super::batch::Batch;
use super::choice::Chosen;
use super::office::{Means, Office, OfficeError};
use super::{license, settle, ticket};
use crate::fail::Fail;
use crate::files::{self, Access};
use crate::report::Report;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  postern issue --bundle acme.bundle --ledger acme.ledger machine.lfr \\\n      --seats bot-creator=5,bot-runner=10 --end 2027-03-31 --out license.olf\n  postern issue --bundle acme.bundle --ledger acme.ledger activate_offline.req --out license.lic\n  postern issue --bundle acme.bundle --ledger acme.ledger inbox/*.req --out-dir outbox\n  postern issue --bundle public.bundle --ledger own.ledger --new-ledger --own activate_offline.req --out license.lic"
)]
pub(crate) struct Args {
    /// What came from machines: requests of every kind, and deactivations
    #[arg(value_name = "FILE", required_unless_present = "request")]
    files: Vec<PathBuf>,
    /// The same, for one file
    #[arg(long, value_name = "FILE", conflicts_with = "files")]
    request: Option<PathBuf>,
    /// Where to write the answer; a machine that only reports gets none
    #[arg(long, value_name = "FILE", conflicts_with = "out_dir")]
    out: Option<PathBuf>,
    /// The folder for several answers, each named like the file that it answers
    #[arg(long, value_name = "FOLDER")]
    out_dir: Option<PathBuf>,
    /// A folder with earlier answers: what was answered before is given again, and nothing is issued for it; the
    /// answers' own folder is looked into as well
    #[arg(long, value_name = "FOLDER")]
    answers: Option<PathBuf>,
    /// Overwrite an answer's file if it is there; the ledger is always gone on with
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    chosen: Chosen,
    #[command(flatten)]
    office: Means,
}

/// What came from a machine.
pub(super) enum Received {
    Request(Verified<Request>),
    Deactivation(Verified<Deactivation>),
}

/// What became of one file: what people and scripts are told.
pub(super) struct Answered {
    pub(super) words: String,
    pub(super) data: Value,
    /// How scripts call the file.
    pub(super) role: &'static str,
    pub(super) decision: postern_issuer::Decision,
}

pub(crate) fn run(args: &Args) -> Result<Report, Fail> {
    let given: Vec<&Path> = args.request.iter().chain(&args.files).map(PathBuf::as_path).collect();
    match (given.as_slice(), &args.out_dir) {
        (files, Some(folder)) => several(args, files, folder),
        ([file], None) => one(args, file),
        _ => Err(OfficeError::NoPlace.into()),
    }
}

fn several(args: &Args, files: &[&Path], folder: &Path) -> Result<Report, Fail> {
    let files: Vec<_> = files.iter().map(|file| (*file, Received::read(file))).collect();
    let read = files.iter().filter_map(|(_, received)| received.as_ref().ok());
    let remembered: Vec<LedgerReference> = read.flat_map(Received::remembers).copied().collect();
    let batch = Batch {
        office: Office::open(&args.office, &remembered)?,
        folder,
        shelf: Shelf::of([folder].into_iter().chain(args.answers.as_deref())),
        chosen: &args.chosen,
        force: args.force,
        answers: Vec::new(),
        made: HashMap::new(),
    };
    batch.run(files)
}

fn one(args: &Args, path: &Path) -> Result<Report, Fail> {
    let received = Received::read(path)?;
    if args.chosen.any() && !received.takes_choice() {
        return Err(ticket::ChoiceError.into());
    }
    if args.out.is_none() && received.takes_file() {
        return Err(OfficeError::NoPlace.into());
    }
    let office = Office::open(&args.office, received.remembers())?;
    let Answered { words, mut data, role, decision } = match received.decide(&office, &args.chosen) {
        Ok(answered) => answered,
        Err(fail) => return once_more(args, path, fail),
    };
    files::none_exists(args.out.as_slice(), args.force)?;
    let outcome = office.hand_out(decision, args.out.as_deref(), args.force)?;
    let ledger = &args.office.ledger;
    if let Value::Object(fields) = &mut data {
        fields.insert("digest".into(), json!(outcome.document));
        fields.insert("ledger".into(), json!(outcome.ledger.next()));
        let mut files = json!({ "ledger": ledger });
        if let (Value::Object(files), true) = (&mut files, outcome.file.is_some()) {
            files.insert(role.into(), json!(args.out));
        }
        fields.insert("files".into(), files);
    }
    let title = args.out.as_deref().filter(|_| outcome.file.is_some()).unwrap_or(path);
    Ok(Report::new(format!("{}\n{words}{}\n  the ledger that records it", title.display(), ledger.display()), &data))
}

/// What a file got before: it is where it should be, or is copied there.
fn once_more(args: &Args, path: &Path, fail: Fail) -> Result<Report, Fail> {
    let places = args.out.iter().chain(&args.answers).map(PathBuf::as_path);
    let mut again = Shelf::of(places).again(fail)?;
    if let (Some(found), Some(out)) = (&mut again.found, &args.out)
        && found.path != *out
    {
        files::write(out, &files::read(&found.path)?, Access::Shared, args.force)?;
        found.path.clone_from(out);
    }
    let title = again.found.as_ref().map_or(path, |found| &found.path);
    Ok(Report::new(format!("{}\n{}", title.display(), again.words()), &again.data()))
}

impl Received {
    /// Reads one document that its machine signed, with nothing else in the file.
    pub(super) fn read(path: &Path) -> Result<Self, Fail> {
        let (_, file) = files::read_postern(path)?;
        match file.kind() {
            Some(Kind::Deactivation) => Ok(Self::Deactivation(files::alone(&file)?)),
            _ => Ok(Self::Request(files::alone(&file)?)),
        }
    }

    pub(super) fn decide(&self, office: &Office<'_>, chosen: &Chosen) -> Result<Answered, Fail> {
        match self {
            Self::Deactivation(given_back) => settle::settlement(office, given_back),
            Self::Request(request) => match request.purpose {
                Purpose::Clock => ticket::decide(office, request),
                Purpose::Sync => settle::sync(office, request),
                Purpose::Lfr | Purpose::Activation => license::decide(office, request, chosen),
            },
        }
    }

    /// What its machine knows of ledgers.
    fn remembers(&self) -> &[LedgerReference] {
        match self {
            Self::Request(request) => &request.ledgers,
            Self::Deactivation(given_back) => &given_back.ledgers,
        }
    }

    fn purpose(&self) -> Option<Purpose> {
        match self {
            Self::Request(request) => Some(request.purpose),
            Self::Deactivation(_) => None,
        }
    }

    fn takes_choice(&self) -> bool {
        matches!(self.purpose(), Some(Purpose::Lfr | Purpose::Activation))
    }

    fn takes_file(&self) -> bool {
        self.purpose() != Some(Purpose::Sync)
    }
}
