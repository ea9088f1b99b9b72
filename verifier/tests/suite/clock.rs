//! The clock: believed within its tolerances, repaired by tickets, rewound by nobody.

use postern_protocol::Kind;
use postern_protocol::documents::{RepairClock, TimeTicket, Version};
use postern_protocol::time::{DAY, HOUR};
use postern_testkit::{World, id, now, public, sign};
use postern_verifier::Challenged;

use crate::plant::{Plant, code, read_request};

const YEAR: u64 = 365 * DAY;

/// A machine whose portal may set clocks back by up to a day, twice.
fn plant() -> Plant {
    let plant = Plant::licensed();
    plant.verifier.checkout(&id("bot-creator"), "ada", plant.now).unwrap();
    plant
}

/// The ticket that answers a challenge, made now, after a change to it.
fn ticket(plant: &mut Plant, challenge: &Challenged, change: impl FnOnce(&mut TimeTicket)) -> Vec<u8> {
    let request = read_request(&challenge.file);
    let mut ticket = TimeTicket {
        kind: Kind::TimeTicket,
        version: Version,
        product: id("automation"),
        grant: plant.world.account_digest(),
        device: request.device,
        nonce: request.nonce.clone(),
        time: plant.now,
        ledger: plant.world.token("any").ledger,
        extensions: vec![],
    };
    ticket.ledger.position = plant.next_position();
    change(&mut ticket);
    plant.world.file(sign(&ticket, &[&plant.world.portal_key])).to_bytes()
}

fn repair_refused(plant: &Plant, file: &[u8]) -> &'static str {
    code(&plant.unchanged(|verifier| verifier.repair_clock(file, plant.now).unwrap_err()))
}

fn works(plant: &Plant) -> Result<(), &'static str> {
    plant.verifier.check("api-tasks", plant.now).map(drop).map_err(|error| code(&error))
}

/// The clock jumps ahead, something is used there, and somebody sets it right again.
fn ahead_and_right_again(plant: &mut Plant, seconds: u64) {
    let right = plant.now;
    plant.pass(seconds);
    // Releasing is always possible; the record of it carries the wrong time.
    plant.verifier.release(&id("bot-creator"), "ada", plant.now).unwrap();
    plant.now = right.plus(60);
}

#[test]
fn set_back_an_hour_or_a_year_the_license_waits_until_it_is_right() {
    for back in [HOUR, YEAR] {
        let mut plant = plant();
        let right = plant.now;
        plant.now = right.minus(back);
        assert_eq!(works(&plant), Err("clock-behind"));
        assert_eq!(plant.verifier.status(plant.now).unwrap().clock.state, "behind");
        plant.now = right.plus(1);
        assert_eq!(works(&plant), Ok(()), "set right, nothing else is needed");
    }
}

#[test]
fn small_differences_are_no_matter() {
    let mut plant = plant();
    plant.now = plant.now.minus(5 * 60);
    assert_eq!(works(&plant), Ok(()));
    plant.now = plant.now.minus(1);
    assert_eq!(works(&plant), Err("clock-behind"));
}

#[test]
fn a_portal_s_clock_that_is_ten_minutes_fast_is_no_matter() {
    let mut plant = Plant::enrolled();
    let request = plant.request();
    let file = plant.answer(&request, &[("bot-creator", 1)], |license| license.issued_at = now().plus(600));
    plant.install(&file).unwrap();
    assert_eq!(works(&plant), Ok(()));
    // A day is the limit of what documents may be ahead; such a one moves nothing.
    let request = plant.request();
    let file = plant.answer(&request, &[("bot-creator", 1)], |license| license.issued_at = now().plus(DAY + 1));
    assert_eq!(code(&plant.refused(&file)), "clock-future");
}

#[test]
fn ten_years_ahead_and_right_again_is_repaired_by_the_vendor_s_ticket() {
    let mut world = World::new();
    world.account.rights.repair_clock = RepairClock { count: 1, max_back: 11 * YEAR };
    world.ops.rights.repair_clock = RepairClock { count: 10, max_back: 20 * YEAR };
    world.link();
    let mut plant = Plant::of(world);
    plant.enroll();
    plant.renew(&[("bot-creator", 5)]);
    plant.verifier.checkout(&id("bot-creator"), "ada", plant.now).unwrap();
    ahead_and_right_again(&mut plant, 10 * YEAR);
    assert_eq!(works(&plant), Err("clock-behind"));
    let challenge = plant.verifier.clock_challenge(plant.now).unwrap();
    assert_eq!(challenge.floor, now().plus(10 * YEAR));
    let asked = read_request(&challenge.file);
    assert_eq!(asked.clock.map(|clock| (clock.now, clock.floor)), Some((plant.now, challenge.floor)));
    let file = ticket(&mut plant, &challenge, |_| {});
    let repaired = plant.verifier.repair_clock(&file, plant.now).unwrap();
    assert_eq!((repaired.time, repaired.voided_request), (now().plus(60), false));
    assert_eq!(works(&plant), Ok(()));
    plant.verifier.checkout(&id("bot-creator"), "ada", plant.now).unwrap();
    assert!(plant.verifier.audit().is_ok());
    plant.reopen();
    assert_eq!(works(&plant), Ok(()), "also for the next process");
    // The floor is not at the bottom now: it is where the ticket put it.
    plant.now = plant.now.minus(HOUR);
    assert_eq!(works(&plant), Err("clock-behind"));
}

