//! `cargo xtask build-portal`: Trunk builds the site, then the worker gets a name that changes
//! with its content, and the page its content security policy.

use crate::fail::{During, Result};
use crate::paths::Paths;
use crate::run::{check, command, path_with};
use crate::{page, tools, worker};

/// Builds `dist/`.
pub(crate) fn build(paths: &Paths) -> Result<()> {
    build_with(paths, &[])
}

/// Builds the portal where `paths` says, with more arguments for Trunk.
pub(crate) fn build_with(paths: &Paths, more: &[&str]) -> Result<()> {
    let first = tools::ensure(paths)?;
    // Trunk reads NO_COLOR as a boolean of its own; a plain "1" in the environment stops it.
    check(
        command(paths, "trunk")
            .args(["build", "--release", "--offline", "--cargo-profile", "portal", "--dist"])
            .arg(&paths.dist)
            .args(more)
            .env("PATH", path_with(&first)?)
            .env_remove("NO_COLOR"),
    )?;

    let worker = worker::name_by_content(&paths.dist)?;
    let file = paths.dist.join("index.html");
    let html = std::fs::read_to_string(&file).during("reading the site's index.html")?;
    let html = page::finish(&html, &worker)?;
    std::fs::write(&file, html).during("writing the site's index.html")?;
    println!("The portal is in {}", paths.dist.display());
    Ok(())
}
