//! What a command says when it is done: one text for people, one value for scripts.

use std::io::Write;
use std::process::ExitCode;

use serde::Serialize;
use serde_json::Value;

/// A command's result.
#[derive(Debug)]
pub(crate) struct Report {
    text: String,
    data: Value,
    exit: ExitCode,
}

impl Report {
    /// The same result in words and as data.
    pub(crate) fn new(text: impl Into<String>, data: &impl Serialize) -> Self {
        // Reports are structs of strings and numbers: encoding these cannot fail.
        Self { text: text.into(), data: serde_json::to_value(data).unwrap_or_default(), exit: ExitCode::SUCCESS }
    }

    /// The same report with another exit code: the question was answered, and the answer is no.
    pub(crate) fn refusing(self, refused: bool) -> Self {
        if refused { Self { exit: ExitCode::from(1), ..self } } else { self }
    }

    /// The same report with an exit code of its own.
    pub(crate) fn with_exit(self, code: u8) -> Self {
        Self { exit: ExitCode::from(code), ..self }
    }

    pub(crate) fn print(self, json: bool) -> ExitCode {
        let text = if json { format!("{:#}", self.data) } else { self.text };
        // Whoever closed the pipe does not want the rest.
        let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
        self.exit
    }
}
