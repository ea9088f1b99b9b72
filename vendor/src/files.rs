//! Files: read within bounds, written whole or not at all, keys for their owner only, nothing overwritten unasked.

use std::fmt;
use std::fs::Permissions;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use postern_protocol::documents::{Document, Signer};
use postern_protocol::{DocumentError, Explain, File, Limits, Unverified, Verified};
use tempfile::NamedTempFile;

use crate::fail::Fail;

/// Who may read a new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Anyone whom the umask lets.
    Shared,
    /// Its owner only.
    OwnerOnly,
}

/// Reads a file of at most a bundle's size.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Fail> {
    let limit = Limits::DEFAULT.collection_bytes as u64;
    let mut bytes = Vec::new();
    // One byte past the limit, so that the parser can say that the file is too large.
    std::fs::File::open(path)
        .and_then(|file| file.take(limit + 1).read_to_end(&mut bytes))
        .map_err(|source| Fail::unusable(FileError::Read { path: path.into(), source }))?;
    Ok(bytes)
}

/// Reads and parses a Postern file.
pub(crate) fn read_postern(path: &Path) -> Result<(Vec<u8>, File), Fail> {
    let bytes = read(path)?;
    let file = File::parse(&bytes, &Limits::DEFAULT)?;
    Ok((bytes, file))
}

/// The one document of a file that its machine signed, with nothing else in the file.
pub(crate) fn alone<T: Document + Signer>(file: &File) -> Result<Verified<T>, Fail> {
    let document = file.document(T::KIND)?;
    if let Some(extra) = file.envelopes().find(|envelope| envelope.kind() != T::KIND) {
        return Err(DocumentError::Extra { line: 1, found: extra.kind() }.into());
    }
    Ok(Unverified::<T>::new(document.clone())?.verify_by_named_signers(&Limits::DEFAULT)?)
}

/// Refuses before any work is done if one of these files is there already.
pub(crate) fn none_exists(paths: &[PathBuf], force: bool) -> Result<(), Fail> {
    match paths.iter().find(|path| !force && path.symlink_metadata().is_ok()) {
        Some(path) => Err(Fail::unusable(FileError::Exists { path: path.clone() })),
        None => Ok(()),
    }
}

/// Makes a folder and those above it.
pub(crate) fn folder(path: &Path) -> Result<(), Fail> {
    std::fs::create_dir_all(path).map_err(|source| Fail::unusable(FileError::Write { path: path.into(), source }))
}

/// A file that is complete and on the disk, but not yet under its name.
#[derive(Debug)]
pub(crate) struct Staged {
    file: NamedTempFile,
    path: PathBuf,
}

/// Writes a file beside where it will be.
pub(crate) fn stage(path: &Path, bytes: &[u8], access: Access) -> Result<Staged, Fail> {
    let mode = match access {
        Access::Shared => 0o666,
        Access::OwnerOnly => 0o600,
    };
    let write = || {
        let mut file = tempfile::Builder::new()
            .prefix(".postern-")
            .permissions(Permissions::from_mode(mode))
            .tempfile_in(folder_of(path))?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        Ok(file)
    };
    let file = write().map_err(|source| Fail::unusable(FileError::Write { path: path.into(), source }))?;
    Ok(Staged { file, path: path.into() })
}

impl Staged {
    /// Gives the file its name, atomically; a file that is there already is kept unless `force`.
    pub(crate) fn keep(self, force: bool) -> Result<(), Fail> {
        let Self { file, path } = self;
        let named = if force { file.persist(&path) } else { file.persist_noclobber(&path) };
        // The name is safe only when the folder is on the disk as well.
        named
            .map_err(|refused| refused.error)
            .and_then(|_| std::fs::File::open(folder_of(&path))?.sync_all())
            .map_err(|source| match source.kind() {
                std::io::ErrorKind::AlreadyExists => FileError::Exists { path },
                _ => FileError::Write { path, source },
            })
            .map_err(Fail::unusable)
    }
}

/// Writes a file whole or not at all.
pub(crate) fn write(path: &Path, bytes: &[u8], access: Access, force: bool) -> Result<(), Fail> {
    stage(path, bytes, access)?.keep(force)
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Why a file could not be read or written.
#[derive(Debug)]
pub(crate) enum FileError {
    /// It cannot be read.
    Read {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It cannot be written.
    Write {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is there already.
    Exists {
        /// Which.
        path: PathBuf,
    },
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { path, source } => write!(f, "{} cannot be read: {source}.", path.display()),
            Self::Write { path, source } => write!(f, "{} cannot be written: {source}.", path.display()),
            Self::Exists { path } => write!(f, "{} is there already; it was not touched.", path.display()),
        }
    }
}

impl Explain for FileError {
    fn code(&self) -> &'static str {
        match self {
            Self::Read { .. } => "input-unreadable",
            Self::Write { .. } => "output-unwritable",
            Self::Exists { .. } => "output-exists",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::Read { .. } => "Check the path and that you may read the file.".into(),
            Self::Write { .. } => "Check that the folder exists, that you may write there, and the free space.".into(),
            Self::Exists { .. } => {
                "Choose another name; or give --force if the file that is there is really not needed.".into()
            }
        }
    }
}
