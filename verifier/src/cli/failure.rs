//! A command that did not do what it was asked: what happened, what to do, a code, an exit code.

use std::ffi::OsStr;
use std::path::Path;

use postern_protocol::{ChainError, DocumentError, Explain, TrustError};
use serde_json::json;

use super::table::Style;
use crate::pin::PinError;
use crate::rules::activate::ActivateError;
use crate::rules::clock_repair::RepairError;
use crate::rules::consumption::ConsumeError;
use crate::rules::deactivate::DeactivateError;
use crate::rules::enroll::EnrollError;
use crate::rules::extend::ExtendError;
use crate::rules::features::FeatureError;
use crate::rules::install_error::InstallError;
use crate::rules::request::RequestError;
use crate::rules::seats::SeatError;
use crate::rules::variable::VariableError;
use crate::store::StateError;

const REFUSED: u8 = 1;
const USAGE: u8 = 2;
const STATE: u8 = 3;
const COMMAND: u8 = 126;
const NO_COMMAND: u8 = 127;

/// Why a command failed.
#[derive(Debug)]
pub(super) struct Failure {
    code: &'static str,
    message: String,
    advice: String,
    pub(super) exit: u8,
}

impl Failure {
    fn of(error: &dyn Explain, exit: u8) -> Self {
        Self { code: error.code(), message: error.to_string(), advice: error.advice(), exit }
    }

    /// The command line or its environment is wrong.
    pub(super) fn usage(message: String) -> Self {
        Self { code: "usage", message, advice: "See --help.".into(), exit: USAGE }
    }

    /// A file that the command line names cannot be read or written.
    pub(super) fn file(path: &Path, error: &std::io::Error) -> Self {
        Self {
            code: "file-io",
            message: format!("{} cannot be used: {error}.", path.display()),
            advice: "Check the path and its permissions.".into(),
            exit: STATE,
        }
    }

    /// Verifying needs a root to verify from.
    pub(super) fn no_trust() -> Self {
        Self {
            code: "trust-missing",
            message: "Verifying this file needs the vendor's trust file.".into(),
            advice: "Name it with --trust FILE.".into(),
            exit: USAGE,
        }
    }

    /// Something that cannot be undone was asked for without a word that it is meant.
    pub(super) fn unconfirmed(message: String) -> Self {
        Self {
            code: "confirmation-missing",
            message,
            advice: "Repeat with --yes if that is meant.".into(),
            exit: USAGE,
        }
    }

    /// The command that was to run with a seat does not start.
    pub(super) fn command(command: &OsStr, error: &std::io::Error) -> Self {
        Self {
            code: "command-unusable",
            message: format!("The command {} cannot be started: {error}.", command.display()),
            advice: "Check its name and whether it can be executed.".into(),
            exit: if error.kind() == std::io::ErrorKind::NotFound { NO_COMMAND } else { COMMAND },
        }
    }

    /// What to do where something was done before this.
    pub(super) fn advising(self, advice: &str) -> Self {
        Self { advice: advice.into(), ..self }
    }

    /// A command that passes on exit codes of another one keeps its own out of their way.
    pub(super) fn exits(self, exit: u8) -> Self {
        Self { exit, ..self }
    }

    pub(super) fn text(&self, style: Style) -> String {
        format!("{} {}\n{}\n{}\n", style.bad("Refused:"), self.message, self.advice, style.faint(&self.code_line()))
    }

    fn code_line(&self) -> String {
        format!("code: {}", self.code)
    }

    pub(super) fn json(&self) -> String {
        let error = json!({ "code": self.code, "message": self.message, "advice": self.advice });
        format!("{:#}\n", json!({ "error": error }))
    }
}

impl From<StateError> for Failure {
    fn from(error: StateError) -> Self {
        Self::of(&error, STATE)
    }
}

/// Errors of an operation: refusals, but for what the state itself cannot do.
macro_rules! refusals {
    ($($error:ident),+) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                match error {
                    $error::State(error) => error.into(),
                    error => Self::of(&error, REFUSED),
                }
            }
        }
    )+};
}
refusals!(
    PinError,
    EnrollError,
    RequestError,
    InstallError,
    SeatError,
    FeatureError,
    ConsumeError,
    ExtendError,
    RepairError,
    DeactivateError,
    ActivateError,
    VariableError
);

impl From<ChainError> for Failure {
    fn from(error: ChainError) -> Self {
        Self::of(&error, REFUSED)
    }
}

impl From<DocumentError> for Failure {
    fn from(error: DocumentError) -> Self {
        Self::of(&error, REFUSED)
    }
}

impl From<TrustError> for Failure {
    fn from(error: TrustError) -> Self {
        Self::of(&error, REFUSED)
    }
}
