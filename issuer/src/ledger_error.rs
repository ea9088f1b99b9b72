//! Why stored lines or a file are no ledger to go on with.

use std::fmt;

use postern_protocol::{DocumentError, Explain, Id};

/// Why a ledger cannot be gone on with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LedgerError {
    /// A line cannot be read or is not signed by this portal.
    Document(DocumentError),
    /// No entry at all.
    Empty,
    /// Another portal key wrote it.
    OtherKey,
    /// It is another account's, or another product's.
    OtherAccount {
        /// The account that it is for.
        found: Id,
    },
    /// The first entry is no beginning.
    NoBeginning,
    /// An entry does not follow the one before.
    Broken {
        /// Where.
        position: u64,
    },
    /// It ends before the state that the vendor's bundle goes on from.
    BehindBase {
        /// The next position of this ledger.
        position: u64,
        /// The position of the bundle's base.
        base: u64,
    },
    /// It has another entry where the vendor's bundle goes on.
    ForkedFromBase {
        /// Where.
        position: u64,
    },
    /// The vendor began the ledger anew.
    Replaced,
    /// It began later than this bundle knows.
    BundleOlder,
}

impl From<DocumentError> for LedgerError {
    fn from(error: DocumentError) -> Self {
        Self::Document(error)
    }
}

impl fmt::Display for LedgerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Document(error) => error.fmt(f),
            Self::Empty => write!(f, "The ledger has no entries."),
            Self::OtherKey => write!(f, "This ledger was written with another portal key than this bundle's."),
            Self::OtherAccount { found } => write!(f, "This ledger belongs to '{found}', not to this bundle."),
            Self::NoBeginning => write!(f, "The ledger's beginning is missing: its first entry does not begin one."),
            Self::Broken { position } => {
                write!(f, "Entry {position} of the ledger does not follow the entry before it.")
            }
            Self::BehindBase { position, base } => write!(
                f,
                "The ledger ends before entry {position}; the bundle goes on from entry {base}, so entries are missing."
            ),
            Self::ForkedFromBase { position } => {
                write!(f, "At entry {position} the ledger is not the one that the vendor's bundle goes on from.")
            }
            Self::Replaced => write!(f, "The vendor's bundle begins a new ledger; this one was closed."),
            Self::BundleOlder => write!(f, "The ledger is newer than this bundle."),
        }
    }
}

impl std::error::Error for LedgerError {}

impl Explain for LedgerError {
    fn code(&self) -> &'static str {
        match self {
            Self::Document(error) => error.code(),
            Self::Empty => "ledger-empty",
            Self::OtherKey => "ledger-other-key",
            Self::OtherAccount { .. } => "ledger-other-account",
            Self::NoBeginning => "ledger-no-beginning",
            Self::Broken { .. } => "ledger-broken",
            Self::BehindBase { .. } => "ledger-behind-bundle",
            Self::ForkedFromBase { .. } => "ledger-forked-from-bundle",
            Self::Replaced => "ledger-replaced",
            Self::BundleOlder => "bundle-older-than-ledger",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::Document(error) => error.advice(),
            Self::Empty => {
                "Begin a new ledger if this account has never had one; otherwise import the latest one.".into()
            }
            Self::OtherKey | Self::OtherAccount { .. } => {
                "Choose the ledger file that was exported for this account and this portal.".into()
            }
            Self::NoBeginning | Self::Broken { .. } => {
                "Import the ledger again from its last complete export; do not edit ledger files.".into()
            }
            Self::BehindBase { .. } => "Import the newest ledger file, the one that went to your vendor.".into(),
            Self::ForkedFromBase { .. } => {
                "Issue nothing. Two portals went on with one ledger: send both ledger files to your vendor.".into()
            }
            Self::Replaced => "Keep a copy of this ledger, then begin the new one.".into(),
            Self::BundleOlder => "Load the newest bundle that your vendor sent.".into(),
        }
    }
}
