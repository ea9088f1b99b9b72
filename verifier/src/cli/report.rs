//! What a command that did its work says: to people as text, to scripts as JSON.

use serde::Serialize;
use serde_json::Value;

/// The outcome of a command.
#[derive(Debug)]
pub(super) struct Report {
    /// For people; ends with a line feed.
    pub(super) text: String,
    json: Value,
}

impl Report {
    pub(super) fn new(text: impl Into<String>, json: &impl Serialize) -> Self {
        let mut text = text.into();
        if !text.ends_with('\n') {
            text.push('\n');
        }
        // Reports are structs of strings, integers and lists: encoding these into memory cannot fail.
        Self { text, json: serde_json::to_value(json).unwrap_or_default() }
    }

    pub(super) fn json(&self) -> String {
        format!("{:#}\n", self.json)
    }
}
