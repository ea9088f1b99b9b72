//! Clock challenges: what a repair costs, what it is refused for, and that no order of challenges gains another one.

use postern_issuer::*;
use postern_protocol::documents::*;
use postern_protocol::{Digest, Limits, Reader, Time, Verified};
use postern_testkit::*;
use proptest::prelude::*;

use crate::portal::*;
use crate::refusals::{FIVE, renewed, world};

/// A machine's clock challenge, changed: its clock is an hour ahead of the right time, and it is sure of that.
fn challenge_with(machine: &mut Station, ahead: u64, change: impl FnOnce(&mut Request)) -> Verified<Request> {
    let number = machine.request.cycle.number.max(1);
    let nonce = machine.request.usage.count;
    let mut request = machine.request.clone();
    machine.request.usage.count += 1;
    request.purpose = Purpose::Clock;
    request.cycle.number = number;
    request.nonce = id(&format!("nonce-{nonce}"));
    request.clock = Some(ClockReading { now: now().plus(ahead), floor: now().plus(ahead) });
    change(&mut request);
    verified(&request, &[&machine.key])
}

pub(crate) fn challenge(machine: &mut Station, ahead: u64) -> Verified<Request> {
    challenge_with(machine, ahead, |_| {})
}

fn refused(portal: &Portal, request: &Verified<Request>) -> Vec<&'static str> {
    let decided = codes(decide_clock(&portal.desk(), request));
    assert_eq!(decided, codes::<()>(Err(examine_clock(&portal.desk(), request).refusals)));
    decided
}

/// Answers a challenge; returns the ticket as the machine reads it.
fn answer(portal: &mut Portal, request: &Verified<Request>) -> (Digest, TimeTicket) {
    let decision = decide_clock(&portal.desk(), request).unwrap();
    let outcome = portal.carry_out(decision);
    assert_eq!(outcome.file_name, "clock.ticket");
    let trust = portal.world.trust_state();
    let reader = Reader { trust: &trust, revocations: &[], limits: Limits::DEFAULT };
    let read = reader.file::<TimeTicket>(&outcome.file.as_ref().unwrap().to_bytes()).unwrap();
    assert_eq!(Some(read.document.digest()), outcome.document);
    (read.document.digest(), read.document.get().clone())
}

#[test]
fn a_ticket_answers_its_challenge() {
    let (mut portal, mut machine) = world(|_| {});
    let request = challenge(&mut machine, HOUR);
    let examination = examine_clock(&portal.desk(), &request);
    assert_eq!((examination.back, examination.used, examination.right.count), (HOUR, 0, 2));
    let place = portal.ledger().next();
    let (digest, ticket) = answer(&mut portal, &request);
    assert_eq!((ticket.device, &ticket.nonce, ticket.time), (request.device, &request.nonce, now()));
    assert_eq!((ticket.ledger, ticket.grant), (place, portal.chain.leaf().digest()));
    let entry = portal.ledger().entries().last().unwrap();
    let event = Event::ClockRepaired { request: request.digest(), ticket: digest, device: request.device, back: HOUR };
    assert_eq!((&entry.event, entry.place), (&event, place));
}

#[test]
fn a_challenge_is_answered_once() {
    let (mut portal, mut machine) = world(|world| world.account.rights.repair_clock.count = 1);
    let request = challenge(&mut machine, HOUR);
    let (digest, _) = answer(&mut portal, &request);
    let before = portal.ledger().entries().len();
    // The stored file is offered; that there is no repair left is no matter of its.
    let refusals = decide_clock(&portal.desk(), &request).unwrap_err();
    assert_eq!(refusals, [Refusal::Used { answer: digest }]);
    assert_eq!(examine_clock(&portal.desk(), &request).earlier_answer, Some(digest));
    assert_eq!(portal.ledger().entries().len(), before);
}

#[test]
fn backward_repairs_are_counted_and_forward_ones_are_free() {
    let (mut portal, mut machine) = world(|_| {});
    let mut other = portal.machine(31);
    for _ in 0..3 {
        let slow = challenge_with(&mut machine, 0, |request| {
            request.clock = Some(ClockReading { now: Time::MIN, floor: now() });
        });
        assert_eq!(examine_clock(&portal.desk(), &slow).back, 0);
        answer(&mut portal, &slow);
    }
    answer(&mut portal, &challenge(&mut machine, HOUR));
    answer(&mut portal, &challenge(&mut other, HOUR));
    // Both machines' repairs count together.
    assert_eq!(refused(&portal, &challenge(&mut machine, 1)), ["clock-repairs-spent"]);
    assert_eq!(refused(&portal, &challenge(&mut machine, 0)), [""; 0]);
}

