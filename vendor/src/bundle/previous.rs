//! The account's last bundle: what a new one goes on from.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;

use postern_protocol::bundle_file::{VerifiedBundle, verify_bundle};
use postern_protocol::documents::{Grant, Parent};
use postern_protocol::{
    ChainError, Digest, Envelope, Explain, File, Id, Kind, Limits, PublicKey, TrustState, Verified,
};

use crate::fail::Fail;
use crate::{files, trust};

/// A verified earlier bundle of the same account.
#[derive(Clone, Debug)]
pub(crate) struct Previous {
    pub(crate) verified: VerifiedBundle,
    file: File,
}

impl Previous {
    /// Reads the bundle and verifies it by the root versions of its own time, which must be this vendor's.
    pub(crate) fn read(path: &Path, trust: &TrustState, account: &Id) -> Result<Self, Fail> {
        let (bytes, file) = files::read_postern(path)?;
        let own = trust::of(&file)?;
        if !own.history().iter().all(|old| trust.history().iter().any(|known| known.digest() == old.digest())) {
            return Err(PreviousError::OtherRoot.into());
        }
        let verified = verify_bundle(&bytes, &own, &Limits::DEFAULT)?;
        if verified.bundle.account != *account {
            return Err(PreviousError::OtherAccount { found: verified.bundle.account.clone() }.into());
        }
        Ok(Self { verified, file })
    }

    /// The newest grant of each id.
    pub(crate) fn newest(&self) -> HashMap<&Id, &Verified<Grant>> {
        let mut newest: HashMap<&Id, &Verified<Grant>> = HashMap::new();
        for grant in self.verified.tree.grants().filter(|grant| grant.parent != Parent::Root) {
            let known = newest.entry(&grant.id).or_insert(grant);
            if known.serial < grant.serial {
                *known = grant;
            }
        }
        newest
    }

    /// The portal's key: the subject of the grants that the bundle's signer gave to the account.
    pub(crate) fn subject(&self) -> Result<PublicKey, ChainError> {
        let under = self.verified.bundle.signed_under;
        let own = |grant: &Verified<Grant>| grant.credentials.iter().any(|one| one.key == grant.subject);
        let given = self.verified.tree.grants().filter(|grant| grant.parent == under && !own(grant));
        given
            .max_by_key(|grant| grant.serial)
            .map(|grant| grant.subject)
            .ok_or(ChainError::OtherGrant { kind: Kind::Bundle })
    }

    /// The grants that the new bundle still carries, so that ledgers can be checked back to their beginning: those
    /// below the same operations grant. Below a renewed one older grants would hang from nothing. Where a bundle would
    /// hold too many with them they stay out: entries name their key, which is enough.
    pub(crate) fn kept_grants(&self, operations: Digest, made: usize) -> Vec<Envelope> {
        let most = Limits::DEFAULT.bundle_grants;
        if self.verified.bundle.signed_under != Parent::Grant(operations) || self.file.grants.len() + made > most {
            return Vec::new();
        }
        self.file.grants.iter().filter(|grant| grant.digest() != operations).cloned().collect()
    }

    /// The revocations that the new bundle still carries.
    pub(crate) fn revocations(&self) -> Vec<Envelope> {
        self.file.revocations.clone()
    }
}

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
            Self::OtherKey { .. } | Self::KeyNotHere => "previous-other-portal-key",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::OtherRoot | Self::OtherAccount { .. } => {
                "Give the last bundle that was made for this account with this root.".into()
            }
            Self::OtherKey { .. } | Self::KeyNotHere => {
                "A renewed bundle keeps its portal key: write the License Code \
                 of that key as portal_key, or make the bundle without --previous for a new key and a new ledger."
                    .into()
            }
        }
    }
}
