//! `postern inspect`: what a file is, in words, and whether it holds.

use std::path::PathBuf;

use postern_protocol::describe::describe;
use postern_protocol::{Explain, File, Limits};
use serde_json::{Value, json};

use crate::fail::Fail;
use crate::report::Report;
use crate::verdict::{Against, Verdict, judge};
use crate::{files, table, trust};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  postern inspect license.olf --trust roots/trust.trust\n\nThe exit code is 1 if the file does not hold. Dates, single use and order are judged where a file is used."
)]
pub(crate) struct Args {
    /// The file, of any kind: the kind is read from what it holds
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The vendor's trust file; without it a root that the file brings itself is taken
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<Report, Fail> {
    let (_, file) = files::read_postern(&args.file)?;
    let given = args.trust.as_deref().map(trust::read).transpose()?;
    let verdict = judge(&file, given.as_ref());
    let report = Report::new(words(&file, &verdict), &data(&file, &verdict));
    Ok(report.refusing(matches!(verdict, Verdict::Fails { .. })))
}

fn words(file: &File, verdict: &Verdict) -> String {
    let mut text = match verdict {
        Verdict::Holds(against) => format!("This {} file holds {}.\n", kind(file), by(*against)),
        Verdict::Fails { against, line, error } => format!(
            "This {} file does NOT hold {}: line {line} fails.\nerror[{}]: {error}\n  → {}\n",
            kind(file),
            by(*against),
            error.code(),
            error.advice()
        ),
        Verdict::NotChecked => {
            format!("This {} file was not checked: it brings no root along. Give --trust.\n", kind(file))
        }
    };
    for (index, section) in describe(file, &Limits::DEFAULT).iter().enumerate() {
        let mark = match verdict.of_line(index + 1) {
            Some(true) => "holds",
            Some(false) => "FAILS",
            None => "not checked",
        };
        text.push_str(&format!("\nLine {}, {mark}: {}", index + 1, table::section(section)));
    }
    text
}

fn data(file: &File, verdict: &Verdict) -> Value {
    let documents: Vec<Value> = describe(file, &Limits::DEFAULT)
        .iter()
        .zip(file.envelopes())
        .enumerate()
        .map(|(index, (section, envelope))| {
            json!({
                "line": index + 1,
                "kind": envelope.kind(),
                "digest": envelope.digest(),
                "holds": verdict.of_line(index + 1),
                "title": section.title,
                "rows": section.rows,
            })
        })
        .collect();
    json!({ "kind": file.kind(), "verification": verification(verdict), "documents": documents })
}

fn verification(verdict: &Verdict) -> Value {
    let (result, against) = match verdict {
        Verdict::Holds(against) => ("holds", Some(*against)),
        Verdict::Fails { against, .. } => ("fails", Some(*against)),
        Verdict::NotChecked => ("not-checked", None),
    };
    let (word, root) = match against {
        Some(Against::GivenRoot(root)) => (Some("given-root"), Some(root)),
        Some(Against::OwnRoot(root)) => (Some("own-root"), Some(root)),
        Some(Against::NamedSigner) => (Some("named-signer"), None),
        None => (None, None),
    };
    let error = match verdict {
        Verdict::Fails { line, error, .. } => json!({
            "line": line, "code": error.code(), "message": error.to_string(), "advice": error.advice()
        }),
        Verdict::Holds(_) | Verdict::NotChecked => Value::Null,
    };
    json!({ "result": result, "against": word, "root": root, "error": error })
}

fn by(against: Against) -> String {
    match against {
        Against::GivenRoot(root) => format!("by the given root ({root})"),
        Against::OwnRoot(root) => format!("by the root that it brings itself ({root}); compare it with the vendor's"),
        Against::NamedSigner => "by the key that it names: it says who made it, not that the machine is known".into(),
    }
}

fn kind(file: &File) -> String {
    file.kind().map_or_else(|| "empty".into(), |kind| kind.to_string())
}
