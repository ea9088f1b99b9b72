//! The request cycle by its codes: superseded requests, 48 hours, 7 days, the lock and its end.

use crate::plant::{Plant, code, read_request};
use postern_protocol::documents::LockEffect;
use postern_protocol::time::{DAY, HOUR};
use postern_testkit::{World, id};

#[test]
fn a_request_needs_a_token() {
    assert_eq!(code(&Plant::new().request_refused()), "not-enrolled");
}

#[test]
fn requests_count_up_and_announce_their_deadlines() {
    let mut plant = Plant::enrolled();
    let first = plant.request();
    assert_eq!((first.cycle, first.number), (1, 1));
    assert_eq!(first.install_until, plant.now.plus(48 * HOUR));
    assert_eq!(first.locked_after, Some(plant.now.plus(7 * DAY)));
    plant.hours(24 * 6);
    let second = plant.request();
    assert_eq!((second.cycle, second.number), (1, 2));
    assert_eq!(second.locked_after, first.locked_after);
    assert_eq!(Some(second.install_until), first.locked_after, "the cycle's end comes before the 48 hours");
    let (first, second) = (read_request(&first.file), read_request(&second.file));
    assert_eq!(first.cycle.first_generated_at, second.cycle.first_generated_at);
    assert_eq!(first.activation, second.activation);
    assert_ne!(first.nonce, second.nonce);
}

#[test]
fn installing_ends_the_cycle_and_the_next_request_begins_one() {
    let mut plant = Plant::licensed();
    assert_eq!(plant.verifier.status(plant.now).unwrap().cycle.state, "none");
    plant.hours(1);
    let next = plant.request();
    assert_eq!((next.cycle, next.number), (2, 1));
    let request = read_request(&next.file);
    assert_eq!(request.cycle.first_generated_at, plant.now);
    assert_eq!(request.installed.sequence, 1);
    assert_eq!(request.ledgers.len(), 1);
}

#[test]
fn a_newer_request_voids_the_answer_to_the_one_before() {
    let mut plant = Plant::enrolled();
    let first = plant.request();
    let second = plant.request();
    let old = plant.answer(&first, &[("bot-creator", 5)], |_| {});
    assert_eq!(code(&plant.refused(&old)), "request-superseded");
    let new = plant.answer(&second, &[("bot-creator", 5)], |_| {});
    plant.install(&new).unwrap();
}

#[test]
fn an_answer_is_installed_within_48_hours_of_its_request() {
    let mut plant = Plant::enrolled();
    let request = plant.request();
    let file = plant
        .answer(&request, &[("bot-creator", 5)], |license| license.install_before = license.install_before.plus(DAY));
    plant.pass(48 * HOUR + 1);
    assert_eq!(code(&plant.refused(&file)), "window-request");
    plant.now = plant.now.minus(1);
    plant.install(&file).unwrap();
}

#[test]
fn the_issuer_may_set_an_earlier_moment() {
    let mut plant = Plant::enrolled();
    let request = plant.request();
    let until = plant.now.plus(HOUR);
    let file = plant.answer(&request, &[("bot-creator", 5)], |license| license.install_before = until);
    plant.pass(HOUR + 1);
    assert_eq!(code(&plant.refused(&file)), "install-before");
}

#[test]
fn after_7_days_the_machine_is_locked_until_a_new_token() {
    let mut plant = Plant::enrolled();
    plant.request();
    plant.hours(6 * 24);
    let last = plant.request();
    let file = plant.answer(&last, &[("bot-creator", 5)], |_| {});
    plant.pass(DAY);
    assert_eq!(plant.verifier.status(plant.now).unwrap().cycle.state, "open", "the last second still counts");
    assert!(plant.verifier.rehearse_install(&file, plant.now).is_ok());
    plant.pass(1);
    assert_eq!(plant.verifier.status(plant.now).unwrap().cycle.state, "locked");
    assert_eq!(code(&plant.refused(&file)), "machine-locked");
    assert_eq!(code(&plant.request_refused()), "machine-locked");

    assert!(plant.enroll().unlocked);
    assert_eq!(plant.verifier.status(plant.now).unwrap().cycle.state, "none");
    assert_eq!(code(&plant.refused(&file)), "request-superseded");
    let next = plant.request();
    assert_eq!((next.cycle, next.number), (2, 1));
    let file = plant.answer(&next, &[("bot-creator", 5)], |_| {});
    plant.install(&file).unwrap();
}

