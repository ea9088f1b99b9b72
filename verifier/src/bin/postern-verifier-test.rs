//! The command line tool with the time from `POSTERN_TEST_NOW`: for tests, never part of a release.

use std::process::ExitCode;

/// Short processes spend their time in the allocator: see Cargo.toml.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

fn main() -> ExitCode {
    postern_verifier::cli::main(|| {
        let now = std::env::var("POSTERN_TEST_NOW").map_err(|error| format!("POSTERN_TEST_NOW: {error}"))?;
        now.parse().map_err(|error| format!("POSTERN_TEST_NOW: {error}"))
    })
}
