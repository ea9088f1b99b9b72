//! Which state directory a command works on, and reading and writing the files that it is given.

use std::fs;
use std::io::Read;
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
    fs::File::open(path).map_err(io)?.take(most).read_to_end(&mut bytes).map_err(io)?;
    Ok(bytes)
}

/// Writes a file, replacing an older one of that name.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    fs::write(path, bytes).map_err(|error| Failure::file(path, &error))
}
