//! Why a child license server is not made, changed or looked at: every reason, with its stable code and what to do.

use std::fmt;

use postern_protocol::{ChainError, Explain, Id, PublicKey};

/// One reason against a child license server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // fields are named for what they are; each variant says what happened
pub enum ChildRefusal {
    /// Beyond what the entitlement allows its children.
    Exceeds { field: &'static str, detail: String },
    /// A text is missing, too long, or no address.
    Text { field: &'static str },
    /// Nothing would change.
    Same { child: Id },
    /// It was revoked, which is final.
    Revoked { child: Id },
    /// The ledger knows no such child.
    Unknown { child: Id },
    /// The License Code is this portal's own.
    OwnKey,
    /// The License Code is another child's.
    KeyTaken { child: Id },
    /// More machines than are left.
    Licenses { asked: u64, free: u64 },
    /// More releases or clock repairs than are left.
    Quota { right: &'static str, asked: u64, free: u64 },
    /// A ledger of nobody that this portal knows.
    LedgerForeign { key: PublicKey },
    /// A ledger file that does not hold.
    LedgerBroken(ChainError),
    /// A child's ledger that was exported before its newest bundle was loaded.
    LedgerOlder { child: Id, serial: u64 },
    /// A child's ledger that ends before one that was seen.
    LedgerBehind { child: Id, position: u64, known: u64 },
    /// A child's ledger that parts from one that was seen.
    LedgerForked { child: Id, position: u64 },
    /// A child's ledger whose beginning is missing.
    LedgerBeginning { child: Id },
}

impl fmt::Display for ChildRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exceeds { field, detail } => {
                write!(f, "The server license would exceed your entitlement: {field} ({detail}).")
            }
            Self::Text { field } => write!(f, "The field '{field}' is empty, too long, or no https address."),
            Self::Same { child } => write!(f, "Nothing would change for the license server '{child}'."),
            Self::Revoked { child } => write!(f, "The license server '{child}' was revoked, and that is final."),
            Self::Unknown { child } => write!(f, "The ledger knows no license server '{child}'."),
            Self::OwnKey => write!(f, "The License Code is this portal's own."),
            Self::KeyTaken { child } => write!(f, "The License Code belongs to the license server '{child}' already."),
            Self::Licenses { asked, free } => {
                write!(f, "{asked} licenses are asked for, and {free} are left for license servers.")
            }
            Self::Quota { right, asked, free } => write!(f, "{asked} of '{right}' are asked for, and {free} are left."),
            Self::LedgerForeign { key } => {
                write!(f, "The ledger is of the key {}, which is no license server of this portal.", key.short())
            }
            Self::LedgerBroken(error) => error.fmt(f),
            Self::LedgerOlder { child, serial } => {
                write!(f, "The ledger of '{child}' was exported before its portal had loaded serial {serial}.")
            }
            Self::LedgerBehind { child, position, known } => {
                write!(f, "The ledger of '{child}' ends before position {position}; position {known} was seen before.")
            }
            Self::LedgerForked { child, position } => {
                write!(f, "The ledger of '{child}' has another entry at position {position} than the one seen before.")
            }
            Self::LedgerBeginning { child } => write!(f, "The ledger of '{child}' lacks its beginning."),
        }
    }
}

impl Explain for ChildRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::Exceeds { .. } => "child-exceeds",
            Self::Text { .. } => "child-text",
            Self::Same { .. } => "child-same",
            Self::Revoked { .. } => "child-revoked",
            Self::Unknown { .. } => "child-unknown",
            Self::OwnKey => "child-own-key",
            Self::KeyTaken { .. } => "child-key-taken",
            Self::Licenses { .. } => "child-licenses",
            Self::Quota { .. } => "child-quota",
            Self::LedgerForeign { .. } => "child-ledger-foreign",
            Self::LedgerBroken(error) => error.code(),
            Self::LedgerOlder { .. } => "child-ledger-older",
            Self::LedgerBehind { .. } => "child-ledger-behind",
            Self::LedgerForked { .. } => "child-ledger-forked",
            Self::LedgerBeginning { .. } => "child-ledger-beginning",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::LedgerBroken(error) => return error.advice(),
            Self::Exceeds { .. } => "Ask for less, or ask your vendor for a larger entitlement.",
            Self::Text { .. } => "Fill the field in; addresses begin with https://.",
            Self::Same { .. } => "Its newest bundle is in the list of license servers.",
            Self::Revoked { .. } => "Make a new license server with another id and a new License Code.",
            Self::Unknown { .. } => "Look at the list of license servers; import the newest ledger if one is missing.",
            Self::OwnKey => "Ask the client for the License Code that their portal shows.",
            Self::KeyTaken { .. } => "Change that license server, or ask for the License Code of another browser.",
            Self::Licenses { .. } => "Ask for fewer, or cut another license server and have it show its ledger.",
            Self::Quota { .. } => "Give fewer away.",
            Self::LedgerForeign { .. } => "Take the ledger that your client exported from its own portal.",
            Self::LedgerOlder { .. } => {
                "Have the client load its newest bundle, and export the ledger again after that."
            }
            Self::LedgerBehind { .. } => "Take the client's newest export.",
            Self::LedgerForked { .. } => {
                "Two portals wrote one ledger: keep both files as proof, and ask the client which browsers it uses."
            }
            Self::LedgerBeginning { .. } => "Have the client export the whole ledger.",
        }
        .into()
    }
}
