//! Renewing against a ledger: the same key, a new key, and a ledger that is lost.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use common::BUNDLE;
use common::office::{ACCOUNT, Office};
use postern_protocol::documents::*;
use postern_testkit::{id, key, public};

/// Three machines: one holds a license, one gave it back, one was released as dead.
fn office() -> Office {
    let office = Office::new();
    for number in 1..=3 {
        office.activation(&format!("seat-{number}"), 30 + number, &format!("m{number}.req"), |_| {});
    }
    office.ok("issue m1.req m2.req m3.req --new-ledger --out-dir out");
    office.deactivation("out/m2.lic", 32, "back.req");
    office.ok("issue back.req --out back.receipt");
    office.ok(&format!("release-dead --device {} --reason burnt", public(&key(33))));
    office.activation("seat-1", 31, "sync.req", |request| {
        office.installed("out/m1.lic", request);
        request.purpose = Purpose::Sync;
    });
    office.ok("issue sync.req");
    office
}

fn renew(office: &Office, more: &str) {
    office.vendor.ok(&format!("renew account.toml {BUNDLE} --previous acme.bundle --out acme.bundle --force {more}"));
}

/// A later request of the machine that holds a license, and of the one that gave its license back.
fn ask(office: &Office) {
    office.activation("seat-1", 31, "again.req", |request| {
        office.installed("out/m1.lic", request);
        request.consumption = vec![Counted { counter: id("pages"), total: 35 }];
        request.cycle = Cycle { cycle: 2, ..request.cycle };
        request.usage = postern_testkit::many::usage(6);
    });
    let gave_back = office.document::<License>("out/m2.lic");
    office.activation("seat-2", 32, "anew.req", |request| {
        request.installed = Installed { license: None, sequence: gave_back.sequence };
        request.activation = id("second-life");
        request.ledgers = vec![gave_back.ledger];
        request.cycle = Cycle { cycle: 2, ..request.cycle };
        request.usage = postern_testkit::many::usage(10);
        request.consumption = vec![Counted { counter: id("pages"), total: 42 }];
    });
}

#[test]
fn the_same_key_goes_on_where_its_ledger_ends() {
    let office = office();
    let old = office.vendor.read("acme.ledger");
    let (message, _) =
        office.vendor.refused(&format!("renew account.toml {BUNDLE} --out x.bundle"), "renew-previous-missing");
    assert!(message.contains("no last bundle"));
    renew(&office, "--ledger acme.ledger");
    let base = office.vendor.bundle("acme.bundle").bundle.ledger_base.clone().unwrap();
    assert_eq!(base.next.position, 8);
    let held = base.held.iter().find(|held| held.device.key == public(&key(31))).unwrap();
    assert_eq!((held.license, held.sequence), (office.document::<License>("out/m1.lic").digest(), 1));
    assert_eq!(base.settled.iter().flat_map(|one| &one.consumption).map(|one| one.total).max(), Some(42));
    let dead = base.held.iter().find(|held| held.device.key == public(&key(33))).unwrap();
    assert_eq!((&dead.allocation, base.tombstones[0].device), (&vec![], public(&key(33))));
    assert_eq!((base.spent.len(), base.spent[0].right), (1, CountedRight::ReleaseDead));
    ask(&office);
    office.ok("issue again.req anew.req --out-dir later");
    // A ledger from before the renewal is refused from now on.
    let cut: Vec<&[u8]> = old.split_inclusive(|byte| *byte == b'\n').collect();
    office.vendor.write("acme.ledger", cut[..cut.len() - 2].concat());
    office.refused(&format!("refresh --device {} --out x.lic", public(&key(31))), "ledger-behind-bundle");
}

