//! Node-locked licenses: policies, license keys, users, self-service, thousands at once, and what renewing keeps.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::collections::HashSet;
use std::os::unix::fs::PermissionsExt;

use common::{BUNDLE, Vendor};
use postern_protocol::credential::{Argon2Parameters, LicenseKey, derive_from_password};
use postern_protocol::documents::*;
use postern_protocol::{PublicKey, SecretKey, Verified};
use postern_testkit::{id, key, public, time};

const LICENSES: &str = include_str!("../examples/licenses.toml");

/// What the tool wrote for the vendor: license id, kind, user, secret, key.
fn credentials(vendor: &Vendor, name: &str) -> Vec<[String; 5]> {
    let text = String::from_utf8(vendor.read(name)).unwrap();
    let rows = text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    rows.map(|row| row.try_into().unwrap()).collect()
}

/// The key that a row's secret stands for.
fn derived(vendor: &Vendor, row: &[String; 5]) -> SecretKey {
    let trust = vendor.trust("roots/trust.trust");
    let parameters = Argon2Parameters::try_from(&trust.current().key_derivation).unwrap();
    match row[1].as_str() {
        "license-key" => LicenseKey::parse(&row[3]).unwrap().derive("northwind", "automation").unwrap(),
        "user" => derive_from_password("northwind", "automation", &row[2], &row[3], &parameters).unwrap(),
        other => panic!("{other}"),
    }
}

fn grant(vendor: &Vendor, bundle: &str, name: &str) -> Verified<Grant> {
    let bundle = vendor.bundle(bundle);
    let found = bundle.tree.grants().filter(|grant| grant.id == id(name)).max_by_key(|grant| grant.serial);
    found.unwrap_or_else(|| panic!("{name}")).clone()
}

fn make(vendor: &Vendor, more: &str) -> serde_json::Value {
    vendor.ok(&format!("bundle make licenses.toml {BUNDLE} {more}"))
}

#[test]
fn the_example_becomes_grants_whose_credentials_are_written_once() {
    let vendor = Vendor::ready();
    vendor.write("licenses.toml", LICENSES);
    let told = make(&vendor, "--credentials keys.csv --out globex.bundle");
    assert_eq!(told["credentials_made"], 7);
    let mode = std::fs::metadata(vendor.path("keys.csv")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "for its owner alone");

    let rows = credentials(&vendor, "keys.csv");
    let whose: Vec<_> = rows.iter().map(|row| (row[0].as_str(), row[1].as_str(), row[2].as_str())).collect();
    let expected = [
        ("editor-anna", "license-key", ""),
        ("batch-1", "license-key", ""),
        ("batch-2", "license-key", ""),
        ("batch-3", "license-key", ""),
        ("editor-team", "user", "ada@globex.example"),
        ("editor-team", "user", "grace@globex.example"),
        ("editor-home", "license-key", ""),
    ];
    assert_eq!(whose, expected);
    for row in &rows {
        let own = public(&derived(&vendor, row));
        assert_eq!(own.to_string(), row[4]);
        assert!(grant(&vendor, "globex.bundle", &row[0]).credentials.iter().any(|one| one.key == own), "{row:?}");
    }

    let anna = grant(&vendor, "globex.bundle", "editor-anna");
    assert_eq!(anna.policy, Some(id("editor-yearly")));
    assert_eq!(anna.license_type, Ceiling::Limited(LicenseType::TimeLimited));
    assert_eq!(anna.license_count, Ceiling::Limited(2), "its own word before its policy's");
    assert_eq!(anna.longest_duration, Ceiling::Limited(365 * 86_400));
    assert_eq!(anna.run_until, Ceiling::Limited(time("2027-12-31T23:59:59Z")));
    assert!(anna.allow_offline_activation && anna.rights.refresh && !anna.rights.enable);
    let batch = grant(&vendor, "globex.bundle", "batch-2");
    let counters = batch.consumption.limit().unwrap();
    assert_eq!((counters[1].counter.as_str(), counters[1].feature.as_ref().unwrap().as_str()), ("exports", "export"));
    // The end user's own license: the subject is the credential, and it may only issue.
    let home = grant(&vendor, "globex.bundle", "editor-home");
    assert_eq!(home.subject, home.credentials[0].key);
    assert_ne!(home.subject, anna.subject);
    let only_issue = Rights {
        issue: true,
        refresh: false,
        delegate: 0,
        enable: false,
        release_dead: ReleaseDead { quota: 0, cooldown: 0 },
        repair_clock: RepairClock { count: 0, max_back: 0 },
    };
    assert_eq!(home.rights, only_issue);
    let shown = vendor.ok("bundle show globex.bundle --trust roots/trust.trust");
    assert_eq!(shown["portal_key"]["key"], anna.subject.to_string());
}