#[test]
fn a_repair_goes_back_only_so_far() {
    let (portal, mut machine) = world(|_| {});
    assert_eq!(refused(&portal, &challenge(&mut machine, DAY)), [""; 0]);
    assert_eq!(refused(&portal, &challenge(&mut machine, DAY + 1)), ["clock-too-far-back"]);
}

#[test]
fn without_the_right_no_clock_is_set_either_way() {
    let (portal, mut machine) = renewed(|grant| grant.rights.repair_clock = RepairClock { count: 0, max_back: 0 });
    assert_eq!(refused(&portal, &challenge(&mut machine, 0)), ["right-missing"]);
    assert_eq!(refused(&portal, &challenge(&mut machine, HOUR)), ["right-missing"]);
}

#[test]
fn repairs_stay_counted_when_the_entitlement_is_renewed() {
    let (mut portal, mut machine) = world(|_| {});
    for _ in 0..2 {
        answer(&mut portal, &challenge(&mut machine, HOUR));
    }
    portal.renew(|_| {});
    assert_eq!(refused(&portal, &challenge(&mut machine, HOUR)), ["clock-repairs-spent"]);
    portal.renew(|grant| grant.rights.repair_clock.count = 3);
    assert_eq!(refused(&portal, &challenge(&mut machine, HOUR)), [""; 0]);
}

#[test]
fn another_entitlement_has_its_own_repairs() {
    let (mut portal, mut machine) = world(|_| {});
    let mut elsewhere = portal.world.account.clone();
    elsewhere.id = id("acme-2");
    elsewhere.installations =
        Ceiling::Limited(vec![Installation { license_id: id("cr-2"), allowances: vec![seats("bot-creator", 1)] }]);
    let second = sign(&elsewhere, &[&portal.world.ops_key]);
    // The machine is known under the first one's license id.
    portal.answer(&machine.ask(now()), FIVE);
    for _ in 0..2 {
        answer(&mut portal, &challenge(&mut machine, HOUR));
    }
    let subject = public(&portal.world.portal_key);
    let decision = |portal: &Portal| decide_token(&portal.desk(), &id("cr-2"), id("token-2")).unwrap();
    portal.bundle = bundle_of(&portal.world, |file, _| file.grants.push(second.clone()));
    portal.chain = chain_for(&portal.bundle, subject, &id("cr-2")).unwrap();
    let token = portal.carry_out(decision(&portal)).document.unwrap();
    let mut other = Station::new(31, token);
    other.request.license_id = Some(id("cr-2"));
    let request = challenge(&mut other, HOUR);
    assert_eq!(examine_clock(&portal.desk(), &request).used, 0);
    assert_eq!(refused(&portal, &request), [""; 0]);
    // A renewed bundle dropped the serial that the entries name: the machine's license id still tells.
    portal.world.account.serial += 1;
    portal.bundle = bundle_of(&portal.world, |file, _| file.grants.push(second));
    portal.chain = chain_for(&portal.bundle, subject, &id("cr-2")).unwrap();
    assert_eq!(examine_clock(&portal.desk(), &request).used, 0);
    portal.chain = chain_for(&portal.bundle, subject, &id("cr-1")).unwrap();
    assert_eq!(refused(&portal, &challenge(&mut machine, HOUR)), ["clock-repairs-spent"]);
}

#[test]
fn a_challenge_neither_voids_requests_nor_is_voided() {
    let (mut portal, mut machine) = world(|_| {});
    let first = machine.ask(now());
    let early = challenge(&mut machine, HOUR);
    portal.answer(&machine.ask(now()), FIVE);
    answer(&mut portal, &early);
    assert_eq!(portal.codes(&first, FIVE), ["request-superseded"]);
    let request = machine.ask(now());
    answer(&mut portal, &challenge(&mut machine, HOUR));
    assert_eq!(portal.codes(&request, FIVE), [""; 0]);
    // Its cycle says nothing: neither how old it is, nor that a clock at its first day knows no token.
    for generated_at in [Time::MIN, now().minus(30 * DAY), now().plus(3000 * DAY)] {
        let request = challenge_with(&mut machine, 0, |request| {
            (request.cycle.first_generated_at, request.cycle.generated_at) = (generated_at, generated_at);
        });
        assert_eq!(refused(&portal, &request), [""; 0], "{generated_at}");
    }
}

