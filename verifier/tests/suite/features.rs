//! Features, answered from memory: by the same rule as everything else, and true within a second.

use postern_protocol::documents::{Ceiling, FeatureValue, LockEffect};
use postern_protocol::time::{DAY, HOUR};
use postern_testkit::{World, id, time};
use postern_verifier::{Granted, Use};

use crate::plant::{Plant, code};

/// What a handle answers from memory, which is what another one answers from a read, with and without an anchor.
fn check(plant: &Plant, feature: &str) -> Result<Granted, &'static str> {
    let answer = plant.verifier.check(feature, plant.now).map_err(|error| code(&error));
    let (another, anchored) = (plant.another(), plant.anchored());
    for once in [another.check_once(feature, plant.now), anchored.check_once(feature, plant.now)] {
        assert_eq!(once.map_err(|error| code(&error)), answer);
    }
    answer
}

#[test]
fn a_feature_is_on_or_a_number() {
    let plant = Plant::licensed();
    assert_eq!(check(&plant, "process-discovery"), Ok(Granted { value: FeatureValue::On, allowed: Use::Full }));
    assert_eq!(check(&plant, "api-tasks"), Ok(Granted { value: FeatureValue::Number(50), allowed: Use::Full }));
    for unknown in ["", "api", "api-task", "api-tasks ", "unlimited"] {
        assert_eq!(check(&plant, unknown), Err("feature-not-licensed"));
    }
    assert_eq!(check(&Plant::enrolled(), "api-tasks"), Err("license-none"));
}

#[test]
fn what_this_handle_installs_is_known_at_once() {
    let mut plant = Plant::enrolled();
    assert_eq!(check(&plant, "api-tasks"), Err("license-none"));
    plant.renew(&[("bot-creator", 1)]);
    assert!(check(&plant, "api-tasks").is_ok());
}

#[test]
fn what_another_process_installs_is_known_soon() {
    let mut plant = Plant::enrolled();
    let application = plant.another();
    assert_eq!(application.check("api-tasks", plant.now).map_err(|error| code(&error)), Err("license-none"));
    plant.renew(&[("bot-creator", 1)]);
    // The thread behind the handle asks four times a second; the test gives it a minute of turns.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while application.check("api-tasks", plant.now).is_err() {
        assert!(std::time::Instant::now() < deadline, "the install never reached the other handle");
        std::thread::yield_now();
    }
}

#[test]
fn a_feature_follows_the_dates_of_the_license() {
    let mut plant = Plant::licensed();
    let end = time("2027-06-30T23:59:59Z");
    plant.now = end.plus(14 * DAY);
    assert_eq!(check(&plant, "api-tasks").unwrap().allowed, Use::Full, "in grace");
    plant.pass(1);
    assert_eq!(check(&plant, "api-tasks").unwrap().allowed, Use::ReadOnly);
    let mut world = World::new();
    world.account.expiry.after_end = postern_protocol::documents::AfterEnd::Lock;
    let mut strict = Plant::of(world);
    strict.enroll();
    strict.renew(&[]);
    strict.now = end.plus(14 * DAY + 1);
    assert_eq!(check(&strict, "api-tasks"), Err("license-ended"));
}

#[test]
fn a_lock_of_the_cycle_takes_the_effect_that_the_grant_says() {
    for (effect, expected) in [
        (LockEffect::None, Ok(Use::Full)),
        (LockEffect::Warn, Ok(Use::Warn)),
        (LockEffect::ReadOnly, Ok(Use::ReadOnly)),
        (LockEffect::Lock, Err("machine-locked")),
    ] {
        let mut world = World::new();
        world.account.cycle.lock_effect = effect;
        let mut plant = Plant::of(world);
        plant.enroll();
        let request = plant.request();
        let file = plant.answer(&request, &[("bot-creator", 1)], |license| license.cycle.lock_effect = effect);
        plant.install(&file).unwrap();
        plant.request();
        plant.hours(7 * 24);
        assert_eq!(check(&plant, "api-tasks").unwrap().allowed, Use::Full);
        plant.pass(1);
        assert_eq!(check(&plant, "api-tasks").map(|granted| granted.allowed), expected);
        let seat = plant.verifier.checkout(&id("bot-creator"), "ada", plant.now).map_err(|error| code(&error));
        assert_eq!(seat.is_ok(), effect < LockEffect::ReadOnly, "{seat:?}");
        // A new token unlocks it.
        plant.enroll();
        assert_eq!(check(&plant, "api-tasks").unwrap().allowed, Use::Full);
    }
}

