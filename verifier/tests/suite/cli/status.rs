//! `status`: for people as text and as a page, for scripts as JSON that its schema describes, for monitoring as a code.

use jsonschema::Validator;
use postern_protocol::File;
use postern_protocol::documents::{Ceiling, Entry, InstalledEffect, Revocations, Standing, Step, Target};
use postern_protocol::time::{DAY, HOUR};
use postern_testkit::{World, public, sign, time};
use serde_json::{Value, json};

use super::Desk;
use crate::plant::{anchor, revocations};

const SCHEMA: &str = include_str!("../../../docs/status.schema.json");

/// The published schema: newer versions may say more.
fn schema() -> Validator {
    jsonschema::validator_for(&serde_json::from_str(SCHEMA).unwrap()).unwrap()
}

/// The same, closed: it describes every field that this version says.
fn closed_schema() -> Validator {
    fn close(schema: &mut Value) {
        match schema {
            Value::Object(fields) => {
                if fields.contains_key("properties") {
                    fields.insert("additionalProperties".into(), json!(false));
                }
                fields.values_mut().for_each(close);
            }
            Value::Array(entries) => entries.iter_mut().for_each(close),
            _ => {}
        }
    }
    let mut schema = serde_json::from_str(SCHEMA).unwrap();
    close(&mut schema);
    jsonschema::validator_for(&schema).unwrap()
}

pub(super) fn described(desk: &Desk) -> Value {
    let status = desk.json(&["status"]);
    let errors: Vec<_> = closed_schema().iter_errors(&status).map(|error| error.to_string()).collect();
    assert_eq!(errors, [""; 0], "{status:#}");
    status
}

#[test]
fn the_schema_describes_every_state_of_a_machine() {
    let desk = Desk::new();
    desk.json(&["trust", "root.trust"]);
    assert_eq!(described(&desk)["license"], json!(null));
    let mut desk = Desk::equipped();
    assert_eq!(described(&desk)["license"]["state"], "active");
    desk.json(&["checkout", "bot-creator", "--user", "ada"]);
    desk.json(&["checkout", "exec"]);
    desk.json(&["clock", "challenge"]);
    desk.json(&["request"]);
    assert_eq!(described(&desk)["cycle"]["state"], "open");
    desk.now = desk.now.plus(8 * DAY);
    assert_eq!(described(&desk)["cycle"]["state"], "locked");
    desk.now = time("2027-07-15T00:00:00Z");
    let ended = described(&desk);
    assert_eq!(
        (&ended["license"]["state"], &ended["license"]["limited_by"]["code"]),
        (&json!("ended"), &json!("license-ended"))
    );
    desk.json(&["extend", "--yes"]);
    assert_eq!(described(&desk)["license"]["extension"], "used");
    desk.json(&["consume", "pages", "1"]);
    desk.now = desk.now.minus(DAY);
    assert_eq!(described(&desk)["clock"]["state"], "behind");

    let mut world = World::new();
    let account = &mut world.account;
    (account.run_until, account.longest_duration) = (Ceiling::Unlimited, Ceiling::Unlimited);
    account.longest_session = Ceiling::Unlimited;
    let desk = Desk::of(world);
    desk.json(&["trust", "root.trust"]);
    desk.json(&["enroll", "cr-1.token"]);
    desk.json(&["request"]);
    desk.answer_with("license.olf", &[("bot-creator", 2)], |license| {
        (license.ends_at, license.longest_session) = (Ceiling::Unlimited, Ceiling::Unlimited);
    });
    desk.json(&["install", "license.olf"]);
    desk.json(&["checkout", "bot-creator"]);
    let endless = described(&desk);
    assert_eq!(endless["license"]["ends_at"], "unlimited");
    assert_eq!(endless["seats"][0]["sessions"][0]["until"], json!(null));
    assert!(desk.text(&["status"]).contains("without end"));
    desk.json(&["status", "--html", "license.html"]);
}

#[test]
fn the_schema_refuses_what_no_status_says() {
    let desk = Desk::equipped();
    let status = desk.json(&["status"]);
    let schema = schema();
    assert!(schema.is_valid(&status));
    for (place, wrong) in [
        ("/format", json!(2)),
        ("/at", json!("2026-11-22")),
        ("/health", json!("fine")),
        ("/license/state", json!("alive")),
        ("/license/ends_at", json!(null)),
        ("/seats/0/total", json!(-1)),
        ("/machine/key", json!("f00")),
        ("/clock", json!({})),
    ] {
        let mut changed = status.clone();
        *changed.pointer_mut(place).unwrap() = wrong;
        assert!(!schema.is_valid(&changed), "{place}");
    }
    let mut more = status.clone();
    more["later"] = json!(1);
    assert!(schema.is_valid(&more), "newer versions may say more");
    for field in status.as_object().unwrap().keys() {
        let mut less = status.clone();
        less.as_object_mut().unwrap().remove(field);
        assert!(!schema.is_valid(&less), "{field} is always there");
    }
}

