//! Several files in a table: what each is, what becomes of it.

use postern_protocol::documents::Purpose;
use yew::AttrValue;

use crate::desk::model::batch::{Batch, Fate, Item};
use crate::desk::model::inspection::kind_name;
use crate::desk::model::pack::{counts, counts_before};
use crate::screen::{BatchRow, BatchView, Tone};
use crate::t;

pub(super) fn batch(batch: &Batch) -> BatchView {
    let done = batch.pack.as_ref().map(|pack| pack.name.clone());
    let answered = batch.answered();
    let title = match &done {
        Some(_) => t!("batch-done-title", n = answered),
        None => t!("batch-title", n = batch.items.len()),
    };
    let lead = match &done {
        Some(name) => t!("batch-done-lead", name = name),
        None => t!("batch-lead"),
    };
    BatchView {
        title: title.to_string(),
        lead: lead.to_string(),
        counts: if done.is_some() { counts(batch) } else { counts_before(batch) },
        rows: batch.items.iter().map(|item| row(item, done.is_some())).collect(),
        act: t!("batch-act", n = answered).to_string(),
        ready: answered > 0,
        done: done.is_some(),
    }
}

fn row(item: &Item, done: bool) -> BatchRow {
    let (tone, word, text) = match &item.fate {
        Fate::Waits => (Tone::Info, t!("batch-waits"), String::new()),
        Fate::Taken => (Tone::Ok, t!("batch-taken"), String::new()),
        Fate::Answered(answer) if done => {
            let text = match &answer.file {
                Some(file) => t!("batch-answered-file", text = answer.text, file = file).to_string(),
                None => answer.text.clone(),
            };
            (Tone::Ok, t!("batch-answered"), text)
        }
        Fate::Answered(answer) => (Tone::Info, t!("batch-will-answer"), answer.text.clone()),
        Fate::Choice => (Tone::Warn, t!("batch-choice"), t!("batch-choice-why").to_string()),
        Fate::Shown => (Tone::Info, t!("batch-shown"), t!("batch-shown-why").to_string()),
        Fate::Refused(_) => (Tone::Danger, t!("batch-refused"), String::new()),
    };
    BatchRow {
        file: item.name.clone(),
        kind: kind(item).to_string(),
        machine: match &item.fate {
            Fate::Answered(answer) => answer.device.short(),
            _ => String::new(),
        },
        state: (tone, word.to_string()),
        text,
        refused: match &item.fate {
            Fate::Refused(errors) => errors.clone(),
            _ => Vec::new(),
        },
        open: item.dropped.is_some() && !done && item.fate != Fate::Taken,
    }
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
