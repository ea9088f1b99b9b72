//! The emergency extension: once, after the end, told in the next request.

use postern_protocol::documents::{Ceiling, Grantor};
use postern_protocol::time::DAY;
use postern_testkit::{World, id, time};

use crate::plant::{Plant, code, read_request};

fn refused(plant: &Plant) -> &'static str {
    code(&plant.unchanged(|verifier| verifier.extend(plant.now).unwrap_err()))
}

#[test]
fn it_keeps_a_license_going_once_and_is_told() {
    let mut plant = Plant::licensed();
    let end = time("2027-06-30T23:59:59Z");
    assert_eq!(refused(&plant), "extension-early");
    assert_eq!(plant.verifier.status(plant.now).unwrap().license.unwrap().extension, "available");
    // 14 days of grace, then reading only.
    plant.now = end.plus(15 * DAY);
    assert_eq!(code(&plant.verifier.checkout(&id("bot-creator"), "ada", plant.now).unwrap_err()), "license-ended");
    let status = plant.verifier.extend(plant.now).unwrap().license.unwrap();
    assert_eq!((status.state, status.extension), ("grace", "used"));
    assert_eq!(status.full_until, Ceiling::Limited(end.plus(21 * DAY)));
    plant.verifier.checkout(&id("bot-creator"), "ada", plant.now).unwrap();
    assert_eq!(refused(&plant), "extension-spent");
    let told = read_request(&plant.request().file).extensions_used.clone();
    let told: Vec<_> = told.iter().map(|one| (one.grantor, one.grant.as_str(), one.at)).collect();
    assert_eq!(told, [(Grantor::Root, "operations", plant.now)]);
    plant.now = end.plus(21 * DAY + 1);
    assert_eq!(code(&plant.verifier.checkout(&id("bot-creator"), "bert", plant.now).unwrap_err()), "license-ended");
    plant.reopen();
    assert_eq!(refused(&plant), "extension-spent");
}

#[test]
fn it_does_not_come_back_with_the_next_license_under_the_same_root_signed_grant() {
    let mut plant = Plant::licensed();
    let short = |plant: &Plant| plant.now.plus(2 * DAY);
    let renew = |plant: &mut Plant| {
        let request = plant.request();
        let end = short(plant);
        let file = plant.answer(&request, &[("bot-creator", 1)], |license| license.ends_at = Ceiling::Limited(end));
        plant.install(&file).unwrap();
    };
    renew(&mut plant);
    plant.pass(17 * DAY);
    plant.verifier.extend(plant.now).unwrap();
    renew(&mut plant);
    assert_eq!(plant.verifier.status(plant.now).unwrap().license.unwrap().extension, "used");
    plant.pass(17 * DAY);
    assert_eq!(refused(&plant), "extension-spent");
    assert_eq!(plant.verifier.status(plant.now).unwrap().license.unwrap().state, "ended");
}

#[test]
fn too_late_it_would_be_lost_and_without_a_right_there_is_none() {
    let mut plant = Plant::licensed();
    plant.now = time("2027-06-30T23:59:59Z").plus(21 * DAY + 1);
    assert_eq!(refused(&plant), "extension-late");
    assert_eq!(refused(&Plant::enrolled()), "license-none");
    let mut world = World::new();
    world.account.expiry.extension = Ceiling::Limited(0);
    let mut plant = Plant::of(world);
    plant.enroll();
    plant.renew(&[]);
    plant.now = time("2027-06-30T23:59:59Z").plus(1);
    assert_eq!(refused(&plant), "extension-none");
    plant.now = plant.now.minus(400 * DAY);
    assert_eq!(refused(&plant), "clock-behind");
}
