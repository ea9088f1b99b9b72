//! Restored and rebuilt machines: what accepting one waives, what it costs, and what goes on from there.

use postern_issuer::*;
use postern_protocol::documents::*;
use postern_protocol::{Digest, Limits, Time, Verified};
use postern_testkit::*;
use proptest::prelude::*;

use crate::portal::*;
use crate::refusals::{FIVE, world};

/// A machine that installed two licenses and was then restored to the copy that was made after the first.
fn restored() -> (Portal, Station, Request) {
    let (mut portal, mut machine) = world(|_| {});
    let first = portal.answer(&machine.ask(now()), FIVE);
    machine.install(&first);
    let copy = machine.request.clone();
    machine.request.consumption = vec![Counted { counter: id("pages"), total: 500 }];
    let second = portal.answer(&machine.ask(now()), &[("bot-creator", 2)]);
    machine.install(&second);
    machine.request.consumption = vec![Counted { counter: id("pages"), total: 900 }];
    machine.request.usage.count += 400;
    portal.answer(&machine.ask(now()), &[("bot-creator", 2)]);
    let ahead = std::mem::replace(&mut machine.request, copy);
    (portal, machine, ahead)
}

/// The machine's request to be accepted as it is.
fn recovering(machine: &mut Station) -> Verified<Request> {
    machine.ask_with(now(), |request| request.recovers = request.installed.license.or(Some(Digest::of(b"none"))))
}

fn accepting(portal: &Portal) -> Choice {
    Choice { accept_fork: true, ..portal.until("2027-06-30T23:59:59Z", FIVE) }
}

fn accept(portal: &mut Portal, machine: &mut Station) -> (Verified<Request>, Answer) {
    let request = recovering(machine);
    machine.request.usage = request.usage;
    let answer = portal.answer_with(&request, &accepting(portal));
    (request, answer)
}

/// Installs an answer that accepts the machine: its next life begins.
fn install(machine: &mut Station, answer: &Answer) {
    machine.install(answer);
    machine.request.device = answer.license.device;
}

fn refused(portal: &Portal, request: &Verified<Request>) -> Vec<&'static str> {
    codes(decide_license(&portal.desk(), request, &accepting(portal)))
}

#[test]
fn a_restored_machine_is_refused_until_it_is_accepted() {
    let (portal, mut machine, ahead) = restored();
    assert_eq!(portal.codes(&machine.ask(now()), FIVE), ["request-superseded"]);
    let request = recovering(&mut machine);
    assert_eq!(portal.codes(&request, FIVE), ["request-recovers"]);
    let examination = examine(&portal.desk(), &request);
    assert_eq!(examination.refusals, []);
    let recovery = examination.recovery.unwrap();
    assert_eq!((recovery.sequence, recovery.told), (3, Some((ahead.usage, now()))));
    assert_eq!((recovery.used, recovery.right.quota), (0, 2));
    assert_eq!(refused(&portal, &request), [""; 0]);
    // What the machine shows as installed was replaced since, and is what it goes on with.
    assert_eq!(examination.seats[0].held_by_this, 5);
}

#[test]
fn accepting_begins_a_new_life_on_top_of_all_that_was_issued() {
    let (mut portal, mut machine, ahead) = restored();
    let told: Vec<Checkpoint> = portal
        .ledger()
        .entries()
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::Issued(issued) => issued.usage,
            _ => None,
        })
        .collect();
    let (request, answer) = accept(&mut portal, &mut machine);
    let license = &answer.license;
    assert_eq!(license.accept_fork, Some(AcceptFork { usage: request.usage }));
    assert_eq!((license.device.key, license.device.epoch, license.sequence), (machine.public(), 1, 4));
    // The branch that is given up is told to the machine, so that it knows what it lost.
    assert_eq!(license.acknowledged, [told, vec![request.usage]].concat());
    assert!(license.acknowledged.contains(&ahead.usage) && ahead.usage.count > request.usage.count);
    let Event::Issued(issued) = &portal.ledger().entries().last().unwrap().event else { panic!("no license") };
    assert!(issued.accepted_fork);
    assert_eq!(issued.device, license.device);
    assert_eq!(issued.consumption, [Counted { counter: id("pages"), total: 900 }]);

    // It goes on from there: a shorter record than the other branch's is no rollback, a shorter one than its own is.
    install(&mut machine, &answer);
    let next = machine.ask(now());
    assert!(next.usage.count < ahead.usage.count);
    let next = portal.answer(&next, FIVE);
    assert_eq!((next.license.sequence, next.license.device.epoch), (5, 1));
    assert_eq!(next.license.acknowledged, [request.usage, machine.request.usage]);
    let shorter = machine.ask_with(now(), |request| request.usage.count = 1);
    assert_eq!(portal.codes(&shorter, FIVE), ["machine-rolled-back"]);
}

