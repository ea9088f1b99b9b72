//! The root of trust on the reading side: pinned by digest, moved forward one version at a time (design §§2, 3).

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::digest::Digest;
use crate::documents::Trust;
use crate::envelope::Envelope;
use crate::error::DocumentError;
use crate::explain::Explain;
use crate::id::Id;
use crate::keys::{KeyError, PublicKey, VerifyingKey};
use crate::kind::Kind;
use crate::limits::Limits;
use crate::verified::{Unverified, Verified};

/// What an application compiles in: the product, and the digest of the trust document that it starts from. Written
/// `PRODUCT@sha256:…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustAnchor {
    /// The product.
    pub product: Id,
    /// The payload digest of the first trust document.
    pub root: Digest,
}

impl fmt::Display for TrustAnchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.product, self.root)
    }
}

impl FromStr for TrustAnchor {
    type Err = AnchorError;
    fn from_str(text: &str) -> Result<Self, AnchorError> {
        let (product, root) = text.split_once('@').ok_or(AnchorError)?;
        Ok(Self { product: product.parse().map_err(|_| AnchorError)?, root: root.parse().map_err(|()| AnchorError)? })
    }
}

/// A text that is not a trust anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnchorError;

impl fmt::Display for AnchorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a trust anchor is written PRODUCT@sha256: and 64 lowercase hexadecimal digits")
    }
}

impl std::error::Error for AnchorError {}

/// Every trust version from the pinned one to the newest known. Cheap to clone.
#[derive(Clone, Debug)]
pub struct TrustState {
    history: Arc<Vec<Verified<Trust>>>,
    keys: Arc<Vec<VerifyingKey>>,
}

impl TrustState {
    /// Begins at a trust document that the caller pins: compiled in, typed in, or taken at first use.
    ///
    /// The document must be signed by its own threshold, so that nobody pins a half-made root.
    ///
    /// # Errors
    /// The document is damaged, not signed by its own keys, or a key is not acceptable.
    pub fn begin(envelope: Envelope, limits: &Limits) -> Result<Self, TrustError> {
        Self::begin_with(envelope, PublicKey::import, limits)
    }

    fn begin_with(
        envelope: Envelope,
        key: fn(PublicKey) -> Result<VerifyingKey, KeyError>,
        limits: &Limits,
    ) -> Result<Self, TrustError> {
        let unverified = Unverified::<Trust>::new(envelope)?;
        let claimed = unverified.peek(limits)?;
        let keys = claimed.keys.iter().map(|one| key(*one)).collect::<Result<Vec<_>, _>>().map_err(TrustError::Key)?;
        let threshold = usize::try_from(claimed.threshold).unwrap_or(usize::MAX);
        let first = unverified.verify_threshold(&keys, threshold, limits)?;
        Ok(Self { history: Arc::new(vec![first]), keys: Arc::new(keys) })
    }

    /// Begins anew at a trust document that was begun at before: its keys have entered the system then.
    ///
    /// # Errors
    /// As [`TrustState::begin`], but keys are not tested for torsion again.
    pub fn reopen(envelope: Envelope, limits: &Limits) -> Result<Self, TrustError> {
        Self::begin_with(envelope, PublicKey::verifying, limits)
    }

    /// Begins at the document that an anchor names, found among these, and goes on through the later ones.
    ///
    /// # Errors
    /// None of them is the anchor's, or a later step does not hold.
    pub fn from_anchor(anchor: &TrustAnchor, envelopes: &[Envelope], limits: &Limits) -> Result<Self, TrustError> {
        let position = envelopes.iter().position(|envelope| envelope.digest() == anchor.root);
        let position = position.ok_or(TrustError::NotPinned { expected: anchor.root })?;
        let (first, later) = match envelopes.split_at_checked(position) {
            Some((_, [first, later @ ..])) => (first, later),
            _ => return Err(TrustError::NotPinned { expected: anchor.root }),
        };
        let state = Self::begin(first.clone(), limits)?;
        if state.current().product != anchor.product {
            return Err(TrustError::OtherProduct {
                expected: anchor.product.clone(),
                found: state.current().product.clone(),
            });
        }
        state.advance(later, limits)
    }

    /// Applies newer trust documents, each exactly one version on and signed by the old and the new threshold.
    ///
    /// Documents that are known already, or older than the pinned one, change nothing.
    ///
    /// # Errors
    /// A version is skipped, they do not ascend, a known version comes in another form, or signatures are missing.
    pub fn advance(&self, envelopes: &[Envelope], limits: &Limits) -> Result<Self, TrustError> {
        let mut state = self.clone();
        let mut before = 0;
        for (index, envelope) in envelopes.iter().enumerate() {
            let known = state.history.iter().find(|known| known.digest() == envelope.digest());
            let number = match known {
                Some(known) => known.number,
                None => state.step(envelope, limits)?,
            };
            if number <= before {
                return Err(DocumentError::Order { line: index + 1, found: Kind::Trust }.into());
            }
            before = number;
        }
        Ok(state)
    }

