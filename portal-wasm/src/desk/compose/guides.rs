//! What to do when something is lost or changes hands: a choice of guides, and the one that is gone through, step by
//! step.

use yew::AttrValue;

use super::handover;
use super::load::codes;
use super::parts::{button, card, drop_zone, folded, log, muted, note};
use crate::desk::model::command::Command;
use crate::desk::model::flow::State;
use crate::desk::model::recovery::{Begun, Guide, Plan, Step, Tool, plan};
use crate::desk::model::shown::Page;
use crate::desk::model::words;
use crate::screen::{Act, Attr, Element, Node, Tag};
use crate::t;

/// The guide that is gone through, and the others. Each is begun for what it is for: an unlocked account or not.
pub(super) fn guides(state: &State) -> Vec<Element> {
    let begun = state.guide.as_ref();
    let others = Guide::ALL.into_iter().filter(|guide| begun.is_none_or(|begun| begun.guide != *guide));
    let mut cards: Vec<Element> = begun.map(|begun| open(state, begun)).into_iter().collect();
    cards.push(card(t!("guides-title"), note(t!("guides-note")), Node::from(others.map(choice).collect::<Vec<_>>())));
    cards
}

/// The way back to the guide, from other pages.
pub(super) fn back(state: &State, page: Page) -> Option<Element> {
    let begun = state.guide.as_ref().filter(|_| page != Page::Ledger && page != Page::Inspect)?;
    let link = Tag::A.empty().set(Attr::Href, "#/ledger").with(t!("guide-back", title = begun.guide.title()));
    Some(Tag::P.class("small").with(link))
}

fn choice(guide: Guide) -> Element {
    let begin = Tag::P.class("actions").with(button("button button-small", t!("guide-begin"), &Command::Guide(guide)));
    // Known by its name: when one is begun, the next one does not take its place open.
    folded(guide.title(), Tag::Div.class("stack-tight").with(Tag::P.with(guide.when())).with(begin)).key(guide.title())
}

fn open(state: &State, begun: &Begun) -> Element {
    let Plan { steps, over } = plan(state, begun);
    let next = steps.iter().position(|step| step.done.is_none());
    let list = Tag::Ol.class("next").each(steps.iter().enumerate().map(|(index, one)| step(state, one, index, next)));
    let (end, leave) = match over {
        Some(text) => {
            let title = Tag::P.class("alert-title").with(t!("guide-over"));
            let body = Tag::P.class("alert-body").with(text);
            (Some(Tag::Div.class("alert alert-success").set(Attr::Role, "status").with(title).with(body)), true)
        }
        None => (None, false),
    };
    let class = if leave { "button" } else { "button button-quiet" };
    let leave = button(class, if leave { t!("guide-close") } else { t!("guide-leave") }, &Command::LeaveGuide);
    let body = vec![Node::from(list), end.into(), Tag::P.class("actions").with(leave).into()];
    let since = note(t!("guide-since", at = words::instant(begun.time())));
    card(begun.guide.title(), since, body).key("guide")
}

fn step(state: &State, step: &Step, index: usize, next: Option<usize>) -> Element {
    let current = next == Some(index);
    let class = match (&step.done, current) {
        (Some(_), _) => "is-done",
        (None, true) => "is-current",
        (None, false) => "is-todo",
    };
    let item = Tag::Li.class(class).with(Tag::P.with(&step.text));
    let item = if current { item.set(Attr::AriaCurrent, "step") } else { item };
    let done = step.done.as_ref().map(|done| muted(t!("guide-done", what = done)));
    item.with(done)
        .with(step.tool.as_ref().filter(|_| current || step.open && step.done.is_none()).map(|one| tool(state, one)))
}

fn tool(state: &State, tool: &Tool) -> Vec<Node> {
    let act = |element: Element| vec![Node::from(Tag::P.class("actions").with(element))];
    let link = |address: &'static str, text: AttrValue| act(Tag::A.class("button").set(Attr::Href, address).with(text));
    let drop = || Node::from(drop_zone(t!("guide-drop"), t!("guide-drop-hint"), state.busy));
    match tool {
        Tool::Drop => vec![drop()],
        Tool::Collect(machines, known) => {
            let told = match known {
                0 => t!("lost-machines", n = machines),
                known => t!("lost-machines-of", n = machines, known = known),
            };
            let pack = (!state.collected.is_empty())
                .then(|| button("button button-primary", t!("lost-pack", n = state.collected.len()), &Command::Pack));
            vec![drop(), muted(told).set(Attr::Role, "status").into(), pack.map(act).into()]
        }
        Tool::Export => act(button("button button-primary", t!("export"), &Command::ExportLedger)),
        Tool::Vendor(command) => vec![log(command.clone()).into(), copy(state, command).into()],
        Tool::Machine(command) => vec![log(*command).into()],
        Tool::Overview => link("#/overview", t!("dead-overview")),
        Tool::Job => link("#/", t!("guide-job")),
        Tool::Codes => codes(state).into_iter().map(Node::from).collect(),
        Tool::HandOver(again) => vec![handover::form(state, *again).into()],
        Tool::TakeOver => act(button("button button-primary", t!("take-over"), &Command::TakeOver)),
        Tool::Begin => act(button("button button-primary", t!("guide-begin-ledger"), &Command::BeginLedger)),
        Tool::Guide(guide) => act(button("button button-primary", guide.title(), &Command::Guide(*guide))),
    }
}

/// The button that copies what the vendor types.
fn copy(state: &State, text: &str) -> Element {
    let copied = state.draft.copied.as_deref() == Some(text);
    let copy = Tag::Button
        .class("button button-small")
        .set(Attr::Type, "button")
        .with(if copied { t!("copied") } else { t!("copy-command") })
        .act(Act::Copy(text.to_owned().into(), Command::Copied(text.to_owned()).bytes()));
    Tag::P.class("actions").with(copy)
}
