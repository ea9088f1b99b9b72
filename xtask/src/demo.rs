//! `cargo xtask portal`: builds everything, makes the demo and serves it until Ctrl-C.

use std::path::{Path, PathBuf};

use crate::fail::{During, Result};
use crate::paths::Paths;
use crate::portal;
use crate::run::{check, command};
use crate::serve::Site;

/// What making the demo gets to work with.
#[derive(Clone, Debug)]
pub(crate) struct Demo {
    /// The folder with `postern` and `postern-verifier`.
    pub(crate) programs: PathBuf,
    /// A folder of the demo's own: keys, the machine's state, its request.
    pub(crate) work: PathBuf,
    /// Files put here are served over the portal's: the bundle, `brand.json`.
    pub(crate) site: PathBuf,
    /// Where the page will be.
    pub(crate) address: String,
}

/// The task.
pub(crate) fn portal(paths: &Paths, port: u16) -> Result<()> {
    let work = paths.target.join("demo");
    let site = work.join("site");
    // First of all the port: nobody wants to build for minutes and then hear that it is taken.
    let server = Site::bind(port, vec![site.clone(), paths.dist.clone()])?;

    portal::build(paths)?;
    check(command(paths, "cargo").args(["build", "--release", "-p", "postern", "-p", "postern-verifier", "--bins"]))?;

    let steps = make(&Demo { programs: paths.release(), work, site, address: server.address() })?;
    println!("\n{steps}\n\nCtrl-C stops it.");
    server.run();
    Ok(())
}

/// Makes the demo vendor and machine; returns the next steps to print.
fn make(demo: &Demo) -> Result<String> {
    fresh(&demo.work)?;
    fresh(&demo.site)?;
    Ok(format!("1. Open {}\n2. The programs are in {}", demo.address, demo.programs.display()))
}

fn fresh(folder: &Path) -> Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder).during(format_args!("clearing {}", folder.display()))?;
    }
    std::fs::create_dir_all(folder).during(format_args!("making {}", folder.display()))
}
