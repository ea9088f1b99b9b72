//! The command line: the whole cycle through the binary, exit codes, JSON, and what people read.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use postern_protocol::time::{DAY, HOUR};
use postern_protocol::{File, Limits, Time};
use postern_testkit::{World, now, sign};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::plant::{answer, trust_file};

/// A machine that is used through the binary.
struct Desk {
    world: World,
    directory: TempDir,
    now: Time,
}

impl Desk {
    fn new() -> Self {
        let desk = Self { world: World::new(), directory: TempDir::new().unwrap(), now: now() };
        desk.write("root.trust", &trust_file(&desk.world));
        let token = desk.world.file(sign(&desk.world.token("t-1"), &[&desk.world.portal_key]));
        desk.write("cr-1.token", &token.to_bytes());
        desk
    }

    fn licensed() -> Self {
        let desk = Self::new();
        desk.json(&["trust", "root.trust"]);
        desk.json(&["enroll", "cr-1.token"]);
        desk.json(&["request"]);
        desk.answer("license.olf", &[("bot-creator", 2)], 2);
        desk.json(&["install", "license.olf"]);
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    fn answer(&self, name: &str, seats: &[(&str, u64)], position: u64) {
        let request = std::fs::read(self.path("request.lfr")).unwrap();
        let mut license = answer(&self.world, &request, seats, self.now);
        license.ledger.position = position;
        self.write(name, &self.world.file(sign(&license, &[&self.world.portal_key])).to_bytes());
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_postern-verifier-test"))
            .args(arguments)
            .current_dir(self.directory.path())
            .env("POSTERN_STATE", self.path("state"))
            .env("POSTERN_TEST_NOW", self.now.to_string())
            .output()
            .unwrap()
    }

    /// What a command says when it succeeds.
    fn text(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(output.stderr.is_empty());
        String::from_utf8(output.stdout).unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.text(&[arguments, &["--json"]].concat())).unwrap()
    }

    /// The exit code and the error's code of a command that fails, the same as text and as JSON.
    fn fails(&self, arguments: &[&str]) -> (i32, String) {
        let plain = self.run(arguments);
        let stderr = String::from_utf8(plain.stderr).unwrap();
        let output = self.run(&[arguments, &["--json"]].concat());
        let error: Value = serde_json::from_slice(&output.stdout).unwrap();
        let field = |name: &str| error["error"][name].as_str().unwrap().to_owned();
        assert!(plain.stdout.is_empty() && output.stderr.is_empty());
        assert_eq!(plain.status.code(), output.status.code());
        for part in [field("message"), field("advice"), format!("code: {}", field("code"))] {
            assert!(stderr.contains(&part), "{part:?} in {stderr:?}");
        }
        (output.status.code().unwrap(), field("code"))
    }
}

#[test]
fn the_whole_cycle() {
    let mut desk = Desk::new();
    let pinned = desk.json(&["trust", "root.trust"]);
    assert_eq!((&pinned["fresh"], &pinned["compared"]), (&json!(true), &json!(false)));
    assert_eq!(desk.json(&["enroll", "cr-1.token"])["license_id"], "cr-1");
    let request = desk.json(&["request", "-o", "request.lfr"]);
    assert_eq!(request["install_until"], json!(desk.now.plus(48 * HOUR)));
    desk.answer("license.olf", &[("bot-creator", 2)], 2);

    let rehearsed = desk.json(&["install", "license.olf", "--dry-run"]);
    assert_eq!((&rehearsed["dry_run"], &rehearsed["before"]), (&json!(true), &json!(null)));
    assert_eq!(desk.json(&["status"])["license"], json!(null));
    let installed = desk.json(&["install", "license.olf"]);
    assert_eq!(installed["after"]["seats"][0]["total"], 2);
    assert_eq!(desk.json(&["install", "license.olf"])["already_installed"], true);

    assert_eq!(desk.json(&["checkout", "bot-creator", "--user", " ada "])["user"], "ada");
    assert_eq!(desk.json(&["checkout", "bot-creator", "--user", "ada"])["changed"], false);
    desk.json(&["checkout", "bot-creator", "--user", "bert"]);
    assert_eq!(desk.fails(&["checkout", "bot-creator", "--user", "cleo"]), (1, "seats-taken".into()));

    desk.now = desk.now.plus(DAY);
    desk.json(&["request"]);
    desk.answer("less.olf", &[("bot-creator", 1)], 3);
    assert_eq!(desk.fails(&["install", "less.olf"]), (1, "seats-in-use".into()));
    desk.json(&["release", "bot-creator", "--user", "bert"]);
    desk.json(&["install", "less.olf"]);
    let status = desk.json(&["status"]);
    assert_eq!(status["seats"][0]["holders"][0]["user"], "ada");
    assert_eq!(status["license"]["sequence"], 2);
}

#[test]
fn status_for_scripts_has_every_field() {
    let desk = Desk::licensed();
    desk.json(&["checkout", "bot-creator", "--user", "ada"]);
    let status = desk.json(&["status"]);
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(
        keys(&status),
        "at clock consumption cycle enrollment fingerprint format health license machine next product seats trust usage"
    );
    assert_eq!(
        keys(&status["license"]),
        "account activation digest ends_at expiry extension features full_until installed_at issued_at license_id \
         license_type limited_by running sequence starts_at state use"
    );
    assert_eq!(keys(&status["cycle"]), "cycle lock_effect request state");
    assert_eq!(keys(&status["seats"][0]), "free holders seat_type sessions total used");
    assert_eq!(keys(&status["enrollment"]), "account enrolled_at license_id token");
    assert_eq!(status["next"][0]["event"], "notice");
    desk.json(&["request"]);
    let request = &desk.json(&["status"])["cycle"]["request"];
    assert_eq!(keys(request), "digest first_generated_at generated_at install_until locked_after number void");
}