#[test]
fn a_copy_that_runs_on_gets_no_more_files() {
    let (mut portal, mut machine, ahead) = restored();
    accept(&mut portal, &mut machine);
    let mut copy = Station { request: ahead, ..Station::new(30, Digest::of(b"-")) };
    assert_eq!(portal.codes(&copy.ask(now()), FIVE), ["machine-epoch"]);
    let request = recovering(&mut copy);
    assert_eq!(refused(&portal, &request), ["release-too-soon"]);
}

#[test]
fn what_the_copy_holds_counts_until_the_accepted_machine_proves_otherwise() {
    let (mut portal, mut machine, _) = restored();
    let mut other = portal.machine(31);
    assert_eq!(portal.free(&other.ask(now()), "bot-creator"), 8);
    let request = recovering(&mut machine);
    let one = Choice { seats: vec![(id("bot-creator"), 1)], ..accepting(&portal) };
    let answer = portal.answer_with(&request, &one);
    // Restored, it runs on the first license's five until it installs the answer.
    assert_eq!(portal.free(&other.ask(now()), "bot-creator"), 5);
    machine.request.usage = request.usage;
    install(&mut machine, &answer);
    portal.answer(&machine.ask(now()), &[("bot-creator", 1)]);
    assert_eq!(portal.free(&other.ask(now()), "bot-creator"), 9);
}

#[test]
fn accepting_counts_with_releases_and_waits_as_they_do() {
    let (mut portal, mut machine, _) = restored();
    let (_, answer) = accept(&mut portal, &mut machine);
    // The answer was lost; the machine asks again, in its old life.
    let request = recovering(&mut machine);
    assert_eq!(refused(&portal, &request), ["release-too-soon"]);
    portal.now = now().plus(DAY);
    assert_eq!(refused(&portal, &request), [""; 0]);
    let again = portal.answer_with(&request, &accepting(&portal));
    assert_eq!((again.license.device.epoch, again.license.sequence), (1, answer.license.sequence + 1));
    portal.now = now().plus(2 * DAY);
    let spent = machine.ask_with(portal.now, |request| request.recovers = Some(Digest::of(b"any")));
    assert_eq!(refused(&portal, &spent), ["releases-spent"]);
    portal.renew(|grant| grant.rights.release_dead.quota = 3);
    assert_eq!(refused(&portal, &spent), [""; 0]);
    portal.renew(|grant| grant.rights.release_dead = ReleaseDead { quota: 0, cooldown: 0 });
    assert_eq!(refused(&portal, &spent), ["right-missing"]);
}

#[test]
fn a_release_counts_with_acceptances() {
    let (mut portal, mut machine, _) = restored();
    let dead = DeviceIdentity { key: public(&key(31)), epoch: 0 };
    let last = portal.ledger().entries().last().unwrap().get().clone();
    let released = LedgerEntry {
        place: portal.ledger().next(),
        event: Event::ReleasedDead { device: dead, activation: id("a-1"), reason: "It burnt.".into() },
        ..last
    };
    let mut lines: Vec<_> = portal.ledger().entries().iter().map(|entry| entry.envelope().line().to_vec()).collect();
    lines.push(sign(&released, &[&portal.world.portal_key]).line().to_vec());
    portal.ledger = Some(Ledger::restore(&portal.bundle, &portal.chain, &lines, &Limits::DEFAULT).unwrap());
    let request = recovering(&mut machine);
    assert_eq!(refused(&portal, &request), ["release-too-soon"]);
    portal.renew(|grant| grant.rights.release_dead.quota = 1);
    assert_eq!(refused(&portal, &request), ["releases-spent"]);
}

#[test]
fn an_accepted_request_is_used_and_voids_those_before() {
    let (mut portal, mut machine, _) = restored();
    let older = recovering(&mut machine);
    let (request, answer) = accept(&mut portal, &mut machine);
    assert_eq!(portal.codes(&request, FIVE), ["request-recovers", "request-used"]);
    assert_eq!(examine(&portal.desk(), &request).earlier_answer, Some(answer.digest));
    portal.now = now().plus(DAY);
    assert_eq!(refused(&portal, &older), ["request-superseded"]);
}

