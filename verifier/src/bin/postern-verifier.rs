//! The command line tool.

use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use postern_protocol::Time;

/// Short processes spend their time in the allocator: see Cargo.toml.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

fn main() -> ExitCode {
    postern_verifier::cli::main(|| {
        // A clock before 1970 is behind every floor.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(Time::from_unix(since.as_secs()))
    })
}
