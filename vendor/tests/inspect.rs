//! `inspect` and `license-code`: what a file is, whether it holds, and which line does not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use common::{Ran, Vendor};
use postern_protocol::documents::*;
use postern_protocol::{Digest, File, license_code};
use postern_testkit::{World, key, now, public, sign};

/// Writes files of the testkit's world, whose root is `trust.trust`.
fn world(vendor: &Vendor) -> World {
    let world = World::new();
    write(vendor, "trust.trust", &File { trust: vec![world.trust_envelope()], ..File::default() });
    world
}

fn write(vendor: &Vendor, name: &str, file: &File) {
    vendor.write(name, file.to_bytes());
}

fn license(world: &World) -> License {
    world.license(public(&key(30)), Some(Digest::of(b"request")))
}

/// Inspects with the world's root: (exit code, result, code of the error, line of the error).
fn inspect(vendor: &Vendor, name: &str) -> (i32, String, String, u64) {
    let ran = vendor.run(&format!("inspect {name} --trust trust.trust"));
    verification(&ran)
}

fn verification(ran: &Ran) -> (i32, String, String, u64) {
    let verification = &ran.out["verification"];
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let error = &verification["error"];
    (ran.code, text(&verification["result"]), text(&error["code"]), error["line"].as_u64().unwrap_or_default())
}

fn holds() -> (i32, String, String, u64) {
    (0, "holds".into(), String::new(), 0)
}

fn fails(code: &str, line: u64) -> (i32, String, String, u64) {
    (1, "fails".into(), code.into(), line)
}

#[test]
fn every_kind_of_file_holds() {
    let vendor = Vendor { folder: tempfile::tempdir().unwrap() };
    let world = world(&vendor);
    write(&vendor, "a.olf", &world.file(sign(&license(&world), &[&world.portal_key])));
    write(&vendor, "a.token", &world.file(sign(&world.token("t-1"), &[&world.portal_key])));
    write(&vendor, "a.bundle", &world.bundle_file());
    write(
        &vendor,
        "a.grant",
        &File { grants: vec![world.ops_envelope(), world.account_envelope()], ..File::default() },
    );
    let revocations = Revocations {
        kind: postern_protocol::Kind::Revocations,
        version: Version,
        product: world.trust.product.clone(),
        issuer: Grantor::Key(public(&world.ops_key)),
        serial: 1,
        issued_at: now(),
        entries: vec![],
        extensions: vec![],
    };
    let mut with_list = world.file(sign(&license(&world), &[&world.portal_key]));
    with_list.revocations = vec![sign(&revocations, &[&world.ops_key])];
    write(&vendor, "b.olf", &with_list);
    for name in ["trust.trust", "a.olf", "a.token", "a.bundle", "a.grant", "b.olf"] {
        assert_eq!(inspect(&vendor, name), holds(), "{name}");
    }
    let request = world.request(public(&key(30)), None);
    write(&vendor, "a.lfr", &File { documents: vec![sign(&request, &[&key(30)])], ..File::default() });
    let ran = vendor.run("inspect a.lfr");
    assert_eq!(verification(&ran), holds());
    assert_eq!(ran.out["verification"]["against"], "named-signer");
    assert_eq!(ran.out["documents"][0]["rows"][0]["value"], "an Offline License File");
}

