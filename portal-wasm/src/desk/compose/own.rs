//! Self-service: the file of a machine, and the license key, or user and password, that its license belongs to.

use postern_protocol::Kind;

use super::parts::{Tone, badge, card, check_box, check_of, code, drop_zone, field, label, main_button, muted};
use super::sheet::Sheet;
use crate::desk::model::account::Loaded;
use crate::desk::model::command::{Command, Field};
use crate::desk::model::flow::State;
use crate::desk::model::words;
use crate::screen::{Act, Attr, Element, Node, Submit, Tag};
use crate::t;

pub(super) fn own(state: &State, loaded: &Loaded) -> Sheet {
    let bundle = loaded.bundle();
    let product = words::label(bundle, &bundle.product);
    let root =
        loaded.first_use.then(|| muted(t!("own-first-use")).with(Node::Text(" ".into())).with(code(loaded.root())));
    let sheet = Sheet::new("own", t!("own-title", product = product), t!("own-lead")).with(root);
    let Some(waiting) = &state.waiting else {
        return sheet.with(drop_zone(t!("own-drop"), t!("own-hint"), state.busy));
    };
    let back = waiting.kind == Kind::Deactivation;
    let what = if back { t!("own-file-back") } else { t!("own-file-activation") };
    sheet
        .with(card(waiting.name.clone(), badge(Tone::Ok, t!("own-file-here")), Tag::P.with(what)))
        .with(form(state, back))
}

/// A license key, or user and password.
fn form(state: &State, back: bool) -> Element {
    let by_user = state.draft.by_user;
    let busy = state.busy.is_some();
    let way = |users: bool, text| {
        let choice = check_box("radio", by_user == users).set(Attr::Name, "credential");
        check_of(choice.act(Field::ByUser(users).ticked()), text)
    };
    let ways = Tag::Div.class("cluster").with(way(false, t!("own-by-key"))).with(way(true, t!("own-by-user")));
    let ways =
        Tag::Fieldset.class("field plain-fieldset").with(Tag::Legend.class("label").with(t!("own-entered"))).with(ways);
    let progress = busy.then(|| Tag::Progress.class("progress").set(Attr::AriaLabel, t!("busy-unlocking")));
    let body = Tag::Div.class("card-body").with(ways).with(fields(by_user)).with(progress);
    let text = if back { t!("own-give-back") } else { t!("own-activate") };
    let (plain, secret) = if by_user { (vec!["user".into()], "password") } else { (Vec::new(), "license-key") };
    Tag::Form
        .class("card")
        .set(Attr::Autocomplete, "off")
        .with(body)
        .with(Tag::Div.class("card-foot").with(main_button("button button-primary", text, busy, false)))
        .act(Act::Submit(Submit { command: Command::Own.bytes(), plain, secret: vec![secret.into()] }))
}

fn fields(by_user: bool) -> Vec<Element> {
    let around = |id: &'static str, text, input| Tag::Div.class("field").key(id).with(label(id, text)).with(input);
    if by_user {
        let user = field("user", "text").set(Attr::Autocomplete, "username").set(Attr::Maxlength, "1024");
        let password = field("password", "password").set(Attr::Autocomplete, "off");
        let help = Tag::P.class("field-help").with(t!("own-password-help"));
        return vec![around("user", t!("own-user"), user), around("password", t!("own-password"), password).with(help)];
    }
    let key = field("license-key", "text")
        .set(Attr::Class, "input mono")
        .set(Attr::Autocomplete, "off")
        .set(Attr::Spellcheck, "false")
        .set(Attr::Autocapitalize, "characters");
    vec![around("license-key", t!("own-key"), key).with(Tag::P.class("field-help").with(t!("own-key-help")))]
}