#[test]
fn a_ticket_is_for_one_challenge_of_one_machine_and_for_one_use() {
    let mut plant = plant();
    ahead_and_right_again(&mut plant, HOUR);
    let unasked = plant.verifier.clock_challenge(plant.now).unwrap();
    let early = ticket(&mut plant, &unasked, |_| {});
    let challenge = plant.verifier.clock_challenge(plant.now).unwrap();
    assert_eq!(repair_refused(&plant, &early), "ticket-other-challenge", "a newer challenge voids it");
    let other = ticket(&mut plant, &challenge, |ticket| ticket.device.key = public(&postern_testkit::key(77)));
    assert_eq!(repair_refused(&plant, &other), "ticket-other-machine");
    let epoch = ticket(&mut plant, &challenge, |ticket| ticket.device.epoch = 1);
    assert_eq!(repair_refused(&plant, &epoch), "ticket-other-machine");
    let right = ticket(&mut plant, &challenge, |_| {});
    plant.verifier.repair_clock(&right, plant.now).unwrap();
    assert_eq!(repair_refused(&plant, &right), "challenge-none");
}

#[test]
fn a_ticket_says_the_time_that_the_clock_shows() {
    let mut plant = plant();
    ahead_and_right_again(&mut plant, HOUR);
    let challenge = plant.verifier.clock_challenge(plant.now).unwrap();
    let file = ticket(&mut plant, &challenge, |_| {});
    let right = plant.now;
    for wrong in [right.minus(301), right.plus(DAY + 1)] {
        plant.now = wrong;
        assert_eq!(repair_refused(&plant, &file), "ticket-clock-not-set");
    }
    plant.now = right.plus(HOUR);
    plant.verifier.repair_clock(&file, plant.now).unwrap();
}

/// A portal key that tries to rewind expiry: more often, further, or further than the vendor's own word.
#[test]
fn a_portal_s_key_rewinds_no_expiry() {
    let mut plant = plant();
    for repair in 0..3 {
        let right = plant.now;
        plant.pass(HOUR);
        plant.verifier.checkout(&id("bot-creator"), &format!("user {repair}"), plant.now).unwrap();
        plant.now = right.plus(60);
        let challenge = plant.verifier.clock_challenge(plant.now).unwrap();
        let file = ticket(&mut plant, &challenge, |_| {});
        if repair < 2 {
            plant.verifier.repair_clock(&file, plant.now).unwrap();
        } else {
            assert_eq!(repair_refused(&plant, &file), "ticket-used-up");
        }
    }
    let mut plant = self::plant();
    ahead_and_right_again(&mut plant, 3 * DAY);
    let challenge = plant.verifier.clock_challenge(plant.now).unwrap();
    let file = ticket(&mut plant, &challenge, |_| {});
    assert_eq!(repair_refused(&plant, &file), "ticket-too-far");

    // Behind what the vendor has signed nobody goes, whatever the grant allows.
    let mut world = World::new();
    for rights in [&mut world.ops.rights, &mut world.account.rights] {
        rights.repair_clock = RepairClock { count: 9, max_back: 99 * YEAR };
    }
    world.account.issued_at = now();
    world.link();
    let mut plant = Plant::of(world);
    plant.enroll();
    plant.renew(&[]);
    plant.now = now().minus(2 * DAY);
    let challenge = plant.verifier.clock_challenge(plant.now).unwrap();
    let file = ticket(&mut plant, &challenge, |_| {});
    assert_eq!(repair_refused(&plant, &file), "ticket-before-vendor");
}

#[test]
fn a_grant_without_the_right_makes_no_tickets() {
    let mut plant = plant();
    plant.world.account.rights.repair_clock.count = 0;
    ahead_and_right_again(&mut plant, HOUR);
    let challenge = plant.verifier.clock_challenge(plant.now).unwrap();
    let file = ticket(&mut plant, &challenge, |_| {});
    assert_eq!(repair_refused(&plant, &file), "right-missing");
}

