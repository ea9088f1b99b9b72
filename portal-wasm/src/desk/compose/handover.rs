//! The ledger changes hands in one file: the form that makes it, and the page that opens it.

use super::load::wrong;
use super::parts::{Row, Tone, badge, button, card, field, label, main_button, muted, summary};
use super::sheet::Sheet;
use super::unlock::{name, passphrase};
use crate::desk::model::command::Command;
use crate::desk::model::flow::State;
use crate::desk::model::handover::Received;
use crate::desk::model::shown::{Busy, Page};
use crate::desk::model::words;
use crate::screen::{Act, Attr, Element, Submit, Tag};
use crate::t;

/// The form that makes the file: to whom, unless the ledger says so already, and the passphrase, twice.
pub(super) fn form(state: &State, again: bool) -> Element {
    let plain = |id, text| {
        let input = field(id, "text").set(Attr::Autocomplete, "off").set(Attr::Maxlength, "100");
        Tag::Div.class("field").with(label(id, text)).with(input)
    };
    let secret = |id, text| {
        let input = field(id, "password").set(Attr::Autocomplete, "new-password");
        Tag::Div.class("field").with(label(id, text)).with(input)
    };
    let to = (!again).then(|| plain(TO, t!("handover-to")));
    let fields = Tag::Div
        .class("fields")
        .with(secret(SECRETS[0], t!("handover-passphrase")))
        .with(secret(SECRETS[1], t!("passphrase-again")));
    let submit = Submit {
        command: Command::HandOver.bytes(),
        plain: if again { Vec::new() } else { vec![TO.into()] },
        secret: SECRETS.map(Into::into).to_vec(),
    };
    let text = if again { t!("handover-make-again") } else { t!("handover-make") };
    let busy = state.busy == Some(Busy::Signing);
    Tag::Form
        .class("stack-tight")
        .with(to)
        .with(fields)
        .with(wrong(state))
        .with(main_button("button button-primary", text, busy, false))
        .act(Act::Submit(submit))
}

const TO: &str = "handover-to";
const SECRETS: [&str; 2] = ["handover-passphrase", "handover-passphrase-again"];

/// A handover file on the table: what it brings, and the form that takes over.
pub(super) fn take_over(state: &State, received: &Received) -> Sheet {
    let bundle = received.loaded.bundle();
    let (by, to, at) = received.said();
    let mut rows = vec![
        Row::new(t!("account"), words::label(bundle, &bundle.account)),
        Row::new(t!("handover-by"), by),
        Row::new(t!("handover-for"), to),
    ];
    rows.extend(at.map(|at| Row::new(t!("handover-at"), words::instant(at))));
    rows.extend([
        Row::new(t!("handover-entries"), received.handed.ledger.entries().len()),
        Row::new(t!("serial"), bundle.serial),
        Row::code(t!("vendor-root"), received.loaded.root().short()),
    ]);
    let busy = state.busy == Some(Busy::Unlocking);
    let progress = busy.then(|| Tag::Progress.class("progress").set(Attr::AriaLabel, t!("busy-unlocking")));
    let submit =
        Submit { command: Command::TakeHanded.bytes(), plain: vec!["by".into()], secret: vec!["passphrase".into()] };
    let foot = Tag::Div
        .class("card-foot actions")
        .with(main_button("button button-primary", t!("handover-take"), busy, false))
        .with(button("button button-quiet", t!("handover-not-now"), &Command::PutAway));
    let secret = passphrase(state.draft.revealed, t!("handover-passphrase-help"));
    let form = Tag::Form
        .class("card")
        .with(Tag::Div.class("card-body").with(name(state)).with(secret).with(progress))
        .with(foot)
        .act(Act::Submit(submit));
    let brings = card(t!("handover-brings"), badge(Tone::Ok, t!("verified")), summary(rows));
    let account = words::label(bundle, &bundle.account);
    Sheet::new("take-over", t!("handover-title"), t!("handover-lead", account = account))
        .step(2)
        .with(Tag::Div.class("split").with(form).with(brings))
        .with(muted(t!("handover-writer")))
}

/// That nothing is issued here because the ledger was handed over.
pub(super) fn handed_over(state: &State) -> Option<Element> {
    let handed = state.flow.account()?.ledger.as_ref()?.handed_over()?;
    let link = (state.page != Page::Ledger).then(|| {
        let link = Tag::A.class("button button-small").set(Attr::Href, "#/ledger");
        Tag::P.class("actions").with(link.with(t!("handed-over-go")))
    });
    let text = Tag::P.with(t!("handed-over", to = handed.to, at = words::instant(handed.at)));
    let title = Tag::P.class("alert-title").with(t!("handed-over-title"));
    let body = Tag::Div.class("alert-body").with(text).with(link);
    Some(Tag::Div.class("alert alert-warn").with(title).with(body))
}
