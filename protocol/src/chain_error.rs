//! Why a file's chain does not hold.

use std::fmt;

use crate::error::DocumentError;
use crate::explain::Explain;
use crate::id::Id;
use crate::kind::Kind;
use crate::revocation::Hit;
use crate::trust::TrustError;
use crate::within::Excess;

/// Why a file's chain does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChainError {
    /// A document cannot be read or is not signed by whom it must be.
    Document(DocumentError),
    /// The trust documents do not hold.
    Trust(TrustError),
    /// The first grant is not signed by enough of the pinned root's keys.
    NotSignedByRoot,
    /// More grants than a chain may have.
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// A grant hangs from another parent than the one before it.
    Broken {
        /// The grant's id.
        grant: Id,
    },
    /// A grant's subject key is not acceptable.
    BadSubject {
        /// The grant's id.
        grant: Id,
    },
    /// A grant allows more than its parent.
    GrantExceeds {
        /// The grant's id.
        grant: Id,
        /// Every field in which it does.
        excesses: Vec<Excess>,
    },
    /// The document allows more than its chain.
    DocumentExceeds {
        /// What the document is.
        kind: Kind,
        /// Every field in which it does.
        excesses: Vec<Excess>,
    },
    /// The document names another grant than the chain's last.
    OtherGrant {
        /// What the document is.
        kind: Kind,
    },
    /// The document is for another product.
    OtherProduct {
        /// The product here.
        expected: Id,
        /// The product there.
        found: Id,
    },
    /// The document is for another account.
    OtherAccount {
        /// The grant's account.
        expected: Id,
        /// The document's.
        found: Id,
    },
    /// The grant does not give the right to make such a document.
    NoRight {
        /// What the document is.
        kind: Kind,
        /// The grant's id.
        grant: Id,
    },
    /// Revocations by somebody who is not on the path.
    ForeignRevocations,
    /// Something on the path is suspended or revoked.
    Revoked(Hit),
    /// The bundle's table of contents does not match the file.
    Contents,
    /// The parts of a handover file are not what was handed over.
    HandoverParts,
    /// The ledger's entries do not follow one another.
    LedgerBroken {
        /// The position where the chain breaks.
        position: u64,
    },
}

impl From<DocumentError> for ChainError {
    fn from(error: DocumentError) -> Self {
        Self::Document(error)
    }
}

impl From<TrustError> for ChainError {
    fn from(error: TrustError) -> Self {
        Self::Trust(error)
    }
}

impl fmt::Display for ChainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |excesses: &[Excess]| excesses.iter().map(Excess::to_string).collect::<Vec<_>>().join("; ");
        match self {
            Self::Document(error) => error.fmt(f),
            Self::Trust(error) => error.fmt(f),
            Self::NotSignedByRoot => {
                write!(f, "The first entitlement is not signed by the vendor root that is trusted here.")
            }
            Self::TooDeep { limit } => write!(f, "The chain has more than {limit} entitlements."),
            Self::Broken { grant } => write!(f, "The entitlement '{grant}' does not hang from the one before it."),
            Self::BadSubject { grant } => write!(f, "The key that the entitlement '{grant}' names is not acceptable."),
            Self::GrantExceeds { grant, excesses } => {
                write!(f, "The entitlement '{grant}' allows more than the one above it: {}.", list(excesses))
            }
            Self::DocumentExceeds { kind, excesses } => {
                write!(f, "The {kind} allows more than its entitlement: {}.", list(excesses))
            }
            Self::OtherGrant { kind } => {
                write!(f, "The {kind} was issued under another entitlement than the file carries.")
            }
            Self::OtherProduct { expected, found } => {
                write!(f, "The file is for the product '{found}'; this is '{expected}'.")
            }
            Self::OtherAccount { expected, found } => {
                write!(f, "The file is for the account '{found}'; its entitlement is for '{expected}'.")
            }
            Self::NoRight { kind, grant } => {
                write!(f, "The entitlement '{grant}' does not allow its holder to make a {kind}.")
            }
            Self::ForeignRevocations => write!(f, "The file carries revocations by somebody who may not revoke here."),
            Self::Revoked(hit) => hit.fmt(f),
            Self::Contents => write!(f, "The bundle's table of contents does not match what the file holds."),
            Self::HandoverParts => {
                write!(f, "The bundle or the ledger in the handover file is not the one that was handed over.")
            }
            Self::LedgerBroken { position } => write!(f, "The ledger's chain breaks at position {position}."),
        }
    }
}

impl std::error::Error for ChainError {}

impl Explain for ChainError {
    fn code(&self) -> &'static str {
        match self {
            Self::Document(error) => error.code(),
            Self::Trust(error) => error.code(),
            Self::NotSignedByRoot => "chain-other-root",
            Self::TooDeep { .. } => "chain-too-deep",
            Self::Broken { .. } => "chain-broken",
            Self::BadSubject { .. } => "key-invalid",
            Self::GrantExceeds { .. } => "grant-exceeds-parent",
            Self::DocumentExceeds { .. } => "document-exceeds-grant",
            Self::OtherGrant { .. } => "grant-other",
            Self::OtherProduct { .. } => "product-other",
            Self::OtherAccount { .. } => "account-other",
            Self::NoRight { .. } => "right-missing",
            Self::ForeignRevocations => "revocations-foreign",
            Self::Revoked(hit) => hit.code(),
            Self::Contents => "bundle-contents",
            Self::HandoverParts => "handover-parts",
            Self::LedgerBroken { .. } => "ledger-broken",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::Document(error) => error.advice(),
            Self::Trust(error) => error.advice(),
            Self::Revoked(hit) => hit.advice(),
            Self::NotSignedByRoot | Self::OtherProduct { .. } | Self::OtherAccount { .. } => {
                "Check that the file is from your vendor and for this product and account.".into()
            }
            Self::Contents | Self::HandoverParts | Self::LedgerBroken { .. } => {
                "Copy the original file again. If it fails again, ask whoever made it for a new one.".into()
            }
            _ => "Do not use this file, and tell your vendor: whoever made it went past what they were granted.".into(),
        }
    }
}
