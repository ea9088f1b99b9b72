//! Between unlocking and a request: where the ledger comes from is said explicitly; then the request is dropped.

use super::handover::handed_over;
use super::parts::{button, card, drop_zone, muted};
use super::sheet::Sheet;
use crate::desk::model::account::Account;
use crate::desk::model::command::Command;
use crate::desk::model::flow::State;
use crate::desk::model::words;
use crate::screen::{Node, Tag};
use crate::t;

/// The choice: import the ledger, or begin a new one.
pub(super) fn begin(state: &State, account: &Account) -> Sheet {
    let name = words::label(account.bundle(), &account.bundle().account);
    let offered = state.brand.ledger.is_some().then(|| {
        let import = button("button button-primary", t!("begin-site-do"), &Command::SiteLedger);
        vec![Tag::P.with(t!("begin-site")), import]
    });
    let import: Vec<Node> = vec![
        Tag::P.with(t!("begin-import")).into(),
        offered.map(Node::from).into(),
        drop_zone(t!("begin-drop"), t!("begin-drop-hint"), state.busy).into(),
    ];
    let begin = vec![
        Tag::P.with(t!("begin-new")),
        muted(t!("begin-new-why")),
        button("button", t!("begin-new-do"), &Command::BeginLedger),
    ];
    let cards = Tag::Div.class("grid").with(card(t!("begin-import-title"), Node::none(), import)).with(card(
        t!("begin-new-title"),
        Node::none(),
        begin,
    ));
    Sheet::new("begin", t!("begin-title"), t!("begin-lead", account = name)).step(2).with(cards)
}

/// The third step: ready for a request.
pub(super) fn ready(state: &State, account: &Account) -> Sheet {
    let name = words::label(account.bundle(), &account.bundle().account);
    Sheet::new("ready", t!("ready-title"), t!("ready-lead", account = name))
        .step(3)
        .with(handed_over(state))
        .with(drop_zone(t!("ready-drop"), t!("ready-hint"), state.busy))
        .with(muted(t!("ready-token")))
}
