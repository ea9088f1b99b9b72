//! The command line: the whole cycle through the binary, exit codes, JSON, and what people read.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use postern_protocol::documents::{
    Ceiling, Consumption, ConsumptionBase, Feature, FeatureValue, Installation, License,
};
use postern_protocol::time::{DAY, HOUR};
use postern_protocol::{File, Limits, Time};
use postern_testkit::{World, id, now, seats, sign};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::plant::{answer, changed, dump, trust_file};

mod explain;
mod leave;
mod node_locked;
mod records;
mod status;
#[cfg(target_os = "linux")]
mod terminal;
mod uses;

/// A machine that is used through the binary.
struct Desk {
    world: World,
    directory: TempDir,
    now: Time,
}

impl Desk {
    fn new() -> Self {
        Self::of(World::new())
    }

    fn of(world: World) -> Self {
        let desk = Self { world, directory: TempDir::new().unwrap(), now: now() };
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

    /// A machine whose license has everything: named seats, floating ones, features, consumption.
    fn equipped() -> Self {
        let mut world = World::new();
        let both = vec![seats("bot-creator", 2), seats("exec", 2)];
        world.account.allowances = Ceiling::Limited(both.clone());
        world.account.installations = Ceiling::Limited(vec![Installation { license_id: id("cr-1"), allowances: both }]);
        let desk = Self::of(world);
        desk.json(&["trust", "root.trust"]);
        desk.json(&["enroll", "cr-1.token"]);
        desk.renew(2);
        desk
    }

    /// A request and its answer with everything, installed.
    fn renew(&self, position: u64) {
        self.json(&["request"]);
        self.answer_with("license.olf", &[("bot-creator", 2), ("exec", 2)], |license| {
            license.ledger.position = position;
            license.features = vec![
                Feature { name: id("process-discovery"), value: FeatureValue::On },
                Feature { name: id("api-tasks"), value: FeatureValue::Number(50) },
            ];
            license.consumption = vec![Consumption {
                counter: id("pages"),
                feature: None,
                limit: Ceiling::Limited(100),
                overage: Ceiling::Limited(10),
                reset_period: Ceiling::Limited(30 * DAY),
            }];
            license.consumption_base = vec![ConsumptionBase { counter: id("pages"), total: 0, since: now() }];
        });
        self.json(&["install", "license.olf"]);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    fn answer(&self, name: &str, seats: &[(&str, u64)], position: u64) {
        self.answer_with(name, seats, |license| license.ledger.position = position);
    }

    fn answer_with(&self, name: &str, seats: &[(&str, u64)], change: impl FnOnce(&mut License)) {
        let request = std::fs::read(self.path("request.lfr")).unwrap();
        let mut license = answer(&self.world, &request, seats, self.now);
        change(&mut license);
        self.write(name, &self.world.file(sign(&license, &[&self.world.portal_key])).to_bytes());
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_postern-verifier-test"));
        command
            .args(arguments)
            .current_dir(self.directory.path())
            .env("POSTERN_STATE", self.path("state"))
            .env("POSTERN_TEST_NOW", self.now.to_string());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// A command that fails, with the exit code and the error's code, and changes nothing in the state.
    fn refused(&self, arguments: &[&str]) -> (i32, String) {
        let before = dump(&self.path("state"));
        let failed = self.fails(arguments);
        assert_eq!(changed(&before, &dump(&self.path("state"))), [""; 0], "{arguments:?} changed the state");
        failed
    }

    /// What a command says when it succeeds.
    fn text(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(output.stderr.is_empty());
        String::from_utf8(output.stdout).unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.text(&[&["--json"], arguments].concat())).unwrap()
    }

    /// The exit code and the error's code of a command that fails, the same as text and as JSON.
    fn fails(&self, arguments: &[&str]) -> (i32, String) {
        let plain = self.run(arguments);
        let stderr = String::from_utf8(plain.stderr).unwrap();
        let output = self.run(&[&["--json"], arguments].concat());
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
    let listed = help(&["--help"]);
    let commands = listed.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // A description that goes on in another line is indented further.
    let commands: Vec<&str> = commands
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next().filter(|word| !word.is_empty()))
        .collect();
    assert!(commands.len() > 15, "{listed}");
    let nested = [["clock", "challenge"], ["clock", "repair"], ["usage", "export"]].map(Vec::from);
    let plain = commands.into_iter().filter(|command| *command != "help").map(|command| vec![command]);
    for command in plain.chain(nested) {
        let text = help(&[command.as_slice(), &["--help"]].concat());
        assert!(text.contains(&format!("Example:\n  postern-verifier {}", command.join(" "))), "{text}");
    }
}

#[test]
fn a_program_that_a_vendor_renamed_speaks_of_itself_by_that_name() {
    let desk = Desk::new();
    // A link: a copy that another test's fork still has open for writing cannot be run.
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_postern-verifier"), desk.path("acme-license")).unwrap();
    for command in [&["check"][..], &["clock", "repair"]] {
        let output = Command::new(desk.path("acme-license")).args(command).arg("--help").output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let example = format!("Example:\n  acme-license {}", command.join(" "));
        assert!(text.contains(&example) && !text.contains("postern-verifier"), "{text}");
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
