//! A vendor's day with the registry: approvals, revocations, renewals from what came back, and what ends soon.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use common::office::Office;
use common::{BUNDLE, NOW, Vendor};
use postern_protocol::documents::*;
use postern_protocol::revocation::standing;
use postern_protocol::{Explain, PublicKey};
use postern_testkit::{key, public};
use serde_json::Value;

const OPS: &str = "--ops-key ops/ops.pem --ops-grant ops/ops.grant --reviewer D.Reviewer --reason test --at @";

/// A vendor with a registry that has the example's account.
fn vendor() -> Vendor {
    let vendor = Vendor::ready();
    let account = include_str!("../examples/account.toml");
    let (before, after) = account.split_once("[entitlement.approval]").unwrap();
    let (_, after) = after.split_once("# What follows the end").unwrap();
    vendor.write("account.toml", format!("{before}# What follows the end{after}"));
    vendor.ok("registry init --trust roots/trust.trust");
    vendor.ok(&format!("bundle make account.toml {BUNDLE} --registry postern.registry --out acme.bundle"));
    vendor
}

fn renew(vendor: &Vendor, out: &str) -> Value {
    vendor.ok(&format!("renew account.toml {BUNDLE} --registry postern.registry --out {out}"))
}

/// The codes of what stands against each of a bundle's account grants, for a machine.
fn against(vendor: &Vendor, bundle: &str, device: Option<PublicKey>) -> Vec<&'static str> {
    let bundle = vendor.bundle(bundle);
    let leaf = bundle.tree.grants().last().unwrap().digest();
    let chain = bundle.tree.chain(leaf).unwrap();
    standing(&chain, &[], device, None).iter().map(Explain::code).collect()
}

#[test]
fn an_approval_goes_into_the_next_bundle() {
    let vendor = vendor();
    let approval = |name: &str| vendor.bundle(name).tree.grants().last().unwrap().approval.clone();
    assert_eq!(approval("acme.bundle"), Approval::Right(ApprovalRight::None));
    let approve = "approve acme --reviewer Dora --at @ --entitlement";
    vendor.refused(&format!("{approve} acme-control-room --reason air-gapped"), "approve-entitlement-unknown");
    vendor.refused("approve globex --reviewer Dora --reason x --entitlement a", "registry-account-unknown");
    vendor.ok(&format!("{approve} acme-control-rooms --reason air-gapped"));
    let told = renew(&vendor, "acme-2.bundle");
    assert_eq!(told["serial"], 2);
    let expected =
        Approval::Approved { reason: "air-gapped".into(), reviewer: "Dora".into(), at: postern_testkit::time(NOW) };
    assert_eq!(approval("acme-2.bundle"), expected);
    renew(&vendor, "acme-3.bundle");
    assert_eq!(approval("acme-3.bundle"), expected, "it stands");
    vendor.ok(&format!("{approve} acme-control-rooms --withdraw"));
    renew(&vendor, "acme-4.bundle");
    assert_eq!(approval("acme-4.bundle"), Approval::Right(ApprovalRight::None));
    assert_eq!(vendor.run(&format!("{approve} acme-control-rooms --reason \u{7}")).code, 2, "no text for a document");
}

