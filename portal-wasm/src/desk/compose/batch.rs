//! Several files: a table of what each is and what becomes of it, and one button for all.

use postern_protocol::documents::Purpose;
use yew::AttrValue;

use super::parts::{Tone, badge, button, code, main_button, note, refusal_list, table_card};
use super::sheet::Sheet;
use crate::desk::model::batch::{Batch, Fate, Item};
use crate::desk::model::command::Command;
use crate::desk::model::flow::State;
use crate::desk::model::inspection::kind_name;
use crate::desk::model::pack::{counts, counts_before};
use crate::desk::model::shown::Busy;
use crate::screen::{Attr, Element, Node, Tag};
use crate::t;

/// The fourth step for several files, and the fifth.
pub(super) fn batch(state: &State, batch: &Batch) -> Sheet {
    let done = batch.pack.is_some();
    let answered = batch.answered();
    let again = batch.handed_out_again();
    let (title, lead) = match &batch.pack {
        Some(pack) if answered == 0 => (t!("batch-again-title", n = again), t!("batch-done-lead", name = pack.name)),
        Some(pack) => (t!("batch-done-title", n = answered), t!("batch-done-lead", name = pack.name)),
        None => (t!("batch-title", n = batch.items.len()), t!("batch-lead")),
    };
    let acts = Tag::P.class("actions").set(Attr::DataBatch, "");
    let acts = if done {
        acts.with(button("button", t!("download-again"), &Command::DownloadPack))
            .with(button("button", t!("export"), &Command::ExportLedger))
            .with(button("button button-primary push", t!("next-request"), &Command::Again))
    } else {
        let signing = state.busy == Some(Busy::Signing);
        let disabled = state.busy.is_some() || answered + again == 0;
        let words = match answered {
            0 if again > 0 => t!("batch-act-again", n = again),
            answered => t!("batch-act", n = answered),
        };
        let act = main_button("button button-primary push", words, signing, disabled);
        acts.with(button("button button-quiet", t!("back"), &Command::Again))
            .with(act.set(Attr::Type, "button").act(Command::AnswerAll.click()))
    };
    let counts = if done { counts(batch) } else { counts_before(batch) };
    Sheet::new("batch", title, lead).step(if done { 5 } else { 4 }).with(acts).with(table_card(
        t!("batch-files"),
        note(counts),
        table(batch, done),
    ))
}

fn table(batch: &Batch, done: bool) -> Element {
    let head = |text: Node| Tag::Th.empty().set(Attr::Scope, "col").with(text);
    let acts = || Tag::Span.class("visually-hidden").with(t!("actions"));
    let heads = Tag::Tr
        .with(head(t!("file-name").into()))
        .with(head(t!("machine").into()))
        .with(head(t!("batch-fate").into()))
        .with((!done).then(|| head(acts().into())));
    let rows = batch.items.iter().enumerate().map(|(index, item)| row(index, item, done));
    Tag::Table.class("table batch").with(Tag::Thead.with(heads)).with(Tag::Tbody.empty().each(rows))
}

fn row(index: usize, item: &Item, done: bool) -> Element {
    let machine = item.device.map_or_else(|| Node::Text("–".into()), |device| code(device.short()).into());
    let name = Tag::Th
        .empty()
        .set(Attr::Scope, "row")
        .with(Tag::Span.class("file-name").with(&item.name))
        .with(Tag::Span.class("small muted batch-kind").with(kind(item)));
    let refused = match &item.fate {
        Fate::Refused(errors) => refusal_list(errors),
        _ => None,
    };
    let (tone, word, text) = fate(item, done);
    let fate = Tag::Div
        .class("batch-fate")
        .with(badge(tone, word))
        .with((!text.is_empty()).then(|| Tag::Span.with(text)))
        .with(refused);
    let open = (item.dropped.is_some() && item.fate != Fate::Taken).then(|| {
        button("button button-small", t!("batch-open"), &Command::Open(index as u64))
            .set(Attr::AriaLabel, t!("batch-open-file", file = item.name))
    });
    Tag::Tr
        .empty()
        .set(Attr::DataFile, item.name.clone())
        .with(name)
        .with(Tag::Td.empty().set(Attr::DataLabel, t!("machine")).with(machine))
        .with(Tag::Td.empty().set(Attr::DataLabel, t!("batch-fate")).with(fate))
        .with((!done).then(|| Tag::Td.with(open)))
}

/// What becomes of a file: in one word, and in more.
fn fate(item: &Item, done: bool) -> (Tone, AttrValue, AttrValue) {
    let none = AttrValue::default;
    match &item.fate {
        Fate::Waits => (Tone::Info, t!("batch-waits"), none()),
        Fate::Taken => (Tone::Ok, t!("batch-taken"), none()),
        Fate::Answered(answer) if done => (Tone::Ok, t!("batch-answered"), in_file(&answer.text, answer.file.as_ref())),
        Fate::Answered(answer) => (Tone::Info, t!("batch-will-answer"), answer.text.clone().into()),
        Fate::Again(again) => (Tone::Ok, t!("batch-before"), in_file(&again.text, again.file.as_ref())),
        Fate::Choice => (Tone::Warn, t!("batch-choice"), t!("batch-choice-why")),
        Fate::Shown => (Tone::Info, t!("batch-shown"), t!("batch-shown-why")),
        Fate::Refused(_) => (Tone::Danger, t!("batch-refused"), none()),
    }
}

/// What was answered, and the file that it is in.
fn in_file(text: &str, file: Option<&String>) -> AttrValue {
    file.map_or_else(|| text.to_owned().into(), |file| t!("batch-answered-file", text = text, file = file))
}

/// What a file is, and a request what it asks for.
fn kind(item: &Item) -> AttrValue {
    let Some(dropped) = &item.dropped else { return t!("batch-not-ours") };
    match item.purpose {
        Some(Purpose::Lfr) => t!("batch-kind-lfr"),
        Some(Purpose::Activation) => t!("batch-kind-activation"),
        Some(Purpose::Sync) => t!("batch-kind-sync"),
        Some(Purpose::Clock) => t!("batch-kind-clock"),
        None => kind_name(dropped.kind),
    }
}
