//! `cargo xtask dist`: the release for target machines, in `target/dist`: a static program, the C library, man pages,
//! shell completions, checksums.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::fail::{During, Fail, Result};
use crate::paths::Paths;
use crate::run::{check, command};
use crate::setup;

/// Runs on every x86-64 Linux, whatever is installed there.
const MUSL: &str = "x86_64-unknown-linux-musl";

/// For applications that are linked with the system's libc.
const GNU: &str = "x86_64-unknown-linux-gnu";

/// The static program's profile: see Cargo.toml.
pub(crate) const PROFILE: &str = "program";

/// The name that the program has unless a vendor gives it another.
pub(crate) const NAME: &str = "postern-verifier";

/// The task.
pub(crate) fn build(paths: &Paths, trust: Option<&Path>, name: &str) -> Result<()> {
    if name.is_empty() || !name.bytes().all(|c| c.is_ascii_alphanumeric() || b"._-".contains(&c)) {
        return Err(Fail::new(format!("\"{name}\" is no name for a program: use letters, digits and . _ -")));
    }
    setup::musl(paths, MUSL)?;
    let anchor = trust.map(|trust| anchor(paths, trust)).transpose()?;
    program(paths, anchor.as_deref())?;
    check(release(paths, GNU, "release")?.args(["-p", "postern-capi", "--lib"]))?;

    let dist = paths.target.join("dist");
    if dist.exists() {
        fs::remove_dir_all(&dist).during(format_args!("emptying {}", dist.display()))?;
    }
    for folder in ["bin", "include", "lib", "share"] {
        let folder = dist.join(folder);
        fs::create_dir_all(&folder).during(format_args!("making {}", folder.display()))?;
    }
    let library = |name: &str| paths.target.join(GNU).join("release").join(name);
    copy(&paths.target.join(MUSL).join(PROFILE).join(NAME), &dist.join("bin").join(name))?;
    let capi = paths.root.join("verifier").join("capi");
    copy(&capi.join("include/postern.h"), &dist.join("include/postern.h"))?;
    copy(&library("libpostern_capi.so"), &dist.join("lib/libpostern.so"))?;
    archive(paths, &library("libpostern_capi.a"), &dist.join("lib"))?;
    check(distribute(paths).args(["pages", name]).arg(dist.join("share")))?;
    for license in ["LICENSE-APACHE", "LICENSE-MIT"] {
        copy(&paths.root.join(license), &dist.join(license))?;
    }
    sums(&dist)?;
    println!("The release is in {}", dist.display());
    if let Some(anchor) = anchor {
        println!("The program trusts {anchor} and no other root.");
    }
    Ok(())
}

/// What the program gets compiled in: the root of a trust file that was read and verified.
fn anchor(paths: &Paths, trust: &Path) -> Result<String> {
    let trust = fs::canonicalize(trust).during(format_args!("finding {}", trust.display()))?;
    let mut command = distribute(paths);
    let output = command.arg("anchor").arg(&trust).output().during("reading the trust file")?;
    if !output.status.success() {
        return Err(Fail::new(String::from_utf8_lossy(&output.stderr).trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The static program: no loader, no library, no symbols.
fn program(paths: &Paths, anchor: Option<&str>) -> Result<()> {
    let mut command = release(paths, MUSL, PROFILE)?;
    command.args(["-p", "postern-verifier", "--bin", NAME]).env("CC_x86_64_unknown_linux_musl", "musl-gcc");
    match anchor {
        Some(anchor) => command.env("POSTERN_TRUST_ANCHOR", anchor),
        // One that happens to be set here would be a root that nobody named.
        None => command.env_remove("POSTERN_TRUST_ANCHOR"),
    };
    check(&mut command)
}

/// A static library whose only global symbols are `postern_*`: an application may bring a SQLite, or a Rust, of its own.
fn archive(paths: &Paths, built: &Path, lib: &Path) -> Result<()> {
    let (object, archive) = (lib.join("postern.o"), lib.join("libpostern.a"));
    let header = fs::read_to_string(paths.root.join("verifier/capi/include/postern.h")).during("reading the header")?;
    let functions = functions(&header);
    // One object, so that its parts find each other without global symbols. Not --gc-sections: with -r, GNU ld makes weak
    // references strong by it, and then asks for a newer libc. Applications can link with it.
    let mut link = command(paths, "ld");
    link.args(["-r", "--force-group-allocation", "-o"]).arg(&object);
    link.args(functions.iter().flat_map(|function| ["-u", function]));
    check(link.arg(built))?;
    let mut hide = command(paths, "objcopy");
    // Several objects' bitcode in one section is no bitcode; linkers that look for it would fail.
    hide.args(["--strip-debug", "--remove-section=.llvmbc", "--remove-section=.llvmcmd"]);
    hide.args(functions.iter().map(|function| format!("--keep-global-symbol={function}")));
    check(hide.arg(&object))?;
    check(command(paths, "ar").arg("rcsD").arg(&archive).arg(&object))?;
    fs::remove_file(&object).during(format_args!("removing {}", object.display()))
}

/// The functions that a header declares.
fn functions(header: &str) -> Vec<String> {
    let code = header.lines().filter(|line| !line.trim_start().starts_with("//"));
    let before =
        code.filter_map(|line| line.split_once('(')).filter_map(|(before, _)| before.split([' ', '*']).next_back());
    before.filter(|name| name.starts_with("postern_")).map(str::to_owned).collect()
}

/// `SHA256SUMS`, as `sha256sum --check` reads it.
fn sums(dist: &Path) -> Result<()> {
    let mut files = Vec::new();
    collect(dist, &mut files)?;
    files.sort_unstable();
    let mut text = String::new();
    for file in files {
        let bytes = fs::read(&file).during(format_args!("reading {}", file.display()))?;
        let name = file.strip_prefix(dist).unwrap_or(&file);
        let digest: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        text += &format!("{digest}  {}\n", name.display());
    }
    fs::write(dist.join("SHA256SUMS"), text).during("writing SHA256SUMS")
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).during(format_args!("reading {}", folder.display()))? {
        let path = entry.during(format_args!("reading {}", folder.display()))?.path();
        if path.is_dir() { collect(&path, files)? } else { files.push(path) }
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to).map(drop).during(format_args!("copying {} to {}", from.display(), to.display()))
}

/// A build for a target, the same in whatever folder it is made: no path of this machine gets into it.
fn release(paths: &Paths, target: &str, profile: &str) -> Result<Command> {
    let cargo_home = match std::env::var_os("CARGO_HOME") {
        Some(home) => PathBuf::from(home),
        None => std::env::home_dir().ok_or_else(|| Fail::new("there is no home directory"))?.join(".cargo"),
    };
    let remap = |from: &Path, to| format!("--remap-path-prefix={}={to}", from.display());
    let flags = [remap(&cargo_home, "/cargo"), remap(&paths.root, "/postern")];
    let mut command = command(paths, "cargo");
    command
        .args(["build", "--profile", profile, "--locked", "--target", target])
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    Ok(command)
}

fn distribute(paths: &Paths) -> Command {
    let mut command = command(paths, "cargo");
    command.args(["run", "--quiet", "--locked", "-p", "postern-verifier", "--example", "distribute", "--"]);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_functions_of_a_header() {
        let header = "// postern_comment(x)\nuint32_t postern_abi_version(void);\nconst char *postern_error_code(\n  \
                      int x);\n#define POSTERN_H (1)\nPosternResult postern_pin(const char *directory,\n";
        assert_eq!(functions(header), ["postern_abi_version", "postern_error_code", "postern_pin"]);
    }
}
