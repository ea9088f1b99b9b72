//! Step 2: who signs, and with which passphrase; what the bundle says about itself.

use yew::AttrValue;

use super::icons::{self, icon};
use super::load::{codes, wrong};
use super::parts::{Row, Tone, badge, card, code, field, help, label, main_button, summary};
use super::sheet::Sheet;
use crate::desk::model::account::{Loaded, Way};
use crate::desk::model::command::Command;
use crate::desk::model::flow::State;
use crate::desk::model::shown::Busy;
use crate::desk::model::words;
use crate::screen::{Act, Attr, Element, Node, Submit, Tag};
use crate::t;

pub(super) fn unlock(state: &State, loaded: &Loaded) -> Sheet {
    let bundle = loaded.bundle();
    let account = words::label(bundle, &bundle.account);
    let rows = vec![
        Row::new(t!("account"), &account),
        Row::new(t!("product"), words::label(bundle, &bundle.product)),
        Row::new(t!("serial"), bundle.serial),
        Row::new(t!("issued-at"), words::day(bundle.issued_at)),
        Row::new(t!("expires-at"), words::day(bundle.expires_at)),
        Row::new(t!("contact"), &bundle.contact),
        Row::code(t!("vendor-root"), loaded.root().short()),
    ];
    let key = match loaded.way {
        Way::NotHere => card(t!("not-here-title"), Node::none(), not_here(state, loaded)),
        _ => form(state, loaded),
    };
    let bundle = card(t!("bundle"), badge(Tone::Ok, t!("verified")), summary(rows));
    Sheet::new("unlock", t!("unlock-title"), t!("unlock-lead", account = account))
        .step(2)
        .with(loaded.first_use.then(|| first_use(loaded)))
        .with(Tag::Div.class("split").with(key).with(bundle))
}

fn first_use(loaded: &Loaded) -> Element {
    let body = Tag::Div.class("alert-body").with(Tag::P.with(t!("first-use"))).with(Tag::P.with(code(loaded.root())));
    Tag::Div.class("alert alert-warn").with(Tag::P.class("alert-title").with(t!("first-use-title"))).with(body)
}

/// A bundle for a key that is not in this browser.
fn not_here(state: &State, loaded: &Loaded) -> Vec<Node> {
    let expected: Vec<Element> = loaded.expected_codes().iter().map(|one| Tag::P.with(code(one))).collect();
    vec![Tag::P.with(t!("not-here")).into(), expected.into(), Tag::Hr.class("rule").into(), codes(state).into()]
}

/// Name, passphrase where there is one, and the button.
fn form(state: &State, loaded: &Loaded) -> Element {
    let busy = state.busy == Some(Busy::Unlocking);
    let sealed = match &loaded.way {
        Way::Sealed(_) => true,
        Way::Here(key) => key.sealed.is_some(),
        Way::Credential | Way::NotHere => false,
    };
    let name = name(state);
    let secret = if sealed {
        passphrase(state.draft.revealed, t!("passphrase-help"))
    } else {
        Tag::P.class("muted").with(t!("unlock-here"))
    };
    let progress = busy.then(|| Tag::Progress.class("progress").set(Attr::AriaLabel, t!("busy-unlocking")));
    let submit = Submit {
        command: Command::Unlock.bytes(),
        plain: vec!["by".into()],
        secret: if sealed { vec!["passphrase".into()] } else { Vec::new() },
    };
    Tag::Form
        .class("card")
        .with(Tag::Div.class("card-body").with(name).with(secret).with(progress))
        .with(Tag::Div.class("card-foot").with(main_button("button button-primary", t!("unlock"), busy, false)))
        .act(Act::Submit(submit))
}

/// The field of a name, with what is wrong with the form.
pub(super) fn name(state: &State) -> Element {
    let name = field("by", "text")
        .set(Attr::Autocomplete, "name")
        .set(Attr::Maxlength, "100")
        .set(Attr::AriaDescribedby, "by-help");
    Tag::Div
        .class(if state.draft.wrong.is_some() { "field is-invalid" } else { "field" })
        .with(label("by", t!("name")))
        .with(name)
        .with(help("by-help", t!("name-help")))
        .with(wrong(state))
}

/// The field of a passphrase, which can be made readable.
pub(super) fn passphrase(revealed: bool, help: AttrValue) -> Element {
    let input = field("passphrase", if revealed { "text" } else { "password" });
    let show = Tag::Button
        .class("icon-button")
        .set(Attr::Type, "button")
        .set(Attr::AriaPressed, revealed.to_string())
        .set(Attr::AriaLabel, t!("passphrase-show"))
        .with(icon(icons::LOOK))
        .act(Command::Reveal.click());
    Tag::Div
        .class("field")
        .with(label("passphrase", t!("passphrase")))
        .with(Tag::Span.class("password").with(input.set(Attr::Autocomplete, "current-password")).with(show))
        .with(Tag::P.class("field-help").with(help))
}