#[test]
fn a_new_key_knows_what_the_old_ledger_said() {
    let office = office();
    let before = office.vendor.bundle("acme.bundle");
    let old_key = before.tree.grants().last().unwrap().subject;
    let line = format!("renew account.toml {BUNDLE} --previous acme.bundle --re-key --out x.bundle");
    office.vendor.refused(&line, "renew-ledger-missing");
    renew(&office, "--re-key --ledger acme.ledger");
    let bundle = office.vendor.bundle("acme.bundle");
    let base = bundle.bundle.ledger_base.clone().unwrap();
    assert_ne!(base.next.ledger.key, old_key);
    assert_eq!(base.next.position, 1);
    assert!(bundle.tree.chains_of(old_key).is_empty(), "the old key issues nothing under this bundle");
    std::fs::rename(office.vendor.path("acme.ledger"), office.vendor.path("old.ledger")).unwrap();

    ask(&office);
    office.ok("issue again.req anew.req --new-ledger --out-dir later");
    let again = office.document::<License>("later/again.lic");
    assert_eq!((again.sequence, again.ledger.ledger.key), (2, base.next.ledger.key), "sequences go on");
    assert_eq!(office.document::<License>("later/anew.lic").sequence, 2);
    // Its seat is held; the dead machine stays dead, and every machine hears of it.
    office.activation("seat-1", 40, "other.req", |_| {});
    office.refused("issue other.req --out x.lic", "machines-too-many");
    office.activation("seat-3", 33, "dead.req", |request| office.installed("out/m3.lic", request));
    office.refused("issue dead.req --out x.lic", "machine-released");
    assert_eq!(office.document::<License>("later/again.lic").tombstones[0].device, public(&key(33)));
}

#[test]
fn a_lost_ledger_begins_anew_from_what_machines_show() {
    let office = office();
    std::fs::remove_file(office.vendor.path("acme.ledger")).unwrap();
    ask(&office);
    let line = format!("renew account.toml {BUNDLE} --previous acme.bundle --out x.bundle --new-epoch --machine");
    office.vendor.refused(&format!("{line} out/m1.lic"), "renew-request-missing");
    renew(&office, "--new-epoch --machine sync.req again.req anew.req out/m1.lic");
    let base = office.vendor.bundle("acme.bundle").bundle.ledger_base.clone().unwrap();
    assert_eq!((base.next.ledger.epoch, base.next.position), (1, 1));
    let license = office.document::<License>("out/m1.lic");
    let held = base.held.iter().find(|held| held.device.key == public(&key(31))).unwrap();
    assert_eq!((held.license, &held.allocation), (license.digest(), &license.allocation));
    let settled = base.settled.iter().find(|one| one.device.key == public(&key(31))).unwrap();
    assert_eq!(settled.consumption[0].total, 35, "the newest request counts");

    office.ok("issue again.req --new-ledger --out again.lic");
    assert_eq!(office.document::<License>("again.lic").sequence, 2);
    office.activation("seat-1", 40, "other.req", |_| {});
    office.refused("issue other.req --out x.lic", "machines-too-many");

    // Without the license file the seats in use count, without an end.
    let account = ACCOUNT.replace("name = \"Globex\"", "name = \"Globex again\"");
    office.vendor.write("account.toml", account);
    office.activation("seat-1", 31, "use.req", |request| {
        office.installed("out/m1.lic", request);
        request.seats = vec![SeatUse { seat_type: id("editor"), in_use: 1, holders: vec![] }];
    });
    renew(&office, "--new-epoch --machine use.req");
    let base = office.vendor.bundle("acme.bundle").bundle.ledger_base.clone().unwrap();
    assert_eq!((base.held[0].allocation[0].steps[0].quantity, base.held[0].usable_until), (1, Ceiling::Unlimited));
}

#[test]
fn a_new_key_leaves_nothing_to_the_old_one() {
    use common::Vendor;
    let vendor = Vendor::with_bundle();
    let passphrases =
        [("POSTERN_PASSPHRASE", common::PORTAL_PASSPHRASE), ("POSTERN_PORTAL_PASSPHRASE", common::PORTAL_PASSPHRASE)];
    let token = "token --bundle acme.bundle --ledger acme.ledger --new-ledger --license cr-hamburg --out a.token --at";
    let words: Vec<&str> = token.split(' ').chain([common::NOW]).collect();
    assert_eq!(vendor.run_with(&words, &passphrases).code, 0);
    let old_key = vendor.bundle("acme.bundle").tree.grants().last().unwrap().subject;
    vendor.ok(&format!(
        "renew account.toml {BUNDLE} --previous acme.bundle --re-key --ledger acme.ledger --out acme-2.bundle"
    ));
    let bundle = vendor.bundle("acme-2.bundle");
    assert!(bundle.tree.chains_of(old_key).is_empty(), "not even under an older grant");
    assert_eq!(bundle.tree.grants().last().unwrap().serial, 2);
}
