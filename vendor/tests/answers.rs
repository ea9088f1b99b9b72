//! Everything that machines with node-locked licenses send, answered without a browser: one file, several, none.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use common::office::{ACCOUNT, Office};
use common::{BUNDLE, NOW};
use postern_protocol::documents::*;
use postern_testkit::{World, id, key, many, public, time};

#[test]
fn an_activation_is_answered_once() {
    let office = Office::new();
    office.activation("seat-1", 30, "activate_offline.req", |_| {});
    office.activation("seat-2", 31, "other.req", |_| {});
    office.ok("issue other.req --new-ledger --out other.lic");
    let told = office.ok("issue activate_offline.req --out license.lic");
    assert_eq!((told["license_id"].as_str(), told["seats"][0]["after"].as_u64()), (Some("seat-1"), Some(2)));
    let license = office.document::<License>("license.lic");
    assert_eq!((license.device.key, license.allocation[0].steps[0].quantity), (public(&key(30)), 2));

    // The same request again: the file that was issued then, and nothing is issued.
    let ledger = office.vendor.read("acme.ledger");
    office.refused("issue activate_offline.req --out again.lic", "request-used");
    office.refused("issue activate_offline.req --out again.lic", "answer-not-at-hand");
    office.refused("issue activate_offline.req --out again.lic --answers nowhere", "answer-not-at-hand");
    let told = office.ok("issue activate_offline.req --out license.lic");
    assert_eq!((&told["again"], told["files"]["license"].as_str()), (&true.into(), Some("license.lic")));
    let ran = office.run("issue activate_offline.req --out other.lic --answers .", NOW);
    assert_eq!(ran.codes(), ["output-exists"]);
    let told = office.ok("issue activate_offline.req --out again.lic --answers .");
    assert_eq!(told["digest"], license.digest().to_string());
    assert_eq!(office.vendor.read("again.lic"), office.vendor.read("license.lic"));
    assert_eq!(office.vendor.read("acme.ledger"), ledger);
    office.refused("issue activate_offline.req", "answer-place-missing");
    office.refused("issue activate_offline.req other.req", "answer-place-missing");
}

#[test]
fn a_license_that_is_not_for_offline_use_says_so() {
    let office = Office::new();
    office.activation("seat-1", 30, "first.req", |_| {});
    office.ok("issue first.req --new-ledger --out first.lic");
    office.activation("rent", 31, "rent.req", |_| {});
    office.refused("issue rent.req --out a.lic", "subscription-offline");
    office.activation("online", 32, "online.req", |_| {});
    office.refused("issue online.req --out a.lic", "offline-not-allowed");
    // Somebody else's license key finds nothing here.
    let file = many::request(&World::new(), &key(33), &key(99), time(NOW), |_| {});
    office.vendor.write("foreign.req", file.to_bytes());
    office.refused("issue foreign.req --out a.lic", "credential-unknown");
    let ran = office.run("issue foreign.req --out a.lic", NOW);
    let of_requests = ["request-purpose", "token-missing", "license-id-missing"];
    assert!(!of_requests.iter().any(|code| ran.codes().contains(code)), "what it does not mean: {}", ran.text);
}

#[test]
fn reports_deactivations_and_the_machine_after_them() {
    let office = Office::new();
    office.activation("seat-1", 30, "a.req", |_| {});
    office.ok("issue a.req --new-ledger --out a.lic");
    office.activation("seat-1", 30, "sync.req", |request| {
        office.installed("a.lic", request);
        request.purpose = Purpose::Sync;
    });
    office.refused("issue sync.req --end 2027-01-01", "clock-takes-no-choice");
    let told = office.ok("issue sync.req");
    assert_eq!((told["consumption"][0]["total"].as_u64(), &told["digest"]), (Some(30), &serde_json::Value::Null));
    assert!(matches!(office.last_event(), Event::Synced { .. }));
    let ledger = office.vendor.read("acme.ledger");
    assert_eq!(office.ok("issue sync.req")["again"], true);
    assert_eq!(office.vendor.read("acme.ledger"), ledger);

    // Another machine has to wait until the first gives back.
    office.activation("seat-1", 31, "b.req", |_| {});
    office.refused("issue b.req --out b.lic", "machines-too-many");
    office.deactivation("a.lic", 30, "deactivate_offline.req");
    let told = office.ok("issue deactivate_offline.req --out a.receipt");
    assert_eq!(told["consumption"][0]["total"], 42);
    let receipt = office.document::<Receipt>("a.receipt");
    assert_eq!(receipt.consumption, [Counted { counter: id("pages"), total: 42 }]);
    assert!(matches!(office.last_event(), Event::Settled { .. }));
    office.refused("issue deactivate_offline.req --out b.receipt", "deactivation-settled");
    office.ok("issue deactivate_offline.req --out b.receipt --answers .");
    assert_eq!(office.vendor.read("b.receipt"), office.vendor.read("a.receipt"));
    office.ok("issue b.req --out b.lic");
}

