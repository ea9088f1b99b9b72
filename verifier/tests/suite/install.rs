//! Refused licenses, each by its code; a refused file changes nothing.

use crate::plant::{Plant, answer, code, read_request, revocations};
use postern_protocol::documents::{
    AcceptFork, Ceiling, Checkpoint, Entry, InstalledEffect, Standing, Target, Tombstone,
};
use postern_protocol::time::{DAY, HOUR};
use postern_protocol::{Digest, File};
use postern_testkit::{World, id, key, public, rotation, seats, sign, time};

const FIVE: &[(&str, u64)] = &[("bot-creator", 5)];

#[test]
fn an_answer_is_installed_and_enforced() {
    let mut plant = Plant::enrolled();
    let request = plant.request();
    let file = plant.answer(&request, FIVE, |_| {});
    let done = plant.install(&file).unwrap();
    assert!(done.before.is_none() && !done.already_installed);
    let after = done.after.unwrap();
    assert_eq!((after.sequence, after.seats[0].total), (1, 5));
    let status = plant.verifier.status(plant.now).unwrap();
    assert_eq!(status.license.unwrap().state, "active");
}

#[test]
fn the_same_license_again_changes_nothing() {
    let mut plant = Plant::enrolled();
    let request = plant.request();
    let file = plant.answer(&request, FIVE, |_| {});
    plant.install(&file).unwrap();
    plant.hours(24 * 30);
    assert!(plant.unchanged(|verifier| verifier.install(&file, plant.now)).unwrap().already_installed);
}

#[test]
fn a_rehearsal_shows_before_and_after_and_changes_nothing() {
    let mut plant = Plant::licensed();
    let request = plant.request();
    let file = plant.answer(&request, &[("bot-creator", 7), ("bot-runner", 2)], |_| {});
    let shown = plant.unchanged(|verifier| verifier.rehearse_install(&file, plant.now)).unwrap();
    let totals = |side: Option<postern_verifier::status::Entitlement>| -> Vec<u64> {
        side.unwrap().seats.iter().map(|seat| seat.total).collect()
    };
    assert_eq!((totals(shown.before), totals(shown.after)), (vec![5], vec![7, 2]));
    plant.install(&file).unwrap();
}

#[test]
fn another_machines_license_is_refused() {
    let mut one = Plant::enrolled();
    let mut two = Plant::enrolled();
    let request = one.request();
    two.request();
    let file = one.answer(&request, FIVE, |_| {});
    assert_eq!(code(&two.refused(&file)), "machine-other");
    let here = read_request(&two.request().file).device;
    let file = two.answer(&request, FIVE, |license| license.device = here);
    assert_eq!(code(&two.refused(&file)), "activation-other");
    let activation = read_request(&two.request().file).activation.clone();
    let file = two.answer(&request, FIVE, |license| (license.device, license.activation) = (here, activation));
    assert_eq!(code(&two.refused(&file)), "request-unknown");
}

#[test]
fn the_sequence_only_goes_up() {
    let mut plant = Plant::enrolled();
    let first = plant.request();
    let one = plant.answer(&first, FIVE, |_| {});
    let other = plant.answer(&first, &[("bot-creator", 6)], |_| {});
    plant.install(&one).unwrap();
    assert_eq!(code(&plant.refused(&other)), "sequence-conflict");
    plant.renew(&[("bot-creator", 6)]);
    assert_eq!(code(&plant.refused(&one)), "sequence-old");
    let next = plant.request();
    let ahead = plant.answer(&next, FIVE, |license| license.sequence += 1);
    assert_eq!(code(&plant.refused(&ahead)), "sequence-gap");
}

#[test]
fn a_refresh_may_skip_up_to_1024() {
    let mut plant = Plant::licensed();
    let request = plant.request();
    for (sequence, expected) in [(1 + 1025, Some("sequence-gap")), (1 + 1024, None), (3, Some("sequence-old"))] {
        let file = plant.answer(&request, FIVE, |license| (license.request, license.sequence) = (None, sequence));
        match expected {
            Some(expected) => assert_eq!(code(&plant.refused(&file)), expected),
            None => drop(plant.install(&file).unwrap()),
        }
    }
}

