//! Postern on the air-gapped machine: make requests, verify and install what comes back, enforce it, record use.
//!
//! A [`Verifier`] is an open state directory. Its decisions are pure functions in [`rules`], with the time given in;
//! storing them is one transaction per operation. A refused file changes nothing.

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
