//! Several files at once: each answered or refused, one ledger for all, a summary.

use std::path::{Path, PathBuf};

use postern_protocol::Explain;
use serde_json::{Value, json};

use super::answer::{Answered, Received};
use super::choice::Chosen;
use super::office::{Answer, Office};
use crate::fail::Fail;
use crate::files::{self, FileError};
use crate::report::Report;

/// Answers each file in the order given; the later ones find what the earlier ones got.
pub(super) fn run(
    mut office: Office<'_>,
    files: &[&Path],
    folder: &Path,
    chosen: &Chosen,
    force: bool,
) -> Result<Report, Fail> {
    let mut answers: Vec<Answer> = Vec::new();
    let (mut rows, mut lines, mut recorded) = (Vec::new(), Vec::new(), 0_usize);
    for file in files {
        let before = answers.len();
        match answer(&mut office, file, folder, chosen, force, &mut answers) {
            Ok(Answered { words, data, role, .. }) => {
                recorded += 1;
                let written = answers.get(before).map(|answer| &answer.path);
                let place = written.map_or_else(|| "recorded".into(), |path| path.display().to_string());
                lines.push(format!("{}\n  → {place}\n{words}", file.display()));
                rows.push(row(file, data, role, written));
            }
            Err(fail) => {
                let told =
                    |error: &dyn Explain| format!("  refused [{}]: {error}\n  → {}\n", error.code(), error.advice());
                let errors: String = fail.errors.iter().map(|error| told(error.as_ref())).collect();
                lines.push(format!("{}\n{errors}", file.display()));
                rows.push(json!({ "file": file, "answered": false, "errors": fail.to_json() }));
            }
        }
    }
    let refused = files.len() - recorded;
    if recorded > 0 {
        files::folder(folder)?;
        office.close(&answers, force)?;
    }
    let text = format!("{}\n{recorded} answered, {refused} refused.", lines.concat());
    let data = json!({ "answers": rows, "answered": recorded, "refused": refused });
    Ok(Report::new(text, &data).refusing(refused > 0))
}

/// Decides about one file; only what can be written is kept.
fn answer(
    office: &mut Office<'_>,
    file: &Path,
    folder: &Path,
    chosen: &Chosen,
    force: bool,
    answers: &mut Vec<Answer>,
) -> Result<Answered, Fail> {
    let answered = Received::read(file)?.decide(office, chosen)?;
    let outcome = office.sign(answered.decision.clone())?;
    if let Some(made) = &outcome.file {
        let path = folder.join(name(file, outcome.file_name));
        if answers.iter().any(|other| other.path == path) {
            return Err(Fail::unusable(FileError::Exists { path }));
        }
        files::none_exists(std::slice::from_ref(&path), force)?;
        answers.push(Answer { path, bytes: made.to_bytes() });
    }
    office.adopt(&outcome);
    Ok(answered)
}

/// The answer's name: the file's own, with the ending of what answers it.
fn name(file: &Path, offered: &str) -> PathBuf {
    let stem = file.file_stem().map(PathBuf::from).unwrap_or_default();
    stem.with_added_extension(Path::new(offered).extension().unwrap_or_default())
}

fn row(file: &Path, data: Value, role: &str, written: Option<&PathBuf>) -> Value {
    let mut row = json!({ "file": file, "answered": true });
    if let (Value::Object(row), Value::Object(data)) = (&mut row, data) {
        row.extend(data);
        if let Some(path) = written {
            row.insert("files".into(), json!({ role: path }));
        }
    }
    row
}
