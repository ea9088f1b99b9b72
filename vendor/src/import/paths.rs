//! The files that an import is given: those that are named, and all below the folders that are named.

use std::path::{Path, PathBuf};

use crate::fail::Fail;
use crate::files::FileError;

/// A file to import.
#[derive(Clone, Debug)]
pub(super) struct Given {
    pub(super) path: PathBuf,
    /// Whether it was named itself: what only lies in a folder may be something else.
    pub(super) named: bool,
}

/// The files, small ones first. Machines' requests are smaller than their portals' ledgers: an account is audited with
/// everything at once where its requests are there before its ledger.
pub(super) fn files(named: &[PathBuf]) -> Result<Vec<Given>, Fail> {
    let mut files: Vec<(u64, Given)> = Vec::new();
    for path in named {
        let size = size(path)?;
        match size {
            Some(size) => files.push((size, Given { path: path.clone(), named: true })),
            None => below(path, &mut files)?,
        }
    }
    files.sort_by(|(size, one), (other_size, other)| (size, &one.path).cmp(&(other_size, &other.path)));
    files.dedup_by(|(_, one), (_, other)| one.path == other.path);
    Ok(files.into_iter().map(|(_, given)| given).collect())
}

/// A file's size; none of a folder.
fn size(path: &Path) -> Result<Option<u64>, Fail> {
    let metadata = std::fs::metadata(path).map_err(|source| unreadable(path, source))?;
    Ok((!metadata.is_dir()).then_some(metadata.len()))
}

fn below(folder: &Path, files: &mut Vec<(u64, Given)>) -> Result<(), Fail> {
    for entry in std::fs::read_dir(folder).map_err(|source| unreadable(folder, source))? {
        let entry = entry.map_err(|source| unreadable(folder, source))?;
        let (path, kind) = (entry.path(), entry.file_type().map_err(|source| unreadable(folder, source))?);
        if kind.is_dir() {
            below(&path, files)?;
        } else if kind.is_file() {
            let size = entry.metadata().map_err(|source| unreadable(&path, source))?.len();
            files.push((size, Given { path, named: false }));
        }
    }
    Ok(())
}

fn unreadable(path: &Path, source: std::io::Error) -> Fail {
    Fail::unusable(FileError::Read { path: path.into(), source })
}
