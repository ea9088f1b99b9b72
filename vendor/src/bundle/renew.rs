//! Where a renewed account's ledger goes on: reconciled from its export, or rebuilt from machines where it is lost.

use std::fmt;
use std::path::PathBuf;

use postern_issuer::{Ledger, base_of_branches, base_of_ledger, base_of_requests};
use postern_protocol::documents::{LedgerBase, LedgerEntry, License, Request};
use postern_protocol::{Explain, File, Limits, PublicKey, Reader, Time, TrustState, Unverified, Verified};

use super::previous::Previous;
use crate::fail::Fail;
use crate::files;
use crate::registry::{AccountName, Registry, RegistryError};

/// The flags that say it.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct From {
    /// The account's exported ledger: the new bundle begins where it ends, and knows what it says; default: the
    /// registry's
    #[arg(long, value_name = "FILE", conflicts_with = "new_epoch")]
    ledger: Option<PathBuf>,
    /// The account's ledger is lost: begin its next epoch with what machines' requests show; or, with a registry, it
    /// forked: begin one new ledger with what machines hold in either branch
    #[arg(long)]
    new_epoch: bool,
    /// With --new-epoch: the newest request of each machine, and license files that somebody still has
    #[arg(long, value_name = "FILE", requires = "new_epoch", num_args = 1..)]
    machine: Vec<PathBuf>,
    /// The portal's key is lost or given up: go on with the key that the account file says, or a new sealed one
    #[arg(long)]
    pub(crate) re_key: bool,
}

/// What is left of a lost ledger.
struct Shown {
    requests: Vec<Verified<Request>>,
    licenses: Vec<Verified<License>>,
}

impl From {
    /// Whether any of them is given: they all go on from a last bundle.
    pub(crate) fn any(&self) -> bool {
        self.ledger.is_some() || self.new_epoch || self.re_key
    }

    /// The base of the new bundle.
    pub(crate) fn base(
        &self,
        previous: &Previous,
        registry: Option<&Registry>,
        subject: Option<PublicKey>,
        trust: &TrustState,
        now: Time,
    ) -> Result<Option<LedgerBase>, Fail> {
        let Some(subject) = subject else { return Ok(None) };
        if let Some(path) = &self.ledger {
            let ledger = import(previous, &files::read(path)?)?;
            return Ok(Some(base_of_ledger(&previous.verified, &ledger, subject, now)));
        }
        let branches = match registry.filter(|_| self.machine.is_empty()) {
            Some(registry) => newest_branches(registry, previous)?,
            None => Vec::new(),
        };
        match (branches.as_slice(), self.new_epoch) {
            ([], _) => {}
            ([ledger], false) => return Ok(Some(base_of_ledger(&previous.verified, ledger, subject, now))),
            (_, false) => {
                let account = previous.verified.bundle.account.clone();
                return Err(RegistryError::Forked { account }.into());
            }
            (branches, true) => return Ok(Some(base_of_branches(&previous.verified, branches, subject, now))),
        }
        if self.new_epoch {
            let shown = self.machines(trust)?;
            return Ok(Some(base_of_requests(&shown.requests, &shown.licenses, subject, now)));
        }
        if self.re_key {
            return Err(RenewError::NoLedger.into());
        }
        Ok(previous.verified.bundle.ledger_base.clone())
    }

    fn machines(&self, trust: &TrustState) -> Result<Shown, Fail> {
        let mut shown = Shown { requests: Vec::new(), licenses: Vec::new() };
        let reader = Reader { trust, revocations: &[], limits: Limits::DEFAULT };
        for path in &self.machine {
            let (bytes, file) = files::read_postern(path)?;
            match file.documents.first() {
                Some(document) if document.kind() == postern_protocol::Kind::Request => {
                    let request = Unverified::<Request>::new(document.clone())?;
                    shown.requests.push(request.verify_by_named_signers(&Limits::DEFAULT)?);
                }
                _ => shown.licenses.push(reader.file::<License>(&bytes)?.document),
            }
        }
        if shown.requests.is_empty() {
            return Err(RenewError::NoRequest.into());
        }
        Ok(shown)
    }
}

/// A ledger file, by the key that the last bundle gave the portal.
fn import(previous: &Previous, bytes: &[u8]) -> Result<Ledger, Fail> {
    let bundle = &previous.verified;
    let before = previous.subject().ok_or(RenewError::NoLedger)?;
    let grant = bundle.tree.current(before).next().map(Verified::digest);
    let chain = grant.and_then(|grant| bundle.tree.chain(grant)).ok_or(RenewError::NoLedger)?;
    Ok(Ledger::import(bundle, &chain, bytes, &Limits::DEFAULT)?)
}

/// The branches of the portal's ledger, in its newest epoch, as the registry has them.
fn newest_branches(registry: &Registry, previous: &Previous) -> Result<Vec<Ledger>, Fail> {
    let Some(key) = previous.subject() else { return Ok(Vec::new()) };
    let name = AccountName { id: previous.verified.bundle.account.clone(), grantor: None };
    let Some(account) = registry.account(&name)? else { return Ok(Vec::new()) };
    let mut branches = registry.ledgers(Some(account.row), None)?.branches;
    branches.retain(|branch| branch.first().is_some_and(|first| first.place.ledger.key == key));
    // Ledgers that the last bundle's base replaced are in that base.
    let base = previous.verified.bundle.ledger_base.as_ref().map(|base| base.next.ledger);
    let begun = base.filter(|ledger| ledger.key == key).map(|ledger| ledger.epoch);
    let newest = branches.iter().flatten().map(|entry| entry.place.ledger.epoch).chain(begun).max();
    branches.retain(|branch| branch.first().map(|first| first.place.ledger.epoch) == newest);
    let file = |branch: Vec<Verified<LedgerEntry>>| {
        let documents = branch.iter().map(|entry| entry.envelope().clone()).collect();
        File { documents, ..File::default() }.to_bytes()
    };
    branches.into_iter().map(|branch| import(previous, &file(branch))).collect()
}

/// Why there is nothing to go on from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RenewError {
    /// The key changes, and nothing says what its machines hold.
    NoLedger,
    /// Only license files are given.
    NoRequest,
}

impl fmt::Display for RenewError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoLedger => "The portal key changes, and nothing says what the account's machines hold.",
            Self::NoRequest => "None of the files is a request of a machine.",
        })
    }
}

impl Explain for RenewError {
    fn code(&self) -> &'static str {
        match self {
            Self::NoLedger => "renew-ledger-missing",
            Self::NoRequest => "renew-request-missing",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::NoLedger => {
                "Give the account's exported ledger with --ledger; where it is lost, give --new-epoch and the machines' \
                 newest requests with --machine."
            }
            Self::NoRequest => "Give the newest request of each machine; a license file alone proves nothing installed.",
        }
        .into()
    }
}
