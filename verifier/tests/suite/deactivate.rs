//! Giving the license back: closed for ever, at once, with one document.

use postern_protocol::documents::{Deactivation, License};
use postern_protocol::{File, Kind, Limits, Unverified, Verified};
use postern_testkit::{id, sign};

use crate::plant::{Plant, code};

fn read(bytes: &[u8]) -> Verified<Deactivation> {
    let file = File::parse(bytes, &Limits::DEFAULT).unwrap();
    let envelope = file.document(Kind::Deactivation).unwrap().clone();
    Unverified::new(envelope).unwrap().verify_by_named_signers(&Limits::DEFAULT).unwrap()
}

#[test]
fn it_ends_every_use_and_can_be_exported_again() {
    let mut plant = Plant::counting();
    plant.verifier.checkout(&id("bot-creator"), "ada", plant.now).unwrap();
    plant.verifier.begin_session(&id("bot-creator"), "nightly", plant.now).unwrap();
    plant.verifier.consume(&id("pages"), 12, plant.now).unwrap();
    let before = plant.verifier.status(plant.now).unwrap();
    let given = plant.verifier.deactivate(plant.now).unwrap();
    assert!(!given.again);
    let document = read(&given.file);
    let license = before.license.unwrap();
    assert_eq!((document.license, &document.activation), (license.digest, &license.activation));
    assert_eq!(document.usage.count, before.usage.records);
    assert_eq!(document.consumption.iter().map(|one| one.total).collect::<Vec<_>>(), [12]);
    let after = plant.verifier.status(plant.now).unwrap();
    assert!(after.license.is_none() && after.seats.is_empty());
    assert_eq!(code(&plant.verifier.check("api-tasks", plant.now).unwrap_err()), "license-none");
    plant.reopen();
    let again = plant.unchanged(|verifier| verifier.deactivate(plant.now).unwrap());
    assert_eq!((again.again, again.file), (true, given.file), "the same bytes");
    assert!(plant.verifier.audit().is_ok());
}

#[test]
fn every_license_of_the_closed_activation_is_refused_seen_before_or_not() {
    let mut plant = Plant::licensed();
    let request = plant.request();
    let waiting = plant.answer(&request, &[("bot-creator", 9)], |_| {});
    let installed = plant.verifier.status(plant.now).unwrap().license.unwrap();
    let refresh: License = {
        let mut license = plant.world.license(plant.verifier.status(plant.now).unwrap().machine.key, None);
        (license.activation, license.sequence) = (installed.activation.clone(), 2);
        license.ledger.position = 50;
        license
    };
    let refresh = plant.world.file(sign(&refresh, &[&plant.world.portal_key])).to_bytes();
    plant.verifier.deactivate(plant.now).unwrap();
    for file in [&waiting, &refresh] {
        assert_eq!(code(&plant.refused(file)), "activation-closed");
    }
    // A new token begins a new life.
    plant.enroll();
    plant.renew(&[("bot-creator", 1)]);
    assert_ne!(plant.verifier.status(plant.now).unwrap().license.unwrap().activation, installed.activation);
}

#[test]
fn nothing_is_given_back_where_nothing_is_installed() {
    let plant = Plant::enrolled();
    assert_eq!(code(&plant.unchanged(|verifier| verifier.deactivate(plant.now).unwrap_err())), "license-none");
}

#[test]
fn removing_the_state_leaves_nothing_behind() {
    let plant = Plant::licensed();
    plant.verifier.begin_session(&id("bot-creator"), "nightly", plant.now).unwrap();
    plant.verifier.check("api-tasks", plant.now).unwrap();
    let state = plant.state();
    plant.verifier.remove().unwrap();
    assert!(!state.exists());
}
