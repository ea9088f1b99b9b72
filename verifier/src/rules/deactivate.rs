//! Giving the license back: one document, made once, that closes the activation for every license that carries it.

use std::fmt;

use postern_protocol::documents::{Deactivation, Version};
use postern_protocol::{Explain, Kind, Time};

use super::facts::Facts;
use super::permit::UseError;
use super::request::totals;
use crate::store::StateError;

/// What a deactivation says. A license can be given back whatever the clock says: that takes nothing.
///
/// # Errors
/// No license is installed.
pub fn deactivate(facts: &Facts, now: Time) -> Result<Deactivation, DeactivateError> {
    let license = &facts.installed.as_ref().ok_or(UseError::NoLicense)?.license;
    Ok(Deactivation {
        kind: Kind::Deactivation,
        version: Version,
        product: license.product.clone(),
        account: license.account.clone(),
        license_id: license.license_id.clone(),
        device: facts.device,
        activation: license.activation.clone(),
        license: license.digest(),
        sequence: facts.sequence,
        usage: facts.usage,
        consumption: totals(facts),
        variables: facts.variables.clone(),
        ledgers: facts.ledgers.clone(),
        deactivated_at: now,
        extensions: vec![],
    })
}

/// Why nothing is deactivated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeactivateError {
    /// The state cannot be used.
    State(StateError),
    /// No license is installed.
    Use(UseError),
}

passes_on!(DeactivateError { State: StateError, Use: UseError });

impl DeactivateError {
    fn inner(&self) -> &dyn Explain {
        match self {
            Self::State(error) => error,
            Self::Use(error) => error,
        }
    }
}

impl fmt::Display for DeactivateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner().fmt(f)
    }
}

impl std::error::Error for DeactivateError {}

impl Explain for DeactivateError {
    fn code(&self) -> &'static str {
        self.inner().code()
    }
    fn advice(&self) -> String {
        self.inner().advice()
    }
}
