//! `postern root`: the ceremony that makes root keys, and the one that replaces them.

mod sheet;

use std::fmt;
use std::path::PathBuf;

use postern_protocol::credential::Argon2Parameters;
use postern_protocol::documents::{KeyDerivation, Trust, Version};
use postern_protocol::{Explain, File, Id, Kind, Limits, SecretKey, TrustState};
use serde_json::json;

use crate::fail::Fail;
use crate::files::{self, Access};
use crate::moment::At;
use crate::passphrase::{Source, VendorPassphrase};
use crate::report::Report;
use crate::signers::RootKeys;
use crate::{keys, signers, trust};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Make root keys and version 1 of the trust file
    ///
    /// Writes root-1.pem, root-2.pem, … (each sealed under its own passphrase) and trust.trust into the folder.
    #[command(
        after_help = "Example:\n  postern root new --product automation --vendor northwind --keys 3 --threshold 2 --out roots"
    )]
    New(New),
    /// Replace root keys: the next version of the trust file, signed by the old and the new keys
    ///
    /// Writes the new keys and a trust file with every version into the folder; machines follow it one step at a time.
    #[command(
        after_help = "Example:\n  postern root rotate --trust roots/trust.trust --root-key roots/root-1.pem --root-key roots/root-2.pem \\\n      --keys 3 --threshold 2 --out roots-2\n\nAfterwards renew the operations grant with the new keys (postern ops renew) and make new bundles."
    )]
    Rotate(Rotate),
    /// Write the root's public half as a sheet to print and sign
    #[command(after_help = "Example:\n  postern root sheet --trust roots/trust.trust --out root.html")]
    Sheet(sheet::SheetArgs),
    /// Compare a sheet, or its lines typed off the paper, with a trust file
    #[command(after_help = "Example:\n  postern root compare typed.txt --trust roots/trust.trust")]
    Compare(sheet::CompareArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct New {
    /// The product whose licenses this root stands for, as an id
    #[arg(long, value_name = "ID")]
    product: Id,
    /// The vendor, as an id
    #[arg(long, value_name = "ID")]
    vendor: Id,
    #[command(flatten)]
    set: KeySet,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Rotate {
    #[command(flatten)]
    old: RootKeys,
    /// Keep the keys that sign here; only the others are replaced
    #[arg(long)]
    keep: bool,
    #[command(flatten)]
    set: KeySet,
}

#[derive(Debug, clap::Args)]
struct KeySet {
    /// How many keys to make
    #[arg(long, value_name = "N", default_value_t = 3)]
    keys: usize,
    /// How many keys must sign from then on
    #[arg(long, value_name = "N", default_value_t = 2)]
    threshold: u64,
    /// The folder for the files
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    #[command(flatten)]
    passphrase: VendorPassphrase,
    #[command(flatten)]
    at: At,
    /// Overwrite files that are there
    #[arg(long)]
    force: bool,
}

pub(crate) fn run(command: Command) -> Result<Report, Fail> {
    match command {
        Command::New(args) => new(&args),
        Command::Rotate(args) => rotate(&args),
        Command::Sheet(args) => sheet::sheet(&args),
        Command::Compare(args) => sheet::compare(&args),
    }
}

fn new(args: &New) -> Result<Report, Fail> {
    args.set.check(args.set.keys)?;
    let key_files = args.set.prepare()?;
    let made = args.set.make(&key_files, args.set.passphrase.source(), 0, args.set.keys)?;
    let document = Trust {
        kind: Kind::Trust,
        version: Version,
        product: args.product.clone(),
        vendor: args.vendor.clone(),
        number: 1,
        keys: made.iter().map(|new| keys::public(&new.key)).collect(),
        threshold: args.set.threshold,
        key_derivation: recommended(),
        issued_at: args.set.at.time(),
        extensions: vec![],
    };
    let envelope = keys::sign(&document, &made.iter().map(|new| &new.key).collect::<Vec<_>>());
    let state = TrustState::begin(envelope, &Limits::DEFAULT)?;
    args.set.write(&state, &key_files, &made)
}

fn rotate(args: &Rotate) -> Result<Report, Fail> {
    let given = &args.old.root_key;
    args.set.check(args.set.keys + if args.keep { given.len() } else { 0 })?;
    let key_files = args.set.prepare()?;
    let old = trust::read(&args.old.trust)?;
    let (source, count) = (args.set.passphrase.source(), given.len() + args.set.keys);
    let signing = signers::open(&old, given, source, count)?;
    let made = args.set.make(&key_files, source, given.len(), count)?;

    let kept: &[SecretKey] = if args.keep { &signing } else { &[] };
    let current = old.current().get();
    let document = Trust {
        number: current.number + 1,
        keys: kept.iter().chain(made.iter().map(|new| &new.key)).map(keys::public).collect(),
        threshold: args.set.threshold,
        issued_at: args.set.at.time(),
        ..current.clone()
    };
    let envelope = keys::sign(&document, &signing.iter().chain(made.iter().map(|new| &new.key)).collect::<Vec<_>>());
    let state = old.advance(&[envelope], &Limits::DEFAULT)?;
    args.set.write(&state, &key_files, &made)
}

impl KeySet {
    fn check(&self, keys: usize) -> Result<(), CeremonyError> {
        let fits = (1..=MOST_KEYS).contains(&keys) && (1..=keys as u64).contains(&self.threshold);
        if fits { Ok(()) } else { Err(CeremonyError::Threshold { threshold: self.threshold, keys }) }
    }

    /// The files to write, none of which is there yet.
    fn prepare(&self) -> Result<Vec<PathBuf>, Fail> {
        let key_files: Vec<PathBuf> =
            (1..=self.keys).map(|number| self.out.join(format!("root-{number}.pem"))).collect();
        files::none_exists(&key_files, self.force)?;
        files::none_exists(&[self.trust_file()], self.force)?;
        Ok(key_files)
    }

    fn trust_file(&self) -> PathBuf {
        self.out.join("trust.trust")
    }

    /// Makes the keys; `first` of the `count` keys of this command come before them.
    fn make(&self, files: &[PathBuf], source: Source<'_>, first: usize, count: usize) -> Result<Vec<NewKey>, Fail> {
        let make = |(index, path): (usize, &PathBuf)| {
            let key = keys::make()?;
            let passphrase = source.fresh(&path.display().to_string(), first + index, count)?;
            Ok(NewKey { sealed: keys::seal(&key, &passphrase)?, key })
        };
        files.iter().enumerate().map(make).collect()
    }

    /// Writes the keys before the trust file: a root without its keys would be of no use to anybody.
    fn write(&self, state: &TrustState, key_files: &[PathBuf], made: &[NewKey]) -> Result<Report, Fail> {
        files::folder(&self.out)?;
        for (path, new) in key_files.iter().zip(made) {
            files::write(path, new.sealed.as_bytes(), Access::OwnerOnly, self.force)?;
        }
        let trust = state.history().iter().map(|trust| trust.envelope().clone()).collect();
        let bytes = File { trust, ..File::default() }.to_bytes();
        files::write(&self.trust_file(), &bytes, Access::Shared, self.force)?;
        Ok(self.report(state, key_files))
    }

    fn report(&self, state: &TrustState, key_files: &[PathBuf]) -> Report {
        let (root, anchor) = (state.current(), state.anchor());
        let list: String = key_files.iter().map(|path| format!("  {}\n", path.display())).collect();
        let text = format!(
            "Root version {} of '{}': {} of {} keys must sign.\n\nNew keys, each for another holder, none on a network:\n{list}\n\
             For machines and portals:\n  {}\n\nThe root's fingerprint, to pin and to compare by voice:\n  {}",
            root.number,
            root.product,
            root.threshold,
            root.keys.len(),
            self.trust_file().display(),
            anchor.root
        );
        let data = json!({
            "product": root.product,
            "vendor": root.vendor,
            "trust_number": root.number,
            "threshold": root.threshold,
            "keys": root.keys,
            "root": anchor.root,
            "files": { "trust": self.trust_file(), "keys": key_files },
        });
        Report::new(text, &data)
    }
}

/// A new key and its file's text.
struct NewKey {
    key: SecretKey,
    sealed: String,
}

/// As many keys as a trust document may list.
const MOST_KEYS: usize = 16;

/// RFC 9106 §4, second recommended option.
fn recommended() -> KeyDerivation {
    let cost = Argon2Parameters::RECOMMENDED;
    KeyDerivation {
        argon2id_memory_kib: cost.memory_kib.into(),
        argon2id_passes: cost.passes.into(),
        argon2id_lanes: cost.lanes.into(),
    }
}

/// Why no root was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CeremonyError {
    /// The threshold does not fit the number of keys.
    Threshold {
        /// The threshold.
        threshold: u64,
        /// Keys.
        keys: usize,
    },
}

impl fmt::Display for CeremonyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Threshold { threshold, keys } => {
                write!(f, "A root of {keys} keys cannot ask for {threshold} of them.")
            }
        }
    }
}

impl Explain for CeremonyError {
    fn code(&self) -> &'static str {
        match self {
            Self::Threshold { .. } => "root-threshold",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::Threshold { .. } => {
                format!("Make 1 to {MOST_KEYS} keys, and let 1 up to all of them sign; 2 of 3 is a good choice.")
            }
        }
    }
}
