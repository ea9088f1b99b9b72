//! What the desk composes from real documents, drawn natively.

mod batch;
mod forms;
mod guides;
mod licenses;

use postern_testkit::{World, now};
use yew::prelude::*;

use super::draw::Pen;
use crate::desk::compose;
use crate::desk::model::account::{Account, Way};
use crate::desk::model::brand;
use crate::desk::model::change::Change;
use crate::desk::model::command::Edit;
use crate::desk::model::dropped::Dropped;
use crate::desk::model::error::PortalError;
use crate::desk::model::flow::{Answered, Flow, Issued, State, Told};
use crate::desk::model::form::Asked;
use crate::desk::model::inspection::Inspection;
use crate::desk::model::keys::KeyHere;
use crate::desk::model::shared::Shared;
use crate::desk::model::shown::{Busy, Explained, Page};
use crate::desk::model::testing::*;
use crate::screen::Screen;
use crate::wire;

#[derive(PartialEq, Properties)]
struct DrawnProps {
    screen: Screen,
}

/// The page, as `App` draws it.
#[component]
fn Drawn(props: &DrawnProps) -> Html {
    Pen::new(Callback::noop()).draw(&props.screen.nodes)
}

fn render(state: State) -> String {
    let composed = compose::screen(&state);
    // As it travels from the desk to the page.
    let screen: Screen = wire::read(&wire::write(&composed)).expect("a screen that survives the message");
    assert_eq!(screen, composed);
    let html = drawn(screen);
    assert!(!html.contains("style="), "the content security policy refuses style attributes");
    assert_eq!(html.matches("<h1").count(), usize::from(!html.contains("skeleton")), "one h1 a page: {html}");
    html
}

fn drawn(screen: Screen) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, async {
        yew::LocalServerRenderer::<Drawn>::with_props(DrawnProps { screen }).hydratable(false).render().await
    })
}

fn shows(html: &str, texts: &[&str]) {
    for text in texts {
        assert!(html.contains(text), "{text:?} is missing in {html}");
    }
}

#[test]
fn the_first_page_offers_bundle_and_license_code() {
    let world = World::new();
    let key = KeyHere { public: postern_testkit::public(&world.portal_key), sealed: None };
    let html = render(after(vec![Change::NoBundle, Change::Keys(vec![key.clone()])]));
    shows(&html, &["Load your entitlement bundle", "Make another key", &key.license_code(), "type=\"file\""]);
    assert!(!html.contains("class=\"tabs\""), "no pages without an account");
}

#[test]
fn a_browser_without_ed25519_asks_for_a_passphrase() {
    let brand = brand::Brand::default();
    let with = |keeps_keys| Change::Started { brand: brand.clone().into(), keeps_keys };
    shows(&render(after(vec![with(false), Change::NoBundle])), &["New passphrase"]);
    assert!(!render(after(vec![with(true), Change::NoBundle])).contains("New passphrase"));
}

#[test]
fn unlocking_says_the_root_at_first_use() {
    let world = World::new();
    let loaded = loaded(&world);
    let root = loaded.root().to_string();
    let html = render(after(vec![Change::Loaded(loaded.clone().into())]));
    shows(&html, &["First use of this vendor root", &root, "This bundle is for another key", "acme"]);
    let mut sealed = loaded;
    sealed.way = Way::Sealed("PEM".into());
    let html = render(after(vec![Change::Loaded(sealed.into()), Change::Busy(Busy::Unlocking)]));
    shows(&html, &["Your name", "type=\"password\"", "<progress", "Working on the key"]);
    assert!(!html.contains("PEM"), "the sealed key is no text to show");
}

#[test]
fn the_ledger_is_asked_for_explicitly() {
    let world = World::new();
    let html = render(after(vec![Change::Opened(account(&world).into())]));
    shows(&html, &["Where is this account", "First use: begin a new one", "It exists: import it", "Ada Admin"]);
}

#[test]
fn a_request_is_told_in_words() {
    let (state, _, asked) = allocating(&World::new());
    let html = render(state);
    let machine = asked.request.device.key.short();
    shows(&html, &[&machine, "plant.lfr", "acme", "cr-1", "number 1 of cycle 1", "nothing yet", "2 bot-creator"]);
    shows(&html, &["10 free", "20 free", "Choose at least one seat", "disabled"]);
}

