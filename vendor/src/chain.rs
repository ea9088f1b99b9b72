//! A file's chain as text: root, entitlements, document, each below what it hangs from, with what it allows.

use postern_protocol::describe::{allows, section};
use postern_protocol::walk::{Against, State, Walk};
use postern_protocol::{Envelope, Explain, File, Limits};

/// Links that are drawn of a long file, besides those that fail and what stands above these.
const MOST: usize = 20;

/// The chain, root side first. Of a long file the first links are drawn, all that fail, and the document.
pub(crate) fn drawing(file: &File, walk: &Walk) -> String {
    let top = match walk.against {
        Some(Against::NamedSigner) => "The machine's own key",
        Some(Against::GivenRoot(_)) => "The given root",
        Some(Against::OwnRoot(_)) => "The root that the file brings itself",
        None => "A root that is not known here",
    };
    let mut text = format!("\nChain\n  {top}\n");
    let mut left_out = 0usize;
    for (link, envelope) in walk.links.iter().zip(file.envelopes()) {
        let last = link.line == walk.links.len();
        let shown = link.line <= MOST || last || matches!(link.state, State::Fails(_));
        if !shown {
            left_out += 1;
            continue;
        }
        if std::mem::take(&mut left_out) > 0 {
            text.push_str("  …\n");
        }
        text.push_str(&one(envelope, walk.path(link.line).len(), &link.state));
    }
    text
}

fn one(envelope: &Envelope, depth: usize, standing: &State) -> String {
    let indent = "   ".repeat(depth);
    let mut text = format!("{indent}└─ {}: {}\n", section(envelope, &Limits::DEFAULT).title, state(standing));
    if let State::Fails(error) = standing {
        text.push_str(&format!("{indent}     error[{}]: {error}\n{indent}       → {}\n", error.code(), error.advice()));
    }
    for row in allows(envelope, &Limits::DEFAULT) {
        text.push_str(&format!("{indent}     {}: {}\n", row.label, row.value));
    }
    text
}

/// A link's state in a few words.
pub(crate) fn state(state: &State) -> String {
    match state {
        State::Holds => "holds".into(),
        State::Fails(_) => "FAILS".into(),
        State::Below(line) => format!("does not count, because line {line} fails"),
        State::NotChecked => "not checked".into(),
    }
}