#[test]
fn suspended_resumed_cut_and_revoked() {
    let vendor = vendor();
    let grant = "--account acme --grant acme-control-rooms";
    let suspended = vendor.ok(&format!("suspend {grant} --installed stop {OPS}"));
    assert_eq!((&suspended["serial"], &suspended["entries"][0]["standing"]), (&1.into(), &"suspended".into()));
    assert_eq!(against(&vendor, "acme.bundle", None), [""; 0], "until the next bundle");
    renew(&vendor, "acme-2.bundle");
    assert_eq!(against(&vendor, "acme-2.bundle", None), ["grant-suspended"]);
    assert_eq!(vendor.bundle("acme-2.bundle").bundle.revocations[0].serial, 1);

    let resumed = vendor.ok(&format!("resume {grant} {OPS} --out resumed.revocations"));
    assert_eq!((&resumed["serial"], resumed["entries"].as_array().map(Vec::len)), (&2.into(), Some(0)));
    renew(&vendor, "acme-3.bundle");
    assert_eq!(against(&vendor, "acme-3.bundle", None), [""; 0]);
    vendor.refused(&format!("resume {grant} {OPS}"), "revoke-not-suspended");
    assert_eq!(vendor.ok("inspect resumed.revocations --trust roots/trust.trust")["kind"], "revocations");

    // A cut voids the older forms, and the bundle's own is the newest.
    vendor.ok(&format!("revoke {grant} --before-serial 4 --installed keep {OPS}"));
    renew(&vendor, "acme-4.bundle");
    assert_eq!(against(&vendor, "acme-4.bundle", None), [""; 0]);
    let bundle = vendor.bundle("acme-4.bundle");
    let older = bundle.tree.grants().find(|grant| grant.serial == 3).unwrap().digest();
    let chain = bundle.tree.chain(older).unwrap();
    assert_eq!(standing(&chain, &[], None, None).unwrap().code(), "grant-replaced");

    let revoked = vendor.ok(&format!("revoke {grant} --installed stop {OPS}"));
    assert_eq!((&revoked["serial"], &revoked["entries"][0]["min_serial"]), (&4.into(), &4.into()));
    vendor.refused(&format!("resume {grant} {OPS}"), "revoke-final");
    vendor.refused(&format!("suspend {grant} --installed keep {OPS}"), "revoke-final");
    vendor.refused(&format!("suspend --device {} --installed keep {OPS}", public(&key(99))), "revoke-unknown");
    vendor.refused(&format!("suspend --account acme --grant other --installed keep {OPS}"), "revoke-unknown");
    vendor.refused(
        &format!("suspend {grant} --installed keep {}", OPS.replace("ops/ops.pem", "roots/root-1.pem")),
        "revoke-key-other",
    );
    assert_eq!(vendor.run(&format!("suspend --installed keep {OPS}")).code, 2, "nothing is named");
}

#[test]
fn nobody_revokes_what_others_granted() {
    let vendor = vendor();
    // A reseller: a grant with the right to delegate, whose key signs for accounts of its own.
    let account = String::from_utf8(vendor.read("account.toml")).unwrap();
    let reseller = account
        .replace("\"acme\"", "\"reseller\"")
        .replace("cr-hamburg", "cr-reseller")
        .replace("[entitlement.expiry]", "[entitlement.rights]\ndelegate = 2\n\n[entitlement.expiry]");
    let (before, after) = reseller.split_once("# What the portal may do.").unwrap();
    let (_, after) = after.split_once("# repair_clock").unwrap();
    let (_, after) = after.split_once('\n').unwrap();
    vendor.write("reseller.toml", format!("{before}{after}"));
    vendor.ok(&format!("bundle make reseller.toml {BUNDLE} --registry postern.registry --out reseller.bundle"));
    let sealed = vendor.bundle("reseller.bundle").bundle.sealed_key.clone().unwrap();
    vendor.write("reseller.pem", sealed.join("\n"));
    let means = "--ops-key reseller.pem --ops-grant reseller.bundle --reviewer R --reason r --installed stop --at @";
    let words = |line: &str| -> Vec<String> {
        line.split(' ').map(|word| if word == "@" { NOW } else { word }.into()).collect()
    };
    let run = |line: String| {
        let words = words(&line);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        vendor.run_with(&words, &[("POSTERN_PASSPHRASE", common::PORTAL_PASSPHRASE)])
    };
    let before = vendor.bundle("acme.bundle").tree.grants().last().unwrap().subject;
    for target in ["--account acme --grant acme-control-rooms".to_owned(), format!("--subject {before}")] {
        let ran = run(format!("suspend {target} {means}"));
        assert_eq!((ran.codes(), ran.code), (vec!["revoke-not-below"], 1), "{}", ran.text);
    }
    // Nor its own grant, which the vendor gave.
    let ran = run(format!("suspend --account reseller --grant acme-control-rooms {means}"));
    assert_eq!(ran.codes(), ["revoke-not-below"]);
}

