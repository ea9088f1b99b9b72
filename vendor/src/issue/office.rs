//! What issuing needs on the desk: the verified bundle, its portal key, the ledger.

use std::fmt;
use std::path::PathBuf;

use postern_issuer::{Decision, Desk, FinishError, Ledger, Outcome, Refusal, begin_ledger, chains_of};
use postern_protocol::bundle_file::{VerifiedBundle, verify_bundle};
use postern_protocol::{Chain, Explain, Limits, PublicKey, SecretKey, Time, sealed_key};

use super::ledger_file::LedgerFile;
use crate::fail::Fail;
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
    by: String,
    /// Where to write the answer
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    passphrase: VendorPassphrase,
    #[command(flatten)]
    at: At,
    /// Overwrite the answer's file if it is there; the ledger is always gone on with
    #[arg(long)]
    force: bool,
}

/// Everything on the desk.
pub(crate) struct Office<'a> {
    args: &'a Means,
    bundle: VerifiedBundle,
    chain: Chain,
    key: SecretKey,
    ledger_file: LedgerFile,
    ledger: Ledger,
    now: Time,
}

impl<'a> Office<'a> {
    /// Opens everything for answers under the path that is found. A new ledger is begun, but not yet written.
    pub(crate) fn open(
        args: &'a Means,
        find: impl Fn(&VerifiedBundle, PublicKey) -> Option<Chain>,
    ) -> Result<Self, Fail> {
        files::none_exists(std::slice::from_ref(&args.out), args.force)?;
        let ledger_file = LedgerFile::open(&args.ledger, args.new_ledger)?;
        let bundle = args.bundle()?;
        let key = args.key(&bundle)?;
        let subject = keys::public(&key);
        // Where no entitlement lists the license id or credential, any of them says so by its own refusal.
        let chain = find(&bundle, subject).or_else(|| chains_of(&bundle, subject).into_iter().next());
        let chain = chain.ok_or(OfficeError::OtherKey)?;
        let now = args.at.time();
        let ledger = match ledger_file.bytes() {
            Some(bytes) => Ledger::import(&bundle, &chain, bytes, &Limits::DEFAULT)?,
            None => {
                let desk = Desk { bundle: &bundle, chain: &chain, ledger: None, revocations: &[], by: &args.by, now };
                sign(begin_ledger(&desk).map_err(refused)?, &key)?.ledger
            }
        };
        Ok(Self { args, bundle, chain, key, ledger_file, ledger, now })
    }

    pub(crate) fn desk(&self) -> Desk<'_> {
        Desk {
            bundle: &self.bundle,
            chain: &self.chain,
            ledger: Some(&self.ledger),
            revocations: &[],
            by: &self.args.by,
            now: self.now,
        }
    }

    /// Signs a decision and writes first the ledger, then the answer.
    pub(crate) fn hand_out(self, decision: Decision) -> Result<Outcome, Fail> {
        let outcome = sign(decision, &self.key)?;
        let answer = outcome.file.as_ref().ok_or(FinishError::Differs)?.to_bytes();
        let answer = files::stage(&self.args.out, &answer, Access::Shared)?;
        let ledger = outcome.ledger.to_file(&self.bundle, &self.chain).to_bytes();
        self.ledger_file.record(&ledger, answer, self.args.force)?;
        Ok(outcome)
    }
}

impl Means {
    fn bundle(&self) -> Result<VerifiedBundle, Fail> {
        let (bytes, file) = files::read_postern(&self.bundle)?;
        let trust = match &self.trust {
            Some(path) => trust::read(path)?,
            None => trust::of(&file)?,
        };
        Ok(verify_bundle(&bytes, &trust, &Limits::DEFAULT)?)
    }

    fn key(&self, bundle: &VerifiedBundle) -> Result<SecretKey, Fail> {
        if let Some(path) = &self.portal_key {
            return keys::open(path, self.passphrase.source(), 0, 1);
        }
        let sealed = bundle.bundle.sealed_key.as_ref().ok_or(OfficeError::NoKey)?;
        let passphrase = self.passphrase.source().existing("the account's portal key", 0, 1)?;
        let opened = sealed_key::open(&sealed.join("\n"), passphrase.bytes());
        Ok(opened.map_err(|source| KeyError::open(&self.bundle, source))?)
    }
}

/// Every refusal at once.
pub(crate) fn refused(refusals: Vec<Refusal>) -> Fail {
    Fail::all(refusals.into_iter().map(|refusal| Box::new(refusal) as Box<dyn Explain>).collect())
}

fn sign(decision: Decision, key: &SecretKey) -> Result<Outcome, Fail> {
    let prepared = decision.prepare();
    let signatures: Vec<_> = prepared.messages().iter().map(|message| key.sign(message)).collect();
    Ok(prepared.finish(&signatures)?)
}

/// Why nothing can be issued here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OfficeError {
    /// The bundle carries no key and none was given.
    NoKey,
    /// The key is no subject of the bundle's grants.
    OtherKey,
}

impl fmt::Display for OfficeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoKey => "The bundle does not carry the portal's key: it was made in the customer's browser.",
            Self::OtherKey => "No entitlement of the bundle names this portal key.",
        })
    }
}

impl Explain for OfficeError {
    fn code(&self) -> &'static str {
        match self {
            Self::NoKey => "portal-key-missing",
            Self::OtherKey => "portal-key-other",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::NoKey => "Issue in the portal that holds the key, or give the key's file with --portal-key.",
            Self::OtherKey => "Give the key that belongs to this bundle.",
        }
        .into()
    }
}
