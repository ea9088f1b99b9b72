//! Floating sessions: out of the same seats as named users, served by generic seats, ended by time, release or death.

use postern_protocol::documents::{Allowance, Ceiling, Step};
use postern_protocol::time::HOUR;
use postern_testkit::{World, id};
use postern_verifier::rules::seats::Change;
use postern_verifier::{Session, Verifier};

use crate::plant::{Plant, code};

/// A machine with 1 dev, 1 exec and 1 generic seat.
fn robots(seats: &[(&str, u64)]) -> Plant {
    let mut world = World::new();
    let everything = ["dev", "exec", "generic", "bot-creator"].map(|seat_type| postern_testkit::seats(seat_type, 100));
    world.account.allowances = Ceiling::Limited(everything.to_vec());
    world.account.installations = Ceiling::Limited(vec![postern_protocol::documents::Installation {
        license_id: id("cr-1"),
        allowances: everything.to_vec(),
    }]);
    let mut plant = Plant::of(world);
    plant.enroll();
    plant.renew(seats);
    plant
}

fn begin(plant: &Plant, seat_type: &str, user: &str) -> Session {
    plant.verifier.begin_session(&id(seat_type), user, plant.now).unwrap()
}

fn refused(plant: &Plant, seat_type: &str) -> &'static str {
    code(&plant.unchanged(|verifier| verifier.begin_session(&id(seat_type), "one more", plant.now).unwrap_err()))
}

fn used(plant: &Plant) -> Vec<(String, u64, u64, u64)> {
    let seats = plant.verifier.status(plant.now).unwrap().seats;
    seats.into_iter().map(|seat| (seat.seat_type.to_string(), seat.total, seat.used, seat.free)).collect()
}

#[test]
fn sessions_and_named_users_share_the_seats() {
    let plant = robots(&[("bot-creator", 2)]);
    plant.verifier.checkout(&id("bot-creator"), "ada", plant.now).unwrap();
    let session = begin(&plant, "bot-creator", "nightly");
    assert_eq!(session.until, Some(plant.now.plus(8 * HOUR)), "the license's longest session");
    assert_eq!(refused(&plant, "bot-creator"), "seats-taken");
    let error = plant.verifier.checkout(&id("bot-creator"), "bert", plant.now).unwrap_err();
    assert!(error.to_string().contains(&format!("ada, nightly (session {})", session.id)), "{error}");
    plant.verifier.end_session(&session.id, plant.now).unwrap();
    assert_eq!(code(&plant.verifier.end_session(&session.id, plant.now).unwrap_err()), "session-unknown");
    assert_eq!(plant.verifier.checkout(&id("bot-creator"), "bert", plant.now), Ok(Change::Made));
}

#[test]
fn a_generic_seat_serves_whoever_lacks_one() {
    let plant = robots(&[("dev", 1), ("exec", 1), ("generic", 1)]);
    let first = begin(&plant, "dev", "ada");
    begin(&plant, "dev", "bert");
    let of = |name: &str| used(&plant).into_iter().find(|one| one.0 == name).unwrap();
    assert_eq!(of("dev"), ("dev".into(), 1, 2, 0));
    assert_eq!(of("generic"), ("generic".into(), 1, 0, 0), "it serves the second developer");
    assert_eq!(of("exec"), ("exec".into(), 1, 0, 1));
    assert_eq!(refused(&plant, "dev"), "seats-taken");
    assert_eq!(refused(&plant, "generic"), "seats-taken");
    begin(&plant, "exec", "robot 1");
    assert_eq!(refused(&plant, "exec"), "seats-taken");
    // Which seat serves whom is nowhere written: when any developer leaves, the generic seat is free for a robot.
    plant.verifier.end_session(&first.id, plant.now).unwrap();
    begin(&plant, "exec", "robot 2");
    assert_eq!(refused(&plant, "dev"), "seats-taken");
}

