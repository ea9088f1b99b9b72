//! `audit` and `usage export`: the usage records, checked and written out one by one, however many there are.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use postern_protocol::{Digest, File, Id, Kind, Limits, Time};
use serde::Serialize;
use serde_json::json;

use super::args::Format;
use super::failure::Failure;
use super::report::Report;
use super::state::{self, Output};
use crate::{Event, UsageRecord, Verifier};

/// Walks the usage chain; writes the proofs of a rollback or copy into a directory.
pub(super) fn audit(directory: &Path, into: Option<&Path>) -> Result<Report, Failure> {
    let verifier = state::open(directory)?;
    let (mut first, mut newest, mut kept) = (None, None, 0);
    let records = verifier.usage(|record| {
        kept += 1;
        first.get_or_insert(record.at);
        newest = Some(record.at);
    })?;
    let proofs: Vec<(Digest, Vec<u8>)> = verifier
        .proofs()?
        .into_iter()
        .map(|file| Ok((license_digest(&file)?, file)))
        .collect::<Result<_, Failure>>()?;
    let whole = match records - kept {
        0 => format!("All {records} usage records are whole"),
        gone => format!("Of {records} usage records, {gone} old ones are no longer kept, and the others are whole"),
    };
    let (oldest, latest) = (said(first), said(newest));
    let mut text =
        format!("{whole}. The state is what the newest one left.\n\n  First   {oldest}\n  Newest  {latest}\n");
    if !proofs.is_empty() {
        text += &format!(
            "\nThis state was rolled back or copied, {} by licenses whose issuer has seen records that are not here.\n",
            match proofs.len() {
                1 => "proved once,".into(),
                times => format!("proved {times} times,"),
            }
        );
    }
    let mut written = Vec::new();
    for (digest, file) in &proofs {
        let Some(into) = into else { continue };
        let path = into.join(format!("proof-{}.olf", digest.short()));
        fs::create_dir_all(into).map_err(|error| Failure::file(into, &error))?;
        Output::begin(&path)?.finish(file)?;
        text += &format!("  Proof   {}\n", path.display());
        written.push(path.display().to_string());
    }
    text += match (proofs.is_empty(), into) {
        (true, Some(_)) => "\nThere is no proof of a rollback to write.\n",
        (false, None) => "\nNext: 'audit --proofs DIR' writes the proofs, for your vendor.\n",
        _ => "",
    };
    let json = json!({
        "records": records, "kept": kept, "first": first, "newest": newest, "files": written,
        "proofs": proofs.iter().map(|(digest, _)| digest).collect::<Vec<_>>(),
    });
    Ok(Report::new(text, &json))
}

fn said(at: Option<Time>) -> String {
    at.map_or("-".into(), postern_protocol::describe::time)
}

/// The digest of the license in a file.
pub(super) fn license_digest(file: &[u8]) -> Result<Digest, Failure> {
    Ok(File::parse(file, &Limits::DEFAULT)?.document(Kind::License)?.digest())
}

/// Writes every usage record: into a file, which is there whole or not at all, or to standard output.
pub(super) fn export(directory: &Path, format: Format, output: Option<&Path>) -> Result<Report, Failure> {
    let verifier = state::open(directory)?;
    let Some(path) = output else {
        write_all(&verifier, format, &mut io::stdout().lock(), Path::new("standard output"))?;
        return Ok(Report::silent());
    };
    let mut file = Output::begin(path)?;
    let records = write_all(&verifier, format, &mut file, path)?;
    file.close()?;
    let text = format!("{records} usage records are in {}. Users are named in it.", path.display());
    Ok(Report::new(text, &json!({ "file": path.display().to_string(), "records": records })))
}

fn write_all(verifier: &Verifier, format: Format, to: &mut impl Write, path: &Path) -> Result<u64, Failure> {
    let mut to = BufWriter::new(to);
    let mut done = match format {
        Format::Csv => writeln!(to, "{}\r", COLUMNS.join(",")),
        Format::Json => write!(to, "["),
    };
    let records = verifier.usage(|record| {
        // After the first failure nothing more is written; it is reported below.
        if done.is_ok() {
            done = match format {
                Format::Csv => csv(&mut to, &Row::of(&record)),
                Format::Json => json_line(&mut to, &Row::of(&record)),
            };
        }
    })?;
    if format == Format::Json {
        done = done.and_then(|()| writeln!(to, "\n]"));
    }
    match done.and_then(|()| to.flush()) {
        // Nobody is left to tell when the reader of a pipe has gone.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::file(path, &error)),
        _ => Ok(records),
    }
}

