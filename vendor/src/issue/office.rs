//! What issuing needs on the desk: the verified bundle, its portal key, the ledger.

use std::fmt;
use std::path::{Path, PathBuf};

use postern_issuer::{Decision, Desk, FinishError, Ledger, Outcome, Refusal, chain_for};
use postern_protocol::bundle_file::{VerifiedBundle, verify_bundle};
use postern_protocol::documents::{Event, LedgerReference};
use postern_protocol::{Chain, Explain, File, Id, Limits, PublicKey, SecretKey, Time, Verified, sealed_key};

use super::ledger_file::LedgerFile;
use super::own::{self, Own};
use crate::fail::{Before, Fail};
use crate::files::{self, Access};
use crate::keys::KeyError;
use crate::moment::At;
use crate::passphrase::VendorPassphrase;
use crate::{keys, trust};

#[derive(Debug, clap::Args)]
pub(crate) struct Means {
    /// The account's bundle
    #[arg(long, value_name = "FILE")]
    bundle: PathBuf,
    /// The account's ledger; the new one is written here before the answer
    #[arg(long, value_name = "FILE")]
    pub(crate) ledger: PathBuf,
    /// Begin the ledger: only for an account that never had one
    #[arg(long)]
    new_ledger: bool,
    /// The portal's key, where the bundle does not carry it
    #[arg(long, value_name = "FILE")]
    portal_key: Option<PathBuf>,
    /// The vendor's trust file; without it the root in the bundle is taken
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
    /// Who issues: goes into the ledger
    #[arg(long, value_name = "NAME", default_value = "postern")]
    pub(crate) by: String,
    #[command(flatten)]
    own: Own,
    #[command(flatten)]
    passphrase: VendorPassphrase,
    #[command(flatten)]
    at: At,
}

/// Everything on the desk.
pub(crate) struct Office<'a> {
    args: &'a Means,
    pub(crate) bundle: VerifiedBundle,
    /// Any path of the portal's key: the ledger is that key's.
    chain: Chain,
    pub(crate) key: SecretKey,
    ledger_file: LedgerFile,
    pub(crate) ledger: Ledger,
    /// Whether there is anything to write.
    went_on: bool,
    now: Time,
}

/// An answer and where it goes.
pub(crate) struct Answer {
    pub(crate) path: PathBuf,
    pub(crate) bytes: Vec<u8>,
}

impl<'a> Office<'a> {
    /// Opens everything. A new ledger is begun, but not yet written; `remembered` is what machines know of older ones.
    pub(crate) fn open(args: &'a Means, remembered: &[LedgerReference]) -> Result<Self, Fail> {
        let ledger_file = LedgerFile::open(&args.ledger, args.new_ledger)?;
        let bundle = args.bundle()?;
        let key = args.key(&bundle)?;
        let first = bundle.tree.current(keys::public(&key)).next().map(Verified::digest);
        let chain = first.and_then(|grant| bundle.tree.chain(grant)).ok_or_else(|| args.other_key())?;
        let now = args.at.time();
        let ledger = match ledger_file.bytes() {
            Some(bytes) => Ledger::import(&bundle, &chain, bytes, &Limits::DEFAULT)?,
            None => {
                let desk = Desk { bundle: &bundle, chain: &chain, ledger: None, revocations: &[], by: &args.by, now };
                sign(own::begin(&desk, remembered).map_err(refused)?, &key)?.ledger
            }
        };
        Ok(Self { args, bundle, chain, key, ledger_file, ledger, went_on: false, now })
    }

    /// The time that everything is decided at.
    pub(crate) fn now(&self) -> Time {
        self.now
    }

    /// The path that is found for the portal's key.
    pub(crate) fn path(&self, find: impl Fn(&VerifiedBundle, PublicKey) -> Option<Chain>) -> Chain {
        // Where no entitlement lists the license id or credential, any of them says so by its own refusal.
        find(&self.bundle, keys::public(&self.key)).unwrap_or_else(|| self.chain.clone())
    }

    /// The path of the license that a machine got last, or of the license id that is named.
    pub(crate) fn path_of(&self, device: PublicKey, license_id: Option<&Id>) -> Chain {
        let issued = || {
            self.ledger.entries().iter().rev().find_map(|entry| match &entry.event {
                Event::Issued(issued) if issued.device.key == device => Some(&issued.license_id),
                _ => None,
            })
        };
        let base = self.bundle.bundle.ledger_base.as_ref().map(|base| base.held.as_slice()).unwrap_or_default();
        let held = || base.iter().rev().find(|held| held.device.key == device).map(|held| &held.license_id);
        let license_id = license_id.or_else(issued).or_else(held);
        self.path(|bundle, subject| license_id.and_then(|id| chain_for(bundle, subject, id)))
    }

    /// Whether licenses under this license id are bound to a machine.
    pub(crate) fn node_locked(&self, license_id: &Id) -> bool {
        let chain = chain_for(&self.bundle, keys::public(&self.key), license_id);
        chain.is_some_and(|chain| chain.leaf().license_type.limit().is_some_and(|one| one.node_locked()))
    }

    /// The bundle, the ledger as it is by now, and the time.
    pub(crate) fn known(&self) -> (&VerifiedBundle, &Ledger, Time) {
        (&self.bundle, &self.ledger, self.now)
    }

    pub(crate) fn desk<'b>(&'b self, chain: &'b Chain) -> Desk<'b> {
        Desk {
            bundle: &self.bundle,
            chain,
            ledger: Some(&self.ledger),
            revocations: &[],
            by: &self.args.by,
            now: self.now,
        }
    }