#[test]
fn a_wrong_clock_during_the_48_hours_closes_no_window_and_admits_no_install() {
    let mut plant = plant();
    let request = plant.request();
    let file = plant.answer(&request, &[("bot-creator", 2)], |_| {});
    // The clock is ahead by a month: the request's time seems over, the machine locked.
    ahead_and_right_again(&mut plant, 30 * DAY);
    assert_eq!(code(&plant.refused(&file)), "clock-behind", "a distrusted clock admits no install");
    assert_eq!(plant.verifier.status(plant.now).unwrap().cycle.state, "open", "and closes no window");
    // The portal's right reaches back a day; the vendor's key reaches further.
    for rights in [&mut plant.world.ops.rights, &mut plant.world.account.rights] {
        rights.repair_clock.max_back = 60 * DAY;
    }
    plant.world.link();
    let challenge = plant.verifier.clock_challenge(plant.now).unwrap();
    let answer = ticket(&mut plant, &challenge, |_| {});
    assert!(plant.verifier.repair_clock(&answer, plant.now).unwrap().voided_request);
    let request = plant.verifier.status(plant.now).unwrap().cycle.request.unwrap();
    assert!(request.void);
    assert_eq!(code(&plant.refused(&file)), "request-superseded", "the ticket voids the open request");
    let next = plant.request();
    assert_eq!((next.cycle, next.number), (2, 2), "the cycle goes on, and so does its deadline");
    let file = plant.answer(&next, &[("bot-creator", 2)], |_| {});
    plant.install(&file).unwrap();
}

#[test]
fn a_cycle_that_began_in_a_future_that_did_not_come_ends_with_the_ticket() {
    let mut plant = plant();
    let right = plant.now;
    plant.pass(20 * HOUR);
    plant.request();
    plant.now = right.plus(60);
    let challenge = plant.verifier.clock_challenge(plant.now).unwrap();
    let file = ticket(&mut plant, &challenge, |_| {});
    plant.verifier.repair_clock(&file, plant.now).unwrap();
    assert_eq!(plant.verifier.status(plant.now).unwrap().cycle.state, "none");
    let request = plant.request();
    assert_eq!((request.cycle, request.number), (3, 1));
}

#[test]
fn a_locked_machine_is_not_unlocked_by_a_ticket() {
    let mut plant = plant();
    plant.request();
    plant.hours(7 * 24 + 1);
    let challenge = plant.verifier.clock_challenge(plant.now).unwrap();
    let file = ticket(&mut plant, &challenge, |_| {});
    assert_eq!(plant.verifier.repair_clock(&file, plant.now).unwrap().back, 0);
    assert_eq!(plant.verifier.status(plant.now).unwrap().cycle.state, "locked");
    assert_eq!(code(&plant.request_refused()), "machine-locked");
}

#[test]
fn running_time_ends_a_license_whose_clock_stands_still() {
    let mut plant = plant();
    let end = plant.verifier.status(plant.now).unwrap().license.unwrap().ends_at;
    let length = end.limit().unwrap().since(now().day_start());
    let state = |plant: &Plant| plant.verifier.status(plant.now).unwrap().license.unwrap().state;
    // The clock stands still, by small steps back within its tolerance; the machine's uptime does not.
    plant.hardware.run(length);
    plant.verifier.checkout(&id("bot-creator"), "bert", plant.now).unwrap();
    assert_eq!(state(&plant), "notice", "the last second still counts");
    plant.hardware.run(60);
    plant.verifier.release(&id("bot-creator"), "bert", plant.now).unwrap();
    assert_eq!(state(&plant), "grace");
    // A restart does not make it forget.
    plant.hardware.restart();
    plant.hardware.run(14 * DAY);
    plant.reopen();
    plant.verifier.release(&id("bot-creator"), "ada", plant.now).unwrap();
    plant.reopen();
    assert_eq!(state(&plant), "ended");
    // Another license begins to count anew.
    plant.renew(&[("bot-creator", 1)]);
    assert_eq!(plant.verifier.status(plant.now).unwrap().license.unwrap().running, Some(0));
}

#[test]
fn sleep_is_no_matter() {
    let mut plant = plant();
    // Clock and uptime both jump by the night.
    plant.hours(10);
    plant.hardware.run(10 * HOUR);
    assert_eq!(works(&plant), Ok(()));
    plant.verifier.checkout(&id("bot-creator"), "bert", plant.now).unwrap();
    assert_eq!(plant.verifier.status(plant.now).unwrap().license.unwrap().running, Some(10 * HOUR));
    assert_eq!(plant.verifier.status(plant.now).unwrap().health, "ok");
}

#[test]
fn a_ticket_of_another_account_is_none_of_ours() {
    let mut plant = plant();
    ahead_and_right_again(&mut plant, HOUR);
    let challenge = plant.verifier.clock_challenge(plant.now).unwrap();
    plant.world.account.account = postern_protocol::documents::Ceiling::Limited(id("globex"));
    plant.world.account.id = id("globex-1");
    let file = ticket(&mut plant, &challenge, |_| {});
    assert_eq!(repair_refused(&plant, &file), "account-other");
}
