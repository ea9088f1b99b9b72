//! A file in words.

use postern_protocol::describe::SUPPORT;
use postern_protocol::walk::{Against, State};

use crate::desk::model::inspection::{Drawn, Inspection, Standing, kind_name, kind_use};
use crate::screen::{Explained, InspectView, LinkView, Row, Section, Tone};
use crate::t;

pub(super) fn inspect(inspected: &Inspection) -> InspectView {
    let standing = &inspected.standing;
    let (tone, badge, text) = match standing {
        Standing::Vendor => (Tone::Ok, t!("verified"), t!("standing-vendor")),
        Standing::Machine => (Tone::Ok, t!("verified"), t!("standing-machine")),
        Standing::NoRoot => (Tone::Warn, t!("not-checked"), t!("standing-no-root")),
        Standing::OwnRoot(root) => (Tone::Warn, t!("verified"), t!("standing-own-root", root = root)),
        Standing::Unsigned => (Tone::Warn, t!("not-checked"), t!("standing-unsigned")),
        Standing::Refused(error) => (Tone::Danger, t!("not-valid"), error.what.clone().into()),
    };
    InspectView {
        kind: inspected.kind.map_or_else(|| SUPPORT.into(), |kind| kind.to_string()),
        name: inspected.kind.map_or_else(|| t!("kind-support"), kind_name).to_string(),
        purpose: inspected.kind.map_or_else(|| t!("use-support"), kind_use).to_string(),
        badge: (tone, badge.to_string()),
        refused: match standing {
            Standing::Refused(error) => vec![error.clone()],
            _ => Vec::new(),
        },
        figures: vec![
            Row::new(t!("file-name"), &inspected.name),
            Row::new(t!("file-size"), t!("bytes", n = inspected.size)),
            Row::code(t!("file-digest"), inspected.digest),
            Row::new(t!("standing"), text),
        ],
        top: top(inspected.against).to_string(),
        chain: inspected.chain.iter().map(link).collect(),
        more: (inspected.left_out > 0).then(|| t!("chain-more", n = inspected.left_out).to_string()),
        sections: inspected
            .sections
            .iter()
            .map(|section| Section {
                title: section.title.clone(),
                rows: section.rows.iter().map(|row| Row::new(&*row.label, &row.value)).collect(),
            })
            .collect(),
    }
}

/// What a chain hangs from.
fn top(against: Option<Against>) -> yew::AttrValue {
    match against {
        Some(Against::NamedSigner) => t!("chain-machine"),
        Some(Against::GivenRoot(_)) => t!("chain-root"),
        Some(Against::OwnRoot(_)) => t!("chain-own-root"),
        None => t!("chain-no-root"),
    }
}

fn link(drawn: &Drawn) -> LinkView {
    let (tone, word) = match &drawn.state {
        State::Holds => (Tone::Ok, t!("link-holds")),
        State::Fails(_) => (Tone::Danger, t!("link-fails")),
        State::Below(line) => (Tone::Warn, t!("link-below", line = line)),
        State::NotChecked => (Tone::Info, t!("not-checked")),
    };
    LinkView {
        line: drawn.line as u64,
        depth: drawn.depth as u64,
        title: drawn.title.clone(),
        badge: (tone, word.to_string()),
        refused: match &drawn.state {
            State::Fails(error) => vec![Explained::from(error)],
            _ => Vec::new(),
        },
        allows: drawn.allows.iter().map(|row| Row::new(&*row.label, &row.value)).collect(),
    }
}
