//! Whether a feature may be used.

use std::fmt;

use postern_protocol::Explain;
use postern_protocol::documents::FeatureValue;

use super::expiry::Use;
use super::permit::UseError;
use crate::store::StateError;

/// A feature that is licensed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Granted {
    /// On, or a number that the application reads as a limit.
    pub value: FeatureValue,
    /// What users may do: everything, everything with a warning, or reading only.
    pub allowed: Use,
}

/// Why a feature may not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeatureError {
    /// The state cannot be used.
    State(StateError),
    /// The license may not be used.
    Use(UseError),
    /// The license does not have it.
    NotLicensed,
}

passes_on!(FeatureError { State: StateError, Use: UseError });

impl fmt::Display for FeatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State(error) => error.fmt(f),
            Self::Use(error) => error.fmt(f),
            Self::NotLicensed => write!(f, "The license does not have this feature."),
        }
    }
}

impl std::error::Error for FeatureError {}

impl Explain for FeatureError {
    fn code(&self) -> &'static str {
        match self {
            Self::State(error) => error.code(),
            Self::Use(error) => error.code(),
            Self::NotLicensed => "feature-not-licensed",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::State(error) => error.advice(),
            Self::Use(error) => error.advice(),
            Self::NotLicensed => "'status' shows what is licensed. Ask your license administrator for more.".into(),
        }
    }
}
