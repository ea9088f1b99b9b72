//! Installing an enablement token: within 24 hours, once, and for one account and license id.

use std::fmt;

use postern_protocol::documents::{Enablement, TOKEN_HOURS};
use postern_protocol::{ChainError, Explain, Id, Time, Verified};

use super::clock::{self, ClockError};
use super::cycle;
use super::facts::Facts;
use crate::store::StateError;

/// What installing a token changes besides the token in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enrolling {
    /// The machine was locked: its cycle ends here and the next request begins a new one.
    pub unlocks: bool,
    /// A new life of the license begins: none was open, or nothing was installed in it for this license id.
    pub opens_activation: bool,
}

/// Judges a verified token.
///
/// # Errors
/// The first rule that it breaks.
pub fn enroll(facts: &Facts, token: &Verified<Enablement>, now: Time) -> Result<Enrolling, EnrollError> {
    if facts.tokens.contains(&token.id) {
        return Err(EnrollError::Used { token: token.id.clone() });
    }
    clock::trusted(facts, now)?;
    clock::not_from_the_future(token.issued_at, now)?;
    if now > token.expires_at() {
        return Err(EnrollError::Expired { expired_at: token.expires_at() });
    }
    // Before the first install a token for the wrong license id can still be corrected by another one.
    if let Some(installed) = &facts.installed {
        if installed.license.account != token.account {
            return Err(ChainError::OtherAccount {
                expected: installed.license.account.clone(),
                found: token.account.clone(),
            }
            .into());
        }
        if installed.license.license_id != token.license_id {
            return Err(EnrollError::OtherLicenseId {
                expected: installed.license.license_id.clone(),
                found: token.license_id.clone(),
            });
        }
    }
    Ok(Enrolling { unlocks: cycle::not_locked(facts, now).is_err(), opens_activation: facts.activation.is_none() })
}

/// Why a token is not installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnrollError {
    /// The state cannot be used.
    State(StateError),
    /// The file does not verify.
    File(ChainError),
    /// The clock stands in the way.
    Clock(ClockError),
    /// The token was installed here before.
    Used {
        /// The token's id.
        token: Id,
    },
    /// The token is older than 24 hours.
    Expired {
        /// The last instant at which it could be installed.
        expired_at: Time,
    },
    /// The token is for another license id than what is installed.
    OtherLicenseId {
        /// The license id here.
        expected: Id,
        /// The license id there.
        found: Id,
    },
}

passes_on!(EnrollError { State: StateError, File: ChainError, Clock: ClockError });

impl fmt::Display for EnrollError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State(error) => error.fmt(f),
            Self::File(error) => error.fmt(f),
            Self::Clock(error) => error.fmt(f),
            Self::Used { token } => write!(f, "The enablement token '{token}' was installed on this machine before."),
            Self::Expired { expired_at } => {
                write!(f, "The enablement token expired at {expired_at}, {TOKEN_HOURS} hours after it was made.")
            }
            Self::OtherLicenseId { expected, found } => {
                write!(f, "The file is for the license id '{found}'; this machine is licensed under '{expected}'.")
            }
        }
    }
}

impl std::error::Error for EnrollError {}

impl Explain for EnrollError {
    fn code(&self) -> &'static str {
        match self {
            Self::State(error) => error.code(),
            Self::File(error) => error.code(),
            Self::Clock(error) => error.code(),
            Self::Used { .. } => "token-used",
            Self::Expired { .. } => "token-expired",
            Self::OtherLicenseId { .. } => "license-id-other",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::State(error) => error.advice(),
            Self::File(error) => error.advice(),
            Self::Clock(error) => error.advice(),
            Self::Used { .. } => {
                "A token is installed once. Go on with 'request', or download a new token if the machine is locked."
                    .into()
            }
            Self::Expired { .. } => {
                format!("Download a new token from the portal and install it within {TOKEN_HOURS} hours.")
            }
            Self::OtherLicenseId { .. } => {
                "Choose this machine's license id in the portal, and download the file again.".into()
            }
        }
    }
}
