//! `cargo xtask tools`: what building the portal needs, in fixed versions. A tool of the right
//! version that is already there is used.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::fail::{During, Fail, Result};
use crate::paths::Paths;
use crate::run::{check, command, output, path_with};
use crate::setup;

const TRUNK: &str = "0.21.14";
const BINARYEN: &str = "132.0.0";
const CARGO_FUZZ: &str = "0.13.2";
const WASM: &str = "wasm32-unknown-unknown";

/// Installs what is missing; returns the folders to put first in `PATH`.
pub(crate) fn ensure(paths: &Paths) -> Result<Vec<PathBuf>> {
    let tools = paths.tools();
    let binaryen = tools.join("binaryen");
    let first = vec![tools.join("bin"), binaryen.join("node_modules").join(".bin")];

    setup::rust_target(paths, WASM)?;

    if version(paths, &first, "trunk")?.as_deref() != Some(TRUNK) {
        println!("Installing trunk {TRUNK} (a few minutes, once)");
        // Trunk's defaults bring TLS and an update check: it downloads nothing here.
        install(paths, &["--locked", "--no-default-features", "trunk", "--version", TRUNK])?;
    }

    let bindgen = locked_version(&paths.root.join("Cargo.lock"), "wasm-bindgen")?;
    if version(paths, &first, "wasm-bindgen")?.as_deref() != Some(&bindgen) {
        println!("Installing wasm-bindgen {bindgen} (a minute or two, once)");
        install(paths, &["wasm-bindgen-cli", "--version", &bindgen])?;
    }

    // wasm-opt counts in binaryen's major versions.
    let major = BINARYEN.split('.').next().unwrap_or(BINARYEN);
    if version(paths, &first, "wasm-opt")?.as_deref() != Some(major) {
        println!("Installing wasm-opt {major} (binaryen)");
        std::fs::create_dir_all(&binaryen).during(format_args!("making {}", binaryen.display()))?;
        check(
            command(paths, "npm")
                .args(["install", "--no-audit", "--no-fund", "--no-save", "--prefix"])
                .arg(&binaryen)
                .arg(format!("binaryen@{BINARYEN}")),
        )?;
    }
    Ok(first)
}

/// Installs cargo-fuzz if it is missing; returns the folders to put first in `PATH`.
pub(crate) fn fuzzer(paths: &Paths) -> Result<Vec<PathBuf>> {
    let first = vec![paths.tools().join("bin")];
    if version(paths, &first, "cargo-fuzz")?.is_none() {
        println!("Installing cargo-fuzz {CARGO_FUZZ} (a minute or two, once)");
        install(paths, &["--locked", "cargo-fuzz", "--version", CARGO_FUZZ])?;
    }
    Ok(first)
}

/// `cargo install` into the tools folder, quick to build: these programs only move files around.
fn install(paths: &Paths, args: &[&str]) -> Result<()> {
    let tools = paths.tools();
    let build = tools.join("build");
    check(
        command(paths, "cargo")
            .arg("install")
            .args(args)
            .arg("--root")
            .arg(&tools)
            .env("CARGO_TARGET_DIR", &build)
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
            .env("CARGO_PROFILE_RELEASE_LTO", "off"),
    )?;
    // Hundreds of megabytes that nobody needs again; left over, they do no harm.
    let _ = std::fs::remove_dir_all(build);
    Ok(())
}

/// The version a tool says it has: the first word of its answer that starts with a digit.
fn version(paths: &Paths, first: &[PathBuf], tool: &str) -> Result<Option<String>> {
    let path = path_with(first)?;
    // Looked up by hand: `Command` searches the parent's PATH on some systems.
    let Some(program) = std::env::split_paths(&path).map(|folder| folder.join(tool)).find(|file| file.is_file()) else {
        return Ok(None);
    };
    let answer = output(Command::new(program).arg("--version").env("PATH", &path).current_dir(&paths.root));
    Ok(answer.and_then(|text| version_word(&text)))
}

fn version_word(text: &str) -> Option<String> {
    text.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit())).map(str::to_owned)
}

/// The version of a package in `Cargo.lock`.
fn locked_version(lock: &Path, package: &str) -> Result<String> {
    let text = std::fs::read_to_string(lock).during(format_args!("reading {}", lock.display()))?;
    version_in_lock(&text, package).ok_or_else(|| Fail::new(format!("Cargo.lock has no package {package}")))
}

fn version_in_lock(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name).skip(1);
    let version = lines.next()?.strip_prefix("version = \"")?;
    Some(version.strip_suffix('"')?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_versions() {
        let lock = "[[package]]\nname = \"wasm-bindgen-futures\"\nversion = \"0.4.1\"\n\n[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(version_in_lock(lock, "wasm-bindgen").unwrap(), "0.2.130");
        assert_eq!(version_in_lock(lock, "yew"), None);
        assert_eq!(version_word("wasm-opt version 132 (v132)").unwrap(), "132");
        assert_eq!(version_word("trunk 0.21.14").unwrap(), "0.21.14");
    }
}
