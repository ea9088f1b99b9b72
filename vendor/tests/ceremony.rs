//! Roots and operations grants: made, rotated, renewed, guarded.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use common::{BUNDLE, NOW, PASSPHRASE, Vendor};
use postern_protocol::documents::Grant;
use postern_protocol::{File, Limits, Reader, SecretKey, TrustError, TrustState, sealed_key};

fn key(vendor: &Vendor, name: &str) -> SecretKey {
    let pem = String::from_utf8(vendor.read(name)).unwrap();
    sealed_key::open(&pem, PASSPHRASE.as_bytes()).unwrap()
}

fn ops_grant(vendor: &Vendor, name: &str, trust: &TrustState) -> Grant {
    let file = File::parse(&vendor.read(name), &Limits::DEFAULT).unwrap();
    let reader = Reader { trust, revocations: &[], limits: Limits::DEFAULT };
    reader.grants(file).unwrap().leaf().get().clone()
}

#[test]
fn a_root_is_two_of_three_sealed_keys() {
    let vendor = Vendor::with_root();
    let trust = vendor.trust("roots/trust.trust");
    let root = trust.current();
    assert_eq!((root.number, root.threshold, root.keys.len()), (1, 2, 3));
    assert_eq!((root.product.as_str(), root.vendor.as_str()), ("automation", "northwind"));
    assert_eq!(root.issued_at.to_string(), NOW);
    for number in 1..=3 {
        let name = format!("roots/root-{number}.pem");
        assert_eq!(root.keys[number - 1].as_bytes(), &key(&vendor, &name).public_bytes());
        assert_eq!(vendor.path(&name).metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn the_threshold_signs_the_operations_grant_and_fewer_keys_do_not() {
    let vendor = Vendor::with_root();
    let grant = "ops new --trust roots/trust.trust --out ops --at @";
    let (message, _) = vendor.refused(&format!("{grant} --root-key roots/root-1.pem"), "root-keys-too-few");
    assert!(message.contains("2 different keys; 1 were given"), "{message}");
    vendor.run(&format!("{grant} --root-key roots/root-1.pem --root-key roots/root-1.pem"));
    assert!(!vendor.path("ops/ops.grant").exists(), "one key twice is one key");

    vendor.ok(&format!("{grant} --root-key roots/root-3.pem --root-key roots/root-2.pem"));
    let ops = ops_grant(&vendor, "ops/ops.grant", &vendor.trust("roots/trust.trust"));
    assert_eq!(ops.subject.as_bytes(), &key(&vendor, "ops/ops.pem").public_bytes());
    assert_eq!((ops.serial, ops.rights.delegate), (1, 7));
    assert_eq!(ops.issue_from.to_string(), "2026-11-22T00:00:00Z");
    assert_eq!(ops.issue_until.to_string(), "2027-11-22T23:59:59Z");
}

#[test]
fn renewing_keeps_id_key_and_start_and_counts_up() {
    let vendor = Vendor::ready();
    let renew = "ops renew --trust roots/trust.trust --root-key roots/root-1.pem --root-key roots/root-2.pem --ops-grant ops/ops.grant";
    vendor.ok(&format!("{renew} --out ops-2 --at 2027-10-01T00:00:00Z"));
    let trust = vendor.trust("roots/trust.trust");
    let (first, second) = (ops_grant(&vendor, "ops/ops.grant", &trust), ops_grant(&vendor, "ops-2/ops.grant", &trust));
    assert_eq!(second.issue_until.to_string(), "2028-09-30T23:59:59Z");
    let expected = Grant { serial: 2, issue_until: second.issue_until, issued_at: second.issued_at, ..first.clone() };
    assert_eq!(second, expected);
    assert!(!vendor.path("ops-2/ops.pem").exists());

    vendor.ok(&format!("{renew} --out ops-3 --new-key --at @"));
    let third = ops_grant(&vendor, "ops-3/ops.grant", &trust);
    assert_ne!(third.subject, first.subject);
    assert_eq!(third.subject.as_bytes(), &key(&vendor, "ops-3/ops.pem").public_bytes());
}

#[test]
fn a_rotation_is_signed_by_the_old_and_the_new_keys() {
    let vendor = Vendor::with_bundle();
    let old = vendor.trust("roots/trust.trust");
    let rotate = "root rotate --trust roots/trust.trust --keys 3 --threshold 2";
    vendor.ok(&format!("{rotate} --root-key roots/root-1.pem --root-key roots/root-2.pem --out roots-2 --at @"));

    let file = File::parse(&vendor.read("roots-2/trust.trust"), &Limits::DEFAULT).unwrap();
    let new = old.advance(&file.trust, &Limits::DEFAULT).unwrap();
    assert_eq!((new.current().number, new.current().keys.len(), new.current().threshold), (2, 3, 2));
    assert!(new.current().keys.iter().all(|key| !old.current().keys.contains(key)));
    assert_eq!(new.anchor(), old.anchor());

    // The old keys sign nothing any more, the new ones renew what the old ones granted.
    let renew = "ops renew --trust roots-2/trust.trust --ops-grant ops/ops.grant --out ops-2 --at @";
    let (message, _) =
        vendor.refused(&format!("{renew} --root-key roots/root-1.pem --root-key roots/root-2.pem"), "root-key-foreign");
    assert!(message.contains("roots/root-1.pem"), "{message}");
    vendor.ok(&format!("{renew} --root-key roots-2/root-1.pem --root-key roots-2/root-3.pem"));
    assert_eq!(ops_grant(&vendor, "ops-2/ops.grant", &new).serial, 2);

    // A bundle under the old operations grant cannot be made any more; one under the new one goes on.
    let make = "bundle make account.toml --trust roots-2/trust.trust --ops-key ops/ops.pem --previous acme.bundle --out acme-2.bundle --at @";
    vendor.refused(&format!("{make} --ops-grant ops/ops.grant"), "chain-other-root");
    vendor.ok(&format!("{make} --ops-grant ops-2/ops.grant"));
    assert_eq!(vendor.bundle("acme-2.bundle").bundle.serial, 2);
    let skipped = old.advance(&[rotated_twice(&vendor)], &Limits::DEFAULT).unwrap_err();
    assert_eq!(skipped, TrustError::Skipped { have: 1, found: 3 });
}

/// Version 3 of the root, one key of which was kept.
fn rotated_twice(vendor: &Vendor) -> postern_protocol::Envelope {
    vendor.ok("root rotate --trust roots-2/trust.trust --root-key roots-2/root-1.pem --root-key roots-2/root-2.pem --keep --keys 1 --threshold 2 --out roots-3 --at @");
    let trust = vendor.trust("roots-3/trust.trust");
    let (second, third) = (&trust.history()[1], &trust.history()[2]);
    assert_eq!(third.number, 3);
    assert_eq!(third.keys[..2], second.keys[..2]);
    assert!(!second.keys.contains(&third.keys[2]));
    third.envelope().clone()
}

#[test]
fn a_threshold_must_fit_the_keys() {
    let vendor = Vendor::with_root();
    for (keys, threshold) in [(2, 3), (3, 0), (0, 0), (17, 2)] {
        vendor.refused(
            &format!("root new --product p --vendor v --keys {keys} --threshold {threshold} --out other --at @"),
            "root-threshold",
        );
    }
}

#[test]
fn nothing_is_overwritten_without_force() {
    let vendor = Vendor::with_bundle();
    let kept: Vec<_> = ["roots/root-1.pem", "roots/trust.trust", "ops/ops.pem", "ops/ops.grant", "acme.bundle"]
        .map(|name| (name, vendor.read(name)))
        .into();
    let commands = [
        "root new --product automation --vendor northwind --out roots --at @".to_owned(),
        "ops new --trust roots/trust.trust --root-key roots/root-1.pem --root-key roots/root-2.pem --out ops --at @"
            .into(),
        format!("bundle make account.toml {BUNDLE} --out acme.bundle"),
    ];
    for command in &commands {
        let (_, advice) = vendor.refused(command, "output-exists");
        assert!(advice.contains("--force"));
        assert_eq!(vendor.run(command).code, 3);
    }
    for (name, bytes) in kept {
        assert_eq!(vendor.read(name), bytes, "{name} was touched");
    }
    vendor.ok(&format!("{} --force", commands[2]));
    vendor.bundle("acme.bundle");
}

#[test]
fn passphrases_come_from_files_and_variables_only() {
    let vendor = Vendor::with_root();
    let ops = [
        "ops",
        "new",
        "--trust",
        "roots/trust.trust",
        "--root-key",
        "roots/root-1.pem",
        "--root-key",
        "roots/root-2.pem",
        "--out",
        "ops",
    ];
    let with = |more: &[&str], variables: &[(&str, &str)]| vendor.run_with(&[&ops[..], more].concat(), variables);

    assert_eq!(with(&[], &[("POSTERN_PASSPHRASE", "wrong")]).codes(), ["sealed-key-passphrase-wrong"]);
    vendor.write("right", format!("{PASSPHRASE}\n"));
    vendor.write("wrong", "wrong\n");
    let each = |third: &str| {
        let files = ["right", "right", third];
        let flags: Vec<&str> = files.iter().flat_map(|file| ["--passphrase-file", file]).collect();
        with(&flags, &[("POSTERN_PASSPHRASE", "unused")])
    };
    let two = with(&["--passphrase-file", "right", "--passphrase-file", "right"], &[]);
    assert_eq!(two.codes(), ["passphrase-files-count"]);
    assert!(!vendor.path("ops/ops.pem").exists());
    assert_eq!(each("wrong").code, 0, "the third file seals the new key");
    let pem = String::from_utf8(vendor.read("ops/ops.pem")).unwrap();
    sealed_key::open(&pem, b"wrong").unwrap();
    sealed_key::open(&pem, PASSPHRASE.as_bytes()).unwrap_err();

    let argument = with(&["--passphrase", PASSPHRASE], &[]);
    assert_eq!(argument.code, 2, "{}", argument.text);
}

#[test]
fn without_a_passphrase_and_a_terminal_nothing_is_made() {
    let folder = tempfile::tempdir().unwrap();
    // A session of its own has no terminal to ask at.
    let output = Command::new("setsid")
        .args(["-w", env!("CARGO_BIN_EXE_postern"), "root", "new", "--product", "p", "--vendor", "v", "--out", "roots"])
        .current_dir(&folder)
        .env_remove("POSTERN_PASSPHRASE")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with("error[passphrase-missing]: No passphrase was given"), "{said}");
    assert!(said.contains("POSTERN_PASSPHRASE"), "{said}");
    assert_eq!(output.status.code(), Some(1));
    assert!(!folder.path().join("roots").exists());
}

#[test]
fn a_key_file_is_named_when_it_does_not_open() {
    let vendor = Vendor::with_root();
    vendor.write("plain.pem", "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n-----END PRIVATE KEY-----\n");
    let ops = "ops new --trust roots/trust.trust --out ops --root-key roots/root-1.pem --root-key";
    vendor.run("ops new --trust roots/trust.trust --out ops --root-key missing.pem --root-key roots/root-1.pem");
    let plain = vendor.run(&format!("{ops} plain.pem"));
    assert_eq!(plain.codes(), ["sealed-key-not-sealed"]);
    assert!(plain.errors[0].1.contains("plain.pem"), "{}", plain.text);
    let missing = vendor.run(&format!("{ops} missing.pem"));
    assert_eq!((missing.code, missing.codes()), (3, vec!["input-unreadable"]));
    assert!(missing.errors[0].1.contains("missing.pem"), "{}", missing.text);
}

#[test]
fn the_public_sheet_tells_a_mistyped_line_and_another_root() {
    let vendor = Vendor::with_root();
    vendor.ok("root sheet --trust roots/trust.trust --out root.txt");
    vendor.refused("root sheet --trust roots/trust.trust --out root.txt", "output-exists");
    let told = vendor.ok("root compare root.txt --trust roots/trust.trust");
    assert_eq!(told["agrees"], true);
    let sheet = String::from_utf8(vendor.read("root.txt")).unwrap();
    let trust = vendor.trust("roots/trust.trust");
    let root = trust.anchor().root.to_string().replace("sha256:", "");
    assert!(sheet.replace(' ', "").contains(&root), "the root's fingerprint stands on it");
    // Typed off the paper: only the coded lines, in capitals, with other gaps.
    let coded: Vec<&str> = sheet.lines().filter(|line| line.contains(" = ")).collect();
    assert_eq!(coded.len(), 5, "root, version and three keys");
    vendor.write("typed.txt", coded.join("\n").to_uppercase().replace("  ", " "));
    vendor.ok("root compare typed.txt --trust roots/trust.trust");
    // One digit wrong, in each line and place.
    for line in &coded {
        for at in
            line.char_indices().filter(|(at, one)| *at > 10 && one.is_ascii_hexdigit()).map(|(at, _)| at).step_by(7)
        {
            let other = if line.as_bytes()[at] == b'0' { "1" } else { "0" };
            let wrong = format!("{}{other}{}", &line[..at], &line[at + 1..]);
            vendor.write("typed.txt", coded.join("\n").replace(line, &wrong));
            vendor.refused("root compare typed.txt --trust roots/trust.trust", "sheet-line-mistyped");
        }
    }
    vendor.write("typed.txt", coded[1..].join("\n"));
    vendor.refused("root compare typed.txt --trust roots/trust.trust", "sheet-line-missing");
    vendor.write("typed.txt", "nothing");
    vendor.refused("root compare typed.txt --trust roots/trust.trust", "sheet-no-lines");
    let other = Vendor::with_root();
    vendor.write("other.trust", other.read("roots/trust.trust"));
    vendor.refused("root compare root.txt --trust other.trust", "sheet-differs");
    // As a page: complete in itself.
    vendor.ok("root sheet --trust roots/trust.trust --out root.html");
    let page = String::from_utf8(vendor.read("root.html")).unwrap();
    assert!(coded.iter().all(|line| page.contains(line)) && !page.contains("<script") && !page.contains("src="));
}