#[test]
fn status_for_people_fits_a_terminal() {
    let mut desk = Desk::equipped();
    desk.json(&["checkout", "bot-creator", "--user", "ada"]);
    let session = desk.json(&["checkout", "exec", "--for", "robot"])["session"].as_str().unwrap().to_owned();
    desk.json(&["consume", "pages", "103"]);
    desk.now = desk.now.plus(HOUR);
    desk.json(&["request"]);
    let text = desk.text(&["status"]);
    for line in [
        "ATTENTION",
        "2026-11-24 10:00 UTC: Last moment to install the answer to the newest request.",
        "  Product   automation, by northwind",
        "  Account   acme, license id cr-1",
        "  Clock     trusted",
        "  Hardware  unchanged",
        "  State       active",
        "  Valid       2026-11-22 00:00 UTC to 2027-06-30 23:59 UTC",
        "  After that  14 days of grace, then read-only",
        "  Extension   7 days, once, with 'extend'",
        "              api-tasks: 50",
        "  Type         Total  Used  Free",
        "  bot-creator      2     1     1",
        "  bot-creator  2026-11-22 09:00 UTC  ada",
        &format!("  {session}  exec  2026-11-22 17:00 UTC  robot"),
        "  pages     103    100     0             7  since 2026-11-22, 30 days",
        "  Install by   2026-11-24 10:00 UTC",
        "  2026-11-22 17:00 UTC  The session of robot ends.",
        "  2027-06-30 23:59 UTC  The license ends; full use goes on through its grace.",
    ] {
        assert!(text.lines().any(|found| found == line), "{line:?} in\n{text}");
    }
    assert_eq!(text.lines().filter(|line| line.chars().count() > 80).collect::<Vec<_>>(), [""; 0], "too wide");
    assert!(!text.contains('\x1b'), "no colour where it is no terminal");
}

#[test]
fn a_later_stage_is_announced() {
    let desk = Desk::new();
    desk.json(&["trust", "root.trust"]);
    desk.json(&["enroll", "cr-1.token"]);
    desk.json(&["request"]);
    desk.answer_with("license.olf", &[("bot-creator", 2)], |license| {
        license.allocation[0].steps.push(Step { from: time("2027-01-01T00:00:00Z"), quantity: 1 });
    });
    desk.json(&["install", "license.olf"]);
    assert!(desk.text(&["status"]).contains("  2027-01-01 00:00 UTC  1 bot-creator seats from then on."));
}

#[test]
fn monitoring_learns_how_it_stands_from_the_exit_code() {
    let mut desk = Desk::equipped();
    let code = |desk: &Desk| {
        (desk.run(&["status", "--exit-code"]).status.code().unwrap(), desk.json(&["status"])["why"].clone())
    };
    assert_eq!(code(&desk), (0, json!(null)));
    assert!(desk.text(&["status"]).starts_with("OK: everything that is licensed can be used.\n\n"));
    desk.now = time("2027-06-10T00:00:00Z");
    let (attention, why) = code(&desk);
    assert_eq!(attention, 10);
    assert_eq!(why["message"], "2027-06-30 23:59 UTC: The license ends; full use goes on through its grace.");
    desk.now = time("2027-07-10T00:00:00Z");
    let (attention, why) = code(&desk);
    assert_eq!(
        (attention, &why["message"]),
        (10, &json!("The license has ended; full use goes on until 2027-07-14 23:59 UTC."))
    );
    desk.now = time("2027-07-16T00:00:00Z");
    let (limited, why) = code(&desk);
    let advice = why["advice"].as_str().unwrap();
    assert!(limited == 11 && advice.contains("Renew") && advice.contains("'extend'"), "{why}");
    desk.json(&["extend", "--yes"]);
    let (attention, why) = code(&desk);
    assert!(attention == 10 && !why["advice"].as_str().unwrap().contains("'extend'"), "{why}");
    assert_eq!(desk.run(&["status"]).status.code(), Some(0), "only where it is asked for");
    let bare = Desk::new();
    assert_eq!(bare.run(&["status", "--exit-code"]).status.code(), Some(3), "unknown is not well");
    bare.json(&["trust", "root.trust"]);
    assert_eq!(code(&bare).0, 11);
}

#[test]
fn a_license_that_was_stopped_says_by_whom() {
    let desk = Desk::equipped();
    desk.json(&["request"]);
    let mut list = revocations(&desk.world, 1);
    list.entries = vec![Entry {
        target: Target::License(desk.json(&["status"])["license"]["digest"].as_str().unwrap().parse().unwrap()),
        standing: Standing::Suspended,
        min_serial: 0,
        effect: InstalledEffect::Stop,
    }];
    let token = {
        let mut token = desk.world.token("t-2");
        token.issued_at = desk.now;
        let mut file = desk.world.file(sign(&token, &[&desk.world.portal_key]));
        file.revocations = vec![sign(&list, &[&desk.world.ops_key])];
        file.to_bytes()
    };
    desk.write("new.token", &token);
    desk.json(&["enroll", "new.token"]);
    let status = described(&desk);
    assert_eq!((&status["license"]["state"], &status["health"]), (&json!("stopped"), &json!("limited")));
    assert!(desk.text(&["status"]).contains("stopped by a revocation"));
}