#[test]
fn the_grant_must_be_inside_its_issuing_window() {
    let mut plant = Plant::enrolled();
    let request = plant.request();
    let issued_at = plant.world.account.issue_until.plus(1);
    let late = plant.answer(&request, FIVE, |license| license.issued_at = issued_at);
    assert_eq!(code(&plant.refused(&late)), "document-exceeds-grant");

    let mut world = World::new();
    world.account.issue_until = postern_testkit::now();
    let mut plant = Plant::of(world);
    plant.enroll();
    plant.pass(7 * DAY - HOUR);
    let request = plant.request();
    let (issued_at, install_before) = (postern_testkit::now(), postern_testkit::now().plus(7 * DAY));
    let file = plant.answer(&request, FIVE, |license| {
        (license.issued_at, license.install_before, license.starts_at) = (issued_at, install_before, issued_at);
    });
    plant.pass(HOUR + 1);
    assert_eq!(code(&plant.refused(&file)), "install-before", "the grant caps what issuers may write");
    plant.now = plant.now.minus(1);
    plant.install(&file).unwrap();
}

#[test]
fn a_clock_before_the_issuing_window_installs_nothing() {
    let mut world = World::new();
    world.account.issue_from = postern_testkit::now().plus(2 * HOUR);
    let mut plant = Plant::of(world);
    let later = plant.now.plus(2 * HOUR);
    let token = plant.token(|token| token.issued_at = later);
    plant.verifier.enroll(&token, plant.now).unwrap();
    let request = plant.request();
    let file = plant.answer(&request, FIVE, |license| license.issued_at = later);
    assert_eq!(code(&plant.refused(&file)), "issue-window");
    plant.hours(2);
    plant.install(&file).unwrap();
}

#[test]
fn a_license_from_the_future_is_refused_and_moves_nothing() {
    let mut plant = Plant::enrolled();
    let request = plant.request();
    let issued_at = plant.now.plus(DAY + 1);
    let file = plant.answer(&request, FIVE, |license| license.issued_at = issued_at);
    assert_eq!(code(&plant.refused(&file)), "clock-future");
    plant.pass(1);
    plant.install(&file).unwrap();
}

#[test]
fn a_cheating_portal_key_gets_nothing_beyond_its_grant() {
    let mut plant = Plant::enrolled();
    let request = plant.request();
    let beyond: [(&str, Vec<u8>); 3] = [
        ("an end past the grant", {
            let end = Ceiling::Limited(time("2027-07-01T00:00:00Z"));
            plant.answer(&request, FIVE, |license| license.ends_at = end)
        }),
        ("a quantity past the grant", plant.answer(&request, &[("bot-creator", 11)], |_| {})),
        ("a longer window", plant.answer(&request, FIVE, |license| license.cycle.cycle_window += 1)),
    ];
    for (what, file) in beyond {
        assert_eq!(code(&plant.refused(&file)), "document-exceeds-grant", "{what}");
    }
}

#[test]
fn a_grant_wider_than_its_parent_is_refused() {
    let mut world = World::new();
    world.ops.allowances = Ceiling::Limited(vec![seats("bot-creator", 9), seats("bot-runner", 20)]);
    world.link();
    let mut plant = Plant::enrolled();
    let request = plant.request();
    let license = answer(&world, &request.file, FIVE, plant.now);
    let file = world.file(sign(&license, &[&world.portal_key])).to_bytes();
    assert_eq!(code(&plant.refused(&file)), "grant-exceeds-parent");
    plant.hours(1);
}

#[test]
fn no_byte_of_a_license_file_can_change() {
    let mut plant = Plant::enrolled();
    let request = plant.request();
    let file = plant.answer(&request, FIVE, |_| {});
    let payloads = |bytes: &[u8]| {
        let file = File::parse(bytes, &postern_protocol::Limits::DEFAULT).unwrap();
        file.envelopes().map(|envelope| envelope.payload().to_vec()).collect::<Vec<_>>()
    };
    let before = crate::plant::dump(&plant.state());
    let mut accepted = 0;
    for position in (0..file.len()).step_by(7) {
        let mut changed = file.clone();
        changed[position] ^= 1;
        if plant.verifier.rehearse_install(&changed, plant.now).is_ok() {
            assert_eq!(payloads(&changed), payloads(&file), "byte {position}");
            accepted += 1;
        }
    }
    assert!(accepted < file.len() / 7 / 4, "only hints and field names outside the payloads may change");
    assert_eq!(crate::plant::dump(&plant.state()), before);
}

#[test]
fn a_changed_machine_is_refused_and_the_parts_are_named() {
    let mut plant = Plant::enrolled();
    let request = plant.request();
    let file = plant.answer(&request, FIVE, |_| {});
    plant.hardware.replace("disk");
    plant.hardware.replace("mac");
    let error = plant.refused(&file);
    assert_eq!(code(&error), "fingerprint-changed");
    assert!(error.to_string().contains("disk, mac"), "{error}");
    // Two of three parts have to match: with one disk replaced the answer to a new request fits, and so does the old.
    let request = plant.request();
    let file = plant.answer(&request, FIVE, |_| {});
    plant.hardware.replace("disk");
    plant.install(&file).unwrap();
}

