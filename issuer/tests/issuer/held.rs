//! What is free: the ceiling minus what other machines could be using, at every instant.

use postern_issuer::*;
use postern_protocol::documents::*;
use postern_testkit::*;

use crate::portal::*;

const CREATOR: &str = "bot-creator";

fn two() -> (Portal, Station, Station) {
    let mut portal = Portal::new();
    let (a, b) = (portal.machine(30), portal.machine(31));
    (portal, a, b)
}

#[test]
fn an_answer_holds_its_seats_before_it_is_installed() {
    let (mut portal, mut a, mut b) = two();
    portal.answer(&a.ask(now()), &[(CREATOR, 7)]);
    let request = b.ask(now());
    assert_eq!(portal.free(&request, CREATOR), 3);
    assert_eq!(portal.codes(&request, &[(CREATOR, 3)]), [""; 0]);
    assert_eq!(portal.codes(&request, &[(CREATOR, 4)]), ["seats-exceed-free"]);
    // Its own seats do not stand in a machine's way.
    assert_eq!(portal.free(&a.ask(now()), CREATOR), 10);
}

#[test]
fn an_answer_that_was_not_seen_installed_holds_past_its_install_window() {
    let (mut portal, mut a, mut b) = two();
    portal.answer(&a.ask(now()), &[(CREATOR, 7)]);
    portal.now = now().plus(60 * DAY);
    assert_eq!(portal.free(&b.ask(portal.now), CREATOR), 3);
}

#[test]
fn a_cut_frees_nothing_until_it_is_proved_installed() {
    let (mut portal, mut a, mut b) = two();
    let large = portal.answer(&a.ask(now()), &[(CREATOR, 9)]);
    a.install(&large);
    let small = portal.answer(&a.ask(now()), &[(CREATOR, 2)]);
    let request = b.ask(now());
    assert_eq!(portal.free(&request, CREATOR), 1);
    assert_eq!(portal.codes(&request, &[(CREATOR, 2)]), ["seats-exceed-free"]);
    a.install(&small);
    // Installed there; here nobody knows yet.
    assert_eq!(portal.free(&b.ask(now()), CREATOR), 1);
    let renewal = portal.answer(&a.ask(now()), &[(CREATOR, 2)]);
    assert_eq!(portal.free(&b.ask(now()), CREATOR), 8);
    assert_eq!(renewal.license.sequence, 3);
}

#[test]
fn a_cut_that_a_newer_request_does_not_show_is_void() {
    let (mut portal, mut a, mut b) = two();
    let large = portal.answer(&a.ask(now()), &[(CREATOR, 9)]);
    a.install(&large);
    portal.answer(&a.ask(now()), &[(CREATOR, 2)]);
    let again = portal.answer(&a.ask(now()), &[(CREATOR, 3)]);
    assert_eq!(again.license.sequence, 2);
    assert_eq!(portal.free(&b.ask(now()), CREATOR), 1);
}

#[test]
fn a_raise_that_a_newer_request_does_not_show_is_free_again() {
    let (mut portal, mut a, mut b) = two();
    let small = portal.answer(&a.ask(now()), &[(CREATOR, 2)]);
    a.install(&small);
    portal.answer(&a.ask(now()), &[(CREATOR, 10)]);
    assert_eq!(portal.free(&b.ask(now()), CREATOR), 0);
    portal.answer(&a.ask(now()), &[(CREATOR, 4)]);
    assert_eq!(portal.free(&b.ask(now()), CREATOR), 6);
}

#[test]
fn a_license_holds_through_grace_and_extension_and_then_no_more() {
    let (mut portal, mut a, mut b) = two();
    let end = time("2026-12-31T23:59:59Z");
    let choice = portal.until(&end.to_string(), &[(CREATOR, 10)]);
    let answer = portal.answer_with(&a.ask(now()), &choice);
    a.install(&answer);
    portal.now = end.plus(21 * DAY);
    assert_eq!(portal.free(&b.ask(portal.now), CREATOR), 0);
    portal.now = portal.now.plus(1);
    // From the start of the day on, as a license starts then: one second of it is still held.
    assert_eq!(portal.free(&b.ask(portal.now), CREATOR), 10);
}

