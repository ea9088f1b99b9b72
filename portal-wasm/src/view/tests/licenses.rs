//! Many licenses in one bundle, and end users who answer their own machines.

use postern_issuer::{begin_ledger, decide_license, examine};
use postern_protocol::documents::{Ceiling, Installation};
use postern_testkit::{many, now};

use super::*;
use crate::desk::model::account::{Loaded, Root};

/// A portal on which end users answer their own machines, with this many licenses loaded.
fn self_service(count: usize) -> (postern_testkit::World, Loaded) {
    let world = many::world(now());
    let bundle = many::bundle(&world, count, many::Issuer::EndUser, now(), |_, _| ());
    (world, Loaded::verify(bundle, Root::FirstUse, &[]).unwrap())
}

#[test]
fn an_end_user_is_asked_for_their_file_and_then_for_their_license_key() {
    let (world, loaded) = self_service(3);
    assert_eq!(loaded.way, Way::Credential);
    let loaded = Change::Loaded(loaded.into());
    let html = render(after(vec![loaded.clone()]));
    shows(&html, &["Activate automation", "activate_offline.req", "type=\"file\"", "The vendor's root is pinned"]);
    assert!(!html.contains("id=\"license-key\"") && !html.contains("Overview"), "{html}");

    let machine = postern_testkit::key(30);
    let file = many::request(&world, &machine, &many::credential(1), now(), |_| ());
    let waits = Change::Waits(Dropped::read("activate_offline.req".into(), file.to_bytes()).unwrap().into());
    let html = render(after(vec![loaded.clone(), waits.clone()]));
    shows(
        &html,
        &["A machine asks to be activated.", "id=\"license-key\"", "Activate the machine", "autocomplete=\"off\""],
    );
    let html = render(after(vec![loaded.clone(), waits.clone(), Change::ByUser(true)]));
    shows(&html, &["id=\"user\"", "id=\"password\"", "autocomplete=\"off\""]);
    assert!(!html.contains("id=\"license-key\""), "{html}");
    // Put away, nothing waits any more.
    let html = render(after(vec![loaded, waits, Change::Locked]));
    assert!(!html.contains("id=\"license-key\""), "{html}");
}

#[test]
fn many_entitlements_are_searched_and_not_all_shown() {
    let world = many::world(now());
    let with = |count| {
        let file = many::bundle(&world, count, many::Issuer::Administrator, now(), |_, _| ());
        let loaded = Loaded::verify(file, Root::FirstUse, &[]).unwrap();
        let account = Account::open(loaded.into(), postern_testkit::public(&world.portal_key), "Ada".into()).unwrap();
        vec![Change::Opened(account.into()), Change::Went(Page::Overview)]
    };
    let few = render(after(with(20)));
    assert!(!few.contains("id=\"find\"") && few.matches("class=\"seats\"").count() == 20);
    let many = render(after(with(300)));
    shows(&many, &["id=\"find\"", "The first 20 of 300"]);
    assert_eq!(many.matches("class=\"seats\"").count(), 20);
    let found = |text: &str| render(after([with(300), vec![Change::Searched(text.into())]].concat()));
    let one = found(" LICENSE-299 ");
    shows(&one, &["1 found", "grant-299"]);
    assert_eq!(one.matches("class=\"seats\"").count(), 1);
    shows(&found("nothing like it"), &["0 found"]);
    // A search is over with its page.
    let left =
        [with(300), vec![Change::Searched("299".into()), Change::Went(Page::Ledger), Change::Went(Page::Overview)]];
    shows(&render(after(left.concat())), &["The first 20 of 300"]);
}

#[test]
fn long_work_says_how_far_it_is() {
    let html = render(after(vec![Change::NoBundle, Change::Progress(2560, 10_001)]));
    shows(&html, &["2560 of 10001 checked", "value=\"2560\"", "max=\"10001\""]);
    assert!(!render(after(vec![Change::NoBundle, Change::Progress(1, 2), Change::Idle])).contains("progress-line"));
}

#[test]
fn a_long_file_is_drawn_in_part_with_every_way_down_to_what_fails() {
    let world = many::world(now());
    let mut file = many::bundle(&world, 300, many::Issuer::Administrator, now(), |_, _| ());
    file.grants[250] = postern_testkit::sign(&world.account, &[&postern_testkit::key(99)]);
    let dropped = Dropped::read("many.bundle".into(), file.to_bytes()).unwrap();
    let inspection = Inspection::of(&dropped, Some(&world.trust_state()), &[]);
    assert_eq!(inspection.chain.len() + inspection.left_out, 303);
    let html = render(after(vec![Change::NoBundle, Change::Inspected(inspection.into())]));
    shows(&html, &["data-line=\"252\"", "signature-invalid", "data-line=\"303\"", "does not count: line 252 fails"]);
    shows(&html, &["more links that hold or hang from one shown here"]);
    assert!(html.matches("data-line=").count() < 30, "{html}");
}

#[test]
fn many_machines_of_one_entitlement_are_searched_too() {
    let world = many::world(now());
    let file = many::bundle(&world, 1, many::Issuer::Administrator, now(), |_, grant| {
        grant.license_count = Ceiling::Unlimited;
        grant.allowances = Ceiling::Limited(vec![]);
        grant.installations =
            Ceiling::Limited(vec![Installation { license_id: many::license_id(0), allowances: vec![] }]);
    });
    let loaded = Loaded::verify(file, Root::FirstUse, &[]).unwrap();
    let portal = postern_testkit::public(&world.portal_key);
    let mut account = Account::open(loaded.into(), portal, "Ada".into()).unwrap();
    let chain = account.any_chain().unwrap().clone();
    let begun = finish(begin_ledger(&account.desk(&chain, now())).unwrap(), &world.portal_key);
    account = account.with_ledger(Some(begun.ledger));
    for seed in 100..125 {
        let file = many::request(&world, &postern_testkit::key(seed), &many::credential(0), now(), |_| ());
        let asked = Dropped::read("a.req".into(), file.to_bytes()).unwrap().request().unwrap();
        let desk = account.desk(&chain, now());
        let decision = decide_license(&desk, &asked, &examine(&desk, &asked).default_choice()).unwrap();
        let outcome = finish(decision, &world.portal_key);
        account = account.with_ledger(Some(outcome.ledger));
    }
    let opened = vec![Change::Opened(account.into()), Change::Went(Page::Overview)];
    let rows = |html: &str| html.matches("<th scope=\"row\">").count();
    let html = render(after(opened.clone()));
    shows(&html, &["20 of 25 machines", "id=\"find\""]);
    assert_eq!(rows(&html), 20);
    let last = postern_testkit::public(&postern_testkit::key(124)).short();
    let html = render(after([opened, vec![Change::Searched(last.to_string())]].concat()));
    shows(&html, &["1 of 25 machines", &last]);
    assert_eq!(rows(&html), 1);
}
