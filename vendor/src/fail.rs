//! How a command fails: errors in pairs (what happened, what to do), and the exit code that goes with them.

use std::any::Any;
use std::io::Write;
use std::process::ExitCode;

use postern_protocol::{Digest, Explain};
use serde::Serialize;
use serde_json::json;

use crate::registry::RegistryError;

/// One error or several, all found at once.
pub(crate) struct Fail {
    pub(crate) errors: Vec<Box<dyn Explain>>,
    /// What was done before, where that is why nothing is done now.
    pub(crate) before: Option<Before>,
    exit: u8,
}

/// What was done about the same bytes before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Before {
    /// They were answered with this document.
    Answered(Digest),
    /// They were recorded; there is no answer.
    Recorded,
}

/// An error in words.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Told {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) advice: String,
}

impl Fail {
    /// Several refusals at once.
    pub(crate) fn all(errors: Vec<Box<dyn Explain>>) -> Self {
        Self { errors, before: None, exit: 1 }
    }

    /// The same failure, because of what was done before.
    pub(crate) fn before(self, before: Option<Before>) -> Self {
        Self { before, ..self }
    }

    /// A file, key or registry itself is the trouble, not what it holds: exit code 3.
    pub(crate) fn unusable(error: impl Explain + 'static) -> Self {
        Self { errors: vec![Box::new(error)], before: None, exit: 3 }
    }

    /// Each error in words: what scripts get, and what other threads can be told.
    pub(crate) fn told(&self) -> Vec<Told> {
        let one = |error: &dyn Explain| Told { code: error.code(), message: error.to_string(), advice: error.advice() };
        self.errors.iter().map(|error| one(error.as_ref())).collect()
    }

    pub(crate) fn print(&self, json: bool) -> ExitCode {
        let written = if json {
            writeln!(std::io::stdout(), "{:#}", json!({ "errors": self.told() }))
        } else {
            self.errors.iter().try_for_each(|error| {
                let advice = error.advice().replace('\n', "\n    ");
                writeln!(std::io::stderr(), "error[{}]: {error}\n  → {advice}", error.code())
            })
        };
        // There is nobody left to tell.
        let _ = written;
        ExitCode::from(self.exit)
    }
}

impl<E: Explain + 'static> From<E> for Fail {
    fn from(error: E) -> Self {
        let unusable = (&error as &dyn Any).downcast_ref().is_some_and(RegistryError::unusable);
        Self { errors: vec![Box::new(error)], before: None, exit: if unusable { 3 } else { 1 } }
    }
}
