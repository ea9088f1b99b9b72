//! Device variables: short texts that an application keeps about its machine, for whoever settles its license.

use std::fmt;

use postern_protocol::documents::Variable;
use postern_protocol::{Explain, Id};

use super::facts::Facts;
use crate::store::StateError;

/// How many variables a machine has at most: what every request carries stays small.
pub const MOST: usize = 64;
/// The longest value, in bytes.
pub const LONGEST: usize = 256;

/// Judges a new value.
///
/// # Errors
/// It is too long or has control characters, or there are too many variables.
pub fn set(facts: &Facts, name: &Id, value: &str) -> Result<(), VariableError> {
    if value.len() > LONGEST || value.chars().any(char::is_control) {
        return Err(VariableError::Value);
    }
    let known = facts.variables.iter().any(|one| one.name == *name);
    if !known && facts.variables.len() >= MOST { Err(VariableError::TooMany) } else { Ok(()) }
}

/// The variable of this name.
///
/// # Errors
/// There is none.
pub fn named<'a>(facts: &'a Facts, name: &Id) -> Result<&'a Variable, VariableError> {
    let found = facts.variables.iter().find(|one| one.name == *name);
    found.ok_or_else(|| VariableError::Unknown { name: name.clone() })
}

/// Why a variable is not set or removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VariableError {
    /// The state cannot be used.
    State(StateError),
    /// The value is too long or has control characters.
    Value,
    /// There are as many as there may be.
    TooMany,
    /// There is none of this name.
    Unknown {
        /// The name.
        name: Id,
    },
}

super::passes_on!(VariableError { State: StateError });

impl fmt::Display for VariableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State(error) => error.fmt(f),
            Self::Value => {
                write!(f, "The value is longer than {LONGEST} bytes or has line breaks or control characters.")
            }
            Self::TooMany => write!(f, "This machine has {MOST} variables, as many as it may have."),
            Self::Unknown { name } => write!(f, "This machine has no variable '{name}'."),
        }
    }
}

impl std::error::Error for VariableError {}

impl Explain for VariableError {
    fn code(&self) -> &'static str {
        match self {
            Self::State(error) => error.code(),
            Self::Value => "variable-value",
            Self::TooMany => "variable-too-many",
            Self::Unknown { .. } => "variable-unknown",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::State(error) => error.advice(),
            Self::Value => "Set a shorter value on one line.".into(),
            Self::TooMany => "Remove one first with 'variable remove NAME'.".into(),
            Self::Unknown { .. } => "See which there are with 'variable list'.".into(),
        }
    }
}
