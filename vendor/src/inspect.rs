//! `postern inspect`: what a file is, in words, and whether it holds.

use std::path::PathBuf;

use postern_protocol::describe::describe;
use postern_protocol::walk::{Against, State, Walk, walk};
use postern_protocol::{ChainError, Explain, File, Limits};
use serde_json::{Value, json};

use crate::fail::Fail;
use crate::report::Report;
use crate::{chain, files, table, trust};

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
    let walk = walk(&file, given.as_ref(), &[], &Limits::DEFAULT);
    let report = Report::new(words(&file, &walk), &data(&file, &walk));
    Ok(report.refusing(walk.failure().is_some()))
}

fn words(file: &File, walk: &Walk) -> String {
    let kind = kind(file);
    let mut text = match (walk.against, walk.failure()) {
        (None, _) => format!("This {kind} file was not checked: it brings no root along. Give --trust.\n"),
        (Some(against), None) => format!("This {kind} file holds {}.\n", by(against)),
        (Some(against), Some((link, error))) => format!(
            "This {kind} file does NOT hold {}: line {} fails.\nerror[{}]: {error}\n  → {}\n",
            by(against),
            link.line,
            error.code(),
            error.advice()
        ),
    };
    text.push_str(&chain::drawing(file, walk));
    for (index, (section, link)) in describe(file, &Limits::DEFAULT).iter().zip(&walk.links).enumerate() {
        let mark = chain::state(&link.state);
        text.push_str(&format!("\nLine {}, {mark}: {}", index + 1, table::section(section)));
    }
    text
}

fn data(file: &File, walk: &Walk) -> Value {
    let documents: Vec<Value> = describe(file, &Limits::DEFAULT)
        .iter()
        .zip(file.envelopes())
        .zip(&walk.links)
        .map(|((section, envelope), link)| {
            let holds = match link.state {
                State::Holds => Some(true),
                State::Fails(_) => Some(false),
                State::Below(_) | State::NotChecked => None,
            };
            json!({
                "line": link.line,
                "kind": envelope.kind(),
                "digest": envelope.digest(),
                "hangs_from": link.above,
                "holds": holds,
                "error": match &link.state {
                    State::Fails(error) => explained(link.line, error),
                    _ => Value::Null,
                },
                "title": section.title,
                "rows": section.rows,
            })
        })
        .collect();
    json!({ "kind": file.kind(), "verification": verification(walk), "documents": documents })
}

fn verification(walk: &Walk) -> Value {
    let result = match walk.holds() {
        Some(true) => "holds",
        Some(false) => "fails",
        None => "not-checked",
    };
    let (word, root) = match walk.against {
        Some(Against::GivenRoot(root)) => (Some("given-root"), Some(root)),
        Some(Against::OwnRoot(root)) => (Some("own-root"), Some(root)),
        Some(Against::NamedSigner) => (Some("named-signer"), None),
        None => (None, None),
    };
    let error = walk.failure().map_or(Value::Null, |(link, error)| explained(link.line, error));
    json!({ "result": result, "against": word, "root": root, "error": error })
}

fn explained(line: usize, error: &ChainError) -> Value {
    json!({ "line": line, "code": error.code(), "message": error.to_string(), "advice": error.advice() })
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
