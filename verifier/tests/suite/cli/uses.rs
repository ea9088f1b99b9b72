//! Features, sessions, `run`, consumption, the extension and the clock, each through the binary.

use std::fs;

use postern_protocol::documents::TimeTicket;
use postern_protocol::time::{DAY, HOUR};
use postern_testkit::{id, sign, time};
use serde_json::json;

use super::Desk;
use crate::plant::read_request;

#[test]
fn a_feature_is_licensed_or_not() {
    let mut desk = Desk::equipped();
    assert_eq!(
        desk.json(&["check", "process-discovery"]),
        json!({ "feature": "process-discovery", "value": "on", "use": "full" })
    );
    assert_eq!(desk.json(&["check", "api-tasks"])["value"], 50);
    assert_eq!(desk.text(&["check", "api-tasks"]), "api-tasks is licensed: 50, use: full\n");
    assert_eq!(desk.refused(&["check", "api-task"]), (1, "feature-not-licensed".into()));
    assert_eq!(desk.refused(&["check", "No Feature"]), (1, "feature-not-licensed".into()));
    desk.now = time("2027-07-20T00:00:00Z");
    assert_eq!(desk.json(&["check", "api-tasks"])["use"], "read-only");
    desk.now = time("2026-11-20T00:00:00Z");
    assert_eq!(desk.refused(&["check", "api-tasks"]), (1, "clock-behind".into()));
    assert_eq!(Desk::new().fails(&["check", "api-tasks"]), (3, "state-missing".into()));
}

