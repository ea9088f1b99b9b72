//! `cargo xtask bench-portal`: issues licenses in Chromium, and prints how long that takes beside its floor.

use crate::fail::Result;
use crate::paths::Paths;
use crate::run::check;
use crate::{portal, test};

/// The task. The portal under test also measures its floor, so it is a build of its own, which no site gets.
pub(crate) fn portal(paths: &Paths) -> Result<()> {
    let paths = Paths { dist: paths.target.join("bench"), ..paths.clone() };
    portal::build_with(&paths, &["--features", "bench"])?;
    check(test::playwright(&paths)?.args(["bench", "--reporter", "line"]).env("POSTERN_BENCH", "1"))
}
