//! Which state directory a command works on, and reading and writing the files that it is given.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use postern_protocol::Limits;

use super::anchor;
use super::failure::Failure;
use crate::Verifier;

/// `--state` or `POSTERN_STATE`; else root's or the user's own place.
pub(super) fn directory(named: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(named) = named {
        return Ok(named.to_path_buf());
    }
    if is_root() {
        return Ok(PathBuf::from("/var/lib/postern"));
    }
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("XDG_STATE_HOME")
        .or_else(|| set("HOME").map(|home| home.join(".local/state")))
        .or_else(|| set("LOCALAPPDATA"))
        .map(|base| base.join("postern"))
        .ok_or_else(|| Failure::usage("There is no home directory; name a state directory with --state.".into()))
}

#[cfg(unix)]
fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}

/// Opens the state; one of another root than the one that is compiled in is refused.
pub(super) fn open(directory: &Path) -> Result<Verifier, Failure> {
    Ok(Verifier::open(anchor::anchor()?.as_ref(), directory)?)
}

/// Reads a file, but never more than any Postern file may have.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let io = |error: std::io::Error| Failure::file(path, &error);
    let mut bytes = Vec::new();
    let most = Limits::DEFAULT.collection_bytes as u64 + 1;
    File::open(path).map_err(io)?.take(most).read_to_end(&mut bytes).map_err(io)?;
    Ok(bytes)
}

/// A file to be written, begun beside its place before anything is done that cannot be undone. Its place keeps what is
/// there until [`Output::finish`] has the new bytes on the disk.
pub(super) struct Output {
    path: PathBuf,
    /// Where the bytes go until they are whole; none for what is no ordinary file, such as a pipe.
    beside: Option<PathBuf>,
    file: File,
}

impl Output {
    pub(super) fn begin(path: &Path) -> Result<Self, Failure> {
        let io = |error: std::io::Error| Failure::file(path, &error);
        // A link stays one.
        let path_of = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        match fs::metadata(&path_of) {
            Ok(found) if found.is_dir() => return Err(io(ErrorKind::IsADirectory.into())),
            Ok(found) if !found.is_file() => {
                let file = OpenOptions::new().write(true).open(&path_of).map_err(io)?;
                return Ok(Self { path: path.to_path_buf(), beside: None, file });
            }
            _ => {}
        }
        let name = path_of.file_name().ok_or_else(|| io(ErrorKind::InvalidFilename.into()))?;
        let beside = path_of.with_file_name(format!(".{}.{}", name.to_string_lossy(), std::process::id()));
        let file = File::create(&beside).map_err(io)?;
        Ok(Self { path: path_of, beside: Some(beside), file })
    }

    /// Puts the file into its place once all of it is on the disk.
    pub(super) fn finish(mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.file.write_all(bytes).map_err(|error| Failure::file(&self.path, &error))?;
        self.close()
    }

    /// As [`Output::finish`], after everything was written piece by piece.
    pub(super) fn close(mut self) -> Result<(), Failure> {
        let place = || {
            let Some(beside) = &self.beside else { return Ok(()) };
            self.file.sync_all()?;
            fs::rename(beside, &self.path)?;
            sync_parent(&self.path)
        };
        place().map_err(|error| Failure::file(&self.path, &error))?;
        self.beside = None;
        Ok(())
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Some(beside) = &self.beside {
            let _ = fs::remove_file(beside);
        }
    }
}

/// The new name is on the disk as well.
#[cfg(unix)]
fn sync_parent(path: &Path) -> std::io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match File::open(parent)?.sync_all() {
        // Some file systems of sticks and shares cannot do that to a directory, and need not.
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        synced => synced,
    }
}

#[cfg(not(unix))]
fn sync_parent(_: &Path) -> std::io::Result<()> {
    Ok(())
}
