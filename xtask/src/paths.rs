//! Where things are: the repository, the build output, the tools.

use std::path::PathBuf;

use crate::fail::{Fail, Result};

/// The folders the tasks work in.
#[derive(Clone, Debug)]
pub(crate) struct Paths {
    /// The repository.
    pub(crate) root: PathBuf,
    /// Cargo's build output; `CARGO_TARGET_DIR` moves it.
    pub(crate) target: PathBuf,
    /// The static site.
    pub(crate) dist: PathBuf,
}

impl Paths {
    /// From what cargo says about this package.
    pub(crate) fn find() -> Result<Self> {
        let package = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root =
            package.parent().ok_or_else(|| Fail::new("the repository was not found: run `cargo xtask`"))?.to_path_buf();
        let target = match std::env::var_os("CARGO_TARGET_DIR") {
            Some(moved) => root.join(moved),
            None => root.join("target"),
        };
        let dist = root.join("dist");
        Ok(Self { root, target, dist })
    }

    /// Where `cargo xtask tools` installs.
    pub(crate) fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }

    /// The release builds of the native programs.
    pub(crate) fn release(&self) -> PathBuf {
        self.target.join("release")
    }

    /// The browser tests.
    pub(crate) fn e2e(&self) -> PathBuf {
        self.root.join("tests").join("e2e")
    }

    /// The fuzz targets and their kept inputs.
    pub(crate) fn fuzz(&self) -> PathBuf {
        self.root.join("fuzz")
    }

    /// The tests with other people's tools.
    pub(crate) fn interop(&self) -> PathBuf {
        self.root.join("tests").join("interop")
    }
}
