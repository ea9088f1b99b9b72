//! An end user's own license, issued by its license key or password without a browser, as a public portal does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use common::office::{ACCOUNT, Office};
use common::{NOW, Vendor};
use postern_issuer::{Decision, Desk, Ledger, Outcome, begin_own_ledger, decide_license, examine, find_chain};
use postern_protocol::documents::*;
use postern_protocol::{File, Limits, SecretKey, Unverified, Verified};
use postern_testkit::{id, key, many, public, time};

const OWN: &str = "--own --secret-file secret.txt";

/// An office whose licenses `home-1` and `home-2` their users issue; the first user's license key is in `secret.txt`.
fn office() -> Office {
    let start = ACCOUNT.find("[[license]]").unwrap();
    let end = ACCOUNT.find("[[entitlement]]").unwrap();
    let licenses = "[[license]]\nid = \"home\"\npolicy = \"standard\"\ncount = 2\nself_service = true\n\n\
                    [[license]]\nid = \"user\"\npolicy = \"standard\"\nself_service = true\nusers = [\"ada\"]\n";
    let account = format!("{}{licenses}{}", &ACCOUNT[..start], &ACCOUNT[end..]);
    let office = Office::of(&account);
    office.vendor.write("secret.txt", format!("{}\n", secret(&office.vendor, "home-1")));
    office
}

fn secret(vendor: &Vendor, license: &str) -> String {
    let text = String::from_utf8(vendor.read("keys.csv")).unwrap();
    let row = text.lines().find(|line| line.starts_with(&format!("{license},"))).unwrap();
    row.split(',').nth(3).unwrap().to_owned()
}

fn request(office: &Office, name: &str) -> Verified<Request> {
    let envelope = File::parse(&office.vendor.read(name), &Limits::DEFAULT).unwrap().documents.remove(0);
    Unverified::new(envelope).unwrap().verify_by_named_signers(&Limits::DEFAULT).unwrap()
}

fn finish(decision: Decision, key: &SecretKey) -> Outcome {
    let preparation = decision.prepare();
    let signatures: Vec<_> = preparation.messages().iter().map(|message| key.sign(message)).collect();
    preparation.finish(&signatures).unwrap()
}

#[test]
fn the_license_key_issues_its_own_license_as_a_public_portal_does() {
    let office = office();
    office.activation("home-1", 30, "a.req", |_| {});
    office.ok(&format!("issue a.req --new-ledger {OWN} --by Ada --out license.lic"));
    let license = office.document::<License>("license.lic");
    assert_eq!((license.license_id.as_str(), license.device.key), ("home-1", public(&key(30))));

    // What the portal's core makes of the same inputs, with the same ledger behind it.
    let bundle = office.vendor.bundle("acme.bundle");
    let own = office.key("home-1");
    let asked = request(&office, "a.req");
    let chain = find_chain(&bundle, public(own), &asked).unwrap();
    let desk = Desk { bundle: &bundle, chain: &chain, ledger: None, revocations: &[], by: "Ada", now: time(NOW) };
    let begun = finish(begin_own_ledger(&desk, &asked.ledgers).unwrap(), own);
    let desk = Desk { ledger: Some(&begun.ledger), ..desk };
    let decision = decide_license(&desk, &asked, &examine(&desk, &asked).default_choice()).unwrap();
    let portals = finish(decision, own);
    assert_eq!(portals.file.unwrap().to_bytes(), office.vendor.read("license.lic"), "byte for byte the portal's file");

    // The ledger is this key's, and goes on: given back, and on to another machine.
    let ledger = Ledger::import(&bundle, &chain, &office.vendor.read("acme.ledger"), &Limits::DEFAULT).unwrap();
    assert_eq!((ledger.id().key, ledger.entries().len()), (public(own), 2));
    office.activation("home-1", 31, "b.req", |_| {});
    office.refused(&format!("issue b.req {OWN} --out b.lic"), "machines-too-many");
    office.deactivation("license.lic", 30, "back.req");
    office.ok(&format!("issue back.req b.req {OWN} --out-dir out"));
    assert_eq!(office.document::<License>("out/b.lic").device.key, public(&key(31)));
}

#[test]
fn an_own_ledger_begins_above_all_that_the_machine_remembers() {
    let office = office();
    let own = public(office.key("home-1"));
    office.activation("home-1", 30, "a.req", |request| {
        let ledger = LedgerId { key: own, epoch: 4 };
        request.ledgers = vec![LedgerReference { ledger, position: 3, previous: request.usage.genesis }];
    });
    office.ok(&format!("issue a.req --new-ledger {OWN} --out license.lic"));
    assert_eq!(office.document::<License>("license.lic").ledger.ledger.epoch, 5);
}

#[test]
fn a_password_issues_its_own_license() {
    let office = office();
    let password = secret(&office.vendor, "user");
    office.activation("user", 30, "a.req", |_| {});
    let line = "issue a.req --new-ledger --own --user ada --out a.lic --bundle acme.bundle --ledger own.ledger";
    let words: Vec<&str> = line.split(' ').chain(["--at", NOW]).collect();
    let ran = office.vendor.run_with(&words, &[("POSTERN_SECRET", &password)]);
    assert_eq!(ran.code, 0, "{}", ran.text);
    assert_eq!(office.document::<License>("a.lic").license_id, id("user"));
}

#[test]
fn what_is_typed_must_be_a_license_of_this_bundle_and_the_files() {
    let office = office();
    office.activation("home-2", 30, "other.req", |_| {});
    // Somebody else's file.
    office.refused(&format!("issue other.req --new-ledger {OWN} --out a.lic"), "credential-unknown");
    office.vendor.write("secret.txt", many::license_key(1).to_text().as_bytes());
    office.refused(&format!("issue other.req --new-ledger {OWN} --out a.lic"), "own-unknown");
    office.vendor.write("secret.txt", "PSTN-KEY");
    office.refused(&format!("issue other.req --new-ledger {OWN} --out a.lic"), "license-key-length");
    // Where an administrator issues, a license key issues nothing.
    let administrators = Office::new();
    administrators.vendor.write("secret.txt", secret(&administrators.vendor, "seat-1"));
    administrators.activation("seat-1", 30, "a.req", |_| {});
    administrators.refused(&format!("issue a.req --new-ledger {OWN} --out a.lic"), "own-unknown");
}
