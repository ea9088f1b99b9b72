//! The verifier from outside: every rule by its code, the state whatever happens to it, the command line.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod plant;

mod activation;
mod activation_model;
#[cfg(feature = "test-clock")]
mod cli;
mod clock;
mod consumption;
mod cycle;
mod deactivate;
#[cfg(target_os = "linux")]
mod disk;
mod enroll;
mod example;
mod extend;
mod features;
mod fork;
mod install;
mod model;
#[cfg(unix)]
mod processes;
mod revoked;
mod seats;
mod sessions;
#[cfg(unix)]
mod state;
mod usage;
mod uses_model;
