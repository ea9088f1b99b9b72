//! The examples, from a new machine to a deactivated one; everything that a caller can do wrong; Python.

use std::process::Command;

use crate::compile::{Linked, compile, crate_file, shared_library};
use crate::desk::{Desk, now};

use postern_protocol::documents::{Ceiling, Entry, Grantor, InstalledEffect, Revocations, Standing, Target};
use postern_protocol::time::DAY;
use postern_testkit::{full, public, sign};

#[test]
fn a_c_program_lives_a_whole_life() {
    let app = compile("examples/app.c", Linked::Shared);
    let desk = Desk::new();
    let refused = |arguments: &[&str], result, code: &str| {
        let (exit, words) = desk.refused(&app, arguments);
        assert_eq!((exit, words.contains(&format!("({code})"))), (result, true), "{arguments:?}: {words}");
    };
    refused(&["run"], 3, "state-missing");
    desk.ok(&app, &["pin", "root.trust"]);
    refused(&["run"], 1, "license-none");
    refused(&["request", "request.lfr"], 1, "not-enrolled");
    desk.ok(&app, &["enroll", "cr-1.token"]);
    assert_eq!(desk.ok(&app, &["request", "request.lfr"]), "Request 1 of cycle 1.\n");
    refused(&["install", "cr-1.token"], 1, "kind-wrong");
    desk.answer("license.olf", |_| {});
    assert!(desk.ok(&app, &["rehearse", "license.olf"]).starts_with("{\"after\":{"));
    refused(&["run"], 1, "license-none");
    assert_eq!(desk.ok(&app, &["install", "license.olf"]), "The file is installed.\n");
    assert_eq!(desk.ok(&app, &["install", "license.olf"]), "This was known before.\n");
    assert_eq!(desk.ok(&app, &["run"]), "988 pages are left.\n");
    assert_eq!(desk.ok(&app, &["run"]), "976 pages are left.\n");
    let status = desk.ok(&app, &["status"]);
    assert!(status.contains("\"used\":24,\"left\":976,\"left_with_overage\":1076"), "{status}");

    assert_eq!(desk.ok(&app, &["report", "report.req"]), "Line 7.\n");
    assert_eq!(desk.request("report.req").variables[0].value, "7");
    desk.ok(&app, &["deactivate", "deactivation.req"]);
    let given_back = std::fs::read(desk.path("deactivation.req")).unwrap();
    refused(&["run"], 1, "license-none");
    desk.ok(&app, &["deactivate", "deactivation.req"]);
    assert_eq!(std::fs::read(desk.path("deactivation.req")).unwrap(), given_back, "the same document");
}

#[test]
fn a_c_program_activates_by_license_key() {
    let app = compile("examples/app.c", Linked::Shared);
    let desk = Desk::new();
    desk.ok(&app, &["pin", "root.trust"]);
    desk.write("key.txt", b"not a license key\n");
    let (exit, words) = desk.refused(&app, &["activate", "key.txt"]);
    assert!(exit == 1 && words.contains("(license-key-"), "{words}");
    let key = postern_protocol::credential::LicenseKey::from_entropy([7; 15]);
    desk.write("key.txt", format!("{}\r\n", key.to_text().as_str()).as_bytes());
    let (exit, words) = desk.refused(&app, &["activate", "key.txt", "Not An Id"]);
    assert!(exit == 2 && words.contains("(argument-invalid)"), "{words}");
    desk.ok(&app, &["activate", "key.txt"]);
    assert_eq!(desk.request("activate_offline.req").license_id, None);
    desk.ok(&app, &["activate", "key.txt", "cr-1"]);
    let request = desk.request("activate_offline.req");
    assert_eq!(request.license_id, Some(postern_testkit::id("cr-1")));
    let public = key.derive("northwind", "automation").unwrap().public_bytes();
    assert_eq!(request.credential, Some(postern_protocol::PublicKey::from_bytes(public)));
    let (exit, words) = desk.refused(&app, &["report", "report.req"]);
    assert!(exit == 1 && words.contains("(report-nothing)"), "{words}");
}