#[test]
fn a_credentials_file_is_asked_for_and_never_overwritten() {
    let vendor = Vendor::ready();
    vendor.write("licenses.toml", LICENSES);
    vendor.refused(&format!("bundle make licenses.toml {BUNDLE} --out a.bundle"), "credentials-file-missing");
    vendor.write("keys.csv", "precious");
    let line = format!("bundle make licenses.toml {BUNDLE} --credentials keys.csv --force --out a.bundle");
    vendor.refused(&line, "credentials-file-exists");
    assert_eq!(vendor.read("keys.csv"), b"precious");
}

#[test]
fn renewing_keeps_credentials_and_makes_only_what_is_new() {
    let vendor = Vendor::ready();
    vendor.write("licenses.toml", LICENSES);
    make(&vendor, "--credentials keys.csv --out first.bundle");
    let before = |name: &str| grant(&vendor, "first.bundle", name);

    // Nothing new: no file is due, and unchanged licenses keep their very grants.
    vendor.refused(
        &format!("bundle make licenses.toml {BUNDLE} --previous first.bundle --out b.bundle"),
        "credentials-whose",
    );
    let told = make(&vendor, "--previous first.bundle --known keys.csv --out second.bundle");
    assert_eq!(told["credentials_made"], 0);
    for name in ["editor-anna", "batch-1", "editor-team", "editor-home"] {
        assert_eq!(grant(&vendor, "second.bundle", name).digest(), before(name).digest(), "{name}");
    }

    // A longer batch, one user more, and a term that changes.
    let more = LICENSES
        .replace("count  = 3", "count  = 4")
        .replace("\"grace@globex.example\"]", "\"grace@globex.example\", \"joan@globex.example\"]");
    vendor.write("licenses.toml", &more);
    make(&vendor, "--previous second.bundle --known keys.csv --credentials more.csv --out third.bundle");
    let rows = credentials(&vendor, "more.csv");
    let whose: Vec<_> = rows.iter().map(|row| (row[0].as_str(), row[2].as_str())).collect();
    assert_eq!(whose, [("batch-4", ""), ("editor-team", "joan@globex.example")]);
    let team = grant(&vendor, "third.bundle", "editor-team");
    assert_eq!(team.serial, 2);
    assert_eq!(team.credentials[..2], before("editor-team").credentials[..], "passwords in use go on");
    assert_eq!(grant(&vendor, "third.bundle", "batch-3").digest(), before("batch-3").digest());

    // A key that was lost is made anew, on request only.
    let line = "--previous third.bundle --known keys.csv --known more.csv --new-credentials editor-anna";
    make(&vendor, &format!("{line} --credentials anna.csv --out fourth.bundle"));
    let anna = grant(&vendor, "fourth.bundle", "editor-anna");
    assert_eq!((credentials(&vendor, "anna.csv").len(), anna.serial), (1, 2));
    assert_ne!(anna.credentials, before("editor-anna").credentials);

    vendor.write("strange.csv", "a,b\n1,2\n");
    let line = format!("bundle make licenses.toml {BUNDLE} --previous third.bundle --known strange.csv --out x.bundle");
    vendor.refused(&line, "credentials-file-unreadable");
}

