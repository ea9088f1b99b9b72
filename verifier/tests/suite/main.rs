//! The verifier from outside: every rule by its code, the state whatever happens to it, the command line.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod plant;

#[cfg(feature = "test-clock")]
mod cli;
mod cycle;
mod enroll;
mod example;
mod install;
mod model;
mod seats;
#[cfg(unix)]
mod state;
mod usage;
