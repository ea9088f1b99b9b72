//! What to do when something is lost or changes hands: guides that show their steps when they are opened.

use yew::AttrValue;

use super::parts::{button, card, folded, note};
use crate::desk::model::command::Command;
use crate::screen::{Element, Node, Tag};
use crate::t;

/// All guides.
pub(super) fn guides() -> Element {
    let take_over = button("button button-small", t!("take-over"), &Command::TakeOver);
    let all = vec![
        guide(t!("guide-lost"), &[t!("guide-lost-1"), t!("guide-lost-2"), t!("guide-lost-3"), t!("guide-lost-4")]),
        guide(t!("guide-restored"), &[t!("guide-restored-1"), t!("guide-restored-2"), t!("guide-restored-3")]),
        guide(t!("guide-dead"), &[t!("guide-dead-1"), t!("guide-dead-2"), t!("guide-dead-3")]),
        guide(t!("guide-key"), &[t!("guide-key-1"), t!("guide-key-2"), t!("guide-key-3")]),
        guide(t!("guide-hand"), &[t!("guide-hand-1"), t!("guide-hand-2"), t!("guide-hand-3")])
            .with(Tag::P.class("actions").with(take_over)),
    ];
    card(t!("guides-title"), note(t!("guides-note")), Node::from(all))
}

fn guide(title: AttrValue, steps: &[AttrValue]) -> Element {
    folded(title, Tag::Ol.class("next").each(steps.iter().map(|step| Tag::Li.with(step))))
}
