//! Which processes hold sessions: each handle that does so locks a file of its own beside the database. The operating
//! system drops the lock when the process ends, however it ends; so nobody asks about process ids, which come again.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use postern_protocol::Id;

use super::{StateError, entropy};

/// The lock file of one handle, made when its first session begins.
#[derive(Default)]
pub(super) struct Holder(Mutex<Option<Held>>);

struct Held {
    id: Id,
    path: PathBuf,
    _file: File,
}

impl Holder {
    /// The name of this handle's lock file.
    pub(super) fn id(&self, directory: &Path) -> Result<Id, StateError> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = held.as_ref() {
            return Ok(held.id.clone());
        }
        let id = Id::from_entropy(entropy()?);
        let path = path(directory, &id);
        let io = |error: std::io::Error| StateError::io(&path, &error);
        let file = private(OpenOptions::new().write(true).create_new(true)).open(&path).map_err(io)?;
        file.lock().map_err(io)?;
        *held = Some(Held { id: id.clone(), path, _file: file });
        Ok(id)
    }

    /// Whether this is the name of this handle's own lock file.
    pub(super) fn is(&self, id: &Id) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref().is_some_and(|held| held.id == *id)
    }

    /// Leaves the file to the process that made it: this one is its forked child.
    pub(super) fn forget(&mut self) {
        std::mem::forget(self.0.get_mut().unwrap_or_else(PoisonError::into_inner).take());
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // A file that stays behind is found unlocked later, and removed then.
        let _ = fs::remove_file(&self.path);
    }
}

/// Whether the process that locked this file is gone. Where that cannot be told, it is not.
pub(super) fn gone(directory: &Path, holder: &Id) -> bool {
    let path = path(directory, holder);
    match OpenOptions::new().write(true).open(&path) {
        Err(error) => error.kind() == ErrorKind::NotFound,
        Ok(file) => match file.try_lock() {
            Ok(()) => fs::remove_file(&path).is_ok(),
            Err(TryLockError::WouldBlock | TryLockError::Error(_)) => false,
        },
    }
}

/// Whether a file beside the database is a lock file.
pub(super) fn is_lock_file(name: &str) -> bool {
    name.starts_with("session-") && name.ends_with(".lock")
}

fn path(directory: &Path, id: &Id) -> PathBuf {
    directory.join(format!("session-{id}.lock"))
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600)
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}
