//! `explain`: everything in a file, in words, before it crosses the gap; as one page to sign with `--slip`.

use std::path::Path;

use postern_protocol::describe::describe;
use postern_protocol::{Digest, DocumentError, File, Kind, Limits};
use serde::Serialize;
use serde_json::{Value, json};

use super::failure::Failure;
use super::inspect::thing;
use super::report::Report;
use super::table::{Style, pairs, wrap};
use super::{state, support};

/// Columns and lines that every printer and terminal has on one page.
const COLUMNS: usize = 80;
const LINES: usize = 60;

/// What a file says, and what kind of file it is.
struct Said {
    /// The stable word.
    kind: String,
    /// What people call it.
    what: &'static str,
    /// Which way such files cross.
    way: &'static str,
    /// What to make of it.
    note: &'static str,
    sections: Vec<Section>,
}

#[derive(Serialize)]
struct Section {
    title: String,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    label: String,
    value: String,
}

/// Everything in a file, in words, with the digest of its bytes for the officer's record. Verifies nothing.
pub(super) fn explain(path: &Path, slip: bool, style: Style) -> Result<Report, Failure> {
    let bytes = state::read(path)?;
    let said = read(&bytes)?;
    let digest = Digest::of(&bytes);
    let text = if slip { slip_of(path, &bytes, &said) } else { whole(path, &bytes, &said, style) };
    let json = json!({ "file": path.display().to_string(), "bytes": bytes.len(), "sha256": digest, "kind": said.kind,
        "sections": said.sections });
    Ok(Report::new(text, &json))
}

fn whole(path: &Path, bytes: &[u8], said: &Said, style: Style) -> String {
    let mut text = pairs(&[
        ("File", path.display().to_string()),
        ("Bytes", bytes.len().to_string()),
        ("SHA-256", Digest::of(bytes).to_string()),
    ]);
    for section in &said.sections {
        let rows: Vec<_> = section.rows.iter().map(|row| (row.label.as_str(), row.value.clone())).collect();
        text += &format!("\n{}\n{}", style.title(&section.title), pairs(&rows));
    }
    text + &format!("\n{}\n", style.faint(said.note))
}

/// One page: what crosses, which way, what is in it, and who says so.
fn slip_of(path: &Path, bytes: &[u8], said: &Said) -> String {
    let digest = Digest::of(bytes).to_string();
    let name = path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
    let mut lines = vec!["TRANSFER SLIP".to_owned(), String::new()];
    let head = [
        ("File", plain(&name)),
        ("Bytes", bytes.len().to_string()),
        ("What", said.what.into()),
        ("Way", said.way.into()),
    ];
    lines.extend(laid_out(head.iter().map(|(label, value)| (*label, value.as_str()))));
    // In groups, as eyes compare it.
    let digits: Vec<char> = digest.chars().skip("sha256:".len()).collect();
    let groups: Vec<String> = digits.chunks(8).map(|group| group.iter().collect()).collect();
    let halves = groups.chunks(4).map(|half| half.join(" "));
    lines.extend(halves.zip(["SHA-256", ""]).map(|(half, label)| format!("  {label:<7}  {half}")));
    lines.extend([String::new(), "CONTENTS".into()]);

    let foot = foot(said.note);
    let mut contents = contents(&said.sections);
    let room = LINES.saturating_sub(lines.len() + foot.len());
    if contents.len() > room {
        let shown = room.saturating_sub(1);
        let more = contents.len() - shown;
        contents.truncate(shown);
        contents.push(format!("  … and {more} more lines, which 'explain' without --slip shows."));
    }
    lines.extend(contents);
    lines.extend(foot);
    lines.join("\n")
}

/// The document itself, then what it rests on: its titles suffice.
fn contents(sections: &[Section]) -> Vec<String> {
    let Some((document, below)) = sections.split_last() else { return vec![] };
    let indented = |text: &str| wrap(text, COLUMNS - 2).into_iter().map(|line| format!("  {line}"));
    let mut lines: Vec<String> = indented(&document.title).collect();
    let values: Vec<String> = document.rows.iter().map(|row| shortened(&row.value)).collect();
    // A label that comes several times is said once.
    let labels = document.rows.iter().scan("", |before, row| {
        let label = if row.label == *before { "" } else { row.label.as_str() };
        *before = &row.label;
        Some(label)
    });
    let rows: Vec<_> = labels.zip(values.iter().map(String::as_str)).collect();
    lines.extend(laid_out(rows.into_iter()));
    for section in below {
        lines.extend(indented(&format!("With it: {}", section.title)));
    }
    lines
}