#[test]
fn generic_seats_alone_serve_types_that_the_license_does_not_name() {
    let plant = robots(&[("generic", 2)]);
    begin(&plant, "dev", "ada");
    begin(&plant, "exec", "robot");
    assert_eq!(refused(&plant, "generic"), "seats-taken");
    assert_eq!(refused(&plant, "bot-creator"), "seat-type-unknown");
}

#[test]
fn a_session_ends_with_its_time() {
    let mut plant = robots(&[("dev", 1)]);
    let session = begin(&plant, "dev", "ada");
    plant.now = session.until.unwrap();
    assert_eq!(refused(&plant, "dev"), "seats-taken", "the last second still counts");
    plant.pass(1);
    assert_eq!(used(&plant), [("dev".to_owned(), 1, 0, 1)]);
    assert_eq!(code(&plant.verifier.end_session(&session.id, plant.now).unwrap_err()), "session-unknown");
    begin(&plant, "dev", "bert");
    assert_eq!(used(&plant), [("dev".to_owned(), 1, 1, 0)]);
}

#[test]
fn a_session_ends_with_the_handle_that_holds_it() {
    let plant = robots(&[("dev", 2)]);
    let other: Verifier = plant.another();
    other.begin_session(&id("dev"), "theirs", plant.now).unwrap();
    other.begin_detached_session(&id("dev"), "nobody's", plant.now).unwrap();
    assert_eq!(refused(&plant, "dev"), "seats-taken", "the other handle is there");
    drop(other);
    begin(&plant, "dev", "ours");
    assert_eq!(refused(&plant, "dev"), "seats-taken", "the detached one stays");
}

#[test]
fn only_the_longest_session_of_the_license_bounds_one() {
    let mut plant = robots(&[]);
    let request = plant.request();
    let file = plant.answer(&request, &[("dev", 1)], |license| license.longest_session = Ceiling::Limited(60));
    plant.install(&file).unwrap();
    assert_eq!(begin(&plant, "dev", "ada").until, Some(plant.now.plus(60)));
}

#[test]
fn a_reduction_below_the_sessions_that_run_names_them() {
    let mut plant = robots(&[("dev", 1), ("generic", 1)]);
    begin(&plant, "dev", "ada");
    let second = begin(&plant, "dev", "bert");
    let request = plant.request();
    let file = plant.answer(&request, &[("dev", 1)], |_| {});
    let error = plant.refused(&file);
    assert_eq!(code(&error), "seats-in-use");
    assert!(error.to_string().contains("2 dev in use, 1 allowed"), "{error}");
    plant.verifier.end_session(&second.id, plant.now).unwrap();
    plant.install(&file).unwrap();
}

#[test]
fn what_stages_take_away_is_not_given_out_again() {
    let mut plant = robots(&[]);
    let request = plant.request();
    let tomorrow = plant.now.day_start().plus(24 * HOUR);
    let file = plant.answer(&request, &[], |license| {
        license.allocation = vec![Allowance {
            seat_type: id("dev"),
            steps: vec![Step { from: license.starts_at, quantity: 2 }, Step { from: tomorrow, quantity: 1 }],
        }];
        license.longest_session = Ceiling::Limited(28_800);
    });
    plant.install(&file).unwrap();
    plant.now = tomorrow.minus(HOUR);
    begin(&plant, "dev", "ada");
    begin(&plant, "dev", "bert");
    plant.now = tomorrow;
    assert_eq!(used(&plant), [("dev".to_owned(), 1, 2, 0)], "nobody is thrown out, nobody else gets in");
    assert_eq!(refused(&plant, "dev"), "seats-taken");
}

#[test]
fn requests_tell_sessions_as_seats_in_use() {
    let plant = robots(&[("dev", 2), ("exec", 1)]);
    begin(&plant, "dev", "ada");
    plant.verifier.checkout(&id("dev"), "bert", plant.now).unwrap();
    let request = crate::plant::read_request(&plant.verifier.request(true, plant.now).unwrap().file);
    let [dev] = request.seats.as_slice() else { panic!("{:?}", request.seats) };
    assert_eq!((dev.seat_type.as_str(), dev.in_use), ("dev", 2));
    assert_eq!(dev.holders, ["bert", "ada"]);
}