    /// Goes one version on, and tells the document's version.
    fn step(&mut self, envelope: &Envelope, limits: &Limits) -> Result<u64, TrustError> {
        let unverified = Unverified::<Trust>::new(envelope.clone())?;
        let claimed = unverified.peek(limits)?;
        let have = self.current().number;
        if claimed.number < self.first().number {
            return Ok(claimed.number);
        }
        if claimed.number <= have {
            return Err(TrustError::Fork { number: claimed.number });
        }
        if claimed.number != have + 1 {
            return Err(TrustError::Skipped { have, found: claimed.number });
        }
        let by_old = unverified
            .clone()
            .verify_threshold(&self.keys, self.threshold(), limits)
            .map_err(|_| TrustError::NotSignedByOld { number: claimed.number })?;
        let keys = import(&by_old)?;
        let threshold = usize::try_from(by_old.threshold).unwrap_or(usize::MAX);
        let next = unverified
            .verify_threshold(&keys, threshold, limits)
            .map_err(|_| TrustError::NotSignedByNew { number: claimed.number })?;
        if next.product != self.current().product {
            return Err(TrustError::OtherProduct {
                expected: self.current().product.clone(),
                found: next.product.clone(),
            });
        }
        let mut history = (*self.history).clone();
        history.push(next);
        *self = Self { history: Arc::new(history), keys: Arc::new(keys) };
        Ok(claimed.number)
    }

    /// The newest trust document.
    pub fn current(&self) -> &Verified<Trust> {
        self.history.last().unwrap_or_else(|| self.first())
    }

    /// The pinned trust document.
    #[allow(clippy::indexing_slicing)] // every constructor puts one document in, none takes one out
    pub fn first(&self) -> &Verified<Trust> {
        &self.history[0]
    }

    /// What pins this state.
    pub fn anchor(&self) -> TrustAnchor {
        TrustAnchor { product: self.first().product.clone(), root: self.first().digest() }
    }

    /// Every document from the pinned one on, ascending.
    pub fn history(&self) -> &[Verified<Trust>] {
        &self.history
    }

    /// The documents that a reader at this version lacks, ascending.
    pub fn after(&self, number: u64) -> impl Iterator<Item = &Verified<Trust>> {
        self.history.iter().filter(move |trust| trust.number > number)
    }

    /// The current root keys.
    pub(crate) fn keys(&self) -> &[VerifyingKey] {
        &self.keys
    }

    /// How many of the root keys must sign.
    pub(crate) fn threshold(&self) -> usize {
        usize::try_from(self.current().threshold).unwrap_or(usize::MAX)
    }
}

fn import(trust: &Trust) -> Result<Vec<VerifyingKey>, TrustError> {
    trust.keys.iter().map(|key| key.import().map_err(TrustError::Key)).collect()
}

/// Why a trust document is not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrustError {
    /// The document itself cannot be read or is not signed.
    Document(DocumentError),
    /// A root key is not acceptable.
    Key(KeyError),
    /// The file does not hold the pinned root.
    NotPinned {
        /// The pinned digest.
        expected: Digest,
    },
    /// The root of another product.
    OtherProduct {
        /// The product here.
        expected: Id,
        /// The product there.
        found: Id,
    },
    /// A version is missing in between.
    Skipped {
        /// The version here.
        have: u64,
        /// The version there.
        found: u64,
    },
    /// A version that is known already, in another form: a rollback or a forked root.
    Fork {
        /// The version.
        number: u64,
    },
    /// The root keys before did not agree.
    NotSignedByOld {
        /// The version.
        number: u64,
    },
    /// The new root keys did not agree.
    NotSignedByNew {
        /// The version.
        number: u64,
    },
}

impl From<DocumentError> for TrustError {
    fn from(error: DocumentError) -> Self {
        Self::Document(error)
    }
}

impl fmt::Display for TrustError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Document(error) => error.fmt(f),
            Self::Key(error) => write!(f, "A root key is not acceptable: {error}."),
            Self::NotPinned { expected } => {
                write!(f, "The file comes from another vendor root than the pinned {expected}.")
            }
            Self::OtherProduct { expected, found } => {
                write!(f, "The file is for the product '{found}'; this is '{expected}'.")
            }
            Self::Skipped { have, found } => {
                write!(
                    f,
                    "The vendor's root is at version {found} there and {have} here; a version in between is missing."
                )
            }
            Self::Fork { number } => write!(f, "The vendor's root version {number} is known here in another form."),
            Self::NotSignedByOld { number } => {
                write!(f, "The vendor's root version {number} is not signed by enough of the root keys before it.")
            }
            Self::NotSignedByNew { number } => {
                write!(f, "The vendor's root version {number} is not signed by enough of its own root keys.")
            }
        }
    }
}

impl std::error::Error for TrustError {}

impl Explain for TrustError {
    fn code(&self) -> &'static str {
        match self {
            Self::Document(error) => error.code(),
            Self::Key(error) => error.code(),
            Self::NotPinned { .. } => "trust-other-root",
            Self::OtherProduct { .. } => "product-other",
            Self::Skipped { .. } => "trust-skipped",
            Self::Fork { .. } => "trust-fork",
            Self::NotSignedByOld { .. } => "trust-not-signed-by-old",
            Self::NotSignedByNew { .. } => "trust-not-signed-by-new",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::Document(error) => error.advice(),
            Self::Key(error) => error.advice(),
            Self::NotPinned { .. } | Self::OtherProduct { .. } => {
                "Check that the file is from your vendor and for this product.".into()
            }
            Self::Skipped { .. } => "Ask your vendor for a file that carries every root version.".into(),
            Self::Fork { .. } | Self::NotSignedByOld { .. } | Self::NotSignedByNew { .. } => {
                "Do not use this file. Tell your vendor at once: somebody may be imitating the vendor's root.".into()
            }
        }
    }
}
