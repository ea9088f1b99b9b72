//! The emergency extension: once for each root-signed grant on this machine, where a license ran out before its renewal.

use std::fmt;

use postern_protocol::documents::{Ceiling, ExtensionUse, Grantor};
use postern_protocol::{Explain, Time};

use super::expiry::{Dates, Standing};
use super::facts::{Extension, Facts};
use super::permit::UseError;
use crate::store::StateError;

/// Judges the use of the extension.
///
/// # Errors
/// Why there is none.
pub fn extend(facts: &Facts, now: Time) -> Result<Extension, ExtendError> {
    let installed = facts.installed.as_ref().ok_or(UseError::NoLicense)?;
    let dates = Dates::of(facts, installed);
    if let Some(floor) = Some(super::clock::floor(facts)).filter(|floor| now < *floor) {
        return Err(UseError::Clock(super::clock::ClockError::Behind { now, floor }).into());
    }
    if let Standing::Stopped { why } = dates.standing(now) {
        return Err(UseError::Stopped { why: why.to_owned() }.into());
    }
    if dates.policy.extension == Ceiling::Limited(0) {
        return Err(ExtendError::NotGranted);
    }
    if let Some(spent) = facts.extensions.iter().find(|one| one.told.grant == *installed.ancestor()) {
        return Err(ExtendError::Spent { at: spent.told.at });
    }
    // Spent too early it would be lost; spent too late it would change nothing.
    if let Some(end) = dates.ends_at.limit().filter(|end| now <= **end) {
        return Err(ExtendError::NotEnded { end: *end });
    }
    let extended = Dates { extended: true, ..dates };
    match extended.standing(now) {
        Standing::Ended { at, .. } => Err(ExtendError::TooLate { at }),
        Standing::Grace { .. } => Ok(Extension {
            told: ExtensionUse { grantor: Grantor::Root, grant: installed.ancestor().clone(), at: now },
            license: installed.license.digest(),
        }),
        _ => Err(ExtendError::NotGranted),
    }
}

/// Why the extension is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExtendError {
    /// The state cannot be used.
    State(StateError),
    /// The license may not be used at all.
    Use(UseError),
    /// The license has none, or no end.
    NotGranted,
    /// It was used before.
    Spent {
        /// When.
        at: Time,
    },
    /// The license has not ended yet.
    NotEnded {
        /// Its end.
        end: Time,
    },
    /// Grace and extension would be over as well.
    TooLate {
        /// When.
        at: Time,
    },
}

passes_on!(ExtendError { State: StateError, Use: UseError });

impl fmt::Display for ExtendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State(error) => error.fmt(f),
            Self::Use(error) => error.fmt(f),
            Self::NotGranted => write!(f, "The license has no emergency extension."),
            Self::Spent { at } => write!(f, "The emergency extension was used on this machine at {at}."),
            Self::NotEnded { end } => write!(f, "The license has not ended: it runs until {end}."),
            Self::TooLate { at } => write!(f, "The emergency extension would have been over at {at}."),
        }
    }
}

impl std::error::Error for ExtendError {}

impl Explain for ExtendError {
    fn code(&self) -> &'static str {
        match self {
            Self::State(error) => error.code(),
            Self::Use(error) => error.code(),
            Self::NotGranted => "extension-none",
            Self::Spent { .. } => "extension-spent",
            Self::NotEnded { .. } => "extension-early",
            Self::TooLate { .. } => "extension-late",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::State(error) => error.advice(),
            Self::Use(error) => error.advice(),
            Self::NotEnded { .. } => {
                "Keep it for the day on which the license has ended. Renew in time instead.".into()
            }
            Self::NotGranted | Self::Spent { .. } | Self::TooLate { .. } => {
                "Renew: make a request with 'request' or 'activate --again' and install the answer.".into()
            }
        }
    }
}