#[test]
fn refresh_release_and_take_over() {
    let office = Office::new();
    office.activation("seat-1", 30, "a.req", |_| {});
    office.ok("issue a.req --new-ledger --out a.lic");
    office.activation("seat-1", 30, "sync.req", |request| {
        office.installed("a.lic", request);
        request.purpose = Purpose::Sync;
    });
    office.ok("issue sync.req");
    let device = public(&key(30));
    office.ok(&format!("refresh --device {device}"));
    let refreshed = office.document::<License>("license_refresh.lic");
    let license = office.document::<License>("a.lic");
    assert_eq!((refreshed.request, refreshed.activation.clone()), (None, license.activation.clone()));
    assert!(refreshed.sequence > license.sequence && refreshed.fingerprint.parts.is_empty());
    assert_eq!(refreshed.consumption_base[0].total, 0);
    office.ok(&format!("refresh --device {device} --move-base --force"));
    assert_eq!(office.document::<License>("license_refresh.lic").consumption_base[0].total, 30);
    office.refused(&format!("refresh --device {} --out x.lic", public(&key(31))), "machine-unknown");
    office.refused(&format!("refresh --device {device} --device {device}"), "answer-place-missing");

    office.refused(&format!("release-dead --device {device} --reason "), "reason-unusable");
    office.ok(&format!("release-dead --device {device} --reason burnt"));
    assert!(matches!(office.last_event(), Event::ReleasedDead { reason, .. } if reason == "burnt"));
    office.refused(&format!("refresh --device {device} --out x.lic"), "machine-released");
    office.activation("seat-1", 31, "b.req", |_| {});
    office.ok("issue b.req --out b.lic");
    assert_eq!(office.document::<License>("b.lic").tombstones[0].device, device);

    // A renewed license, whose older grant the bundle has dropped: what was issued under that is settled all the same.
    let account = ACCOUNT.replace("seats = { editor = 2 }", "seats = { editor = 3 }");
    office.vendor.write("account.toml", account);
    office.vendor.ok(&format!("bundle make account.toml {BUNDLE} --previous acme.bundle --out acme.bundle --force"));
    let bundle = office.vendor.bundle("acme.bundle");
    assert_eq!(bundle.tree.grants().filter(|grant| grant.id == id("seat-1")).count(), 1);
    office.ok(&format!("refresh --device {} --out renewed.lic", public(&key(31))));
    assert_eq!(office.document::<License>("renewed.lic").allocation[0].steps[0].quantity, 3);
    office.deactivation("b.lic", 31, "back.req");
    office.ok("issue back.req --out b.receipt");

    office.ok("take-over --by Bo");
    assert!(matches!(office.last_event(), Event::TakenOver { .. }));
}

