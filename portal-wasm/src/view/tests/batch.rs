//! Several files at once, in a table.

use postern_protocol::documents::{Cycle, Installed, Request, SeatUse};
use postern_protocol::{File, Verified};
use postern_testkit::{id, key, now, public};

use super::*;
use crate::desk::model::batch::{Answer, Batch, Fate, Item, decide, handed_out_again};
use crate::desk::model::pack::{Names, pack};

/// Files as they are dropped: a request of the machine 30 that shows two seats in use, the same again, a license of
/// somebody's holiday, the bundle.
fn items(world: &World, token: postern_protocol::Digest) -> Vec<Item> {
    let request = request(world, 30, token, |_| ());
    let lfr = File { documents: vec![request.envelope().clone()], ..File::default() }.to_bytes();
    let read = |name: &str, bytes: Vec<u8>| {
        let read = Dropped::read(name.into(), bytes).map_err(|error| vec![Explained::from(&error)]);
        Item::new(name.into(), read)
    };
    vec![
        read("plant.lfr", lfr),
        read("holiday.jpg", b"JFIF".to_vec()),
        read("acme.bundle", world.bundle_file().to_bytes()),
    ]
}

#[test]
fn each_file_says_what_it_is_and_its_refusal_stands_beside_it() {
    let world = World::new();
    let (account, token) = ready(&world);
    let mut items = items(&world, token);
    for item in &mut items {
        if let Some(dropped) = &item.dropped {
            item.fate = decide(dropped, &account, now()).map(drop).unwrap_err();
        }
    }
    // A first request needs seats to be chosen: nothing is installed there to go by.
    assert_eq!((&items[0].fate, &items[2].fate), (&Fate::Choice, &Fate::Shown));
    let batch = Batch { items, pack: None };
    let html = render(after(vec![Change::Opened(account.clone().into()), Change::Batch(account.into(), batch.into())]));
    shows(&html, &["3 files at once", "plant.lfr", "License file request", "Needs a choice", "Open plant.lfr alone"]);
    shows(&html, &["holiday.jpg", "Not a Postern file", "Refused", "refusal-do", "Nothing to answer", "disabled"]);
    shows(&html, &["3 in all: 0 to answer, 0 answered before, 1 refused, 2 other"]);
    let (_, lfr) = html.split_once("data-file=\"plant.lfr\"").unwrap();
    assert!(lfr.contains(&public(&key(30)).short()), "whose it is, whatever becomes of it: {lfr}");
    let (_, jpg) = html.split_once("data-file=\"holiday.jpg\"").unwrap();
    let (jpg, _) = jpg.split_once("</tr>").unwrap();
    assert!(jpg.contains("data-code=") && !jpg.contains("batch-open"), "{jpg}");
}

#[test]
fn answers_are_packed_under_the_names_that_came_with_a_summary() {
    let world = World::new();
    let (account, token) = ready(&world);
    let challenge = challenge(&world, &account, token, 3600);
    let decision = challenge.decide(&account, now()).unwrap();
    let outcome = finish(decision, &world.portal_key);
    let mut names = Names::default();
    let name = names.of_answer("clock.req", outcome.file_name);
    let answer = Answer { text: "Time ticket".into(), file: Some(name.clone()), position: Some(3) };
    let mut items = items(&world, token);
    items[0].fate = Fate::Answered(answer);
    items[2].fate = Fate::Taken;
    let mut batch = Batch { items, pack: None };
    let files = vec![(name, outcome.file.unwrap().to_bytes())];
    let packed = pack(&account, &batch, &files, now()).unwrap();
    assert_eq!(packed.name, "acme-2026-11-22.zip");
    // Stored, not squeezed: what is in it stands there as it is.
    let holds = |wanted: &[u8]| packed.bytes.windows(wanted.len()).any(|part| part == wanted);
    assert!(holds(&files[0].1) && holds(b"clock.clock.ticket") && holds(b"summary.txt"));
    let expected: [&[u8]; 4] = [
        b"3 in all: 1 answered, 0 answered before, 1 refused, 1 other",
        b"Ledger entry: 3",
        b"File: clock.clock.ticket",
        b"holiday.jpg",
    ];
    assert!(expected.into_iter().all(holds));
    batch.pack = Some(packed);
    let done = render(after(vec![Change::Opened(account.clone().into()), Change::Batch(account.into(), batch.into())]));
    shows(
        &done,
        &["1 file is answered", "clock.clock.ticket", "Download again", "acme-2026-11-22.zip", "Next request"],
    );
    assert!(!done.contains("Will be answered") && !done.contains("batch-open"), "{done}");
}

