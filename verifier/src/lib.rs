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
//! if verifier.check("process-discovery", now).is_ok() {
//!     let session = verifier.begin_session(&"exec".parse()?, "nightly run", now)?;
//!     verifier.consume(&"pages".parse()?, 12, now)?;
//!     verifier.end_session(&session.id, now)?;
//! }
//! # Ok(())
//! # }
//! ```

#[cfg(feature = "cli")]
pub mod cli;
pub mod machine;
pub mod outcome;
pub mod pin;
pub mod rules;
pub mod status;

mod live;
mod store;
mod verifier;

pub use outcome::{
    Activation, Challenged, Deactivated, Enrolled, Installation, ListStatus, News, Repaired, Reported, Requested,
};
pub use pin::{PinError, Pinned, pin};
pub use rules::consumption::Balance;
pub use rules::expiry::Use;
pub use rules::facts::Session;
pub use rules::features::Granted;
pub use store::{Event, SessionEnd, StateError, UsageRecord};
pub use verifier::Verifier;
