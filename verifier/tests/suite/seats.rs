//! Named seats: taken while there are some, given back at any time, never reduced below what is in use.

use crate::plant::{Plant, code, seat};
use postern_protocol::Explain;
use postern_protocol::documents::{Ceiling, Entry, InstalledEffect, Standing, Step, Target};
use postern_protocol::time::{DAY, HOUR};
use postern_testkit::{id, sign, time};
use postern_verifier::rules::seats::Change;

fn refused(plant: &Plant, seat_type: &str, user: &str) -> &'static str {
    code(&plant.unchanged(|verifier| verifier.checkout(&seat(seat_type), user, plant.now).unwrap_err()))
}

#[test]
fn seats_are_taken_until_none_is_free() {
    let mut plant = Plant::enrolled();
    assert_eq!(refused(&plant, "bot-creator", "ada"), "license-none");
    plant.renew(&[("bot-creator", 2)]);
    let checkout = |user: &str| plant.verifier.checkout(&id("bot-creator"), user, plant.now).unwrap();
    assert_eq!(checkout(" ada "), Change::Made);
    assert_eq!(checkout("ada"), Change::None, "a user holds one seat of a type");
    assert_eq!(checkout("bert"), Change::Made);
    assert_eq!(refused(&plant, "bot-creator", "cleo"), "seats-taken");
    assert_eq!(refused(&plant, "bot-runner", "cleo"), "seat-type-unknown");
    plant.verifier.release(&id("bot-creator"), "ada", plant.now).unwrap();
    assert_eq!(checkout("cleo"), Change::Made);
    let status = plant.verifier.status(plant.now).unwrap();
    let seats = &status.seats[0];
    assert_eq!((seats.total, seats.used, seats.free), (2, 2, 0));
    assert_eq!(seats.holders.iter().map(|one| one.user.as_str()).collect::<Vec<_>>(), ["bert", "cleo"]);
}

#[test]
fn names_are_bounded_and_printable() {
    let plant = Plant::licensed();
    for name in ["", "  ", "a\nb", "a\u{202e}b", "a\u{2066}b", "a\u{2028}b", &"x".repeat(129)] {
        assert_eq!(refused(&plant, "bot-creator", name), "user-name-invalid");
    }
    for name in [&"x".repeat(128), "Ünal 山田 \u{200d}👩"] {
        plant.verifier.checkout(&id("bot-creator"), name, plant.now).unwrap();
    }
    // Whoever holds a seat can be named in a request.
    plant.verifier.request(true, plant.now).unwrap();
}

#[test]
fn a_seat_that_is_not_held_is_not_released() {
    let plant = Plant::licensed();
    let error = plant.unchanged(|verifier| verifier.release(&id("bot-creator"), "ada", plant.now).unwrap_err());
    assert_eq!(code(&error), "seat-not-held");
}

#[test]
fn a_reduction_below_use_names_the_users_and_is_installed_after_releasing() {
    let mut plant = Plant::licensed();
    for user in ["ada", "bert", "cleo"] {
        plant.verifier.checkout(&id("bot-creator"), user, plant.now).unwrap();
    }
    let request = plant.request();
    let file = plant.answer(&request, &[("bot-creator", 1)], |_| {});
    let error = plant.refused(&file);
    assert_eq!(code(&error), "seats-in-use");
    assert!(error.to_string().contains("ada, bert, cleo"), "{error}");
    assert!(error.advice().contains("Release 2 of the bot-creator seats"), "{}", error.advice());
    plant.verifier.release(&id("bot-creator"), "ada", plant.now).unwrap();
    assert_eq!(code(&plant.refused(&file)), "seats-in-use");
    plant.verifier.release(&id("bot-creator"), "cleo", plant.now).unwrap();
    plant.install(&file).unwrap();
    assert_eq!(refused(&plant, "bot-creator", "cleo"), "seats-taken");
}

#[test]
fn a_seat_type_that_is_gone_counts_as_a_reduction() {
    let mut plant = Plant::licensed();
    plant.verifier.checkout(&id("bot-creator"), "ada", plant.now).unwrap();
    let request = plant.request();
    let file = plant.answer(&request, &[("bot-runner", 5)], |_| {});
    assert_eq!(code(&plant.refused(&file)), "seats-in-use");
}

#[test]
fn a_license_that_starts_later_is_measured_at_its_start() {
    let mut plant = Plant::licensed();
    plant.verifier.checkout(&id("bot-creator"), "ada", plant.now).unwrap();
    let request = plant.request();
    let tomorrow = plant.now.day_start().plus(DAY);
    let file = plant.answer(&request, &[("bot-creator", 1)], |license| {
        (license.starts_at, license.allocation[0].steps[0].from) = (tomorrow, tomorrow);
    });
    plant.install(&file).unwrap();
}