    /// Signs a decision; nothing is written yet, and the ledger does not yet hold it.
    pub(crate) fn sign(&self, decision: Decision) -> Result<Outcome, Fail> {
        Ok(sign(decision, &self.key)?)
    }

    /// Goes on with the ledger of an outcome.
    pub(crate) fn adopt(&mut self, outcome: &Outcome) {
        self.ledger = outcome.ledger.clone();
        self.went_on = true;
    }

    /// Writes first the ledger, if anything was decided, then the answers; several into a folder, which is made.
    pub(crate) fn close(self, answers: &[Answer], folder: Option<&Path>, force: bool) -> Result<(), Fail> {
        if let Some(folder) = folder.filter(|_| !answers.is_empty()) {
            files::folder(folder)?;
        }
        let stage = |answer: &Answer| files::stage(&answer.path, &answer.bytes, Access::Shared);
        let staged = answers.iter().map(stage).collect::<Result<Vec<_>, _>>()?;
        let ledger = self.went_on.then(|| self.ledger.to_file(&self.bundle, &self.chain).to_bytes());
        self.ledger_file.record(ledger.as_deref(), staged, force)
    }

    /// Signs one decision and writes first the ledger, then its file, if it has one.
    pub(crate) fn hand_out(mut self, decision: Decision, out: Option<&Path>, force: bool) -> Result<Outcome, Fail> {
        let outcome = self.sign(decision)?;
        self.adopt(&outcome);
        let answer = outcome.file.as_ref().zip(out);
        let answer = answer.map(|(file, out)| Answer { path: out.into(), bytes: file.to_bytes() });
        if answer.is_none() && outcome.file.is_some() {
            return Err(OfficeError::NoPlace.into());
        }
        self.close(answer.as_slice(), None, force)?;
        Ok(outcome)
    }
}

impl Means {
    fn other_key(&self) -> OfficeError {
        if self.own.asked() { OfficeError::NotOwn } else { OfficeError::OtherKey }
    }

    fn bundle(&self) -> Result<VerifiedBundle, Fail> {
        let (bytes, file) = files::read_postern(&self.bundle)?;
        let trust = match &self.trust {
            Some(path) => trust::read(path)?,
            None => trust::of(&file)?,
        };
        Ok(verify_bundle(&bytes, &trust, &Limits::DEFAULT)?)
    }

    /// The bundle as its file holds it.
    pub(crate) fn bundle_file(&self) -> Result<File, Fail> {
        Ok(files::read_postern(&self.bundle)?.1)
    }

    fn key(&self, bundle: &VerifiedBundle) -> Result<SecretKey, Fail> {
        if let Some(key) = self.own.key(bundle.tree.trust().current())? {
            return Ok(key);
        }
        if let Some(path) = &self.portal_key {
            return keys::open(path, self.passphrase.source(), 0, 1);
        }
        let sealed = bundle.bundle.sealed_key.as_ref().ok_or(OfficeError::NoKey)?;
        let passphrase = self.passphrase.source().existing("the account's portal key", 0, 1)?;
        let opened = sealed_key::open(&sealed.join("\n"), passphrase.bytes());
        Ok(opened.map_err(|source| KeyError::open(&self.bundle, source))?)
    }
}

/// Every refusal at once, and whether the same was asked before.
pub(crate) fn refused(refusals: Vec<Refusal>) -> Fail {
    let before = refusals.iter().find_map(|refusal| match refusal {
        Refusal::Recorded { .. } => Some(Before::Recorded),
        refusal => refusal.earlier_answer().map(Before::Answered),
    });
    let errors = refusals.into_iter().map(|refusal| Box::new(refusal) as Box<dyn Explain>).collect();
    Fail::all(errors).before(before)
}

pub(crate) fn sign(decision: Decision, key: &SecretKey) -> Result<Outcome, FinishError> {
    let prepared = decision.prepare();
    let signatures: Vec<_> = prepared.messages().iter().map(|message| key.sign(message)).collect();
    prepared.finish(&signatures)
}

/// Why nothing can be issued here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OfficeError {
    /// The bundle carries no key and none was given.
    NoKey,
    /// The key is no subject of the bundle's grants.
    OtherKey,
    /// The license key, or user and password, issues nothing of this bundle.
    NotOwn,
    /// There is an answer, and nothing says where it goes.
    NoPlace,
}

impl fmt::Display for OfficeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoKey => "The bundle does not carry the portal's key: it was made in the customer's browser.",
            Self::NoPlace => "The answer is a file, and nothing says where it goes.",
            Self::OtherKey => "No entitlement of the bundle names this portal key.",
            Self::NotOwn => "No license of the bundle is issued by this license key, or user and password.",
        })
    }
}

impl Explain for OfficeError {
    fn code(&self) -> &'static str {
        match self {
            Self::NoKey => "portal-key-missing",
            Self::OtherKey => "portal-key-other",
            Self::NotOwn => "own-unknown",
            Self::NoPlace => "answer-place-missing",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::NoKey => "Issue in the portal that holds the key, or give the key's file with --portal-key.",
            Self::OtherKey => "Give the key that belongs to this bundle.",
            Self::NotOwn => {
                "Check it for typing errors. Where an administrator's portal issues, leave out --own and give its \
                 passphrase."
            }
            Self::NoPlace => "Give --out FILE for one answer, or --out-dir FOLDER, which several files need.",
        }
        .into()
    }
}
