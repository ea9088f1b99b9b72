//! Looking into any file: what it is, whether it verifies, what it says, what to do with it.

use postern_protocol::describe::{self, SUPPORT};
use postern_protocol::walk::{Against, State as Link};
use yew::AttrValue;

use super::parts::{Row, Tone, badge, card, drop_zone, folded, refusals, summary};
use super::sheet::Sheet;
use crate::desk::model::flow::State;
use crate::desk::model::inspection::{Drawn, Inspection, Standing, kind_name, kind_use};
use crate::desk::model::shown::Explained;
use crate::screen::{Attr, Element, Node, Tag};
use crate::t;

pub(super) fn inspect(state: &State) -> Sheet {
    Sheet::new("inspect", t!("inspect-title"), t!("inspect-lead"))
        .with(drop_zone(t!("inspect-drop"), t!("inspect-hint"), state.busy))
        .with(state.inspected.as_ref().map(|inspected| file(inspected)))
}

fn file(inspected: &Inspection) -> Node {
    let standing = &inspected.standing;
    let (tone, word, text) = match standing {
        Standing::Vendor => (Tone::Ok, t!("verified"), t!("standing-vendor")),
        Standing::Machine => (Tone::Ok, t!("verified"), t!("standing-machine")),
        Standing::NoRoot => (Tone::Warn, t!("not-checked"), t!("standing-no-root")),
        Standing::OwnRoot(root) => (Tone::Warn, t!("verified"), t!("standing-own-root", root = root)),
        Standing::Unsigned => (Tone::Warn, t!("not-checked"), t!("standing-unsigned")),
        Standing::Refused(error) => (Tone::Danger, t!("not-valid"), error.what.clone().into()),
    };
    let refused = match standing {
        Standing::Refused(error) => refusals(std::slice::from_ref(error)),
        _ => None,
    };
    let figures = vec![
        Row::new(t!("file-name"), &inspected.name),
        Row::new(t!("file-size"), t!("bytes", n = inspected.size)),
        Row::code(t!("file-digest"), inspected.digest),
        Row::new(t!("standing"), text),
    ];
    let body = Tag::Div
        .class("stack-tight")
        .set(Attr::DataKind, inspected.kind.map_or_else(|| SUPPORT.into(), |kind| kind.to_string()))
        .with(Tag::P.with(inspected.kind.map_or_else(|| t!("use-support"), kind_use)))
        .with(refused)
        .with(summary(figures));
    let name = inspected.kind.map_or_else(|| t!("kind-support"), kind_name);
    let chain = (!inspected.chain.is_empty()).then(|| card(t!("chain-title"), Node::none(), chain(inspected)));
    // The document stands last in a file, below what it rests on; people come for the document.
    let (document, below) = match inspected.sections.split_last() {
        Some((document, below)) => (Some(document), below),
        None => (None, &[][..]),
    };
    let document = document.map(|one| card(one.title.clone(), Node::none(), summary(rows(&one.rows))));
    let also = (!below.is_empty()).then(|| {
        let folds: Vec<_> = below.iter().map(|one| folded(one.title.clone(), summary(rows(&one.rows)))).collect();
        card(t!("inspect-also"), Node::none(), folds)
    });
    Node::Group(vec![card(name, badge(tone, word), body).into(), chain.into(), document.into(), also.into()])
}

fn rows(rows: &[describe::Row]) -> Vec<Row> {
    rows.iter().map(|row| Row::new(row.label.to_string(), &row.value)).collect()
}

/// The chain, drawn from the root down: each link below what it hangs from.
fn chain(inspected: &Inspection) -> Vec<Element> {
    let name = Tag::Span.class("chain-name").with(top(inspected.against));
    let mut links = vec![Tag::Li.class("chain-link chain-top").with(Tag::P.class("chain-head").with(name))];
    links.extend(inspected.chain.iter().map(link));
    if inspected.left_out > 0 {
        let more = Tag::Li.class("chain-link chain-more").with(t!("chain-more", n = inspected.left_out));
        links.insert(links.len() - 1, more);
    }
    vec![Tag::P.class("muted").with(t!("chain-lead")), Tag::Ol.class("chain").each(links)]
}

/// What a chain hangs from.
fn top(against: Option<Against>) -> AttrValue {
    match against {
        Some(Against::NamedSigner) => t!("chain-machine"),
        Some(Against::GivenRoot(_)) => t!("chain-root"),
        Some(Against::OwnRoot(_)) => t!("chain-own-root"),
        None => t!("chain-no-root"),
    }
}

fn link(drawn: &Drawn) -> Element {
    let (tone, class, word) = match &drawn.state {
        Link::Holds => (Tone::Ok, "chain-holds", t!("link-holds")),
        Link::Fails(_) => (Tone::Danger, "chain-fails", t!("link-fails")),
        Link::Below(line) => (Tone::Warn, "chain-below", t!("link-below", line = line)),
        Link::NotChecked => (Tone::Info, "chain-open", t!("not-checked")),
    };
    let refused = match &drawn.state {
        Link::Fails(error) => refusals(&[Explained::from(error)]),
        _ => None,
    };
    // Classes, not styles: the content security policy refuses these. Deeper chains than this are refused.
    let depth = drawn.depth.clamp(1, 5);
    Tag::Li
        .empty()
        .set(Attr::Class, format!("chain-link {class} chain-{depth}"))
        .set(Attr::DataLine, drawn.line.to_string())
        .with(Tag::P.class("chain-head").with(Tag::Span.class("chain-name").with(&drawn.title)).with(badge(tone, word)))
        .with(refused)
        .with((!drawn.allows.is_empty()).then(|| summary(rows(&drawn.allows))))
}