#[test]
fn renewed_from_what_came_back() {
    let office = Office::new();
    let vendor = &office.vendor;
    vendor.ok("registry init --trust roots/trust.trust");
    vendor.ok("ledger import acme.bundle");
    office.activation("seat-1", 30, "a.req", |_| {});
    office.ok("issue a.req --new-ledger --out a.lic");
    vendor.ok("ledger import acme.ledger");
    let told = vendor.ok("report --at @");
    let row = told["accounts"].as_array().unwrap().iter().find(|row| row["seat_type"] == "editor").unwrap();
    assert_eq!((&row["allocated"], &row["machines"], &row["last_entry"]), (&2.into(), &1.into(), &2.into()));

    let line = format!("renew account.toml {BUNDLE} --registry postern.registry");
    vendor.ok(&format!("{line} --out acme-2.bundle"));
    let base = vendor.bundle("acme-2.bundle").bundle.ledger_base.clone().unwrap();
    assert_eq!((base.next.position, base.held.len()), (3, 1));
    // The license of a machine that is suspended stops where the list arrives.
    let device = public(&key(30));
    vendor.ok(&format!("suspend --device {device} --installed stop {OPS}"));
    let license = office.document::<License>("a.lic").digest();
    vendor.ok(&format!("revoke --license {license} --installed keep {OPS}"));
    vendor.ok(&format!("{line} --out acme-3.bundle"));
    assert_eq!(against(vendor, "acme-3.bundle", Some(device)), ["grant-suspended"]);

    // A fork is not gone on with by accident.
    let copy = vendor.read("acme.ledger");
    office.activation("seat-2", 31, "b.req", |_| {});
    office.ok("issue b.req --out b.lic");
    vendor.write("one.ledger", vendor.read("acme.ledger"));
    vendor.write("acme.ledger", copy);
    office.activation("seat-2", 32, "c.req", |_| {});
    office.ok("issue c.req --out c.lic --by deputy");
    assert_eq!(vendor.run("ledger import one.ledger acme.ledger").code, 4);
    vendor.refused(&format!("{line} --out x.bundle"), "registry-ledger-forked");
    vendor.ok(&format!("{line} --new-epoch --out acme-4.bundle"));
    let base = vendor.bundle("acme-4.bundle").bundle.ledger_base.clone().unwrap();
    assert_eq!((base.next.ledger.epoch, base.next.position, base.held.len()), (1, 1, 3));
    let held = |seed| base.held.iter().any(|held| held.device.key == public(&key(seed)));
    assert!(held(30) && held(31) && held(32));
    // The next bundle goes on from that base until something comes back on it.
    vendor.ok(&format!("{line} --out acme-5.bundle"));
    assert_eq!(vendor.bundle("acme-5.bundle").bundle.ledger_base.as_ref(), Some(&base));
}

#[test]
fn what_ends_soon() {
    let vendor = vendor();
    let rows = |line: &str| vendor.ok(&format!("{line} --at 2027-05-01"))["expiring"].as_array().unwrap().clone();
    assert_eq!(rows("expiring --within 7d").len(), 0);
    let ends = rows("expiring --within 90d");
    let named: Vec<_> = ends.iter().map(|row| (row["what"].as_str().unwrap(), row["at"].as_str().unwrap())).collect();
    assert_eq!(named, [("issuing", "2027-05-31T23:59:59Z"), ("entitlement", "2027-06-30T23:59:59Z")]);
    assert_eq!(rows("expiring --within 400d").len(), 3, "the bundle too");
    assert!(vendor.text("expiring --within 7d --at 2027-05-01").contains("Nothing ends"));
    let csv = vendor.text("expiring --within 90d --at 2027-05-01 --csv");
    assert!(csv.starts_with("at,days,account,what,name,machine\n2027-05-31T23:59:59Z,30,acme,issuing,"), "{csv}");
    assert_eq!(vendor.run("expiring --within soon").code, 2);
    let table = vendor.text("report --at 2026-11-22");
    assert!(table.starts_with("account  seats        bought"), "{table}");
    let csv = vendor.text("report --csv --at 2026-11-22");
    assert!(csv.contains("\nacme,bot-creator,10,0,0,0,,,0,2027-05-31T23:59:59Z\n"), "{csv}");
    vendor.refused("report --account globex", "registry-account-unknown");
}
