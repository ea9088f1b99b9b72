//! When the machine's clock is believed: never behind what it has seen, never far behind what documents say.

use std::fmt;

use postern_protocol::time::{DAY, HOUR};
use postern_protocol::{Explain, Time};

use super::facts::Facts;

/// Seconds that the clock may lag behind the device's own observations.
pub const OWN_TOLERANCE: u64 = 5 * 60;
/// Seconds that the clock may lag behind times that others wrote into documents.
pub const DOCUMENT_TOLERANCE: u64 = DAY;

/// When this version was released, or built where the build names a time: no honest clock is before it.
pub fn build_time() -> Time {
    const RELEASED: Time = Time::from_unix(1_793_491_200); // 2026-11-01T00:00:00Z
    option_env!("SOURCE_DATE_EPOCH").and_then(|seconds| seconds.parse().ok()).map_or(RELEASED, Time::from_unix)
}

/// The earliest time that the clock may show, tolerance included.
pub fn floor(facts: &Facts) -> Time {
    floor_of(facts.last_seen, newest_document(facts))
}

/// The floor by what the machine has seen and by the newest document that is installed.
pub(crate) fn floor_of(last_seen: Time, document: Time) -> Time {
    last_seen.minus(OWN_TOLERANCE).max(document.max(build_time()).minus(DOCUMENT_TOLERANCE))
}

/// When the newest document that is installed was issued.
pub(crate) fn newest_document(facts: &Facts) -> Time {
    let installed = facts.installed.as_ref().map(|installed| installed.license.issued_at);
    let token = facts.enrollment.as_ref().map(|enrollment| enrollment.token.issued_at);
    installed.into_iter().chain(token).max().unwrap_or(Time::MIN)
}

/// Refuses a clock behind its floor.
///
/// # Errors
/// [`ClockError::Behind`].
pub fn trusted(facts: &Facts, now: Time) -> Result<(), ClockError> {
    let floor = floor(facts);
    if now < floor { Err(ClockError::Behind { now, floor }) } else { Ok(()) }
}

/// Refuses a document that comes from the future.
///
/// # Errors
/// [`ClockError::Future`].
pub fn not_from_the_future(issued_at: Time, now: Time) -> Result<(), ClockError> {
    if issued_at > now.plus(DOCUMENT_TOLERANCE) { Err(ClockError::Future { issued_at, now }) } else { Ok(()) }
}

/// Why the clock stands in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockError {
    /// The clock runs behind what the machine is sure of.
    Behind {
        /// What the clock says.
        now: Time,
        /// The earliest time that it may show.
        floor: Time,
    },
    /// A document was issued after the machine's present.
    Future {
        /// When the document was issued.
        issued_at: Time,
        /// What the clock says.
        now: Time,
    },
}

impl fmt::Display for ClockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Behind { now, floor } => {
                write!(f, "This machine's clock says {now}, but it must be at least {floor}.")
            }
            Self::Future { issued_at, now } => {
                write!(f, "The file was issued at {issued_at}, but this machine's clock says {now}.")
            }
        }
    }
}

impl std::error::Error for ClockError {}

impl Explain for ClockError {
    fn code(&self) -> &'static str {
        match self {
            Self::Behind { .. } => "clock-behind",
            Self::Future { .. } => "clock-future",
        }
    }

    fn advice(&self) -> String {
        let hours = DOCUMENT_TOLERANCE / HOUR;
        match self {
            Self::Behind { .. } => "Set this machine's clock right and repeat the step. If it is right, it was ahead \
                 before: make a challenge with 'clock challenge' and take it to the portal."
                .into(),
            Self::Future { .. } => {
                format!("Compare both clocks, here and at the portal: they may differ by {hours} hours. Then repeat.")
            }
        }
    }
}