#[test]
fn what_is_wrong_stands_beside_the_field() {
    let (state, account, _) = allocating(&World::new());
    let Flow::Allocate(_, asked) = state.flow else { panic!("not allocating") };
    let edited = |typed: &str| {
        render(after(vec![
            Change::Opened(account.clone()),
            Change::Asked(asked.clone()),
            Change::Edited(Edit::Seats("bot-creator".into(), typed.into())),
        ]))
    };
    shows(&edited("11"), &["seats-exceed-grant", "aria-invalid=\"true\""]);
    let fits = edited("4");
    shows(&fits, &["What changes on the machine", "+4"]);
    assert!(!fits.contains("field-error"));
}

#[test]
fn an_answered_request_offers_its_file() {
    let world = World::new();
    let (_, account, asked) = allocating(&world);
    let chosen = asked.edited(&Edit::Seats("bot-creator".into(), "4".into()), &account, now());
    let outcome = finish(chosen.decide(&account, now()).unwrap(), &world.portal_key);
    let moved = account.with_ledger(Some(outcome.ledger));
    let html =
        render(after(vec![Change::Opened(moved.clone().into()), Change::Asked(asked.again(&moved, now()).into())]));
    shows(&html, &["request-used", "Download the file issued before"]);

    let issued = Issued {
        name: outcome.file_name.into(),
        bytes: outcome.file.unwrap().to_bytes(),
        document: outcome.document,
        answers: Some(Answered::Request(chosen.into())),
    };
    let done = vec![Change::Issued(moved.clone().into(), issued.into())];
    shows(&render(after(done)), &["is issued", "postern-verifier install license.olf", "in 2 days", "Entry</dt><dd>3"]);

    let opened = || Change::Opened(moved.clone().into());
    let overview = render(after(vec![opened(), Change::Went(Page::Overview)]));
    shows(&overview, &["Bought", "<dd>10</dd>", "<dd>4</dd>", "<dd>6</dd>", "1 machine", "used by machine"]);
    let ledger = render(after(vec![opened(), Change::Went(Page::Ledger)]));
    shows(&ledger, &["3 entries", "The ledger begins", "Enablement token", "4 bot-creator", "Export ledger"]);
}

#[test]
fn a_restored_machine_is_accepted_by_a_switch() {
    let world = World::new();
    let (account, token) = ready(&world);
    let recovering = request(&world, 30, token, |request| {
        request.recovers = Some(postern_protocol::Digest::of(b"license"));
        request.installed.sequence = 3;
    });
    let asked = Asked::new("plant.lfr".into(), recovering, &account, now()).unwrap();
    let account = Shared::new(account);
    let mut changes = vec![
        Change::Opened(account.clone()),
        Change::Asked(asked.into()),
        Change::Edited(Edit::Seats("bot-creator".into(), "4".into())),
    ];
    let html = render(after(changes.clone()));
    shows(&html, &["This machine was restored", "Accept this machine as it is now", "2 of 2 left, 1 day apart"]);
    shows(&html, &["Newest license there</dt><dd>3", "Newest license in the ledger</dt><dd>0", "disabled"]);
    assert!(!html.contains("What changes on the machine") && !html.contains("request-recovers"), "{html}");
    changes.push(Change::Edited(Edit::AcceptFork(true)));
    let state = after(changes);
    let Flow::Allocate(_, asked) = &state.flow else { panic!("not allocating") };
    let outcome = finish(asked.decide(&account, now()).unwrap(), &world.portal_key);
    shows(&render(state), &["What changes on the machine", "+4"]);
    let moved = account.with_ledger(Some(outcome.ledger));
    let ledger = render(after(vec![Change::Opened(moved.into()), Change::Went(Page::Ledger)]));
    shows(&ledger, &["accepted as it was"]);
}

#[test]
fn a_clock_challenge_becomes_a_ticket() {
    let world = World::new();
    let (account, token) = ready(&world);
    let account = Shared::new(account);
    let on_the_table = |account: &Shared<Account>, ahead| {
        let challenge = challenge(&world, account, token, ahead);
        render(after(vec![Change::Opened(account.clone()), Change::Matter(challenge.into())]))
    };
    let html = on_the_table(&account, 3600);
    shows(&html, &["clock.req", "2026-11-22 10:00 UTC", "2026-11-22 09:00 UTC", "Lets the machine go back by 1 hour"]);
    shows(&html, &["2 of 2", "1 day", "Make time ticket", "the right time"]);
    let free = on_the_table(&account, 0);
    shows(&free, &["which is free", "Make time ticket"]);
    assert!(!free.contains("Repairs backward left"), "{free}");
    shows(&on_the_table(&account, 86_401), &["clock-too-far-back", "Drop another request"]);

    let challenge = challenge(&world, &account, token, 3600);
    let outcome = finish(challenge.decide(&account, now()).unwrap(), &world.portal_key);
    let moved = Shared::new(account.with_ledger(Some(outcome.ledger)));
    // The account changed under it, as when another tab has answered: it is examined anew.
    let opened = after(vec![
        Change::Opened(account.clone()),
        Change::Matter(challenge.clone().into()),
        Change::Opened(moved.clone()),
    ]);
    shows(&render(opened), &["request-used", "Download the file issued before"]);
    let issued = Issued {
        name: outcome.file_name.into(),
        bytes: outcome.file.unwrap().to_bytes(),
        document: outcome.document,
        answers: Some(Answered::Matter(challenge.into())),
    };
    let done = render(after(vec![Change::Issued(moved.clone(), issued.into())]));
    shows(&done, &["is made", "postern-verifier clock repair clock.ticket", "make a new one there", "Entry</dt><dd>3"]);
    let ledger = render(after(vec![Change::Opened(moved), Change::Went(Page::Ledger)]));
    shows(&ledger, &["was told the time: back by 1 hour"]);
}