#[test]
fn quantities_follow_their_steps() {
    let mut plant = Plant::enrolled();
    let request = plant.request();
    let tomorrow = plant.now.day_start().plus(DAY);
    let file = plant.answer(&request, &[("bot-creator", 1)], |license| {
        license.allocation[0].steps.push(Step { from: tomorrow, quantity: 2 });
    });
    plant.install(&file).unwrap();
    plant.verifier.checkout(&id("bot-creator"), "ada", plant.now).unwrap();
    assert_eq!(refused(&plant, "bot-creator", "bert"), "seats-taken");
    let next = plant.verifier.status(plant.now).unwrap().next;
    assert_eq!((next[0].event, next[0].at), ("changes", tomorrow));
    plant.now = tomorrow;
    plant.verifier.checkout(&id("bot-creator"), "bert", plant.now).unwrap();
}

#[test]
fn the_end_comes_with_notices_grace_and_the_policy() {
    let mut plant = Plant::licensed();
    let end = time("2027-06-30T23:59:59Z");
    let words = |plant: &Plant| {
        let license = plant.verifier.status(plant.now).unwrap().license.unwrap();
        (license.state, license.r#use)
    };
    assert_eq!(words(&plant), ("active", "full"));
    plant.now = end.minus(180 * DAY);
    assert_eq!(words(&plant), ("notice", "full"));
    plant.now = end;
    assert_eq!(words(&plant), ("notice", "full"), "the last second still counts");
    plant.now = end.plus(1);
    assert_eq!(words(&plant), ("grace", "full"));
    plant.verifier.checkout(&id("bot-creator"), "ada", plant.now).unwrap();
    plant.now = end.plus(14 * DAY + 1);
    assert_eq!(words(&plant), ("ended", "read-only"));
    assert_eq!(refused(&plant, "bot-creator", "bert"), "license-ended");
    plant.verifier.release(&id("bot-creator"), "ada", plant.now).unwrap();
}

#[test]
fn a_license_that_starts_later_is_not_used_before() {
    let mut plant = Plant::enrolled();
    let request = plant.request();
    let tomorrow = plant.now.day_start().plus(DAY);
    let file = plant.answer(&request, &[("bot-creator", 1)], |license| license.starts_at = tomorrow);
    plant.install(&file).unwrap();
    assert_eq!(refused(&plant, "bot-creator", "ada"), "license-not-started");
    assert_eq!(plant.verifier.status(plant.now).unwrap().license.unwrap().state, "not-started");
    plant.now = tomorrow;
    plant.verifier.checkout(&id("bot-creator"), "ada", plant.now).unwrap();
}

#[test]
fn behind_the_clock_floor_time_limited_use_stops_and_seats_can_still_be_released() {
    let mut plant = Plant::licensed();
    plant.hours(24);
    plant.verifier.checkout(&id("bot-creator"), "ada", plant.now).unwrap();
    plant.now = plant.now.minus(HOUR);
    assert_eq!(refused(&plant, "bot-creator", "bert"), "clock-behind");
    plant.verifier.release(&id("bot-creator"), "ada", plant.now).unwrap();
    // The release did not move the floor back.
    assert_eq!(refused(&plant, "bot-creator", "bert"), "clock-behind");
}

#[test]
fn a_license_without_end_goes_on_behind_the_floor() {
    let mut world = postern_testkit::World::new();
    (world.account.run_until, world.account.longest_duration) = (Ceiling::Unlimited, Ceiling::Unlimited);
    let mut plant = Plant::of(world);
    plant.enroll();
    let request = plant.request();
    let file = plant.answer(&request, &[("bot-creator", 1)], |license| license.ends_at = Ceiling::Unlimited);
    plant.install(&file).unwrap();
    plant.now = plant.now.minus(HOUR);
    plant.verifier.checkout(&id("bot-creator"), "ada", plant.now).unwrap();
}

#[test]
fn a_revocation_that_stops_reaches_what_is_installed_when_the_list_arrives() {
    let mut plant = Plant::licensed();
    let installed = plant.verifier.status(plant.now).unwrap().license.unwrap().digest;
    let mut list = crate::plant::revocations(&plant.world, 1);
    list.entries = vec![Entry {
        target: Target::License(installed),
        standing: Standing::Suspended,
        min_serial: 0,
        effect: InstalledEffect::Stop,
    }];
    let token = plant.token(|_| {});
    let mut file = postern_protocol::File::parse(&token, &postern_protocol::Limits::DEFAULT).unwrap();
    file.revocations = vec![sign(&list, &[&plant.world.ops_key])];
    plant.verifier.enroll(&file.to_bytes(), plant.now).unwrap();
    assert_eq!(refused(&plant, "bot-creator", "ada"), "license-stopped");
    let license = plant.verifier.status(plant.now).unwrap().license.unwrap();
    assert_eq!((license.state, license.r#use), ("stopped", "lock"));
}
