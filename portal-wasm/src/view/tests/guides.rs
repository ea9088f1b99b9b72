//! Handovers and guides as they are drawn.

use postern_issuer::{Handed, decide_handover, decide_release, decide_take_over, prepare_handover};
use postern_protocol::bundle_file::HandoverFile;
use postern_protocol::documents::{Ceiling, LedgerBase, LedgerId, LedgerReference};
use postern_protocol::{Digest, File, Limits, sealed_key};
use postern_testkit::{id, key, public, sign};

use super::*;
use crate::desk::model::handover::Received;
use crate::desk::model::recovery::{Begun, Collected, Guide};

/// The world's account handed over to B. Deputy, and the file that says so.
fn handed_over(world: &World) -> (Account, File) {
    let (account, _) = ready(world);
    let chain = account.any_chain().unwrap().clone();
    let decision = decide_handover(&account.desk(&chain, now()), "B. Deputy").unwrap();
    let account = account.with_ledger(Some(finish(decision, &world.portal_key).ledger));
    let pem = sealed_key::seal(&world.portal_key, b"sundial orchard", [1; 16], [2; 16]).unwrap();
    let sealed = pem.lines().map(str::to_owned).collect();
    let preparation = prepare_handover(&account.desk(&chain, now()), world.bundle_file(), sealed).unwrap();
    let signature = world.portal_key.sign(&preparation.message());
    let file = preparation.finish(&account.loaded.verified, &signature).unwrap();
    (account, file)
}

fn received(world: &World) -> Received {
    let (account, file) = handed_over(world);
    let parts = HandoverFile::take(file).unwrap();
    let handed = Handed::read(&parts, &account.loaded.verified, &Limits::DEFAULT).unwrap();
    Received { loaded: account.loaded.clone(), bundle: None, handed }
}

/// The ledger page of this state with a guide that was begun in another.
fn guided(before: &State, guide: Guide, then: State) -> String {
    let mut state = then;
    state.guide = Some(Begun::new(guide, before));
    state.page = Page::Ledger;
    render(state)
}

fn opened(account: &Account) -> State {
    after(vec![Change::Opened(account.clone().into())])
}

#[test]
fn a_handover_says_what_it_brings_and_can_be_put_away() {
    let world = World::new();
    let received = Shared::new(received(&world));
    let before = after(vec![Change::NoBundle]);
    let mut state = before.clone();
    state.apply(now(), Change::Received(received.clone()));
    let html = render(state.clone());
    shows(&html, &["Take over the ledger", "Ada Admin", "B. Deputy", "Take over</button>", "Not now"]);
    // Another one meanwhile: both lead back to where the person was.
    state.apply(now(), Change::Received(received));
    state.apply(now(), Change::PutAway);
    assert_eq!(state.flow, before.flow);
}

#[test]
fn who_handed_over_is_told_so_and_makes_the_file_again_only() {
    let world = World::new();
    let (account, _) = handed_over(&world);
    let html = render(opened(&account));
    shows(&html, &["Nothing more is issued here", "handed over to B. Deputy"]);
    let (fresh, _) = ready(&world);
    let html = guided(&opened(&fresh), Guide::HandOver, opened(&account));
    shows(&html, &["handed over to B. Deputy, ", "Make the file again", "It is over"]);
    assert!(!html.contains("Who goes on?"));
    let html = guided(&opened(&fresh), Guide::HandOver, opened(&fresh));
    shows(&html, &["Who goes on?", "Make the handover file"]);

    // It came back.
    let chain = account.any_chain().unwrap().clone();
    let received = received(&world);
    let document = Some(&received.handed.document);
    let taken = finish(decide_take_over(&account.desk(&chain, now()), document).unwrap(), &world.portal_key);
    let html = guided(&opened(&fresh), Guide::HandOver, opened(&account.with_ledger(Some(taken.ledger))));
    shows(&html, &["taken over by Ada Admin", "The ledger is here again"]);
    assert!(!html.contains("Nothing more is issued here"));
}

#[test]
fn a_key_that_stays_in_its_browser_leads_to_a_new_key() {
    let world = World::new();
    let here = KeyHere { public: public(&world.portal_key), sealed: None };
    let loaded = loaded(&world).with_keys(std::slice::from_ref(&here));
    let (account, _) = ready(&world);
    let account = Account { loaded: loaded.into(), ..account };
    let html = guided(&opened(&account), Guide::HandOver, opened(&account));
    shows(&html, &["gives it to nobody", "The key is lost, or others may know it</button>"]);
    assert!(!html.contains("Make the handover file"));
}