#[test]
fn what_the_file_lists_no_more_is_withdrawn() {
    let vendor = Vendor::ready();
    vendor.write("licenses.toml", LICENSES);
    make(&vendor, "--credentials keys.csv --out first.bundle");
    vendor.write("licenses.toml", LICENSES.replace("count  = 3", "count  = 2"));
    make(&vendor, "--previous first.bundle --known keys.csv --out second.bundle");
    let (before, after) = (grant(&vendor, "first.bundle", "batch-3"), grant(&vendor, "second.bundle", "batch-3"));
    let none = Rights {
        issue: false,
        refresh: false,
        delegate: 0,
        enable: false,
        release_dead: ReleaseDead { quota: 0, cooldown: 0 },
        repair_clock: RepairClock { count: 0, max_back: 0 },
    };
    assert!(before.rights.issue);
    assert_eq!((after.serial, after.rights), (2, none));
    assert_eq!(after.installations, before.installations, "what its machine holds counts there");
    let rest = grant(&vendor, "second.bundle", "batch-2");
    assert_eq!(rest.digest(), grant(&vendor, "first.bundle", "batch-2").digest());

    // It stays as it is, and comes back with its license key when it is listed again.
    make(&vendor, "--previous second.bundle --known keys.csv --out third.bundle");
    assert_eq!(grant(&vendor, "third.bundle", "batch-3").digest(), after.digest());
    vendor.write("licenses.toml", LICENSES);
    let told = make(&vendor, "--previous third.bundle --known keys.csv --out fourth.bundle");
    let back = grant(&vendor, "fourth.bundle", "batch-3");
    assert_eq!((told["credentials_made"].as_u64(), back.serial), (Some(0), 3));
    assert_eq!((back.rights, &back.credentials), (before.rights, &before.credentials));
}

#[test]
fn a_table_of_licenses_is_imported() {
    let vendor = Vendor::ready();
    let given = public(&key(77));
    let start = LICENSES.find("# A license with a license key").unwrap();
    let account = format!("{}[[license]]\npolicy = \"editor-yearly\"\nimport = \"list.csv\"\n", &LICENSES[..start]);
    vendor.write("licenses.toml", &account);
    let list =
        format!("id,name,user,key,from\nl-1,\"Doe, Jane\",,,\nl-2,,ada@globex.example,,\nl-3,,,{given},license-key\n");
    vendor.write("list.csv", list);
    make(&vendor, "--credentials keys.csv --out a.bundle");
    assert_eq!(credentials(&vendor, "keys.csv").len(), 2, "the third has a key already");
    assert_eq!(grant(&vendor, "a.bundle", "l-3").credentials[0].key, given);
    let labels = vendor.bundle("a.bundle").bundle.labels.clone();
    assert!(labels.iter().any(|label| label.id == id("l-1") && label.text == "Doe, Jane"));

    for (list, says) in [
        ("id,colour\nl-1,red\n", "names columns that are not known"),
        ("name\nAda\n", "no 'id'"),
        ("id\nL 1\n", "line 2"),
        ("id,user\nl-1,\"ada\n", "line 2"),
        ("id\nl-1\nl-1\n", "'l-1' is the id of an earlier license"),
        ("id,key\nl-1,ed25519:00\n", "line 2"),
    ] {
        vendor.write("list.csv", list);
        let line = format!("bundle make licenses.toml {BUNDLE} --credentials x.csv --out x.bundle");
        let (message, _) = vendor.refused(&line, "account-file-field");
        assert!(message.contains(says), "{list}: {message}");
    }
}

