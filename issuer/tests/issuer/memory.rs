//! Refusals for what a machine is and remembers: its life, its token, and what it knows of the ledger.

use postern_issuer::*;
use postern_protocol::Digest;
use postern_protocol::documents::*;
use postern_testkit::*;

use crate::portal::*;
use crate::refusals::{FIVE, asked, renewed, world};

/// A machine that has installed two licenses, the first of which is given too.
fn twice() -> (Portal, Station, Answer) {
    let (mut portal, mut machine) = world(|_| {});
    let first = portal.answer(&machine.ask(now()), FIVE);
    machine.install(&first);
    let second = portal.answer(&machine.ask(now()), FIVE);
    machine.install(&second);
    portal.answer(&machine.ask(now()), FIVE);
    (portal, machine, first)
}

#[test]
fn two_requests_of_one_number() {
    let (mut portal, mut machine) = world(|_| {});
    portal.answer(&machine.ask(now()), FIVE);
    machine.request.nonce = id("another");
    assert_eq!(portal.codes(&machine.sign(), FIVE), ["machine-rolled-back"]);
}

#[test]
fn a_machine_that_shows_a_license_that_was_replaced() {
    let (portal, mut machine, first) = twice();
    let replaced = |sequence| Installed { license: Some(first.digest), sequence };
    for installed in [replaced(1), replaced(2), Installed { license: None, sequence: 1 }] {
        let request = machine.ask_with(now(), |request| request.installed = installed);
        assert_eq!(portal.codes(&request, FIVE), ["machine-rolled-back"], "{installed:?}");
    }
    assert_eq!(portal.codes(&machine.ask(now()), FIVE), [""; 0]);
}

#[test]
fn a_machine_that_shows_another_usage_record() {
    let (portal, mut machine, _) = twice();
    let told = machine.request.usage;
    for usage in [
        Checkpoint { genesis: Digest::of(b"another"), ..told },
        Checkpoint { count: told.count - 1, ..told },
        Checkpoint { head: Digest::of(b"another"), ..told },
    ] {
        let request = machine.ask_with(now(), |request| request.usage = usage);
        assert_eq!(portal.codes(&request, FIVE), ["machine-rolled-back"], "{usage:?}");
    }
    // Nothing was recorded in between: the same record again is no other one.
    assert_eq!(portal.codes(&machine.ask_with(now(), |request| request.usage = told), FIVE), [""; 0]);
}

#[test]
fn named_machines_lives_and_counts() {
    let (portal, mut machine) = renewed(|grant| {
        let share = Share { device: public(&key(99)), allowances: vec![seats("bot-creator", 1)] };
        grant.devices = Devices::Named(vec![share]);
    });
    assert_eq!(portal.codes(&machine.ask(now()), FIVE), ["machine-not-named", "seats-exceed-grant"]);
    assert_eq!(asked(|request| request.device.epoch = 1), ["machine-epoch"]);
    let (mut portal, mut machine) = renewed(|grant| grant.license_count = Ceiling::Limited(1));
    let mut other = portal.machine(31);
    portal.answer(&machine.ask(now()), FIVE);
    assert_eq!(portal.codes(&other.ask(now()), FIVE), ["machines-too-many"]);
    assert_eq!(portal.codes(&machine.ask(now()), FIVE), [""; 0]);
}

#[test]
fn credentials() {
    let credential = key(40);
    let listed = Credential { key: public(&credential), from: CredentialKind::LicenseKey };
    let (portal, mut machine) = renewed(|grant| grant.credentials = vec![listed]);
    assert_eq!(portal.codes(&machine.ask(now()), FIVE), ["credential-missing"]);
    for (signer, expected) in [(&credential, vec![]), (&key(41), vec!["credential-unknown"])] {
        machine.request.credential = Some(public(signer));
        let request = verified(&machine.request, &[&machine.key, signer]);
        assert_eq!(portal.codes(&request, FIVE), expected);
    }
}

#[test]
fn tokens() {
    assert_eq!(asked(|request| request.enablement = None), ["token-missing"]);
    assert_eq!(asked(|request| request.enablement = Some(Digest::of(b"no token"))), ["token-unknown"]);
    let (mut portal, mut machine) = world(|_| {});
    portal.answer(&machine.ask(now()), FIVE);
    let mut thief = Station::new(31, machine.request.enablement.unwrap());
    assert_eq!(portal.codes(&thief.ask(now()), FIVE), ["token-other-machine"]);
    portal.now = now().plus(3 * DAY);
    let mut late = portal.machine(32);
    assert_eq!(portal.codes(&late.ask(now().plus(DAY + HOUR)), FIVE), ["token-newer-than-request"]);
    assert_eq!(codes(decide_token(&portal.desk(), &id("cr-1"), id("token-32"))), ["token-id-taken"]);
    assert_eq!(codes(decide_token(&portal.desk(), &id("cr-9"), id("t"))), ["license-id-unknown"]);
}

#[test]
fn a_ledger_older_than_what_the_machine_remembers() {
    let (mut portal, mut machine) = world(|_| {});
    let yesterday = portal.ledger.clone();
    let answer = portal.answer(&machine.ask(now()), FIVE);
    machine.install(&answer);
    let request = machine.ask(now());
    let newest = std::mem::replace(&mut portal.ledger, yesterday);
    assert_eq!(portal.codes(&request, FIVE), ["ledger-stale"; 2]);
    portal.ledger = newest;
    assert_eq!(portal.codes(&request, FIVE), [""; 0]);
    let more = machine.ask_with(now(), |request| request.installed.sequence = 2);
    assert_eq!(portal.codes(&more, FIVE), ["ledger-stale"]);
    let unknown = machine.ask_with(now(), |request| request.installed.license = Some(Digest::of(b"unknown")));
    assert_eq!(portal.codes(&unknown, FIVE), ["ledger-stale"]);
}

#[test]
fn a_ledger_that_forked_or_was_replaced() {
    let reference = |epoch, position, previous| {
        move |request: &mut Request| {
            let ledger = LedgerId { key: public(&World::new().portal_key), epoch };
            request.ledgers = vec![LedgerReference { ledger, position, previous }];
        }
    };
    assert_eq!(asked(reference(0, 2, Digest::of(b"another history"))), ["ledger-forked"]);
    assert_eq!(asked(reference(0, 3, Digest::of(b"another history"))), ["ledger-stale"]);
    assert_eq!(asked(reference(1, 1, Digest::of(b""))), ["ledger-epoch-old"]);
    assert_eq!(asked(reference(0, 1, Digest::of(b""))), [""; 0]);
    let foreign = |request: &mut Request| {
        let ledger = LedgerId { key: public(&key(77)), epoch: 5 };
        request.ledgers = vec![LedgerReference { ledger, position: 50, previous: Digest::of(b"theirs") }];
    };
    assert_eq!(asked(foreign), [""; 0]);
}