#[test]
fn tokens_are_for_approved_accounts() {
    let mut world = World::new();
    let token_page = |world: &World| {
        let (account, _) = ready(world);
        render(after(vec![Change::Opened(account.into()), Change::Went(Page::Token)]))
    };
    shows(&token_page(&world), &["Make token", "data-license=\"cr-1\""]);

    let begun = ready(&world).0;
    world.account.approval =
        postern_protocol::documents::Approval::Right(postern_protocol::documents::ApprovalRight::None);
    let unapproved = account(&world).with_ledger(begun.ledger);
    let html = render(after(vec![Change::Opened(unapproved.into()), Change::Went(Page::Token)]));
    shows(&html, &["approval-missing", "licensing@northwind.example"]);
    assert!(!html.contains("Make token<"));
}

#[test]
fn pages_without_an_account_say_what_is_missing() {
    for page in [Page::Overview, Page::Token, Page::Ledger] {
        shows(&render(after(vec![Change::NoBundle, Change::Went(page)])), &["Unlock first"]);
    }
}

#[test]
fn a_file_is_shown_in_words() {
    let world = World::new();
    let dropped = Dropped::read("acme.bundle".into(), world.bundle_file().to_bytes()).unwrap();
    let inspection = Inspection::of(&dropped, Some(&world.trust_state()), &[]);
    let html = render(after(vec![Change::NoBundle, Change::Inspected(inspection.into())]));
    shows(&html, &["Entitlement bundle", "acme.bundle", "Verified", "northwind"]);
    // The bundle itself is open and comes first; what it brings along waits under its titles.
    let (open, folded) = html.split_once("Also in this file").unwrap();
    let (chain, document) = open.split_once("</ol>").unwrap();
    shows(chain, &["Chain of authority", "chain-holds chain-2", "data-line=\"3\"", "acme-1", "Rights"]);
    assert!(document.contains("Entitlement bundle of account 'acme'") && !document.contains("acme-1"), "{document}");
    shows(folded, &["<details class=\"fold\"><summary>", "acme-1"]);
}

#[test]
fn refusals_come_in_pairs() {
    let error = Explained::from(&PortalError::NeedsBundle);
    let told = Change::Refused(vec![error.clone()]);
    let html = render(after(vec![Change::NoBundle, told]));
    shows(&html, &["refusal-what", "refusal-do", "portal-needs-bundle", "role=\"alert\"", "Dismiss this message"]);
    let html = render(after(vec![Change::NoBundle, Change::Told(Told::KeyMade)]));
    shows(&html, &["The key was made", "role=\"status\""]);
    let stopped = render(after(vec![Change::Stopped(error)]));
    shows(&stopped, &["The portal can", "portal-needs-bundle"]);
}

#[test]
fn the_brand_is_the_vendors() {
    let brand = brand::read(
        br#"{"name": "Northwind Licenses", "organization": "Northwind Ltd", "logo": "logo.svg",
        "links": [{"label": "Help", "href": "https://northwind.example/help"}],
        "contact": {"name": "Desk", "phone": "+1 555 0100"}, "pages": {"overview": false}}"#,
    );
    let brand = Change::Started { brand: brand.unwrap().into(), keeps_keys: true };
    let (account, _) = ready(&World::new());
    let html = render(after(vec![brand, Change::Opened(account.into()), Change::Went(Page::Overview)]));
    shows(&html, &["Northwind Licenses", "src=\"logo.svg\"", "https://northwind.example/help", "+1 555 0100"]);
    shows(&html, &["Drop the license file request"]);
    assert!(!html.contains("#/overview"), "the page is off");
}
