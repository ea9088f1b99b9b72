//! Why the registry cannot be used, or does not take what it is given.

use std::fmt;
use std::path::{Path, PathBuf};

use postern_protocol::{Digest, Explain, Id, Kind};

/// Why the registry cannot be used, or does not take what it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RegistryError {
    /// There is none.
    Missing {
        /// Where it should be; none where nothing says where.
        path: Option<PathBuf>,
    },
    /// There is something already where one was to be made.
    Exists {
        /// Where.
        path: PathBuf,
    },
    /// A file that is no registry, or was damaged.
    NotOne {
        /// Which.
        path: PathBuf,
        /// What does not fit.
        detail: String,
    },
    /// A newer version of this program made it.
    Newer {
        /// Its schema.
        schema: i64,
    },
    /// Another process is writing.
    Busy,
    /// The database refuses.
    Database {
        /// What it says.
        detail: String,
    },
    /// It is another vendor root's.
    OtherRoot {
        /// The registry's.
        expected: Digest,
        /// What was given.
        found: Digest,
    },
    /// No account has this name.
    NoAccount {
        /// The name.
        account: Id,
    },
    /// A machine's file of an account that is not known.
    NobodyS,
    /// A file of a kind that is not kept.
    NotKept {
        /// Its kind.
        kind: Kind,
    },
    /// The account's ledger forked.
    Forked {
        /// The account.
        account: Id,
    },
}

impl RegistryError {
    pub(crate) fn damaged(path: &Path, detail: impl Into<String>) -> Self {
        Self::NotOne { path: path.into(), detail: detail.into() }
    }

    /// Whether the registry itself is the trouble, and not what it was given or asked.
    pub(crate) fn unusable(&self) -> bool {
        matches!(
            self,
            Self::Missing { .. }
                | Self::Exists { .. }
                | Self::NotOne { .. }
                | Self::Newer { .. }
                | Self::Busy
                | Self::Database { .. }
        )
    }
}

impl From<rusqlite::Error> for RegistryError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseCorrupt, DatabaseLocked, NotADatabase};
        match error.sqlite_error_code() {
            Some(DatabaseBusy | DatabaseLocked) => Self::Busy,
            Some(DatabaseCorrupt | NotADatabase) => {
                Self::NotOne { path: PathBuf::from("registry"), detail: error.to_string() }
            }
            _ => Self::Database { detail: error.to_string() },
        }
    }
}

impl fmt::Display for RegistryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { path: Some(path) } => write!(f, "There is no registry {}.", path.display()),
            Self::Missing { path: None } => f.write_str("There is no registry here, nor in a folder above."),
            Self::Exists { path } => write!(f, "{} is there already; no registry was made.", path.display()),
            Self::NotOne { path, detail } => write!(f, "{} is no registry, or is damaged: {detail}.", path.display()),
            Self::Newer { schema } => write!(f, "A newer version of this program made the registry (schema {schema})."),
            Self::Busy => f.write_str("Another process is writing the registry and did not finish in time."),
            Self::Database { detail } => write!(f, "The registry cannot be read or written: {detail}."),
            Self::OtherRoot { expected, found } => {
                write!(f, "The registry is of the vendor root {expected}; this is of {found}.")
            }
            Self::NoAccount { account } => write!(f, "The registry knows no account '{account}'."),
            Self::NobodyS => f.write_str("The registry knows no account that this file could be of."),
            Self::NotKept { kind } => write!(f, "This is {}, which the registry does not keep.", kind.in_words()),
            Self::Forked { account } => {
                write!(f, "The ledger of '{account}' forked: two portals went on with it, and both count.")
            }
        }
    }
}

impl Explain for RegistryError {
    fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "registry-missing",
            Self::Exists { .. } => "registry-exists",
            Self::NotOne { .. } => "registry-damaged",
            Self::Newer { .. } => "registry-newer",
            Self::Busy => "registry-busy",
            Self::Database { .. } => "registry-unusable",
            Self::OtherRoot { .. } => "registry-other-root",
            Self::NoAccount { .. } => "registry-account-unknown",
            Self::NobodyS => "registry-nobodys",
            Self::NotKept { .. } => "registry-kind",
            Self::Forked { .. } => "registry-ledger-forked",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::Missing { .. } => "Give --registry FILE, or make one: postern registry init --trust FILE.",
            Self::Exists { .. } => "Use the one that is there, or choose another name.",
            Self::NotOne { .. } => "Choose the right file; if it is that file, take it from a backup and import again.",
            Self::Newer { .. } => "Install a newer version of this program.",
            Self::Busy => "Wait until the other command is done, then repeat this one.",
            Self::Database { .. } => "Check that you may write there, and the free space. Nothing was half done.",
            Self::OtherRoot { .. } => "Give the trust file, or the registry, that belongs to the other.",
            Self::NoAccount { .. } => {
                "Correct the name; 'postern report' lists all. Import its bundle if it is missing."
            }
            Self::NobodyS => "Import the account's bundle or ledger first, then this file again.",
            Self::NotKept { .. } => "Import bundles, ledgers, requests, deactivations, revocations and trust files.",
            Self::Forked { .. } => {
                "See 'postern ledger import --proofs' for both branches. With --new-epoch the next bundle begins one \
                 new ledger that counts what machines hold in either."
            }
        }
        .into()
    }
}