#[test]
fn the_failing_line_is_named() {
    let vendor = Vendor { folder: tempfile::tempdir().unwrap() };
    let world = world(&vendor);
    let good = world.file(sign(&license(&world), &[&world.portal_key]));

    let other = File { documents: vec![sign(&license(&world), &[&key(99)])], ..good.clone() };
    write(&vendor, "document", &other);
    assert_eq!(inspect(&vendor, "document"), fails("signature-invalid", 3));

    let wide = License { ends_at: Ceiling::Unlimited, ..license(&world) };
    write(&vendor, "wide", &world.file(sign(&wide, &[&world.portal_key])));
    assert_eq!(inspect(&vendor, "wide"), fails("document-exceeds-grant", 3));

    let grants = vec![world.ops_envelope(), sign(&world.account, &[&key(99)])];
    write(&vendor, "grant", &File { grants, ..good.clone() });
    assert_eq!(inspect(&vendor, "grant"), fails("signature-invalid", 2));

    let grants = vec![sign(&world.ops, &[&key(99)]), world.account_envelope()];
    write(&vendor, "root", &File { grants, ..good.clone() });
    assert_eq!(inspect(&vendor, "root"), fails("chain-other-root", 1));

    let mut bundle = world.bundle_file();
    bundle.grants.swap(0, 1);
    write(&vendor, "swapped", &bundle);
    assert_eq!(inspect(&vendor, "swapped").0, 1);

    let ran = vendor.run("inspect grant --trust trust.trust");
    let marks: Vec<_> = ran.out["documents"].as_array().unwrap().iter().map(|one| one["holds"].as_bool()).collect();
    assert_eq!(marks, [Some(true), Some(false), None]);
}

#[test]
fn the_chain_is_drawn_link_by_link() {
    let vendor = Vendor { folder: tempfile::tempdir().unwrap() };
    let world = world(&vendor);
    let good = world.file(sign(&license(&world), &[&world.portal_key]));
    write(&vendor, "good", &good);
    let text = vendor.text("inspect good --trust trust.trust");
    for expected in [
        "Chain\n  The given root\n",
        "   └─ Entitlement 'operations', serial 1: holds\n",
        "      └─ Entitlement 'acme-1', serial 1: holds\n",
        "           Rights: answer requests with licenses; ",
        "           Seats: bot-runner: 20 from ",
        "         └─ License 1 for machine ",
    ] {
        assert!(text.contains(expected), "{expected:?} is missing in:\n{text}");
    }
    let grants = vec![world.ops_envelope(), sign(&world.account, &[&key(99)])];
    write(&vendor, "bad", &File { grants, ..good });
    let text = vendor.text("inspect bad --trust trust.trust");
    for expected in [
        "      └─ Entitlement 'acme-1', serial 1: FAILS\n           error[signature-invalid]: ",
        ": does not count, because line 2 fails\n",
    ] {
        assert!(text.contains(expected), "{expected:?} is missing in:\n{text}");
    }
}

#[test]
fn without_a_root_nothing_is_claimed() {
    let vendor = Vendor { folder: tempfile::tempdir().unwrap() };
    let world = world(&vendor);
    write(&vendor, "a.olf", &world.file(sign(&license(&world), &[&world.portal_key])));
    assert_eq!(verification(&vendor.run("inspect a.olf")), (0, "not-checked".into(), String::new(), 0));
    write(&vendor, "a.bundle", &world.bundle_file());
    let ran = vendor.run("inspect a.bundle");
    assert_eq!(verification(&ran), holds());
    assert_eq!(ran.out["verification"]["against"], "own-root");
}

#[test]
fn another_vendors_root_is_told() {
    let vendor = Vendor::with_root();
    let world = world(&vendor);
    let ran = vendor.run("inspect trust.trust --trust roots/trust.trust");
    assert_eq!(ran.code, 1, "{:?}", ran.out);
    write(&vendor, "a.bundle", &world.bundle_file());
    assert_eq!(vendor.run("inspect a.bundle --trust roots/trust.trust").code, 1);
    vendor.refused("inspect roots/root-1.pem", "file-unreadable");
}

#[test]
fn license_codes_and_keys_are_one() {
    let vendor = Vendor::with_root();
    let key = public(&key(20));
    let code = license_code::encode(key.as_bytes());
    let expected = serde_json::json!({ "license_code": code, "key": key });
    assert_eq!(vendor.ok(&format!("license-code {code}")), expected);
    assert_eq!(vendor.ok(&format!("license-code {}", code.to_lowercase())), expected);
    assert_eq!(vendor.ok(&format!("license-code {key}")), expected);
    let of_file = vendor.ok("license-code roots/root-1.pem");
    assert_eq!(of_file["key"], vendor.trust("roots/trust.trust").current().keys[0].to_string());
    assert_eq!(vendor.run(&format!("license-code {}", code.replacen('Q', "P", 1))).code, 2);
}
