//! `postern root sheet` and `postern root compare`: the root's public half on paper, in lines that tell a mistyped one.

use std::fmt;
use std::path::PathBuf;

use postern_protocol::documents::Trust;
use postern_protocol::{Digest, Explain, TrustState, Verified};
use serde_json::json;

use crate::fail::Fail;
use crate::files::{self, Access};
use crate::report::Report;
use crate::trust;

#[derive(Debug, clap::Args)]
pub(crate) struct SheetArgs {
    /// The trust file
    #[arg(long, value_name = "FILE")]
    trust: PathBuf,
    /// Where to write the sheet; a name that ends in .html makes a page to print
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Overwrite the file if it is there
    #[arg(long)]
    force: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct CompareArgs {
    /// The sheet, or its coded lines as somebody typed them off the paper
    #[arg(value_name = "SHEET")]
    sheet: PathBuf,
    /// The trust file that it is compared with
    #[arg(long, value_name = "FILE")]
    trust: PathBuf,
}

/// One coded line: a name, 64 hexadecimal digits in groups, and a check of both.
struct Line {
    name: String,
    hex: String,
}

/// Digits of a line's check.
const CHECK: usize = 4;

pub(crate) fn sheet(args: &SheetArgs) -> Result<Report, Fail> {
    files::none_exists(std::slice::from_ref(&args.out), args.force)?;
    let state = trust::read(&args.trust)?;
    let html = args.out.extension().is_some_and(|kind| kind.eq_ignore_ascii_case("html"));
    let text = if html { page(&state) } else { text(&state) };
    files::write(&args.out, text.as_bytes(), Access::Shared, args.force)?;
    let said = format!(
        "{}\n  the public half of root version {}: print it, sign it, keep one copy with each key.\n  Compare it later: postern root compare SHEET --trust FILE",
        args.out.display(),
        state.current().number
    );
    let data =
        json!({ "root": state.anchor().root, "trust_number": state.current().number, "files": { "sheet": args.out } });
    Ok(Report::new(said, &data))
}

pub(crate) fn compare(args: &CompareArgs) -> Result<Report, Fail> {
    let state = trust::read(&args.trust)?;
    let typed = String::from_utf8(files::read(&args.sheet)?).map_err(|_| SheetError::NoLines)?;
    let found: Vec<Line> = typed.lines().filter_map(Line::read).collect::<Result<_, _>>()?;
    if found.is_empty() {
        return Err(SheetError::NoLines.into());
    }
    let expected = lines(&state);
    for line in &found {
        let other = expected.iter().find(|one| one.name == line.name);
        if other.is_none_or(|other| other.hex != line.hex) {
            return Err(SheetError::Differs { name: line.name.clone() }.into());
        }
    }
    if let Some(missing) = expected.iter().find(|one| !found.iter().any(|line| line.name == one.name)) {
        return Err(SheetError::Missing { name: missing.name.clone() }.into());
    }
    let text = format!(
        "The sheet and {} agree: root version {} of '{}', {} of {} keys must sign.",
        args.trust.display(),
        state.current().number,
        state.current().product,
        state.current().threshold,
        state.current().keys.len()
    );
    Ok(Report::new(
        text,
        &json!({ "agrees": true, "root": state.anchor().root, "trust_number": state.current().number }),
    ))
}

/// The root's fingerprint, its current trust document, and each key.
fn lines(state: &TrustState) -> Vec<Line> {
    let current: &Verified<Trust> = state.current();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let first = [
        Line { name: "root".into(), hex: hex(state.anchor().root.as_bytes()) },
        Line { name: format!("version-{}", current.number), hex: hex(current.digest().as_bytes()) },
    ];
    let keys = current.keys.iter().enumerate();
    let keys = keys.map(|(index, key)| Line { name: format!("key-{}", index + 1), hex: hex(key.as_bytes()) });
    first.into_iter().chain(keys).collect()
}

impl Line {
    fn check(&self) -> String {
        let digest = Digest::of(format!("{} {}", self.name, self.hex).as_bytes());
        digest.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect::<String>().chars().take(CHECK).collect()
    }

    /// `key-1  0123 4567 … = 89ab`; none for lines without code.
    fn read(line: &str) -> Option<Result<Self, SheetError>> {
        let (code, check) = line.split_once('=')?;
        let mut words = code.split_whitespace();
        let name = words.next()?.trim_start_matches('|').to_lowercase();
        let hex: String = words.collect::<String>().to_lowercase();
        if hex.len() != 64 || !hex.bytes().all(|one| one.is_ascii_hexdigit()) {
            return Some(Err(SheetError::Typed { name }));
        }
        let line = Self { name, hex };
        let right = check.trim().to_lowercase() == line.check();
        Some(if right { Ok(line) } else { Err(SheetError::Typed { name: line.name }) })
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:10}", self.name)?;
        for group in self.hex.as_bytes().chunks(8) {
            write!(f, " {}", String::from_utf8_lossy(group))?;
        }
        write!(f, " = {}", self.check())
    }
}

