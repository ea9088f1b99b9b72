//! `audit`, `usage export` and `support`: what they tell, what they leave out, and what they say of a damaged state.

use std::fs;

use postern_protocol::time::HOUR;
use postern_protocol::{File, Kind, Limits};
use serde_json::{Value, json};

use super::Desk;
use super::status::described;
use crate::fork::copy;
use crate::plant::{database, read_request};

#[test]
fn an_audit_counts_what_is_whole_and_names_what_is_not() {
    let desk = Desk::equipped();
    let audit = desk.json(&["audit"]);
    assert_eq!((&audit["records"], &audit["kept"], &audit["first"]), (&json!(4), &json!(4), &json!(desk.now)));
    assert_eq!(audit["proofs"], json!([]));
    assert!(desk.text(&["audit", "--proofs", "proofs"]).contains("no proof"));
    assert!(!desk.path("proofs").exists());
    database(&desk.path("state")).execute("UPDATE usage SET sealed = x'00' WHERE sequence = 2", []).unwrap();
    assert_eq!(desk.fails(&["audit"]), (3, "state-damaged".into()));
    let said = String::from_utf8(desk.run(&["audit"]).stderr).unwrap();
    assert!(said.contains("usage record 2"), "{said}");
}

/// A machine that was restored from a copy, and has seen the license that proves it.
fn restored() -> Desk {
    let desk = Desk::equipped();
    desk.json(&["checkout", "bot-creator", "--user", "ada"]);
    copy(&desk.path("state"), &desk.path("backup"));
    desk.json(&["checkout", "bot-creator", "--user", "bert"]);
    desk.json(&["request", "-o", "later.lfr"]);
    let seen = read_request(&fs::read(desk.path("later.lfr")).unwrap()).usage;
    fs::remove_dir_all(desk.path("state")).unwrap();
    copy(&desk.path("backup"), &desk.path("state"));
    desk.json(&["request"]);
    desk.answer_with("fork.olf", &[("bot-creator", 2)], |license| {
        license.ledger.position = 3;
        license.acknowledged.insert(0, seen);
    });
    // Said once: the second time, the proof is a record more.
    let refused = desk.run(&["install", "fork.olf"]);
    assert!(refused.status.code() == Some(1));
    assert!(String::from_utf8(refused.stderr).unwrap().contains("code: usage-rolled-back"));
    desk
}

#[test]
fn a_restored_copy_says_what_that_means_and_hands_out_its_proof() {
    let desk = restored();
    let request = desk.json(&["request"]);
    assert_eq!(request["fork"]["seen"], 6, "{request:#}");
    let said = desk.text(&["request"]);
    assert!(said.contains("restored from a backup, or copied"), "{said}");
    let status = described(&desk);
    assert_eq!(status["health"], "attention");
    assert!(status["why"]["advice"].as_str().unwrap().contains("audit --proofs DIR"));
    assert!(desk.text(&["status"]).contains("restored or copied, proved"));

    let audit = desk.json(&["audit", "--proofs", "for/vendor"]);
    assert_eq!(audit["proofs"].as_array().unwrap().len(), 1);
    let file = fs::read(desk.path(audit["files"][0].as_str().unwrap())).unwrap();
    assert_eq!(file, fs::read(desk.path("fork.olf")).unwrap(), "the proof is the license that was refused");
    assert!(desk.text(&["audit"]).contains("--proofs DIR"));
    let bundle = support(&desk, &[]);
    assert_eq!(bundle["proofs"][0].as_str().unwrap().as_bytes(), file);
}

#[test]
fn usage_is_exported_as_a_table_and_as_json() {
    let desk = Desk::equipped();
    desk.json(&["checkout", "bot-creator", "--user", "=1+2,\"x\""]);
    desk.json(&["consume", "pages", "12"]);
    let table = desk.text(&["usage", "export"]);
    let lines: Vec<&str> = table.split("\r\n").collect();
    assert_eq!(lines[0], "sequence,at,event,seat_type,user,session,why,counter,units,document,token,back");
    assert_eq!(lines[5], format!("5,{},checked-out,bot-creator,\"'=1+2,\"\"x\"\"\",,,,,,,", desk.now));
    assert_eq!(lines[6], format!("6,{},consumed,,,,,pages,12,,,", desk.now));
    assert!(lines[2].contains(",enrolled,") && lines[2].ends_with(",t-1,"));
    assert_eq!((lines.len(), lines[7]), (8, ""));

    let list = desk.json(&["usage", "export", "--format", "json"]);
    assert_eq!(list[4]["user"], "=1+2,\"x\"");
    assert_eq!(list[5], json!({ "sequence": 6, "at": desk.now, "event": "consumed", "counter": "pages", "units": 12 }));
    assert_eq!(desk.json(&["usage", "export", "-o", "usage.csv"]), json!({ "file": "usage.csv", "records": 6 }));
    assert_eq!(fs::read_to_string(desk.path("usage.csv")).unwrap(), table);

    // A file that is there already is replaced by a whole one, or stays.
    database(&desk.path("state")).execute("UPDATE usage SET sealed = x'00' WHERE sequence = 4", []).unwrap();
    assert_eq!(desk.fails(&["usage", "export", "-o", "usage.csv"]), (3, "state-damaged".into()));
    assert_eq!(fs::read_to_string(desk.path("usage.csv")).unwrap(), table);
    let left: Vec<_> = fs::read_dir(desk.directory.path()).unwrap().map(|one| one.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with('.')), "{left:?}");
    assert_eq!(desk.run(&["usage", "export", "--format", "xml"]).status.code(), Some(2));
}