/// A text whose digests and keys end after 16 digits: the digest of the whole file stands above, in full.
fn shortened(text: &str) -> String {
    const DIGITS: usize = 16;
    let word = |word: &str| {
        let Some((form, rest)) = word.split_once(':') else { return word.to_owned() };
        let digits = rest.chars().take_while(char::is_ascii_hexdigit).count();
        if digits < 64 {
            return word.to_owned();
        }
        let (kept, after): (String, String) =
            (rest.chars().take(DIGITS).collect(), rest.chars().skip(digits).collect());
        format!("{form}:{kept}…{after}")
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

fn foot(note: &str) -> Vec<String> {
    let field = |label: &str| [String::new(), format!("  {label:<9}  {}", "_".repeat(56))];
    let mut lines = vec![
        String::new(),
        note.into(),
        "I compared the SHA-256 on both sides and approve that the file crosses.".into(),
    ];
    lines.extend(["Name", "Date", "Signature"].into_iter().flat_map(field));
    lines
}

/// Labels and values below one another, no wider than the page.
fn laid_out<'a>(rows: impl Iterator<Item = (&'a str, &'a str)> + Clone) -> Vec<String> {
    let width = rows.clone().map(|(label, _)| label.chars().count()).max().unwrap_or(0).max(7);
    let lines = rows.flat_map(|(label, value)| {
        let values = wrap(value, COLUMNS.saturating_sub(width + 4));
        let labels = std::iter::once(label).chain(std::iter::repeat(""));
        labels.zip(values).map(move |(label, value)| format!("  {label:<width$}  {value}")).collect::<Vec<_>>()
    });
    lines.collect()
}

fn read(bytes: &[u8]) -> Result<Said, Failure> {
    let file = match File::parse(bytes, &Limits::DEFAULT) {
        Ok(file) => file,
        Err(error) => return of_support(bytes).ok_or_else(|| error.into()),
    };
    let kind = file.kind().ok_or(DocumentError::Empty)?;
    let sections = describe(&file, &Limits::DEFAULT).into_iter().map(|section| Section {
        title: section.title,
        rows: section.rows.into_iter().map(|row| Row { label: row.label.into(), value: row.value }).collect(),
    });
    let way = match kind {
        Kind::Request | Kind::Deactivation => OUT,
        Kind::License | Kind::Enablement | Kind::TimeTicket | Kind::Trust => IN,
        _ => "stays outside: no machine needs it",
    };
    let note = "This is what the file says of itself; 'verify' tells whether it is genuine.";
    Ok(Said { kind: kind.to_string(), what: thing(kind), way, note, sections: sections.collect() })
}

const OUT: &str = "out of the isolated network";
const IN: &str = "into the isolated network";

/// A support file: JSON that its reader can read as it is, put into rows like the others.
fn of_support(bytes: &[u8]) -> Option<Said> {
    let Ok(Value::Object(fields)) = serde_json::from_slice(bytes) else { return None };
    if fields.get("kind") != Some(&json!(support::KIND)) {
        return None;
    }
    let mut rows = Vec::new();
    fields.iter().for_each(|(name, value)| flatten(name, value, &mut rows));
    let section = Section { title: "Support file for the vendor's help desk".into(), rows };
    let (kind, what) = (support::KIND.into(), "a support file for the vendor's help desk");
    Some(Said {
        kind,
        what,
        way: OUT,
        note: "This is all that is in the file: plain text, which nobody signed.",
        sections: vec![section],
    })
}

/// Each value in a row of its own, named by its place; an entry of a list in one row.
fn flatten(place: &str, value: &Value, rows: &mut Vec<Row>) {
    let mut push = |value: String| rows.push(Row { label: plain(place), value });
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| flatten(&format!("{place}.{name}"), value, rows));
        }
        Value::Array(entries) if entries.is_empty() => push("none".into()),
        Value::Array(entries) => entries.iter().for_each(|entry| push(in_one_row(entry))),
        value => push(in_one_row(value)),
    }
}

fn in_one_row(value: &Value) -> String {
    match value {
        Value::Null => "-".into(),
        Value::String(text) if text.contains('\n') => {
            format!("a file of {} bytes, {}", text.len(), Digest::of(text.as_bytes()))
        }
        Value::String(text) => plain(text),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| format!("{}: {}", plain(name), in_one_row(value)));
            fields.collect::<Vec<_>>().join(", ")
        }
        Value::Array(entries) => entries.iter().map(in_one_row).collect::<Vec<_>>().join(", "),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// Text that nobody signed, with nothing in it that moves a cursor, hides text or turns its direction.
fn plain(text: &str) -> String {
    let deceives = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    text.chars().map(|c| if deceives(c) { '\u{fffd}' } else { c }).collect()
}