/// What stands above the coded lines.
fn facts(state: &TrustState) -> Vec<(&'static str, String)> {
    let root = state.current();
    vec![
        ("Product", root.product.to_string()),
        ("Vendor", root.vendor.to_string()),
        ("Root version", root.number.to_string()),
        ("Keys that must sign", format!("{} of {}", root.threshold, root.keys.len())),
        ("Made", postern_protocol::describe::time(root.issued_at)),
    ]
}

/// What people write by hand.
const BY_HAND: [&str; 5] = [
    "Ceremony: day and place",
    "Who was there",
    "Who keeps which key, and where",
    "Compared with the trust file by",
    "Signatures",
];

fn text(state: &TrustState) -> String {
    let mut text = String::from("THE ROOT: PUBLIC SHEET. Nothing on it is secret; everything on it matters.\n\n");
    for (label, value) in facts(state) {
        text.push_str(&format!("{label:22}{value}\n"));
    }
    text.push_str("\nEach line ends with a check of itself: a line that is typed wrongly is noticed.\n\n");
    for line in lines(state) {
        text.push_str(&format!("{line}\n"));
    }
    text.push('\n');
    for label in BY_HAND {
        text.push_str(&format!("{label}:\n\n  ______________________________________________________________\n\n"));
    }
    text
}

/// The same as one page to print: no script, nothing from elsewhere.
fn page(state: &TrustState) -> String {
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let rows = |(label, value): (&str, String)| format!("<tr><th>{label}</th><td>{}</td></tr>", escape(&value));
    let facts: String = facts(state).into_iter().map(rows).collect();
    let lines: String = lines(state).iter().map(|line| format!("{line}\n")).collect();
    let by_hand: String = BY_HAND.map(|label| format!("<p class=\"hand\">{label}</p>")).concat();
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>The root: public sheet</title><style>\
         @page{{size:A4;margin:18mm}}body{{font:11pt/1.45 system-ui,sans-serif;color:#000;background:#fff;max-width:174mm;margin:8mm auto}}\
         h1{{font-size:18pt;margin:0}}table{{border-collapse:collapse;margin:6mm 0}}th{{text-align:left;font-weight:600;padding:1mm 8mm 1mm 0}}\
         pre{{font:8.6pt/2 ui-monospace,monospace;border-block:.3mm solid #000;padding:3mm 0;white-space:pre-wrap}}\
         .hand{{border-bottom:.2mm solid #000;padding-bottom:11mm;margin:0 0 3mm;break-inside:avoid}}</style></head><body>\
         <h1>The root: public sheet</h1><p>Nothing on it is secret; everything on it matters.</p><table>{facts}</table>\
         <p>Each line ends with a check of itself: a line that is typed wrongly is noticed.</p><pre>{lines}</pre>{by_hand}</body></html>\n"
    )
}

/// Why a sheet and a trust file do not agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SheetError {
    /// There is no coded line.
    NoLines,
    /// A line's check is another one.
    Typed {
        /// Its name.
        name: String,
    },
    /// A line is right in itself, and another one than the trust file's.
    Differs {
        /// Its name.
        name: String,
    },
    /// A line of the trust file is not on the sheet.
    Missing {
        /// Its name.
        name: String,
    },
}

impl fmt::Display for SheetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoLines => write!(f, "There is no coded line in the file."),
            Self::Typed { name } => write!(f, "The line '{name}' has a mistake: its check is another one."),
            Self::Differs { name } => write!(f, "The line '{name}' is not what the trust file says."),
            Self::Missing { name } => write!(f, "The line '{name}' is missing."),
        }
    }
}

impl Explain for SheetError {
    fn code(&self) -> &'static str {
        match self {
            Self::NoLines => "sheet-no-lines",
            Self::Typed { .. } => "sheet-line-mistyped",
            Self::Differs { .. } => "sheet-differs",
            Self::Missing { .. } => "sheet-line-missing",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::NoLines => "Give the sheet that 'postern root sheet' wrote, or its lines as they stand on the paper.",
            Self::Typed { .. } => "Type that line again, letter by letter.",
            Self::Differs { .. } => {
                "Do not use the trust file: it is another root's or another version's. Ask whoever keeps the paper."
            }
            Self::Missing { .. } => "Type every coded line off the paper.",
        }
        .into()
    }
}
