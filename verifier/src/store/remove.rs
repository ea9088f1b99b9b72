//! Removing the state from a machine, after its license was given back.

use std::fs;
use std::path::Path;

use super::{StateError, Store, directory, holders};

impl Store {
    /// Closes the state and deletes what belongs to it. The directory goes with it where nothing else is in it.
    pub(crate) fn remove(self) -> Result<(), StateError> {
        let directory = self.directory.clone();
        drop(self);
        let database = directory::database(&directory);
        let beside = |suffix: &str| {
            let mut name = database.clone().into_os_string();
            name.push(suffix);
            name.into()
        };
        let io = |error: std::io::Error| StateError::io(&directory, &error);
        for entry in fs::read_dir(&directory).map_err(io)?.flatten() {
            if entry.file_name().to_str().is_some_and(holders::is_lock_file) {
                remove(&entry.path())?;
            }
        }
        // The database goes last: until then a second try finds it.
        [beside("-shm"), beside("-wal"), database.clone()]
            .iter()
            .try_for_each(|path: &std::path::PathBuf| remove(path))?;
        // It stays where something else is in it.
        let _ = fs::remove_dir(&directory);
        Ok(())
    }
}

fn remove(path: &Path) -> Result<(), StateError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(StateError::io(path, &error)),
        _ => Ok(()),
    }
}