#[test]
fn only_what_a_rollback_breaks_is_waived() {
    let (mut portal, mut machine, _) = restored();
    let mut with = |change: fn(&mut Request)| {
        let request = machine.ask_with(now(), |request| {
            request.recovers = Some(Digest::of(b"any"));
            change(request);
        });
        refused(&portal, &request)
    };
    // An earlier life than the ledger knows can be restored, a later one cannot.
    assert_eq!(with(|request| request.device.epoch = 1), ["machine-epoch"]);
    assert_eq!(with(|request| request.enablement = None), ["token-missing"]);
    let old = |request: &mut Request| {
        (request.cycle.first_generated_at, request.cycle.generated_at) =
            (now().minus(49 * HOUR), now().minus(49 * HOUR));
    };
    assert_eq!(with(old), ["request-expired", "token-newer-than-request"]);
    // A ledger that was begun anew knows neither the license nor the sequence of an old copy.
    assert_eq!(with(|request| request.installed.license = Some(Digest::of(b"unknown"))), [""; 0]);
    assert_eq!(with(|request| request.ledgers[0].position = 99), ["ledger-stale"]);
    // An ordinary machine has nothing to be accepted.
    let (ordinary, mut sound) = world(|_| {});
    assert_eq!(refused(&ordinary, &sound.ask(now())), ["request-recovers-not"]);
    portal.renew(|grant| grant.approval = Approval::Right(ApprovalRight::None));
    assert_eq!(refused(&portal, &recovering(&mut machine)), ["approval-missing"]);
}

/// What may happen to one machine.
#[derive(Clone, Debug)]
enum Step {
    /// It uses, asks and gets an answer, which it installs or loses.
    Live { used: u64, installs: bool },
    /// A copy is made.
    Copy,
    /// The copy is put back, and the machine asks to be accepted.
    Restore { installs: bool },
    /// Time passes.
    Wait { hours: u64 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..200u64, prop::bool::weighted(0.8)).prop_map(|(used, installs)| Step::Live { used, installs }),
        1 => Just(Step::Copy),
        2 => any::<bool>().prop_map(|installs| Step::Restore { installs }),
        2 => (1..40u64).prop_map(|hours| Step::Wait { hours }),
    ];
    prop::collection::vec(step, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is copied and put back: no more acceptances than the quota, none inside the cooldown, sequences only
    /// rise, what was recorded as used never falls, and a machine that was accepted goes on as any other.
    #[test]
    fn restoring_gains_nothing_beyond_the_quota(steps in steps()) {
        let (mut portal, mut machine) = world(|world| {
            world.account.rights.release_dead = ReleaseDead { quota: 3, cooldown: DAY };
            world.account.cycle = CyclePolicy { request_window: 400 * DAY, cycle_window: 400 * DAY, ..world.ops.cycle };
            world.ops.cycle = world.account.cycle;
        });
        let mut copy = machine.request.clone();
        let mut accepted: Vec<Time> = Vec::new();
        let mut sequence = 0;
        for step in steps {
            let at = portal.now;
            let (answer, installs) = match step {
                Step::Wait { hours } => {
                    portal.now = at.plus(hours * HOUR);
                    continue;
                }
                Step::Copy => {
                    copy = machine.request.clone();
                    continue;
                }
                Step::Live { used, installs } => {
                    let total = machine.request.consumption.first().map_or(0, |one| one.total) + used;
                    machine.request.consumption = vec![Counted { counter: id("pages"), total }];
                    let request = machine.ask(at);
                    // A machine whose acceptance was lost, or refused, is still in its old life.
                    let Ok(_) = portal.decide(&request, FIVE) else { continue };
                    (portal.answer(&request, FIVE), installs)
                }
                Step::Restore { installs } => {
                    machine.request = copy.clone();
                    machine.request.nonce = id(&format!("restored-{sequence}-{}", accepted.len()));
                    let request = machine.ask_with(at, |request| request.recovers = Some(Digest::of(b"any")));
                    machine.request.usage = request.usage;
                    machine.request.cycle = request.cycle;
                    let may = accepted.len() < 3 && accepted.last().is_none_or(|last| at >= last.plus(DAY));
                    let verdict = refused(&portal, &request);
                    let voided = verdict.contains(&"request-superseded");
                    prop_assert_eq!(may && !voided, verdict.is_empty(), "{:?}", verdict);
                    if !verdict.is_empty() {
                        continue;
                    }
                    accepted.push(at);
                    (portal.answer_with(&request, &accepting(&portal)), installs)
                }
            };
            prop_assert!(answer.license.sequence >= sequence, "{} after {sequence}", answer.license.sequence);
            sequence = answer.license.sequence;
            if installs {
                install(&mut machine, &answer);
            }
        }
        let mut most = 0;
        for entry in portal.ledger().entries() {
            let Event::Issued(issued) = &entry.event else { continue };
            let total = issued.consumption.first().map_or(0, |one| one.total);
            prop_assert!(total >= most, "{total} after {most}");
            most = total;
        }
    }
}