#[test]
fn a_lost_ledger_is_collected_for_renewed_and_begun() {
    let world = World::new();
    let without = after(vec![Change::Opened(account(&world).into())]);
    let html = guided(&without, Guide::Lost, without.clone());
    shows(&html, &["Look for an export", "0 machines so far", "aria-current=\"step\""]);
    assert!(!html.contains("for the vendor</button>"));

    let mut collecting = without.clone();
    let file = File { documents: vec![sign(&world.request(public(&key(30)), None), &[&key(30)])], ..File::default() };
    let dropped = Dropped::read("plant.lfr".into(), file.to_bytes()).unwrap();
    let device = Some(dropped.request().unwrap().device.key);
    collecting.apply(now(), Change::Collected(vec![Collected { file: dropped, device }]));
    shows(&guided(&without, Guide::Lost, collecting.clone()), &["1 machine so far", "Pack 1 file for the vendor"]);

    let mut packed = collecting;
    packed.page = Page::Ledger;
    packed.guide = Some(Begun { packed: true, ..Begun::new(Guide::Lost, &without) });
    shows(&render(packed), &["the files are packed", "postern renew account.toml --previous acme.bundle --new-epoch"]);

    // The vendor's bundle is here, and then the ledger is begun.
    let ledger = LedgerId { key: public(&world.portal_key), epoch: 1 };
    let next = LedgerReference { ledger, position: 1, previous: Digest::of(b"") };
    let mut bundle = world.bundle().bundle.get().clone();
    bundle.serial = 2;
    bundle.ledger_base = Some(LedgerBase::empty(next));
    let mut file = world.bundle_file();
    file.documents = vec![sign(&bundle, &[&world.ops_key])];
    let loaded =
        crate::desk::model::account::Loaded::verify(file, crate::desk::model::account::Root::FirstUse, &[]).unwrap();
    let renewed = Account::open(loaded.into(), public(&world.portal_key), "Ada Admin".into()).unwrap();
    let html = guided(&without, Guide::Lost, after(vec![Change::Opened(renewed.clone().into())]));
    shows(&html, &["bundle 2, made", "life 2", "Begin the ledger</button>"]);
    let chain = renewed.any_chain().unwrap().clone();
    let begun = postern_issuer::begin_ledger(&renewed.desk(&chain, now())).unwrap();
    let renewed = renewed.with_ledger(Some(finish(begun, &world.portal_key).ledger));
    shows(&guided(&without, Guide::Lost, opened(&renewed)), &["It is over", "The ledger is in its life 2"]);

    // Or an export turns up.
    let (found, _) = ready(&world);
    let mut found = opened(&found);
    found.page = Page::Ledger;
    found.guide = Some(Begun { imported: Some(2), ..Begun::new(Guide::Lost, &without) });
    let html = render(found);
    shows(&html, &["a ledger that ends at entry 2 was imported", "The ledger is back"]);
    assert!(!html.contains("postern renew"));
}

#[test]
fn a_dead_machine_is_released_and_the_guide_is_over() {
    let world = World::new();
    let (account, token) = ready(&world);
    let chain = account.any_chain().unwrap().clone();
    let asked = asked(&world, &account, token);
    let mut choice = asked.examination.default_choice();
    choice.seats = vec![(id("bot-creator"), 3)];
    choice.end = Ceiling::Limited(postern_testkit::time("2027-06-30T23:59:59Z"));
    let issued = postern_issuer::decide_license(&account.desk(&chain, now()), &asked.request, &choice).unwrap();
    let account = account.with_ledger(Some(finish(issued, &world.portal_key).ledger));
    let before = opened(&account);
    shows(&guided(&before, Guide::Dead, before.clone()), &["Open the overview", "Leave the guide"]);
    let released = decide_release(&account.desk(&chain, now()), &public(&key(30)), "burnt").unwrap();
    let released = account.with_ledger(Some(finish(released, &world.portal_key).ledger));
    let html = guided(&before, Guide::Dead, opened(&released));
    shows(&html, &["was released, ", "It is over", "Close the guide"]);
    // A release that was before is none of this guide's.
    assert!(!guided(&opened(&released), Guide::Dead, opened(&released)).contains("It is over"));
}

#[test]
fn a_new_key_is_sent_with_its_ledger() {
    let world = World::new();
    let (account, _) = ready(&world);
    let before = opened(&account);
    shows(&guided(&before, Guide::Key, before.clone()), &["Export ledger</button>"]);
    let fresh = KeyHere { public: public(&key(40)), sealed: None };
    let mut made = before.clone();
    made.apply(now(), Change::Keys(vec![fresh.clone()]));
    made.page = Page::Ledger;
    made.guide = Some(Begun { exported: Some(2), ..Begun::new(Guide::Key, &before) });
    let html = render(made);
    shows(&html, &["exported up to entry 2", "--re-key --ledger acme.ledger", &fresh.license_code()]);
    // A portal that is closed has nothing to export; the key can still be replaced.
    let closed = after(vec![Change::Loaded(loaded(&world).into())]);
    shows(&guided(&closed, Guide::Key, closed.clone()), &["no ledger is open here", "Unlock first"]);
}

#[test]
fn a_deputy_sees_where_the_ledger_ends_and_takes_over() {
    let world = World::new();
    let (account, _) = ready(&world);
    let before = opened(&account);
    let html = guided(&before, Guide::Deputy, before.clone());
    shows(&html, &["The ledger here ends at entry 2, by Ada Admin", "I go on with this ledger</button>"]);
    let chain = account.any_chain().unwrap().clone();
    let taken = finish(decide_take_over(&account.desk(&chain, now()), None).unwrap(), &world.portal_key);
    let html = guided(&before, Guide::Deputy, opened(&account.with_ledger(Some(taken.ledger))));
    shows(&html, &["taken over by Ada Admin", "From now on only you issue"]);
}

#[test]
fn other_pages_lead_back_to_the_guide() {
    let world = World::new();
    let (account, _) = ready(&world);
    let mut state = opened(&account);
    assert!(!render(state.clone()).contains("Back to the guide"));
    state.guide = Some(Begun::new(Guide::Dead, &state));
    shows(&render(state.clone()), &["Back to the guide: A machine is lost or broken for good"]);
    state.page = Page::Ledger;
    assert!(!render(state).contains("Back to the guide"));
}