#[test]
fn a_later_start_takes_only_what_is_free_then() {
    let (mut portal, mut a, mut b) = two();
    portal.renew(|grant| {
        grant.expiry.grace = Ceiling::Limited(0);
        grant.expiry.extension = Ceiling::Limited(0);
    });
    let choice = portal.until("2026-12-31T23:59:59Z", &[(CREATOR, 10)]);
    portal.answer_with(&a.ask(now()), &choice);
    let request = b.ask(now());
    let from = |start: &str| Choice {
        start: time(start),
        end: Ceiling::Limited(time("2027-06-30T23:59:59Z")),
        seats: vec![(id(CREATOR), 10)],
        accept_fork: false,
    };
    assert_eq!(codes(decide_license(&portal.desk(), &request, &from("2026-12-31T00:00:00Z"))), ["seats-exceed-free"]);
    assert_eq!(codes(decide_license(&portal.desk(), &request, &from("2027-01-01T00:00:00Z"))), [""; 0]);
    portal.answer_with(&request, &from("2027-01-01T00:00:00Z"));
    // And the first machine cannot be renewed into what the second now has.
    let rows = examine(&portal.desk(), &a.ask(now()))
        .seats_between(now().day_start(), Ceiling::Limited(time("2027-01-01T00:00:00Z")));
    assert_eq!(rows[0].free, Ceiling::Limited(0));
}

#[test]
fn a_license_does_not_run_its_grace_on_seats_that_others_have_by_then() {
    let (mut portal, mut a, mut b) = two();
    let later = Choice {
        start: time("2027-01-10T00:00:00Z"),
        end: Ceiling::Limited(time("2027-06-30T23:59:59Z")),
        seats: vec![(id(CREATOR), 8)],
        accept_fork: false,
    };
    portal.answer_with(&a.ask(now()), &later);
    let request = b.ask(now());
    let free = |end: &str| {
        let rows = examine(&portal.desk(), &request).seats_between(now().day_start(), Ceiling::Limited(time(end)));
        rows[0].free
    };
    // Grace and extension are 21 days: what ends on 19 December is gone on 9 January.
    assert_eq!(free("2026-12-19T23:59:59Z"), Ceiling::Limited(10));
    assert_eq!(free("2026-12-20T23:59:59Z"), Ceiling::Limited(2));
}

#[test]
fn stages_bind_at_every_instant_of_the_license() {
    let mut world = World::new();
    allow(&mut world.account, &[stages(CREATOR, &[("2026-01-01T00:00:00Z", 10), ("2027-02-01T00:00:00Z", 4)])]);
    let mut portal = Portal::of(world);
    let mut a = portal.machine(30);
    let request = a.ask(now());
    assert_eq!(portal.free(&request, CREATOR), 4);
    let refusals = portal.decide(&request, &[(CREATOR, 5)]).unwrap_err();
    assert_eq!(
        refusals,
        [Refusal::SeatsExceedGrant { seat_type: id(CREATOR), asked: 5, allowed: 4, at: time("2027-02-01T00:00:00Z") }]
    );
    assert!(refusals[0].to_string().contains("2027-02-01"), "{}", refusals[0]);
    // The stage may be used to its last second, grace or not.
    let choice = portal.until("2027-01-31T23:59:59Z", &[(CREATOR, 10)]);
    assert_eq!(codes(decide_license(&portal.desk(), &request, &choice)), [""; 0]);
}

#[test]
fn a_stage_that_begins_later_is_offered_from_then_on() {
    let mut world = World::new();
    allow(&mut world.account, &[stages(CREATOR, &[("2026-12-01T08:00:00Z", 3)])]);
    let mut portal = Portal::of(world);
    let mut a = portal.machine(30);
    let examination = examine(&portal.desk(), &a.ask(now()));
    assert_eq!(examination.start_min, now().day_start());
    assert_eq!(examination.start_default, time("2026-12-01T08:00:00Z"));
    assert_eq!(examination.seats[0].free, Ceiling::Limited(3));
    assert_eq!(examination.seats_between(now(), examination.end_max)[0].free, Ceiling::Limited(0));
}