fn support(desk: &Desk, arguments: &[&str]) -> Value {
    desk.json(&[&["support"], arguments].concat());
    serde_json::from_slice(&fs::read(desk.path("support.json")).unwrap()).unwrap()
}

#[test]
fn a_support_file_tells_how_the_machine_stands_and_no_name_or_secret() {
    let mut desk = Desk::equipped();
    let user = "ada-lovelace@plant.example";
    desk.json(&["checkout", "bot-creator", "--user", user]);
    desk.json(&["checkout", "exec", "--for", "ada-lovelace's robot"]);
    let bundle = support(&desk, &[]);
    assert_eq!((&bundle["kind"], &bundle["format"]), (&json!("postern-support"), &json!(1)));
    assert_eq!(bundle["problems"], json!([]));
    assert_eq!((&bundle["usage"]["whole"], &bundle["usage"]["records"]), (&json!(true), &json!(6)));

    let text = fs::read_to_string(desk.path("support.json")).unwrap();
    assert!(!text.contains("ada-lovelace") && !text.contains(&desk.path("").display().to_string()), "{text}");
    // The pseudonym is the one that requests give.
    let holder = bundle["status"]["seats"][0]["holders"][0]["user"].as_str().unwrap();
    desk.json(&["request"]);
    let request = read_request(&fs::read(desk.path("request.lfr")).unwrap());
    assert_eq!(request.seats[0].holders, [holder]);
    assert_eq!(bundle["usage"]["newest"][4]["user"], holder);
    for value in database(&desk.path("state"))
        .query_row("SELECT key, hiding_secret FROM device", [], |row| Ok([row.get::<_, Vec<u8>>(0)?, row.get(1)?]))
        .unwrap()
    {
        let hex: String = value.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(!text.contains(&hex));
    }
    for part in &request.fingerprint {
        assert!(!text.contains(&part.hmac.to_string()) && text.contains(part.part.as_str()));
    }
    let explained = desk.text(&["explain", "support.json"]);
    assert!(explained.contains("SHA-256") && explained.contains(holder), "{explained}");

    // With a file that was refused, it says why; the refusal itself would name users.
    desk.answer("less.olf", &[("bot-creator", 0)], 3);
    desk.now = desk.now.plus(HOUR);
    let bundle = support(&desk, &["--refused", "less.olf"]);
    assert_eq!(bundle["problems"], json!([{ "when": "install", "code": "seats-in-use", "message": null }]));
    let less = File::parse(&fs::read(desk.path("less.olf")).unwrap(), &Limits::DEFAULT).unwrap();
    assert_eq!(bundle["refused"]["license"], json!(less.document(Kind::License).unwrap().digest()));
}

#[test]
fn a_damaged_state_still_gives_a_support_file() {
    let desk = Desk::equipped();
    database(&desk.path("state")).execute("DELETE FROM fingerprint", []).unwrap();
    let bundle = support(&desk, &[]);
    assert_eq!(bundle["status"], json!(null));
    assert_eq!(
        (&bundle["problems"][0]["when"], &bundle["problems"][0]["code"]),
        (&json!("status"), &json!("state-damaged"))
    );
    fs::write(desk.path("state").join("state.db"), vec![0xa5; 4096]).unwrap();
    let bundle = support(&desk, &[]);
    assert_eq!(bundle["problems"][0]["when"], "open");
    assert_eq!(Desk::new().fails(&["support"]), (3, "state-missing".into()));
    assert_eq!(desk.fails(&["support", "-o", "no/such/support.json"]), (3, "file-io".into()));
}
