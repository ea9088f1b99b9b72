//! The registry: what comes back is verified, merged, and read against each other; stopped imports go on.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use common::office::Office;
use common::{NOW, Ran, Vendor};
use postern_protocol::documents::*;
use postern_testkit::{key, public};
use serde_json::Value;

/// An office whose account is in a registry.
fn office() -> Office {
    let office = Office::new();
    office.vendor.ok("registry init --trust roots/trust.trust");
    office.vendor.ok("ledger import acme.bundle");
    office
}

/// The import's findings, by code.
fn found(ran: &Ran) -> Vec<&str> {
    ran.out["findings"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect()
}

/// Imports, with these findings and nothing refused.
fn import(vendor: &Vendor, files: &str, expected: &[&str]) -> Value {
    let ran = vendor.run(&format!("ledger import {files} --at @"));
    assert_eq!((found(&ran), ran.code), (expected.to_vec(), if expected.is_empty() { 0 } else { 4 }), "{}", ran.text);
    assert_eq!(ran.out["refused"], Value::Array(vec![]), "{}", ran.text);
    ran.out
}

#[test]
fn a_registry_is_made_explicitly_and_for_one_root() {
    let vendor = Vendor::with_bundle();
    vendor.refused("ledger import acme.bundle", "registry-missing");
    let ran = vendor.run("ledger import acme.bundle --registry elsewhere.registry");
    assert_eq!((ran.codes(), ran.code), (vec!["registry-missing"], 3));
    vendor.ok("registry init --trust roots/trust.trust");
    vendor.refused("registry init --trust roots/trust.trust", "registry-exists");
    // It is found from a folder below.
    std::fs::create_dir_all(vendor.path("a/b")).unwrap();
    let below = std::process::Command::new(env!("CARGO_BIN_EXE_postern"))
        .args(["ledger", "import", "../../acme.bundle"])
        .current_dir(vendor.path("a/b"))
        .output()
        .unwrap();
    assert!(below.status.success(), "{below:?}");
    vendor.write("noise", "no database");
    let ran = vendor.run("ledger import acme.bundle --registry noise");
    assert_eq!((ran.codes(), ran.code), (vec!["registry-damaged"], 3), "{}", ran.text);
    std::fs::create_dir(vendor.path("other")).unwrap();
    vendor.ok("root new --product automation --vendor other --keys 1 --threshold 1 --out other/roots --at @");
    let ran = vendor.run("ledger import other/roots/trust.trust");
    assert_eq!(ran.out["refused"][0]["errors"][0]["code"], "registry-other-root", "{}", ran.text);
}

#[test]
fn what_comes_back_is_merged_once() {
    let office = office();
    office.activation("seat-1", 30, "a.req", |_| {});
    office.ok("issue a.req --new-ledger --out a.lic");
    std::fs::create_dir(office.vendor.path("inbox")).unwrap();
    office.vendor.write("inbox/acme-november.ledger", office.vendor.read("acme.ledger"));
    office.vendor.write("inbox/a.req", office.vendor.read("a.req"));
    office.vendor.write("inbox/readme.txt", "what the customer wrote\n");
    office.vendor.write("inbox/a.lic", office.vendor.read("a.lic"));
    let told = import(&office.vendor, "inbox", &[]);
    assert_eq!((&told["imported"], &told["entries"], &told["left_out"]), (&2.into(), &2.into(), &2.into()));
    let told = import(&office.vendor, "inbox", &[]);
    assert_eq!((&told["imported"], &told["known"], &told["entries"]), (&0.into(), &2.into(), &0.into()));
    // The next export has everything before it once more.
    office.activation("seat-2", 31, "b.req", |_| {});
    office.ok("issue b.req --out b.lic");
    let told = import(&office.vendor, "acme.ledger", &[]);
    assert_eq!((&told["imported"], &told["entries"]), (&1.into(), &1.into()));

    // What is damaged, or nobody's, is refused beside the others.
    let mut cut = office.vendor.read("acme.ledger");
    cut.truncate(cut.len() - 20);
    office.vendor.write("inbox/cut.ledger", cut);
    let ran = office.vendor.run("ledger import inbox acme.ledger a.lic");
    let refused: Vec<_> = (ran.out["refused"].as_array().unwrap().iter())
        .map(|one| (one["file"].as_str().unwrap(), one["errors"][0]["code"].as_str().unwrap()))
        .collect();
    assert_eq!((refused, ran.code), (vec![("a.lic", "registry-kind"), ("inbox/cut.ledger", "file-unreadable")], 1));
    let file = postern_testkit::many::request(
        &postern_testkit::World::new(),
        &key(77),
        &key(78),
        postern_testkit::time(NOW),
        |_| {},
    );
    office.vendor.write("nobody.req", file.to_bytes());
    let ran = office.vendor.run("ledger import nobody.req");
    assert_eq!(ran.out["refused"][0]["errors"][0]["code"], "registry-nobodys");
    let foreign = Vendor::with_bundle();
    office.vendor.write("foreign.bundle", foreign.read("acme.bundle"));
    let ran = office.vendor.run("ledger import foreign.bundle");
    assert_eq!(ran.out["refused"][0]["errors"][0]["code"], "registry-other-root", "{}", ran.text);
}

#[test]
fn a_forked_ledger_is_proved() {
    let office = office();
    office.activation("seat-1", 30, "a.req", |_| {});
    office.ok("issue a.req --new-ledger --out a.lic");
    let copy = office.vendor.read("acme.ledger");
    office.activation("seat-2", 31, "b.req", |_| {});
    office.ok("issue b.req --out b.lic");
    office.vendor.write("one.ledger", office.vendor.read("acme.ledger"));
    // A deputy goes on with a copy, and gives the same license to another machine.
    office.vendor.write("acme.ledger", copy);
    office.activation("seat-2", 32, "c.req", |_| {});
    let ran = office.run("issue c.req --out c.lic --by deputy", "2026-11-22T10:00:00Z");
    assert_eq!(ran.code, 0, "{}", ran.text);
    office.vendor.write("two.ledger", office.vendor.read("acme.ledger"));

    import(&office.vendor, "one.ledger", &[]);
    let both = ["found-fork", "found-over-issue", "found-over-issue"];
    let told = import(&office.vendor, "two.ledger --proofs proofs", &both);
    let fork = &told["findings"][0];
    let message = fork["message"].as_str().unwrap();
    for seed in [31, 32] {
        assert!(message.contains(&public(&key(seed)).short()), "{message}");
    }
    assert!(message.contains("2 editor") && message.contains("entries 3"), "{message}");
    assert_eq!(fork["machines"].as_array().unwrap().len(), 2);
    // Each proof verifies by itself: its root, its grants, both entries.
    for proof in fork["proofs"].as_array().unwrap() {
        let path = proof.as_str().unwrap();
        let told = office.vendor.ok(&format!("inspect {path} --trust roots/trust.trust"));
        assert_eq!(told["kind"], "ledger-entry");
        let digest = told["documents"].as_array().unwrap().last().unwrap()["digest"].as_str().unwrap();
        assert!(fork["witnesses"].as_array().unwrap().iter().any(|witness| witness == digest));
    }
    // A sum is proved by everything that goes into it.
    let over = told["findings"][1]["proofs"][0].as_str().unwrap();
    let told = office.vendor.ok(&format!("inspect {over} --trust roots/trust.trust"));
    let entries = told["documents"].as_array().unwrap().iter().filter(|one| one["kind"] == "ledger-entry");
    assert_eq!(entries.count(), 3);
    // What came first does not matter, nor does how often.
    let other = Vendor { folder: tempfile::tempdir().unwrap() };
    std::fs::create_dir(other.path("roots")).unwrap();
    for name in ["roots/trust.trust", "acme.bundle", "one.ledger", "two.ledger"] {
        other.write(name, office.vendor.read(name));
    }
    other.ok("registry init --trust roots/trust.trust");
    let again = import(&other, "two.ledger one.ledger acme.bundle", &both);
    assert_eq!(again["findings"][0]["message"], fork["message"]);
}

#[test]
fn a_restored_ledger_is_caught_by_the_next_request() {
    let office = office();
    office.activation("seat-1", 30, "a.req", |_| {});
    office.ok("issue a.req --new-ledger --out a.lic");
    let copy = office.vendor.read("acme.ledger");
    office.activation("seat-2", 31, "b.req", |_| {});
    office.ok("issue b.req --out b.lic");
    office.vendor.write("acme.ledger", copy);
    office.activation("seat-2", 31, "next.req", |request| {
        office.installed("b.lic", request);
        request.cycle = Cycle { cycle: 2, ..request.cycle };
    });
    office.refused("issue next.req --out next.lic", "ledger-stale");
    let told =
        import(&office.vendor, "acme.ledger next.req --proofs proofs", &["found-ledger-behind", "found-unsettled"]);
    let proof = told["findings"][0]["proofs"][0].as_str().unwrap();
    assert_eq!(office.vendor.ok(&format!("inspect {proof}"))["kind"], "request");
}

#[test]
fn machines_that_went_back_are_two_or_did_not_settle() {
    let office = office();
    office.activation("seat-1", 30, "a.req", |_| {});
    office.ok("issue a.req --new-ledger --out a.lic");
    office.activation("seat-1", 30, "used.req", |request| {
        office.installed("a.lic", request);
        request.purpose = Purpose::Sync;
    });
    import(&office.vendor, "acme.ledger used.req", &["found-unsettled"]);
    office.ok("issue used.req");
    import(&office.vendor, "acme.ledger", &[]);
    // A copy of the machine tells something else with as many records.
    office.activation("seat-1", 30, "copy.req", |request| {
        office.installed("a.lic", request);
        request.cycle = Cycle { cycle: 3, ..request.cycle };
        request.usage.head = postern_protocol::Digest::of(b"another");
    });
    import(&office.vendor, "copy.req", &["found-clone"]);
    let folder = office.vendor.path("proofs");
    let told = import(&office.vendor, "copy.req --proofs proofs", &["found-clone"]);
    assert_eq!(std::fs::read_dir(folder.join("globex")).unwrap().count(), 2);
    for proof in told["findings"][0]["proofs"].as_array().unwrap() {
        office.vendor.ok(&format!("inspect {}", proof.as_str().unwrap()));
    }
    // Given back, and nobody settled it.
    office.activation("seat-2", 31, "b.req", |_| {});
    office.ok("issue b.req --out b.lic");
    office.deactivation("b.lic", 31, "back.req");
    import(&office.vendor, "acme.ledger back.req", &["found-clone", "found-unsettled"]);
    office.ok("issue back.req --out back.receipt");
    import(&office.vendor, "acme.ledger", &["found-clone"]);
}
