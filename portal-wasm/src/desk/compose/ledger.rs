//! The ledger in words, with export and import.

use postern_protocol::Verified;
use postern_protocol::documents::{Bundle, Delegated, Event, LedgerEntry, Standing};
use yew::AttrValue;

use super::guides::guides;
use super::handover::handed_over;
use super::parts::{Row, button, card, drop_zone, note, short, summary, table, table_card};
use super::sheet::Sheet;
use super::tokens::locked;
use crate::desk::model::command::Command;
use crate::desk::model::flow::State;
use crate::desk::model::shown::Page;
use crate::desk::model::words;
use crate::screen::{Node, Tag};
use crate::t;

/// Ledger entries that the page shows, newest first; the export has all of them.
const ENTRIES_SHOWN: usize = 200;

pub(super) fn ledger(state: &State) -> Sheet {
    let account = state.flow.account();
    let Some((account, ledger)) = account.and_then(|account| Some((account, account.ledger.as_ref()?))) else {
        let guides = state.flow.loaded().map(|_| guides(state));
        return locked(Page::Ledger).with(guides.map(Node::from));
    };
    let bundle = account.bundle();
    let head = ledger.entries().last().map(|entry| entry.digest().to_string());
    let line = |entry: &Verified<LedgerEntry>| {
        [
            what(bundle, &entry.event).into(),
            short(words::instant(entry.at)).into(),
            short(&entry.by).into(),
            short(entry.place.position).into(),
        ]
    };
    let title = match ledger.entries().len() {
        n if n > ENTRIES_SHOWN => t!("entries-newest", n = n, shown = ENTRIES_SHOWN),
        n => t!("entries", n = n),
    };
    let heads = [t!("ledger-what"), t!("ledger-at"), t!("ledger-by"), t!("ledger-position")];
    let entries = table(heads, ledger.entries().iter().rev().take(ENTRIES_SHOWN).map(line));
    let about = vec![
        Row::code(t!("ledger-key"), ledger.id().key.short()),
        Row::new(t!("ledger-epoch"), ledger.id().epoch),
        Row::code(t!("ledger-head"), head.unwrap_or_default()),
    ];
    let import = vec![Tag::P.with(t!("import")), drop_zone(t!("begin-drop"), t!("begin-drop-hint"), state.busy)];
    let export = button("button button-primary", t!("export"), &Command::ExportLedger);
    let split = Tag::Div.class("split").with(card(t!("import-title"), Node::none(), import)).with(card(
        t!("ledger-about"),
        Node::none(),
        summary(about),
    ));
    let mut guides: Vec<Node> = guides(state).into_iter().map(Node::from).collect();
    let others = guides.pop();
    Sheet::with_acts("ledger", t!("tab-ledger"), t!("ledger-lead"), Tag::P.class("actions").with(export))
        .with(handed_over(state))
        .with(guides)
        .with(table_card(title, note(t!("ledger-newest-first")), entries))
        .with(split)
        .with(others)
}

/// An entry in words.
fn what(bundle: &Bundle, event: &Event) -> AttrValue {
    match event {
        Event::Begun { .. } => t!("event-begun"),
        Event::TokenMade { id, license_id, .. } => {
            t!("event-token", token = words::short(id), license_id = words::label(bundle, license_id))
        }
        Event::Issued(issued) => {
            let seats: Vec<(String, u64)> = issued
                .allocation
                .iter()
                .map(|one| (words::label(bundle, &one.seat_type).to_string(), one.at(issued.starts_at)))
                .collect();
            let issued_text = t!(
                "event-issued",
                machine = issued.device.key.short(),
                license_id = words::label(bundle, &issued.license_id),
                seats = words::seats(&seats),
                start = words::day(issued.starts_at),
                end = words::end(issued.ends_at)
            );
            if issued.accepted_fork { t!("event-accepted", issued = issued_text) } else { issued_text }
        }
        Event::Settled { device, .. } => t!("event-settled", machine = device.key.short()),
        Event::Synced { device, .. } => t!("event-synced", machine = device.key.short()),
        Event::ReleasedDead { device, reason, .. } => {
            t!("event-released", machine = device.key.short(), reason = reason)
        }
        Event::ClockRepaired { device, back: 0, .. } => t!("event-clock", machine = device.key.short()),
        Event::ClockRepaired { device, back, .. } => {
            t!("event-clock-back", machine = device.key.short(), span = words::span(*back))
        }
        Event::HandedOver { to } => t!("event-handed-over", to = to),
        Event::TakenOver { .. } => t!("event-taken-over"),
        Event::Delegated(delegated) => server(bundle, delegated),
        Event::ChildSeen(seen) => t!("event-child-seen", client = seen.child, n = seen.devices),
    }
}

/// What became of a license server.
fn server(bundle: &Bundle, delegated: &Delegated) -> AttrValue {
    let grant = delegated.child.as_ref();
    let client = words::client(grant);
    match delegated.standing {
        Standing::Suspended => t!("event-server-suspended", client = client),
        Standing::Revoked => t!("event-server-revoked", client = client),
        Standing::Active => {
            let each = grant.allowances.limit().into_iter().flatten();
            let seats: Vec<(String, u64)> =
                each.map(|one| (words::label(bundle, &one.seat_type).to_string(), one.at(grant.issued_at))).collect();
            t!("event-server", client = client, serial = grant.serial, seats = words::seats(&seats))
        }
    }
}
