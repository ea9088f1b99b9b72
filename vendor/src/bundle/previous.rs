//! The account's last bundle: what a new one goes on from.

use std::collections::{HashMap, HashSet};
use std::fmt;

use postern_issuer::self_service;
use postern_protocol::bundle_file::{VerifiedBundle, verify_bundle};
use postern_protocol::documents::{Grant, Parent, ReleaseDead, RepairClock, Rights};
use postern_protocol::within::within;
use postern_protocol::{Digest, Envelope, Explain, File, Id, Limits, PublicKey, Time, TrustState, Verified};

use crate::fail::Fail;
use crate::trust;

/// A verified earlier bundle of the same account.
#[derive(Clone, Debug)]
pub(crate) struct Previous {
    pub(crate) verified: VerifiedBundle,
    file: File,
    /// The newest grant of each id.
    newest: HashMap<Id, Verified<Grant>>,
}

impl Previous {
    /// Verifies the bundle by the root versions of its own time, which must be this vendor's.
    pub(crate) fn of(bytes: &[u8], trust: &TrustState, account: &Id) -> Result<Self, Fail> {
        let file = File::parse(bytes, &Limits::DEFAULT)?;
        let own = trust::of(&file)?;
        if !own.history().iter().all(|old| trust.history().iter().any(|known| known.digest() == old.digest())) {
            return Err(PreviousError::OtherRoot.into());
        }
        let verified = verify_bundle(bytes, &own, &Limits::DEFAULT)?;
        if verified.bundle.account != *account {
            return Err(PreviousError::OtherAccount { found: verified.bundle.account.clone() }.into());
        }
        let mut newest: HashMap<Id, Verified<Grant>> = HashMap::new();
        for grant in verified.tree.grants().filter(|grant| grant.parent != Parent::Root) {
            let kept = newest.entry(grant.id.clone()).or_insert_with(|| grant.clone());
            if kept.serial < grant.serial {
                *kept = grant.clone();
            }
        }
        Ok(Self { verified, file, newest })
    }

    /// The newest grant with this id.
    pub(crate) fn grant(&self, id: &Id) -> Option<&Verified<Grant>> {
        self.newest.get(id)
    }

    /// The portal's key: the subject of the grants that the bundle's signer gave to the account's administrator; none
    /// where end users issue everything.
    pub(crate) fn subject(&self) -> Option<PublicKey> {
        let under = self.verified.bundle.signed_under;
        let given = |grant: &&Verified<Grant>| grant.parent == under && grant.rights != NO_RIGHTS;
        let given = self.verified.tree.grants().filter(given).filter(|grant| !self_service(grant));
        given.max_by_key(|grant| grant.serial).map(|grant| grant.subject)
    }

    /// Whether this grant says what the last one of its id says, which then need not be signed again.
    pub(crate) fn says(&self, grant: &Grant) -> bool {
        self.grant(&grant.id).is_some_and(|before| {
            *before.get() == Grant { serial: before.serial, issued_at: before.issued_at, ..grant.clone() }
        })
    }

    /// What the account file lists no more: without any right, so that nothing more is issued under it. It keeps its
    /// license ids, so that what machines hold counts there, and not against everything else.
    pub(crate) fn withdrawn(&self, operations: &Verified<Grant>, listed: &HashSet<&Id>, now: Time) -> Vec<Grant> {
        let under = self.verified.bundle.signed_under;
        let gone = |grant: &&Verified<Grant>| {
            grant.parent == under && grant.rights != NO_RIGHTS && !listed.contains(&grant.id)
        };
        let bare = |grant: &Verified<Grant>| Grant {
            serial: grant.serial + 1,
            parent: Parent::Grant(operations.digest()),
            rights: NO_RIGHTS,
            issued_at: now,
            ..grant.get().clone()
        };
        let mut grants: Vec<Grant> = self.newest.values().filter(gone).map(bare).collect();
        // A renewed operations grant may not reach back to it; then it is left out.
        grants.retain(|grant| within(operations, grant).is_empty());
        grants.sort_by(|one, other| one.id.cmp(&other.id));
        grants
    }

    /// The grants that the new bundle still carries, so that ledgers can be checked back to their beginning: those
    /// below the same operations grant. Below a renewed one older grants would hang from nothing.
    ///
    /// What `replaced` names is left out: ten thousand licenses fit once, and their ids tell a ledger the same.
    pub(crate) fn kept_grants(&self, operations: Digest, replaced: &HashSet<&Id>) -> Vec<Envelope> {
        if self.verified.bundle.signed_under != Parent::Grant(operations) {
            return Vec::new();
        }
        let kept = self.verified.tree.grants().filter(|grant| grant.digest() != operations);
        kept.filter(|grant| !replaced.contains(&grant.id)).map(|grant| grant.envelope().clone()).collect()
    }

    /// The revocations that the new bundle still carries.
    pub(crate) fn revocations(&self) -> Vec<Envelope> {
        self.file.revocations.clone()
    }
}

/// The rights of what was withdrawn.
const NO_RIGHTS: Rights = Rights {
    issue: false,
    refresh: false,
    delegate: 0,
    enable: false,
    release_dead: ReleaseDead { quota: 0, cooldown: 0 },
    repair_clock: RepairClock { count: 0, max_back: 0 },
};

/// Why the new bundle cannot go on from this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PreviousError {
    /// It rests on another root.
    OtherRoot,
    /// It is another account's.
    OtherAccount {
        /// Whose.
        found: Id,
    },
    /// The account file names another portal key.
    OtherKey {
        /// The key of the previous bundle.
        before: PublicKey,
    },
    /// The account file wants no portal key, but the account has one.
    KeyThere,
    /// The account file wants a sealed key, but the portal's key was made in the customer's browser.
    KeyNotHere,
}

impl fmt::Display for PreviousError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherRoot => write!(f, "The previous bundle rests on another vendor root than the trust file."),
            Self::OtherAccount { found } => write!(f, "The previous bundle belongs to the account '{found}'."),
            Self::OtherKey { before } => {
                write!(f, "The account file names another portal key than the previous bundle, which names {before}.")
            }
            Self::KeyThere => write!(f, "The account file has no portal key, but the previous bundle has one."),
            Self::KeyNotHere => {
                write!(f, "The account file asks for a sealed key, but the previous bundle's portal key is not in it.")
            }
        }
    }
}

impl Explain for PreviousError {
    fn code(&self) -> &'static str {
        match self {
            Self::OtherRoot => "previous-other-root",
            Self::OtherAccount { .. } => "previous-other-account",
            Self::OtherKey { .. } | Self::KeyNotHere | Self::KeyThere => "previous-other-portal-key",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::OtherRoot | Self::OtherAccount { .. } => {
                "Give the last bundle that was made for this account with this root.".into()
            }
            Self::OtherKey { .. } | Self::KeyNotHere | Self::KeyThere => {
                "A renewed bundle keeps its portal key: write the License Code \
                 of that key as portal_key, or make the bundle without --previous for a new key and a new ledger."
                    .into()
            }
        }
    }
}
