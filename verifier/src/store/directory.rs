//! The state directory: private to its owner, on a local disk, created only where a root is pinned.

use std::fs;
use std::path::{Path, PathBuf};

use super::StateError;

/// The database inside the state directory.
pub(crate) fn database(directory: &Path) -> PathBuf {
    directory.join("state.db")
}

/// Makes the directory and the empty database file where they are missing, both private to the directory's owner.
pub(crate) fn create(directory: &Path) -> Result<(), StateError> {
    let io = |error: std::io::Error| StateError::io(directory, &error);
    fs::create_dir_all(directory).map_err(io)?;
    refuse_network(directory)?;
    let file = database(directory);
    if file.exists() {
        return check(directory);
    }
    if fs::read_dir(directory).map_err(io)?.next().is_some() {
        return Err(StateError::NotEmpty { directory: directory.to_path_buf() });
    }
    private::make(directory, &file)
}

/// Refuses a directory that has no state, is open to others, or lies on a network file system.
pub(crate) fn check(directory: &Path) -> Result<(), StateError> {
    let file = database(directory);
    match file.try_exists() {
        Ok(true) => {}
        Ok(false) => return Err(StateError::Missing { directory: directory.to_path_buf() }),
        Err(error) => return Err(StateError::io(&file, &error)),
    }
    refuse_network(directory)?;
    private::check(directory)
}

#[cfg(unix)]
mod private {
    use std::fs::{OpenOptions, Permissions};
    use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};

    use super::*;

    pub(super) fn make(directory: &Path, file: &Path) -> Result<(), StateError> {
        fs::set_permissions(directory, Permissions::from_mode(0o700)).map_err(|e| StateError::io(directory, &e))?;
        let io = |error: std::io::Error| StateError::io(file, &error);
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(file) {
            Ok(_) => {}
            // Another process pins at the same moment; the database decides who is first.
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(io(error)),
        }
        // Root acts as the directory's owner; SQLite gives the database's owner and mode to the files beside it.
        if rustix::process::geteuid().is_root() {
            let owner = fs::metadata(directory).map_err(|e| StateError::io(directory, &e))?;
            std::os::unix::fs::chown(file, Some(owner.uid()), Some(owner.gid())).map_err(io)?;
        }
        Ok(())
    }

    pub(super) fn check(directory: &Path) -> Result<(), StateError> {
        let metadata = fs::metadata(directory).map_err(|error| StateError::io(directory, &error))?;
        if metadata.mode() & 0o077 == 0 {
            Ok(())
        } else {
            Err(StateError::NotPrivate { directory: directory.to_path_buf() })
        }
    }
}

#[cfg(not(unix))]
mod private {
    use super::*;

    pub(super) fn make(_: &Path, file: &Path) -> Result<(), StateError> {
        fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(file)
            .map(drop)
            .map_err(|error| StateError::io(file, &error))
    }

    pub(super) fn check(_: &Path) -> Result<(), StateError> {
        Ok(())
    }
}

#[cfg(target_os = "linux")]
fn refuse_network(directory: &Path) -> Result<(), StateError> {
    let stat = rustix::fs::statfs(directory).map_err(|error| StateError::io(directory, &error.into()))?;
    match network(u64::try_from(stat.f_type).unwrap_or_default()) {
        Some(system) => Err(StateError::Network { directory: directory.to_path_buf(), system }),
        None => Ok(()),
    }
}

#[cfg(not(target_os = "linux"))]
fn refuse_network(_: &Path) -> Result<(), StateError> {
    Ok(())
}

/// The network file system of this `statfs` magic (statfs(2)).
#[cfg(target_os = "linux")]
fn network(magic: u64) -> Option<&'static str> {
    match magic & 0xffff_ffff {
        0x6969 => Some("NFS"),
        0x517b => Some("SMB"),
        0xfe53_4d42 => Some("SMB2"),
        0xff53_4d42 => Some("CIFS"),
        0x5346_414f => Some("AFS"),
        0x00c3_6400 => Some("Ceph"),
        _ => None,
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn network_file_systems_are_told_from_local_ones() {
        assert_eq!(network(0x6969), Some("NFS"));
        assert_eq!(network(0xfe53_4d42), Some("SMB2"));
        // ext4 and tmpfs
        assert_eq!(network(0xef53), None);
        assert_eq!(network(0x0102_1994), None);
    }
}
