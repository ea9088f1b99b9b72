//! Running other programs: shown before, checked after.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::fail::{During, Fail, Result};
use crate::paths::Paths;

/// A command in the repository. `cargo` is the one this task was started with.
pub(crate) fn command(paths: &Paths, program: &str) -> Command {
    let mut command = match (program, std::env::var_os("CARGO")) {
        ("cargo", Some(cargo)) => Command::new(cargo),
        _ => Command::new(program),
    };
    command.current_dir(&paths.root);
    command
}

/// Prints the command, runs it, and fails unless it succeeds.
pub(crate) fn check(command: &mut Command) -> Result<()> {
    let shown = show(command);
    println!("$ {shown}");
    let status = command.status().during(format_args!("running {shown}"))?;
    if status.success() { Ok(()) } else { Err(Fail::new(format!("{shown}: {status}"))) }
}

/// What the command prints, or nothing if it is missing or fails.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// `PATH` with these folders first.
pub(crate) fn path_with(first: &[PathBuf]) -> Result<OsString> {
    let old = std::env::var_os("PATH").unwrap_or_default();
    let all = first.iter().cloned().chain(std::env::split_paths(&old));
    std::env::join_paths(all).during("putting the tools into PATH")
}

fn show(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program()).file_name().unwrap_or_else(|| command.get_program());
    std::iter::once(program).chain(command.get_args()).map(|part| part.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