#[test]
fn several_files_are_answered_or_refused_beside_their_names() {
    let office = Office::new();
    for number in 1..=3 {
        office.activation(&format!("seat-{number}"), 30 + number, &format!("m{number}.req"), |_| {});
    }
    office.vendor.write("noise.req", "noise\n");
    let ran = office.run("issue m1.req noise.req m2.req m1.req --new-ledger --out-dir out", NOW);
    assert_eq!(ran.code, 1, "{}", ran.text);
    let answers = ran.out["answers"].as_array().unwrap();
    let said: Vec<_> = answers.iter().map(|row| (row["file"].as_str().unwrap(), row["answered"] == true)).collect();
    assert_eq!(said, [("m1.req", true), ("noise.req", false), ("m2.req", true), ("m1.req", true)]);
    // The same file twice: one answer.
    assert_eq!((&answers[3]["again"], &answers[3]["files"]), (&true.into(), &answers[0]["files"]));
    let counts = |ran: &common::Ran| ["answered", "again", "refused"].map(|count| ran.out[count].as_u64().unwrap());
    assert_eq!(counts(&ran), [2, 1, 1]);
    assert_eq!(office.document::<License>("out/m2.lic").license_id, id("seat-2"));
    let mut names: Vec<_> =
        std::fs::read_dir(office.vendor.path("out")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["m1.lic", "m2.lic"], "nothing half done");

    // The next batch goes on with the ledger; a deactivation frees what the request after it gets.
    office.deactivation("out/m1.lic", 31, "back.req");
    office.activation("seat-1", 40, "next.req", |_| {});
    let ran = office.run("issue back.req next.req m3.req --out-dir out", NOW);
    assert_eq!((ran.code, &ran.out["refused"]), (0, &0.into()), "{}", ran.text);
    assert_eq!(office.document::<License>("out/next.lic").device.key, public(&key(40)));
    office.document::<Receipt>("out/back.receipt");

    // All again: every answer is there already, and nothing is written.
    let ledger = office.vendor.read("acme.ledger");
    let ran = office.run("issue back.req next.req m3.req m1.req m2.req --out-dir out", NOW);
    assert_eq!((ran.code, counts(&ran)), (0, [0, 5, 0]), "{}", ran.text);
    assert_eq!(office.vendor.read("acme.ledger"), ledger);
    // Into another folder they are copied, byte for byte.
    let ran = office.run("issue back.req m2.req --out-dir copies --answers out", NOW);
    assert_eq!((ran.code, counts(&ran)), (0, [0, 2, 0]), "{}", ran.text);
    for name in ["back.receipt", "m2.lic"] {
        assert_eq!(office.vendor.read(&format!("copies/{name}")), office.vendor.read(&format!("out/{name}")));
    }
    assert_eq!(office.vendor.read("acme.ledger"), ledger);

    // Where nothing can be answered nothing is written.
    let ran = office.run("issue m1.req noise.req --out-dir elsewhere", NOW);
    assert_eq!((ran.code, counts(&ran)), (1, [0, 0, 2]));
    let codes: Vec<_> = ran.out["answers"][0]["errors"].as_array().unwrap().iter().map(|one| &one["code"]).collect();
    assert!(codes.contains(&&"answer-not-at-hand".into()), "{codes:?}");
    assert_eq!(office.vendor.read("acme.ledger"), ledger);
    assert!(!office.vendor.path("elsewhere").exists());
    // An answer that is there is not written over, and its request stays unanswered.
    office.activation("seat-4", 50, "m2.req", |_| {});
    let ran = office.run("issue m2.req --out-dir out", NOW);
    assert_eq!(ran.out["answers"][0]["errors"][0]["code"], "output-exists");
    assert_eq!(office.vendor.read("acme.ledger"), ledger);
}

#[test]
fn all_machines_are_refreshed_in_one_go() {
    let office = Office::new();
    let mut new = "--new-ledger";
    for number in 1..=3 {
        let request = format!("m{number}.req");
        office.activation(&format!("seat-{number}"), 30 + number, &request, |_| {});
        office.ok(format!("issue {request} --out m{number}.lic {new}").trim_end());
        new = "";
    }
    office.deactivation("m3.lic", 33, "back.req");
    office.ok("issue back.req --out back.receipt");
    // What was given back has nothing to refresh.
    let ran = office.run("refresh --all --out-dir new", NOW);
    assert_eq!((ran.code, &ran.out["answered"], &ran.out["refused"]), (0, &2.into(), &0.into()), "{}", ran.text);
    for (row, number) in ran.out["answers"].as_array().unwrap().iter().zip(0..) {
        let license = office.document::<License>(row["files"]["license"].as_str().unwrap());
        assert_eq!(row["machine"], license.device.key.to_string(), "row {number}");
        assert_eq!((license.request, license.sequence), (None, 2));
    }
    // Named ones: the unknown is refused beside the others, and nothing that is there is written over.
    let [known, other, unknown] = [31, 32, 40].map(|seed| public(&key(seed)));
    let ledger = office.vendor.read("acme.ledger");
    let ran = office.run(&format!("refresh --device {known} --device {unknown} --out-dir new"), NOW);
    let codes = |row: usize| ran.out["answers"][row]["errors"][0]["code"].clone();
    assert_eq!((ran.code, codes(0), codes(1)), (1, "output-exists".into(), "machine-unknown".into()));
    assert_eq!(office.vendor.read("acme.ledger"), ledger);
    let ran = office.run(&format!("refresh --device {known} --device {unknown} --device {other} --out-dir newer"), NOW);
    assert_eq!((ran.code, &ran.out["answered"], &ran.out["refused"]), (1, &2.into(), &1.into()));
}
