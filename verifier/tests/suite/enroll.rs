//! Enablement tokens: within 24 hours, once, for this product; and what they unlock.

use crate::plant::{Plant, code};
use postern_protocol::documents::{Approval, ApprovalRight};
use postern_protocol::time::{DAY, HOUR};
use postern_testkit::{World, id};

#[test]
fn a_token_enables_the_machine_for_its_account_and_license_id() {
    let mut plant = Plant::new();
    let enrolled = plant.enroll();
    assert_eq!((enrolled.account, enrolled.license_id, enrolled.unlocked), (id("acme"), id("cr-1"), false));
    let status = plant.verifier.status(plant.now).unwrap();
    assert_eq!(status.enrollment.unwrap().token, id("t-1"));
}

#[test]
fn a_token_is_installed_once() {
    let mut plant = Plant::new();
    let token = plant.token(|_| {});
    plant.verifier.enroll(&token, plant.now).unwrap();
    assert_eq!(code(&plant.enroll_refused(&token)), "token-used");
    plant.hours(30);
    assert_eq!(code(&plant.enroll_refused(&token)), "token-used");
}

#[test]
fn a_token_is_valid_for_24_hours_by_the_machines_clock() {
    let mut plant = Plant::new();
    let token = plant.token(|_| {});
    plant.pass(24 * HOUR + 1);
    assert_eq!(code(&plant.enroll_refused(&token)), "token-expired");
    plant.now = plant.now.minus(1);
    plant.verifier.enroll(&token, plant.now).unwrap();
}

#[test]
fn a_token_from_beyond_the_tolerance_is_refused_and_moves_nothing() {
    let mut plant = Plant::new();
    let issued_at = plant.now.plus(DAY + 1);
    let token = plant.token(|token| token.issued_at = issued_at);
    assert_eq!(code(&plant.enroll_refused(&token)), "clock-future");
    plant.pass(1);
    plant.verifier.enroll(&token, plant.now).unwrap();
    // The token says that tomorrow was seen; the machine may lag behind it by a day, as before.
    plant.request();
}

#[test]
fn a_token_needs_an_approved_account() {
    let mut world = World::new();
    world.account.approval = Approval::Right(ApprovalRight::None);
    let mut plant = Plant::of(world);
    let token = plant.token(|_| {});
    assert_eq!(code(&plant.enroll_refused(&token)), "right-missing");
}

#[test]
fn a_token_of_another_vendor_is_refused() {
    let plant = Plant::new();
    let mut world = World::new();
    world.roots = vec![postern_testkit::key(99)];
    world.trust.keys = world.roots.iter().map(postern_testkit::public).collect();
    let mut other = Plant::of(world);
    let token = other.token(|_| {});
    assert_eq!(code(&plant.enroll_refused(&token)), "chain-other-root");
}

#[test]
fn before_the_first_install_a_wrong_license_id_can_be_corrected() {
    let mut world = World::new();
    let postern_protocol::documents::Ceiling::Limited(installations) = &mut world.account.installations else {
        panic!("the account lists its installations")
    };
    let mut second = installations[0].clone();
    second.license_id = id("cr-2");
    installations.push(second);
    let mut plant = Plant::of(world);
    let wrong = plant.token(|token| token.license_id = id("cr-2"));
    plant.verifier.enroll(&wrong, plant.now).unwrap();
    plant.enroll();
    plant.renew(&[("bot-creator", 5)]);
    let late = plant.token(|token| token.license_id = id("cr-2"));
    assert_eq!(code(&plant.enroll_refused(&late)), "license-id-other");
}

#[test]
fn a_clock_behind_its_floor_installs_no_token() {
    let mut plant = Plant::enrolled();
    plant.hours(2);
    plant.request();
    plant.now = plant.now.minus(HOUR);
    let token = plant.token(|_| {});
    assert_eq!(code(&plant.enroll_refused(&token)), "clock-behind");
}