#[test]
fn what_holds_for_every_file_holds_for_tickets() {
    let (mut portal, mut machine) = world(|_| {});
    let request = challenge(&mut machine, HOUR);
    portal.now = time("2027-06-01T00:00:00Z");
    assert_eq!(refused(&portal, &request), ["issue-window"]);
    portal.now = now().minus(DAY + 1);
    assert_eq!(refused(&portal, &request), ["clock-too-far-back", "portal-clock-behind"]);
    portal.now = now();
    let ledger = portal.ledger.take();
    assert_eq!(refused(&portal, &request), ["ledger-missing", "token-unknown"]);
    portal.ledger = ledger;
    portal.answer(&machine.ask(now()), FIVE);
    portal.renew(|grant| grant.approval = Approval::Right(ApprovalRight::None));
    assert_eq!(refused(&portal, &request), ["approval-missing"]);
}

#[test]
fn the_machine_is_known_as_for_a_license() {
    let (mut portal, mut machine) = world(|_| {});
    let mut with = |change: fn(&mut Request)| refused(&portal, &challenge_with(&mut machine, HOUR, change));
    assert_eq!(with(|request| request.enablement = None), ["token-missing"]);
    assert_eq!(with(|request| request.enablement = Some(Digest::of(b"no token"))), ["token-unknown"]);
    assert_eq!(with(|request| request.device.epoch = 1), ["machine-epoch"]);
    assert_eq!(with(|request| request.account = Some(id("other"))), ["account-other"]);
    assert_eq!(with(|request| request.installed.sequence = 1), ["ledger-stale"]);
    let lfr = |request: &mut Request| (request.purpose, request.clock) = (Purpose::Lfr, None);
    assert_eq!(with(lfr), ["request-purpose"]);
    let request = challenge(&mut machine, HOUR);
    assert_eq!(portal.codes(&request, FIVE), ["request-purpose"]);

    let stale = portal.ledger.clone();
    let license = portal.answer(&machine.ask(now()), FIVE);
    machine.install(&license);
    let newest = std::mem::replace(&mut portal.ledger, stale);
    assert_eq!(refused(&portal, &challenge(&mut machine, HOUR)), ["ledger-stale"; 2]);
    portal.ledger = newest;
    assert_eq!(refused(&portal, &challenge(&mut machine, HOUR)), [""; 0]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever machines ask in whatever order, and however often a challenge is brought again: no more backward
    /// repairs than allowed, none further back than allowed, and every other challenge is answered.
    #[test]
    fn no_order_of_challenges_gains_a_repair(
        count in 1..4u64,
        asks in prop::collection::vec((0..3usize, prop_oneof![Just(0), 1..3 * DAY], any::<bool>()), 1..12),
    ) {
        let max_back = DAY;
        let mut world = World::new();
        world.account.rights.repair_clock = RepairClock { count, max_back };
        let mut portal = Portal::of(world);
        let mut machines: Vec<Station> = (30..33).map(|seed| portal.machine(seed)).collect();
        let mut left = count;
        for (machine, back, again) in asks {
            let request = challenge(&mut machines[machine], back);
            let mut expected = Vec::new();
            if back > 0 && left == 0 {
                expected.push("clock-repairs-spent");
            }
            if back > max_back {
                expected.push("clock-too-far-back");
            }
            prop_assert_eq!(refused(&portal, &request), expected.clone());
            if expected.is_empty() {
                answer(&mut portal, &request);
                left -= u64::from(back > 0);
                if again {
                    prop_assert_eq!(refused(&portal, &request), ["request-used"]);
                }
            }
        }
        let repaired = portal.ledger().entries().iter().filter_map(|entry| match entry.event {
            Event::ClockRepaired { back, .. } if back > 0 => Some(back),
            _ => None,
        });
        let backward: Vec<u64> = repaired.collect();
        prop_assert!(backward.len() as u64 <= count && backward.iter().all(|back| *back <= max_back));
    }
}
