//! The ledger's file: one writer at a time, replaced atomically, before the answer that it records gets its name.

use std::fmt;
use std::fs::{File, TryLockError};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use postern_protocol::Explain;

use crate::fail::Fail;
use crate::files::{self, Access, FileError, Staged};

/// A ledger file that no other process changes while this value lives.
#[derive(Debug)]
pub(crate) struct LedgerFile {
    path: PathBuf,
    /// The locked file and what it holds; none for a ledger that begins now.
    stored: Option<(File, Vec<u8>)>,
}

impl LedgerFile {
    /// Opens an existing ledger, or makes sure that there is none where a new one is to begin.
    pub(crate) fn open(path: &Path, begin: bool) -> Result<Self, Fail> {
        let there = path.symlink_metadata().is_ok();
        match (there, begin) {
            (true, true) => Err(LedgerFileError::Exists { path: path.into() }.into()),
            (false, false) => Err(LedgerFileError::Missing { path: path.into() }.into()),
            (false, true) => Ok(Self { path: path.into(), stored: None }),
            (true, false) => {
                let mut file = lock(path)?;
                let mut bytes = Vec::new();
                file.read_to_end(&mut bytes).map_err(|source| unreadable(path, source))?;
                Ok(Self { path: path.into(), stored: Some((file, bytes)) })
            }
        }
    }

    /// What the file holds; none for a ledger that begins now.
    pub(crate) fn bytes(&self) -> Option<&[u8]> {
        self.stored.as_ref().map(|(_, bytes)| bytes.as_slice())
    }

    /// Writes the ledger if it went on, then gives the answers their names: an answer that nobody recorded never exists.
    pub(crate) fn record(self, ledger: Option<&[u8]>, answers: Vec<Staged>, force: bool) -> Result<(), Fail> {
        if let Some(ledger) = ledger {
            // A ledger that begins now must not replace one that somebody else began meanwhile.
            files::stage(&self.path, ledger, Access::Shared)?.keep(self.stored.is_some())?;
        }
        answers.into_iter().try_for_each(|answer| answer.keep(force))
    }
}

/// Locks the file that the path names now. A writer that was waited for has put another file there.
fn lock(path: &Path) -> Result<File, Fail> {
    loop {
        let file = File::open(path).map_err(|source| unreadable(path, source))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LedgerFileError::Busy { path: path.into() }.into()),
            Err(TryLockError::Error(source)) => return Err(unreadable(path, source)),
        }
        let same = file.metadata().and_then(|ours| Ok((ours.dev(), ours.ino(), path.metadata()?)));
        match same {
            Ok((device, inode, named)) if (named.dev(), named.ino()) == (device, inode) => return Ok(file),
            Ok(_) => {}
            Err(source) => return Err(unreadable(path, source)),
        }
    }
}

fn unreadable(path: &Path, source: std::io::Error) -> Fail {
    Fail::unusable(FileError::Read { path: path.into(), source })
}

/// Why the ledger file cannot be gone on with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LedgerFileError {
    /// There is none.
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
    /// There is one where a new one was to begin.
    Exists {
        /// Where.
        path: PathBuf,
    },
    /// Another process is writing it.
    Busy {
        /// Which.
        path: PathBuf,
    },
}

impl fmt::Display for LedgerFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { path } => write!(f, "There is no ledger {}.", path.display()),
            Self::Exists { path } => write!(f, "There is a ledger {} already; none was begun.", path.display()),
            Self::Busy { path } => write!(f, "Another process is writing the ledger {}.", path.display()),
        }
    }
}

impl Explain for LedgerFileError {
    fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "ledger-file-missing",
            Self::Exists { .. } => "ledger-file-exists",
            Self::Busy { .. } => "ledger-file-busy",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::Missing { .. } => "Give the account's ledger file. Only for an account that never had one, begin it \
                 with --new-ledger: a second ledger of one account is a fork."
                .into(),
            Self::Exists { .. } => "Leave out --new-ledger to go on with it.".into(),
            Self::Busy { .. } => "Wait until the other command is done, then repeat this one.".into(),
        }
    }
}