#[test]
fn status_for_people() {
    let desk = Desk::licensed();
    desk.json(&["checkout", "bot-creator", "--user", "ada"]);
    let text = desk.text(&["status"]);
    for line in [
        "  Account     acme",
        "  State      active",
        "  Valid      2026-11-22 00:00 UTC to 2027-06-30 23:59 UTC",
        "  Type         Total  Used  Free  Held by",
        "  bot-creator      2     1     1  ada",
        "  2027-06-30 23:59 UTC  The license ends; full use goes on through its grace.",
    ] {
        assert!(text.lines().any(|found| found == line), "{line:?} in\n{text}");
    }
    assert!(!text.contains('\x1b'), "no colour where it is no terminal");
}

#[test]
fn a_locked_machine_says_how_to_unlock_it() {
    let mut desk = Desk::licensed();
    desk.json(&["request"]);
    desk.now = desk.now.plus(7 * DAY + 1);
    assert!(desk.text(&["status"]).contains("locked since"));
    assert_eq!(desk.fails(&["request"]), (1, "machine-locked".into()));
    let mut token = desk.world.token("t-2");
    token.issued_at = desk.now;
    desk.write("new.token", &desk.world.file(sign(&token, &[&desk.world.portal_key])).to_bytes());
    assert!(desk.text(&["enroll", "new.token"]).contains("The machine is unlocked."));
    desk.json(&["request"]);
}

#[test]
fn exit_codes_tell_refused_from_unusable() {
    let desk = Desk::new();
    assert_eq!(desk.fails(&["status"]), (3, "state-missing".into()));
    assert_eq!(desk.fails(&["trust", "nothing.trust"]), (3, "file-io".into()));
    assert_eq!(desk.fails(&["trust", "cr-1.token"]), (1, "kind-wrong".into()));
    assert_eq!(desk.run(&["frobnicate"]).status.code(), Some(2));
    assert_eq!(desk.run(&["checkout", "Not An Id", "--user", "ada"]).status.code(), Some(2));
    desk.json(&["trust", "root.trust"]);
    assert_eq!(desk.fails(&["request"]), (1, "not-enrolled".into()));
}

#[test]
fn a_request_that_cannot_be_written_says_so() {
    let desk = Desk::licensed();
    assert_eq!(desk.fails(&["request", "-o", "no/such/directory.lfr"]), (3, "file-io".into()));
}

#[test]
fn the_expected_root_is_compared() {
    let desk = Desk::new();
    let root = crate::plant::anchor(&desk.world).root.to_string();
    let wrong = crate::plant::digest("another").to_string();
    assert_eq!(desk.fails(&["trust", "root.trust", "--expect", &wrong]), (1, "trust-other-root".into()));
    assert!(!desk.path("state").exists());
    assert!(!desk.text(&["trust", "root.trust", "--expect", &root]).contains("Compare"));
    assert!(desk.text(&["trust", "root.trust"]).contains(&root), "without --expect somebody has to compare");
}

#[test]
fn explain_says_everything_and_verify_whether_it_is_genuine() {
    let desk = Desk::licensed();
    desk.json(&["request", "--names"]);
    let said = desk.text(&["explain", "request.lfr"]);
    assert!(said.contains("SHA-256") && said.contains("cr-1"), "{said}");
    let explained = desk.json(&["explain", "license.olf"]);
    assert_eq!((&explained["kind"], explained["sections"].as_array().unwrap().len()), (&json!("license"), 3));

    assert_eq!(desk.json(&["verify", "request.lfr"])["genuine"], true);
    assert_eq!(desk.fails(&["verify", "license.olf"]), (2, "trust-missing".into()));
    desk.write("acme.bundle", &desk.world.bundle_file().to_bytes());
    for file in ["license.olf", "cr-1.token", "root.trust", "acme.bundle"] {
        assert_eq!(desk.json(&["verify", file, "--trust", "root.trust"])["genuine"], true, "{file}");
    }
    let mut forged = File::parse(&std::fs::read(desk.path("license.olf")).unwrap(), &Limits::DEFAULT).unwrap();
    forged.grants.pop();
    desk.write("forged.olf", &forged.to_bytes());
    assert_eq!(desk.fails(&["verify", "forged.olf", "--trust", "root.trust"]), (1, "signature-invalid".into()));
}

#[test]
fn inspecting_opens_no_state() {
    let desk = Desk::new();
    desk.text(&["explain", "cr-1.token"]);
    desk.text(&["verify", "cr-1.token", "--trust", "root.trust"]);
    assert!(!desk.path("state").exists());
}

#[test]
fn help_shows_an_example_for_every_command() {
    let help = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_postern-verifier")).args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(help(&["--help"]).contains("Exit codes:"));
    for command in ["trust", "enroll", "request", "install", "status", "checkout", "release", "explain", "verify"] {
        let text = help(&[command, "--help"]);
        assert!(text.contains(&format!("Example:\n  postern-verifier {command}")), "{text}");
    }
}

#[test]
fn the_released_tool_reads_the_system_clock_and_no_other() {
    let desk = Desk::new();
    let run = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_postern-verifier"))
            .args(arguments)
            .current_dir(desk.directory.path())
            .env("POSTERN_STATE", desk.path("state"))
            .env("POSTERN_TEST_NOW", "2099-01-01T00:00:00Z")
            .output()
            .unwrap()
    };
    assert!(run(&["trust", "root.trust"]).status.success());
    let status: Value = serde_json::from_slice(&run(&["status", "--json"]).stdout).unwrap();
    assert!(status["at"].as_str().unwrap() < "2099");
    assert!(Path::new(&desk.path("state")).is_dir());
}