#[test]
fn a_bundle_that_suspends_is_shown_before_it_is_taken_in() {
    let desk = Desk::equipped();
    let mut list = revocations(&desk.world, 3);
    let target = Target::Subject(public(&desk.world.portal_key));
    let entry = |effect| Entry { target: target.clone(), standing: Standing::Suspended, min_serial: 0, effect };
    let bundle = |list: &Revocations| desk.world.bundle_with(vec![sign(list, &[&desk.world.ops_key])]).to_bytes();
    list.entries = vec![entry(InstalledEffect::Keep)];
    desk.write("keep.bundle", &bundle(&list));
    (list.serial, list.entries) = (4, vec![entry(InstalledEffect::Stop)]);
    desk.write("stop.bundle", &bundle(&list));

    let said = desk.text(&["install", "keep.bundle"]);
    assert!(said.contains("Revocation list 3 of the holder of ed25519:"), "{said}");
    assert!(said.contains("The key of the entitlement 'acme-1' is suspended."), "{said}");
    assert_eq!(row(&said, "Use"), ["as licensed", "goes on; nothing new"]);
    let status = described(&desk);
    assert_eq!((&status["license"]["state"], &status["health"]), (&json!("active"), &json!("attention")));
    assert!(desk.text(&["status"]).contains("What is installed goes on"));

    let shown = desk.text(&["install", "stop.bundle", "--dry-run"]);
    assert!(shown.contains("Nothing was changed"), "{shown}");
    assert_eq!(row(&shown, "Use"), ["goes on; nothing new", "stopped"]);
    assert_eq!(described(&desk), status);
    let done = desk.json(&["install", "stop.bundle"]);
    assert_eq!((&done["news"]["lists"][0]["serial"], &done["news"]["trust"]), (&json!(4), &json!(null)));
    assert_eq!(described(&desk)["health"], "limited");
    assert_eq!(desk.fails(&["check", "process-discovery"]).1, "license-stopped");

    let alone = File { documents: vec![], ..desk.world.bundle_with(vec![sign(&list, &[&desk.world.ops_key])]) };
    desk.write("alone.revocations", &alone.to_bytes());
    for file in ["stop.bundle", "keep.bundle", "alone.revocations"] {
        assert_eq!(desk.json(&["verify", file, "--trust", "root.trust"])["genuine"], true, "{file}");
        assert!(desk.text(&["install", file]).contains("nothing changed"), "{file}");
    }
    let records = desk.json(&["usage", "export"]);
    assert_eq!(records.as_array().unwrap().last().unwrap()["event"], "revocations-installed");
}

/// The cells of a row, which two spaces or more set apart.
fn row(table: &str, label: &str) -> Vec<String> {
    let line = table.lines().find(|line| line.trim_start().starts_with(label)).unwrap();
    let cells = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty() && *cell != label);
    cells.map(str::to_owned).collect()
}

#[test]
fn the_license_page_is_one_file_that_loads_and_runs_nothing() {
    let desk = Desk::equipped();
    let name = "<script>alert(\"1\")</script>&'";
    desk.json(&["checkout", "bot-creator", "--user", name]);
    desk.json(&["checkout", "exec", "--for", "robot"]);
    assert!(desk.text(&["status", "--html", "license.html"]).contains("Users are named in it"));
    let page = std::fs::read_to_string(desk.path("license.html")).unwrap();
    assert!(page.contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;"));
    for never in ["<script", "javascript:", "http://", "https://", "url(", "@import", "<img", "<link", " on"] {
        // Words in texts begin with "on" as well; attributes have a "=" after their name.
        let found = page.match_indices(never).any(|(at, _)| {
            never != " on"
                || page[at..].starts_with(" on") && {
                    let word: String = page[at + 1..].chars().take_while(|c| c.is_ascii_alphanumeric()).collect();
                    page[at + 1 + word.len()..].starts_with('=')
                }
        });
        assert!(!found, "{never}");
    }
    for part in [
        "default-src 'none'",
        "License of automation",
        "by northwind",
        "2027-06-30",
        "<td>exec</td><td class=\"n\">2</td><td class=\"n\">1</td><td class=\"n\">1</td>",
        "What happens next",
        "The license ends; full use goes on through its grace.",
        "process-discovery: on",
        &anchor(&desk.world).root.to_string(),
    ] {
        assert!(page.contains(part), "{part}");
    }
    // Every element that is opened is closed, in order.
    let void = ["!doctype", "meta", "rect", "br"];
    let mut open = Vec::new();
    for tag in page.split('<').skip(1).map(|rest| rest.split(['>', ' ']).next().unwrap()) {
        match tag.strip_prefix('/') {
            Some(closed) => assert_eq!(open.pop(), Some(closed)),
            None if void.contains(&tag) => {}
            None => open.push(tag),
        }
    }
    assert_eq!(open, [""; 0]);
    assert_eq!(desk.fails(&["status", "--html", "no/such/page.html"]), (3, "file-io".into()));
}
