//! Reading an account file, and errors that name its line and field and say what to write.

use std::fmt;

use postern_protocol::{Explain, text};
use toml::de::{DeTable, DeValue};

use super::spec::Spec;

/// An account file and its text, so that later findings can name their line.
#[derive(Clone, Debug)]
pub(crate) struct SpecFile {
    pub(crate) spec: Spec,
    text: String,
}

impl SpecFile {
    /// Reads an account file.
    pub(crate) fn read(bytes: Vec<u8>) -> Result<Self, SpecError> {
        let text = String::from_utf8(bytes).map_err(|error| SpecError::NotText {
            line: line_at(error.as_bytes(), error.utf8_error().valid_up_to()),
        })?;
        match toml::from_str(&text) {
            Ok(spec) => Ok(Self { spec, text }),
            Err(error) => Err(SpecError::of_toml(&error, &text)),
        }
    }

    /// A finding about a field, given by its path: names and, in lists, indexes.
    pub(crate) fn at(&self, path: &[&str], problem: impl Into<String>, advice: impl Into<String>) -> SpecError {
        let line = DeTable::parse(&self.text).ok().map(|table| {
            let mut place = table.span().start;
            let mut value = DeValue::Table(table.into_inner());
            // A field that is not there is looked for in the table that it would be in.
            for name in path {
                let Some(below) = step(&value, name) else { break };
                (place, value) = below;
            }
            line_at(self.text.as_bytes(), place)
        });
        SpecError::Field { line, field: path.join("."), problem: problem.into(), advice: advice.into() }
    }
}

/// One step down: into a table by its key, into a list by its index. Where the key stands, and what it holds.
fn step<'i>(value: &DeValue<'i>, name: &str) -> Option<(usize, DeValue<'i>)> {
    match value {
        DeValue::Table(table) => {
            let (key, value) = table.iter().find(|(key, _)| key.get_ref() == name)?;
            Some((key.span().start, value.get_ref().clone()))
        }
        DeValue::Array(list) => {
            let value = list.get(name.parse::<usize>().ok()?)?;
            Some((value.span().start, value.get_ref().clone()))
        }
        _ => None,
    }
}

/// The line, counted from 1, that this byte is in.
fn line_at(text: &[u8], offset: usize) -> usize {
    1 + text.iter().take(offset).filter(|byte| **byte == b'\n').count()
}

/// Why an account file is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SpecError {
    /// It is not UTF-8 text.
    NotText {
        /// Where, counted from 1.
        line: usize,
    },
    /// It is no TOML, or a field is missing, unknown or of the wrong form.
    Form {
        /// Where, counted from 1.
        line: usize,
        /// The line itself.
        source: String,
        /// What is wrong.
        problem: String,
    },
    /// A field's value cannot be granted.
    Field {
        /// Where, counted from 1.
        line: Option<usize>,
        /// The field's path.
        field: String,
        /// What is wrong.
        problem: String,
        /// What to write.
        advice: String,
    },
}

impl SpecError {
    fn of_toml(error: &toml::de::Error, text: &str) -> Self {
        let line = line_at(text.as_bytes(), error.span().map_or(0, |span| span.start));
        // The file may come from anywhere: what a message quotes of it must not steer the screen.
        let source = text::shown(text.lines().nth(line.saturating_sub(1)).unwrap_or_default().trim());
        let problem = text::harmless(&error.message().trim().replace('\n', "; "));
        Self::Form { line, source, problem }
    }
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotText { line } => write!(f, "Line {line} of the account file is not UTF-8 text."),
            Self::Form { line, source, problem } => {
                write!(f, "Line {line} of the account file, '{source}': {problem}.")
            }
            Self::Field { line: Some(line), field, problem, .. } => {
                write!(f, "Line {line} of the account file, {field}: {problem}.")
            }
            Self::Field { line: None, field, problem, .. } => write!(f, "In the account file, {field}: {problem}."),
        }
    }
}

impl Explain for SpecError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotText { .. } => "account-file-not-text",
            Self::Form { .. } => "account-file-form",
            Self::Field { .. } => "account-file-field",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::NotText { .. } => "Save the file as UTF-8.".into(),
            Self::Form { problem, .. } => what_to_write(problem),
            Self::Field { advice, .. } => advice.clone(),
        }
    }
}

/// What to write for a field that is missing.
const EXAMPLES: &[(&str, &str)] = &[
    ("account", "account = \"acme\""),
    ("name", "name = \"Acme Manufacturing\""),
    ("product", "product = \"automation\", as the trust file names it"),
    ("contact", "contact = \"Northwind licensing, licensing@northwind.example\""),
    ("portal_key", "portal_key = \"sealed\", or portal_key = { license_code = \"PSTN1-…\" }"),
    ("entitlement", "a table [[entitlement]] for each thing that was bought"),
    ("id", "id = \"acme-1\""),
    ("license_type", "license_type = \"on-premises\""),
    ("issue_until", "issue_until = 2027-05-31"),
    ("run_until", "run_until = 2027-06-30, or run_until = \"unlimited\""),
    ("longest_duration", "longest_duration = \"400 days\", or \"unlimited\""),
    ("longest_session", "longest_session = \"8 hours\", or \"unlimited\""),
    ("license_count", "license_count = 5, or \"unlimited\": machines with a live license"),
    ("allow_offline_activation", "allow_offline_activation = true"),
    ("seats", "seats = { bot-creator = 10 }"),
    ("installation", "a table [[entitlement.installation]] with license_id = \"cr-1\""),
    ("license_id", "license_id = \"cr-1\""),
    ("machines", "machines = \"pool\", or machines = { named = [{ key = \"ed25519:…\", seats = { … } }] }"),
    ("expiry", "expiry = { grace = \"14 days\", after_end = \"read-only\", extension = \"7 days\" }"),
    ("grace", "grace = \"14 days\""),
    ("after_end", "after_end = \"read-only\" (or \"warn\" or \"lock\")"),
    ("extension", "extension = \"7 days\", or \"0 days\" for none"),
    ("limit", "limit = 10000, or \"unlimited\""),
    ("overage", "overage = 0"),
    ("every", "every = \"30 days\", or \"unlimited\" for never"),
    ("code", "code = \"editor-standard\""),
    ("policy", "policy = \"editor-standard\", the code of a [[policy]]"),
    ("reason", "reason = \"Air-gapped plant network\""),
    ("reviewer", "reviewer = \"D. Reviewer\""),
    ("date", "date = 2026-06-01"),
];

/// How a field is written.
pub(crate) fn example(field: &str) -> Option<&'static str> {
    EXAMPLES.iter().find(|(name, _)| *name == field).map(|(_, example)| *example)
}

fn what_to_write(problem: &str) -> String {
    let missing = problem.strip_prefix("missing field `").and_then(|rest| rest.split_once('`')).map(|(field, _)| field);
    match missing.and_then(example) {
        Some(example) => format!("Write {example}."),
        None => "Correct it; 'postern bundle example' explains every field.".into(),
    }
}