fn entry(target: Target, effect: InstalledEffect) -> Entry {
    Entry { target, standing: Standing::Revoked, min_serial: 0, effect }
}

#[test]
fn what_is_revoked_is_refused_and_older_lists_change_nothing() {
    let mut plant = Plant::licensed();
    let mut list = revocations(&plant.world, 2);
    let request = plant.request();
    let device = read_request(&request.file).device.key;
    // The list reaches the machine with a license that it says nothing about, and is kept.
    list.entries = vec![entry(Target::License(crate::plant::digest("another")), InstalledEffect::Keep)];
    let license = answer(&plant.world, &request.file, FIVE, plant.now);
    let mut file = plant.world.file(sign(&license, &[&plant.world.portal_key]));
    file.revocations = vec![sign(&list, &[&plant.world.ops_key])];
    let mut position = plant.next_position();
    let carrying = |position: u64, list: &postern_protocol::documents::Revocations, world: &World, license: &_| {
        let mut license: postern_protocol::documents::License = Clone::clone(license);
        license.ledger.position = position;
        let mut file = world.file(sign(&license, &[&world.portal_key]));
        file.revocations = vec![sign(list, &[&world.ops_key])];
        file.to_bytes()
    };
    plant.install(&carrying(position, &list, &plant.world, &license)).unwrap();
    assert_eq!(read_request(&plant.request().file).revocations[0].serial, 2);

    let request = plant.request();
    let license = answer(&plant.world, &request.file, FIVE, plant.now);
    position += 1;
    list.serial = 3;
    list.entries = vec![entry(Target::Device(device), InstalledEffect::Keep)];
    assert_eq!(code(&plant.refused(&carrying(position, &list, &plant.world, &license))), "grant-revoked");
    // A rolled-back list changes nothing: the newest known counts.
    list.serial = 1;
    list.entries.clear();
    plant.install(&carrying(position, &list, &plant.world, &license)).unwrap();
    assert_eq!(read_request(&plant.request().file).revocations[0].serial, 2);
}

#[test]
fn a_revocation_that_came_before_is_remembered() {
    let mut plant = Plant::enrolled();
    let request = plant.request();
    let mut list = revocations(&plant.world, 1);
    list.entries = vec![entry(Target::Device(read_request(&request.file).device.key), InstalledEffect::Keep)];
    let token = plant.token(|_| {});
    let mut token = File::parse(&token, &postern_protocol::Limits::DEFAULT).unwrap();
    token.revocations = vec![sign(&list, &[&plant.world.ops_key])];
    plant.verifier.enroll(&token.to_bytes(), plant.now).unwrap();
    plant.reopen();
    let file = plant.answer(&request, FIVE, |_| {});
    assert_eq!(code(&plant.refused(&file)), "grant-revoked");
}

#[test]
fn a_grant_may_ask_for_fresh_revocations() {
    let mut world = World::new();
    world.account.revocation_max_age = Ceiling::Limited(DAY);
    let mut plant = Plant::of(world);
    plant.enroll();
    let request = plant.request();
    let file = plant.answer(&request, FIVE, |_| {});
    assert_eq!(code(&plant.refused(&file)), "revocations-stale");
    let mut with = File::parse(&file, &postern_protocol::Limits::DEFAULT).unwrap();
    with.revocations = vec![sign(&revocations(&plant.world, 1), &[&plant.world.ops_key])];
    plant.install(&with.to_bytes()).unwrap();
}

#[test]
fn a_store_without_what_the_ledger_saw_is_rolled_back() {
    let mut plant = Plant::licensed();
    let request = plant.request();
    let usage = read_request(&request.file).usage;
    let lost = Checkpoint { count: usage.count + 2, head: Digest::of(b"another branch"), ..usage };
    let file = plant.answer(&request, FIVE, |license| license.acknowledged.push(lost));
    plant.rolled_back(&file);
    let mismatched = plant.answer(&request, FIVE, |license| {
        license.acknowledged.push(lost);
        license.accept_fork = Some(AcceptFork { usage: lost });
    });
    assert_eq!(code(&plant.refused(&mismatched)), "usage-rolled-back");
    let accepted = plant.answer(&request, FIVE, |license| {
        license.acknowledged.push(lost);
        license.accept_fork = Some(AcceptFork { usage });
        license.device.epoch += 1;
    });
    plant.install(&accepted).unwrap();
    // The ledger goes on acknowledging the lost branch; once is enough to accept it.
    let request = plant.request();
    assert_eq!(read_request(&request.file).device.epoch, 1);
    let next = plant.answer(&request, FIVE, |license| license.acknowledged.insert(0, lost));
    plant.install(&next).unwrap();
}