#[test]
fn what_no_license_can_say_names_its_line() {
    let vendor = Vendor::ready();
    for (old, new, says) in [
        ("policy = \"pages\"", "policy = \"nothing\"", "there is no policy 'nothing'"),
        ("code         = \"pages\"", "code         = \"editor-yearly\"", "the code of an earlier policy"),
        ("license_type = \"time-limited\"", "license_type = \"on-premises\"", "is not bound to one machine"),
        ("id     = \"editor-home\"", "id     = \"editor-anna\"", "'editor-anna' is the id of an earlier license"),
        ("count  = 3", "count  = 3\nusers = [\"a\"]", "nothing of their own"),
        ("count  = 3", "count  = 10001", "a bundle holds 10000"),
        ("self_service = true", "self_service = true\nusers = [\"a\", \"b\"]", "one credential"),
        ("\"grace@globex.example\"]", "\"ada@globex.example\"]", "one user is listed twice"),
        ("portal_key = \"sealed\"", "portal_key = \"none\"", "nobody could issue it"),
        ("consumption  = {", "features2 = {", "unknown field"),
        (
            "license_count = 2                               # what",
            "license_count = 2\nrun_until = 2020-01-01 # what",
            "before",
        ),
    ] {
        assert_eq!(LICENSES.matches(old).count(), 1, "{old}");
        vendor.write("licenses.toml", LICENSES.replace(old, new));
        let ran = vendor.run(&format!("bundle make licenses.toml {BUNDLE} --credentials x.csv --out x.bundle"));
        assert!(ran.code == 1 && ran.text.contains(says), "{new}: {}", ran.text);
        assert!(ran.errors[0].1.contains("ine "), "{}", ran.text);
        assert!(!vendor.path("x.csv").exists() && !vendor.path("x.bundle").exists());
    }
    let without = LICENSES.replace("longest_duration = \"365 days\" ", "#");
    vendor.write("licenses.toml", without);
    let ran = vendor.run(&format!("bundle make licenses.toml {BUNDLE} --credentials x.csv --out x.bundle"));
    assert_eq!(ran.codes(), ["account-file-field"; 3], "each table that lacks it: {}", ran.text);
    assert!(ran.errors[0].2.contains("longest_duration = \"400 days\""), "{}", ran.text);
}

#[test]
fn a_public_bundle_of_many_licenses_holds_no_secret() {
    let vendor = Vendor::ready();
    let start = LICENSES.find("# A license with a license key").unwrap();
    let account = LICENSES[..start].replace("portal_key = \"sealed\"", "portal_key = \"none\"")
        + "[[license]]\nid = \"home\"\npolicy = \"editor-yearly\"\ncount = 400\nself_service = true\n";
    vendor.write("licenses.toml", account);
    make(&vendor, "--credentials keys.csv --out public.bundle");
    let bundle = vendor.bundle("public.bundle");
    assert_eq!(bundle.tree.grants().count(), 401);
    assert_eq!(bundle.bundle.sealed_key, None);
    let rows = credentials(&vendor, "keys.csv");
    let (ids, keys, secrets): (HashSet<_>, HashSet<_>, HashSet<_>) = (
        rows.iter().map(|row| &row[0]).collect(),
        rows.iter().map(|row| &row[4]).collect(),
        rows.iter().map(|row| &row[3]).collect(),
    );
    assert_eq!((ids.len(), keys.len(), secrets.len()), (400, 400, 400));
    let text = String::from_utf8_lossy(&vendor.read("public.bundle")).into_owned();
    assert!(!secrets.into_iter().any(|secret| text.contains(secret.as_str())));
    // And it is renewed without anything new.
    let told = make(&vendor, "--previous public.bundle --out again.bundle");
    assert_eq!((&told["credentials_made"], &told["serial"]), (&0.into(), &2.into()));
}

