//! The set-up of tasks that need more than cargo: npm packages, a browser, a Python, targets.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::fail::{Fail, Result};
use crate::paths::Paths;
use crate::run::{check, command, output};

const CHROMIUM: &str = "/usr/bin/chromium";

/// Installs exactly what a folder's lock file says; done again only after the lock file changed.
pub(crate) fn npm(paths: &Paths, folder: &Path) -> Result<()> {
    if is_newer(&folder.join("node_modules").join(".package-lock.json"), &folder.join("package-lock.json")) {
        return Ok(());
    }
    check(
        command(paths, "npm")
            .args(["ci", "--no-audit", "--no-fund"])
            .current_dir(folder)
            // The browser is `chromium`'s matter.
            .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"),
    )
}

/// A Chromium for the browser tests: a given one, the system's, Debian's package, or else
/// Playwright's own (then there is no path to pass).
pub(crate) fn chromium(paths: &Paths) -> Result<Option<PathBuf>> {
    if let Some(given) = std::env::var_os("POSTERN_CHROMIUM") {
        return Ok(Some(given.into()));
    }
    let system = Path::new(CHROMIUM);
    if system.is_file() {
        return Ok(Some(system.into()));
    }
    if debian(paths, "chromium")? {
        return Ok(Some(system.into()));
    }
    check(command(paths, "npx").args(["playwright", "install", "chromium"]).current_dir(paths.e2e()))?;
    Ok(None)
}

/// A Rust target, and the C compiler for it: Debian's package, where it is not there.
pub(crate) fn musl(paths: &Paths, target: &str) -> Result<()> {
    rust_target(paths, target)?;
    if output(command(paths, "musl-gcc").arg("--version")).is_some() || debian(paths, "musl-tools")? {
        return Ok(());
    }
    Err(Fail::new("musl-gcc is missing: install it (on Debian and Ubuntu: apt-get install musl-tools)"))
}

/// A target's standard library, by rustup where it is not there.
pub(crate) fn rust_target(paths: &Paths, target: &str) -> Result<()> {
    let installed = output(command(paths, "rustc").args(["--print", "target-libdir", "--target", target]));
    if installed.is_some_and(|folder| Path::new(&folder).is_dir()) {
        return Ok(());
    }
    println!("Installing the {target} target");
    check(command(paths, "rustup").args(["target", "add", target]))
}

/// Installs a package of Debian's, where this is Debian and we may; says whether.
fn debian(paths: &Paths, package: &str) -> Result<bool> {
    let root = output(command(paths, "id").arg("-u")).as_deref() == Some("0");
    let apt = output(command(paths, "apt-get").arg("--version")).is_some();
    if !root || !apt {
        return Ok(false);
    }
    let noninteractive =
        |args: &[&str]| check(command(paths, "apt-get").args(args).env("DEBIAN_FRONTEND", "noninteractive"));
    noninteractive(&["update", "-q"])?;
    noninteractive(&["install", "-y", "-q", "--no-install-recommends", package])?;
    Ok(true)
}

/// A Python of the tests' own under `target/`, with the packages that a file lists.
pub(crate) fn python(paths: &Paths, requirements: &Path) -> Result<PathBuf> {
    let venv = paths.target.join("venv");
    let python = venv.join("bin").join("python");
    let stamp = venv.join("installed");
    if is_newer(&stamp, requirements) && python.is_file() {
        return Ok(python);
    }
    check(command(paths, "python3").args([OsStr::new("-m"), "venv".as_ref(), venv.as_ref()]))?;
    check(
        command(paths, &python.to_string_lossy())
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"])
            .arg(requirements),
    )?;
    // Without the stamp the next run only installs again.
    let _ = std::fs::write(stamp, "");
    Ok(python)
}

/// Whether `made` exists and is no older than `from`.
fn is_newer(made: &Path, from: &Path) -> bool {
    let time = |path: &Path| path.metadata().and_then(|meta| meta.modified()).ok();
    matches!((time(made), time(from)), (Some(made), Some(from)) if made >= from)
}