#[test]
fn a_session_outlives_the_command_that_began_it_until_it_is_released() {
    let mut desk = Desk::equipped();
    let session = desk.json(&["checkout", "exec", "--for", "nightly run"]);
    assert_eq!((&session["user"], &session["until"]), (&json!("nightly run"), &json!(desk.now.plus(8 * HOUR))));
    desk.json(&["checkout", "exec"]);
    assert_eq!(desk.refused(&["checkout", "exec"]), (1, "seats-taken".into()));
    assert_eq!(desk.run(&["checkout", "exec", "--user", "ada", "--for", "x"]).status.code(), Some(2));

    let id = session["session"].as_str().unwrap();
    let listed = desk.json(&["status"])["seats"][1]["sessions"].clone();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    assert!(desk.text(&["release", "--session", id]).contains(id));
    assert_eq!(desk.refused(&["release", "--session", id]), (1, "session-unknown".into()));
    desk.now = desk.now.plus(8 * HOUR + 1);
    assert_eq!(desk.json(&["status"])["seats"][1]["used"], 0, "the other one is over by itself");
    for wrong in [vec!["release"], vec!["release", "exec"], vec!["release", "exec", "--user", "a", "--session", id]] {
        assert_eq!(desk.run(&wrong).status.code(), Some(2), "{wrong:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_command_runs_with_a_seat_and_keeps_its_exit_code() {
    let desk = Desk::equipped();
    let run = |command: &[&str]| desk.run(&[&["run", "--seat", "exec", "--"], command].concat());
    let output = run(&["sh", "-c", "echo out; echo err >&2; exit 42"]);
    assert_eq!((output.status.code(), output.stdout, output.stderr), (Some(42), b"out\n".into(), b"err\n".into()));
    // Inside, the session runs under the command's name; after it, it has ended.
    let verifier = env!("CARGO_BIN_EXE_postern-verifier-test");
    let inside = run(&[verifier, "status", "--json"]);
    let inside: serde_json::Value = serde_json::from_slice(&inside.stdout).unwrap();
    assert_eq!(inside["seats"][1]["sessions"][0]["user"], "postern-verifier-test");
    let outside = desk.json(&["status"]);
    assert_eq!(outside["seats"][1]["sessions"], json!([]));
    let events = desk.json(&["usage", "export"]);
    let ends = events.as_array().unwrap().iter().filter(|one| one["event"] == "session-ended");
    assert!(ends.clone().count() == 2 && ends.clone().all(|one| one["why"] == "released"), "{events:#}");

    assert_eq!(run(&["sh", "-c", "kill -TERM $$"]).status.code(), Some(128 + 15));
    assert_eq!(desk.fails(&["run", "--seat", "exec", "--", "./nothing"]), (127, "command-unusable".into()));
    assert_eq!(desk.fails(&["run", "--seat", "exec", "--", "./root.trust"]), (126, "command-unusable".into()));
    assert_eq!(desk.refused(&["run", "--seat", "dev", "--", "true"]), (125, "seat-type-unknown".into()));
    assert_eq!(Desk::new().fails(&["run", "--seat", "exec", "--", "true"]), (125, "state-missing".into()));
    assert_eq!(desk.run(&["run", "--seat", "exec"]).status.code(), Some(2), "there is no command");
}

#[cfg(unix)]
#[test]
fn a_command_gets_the_signal_that_asks_it_to_end() {
    let desk = Desk::equipped();
    // The command says that it runs, and ends only by its trap.
    let script = "trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done";
    let mut child = desk
        .command(&["run", "--seat", "exec", "--for", "robot", "--", "sh", "-c", script])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut ready = [0; 6];
    std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut ready).unwrap();
    assert_eq!(desk.json(&["status"])["seats"][1]["sessions"][0]["user"], "robot");
    let kill = std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    assert_eq!(child.wait().unwrap().code(), Some(7));
    assert_eq!(desk.json(&["status"])["seats"][1]["sessions"], json!([]));
}

#[test]
fn units_are_used_up_to_the_limit_and_its_overage() {
    let desk = Desk::equipped();
    let used = desk.json(&["consume", "pages", "95"]);
    assert_eq!((&used["used"], &used["left"], &used["left_with_overage"]), (&json!(95), &json!(5), &json!(15)));
    assert!(desk.text(&["consume", "pages", "6"]).contains("101 in this period, 0 left (9 with overage)"));
    assert_eq!(desk.refused(&["consume", "pages", "10"]), (1, "consumption-limit".into()));
    assert_eq!(desk.refused(&["consume", "sheets", "1"]), (1, "counter-unknown".into()));
    for wrong in ["0", "-1", "x", "18446744073709551616"] {
        assert_eq!(desk.run(&["consume", "pages", wrong]).status.code(), Some(2), "{wrong}");
    }
}

#[test]
fn the_emergency_extension_says_what_it_costs_first() {
    let mut desk = Desk::equipped();
    assert_eq!(desk.refused(&["extend"]), (1, "extension-early".into()), "not worth a question");
    // Its grace is 14 days, the extension 7.
    desk.now = time("2027-07-15T00:00:00Z");
    assert_eq!(desk.refused(&["extend"]), (2, "confirmation-missing".into()));
    let asked = String::from_utf8(desk.run(&["extend"]).stderr).unwrap();
    assert!(asked.contains("2027-07-21 23:59 UTC") && asked.contains("--yes"), "{asked}");
    assert_eq!(desk.json(&["extend", "--yes"])["full_until"], "2027-07-21T23:59:59Z");
    assert_eq!(desk.json(&["status"])["license"]["extension"], "used");
    assert_eq!(desk.refused(&["extend", "--yes"]), (1, "extension-spent".into()));
}

#[test]
fn a_clock_that_was_ahead_is_repaired_by_a_ticket() {
    let mut desk = Desk::equipped();
    let right = desk.now.plus(DAY);
    assert!(desk.text(&["clock"]).contains("trusted"));
    desk.now = right.plus(10 * HOUR);
    desk.json(&["checkout", "bot-creator", "--user", "ada"]);
    desk.now = right;
    let clock = desk.json(&["clock"]);
    assert_eq!((&clock["state"], &clock["challenged"]), (&json!("behind"), &json!(false)));
    assert!(desk.text(&["clock"]).contains("clock challenge"));
    assert_eq!(desk.refused(&["consume", "pages", "1"]), (1, "clock-behind".into()));

    assert_eq!(desk.refused(&["clock", "repair", "license.olf"]), (1, "kind-wrong".into()));
    assert_eq!(desk.refused(&["clock", "challenge", "-o", "no/such/place.req"]), (3, "file-io".into()));
    let challenge = desk.json(&["clock", "challenge"]);
    assert_eq!((&challenge["file"], &challenge["at"]), (&json!("clock.req"), &json!(right)));
    assert!(desk.text(&["clock"]).contains("waits for its ticket"));
    let asked = read_request(&fs::read(desk.path("clock.req")).unwrap());
    let ticket = |nonce| TimeTicket {
        kind: postern_protocol::Kind::TimeTicket,
        version: postern_protocol::documents::Version,
        product: id("automation"),
        device: asked.device,
        grant: desk.world.account_digest(),
        nonce,
        time: right,
        ledger: desk.world.token("t-1").ledger,
        extensions: vec![],
    };
    let file = |nonce| desk.world.file(sign(&ticket(nonce), &[&desk.world.portal_key])).to_bytes();
    desk.write("wrong.ticket", &file(id("another")));
    assert_eq!(desk.refused(&["clock", "repair", "wrong.ticket"]), (1, "ticket-other-challenge".into()));
    desk.write("right.ticket", &file(asked.nonce.clone()));
    let repaired = desk.json(&["clock", "repair", "right.ticket"]);
    assert_eq!((&repaired["time"], &repaired["voided_request"]), (&json!(right), &json!(false)));
    assert!(repaired["back"].as_u64().unwrap() > 9 * HOUR);
    desk.json(&["consume", "pages", "1"]);
    assert_eq!(desk.refused(&["clock", "repair", "right.ticket"]), (1, "challenge-none".into()));
}
