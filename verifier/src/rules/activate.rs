//! Activating by license key, or by user and password: which credential, and what it begins.

use std::fmt;

use postern_protocol::credential::CredentialError;
use postern_protocol::{Explain, Id, PublicKey, Time};

use super::clock::{self, ClockError};
use super::cycle;
use super::facts::{CredentialFacts, Facts, Way};
use super::request::RequestError;
use crate::store::StateError;

/// What asking for an activation changes besides the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Activating {
    /// A new life of a license begins.
    pub opens_activation: bool,
    /// The cycle before ran out: the request begins a new one.
    pub ends_cycle: bool,
}

/// Judges an activation with this credential. With `again` the license in force is asked for once more.
///
/// # Errors
/// The first rule that it breaks.
pub fn activate(facts: &Facts, credential: PublicKey, again: bool, now: Time) -> Result<Activating, ActivateError> {
    clock::trusted(facts, now)?;
    if let Some(installed) = &facts.installed {
        match facts.way() {
            Some(Way::Credential(in_force)) if in_force.key == credential => {
                if !again {
                    return Err(ActivateError::Already { license_id: installed.license.license_id.clone() });
                }
            }
            Some(Way::Credential(_)) => {
                return Err(ActivateError::Other { license_id: installed.license.license_id.clone() });
            }
            _ => return Err(ActivateError::Enrolled { license_id: installed.license.license_id.clone() }),
        }
    }
    Ok(Activating { opens_activation: facts.activation.is_none(), ends_cycle: cycle::passed(facts, now).is_some() })
}

/// The facts as an activation with this credential begins them, and its id: the open one, or a new one.
pub fn begun(facts: &Facts, credential: &CredentialFacts, new: Id, now: Time) -> (Facts, Id) {
    let mut begun = facts.clone();
    let late = cycle::passed(facts, now).is_some();
    if let Some(cycle) = begun.cycle.as_mut().filter(|_| late) {
        cycle.ended = true;
    }
    begun.credential = Some(credential.clone());
    let open = begun.activation.get_or_insert(new).clone();
    (begun, open)
}

/// Why no activation is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActivateError {
    /// The state cannot be used.
    State(StateError),
    /// The license key, user or password cannot be used.
    Credential(CredentialError),
    /// The clock stands in the way.
    Clock(ClockError),
    /// The request cannot be made.
    Request(RequestError),
    /// This very credential's license is in force.
    Already {
        /// Its license id.
        license_id: Id,
    },
    /// Another credential's license is in force.
    Other {
        /// Its license id.
        license_id: Id,
    },
    /// The machine is licensed by an enablement token.
    Enrolled {
        /// The license id.
        license_id: Id,
    },
}

passes_on!(ActivateError { State: StateError, Credential: CredentialError, Clock: ClockError, Request: RequestError });

impl ActivateError {
    fn inner(&self) -> Option<&dyn Explain> {
        match self {
            Self::State(error) => Some(error),
            Self::Credential(error) => Some(error),
            Self::Clock(error) => Some(error),
            Self::Request(error) => Some(error),
            Self::Already { .. } | Self::Other { .. } | Self::Enrolled { .. } => None,
        }
    }
}

impl fmt::Display for ActivateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State(_) | Self::Credential(_) | Self::Clock(_) | Self::Request(_) => {
                self.inner().map_or(Ok(()), |error| error.fmt(f))
            }
            Self::Already { license_id } => {
                write!(f, "The license '{license_id}' is activated on this machine already.")
            }
            Self::Other { license_id } => {
                write!(f, "Another license, '{license_id}', is activated on this machine.")
            }
            Self::Enrolled { license_id } => {
                write!(f, "This machine is licensed under '{license_id}' with an enablement token.")
            }
        }
    }
}

impl std::error::Error for ActivateError {}

impl Explain for ActivateError {
    fn code(&self) -> &'static str {
        match self {
            Self::State(_) | Self::Credential(_) | Self::Clock(_) | Self::Request(_) => {
                self.inner().map_or("", Explain::code)
            }
            Self::Already { .. } => "activated-already",
            Self::Other { .. } => "activated-other",
            Self::Enrolled { .. } => "activated-enrolled",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::State(_) | Self::Credential(_) | Self::Clock(_) | Self::Request(_) => {
                self.inner().map(Explain::advice).unwrap_or_default()
            }
            Self::Already { .. } => "Go on using it. 'activate --again' asks for it as it is now.".into(),
            Self::Other { .. } | Self::Enrolled { .. } => {
                "Give that license back first with 'deactivate', or use another state directory.".into()
            }
        }
    }
}
