//! What a license changes on its machine: seats and end before and after.

use postern_issuer::Change;
use yew::AttrValue;

use crate::desk::model::account::Account;
use crate::desk::model::words;
use crate::screen::{Attr, Element, Node, Tag};
use crate::t;

/// The table, and below it who has to give a seat back first.
pub(super) fn changes(account: &Account, change: &Change, release: Vec<AttrValue>) -> Node {
    let seats = change.seats.iter().map(|one| {
        let (before, after) = (one.before, one.after);
        let (class, delta, text) = match after.cmp(&before) {
            std::cmp::Ordering::Greater => {
                ("num diff-after is-up", "delta delta-up", t!("delta-up", n = after - before))
            }
            std::cmp::Ordering::Less => {
                ("num diff-after is-down", "delta delta-down", t!("delta-down", n = before - after))
            }
            std::cmp::Ordering::Equal => ("num diff-after is-same", "delta delta-same", t!("delta-same")),
        };
        let after = Tag::Span.with(after.to_string()).with(Tag::Span.class(delta).with(text));
        line(words::label(account.bundle(), &one.seat_type), before.to_string().into(), after, class)
    });
    let end = change.end_after.map(|after| {
        let before = change.end_before.map_or_else(|| t!("none"), words::end);
        line(t!("end"), before, Tag::Span.with(words::end(after)), "num diff-after")
    });
    let head = |class: Option<&'static str>, text| {
        let head = Tag::Th.empty().set(Attr::Scope, "col");
        class.into_iter().fold(head, |head, class| head.set(Attr::Class, class)).with(text)
    };
    let heads = Tag::Tr
        .with(head(None, t!("seat-type")))
        .with(head(Some("num"), t!("before")))
        .with(head(Some("num"), t!("after")));
    let table = Tag::Table
        .class("table diff")
        .with(Tag::Caption.with(t!("changes")))
        .with(Tag::Thead.with(heads))
        .with(Tag::Tbody.empty().each(seats).with(end));
    let release = (!release.is_empty()).then(|| {
        let lines = release.into_iter().map(|line| Tag::Li.with(line));
        Tag::Ul.class("alert alert-warn").set(Attr::DataRelease, "").each(lines)
    });
    Node::Group(vec![table.into(), release.into()])
}

fn line(name: AttrValue, before: AttrValue, after: Element, class: &'static str) -> Element {
    let before = Tag::Td.class("num diff-before").set(Attr::DataLabel, t!("before")).with(before);
    let after = Tag::Td.class(class).set(Attr::DataLabel, t!("after")).with(after);
    Tag::Tr.with(Tag::Th.empty().set(Attr::Scope, "row").with(name)).with(before).with(after)
}
