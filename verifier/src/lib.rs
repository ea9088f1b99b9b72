//! Postern on the air-gapped machine: make requests, verify and install what comes back, enforce it, record use.
//!
//! A [`Verifier`] is an open state directory. Its decisions are pure functions in [`rules`], with the time given in;
//! storing them is one transaction per operation. A refused file changes nothing.
//!
//! ```no_run
//! # use std::path::Path;
//! # use postern_protocol::Time;
//! # use postern_verifier::Verifier;
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let now = Time::from_unix(std::time::UNIX_EPOCH.elapsed()?.as_secs());
//! let verifier = Verifier::open(None, Path::new("/var/lib/postern"))?;
//! verifier.install(&std::fs::read("license.olf")?, now)?;
//! verifier.checkout(&"bot-runner".parse()?, "ada@plant.example", now)?;
//! # Ok(())
//! # }
//! ```

#[cfg(feature = "cli")]
pub mod cli;
pub mod fingerprint;
pub mod pin;
pub mod rules;
pub mod status;
mod store;
mod verifier;

pub use pin::{PinError, Pinned, pin};
pub use store::StateError;
pub use verifier::{Enrolled, Installation, Requested, Verifier};