#[test]
fn answers_that_cannot_be_packed_are_told_to_be_in_the_ledger() {
    let world = World::new();
    let (account, token) = ready(&world);
    let batch = Batch { items: items(&world, token), pack: None };
    let twice = [("a.lic".to_owned(), b"a".to_vec()), ("a.lic".to_owned(), b"b".to_vec())];
    let refused = pack(&account, &batch, &twice, now()).map_err(PortalError::PackFailed).unwrap_err();
    let html = render(after(vec![Change::Refused(vec![Explained::from(&refused)])]));
    shows(&html, &["data-code=\"portal-pack-failed\"", "The answers are in the ledger", "Drop the same files again"]);
}

#[test]
fn one_file_opened_alone_leads_back_to_the_others() {
    let world = World::new();
    let (account, token) = ready(&world);
    let batch = Batch { items: items(&world, token), pack: None };
    let account = Shared::new(account);
    let mut changes = vec![
        Change::Opened(account.clone()),
        Change::Batch(account.clone(), batch.into()),
        Change::Asked(asked(&world, &account, token).into()),
    ];
    shows(&render(after(changes.clone())), &["Allocate seats to machine"]);
    changes.push(Change::Again);
    shows(&render(after(changes.clone())), &["3 files at once"]);
    changes.push(Change::Again);
    shows(&render(after(changes)), &["Drop the license file request"]);
}

/// An account whose machine has five seats, and the request with which it asks again while six are in use.
fn asks_again(world: &World) -> (Account, Verified<Request>) {
    let (account, token) = ready(world);
    let first = request(world, 30, token, |request| request.seats = vec![]);
    let chain = account.any_chain().unwrap().clone();
    let desk = account.desk(&chain, now());
    let examination = postern_issuer::examine(&desk, &first);
    let seats = vec![(id("bot-creator"), 5)];
    let choice = postern_issuer::Choice { seats, ..examination.default_choice() };
    let decision = postern_issuer::decide_license(&desk, &first, &choice).unwrap();
    let sequence = decision.license().unwrap().sequence;
    let outcome = finish(decision, &world.portal_key);
    let asks = request(world, 30, token, |request| {
        request.nonce = id("again");
        request.cycle = Cycle { number: 2, ..request.cycle };
        request.installed = Installed { license: outcome.document, sequence };
        request.seats =
            vec![SeatUse { seat_type: id("bot-creator"), in_use: 6, holders: vec!["ada".into(), "bob".into()] }];
    });
    (account.with_ledger(Some(outcome.ledger)), asks)
}

#[test]
fn a_row_says_what_the_machine_has_before_and_after_and_who_has_to_be_released() {
    let world = World::new();
    let (account, asks) = asks_again(&world);
    let dropped = |request: &Verified<Request>| {
        let file = File { documents: vec![request.envelope().clone()], ..File::default() };
        Dropped::read("plant.lfr".into(), file.to_bytes()).unwrap()
    };
    let (text, decision) = decide(&dropped(&asks), &account, now()).unwrap();
    let line = "License: bot-creator 5 → 5; end 2027-06-30 → 2027-06-30. 1 seat \"bot-creator\" too many is in use";
    assert!(text.starts_with(line) && text.contains("held by ada, bob"), "{text}");
    // Once it is answered, the same bytes are handed out again, and are in the table as such.
    let outcome = finish(decision, &world.portal_key);
    let account = account.with_ledger(Some(outcome.ledger));
    let fate = decide(&dropped(&asks), &account, now()).unwrap_err();
    let earlier = crate::desk::model::batch::earlier(&fate);
    assert_eq!(earlier, outcome.document);
    let mut item = Item::new("plant.lfr".into(), Ok(dropped(&asks)));
    item.fate = handed_out_again(earlier.unwrap());
    let batch = Batch { items: vec![item], pack: None };
    let html = render(after(vec![Change::Opened(account.clone().into()), Change::Batch(account.into(), batch.into())]));
    shows(&html, &["Answered before", "Hand 1 answer out again", "1 in all: 0 to answer, 1 answered before"]);
    assert!(!html.contains("disabled"), "{html}");
}