#[test]
fn installations_share_the_grant() {
    let mut world = World::new();
    let of = |license_id: &str, quantity| Installation {
        license_id: id(license_id),
        allowances: vec![seats(CREATOR, quantity)],
    };
    world.account.installations = Ceiling::Limited(vec![of("cr-1", 8), of("cr-2", 8)]);
    let mut portal = Portal::of(world);
    let mut a = portal.machine(30);
    let decision = decide_token(&portal.desk(), &id("cr-2"), id("second")).unwrap();
    let token = portal.carry_out(decision).document.unwrap();
    let mut b = Station::new(31, token);
    b.request.license_id = Some(id("cr-2"));
    assert_eq!(portal.free(&b.ask(now()), CREATOR), 8);
    portal.answer(&a.ask(now()), &[(CREATOR, 5)]);
    // Five of the grant's ten are gone; of its own installation's eight none.
    assert_eq!(portal.free(&b.ask(now()), CREATOR), 5);
    let row = examine(&portal.desk(), &b.ask(now())).seats.remove(0);
    assert_eq!((row.ceiling, row.held_elsewhere), (Ceiling::Limited(8), 5));
    let mut c = portal.machine(32);
    assert_eq!(portal.free(&c.ask(now()), CREATOR), 3);
}

#[test]
fn a_named_machine_has_its_share() {
    let mut world = World::new();
    let share = |seed, quantity| Share { device: public(&key(seed)), allowances: vec![seats(CREATOR, quantity)] };
    world.account.devices = Devices::Named(vec![share(30, 6), share(31, 4)]);
    let mut portal = Portal::of(world);
    let (mut a, mut b) = (portal.machine(30), portal.machine(31));
    assert_eq!(portal.free(&a.ask(now()), CREATOR), 6);
    portal.answer(&a.ask(now()), &[(CREATOR, 6)]);
    assert_eq!(portal.free(&b.ask(now()), CREATOR), 4);
    assert_eq!(portal.codes(&b.ask(now()), &[("bot-runner", 1)]), ["seats-exceed-grant"]);
}

#[test]
fn without_any_ceiling_any_seat_can_be_chosen() {
    let mut world = World::new();
    (world.account.allowances, world.account.installations) = (Ceiling::Unlimited, Ceiling::Unlimited);
    let mut portal = Portal::of(world);
    let mut a = portal.machine(30);
    let request = a.ask_with(now(), |request| {
        request.seats = vec![SeatUse { seat_type: id("painter"), in_use: 3, holders: vec![] }];
    });
    let rows = examine(&portal.desk(), &request).seats;
    assert_eq!((rows[0].free, rows[0].in_use_there), (Ceiling::Unlimited, 3));
    assert_eq!(portal.codes(&request, &[("anything", 1_000_000)]), [""; 0]);
}

#[test]
fn what_a_dropped_license_id_holds_still_counts() {
    let (mut portal, mut a, mut b) = two();
    portal.answer(&a.ask(now()), &[(CREATOR, 7)]);
    portal.renew(|grant| {
        let allowances = vec![seats(CREATOR, 10)];
        grant.installations = Ceiling::Limited(vec![Installation { license_id: id("cr-2"), allowances }]);
    });
    let request = b.ask_with(now(), |request| request.license_id = Some(id("cr-2")));
    assert_eq!(portal.free(&request, CREATOR), 3);
}

#[test]
fn examining_agrees_with_deciding() {
    let (mut portal, mut a, mut b) = two();
    portal.answer(&a.ask(now()), &[(CREATOR, 4), ("bot-runner", 20)]);
    let request = b.ask(now());
    for row in examine(&portal.desk(), &request).seats {
        let (name, free) = (row.seat_type.to_string(), *row.free.limit().unwrap());
        assert_eq!(portal.codes(&request, &[(&name, free + 1)]), ["seats-exceed-free"]);
        let expected: &[&str] = if free == 0 { &["seats-none"] } else { &[] };
        assert_eq!(portal.codes(&request, &[(&name, free)]), expected);
    }
}