fn json_line(to: &mut impl Write, row: &Row) -> io::Result<()> {
    to.write_all(if row.sequence == 1 { b"\n" } else { b",\n" })?;
    serde_json::to_writer(to, row).map_err(io::Error::from)
}

fn csv(to: &mut impl Write, row: &Row) -> io::Result<()> {
    writeln!(to, "{}\r", row.cells().map(|cell| cell.map_or(String::new(), quoted)).join(","))
}

/// One cell (RFC 4180). Spreadsheets run what begins like a formula, quoted or not, so such a cell begins with an
/// apostrophe; one that does so by itself gets a second, so that nothing is lost.
fn quoted(cell: String) -> String {
    let cell = match cell.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\'' | '＝' | '＋' | '－' | '＠') => format!("'{cell}"),
        _ => cell,
    };
    if cell.contains([',', '"', '\n', '\r', ';']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

const COLUMNS: [&str; 12] =
    ["sequence", "at", "event", "seat_type", "user", "session", "why", "counter", "units", "document", "token", "back"];

/// A usage record as it is exported.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    sequence: u64,
    at: Time,
    event: &'static str,
    #[serde(flatten)]
    what: What,
}

/// What a record is about, as far as it says so.
#[derive(Debug, Default, Serialize)]
struct What {
    #[serde(skip_serializing_if = "Option::is_none")]
    seat_type: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counter: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    units: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    back: Option<u64>,
}

impl Row {
    pub(super) fn of(record: &UsageRecord) -> Self {
        Self { sequence: record.sequence, at: record.at, event: record.event.word(), what: What::of(&record.event) }
    }

    /// The record, with its user under another name.
    pub(super) fn under(mut self, name: impl FnOnce(&str) -> String) -> Self {
        self.what.user = self.what.user.as_deref().map(name);
        self
    }

    fn cells(&self) -> [Option<String>; COLUMNS.len()] {
        let What { seat_type, user, session, why, counter, units, document, token, back } = &self.what;
        [
            Some(self.sequence.to_string()),
            Some(self.at.to_string()),
            Some(self.event.to_owned()),
            seat_type.as_ref().map(Id::to_string),
            user.clone(),
            session.as_ref().map(Id::to_string),
            why.map(str::to_owned),
            counter.as_ref().map(Id::to_string),
            units.map(|units| units.to_string()),
            document.map(|document| document.to_string()),
            token.as_ref().map(Id::to_string),
            back.map(|back| back.to_string()),
        ]
    }
}

impl What {
    fn of(event: &Event) -> Self {
        let none = Self::default();
        match event.clone() {
            Event::Begun { root: document }
            | Event::Requested { request: document }
            | Event::Activating { request: document }
            | Event::Reported { request: document }
            | Event::Installed { license: document }
            | Event::ForkFound { license: document }
            | Event::Extended { license: document }
            | Event::Challenged { challenge: document }
            | Event::RevocationsInstalled { file: document }
            | Event::Deactivated { deactivation: document } => Self { document: Some(document.into()), ..none },
            Event::ClockRepaired { ticket, back } => Self { document: Some(ticket.into()), back: Some(back), ..none },
            Event::Enrolled { token } => Self { token: Some(token), ..none },
            Event::CheckedOut { seat_type, user } | Event::Released { seat_type, user } => {
                Self { seat_type: Some(seat_type), user: Some(user), ..none }
            }
            Event::SessionBegun { session, seat_type, user } => {
                Self { session: Some(session), seat_type: Some(seat_type), user: Some(user), ..none }
            }
            Event::SessionEnded { session, why } => Self { session: Some(session), why: Some(why.word()), ..none },
            Event::Consumed { counter, units } => Self { counter: Some(counter), units: Some(units), ..none },
            Event::VariableChanged { .. } | Event::Ran => none,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_none_breaks_its_row() {
        for (cell, expected) in [
            ("ada", "ada"),
            ("", ""),
            ("=HYPERLINK(\"http://x\")", "\"'=HYPERLINK(\"\"http://x\"\")\""),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@sum", "'@sum"),
            ("＝1", "'＝1"),
            ("\tx", "'\tx"),
            ("'x", "''x"),
            ("a,b", "\"a,b\""),
            ("a;b", "\"a;b\""),
            ("a\r\nb", "\"a\r\nb\""),
        ] {
            assert_eq!(quoted(cell.into()), expected);
        }
    }
}
