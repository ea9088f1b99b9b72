//! What became of several files or machines, each in words and as data, and how many of each.

use std::fmt::Display;
use std::path::Path;

use postern_protocol::Explain;
use serde_json::{Value, json};

use super::again::Again;
use crate::fail::Fail;
use crate::report::Report;

/// The rows so far.
pub(super) struct Tally {
    /// How scripts call what a row is about.
    about: &'static str,
    rows: Vec<Value>,
    lines: Vec<String>,
    answered: usize,
    again: usize,
    refused: usize,
}

impl Tally {
    pub(super) fn of(about: &'static str) -> Self {
        Self { about, rows: Vec::new(), lines: Vec::new(), answered: 0, again: 0, refused: 0 }
    }

    /// Answered now: in a file with this role, or without one.
    pub(super) fn answered(&mut self, about: &impl Display, words: &str, data: Value, file: Option<(&str, &Path)>) {
        self.answered += 1;
        let place = file.map_or_else(|| "recorded".into(), |(_, path)| path.display().to_string());
        self.lines.push(format!("{about}\n  → {place}\n{words}"));
        let files = file.map(|(role, path)| json!({ "files": { role: path } }));
        self.row(about, true, [Some(data), files]);
    }

    /// Answered before.
    pub(super) fn again(&mut self, about: &impl Display, again: &Again) {
        self.again += 1;
        let place = again.found.as_ref().map(|found| format!("  → {}\n", found.path.display())).unwrap_or_default();
        self.lines.push(format!("{about}\n{place}{}", again.words()));
        self.row(about, true, [Some(again.data()), None]);
    }

    pub(super) fn refused(&mut self, about: &impl Display, fail: &Fail) {
        self.refused += 1;
        let told = |error: &dyn Explain| format!("  refused [{}]: {error}\n  → {}\n", error.code(), error.advice());
        let errors: String = fail.errors.iter().map(|error| told(error.as_ref())).collect();
        self.lines.push(format!("{about}\n{errors}"));
        self.row(about, false, [Some(json!({ "errors": fail.told() })), None]);
    }

    fn row(&mut self, about: &impl Display, answered: bool, more: [Option<Value>; 2]) {
        let mut row = json!({ self.about: about.to_string(), "answered": answered });
        for fields in more.into_iter().flatten() {
            if let (Value::Object(row), Value::Object(fields)) = (&mut row, fields) {
                row.extend(fields);
            }
        }
        self.rows.push(row);
    }

    pub(super) fn report(self) -> Report {
        let Self { rows, lines, answered, again, refused, .. } = self;
        let text = format!("{}\n{answered} answered, {again} answered before, {refused} refused.", lines.concat());
        let data = json!({ "answers": rows, "answered": answered, "again": again, "refused": refused });
        Report::new(text, &data).refusing(refused > 0)
    }
}
