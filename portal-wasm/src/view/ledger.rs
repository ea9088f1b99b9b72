//! The ledger in words, with export and import.

use postern_protocol::Verified;
use postern_protocol::documents::{Bundle, Event, LedgerEntry};
use yew::prelude::*;

use super::drop_zone::DropZone;
use super::parts::{Heading, row};
use super::portal::use_portal;
use super::token::Locked;
use crate::model::words;
use crate::t;
use crate::tasks::Intent;

/// The page.
#[component]
pub fn LedgerPage() -> Html {
    let portal = use_portal();
    let account = portal.state.flow.account();
    let Some((account, ledger)) = account.and_then(|account| Some((account, account.ledger.as_ref()?))) else {
        return html! { <Locked title={t!("tab-ledger")} /> };
    };
    let bundle = account.bundle();
    let head = ledger.entries().last().map(|entry| entry.digest().to_string()).unwrap_or_default();
    html! {
        <>
            <Heading title={t!("tab-ledger")} lead={t!("ledger-lead")}>
                <p class="actions">
                    <button class="button button-primary" type="button" onclick={portal.asks(Intent::ExportLedger)}>
                        { t!("export") }
                    </button>
                </p>
            </Heading>
            <section class="card card-flush">
                <div class="card-head">
                    <h2>{ t!("entries", n = ledger.entries().len()) }</h2>
                    <span class="card-note">{ t!("ledger-newest-first") }</span>
                </div>
                <div class="card-body">
                    <table class="table">
                        <thead>
                            <tr>
                                <th scope="col">{ t!("ledger-position") }</th>
                                <th scope="col">{ t!("ledger-what") }</th>
                                <th scope="col">{ t!("ledger-at") }</th>
                                <th scope="col">{ t!("ledger-by") }</th>
                            </tr>
                        </thead>
                        <tbody>{ for ledger.entries().iter().rev().map(|entry| line(bundle, entry)) }</tbody>
                    </table>
                </div>
            </section>
            <div class="split">
                <section class="card">
                    <div class="card-head"><h2>{ t!("import-title") }</h2></div>
                    <div class="card-body">
                        <p>{ t!("import") }</p>
                        <DropZone title={t!("begin-drop")} hint={t!("begin-drop-hint")} />
                    </div>
                </section>
                <aside class="card">
                    <div class="card-head"><h2>{ t!("ledger-about") }</h2></div>
                    <div class="card-body">
                        <dl class="summary">
                            { row(t!("ledger-key"), html! { <code>{ ledger.id().key.short() }</code> }) }
                            { row(t!("ledger-epoch"), ledger.id().epoch.to_string()) }
                            { row(t!("ledger-head"), html! { <code>{ head }</code> }) }
                        </dl>
                    </div>
                </aside>
            </div>
        </>
    }
}

fn line(bundle: &Bundle, entry: &Verified<LedgerEntry>) -> Html {
    html! {
        <tr>
            <th scope="row" class="num">{ entry.place.position }</th>
            <td data-label={t!("ledger-what")}>{ what(bundle, &entry.event) }</td>
            <td class="nowrap" data-label={t!("ledger-at")}>{ words::instant(entry.at) }</td>
            <td data-label={t!("ledger-by")}>{ &entry.by }</td>
        </tr>
    }
}

/// An entry in words.
fn what(bundle: &Bundle, event: &Event) -> AttrValue {
    match event {
        Event::Begun { .. } => t!("event-begun"),
        Event::TokenMade { id, license_id, .. } => {
            let short = id.as_str().get(..8).unwrap_or_default();
            t!("event-token", token = short, license_id = words::label(bundle, license_id))
        }
        Event::Issued(issued) => {
            let seats: Vec<String> = issued
                .allocation
                .iter()
                .map(|one| {
                    let name = words::label(bundle, &one.seat_type);
                    t!("in-use-seats", n = one.at(issued.starts_at), name = name).to_string()
                })
                .collect();
            t!(
                "event-issued",
                machine = issued.device.key.short(),
                license_id = words::label(bundle, &issued.license_id),
                seats = seats.join(", "),
                start = words::day(issued.starts_at),
                end = words::end(issued.ends_at)
            )
        }
        Event::Settled { device, .. } => t!("event-settled", machine = device.key.short()),
        Event::Synced { device, .. } => t!("event-synced", machine = device.key.short()),
        Event::ReleasedDead { device, reason, .. } => {
            t!("event-released", machine = device.key.short(), reason = reason)
        }
        Event::ClockRepaired { device, .. } => t!("event-clock", machine = device.key.short()),
        Event::TakenOver { .. } => t!("event-taken-over"),
    }
}