#[test]
fn an_epoch_comes_only_with_an_accepted_fork() {
    let mut plant = Plant::enrolled();
    let request = plant.request();
    let file = plant.answer(&request, FIVE, |license| license.device.epoch += 1);
    assert_eq!(code(&plant.refused(&file)), "machine-epoch");
}

#[test]
fn a_portal_with_an_older_ledger_than_the_machine_knows_is_refused() {
    let mut plant = Plant::licensed();
    let request = plant.request();
    let known = read_request(&request.file).ledgers[0].position;
    let file = plant.answer(&request, FIVE, |license| license.ledger.position = known);
    assert_eq!(code(&plant.refused(&file)), "ledger-stale");
    // A ledger that was begun anew counts from the beginning; the one before it is over.
    let begun_anew = plant.answer(&request, FIVE, |license| {
        (license.ledger.ledger.epoch, license.ledger.position) = (1, 1);
    });
    plant.install(&begun_anew).unwrap();
    let request = plant.request();
    let file = plant.answer(&request, FIVE, |license| license.ledger.position += 1000);
    assert_eq!(code(&plant.refused(&file)), "ledger-stale");
}

#[test]
fn a_machine_released_as_dead_gets_no_further_files() {
    let mut plant = Plant::enrolled();
    let request = plant.request();
    let asked = read_request(&request.file);
    let stone = Tombstone { device: asked.device.key, activation: asked.activation.clone(), at: plant.now };
    let file = plant.answer(&request, FIVE, |license| license.tombstones.push(stone));
    assert_eq!(code(&plant.refused(&file)), "machine-released");
}

#[test]
fn other_accounts_and_license_ids_are_refused() {
    let mut world = World::new();
    world.account.account = Ceiling::Unlimited;
    world.account.installations = Ceiling::Unlimited;
    let mut plant = Plant::of(world);
    plant.enroll();
    let request = plant.request();
    let file = plant.answer(&request, FIVE, |license| license.account = id("other"));
    assert_eq!(code(&plant.refused(&file)), "account-other");
    let file = plant.answer(&request, FIVE, |license| license.license_id = id("cr-2"));
    assert_eq!(code(&plant.refused(&file)), "license-id-other");
}

#[test]
fn an_answer_brings_the_trust_from_1_to_3() {
    let mut plant = Plant::enrolled();
    let (second, second_envelope) = rotation::rotated(&plant.world.trust, &[1], &[2], 1);
    let (_, third_envelope) = rotation::rotated(&second, &[2], &[3], 1);
    let request = plant.request();
    plant.world.roots = vec![key(3)];
    let file = plant.answer(&request, FIVE, |_| {});
    let with = |trust: &[&postern_protocol::Envelope]| {
        let mut file = File::parse(&file, &postern_protocol::Limits::DEFAULT).unwrap();
        file.trust = trust.iter().map(|&one| one.clone()).collect();
        file.to_bytes()
    };
    assert_eq!(code(&plant.refused(&with(&[&third_envelope]))), "trust-skipped");
    plant.install(&with(&[&second_envelope, &third_envelope])).unwrap();
    // What was accepted under the first root stays readable, and the next request says what the machine has.
    plant.reopen();
    assert_eq!(plant.verifier.status(plant.now).unwrap().trust.number, 3);
    assert_eq!(read_request(&plant.request().file).trust_number, 3);
    assert_ne!(public(&key(1)), public(&key(3)));
}

#[test]
fn a_machine_that_is_not_enrolled_installs_nothing() {
    let plant = Plant::new();
    let mut other = Plant::enrolled();
    let request = other.request();
    let file = other.answer(&request, FIVE, |_| {});
    assert_eq!(code(&plant.refused(&file)), "not-enrolled");
}

#[test]
fn files_that_are_no_license_are_refused() {
    let mut plant = Plant::enrolled();
    let request = plant.request();
    let token = plant.token(|_| {});
    let file = plant.answer(&request, FIVE, |_| {});
    for (bytes, expected) in [
        (&b""[..], "file-empty"),
        (&file[..file.len() / 2], "file-unreadable"),
        (request.file.as_slice(), "kind-wrong"),
        (token.as_slice(), "kind-wrong"),
        (&[file.as_slice(), b"\n"].concat(), "file-rewritten"),
    ] {
        assert_eq!(code(&plant.refused(bytes)), expected);
    }
}
