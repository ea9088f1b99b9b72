//! `explain`: everything in a file, in words, before it crosses the gap; as one page to sign with `--slip`.

use std::path::Path;

use postern_protocol::describe::{self, SUPPORT, Section};
use postern_protocol::{Digest, DocumentError, File, Kind, Limits, text};
use serde_json::json;

use super::failure::Failure;
use super::inspect::thing;
use super::report::Report;
use super::state;
use super::table::{Style, pairs, wrap};

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
        let rows: Vec<_> = section.rows.iter().map(|row| (row.label.as_ref(), row.value.clone())).collect();
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
        ("File", text::harmless(&name)),
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
        let label = if row.label == *before { "" } else { row.label.as_ref() };
        *before = row.label.as_ref();
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
    let sections = describe::describe(&file, &Limits::DEFAULT);
    let way = match kind {
        Kind::Request | Kind::Deactivation => OUT,
        Kind::License | Kind::Enablement | Kind::TimeTicket | Kind::Trust => IN,
        _ => "stays outside: no machine needs it",
    };
    let note = "This is what the file says of itself; 'verify' tells whether it is genuine.";
    Ok(Said { kind: kind.to_string(), what: thing(kind), way, note, sections })
}

const OUT: &str = "out of the isolated network";
const IN: &str = "into the isolated network";

/// A support file, put into rows like the others.
fn of_support(bytes: &[u8]) -> Option<Said> {
    Some(Said {
        kind: SUPPORT.into(),
        what: "a support file for the vendor's help desk",
        way: OUT,
        note: "This is all that is in the file: plain text, which nobody signed.",
        sections: vec![describe::support(bytes)?],
    })
}