#[test]
fn a_c_program_hands_over_whatever_file_it_is_given() {
    let app = compile("examples/app.c", Linked::Shared);
    let desk = Desk::licensed(&app);
    let list = |standing, serial| {
        let target = Target::Subject(public(&desk.world.portal_key));
        let entry = Entry { target, standing, min_serial: 0, effect: InstalledEffect::Stop };
        let issuer = Grantor::Key(public(&desk.world.ops_key));
        let list = Revocations { serial, entries: vec![entry], ..full::revocations(issuer) };
        desk.world.bundle_with(vec![sign(&list, &[&desk.world.ops_key])]).to_bytes()
    };
    desk.write("suspend.bundle", &list(Standing::Suspended, 1));
    desk.write("resume.bundle", &list(Standing::Active, 2));
    let told = desk.ok(&app, &["rehearse", "suspend.bundle"]);
    assert!(told.contains("\"code\":\"grant-suspended\"") && told.contains("\"serial\":1"), "{told}");
    desk.ok(&app, &["run"]);
    assert_eq!(desk.ok(&app, &["install", "suspend.bundle"]), "The file is installed.\n");
    let (exit, words) = desk.refused(&app, &["run"]);
    assert!(exit == 1 && words.contains("(license-stopped)"), "{words}");
    desk.ok(&app, &["install", "resume.bundle"]);
    desk.ok(&app, &["run"]);
    assert_eq!(desk.ok(&app, &["install", "suspend.bundle"]), "This was known before.\n");
    desk.ok(&app, &["run"]);
}

#[test]
fn another_vendor_s_state_is_refused() {
    let app = compile("examples/app.c", Linked::Shared);
    let mut desk = Desk::new();
    desk.world.trust.vendor = postern_testkit::id("somebody-else");
    let trust = postern_protocol::File { trust: vec![desk.world.trust_envelope()], ..Default::default() };
    desk.write("other.trust", &trust.to_bytes());
    let (exit, words) = desk.refused(&app, &["pin", "other.trust"]);
    assert!(exit == 1 && words.contains("(trust-other-root)"), "{words}");
    assert!(!desk.path("state").exists());
    postern_verifier::pin(&desk.path("state"), &trust.to_bytes(), None, now()).unwrap();
    let (exit, words) = desk.refused(&app, &["run"]);
    assert!(exit == 3 && words.contains("(state-other-root)"), "{words}");
}

#[test]
fn a_c_plus_plus_program_is_linked_statically() {
    let (app, plus) = (compile("examples/app.c", Linked::Static), compile("examples/app.cpp", Linked::Static));
    let desk = Desk::licensed(&app);
    assert_eq!(desk.ok(&plus, &[]), "50 tasks at once, 988 pages left on line 7\n");
    desk.ok(&app, &["deactivate", "deactivation.req"]);
    let (exit, words) = desk.refused(&plus, &[]);
    assert!(exit == 1 && words.ends_with("(license-none)\n"), "{words}");
}

#[test]
fn a_python_program_uses_the_shared_library() {
    let app = compile("examples/app.c", Linked::Shared);
    let desk = Desk::licensed(&app);
    let run = || {
        let mut command = Command::new("python3");
        command.arg(crate_file("examples/app.py")).arg(shared_library()).arg(desk.path("state")).output().unwrap()
    };
    let output = run();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "50 tasks at once, 988 pages left on line 7, ok\n");
    desk.ok(&app, &["deactivate", "deactivation.req"]);
    let output = run();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().ends_with("(license-none)\n"));
}

#[test]
fn nothing_that_a_caller_does_wrong_breaks_anything() {
    let app = compile("examples/app.c", Linked::Shared);
    for linked in [Linked::Shared, Linked::Static] {
        let misuse = compile("tests/misuse.c", linked);
        let desk = Desk::licensed(&app);
        assert_eq!(desk.ok(&misuse, &[]), "done\n");
    }
}

#[test]
fn an_emergency_extension_and_a_clock_repair() {
    let app = compile("examples/app.c", Linked::Shared);
    let desk = Desk::new();
    desk.ok(&app, &["pin", "root.trust"]);
    desk.ok(&app, &["enroll", "cr-1.token"]);
    desk.ok(&app, &["request", "request.lfr"]);
    let yesterday = postern_protocol::Time::from_unix(now().unix() - DAY);
    desk.answer("ended.olf", |license| {
        (license.starts_at, license.ends_at) = (yesterday.day_start(), Ceiling::Limited(yesterday));
    });
    desk.ok(&app, &["install", "ended.olf"]);
    let rare = compile("tests/rare.c", Linked::Shared);
    assert_eq!(desk.ok(&rare, &["extend"]), "done\n");
    assert_eq!(desk.ok(&rare, &["challenge"]), "done\n");
    desk.ticket("challenge.req", "clock.ticket");
    assert_eq!(desk.ok(&rare, &["repair"]), "done\n");
}
