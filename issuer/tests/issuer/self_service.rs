//! Self-service: an end user issues by the key of their own license key, in whichever browser they are.

use postern_issuer::*;
use postern_protocol::documents::*;
use postern_protocol::{Digest, PublicKey};
use postern_testkit::*;

use crate::node_locked::{account, machine};
use crate::portal::*;

/// A browser of the end user whose credential is also the subject, without a ledger.
fn browser() -> Portal {
    let mut world = account(|grant| grant.license_count = Ceiling::Limited(2)).world;
    world.account.subject = public(&credential());
    world.portal_key = credential();
    let portal = Portal::without_ledger(world);
    assert!(self_service(portal.chain.leaf()));
    portal
}

/// Activates a machine as the page does it: with the ledger that is here if it holds what the machine remembers.
fn activate(browser: &mut Portal, machine: &mut Station) -> Answer {
    let request = machine.activate(browser);
    if !browser.ledger.as_ref().is_some_and(|ledger| ledger.holds(&request.ledgers)) {
        let begun = begin_own_ledger(&browser.desk(), &request.ledgers).unwrap();
        browser.carry_out(begun);
    }
    let decision = browser.activation(&request).unwrap();
    let outcome = browser.carry_out(decision);
    let answer = Portal::license_of(&outcome);
    machine.install(&answer);
    answer
}

fn epoch(browser: &Portal) -> u64 {
    browser.ledger().id().epoch
}

#[test]
fn the_ledger_of_a_machine_that_remembers_none_begins_at_the_first_epoch() {
    let mut browser = browser();
    let mut machine = machine(30);
    let answer = activate(&mut browser, &mut machine);
    let ledger = answer.license.ledger;
    assert_eq!((ledger.ledger, ledger.position), (LedgerId { key: public(&credential()), epoch: 0 }, 2));
    // The same browser goes on with it.
    activate(&mut browser, &mut machine);
    assert_eq!((epoch(&browser), browser.ledger().next().position), (0, 4));
    // It can be stored and read again.
    let lines: Vec<Vec<u8>> = browser.ledger().entries().iter().map(|one| one.envelope().line().to_vec()).collect();
    let restored =
        Ledger::restore(&browser.bundle, &browser.chain, &lines, &postern_protocol::Limits::DEFAULT).unwrap();
    assert_eq!(restored.next(), browser.ledger().next());
}

#[test]
fn another_browser_begins_above_all_that_the_machine_remembers() {
    let (mut office, mut home) = (browser(), browser());
    let mut machine = machine(30);
    activate(&mut office, &mut machine);
    let second = activate(&mut home, &mut machine).license;
    assert_eq!((epoch(&home), second.sequence), (1, 2));
    let restored: Vec<Vec<u8>> = home.ledger().entries().iter().map(|one| one.envelope().line().to_vec()).collect();
    Ledger::restore(&home.bundle, &home.chain, &restored, &postern_protocol::Limits::DEFAULT).unwrap();
    // Back in the first browser, whose ledger the machine has outgrown.
    assert_eq!(activate(&mut office, &mut machine).license.sequence, 3);
    assert_eq!(epoch(&office), 2);
    // And again: each knows only its own entries.
    activate(&mut office, &mut machine);
    assert_eq!(epoch(&office), 2);
}

#[test]
fn two_browsers_that_both_began_first_do_not_lock_a_machine_out() {
    let (mut office, mut home) = (browser(), browser());
    let (mut first, mut second) = (machine(30), machine(31));
    home.now = home.now.plus(60);
    activate(&mut office, &mut first);
    activate(&mut home, &mut second);
    // Both wrote epoch 0. The machine remembers an entry that the other browser's ledger has otherwise.
    let request = first.activate(&home);
    assert!(!home.ledger().holds(&request.ledgers));
    assert_eq!(codes(home.activation(&request)), ["ledger-forked"]);
    activate(&mut home, &mut first);
    assert_eq!(epoch(&home), 1);
}

#[test]
fn only_an_end_users_own_ledger_begins_by_itself() {
    let administrators = account(|_| {});
    let seen = LedgerReference {
        ledger: LedgerId { key: public(&administrators.world.portal_key), epoch: 0 },
        position: 9,
        previous: Digest::of(b"elsewhere"),
    };
    let with = |ledger| Desk { ledger, ..administrators.desk() };
    assert_eq!(codes(begin_own_ledger(&with(None), &[seen])), ["not-self-service"]);
    let has = administrators.ledger.as_ref();
    assert_eq!(codes(begin_own_ledger(&with(has), &[])), ["ledger-exists", "not-self-service"]);

    // What holds all that the machine remembers is gone on with.
    let mut browser = browser();
    let mut machine = machine(30);
    activate(&mut browser, &mut machine);
    assert_eq!(codes(begin_own_ledger(&browser.desk(), &machine.request.ledgers)), ["ledger-exists"]);
}

#[test]
fn references_to_other_ledgers_raise_no_epoch() {
    let browser = browser();
    let reference = |key: PublicKey, epoch| LedgerReference {
        ledger: LedgerId { key, epoch },
        position: 3,
        previous: Digest::of(b"entry 2"),
    };
    let begun = begin_own_ledger(&browser.desk(), &[reference(public(&key(77)), 5)]).unwrap();
    assert_eq!(begun.entry().place.ledger.epoch, 0);
    let own = [reference(public(&credential()), 4), reference(public(&credential()), 2)];
    assert_eq!(begin_own_ledger(&browser.desk(), &own).unwrap().entry().place.ledger.epoch, 5);
}

#[test]
fn a_higher_epoch_of_an_administrators_key_is_no_beginning() {
    let (mut office, mut home) = (browser(), browser());
    let mut asks = machine(30);
    activate(&mut office, &mut asks);
    activate(&mut home, &mut asks);
    // The same key, once it is no credential of its own entitlement.
    let mut world = browser().world;
    world.account.credentials = vec![Credential { key: public(&key(77)), from: CredentialKind::LicenseKey }];
    let administrators = Portal::without_ledger(world);
    assert_eq!(epoch(&home), 1);
    assert_eq!(home.ledger().check_beginning(&home.bundle), Ok(()));
    assert_eq!(home.ledger().check_beginning(&administrators.bundle), Err(LedgerError::BundleOlder));
    assert_eq!(office.ledger().check_beginning(&administrators.bundle), Ok(()));
}
