//! Why the state cannot be used.

use std::fmt;
use std::path::{Path, PathBuf};

use postern_protocol::{Digest, Explain};

/// Why the state directory or what is in it cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateError {
    /// There is no state: no vendor root was pinned here yet.
    Missing {
        /// The state directory.
        directory: PathBuf,
    },
    /// Others can read or write the directory.
    NotPrivate {
        /// The state directory.
        directory: PathBuf,
    },
    /// A directory that holds other things cannot become a state directory.
    NotEmpty {
        /// The directory.
        directory: PathBuf,
    },
    /// The directory is on a network file system, whose locks cannot be relied on.
    Network {
        /// The state directory.
        directory: PathBuf,
        /// The file system.
        system: &'static str,
    },
    /// A file or directory cannot be read or written.
    Io {
        /// The path.
        path: PathBuf,
        /// What the operating system says.
        detail: String,
    },
    /// Another process holds the state for too long.
    Busy,
    /// The database refuses.
    Database {
        /// What it says.
        detail: String,
    },
    /// A newer version of this program wrote the state.
    Newer {
        /// Its schema.
        schema: i64,
    },
    /// The state was changed by something other than this program.
    Damaged {
        /// What does not fit.
        detail: String,
    },
    /// The state is pinned to another vendor root than the application expects.
    OtherRoot {
        /// The root that the application was built for.
        expected: Digest,
        /// The root that the state is pinned to.
        found: Digest,
    },
    /// The operating system gives no random bytes.
    NoEntropy,
    /// The database failed in the middle of a use that shared this one's transaction.
    Spoiled,
    /// The handle was opened before the process forked.
    Forked,
}

impl StateError {
    pub(crate) fn io(path: &Path, error: &std::io::Error) -> Self {
        Self::Io { path: path.to_path_buf(), detail: error.to_string() }
    }

    pub(crate) fn damaged(detail: impl Into<String>) -> Self {
        Self::Damaged { detail: detail.into() }
    }
}

impl From<rusqlite::Error> for StateError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseCorrupt, DatabaseLocked, NotADatabase};
        match error.sqlite_error_code() {
            Some(DatabaseBusy | DatabaseLocked) => Self::Busy,
            Some(DatabaseCorrupt | NotADatabase) => Self::damaged(error.to_string()),
            _ => Self::Database { detail: error.to_string() },
        }
    }
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { directory } => {
                write!(f, "No vendor root is trusted yet: there is no state in {}.", directory.display())
            }
            Self::NotPrivate { directory } => {
                write!(f, "The state directory {} is open to other users.", directory.display())
            }
            Self::NotEmpty { directory } => {
                write!(f, "The directory {} holds other files and no state.", directory.display())
            }
            Self::Network { directory, system } => {
                write!(f, "The state directory {} is on a network file system ({system}).", directory.display())
            }
            Self::Io { path, detail } => write!(f, "{} cannot be used: {detail}.", path.display()),
            Self::Busy => write!(f, "Another process is using the state and did not finish in time."),
            Self::Database { detail } => write!(f, "The state cannot be read or written: {detail}."),
            Self::Newer { schema } => write!(f, "A newer version of this program wrote the state (schema {schema})."),
            Self::Damaged { detail } => {
                write!(f, "The state is damaged or was changed by another program: {detail}.")
            }
            Self::OtherRoot { expected, found } => {
                write!(f, "The state is pinned to the vendor root {found}; this application was built for {expected}.")
            }
            Self::NoEntropy => write!(f, "The operating system gives no random numbers."),
            Self::Spoiled => write!(f, "The state could not be written, together with another use of it."),
            Self::Forked => write!(f, "The state was opened before this process was forked off."),
        }
    }
}

impl std::error::Error for StateError {}

impl Explain for StateError {
    fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "state-missing",
            Self::NotPrivate { .. } => "state-not-private",
            Self::NotEmpty { .. } => "state-not-empty",
            Self::Network { .. } => "state-network",
            Self::Io { .. } => "state-io",
            Self::Busy => "state-busy",
            Self::Database { .. } => "state-database",
            Self::Newer { .. } => "state-newer",
            Self::Damaged { .. } => "state-damaged",
            Self::OtherRoot { .. } => "state-other-root",
            Self::NoEntropy => "no-entropy",
            Self::Spoiled => "state-database",
            Self::Forked => "state-forked",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::Missing { .. } => {
                "Pin your vendor's root first with 'trust FILE', or name the right directory with --state."
            }
            Self::NotPrivate { .. } => "Set its mode to 0700, and find out who changed it.",
            Self::NotEmpty { .. } => "Name an empty directory, or one that does not exist yet, with --state.",
            Self::Network { .. } => "Name a directory on a local disk with --state.",
            Self::Io { .. } | Self::Database { .. } | Self::Spoiled => {
                "Check the path, its permissions and the free space on the disk, and repeat the step."
            }
            Self::Busy => "Repeat the step. If it stays like this, look for a process that hangs.",
            Self::Newer { .. } => "Use the newer version of this program again.",
            Self::Damaged { .. } => {
                "Keep a copy of the state directory as it is and ask your vendor how to recover the machine."
            }
            Self::OtherRoot { .. } => "Name the state directory of this product with --state, or ask your vendor.",
            Self::Forked => "Open the state in each process by itself, after the fork.",
            Self::NoEntropy => "Repeat the step a minute after the machine has started.",
        }
        .into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlite_s_codes_become_ours() {
        let of = |code| {
            let error = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None);
            StateError::from(error).code()
        };
        assert_eq!(of(rusqlite::ffi::SQLITE_BUSY), "state-busy");
        assert_eq!(of(rusqlite::ffi::SQLITE_CORRUPT), "state-damaged");
        assert_eq!(of(rusqlite::ffi::SQLITE_FULL), "state-database");
    }
}
