//! What a command that did its work says: to people as text, to scripts as JSON.

use serde::Serialize;
use serde_json::Value;

/// The outcome of a command.
#[derive(Debug)]
pub(super) struct Report {
    /// For people; ends with a line feed.
    pub(super) text: String,
    json: Option<Value>,
    /// The exit code.
    pub(super) exit: u8,
}

impl Report {
    pub(super) fn new(text: impl Into<String>, json: &impl Serialize) -> Self {
        let mut text = text.into();
        if !text.ends_with('\n') {
            text.push('\n');
        }
        // Reports are structs of strings, integers and lists: encoding these into memory cannot fail.
        Self { text, json: Some(serde_json::to_value(json).unwrap_or_default()), exit: 0 }
    }

    /// Nothing to add: standard output has it already.
    pub(super) fn silent() -> Self {
        Self { text: String::new(), json: None, exit: 0 }
    }

    pub(super) fn exits(self, exit: u8) -> Self {
        Self { exit, ..self }
    }

    pub(super) fn json(&self) -> String {
        self.json.as_ref().map(|json| format!("{json:#}\n")).unwrap_or_default()
    }
}