#[test]
fn a_lock_leaves_what_is_installed_alone_unless_the_grant_is_stricter() {
    for (effect, expected) in [(LockEffect::None, Ok(())), (LockEffect::Warn, Ok(())), (LockEffect::Lock, Err(()))] {
        let mut world = World::new();
        world.account.cycle.lock_effect = effect;
        let mut plant = Plant::of(world);
        plant.enroll();
        let request = plant.request();
        let file = plant.answer(&request, &[("bot-creator", 5)], |license| license.cycle.lock_effect = effect);
        plant.install(&file).unwrap();
        plant.request();
        plant.pass(7 * DAY + 1);
        let checkout = plant.verifier.checkout(&id("bot-creator"), "ada", plant.now);
        assert_eq!(checkout.as_ref().map(drop).map_err(|error| assert_eq!(code(error), "machine-locked")), expected);
    }
}

#[test]
fn a_stricter_lock_reaches_the_machine_with_the_token() {
    let mut plant = Plant::licensed();
    (plant.world.account.serial, plant.world.account.cycle.lock_effect) = (2, LockEffect::ReadOnly);
    plant.enroll();
    plant.request();
    plant.pass(7 * DAY + 1);
    let error = plant.verifier.checkout(&id("bot-creator"), "ada", plant.now).unwrap_err();
    assert_eq!(code(&error), "machine-locked");
}

#[test]
fn a_clock_that_lags_within_its_tolerance_makes_consistent_requests() {
    let mut plant = Plant::enrolled();
    plant.hours(1);
    plant.request();
    plant.now = plant.now.minus(60);
    let request = plant.request();
    let cycle = read_request(&request.file).cycle;
    assert_eq!(cycle.generated_at, cycle.first_generated_at);
}

#[test]
fn a_grant_may_set_shorter_windows() {
    let mut world = World::new();
    (world.account.cycle.request_window, world.account.cycle.cycle_window) = (HOUR, 2 * HOUR);
    let mut plant = Plant::of(world);
    plant.enroll();
    let request = plant.request();
    assert_eq!(request.install_until, plant.now.plus(HOUR));
    assert_eq!(request.locked_after, Some(plant.now.plus(2 * HOUR)));
    plant.pass(2 * HOUR + 1);
    assert_eq!(code(&plant.request_refused()), "machine-locked");
}

#[test]
fn users_leave_the_machine_as_pseudonyms_unless_they_are_to_be_named() {
    let mut plant = Plant::licensed();
    plant.verifier.checkout(&id("bot-creator"), "ada", plant.now).unwrap();
    let hidden = plant.request();
    let seats = &read_request(&hidden.file).seats;
    assert_eq!((seats[0].in_use, seats[0].holders.len()), (1, 1));
    assert!(seats[0].holders[0].starts_with("user-") && !seats[0].holders[0].contains("ada"));
    let again = plant.request();
    assert_eq!(read_request(&again.file).seats, *seats, "a pseudonym stays the same");
    let named = plant.verifier.request(true, plant.now).unwrap();
    assert_eq!(read_request(&named.file).seats[0].holders, ["ada"]);
    plant.hours(1);
}

#[test]
fn a_clock_that_runs_back_stops_requests_and_installs() {
    let mut plant = Plant::enrolled();
    plant.hours(2);
    let request = plant.request();
    let file = plant.answer(&request, &[("bot-creator", 5)], |_| {});
    plant.now = plant.now.minus(5 * 60 + 1);
    assert_eq!(code(&plant.request_refused()), "clock-behind");
    assert_eq!(code(&plant.refused(&file)), "clock-behind");
    assert_eq!(plant.verifier.status(plant.now).unwrap().clock.state, "behind");
    plant.pass(1);
    plant.install(&file).unwrap();
}
