//! Step 1: load the bundle, or make a key for one.

use super::icons::{self, icon};
use super::parts::{card, drop_zone, field, label, main_button, muted};
use super::sheet::Sheet;
use crate::desk::model::command::Command;
use crate::desk::model::flow::State;
use crate::desk::model::shown::Busy;
use crate::screen::{Act, Attr, Element, Node, Submit, Tag};
use crate::t;

pub(super) fn load(state: &State) -> Sheet {
    let tagline = state.brand.tagline.clone().map_or_else(|| t!("load-lead"), Into::into);
    Sheet::new("load", t!("load-title"), tagline)
        .step(1)
        .with(drop_zone(t!("load-drop"), t!("load-hint"), state.busy))
        .with(card(t!("code-title"), Node::none(), codes(state)))
}

/// The License Codes of the keys in this browser, and the form that makes one.
pub(super) fn codes(state: &State) -> Vec<Element> {
    let codes: Vec<String> = state.keys.iter().map(|key| key.license_code()).collect();
    let mut parts = vec![
        Tag::P.with(t!("code-lead")),
        Tag::Div.class("stack-tight").each(codes.iter().map(|code| code_box(state, code))),
    ];
    if !codes.is_empty() {
        parts.push(muted(t!("code-send")));
    }
    parts.push(make_key(state, !codes.is_empty()).key("make-key"));
    parts
}

/// A License Code in groups, with a button that copies it.
fn code_box(state: &State, code: &str) -> Element {
    let group = |group: &str| Tag::Span.class("code-group").with(group.to_owned());
    let output = Tag::Output
        .class("code")
        .set(Attr::AriaLabel, t!("code"))
        .set(Attr::DataCode, code.to_owned())
        .each(code.split('-').map(group));
    let copied = state.draft.copied.as_deref() == Some(code);
    let copy = Tag::Button
        .class("button button-small")
        .set(Attr::Type, "button")
        .with(if copied { t!("copied") } else { t!("copy") })
        .act(Act::Copy(code.to_owned().into(), Command::Copied(code.to_owned()).bytes()));
    Tag::Div.class("code-box").with(output).with(copy)
}

/// The form that makes a key; with a passphrase where the browser can't keep one itself.
fn make_key(state: &State, more: bool) -> Element {
    let secrets = ["new-passphrase", "new-passphrase-again"];
    let secret = |id, text| {
        let input = field(id, "password").set(Attr::Autocomplete, "new-password");
        Tag::Div.class("field").with(label(id, text)).with(input)
    };
    let sealed = (!state.keeps_keys).then(|| {
        let [first, second] = secrets;
        let fields = Tag::Div
            .class("fields")
            .with(secret(first, t!("passphrase-new")))
            .with(secret(second, t!("passphrase-again")));
        vec![muted(t!("code-sealed")), fields]
    });
    let submit = Submit {
        command: Command::MakeKey.bytes(),
        plain: Vec::new(),
        secret: if state.keeps_keys { Vec::new() } else { secrets.map(Into::into).to_vec() },
    };
    let mut button = main_button(
        "button",
        if more { t!("code-make-more") } else { t!("code-make") },
        state.busy == Some(Busy::Unlocking),
        false,
    );
    button.children.insert(0, icon(icons::KEY).into());
    Tag::Form.class("stack-tight").with(sealed.map(Node::from)).with(wrong(state)).with(button).act(Act::Submit(submit))
}

/// What is wrong with a form, in words.
pub(super) fn wrong(state: &State) -> Option<Element> {
    let wrong = state.draft.wrong.as_ref()?;
    Some(Tag::P.class("field-error").set(Attr::Role, "alert").with(wrong))
}