#[test]
fn nothing_in_a_bundle_opens_its_licenses() {
    use postern_issuer::{Desk, begin_ledger, decide_license, examine, find_chain};
    use postern_testkit::{World, many};
    let vendor = Vendor::ready();
    vendor.write("licenses.toml", LICENSES);
    make(&vendor, "--credentials keys.csv --out globex.bundle");
    let bundle = vendor.bundle("globex.bundle");
    let text = String::from_utf8(vendor.read("globex.bundle")).unwrap();
    let users: Vec<_> = credentials(&vendor, "keys.csv").into_iter().map(|row| row[2].clone()).collect();

    // Whatever the file holds: its strings, in every envelope's payload as well, and each 32 and 15 bytes that they are.
    let mut strings: HashSet<String> = HashSet::new();
    let payloads = bundle.tree.grants().map(|grant| String::from_utf8_lossy(grant.envelope().payload()).into_owned());
    for text in payloads.chain([text, String::from_utf8_lossy(bundle.bundle.envelope().payload()).into_owned()]) {
        strings.extend(text.split(['"', ':', ',', '\\', '\n']).filter(|part| !part.is_empty()).map(str::to_owned));
    }
    let hexadecimal = |text: &str| -> Option<Vec<u8>> {
        let digits = text.len().is_multiple_of(2).then_some(text)?;
        (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()).collect()
    };
    let mut tried: Vec<SecretKey> = Vec::new();
    for string in &strings {
        if let Ok(parsed) = LicenseKey::parse(string) {
            tried.push(parsed.derive("northwind", "automation").unwrap());
        }
        let bytes = hexadecimal(string).unwrap_or_else(|| string.as_bytes().to_vec());
        for window in bytes.windows(32) {
            tried.push(SecretKey::from_bytes(window.try_into().unwrap()));
        }
        if let Some(entropy) = bytes.first_chunk::<15>() {
            tried.push(LicenseKey::from_entropy(*entropy).derive("northwind", "automation").unwrap());
        }
    }
    // Passwords that somebody might think of, for users whom the bundle does not even name.
    assert!(users.iter().filter(|user| !user.is_empty()).all(|user| !strings.contains(user)));
    let trust = vendor.trust("roots/trust.trust");
    let parameters = Argon2Parameters::try_from(&trust.current().key_derivation).unwrap();
    for password in ["globex", "password"] {
        tried.push(
            derive_from_password("northwind", "automation", "ada@globex.example", password, &parameters).unwrap(),
        );
    }
    let listed: HashSet<PublicKey> = bundle
        .tree
        .grants()
        .flat_map(|grant| grant.credentials.iter().map(|one| one.key).chain([grant.subject]))
        .collect();
    assert!(tried.len() > 1000, "{}", tried.len());
    for key in &tried {
        assert!(!listed.contains(&public(key)), "the bundle holds a usable secret");
    }

    // The public halves alone: a request that names a credential of the bundle, signed by the machine only, is no request.
    let now = time(common::NOW);
    let machine = key(30);
    let named = grant(&vendor, "globex.bundle", "editor-anna").credentials[0].key;
    let forged = many::request(&World::new(), &machine, &tried[0], now, |request| request.credential = Some(named));
    let unverified = postern_protocol::Unverified::<Request>::new(forged.documents[0].clone()).unwrap();
    assert!(unverified.verify_by_named_signers(&postern_protocol::Limits::DEFAULT).is_err());

    // With a credential of one's own every license refuses, and the right one is answered.
    let rows = credentials(&vendor, "keys.csv");
    let row = rows.iter().find(|row| row[0] == "editor-home").unwrap();
    let home = derived(&vendor, row);
    let chain = bundle.tree.chains_of(public(&home)).remove(0);
    let mut desk = Desk { bundle: &bundle, chain: &chain, ledger: None, revocations: &[], by: "test", now };
    let sign = |decision: postern_issuer::Decision| {
        let prepared = decision.prepare();
        let signatures: Vec<_> = prepared.messages().iter().map(|message| home.sign(message)).collect();
        prepared.finish(&signatures)
    };
    let begun = sign(begin_ledger(&desk).unwrap()).unwrap();
    desk.ledger = Some(&begun.ledger);
    let ask = |credential: &SecretKey| {
        let file = many::request(&World::new(), &machine, credential, now, |request| {
            request.license_id = Some(id("editor-home"));
        });
        let unverified = postern_protocol::Unverified::<Request>::new(file.documents[0].clone()).unwrap();
        unverified.verify_by_named_signers(&postern_protocol::Limits::DEFAULT).unwrap()
    };
    let foreign = ask(&tried[0]);
    assert!(decide_license(&desk, &foreign, &examine(&desk, &foreign).default_choice()).is_err());
    let own = ask(&home);
    assert!(find_chain(&bundle, public(&home), &own).is_some());
    let decided = decide_license(&desk, &own, &examine(&desk, &own).default_choice()).unwrap();
    assert!(sign(decided.clone()).is_ok());
    // And nobody signs it with another key.
    let prepared = decided.prepare();
    let signatures: Vec<_> = prepared.messages().iter().map(|message| tried[0].sign(message)).collect();
    assert!(prepared.finish(&signatures).is_err());
}