#[test]
fn behind_the_floor_only_what_has_no_end_is_answered() {
    let mut plant = Plant::licensed();
    plant.now = plant.now.minus(HOUR);
    assert_eq!(check(&plant, "api-tasks"), Err("clock-behind"));
    let mut world = World::new();
    (world.account.run_until, world.account.longest_duration) = (Ceiling::Unlimited, Ceiling::Unlimited);
    let mut endless = Plant::of(world);
    endless.enroll();
    let request = endless.request();
    let file = endless.answer(&request, &[], |license| license.ends_at = Ceiling::Unlimited);
    endless.install(&file).unwrap();
    endless.now = endless.now.minus(HOUR);
    assert!(check(&endless, "api-tasks").is_ok());
}

#[test]
fn a_machine_whose_parts_moved_is_another_machine() {
    let mut plant = Plant::licensed();
    plant.hardware.replace("mac");
    plant.reopen();
    assert!(check(&plant, "api-tasks").is_ok(), "two of three parts match");
    plant.hardware.replace("disk");
    plant.reopen();
    assert_eq!(check(&plant, "api-tasks"), Err("machine-changed"));
    let taken = plant.unchanged(|verifier| verifier.checkout(&id("bot-creator"), "ada", plant.now).unwrap_err());
    assert_eq!(code(&taken), "machine-changed");
    let status = plant.verifier.status(plant.now).unwrap();
    assert_eq!((status.fingerprint.state, status.health), ("changed", "limited"));
    assert_eq!(status.fingerprint.moved, [id("disk"), id("mac")]);
    // The way back is a request from the machine as it is now.
    plant.renew(&[("bot-creator", 1)]);
    assert!(check(&plant, "api-tasks").is_ok());
}

#[test]
fn a_snapshot_saves_reading_the_license_but_not_where_an_anchor_was_compiled_in() {
    let plant = Plant::licensed();
    let sql = "UPDATE files SET bytes = zeroblob(length(bytes)) WHERE digest = (SELECT file FROM licenses)";
    assert_eq!(crate::plant::database(&plant.state()).execute(sql, []).unwrap(), 1);
    assert!(plant.another().check_once("api-tasks", plant.now).is_ok(), "the snapshot answers");
    let anchor = crate::plant::anchor(&plant.world);
    let anchored = postern_verifier::Verifier::open(Some(&anchor), &plant.state());
    assert_eq!(code(&anchored.unwrap_err()), "state-damaged");
}

#[test]
fn a_snapshot_of_another_state_is_not_believed() {
    let mut plant = Plant::licensed();
    let snapshot =
        || crate::plant::database(&plant.state()).query_row("SELECT sealed FROM snapshot", [], |row| row.get(0));
    let old: Vec<u8> = snapshot().unwrap();
    let request = plant.request();
    let file = plant.answer(&request, &[("bot-creator", 1)], |license| license.features = vec![]);
    plant.install(&file).unwrap();
    for wrong in [old, vec![], vec![7; 200]] {
        let database = crate::plant::database(&plant.state());
        database.execute("UPDATE snapshot SET sealed = ?1", [wrong]).unwrap();
        let error = plant.another().check_once("api-tasks", plant.now).unwrap_err();
        assert_eq!(code(&error), "feature-not-licensed", "what is installed is read instead");
    }
}

#[test]
fn a_snapshot_knows_what_was_used_since() {
    let mut plant = Plant::licensed();
    plant.hours(30);
    plant.verifier.checkout(&id("bot-creator"), "ada", plant.now).unwrap();
    plant.now = plant.now.minus(HOUR);
    assert_eq!(check(&plant, "api-tasks"), Err("clock-behind"), "the floor moved on with the use");
    plant.pass(HOUR);
    plant.hardware.run(300 * DAY);
    plant.verifier.release(&id("bot-creator"), "ada", plant.now).unwrap();
    // What the first handle has in memory may be a second old.
    plant.reopen();
    assert_eq!(check(&plant, "api-tasks").unwrap().allowed, Use::ReadOnly, "and so did the running time");
}
