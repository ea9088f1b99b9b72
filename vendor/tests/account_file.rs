//! Account files that are wrong: each error names the line and the field, and says what to write.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use common::{BUNDLE, Vendor};

const EXAMPLE: &str = include_str!("../examples/account.toml");

struct Case {
    old: &'static str,
    new: &'static str,
    /// The text on whose line the error has to be, in the changed file.
    at: &'static str,
    code: &'static str,
    says: &'static str,
    advises: &'static str,
}

const FORM: &str = "account-file-form";
const FIELD: &str = "account-file-field";

#[rustfmt::skip] // a table
const CASES: &[Case] = &[
    Case { old: "\nname    =", new: "\nnmae    =", at: "nmae", code: FORM, says: "unknown field `nmae`", advises: "bundle example" },
    Case { old: "grace     =", new: "garce     =", at: "garce", code: FORM, says: "unknown field `garce`", advises: "bundle example" },
    Case { old: "run_until   = 2027-06-30", new: "", at: "[[entitlement]]", code: FORM, says: "missing field `run_until`", advises: "run_until = 2027-06-30, or run_until = \"unlimited\"" },
    Case { old: "license_count    = 5", new: "", at: "[[entitlement]]", code: FORM, says: "missing field `license_count`", advises: "license_count = 5" },
    Case { old: "machines = \"pool\"", new: "", at: "[[entitlement]]", code: FORM, says: "missing field `machines`", advises: "machines = \"pool\"" },
    Case { old: "after_end = \"read-only\"", new: "", at: "[entitlement.expiry]", code: FORM, says: "missing field `after_end`", advises: "after_end = \"read-only\"" },
    Case { old: "portal_key = \"sealed\"", new: "portal_key = \"open\"", at: "\"open\"", code: FORM, says: "unknown variant `open`", advises: "bundle example" },
    Case { old: "portal_key = \"sealed\"", new: "portal_key = { license_code = \"PSTN1-QQQQQ\" }", at: "PSTN1-QQQQQ", code: FORM, says: "complete", advises: "bundle example" },
    Case { old: "bot-creator = 10", new: "bot-creator = -1", at: "= -1", code: FORM, says: "a number of seats", advises: "bundle example" },
    Case { old: "bot-creator = 10", new: "bot-creator = \"ten\"", at: "\"ten\"", code: FORM, says: "a number of seats", advises: "bundle example" },
    Case { old: "bot-creator = 10", new: "Bot-Creator = 10", at: "Bot-Creator = 10", code: FORM, says: "an id", advises: "bundle example" },
    Case { old: "{ from = 2027-01-01, quantity = 25 }", new: "{ from = 2025-01-01, quantity = 25 }", at: "2025-01-01", code: FORM, says: "each from a later day", advises: "bundle example" },
    Case { old: "\"400 days\"", new: "\"400d\"", at: "400d", code: FORM, says: "for example \"48 hours\"", advises: "bundle example" },
    Case { old: "issue_until = 2027-05-31", new: "issue_until = \"31.5.2027\"", at: "31.5.2027", code: FORM, says: "2026-11-22", advises: "bundle example" },
    Case { old: "limit   = 10000 ", new: "limit   = 1.5 ", at: "1.5", code: FORM, says: "whole number", advises: "bundle example" },
    Case { old: "process-discovery = \"on\"", new: "process-discovery = \"yes\"", at: "\"yes\"", code: FORM, says: "the word \"on\"", advises: "bundle example" },
    Case { old: "{ from = 2027-01-01, quantity = 25 }", new: "{ from = 2027-01-01, quantity = 9007199254740992 }", at: "9007199254740992", code: FORM, says: "is more than 9007199254740991", advises: "bundle example" },
    Case { old: "\"D. Reviewer, Northwind\"", new: "\"D. Reviewer\\u001b[2J\"", at: "001b[2J", code: FORM, says: "no control characters", advises: "bundle example" },
    Case { old: "reason   = \"Air-gapped", new: "\"\\u001breason\"   = \"Air-gapped", at: "001breason", code: FORM, says: "unknown field `\u{fffd}reason`", advises: "bundle example" },
    Case { old: "# The license ids that", new: "# \u{1b}[2J", at: "\u{1b}[2J", code: FORM, says: "'# \u{fffd}[2J", advises: "bundle example" },
    Case { old: "\"on-premises\"", new: "\"cloud\"", at: "\"cloud\"", code: FORM, says: "on-premises", advises: "bundle example" },
    Case { old: "grace     = \"14 days\"", new: "grace     = \"14 days", at: "grace", code: FORM, says: "string", advises: "bundle example" },

    Case { old: "product = \"automation\"", new: "product = \"robots\"", at: "product = ", code: FIELD, says: "the trust file is for 'automation'", advises: "product = \"automation\"" },
    Case { old: "usable_until = 2027-12-31", new: "usable_until = 2026-11-21", at: "usable_until", code: FIELD, says: "has passed", advises: "later day" },
    Case { old: "pages             = \"Pages", new: "page              = \"Pages", at: "page ", code: FIELD, says: "labels.page: nothing in this file has this id", advises: "Correct the id" },
    Case { old: "issue_until = 2027-05-31", new: "issue_until = 2029-05-31", at: "issue_until = ", code: FIELD, says: "issue_until", advises: "operations grant" },
    Case { old: "issue_until = 2027-05-31", new: "issue_from = 2025-05-31\nissue_until = 2027-05-31", at: "issue_from = ", code: FIELD, says: "entitlement.0.issue_from: 2025-05-31T00:00:00Z is before 2026-01-01T00:00:00Z", advises: "operations grant" },
    Case { old: "run_until   = 2027-06-30", new: "run_until   = 2026-06-30", at: "run_until", code: FIELD, says: "run_until: it is before", advises: "later day" },
    Case { old: "# seats = { bot-creator = 6, bot-runner = 20 }", new: "seats = { bot-creator = 11 }", at: "[[entitlement.installation]]", code: FIELD, says: "11 bot-creator", advises: "less here" },
    Case { old: "# seats = { bot-creator = 6, bot-runner = 20 }", new: "seats = { bot-killer = 1 }", at: "[[entitlement.installation]]", code: FIELD, says: "1 bot-killer", advises: "less here" },
    Case { old: "machines = \"pool\"", new: "machines = { named = [{ key = \"ed25519:20828bf5c5bdcacb684863336c202fb5599da48be5596615742170705beca9f7\", seats = { bot-creator = 11 } }] }", at: "machines = {", code: FIELD, says: "together 11 bot-creator", advises: "less here" },
    Case { old: "delegate = 0", new: "delegate = 7", at: "delegate = 7", code: FIELD, says: "rights.delegate", advises: "less here" },
    Case { old: "request_window = \"48 hours\"", new: "request_window = \"400 days\"", at: "request_window", code: FIELD, says: "cycle.request_window", advises: "less here" },
];

#[test]
fn each_mistake_names_its_line_and_field() {
    let vendor = Vendor::ready();
    let mut wrong = Vec::new();
    for Case { old, new, at, code, says, advises } in CASES {
        if EXAMPLE.matches(old).count() != 1 {
            wrong.push(format!("{old}: not once in the example"));
            continue;
        }
        let text = EXAMPLE.replace(old, new);
        let line = 1 + text[..text.find(at).unwrap()].matches('\n').count();
        vendor.write("account.toml", text);
        let make = format!("bundle make account.toml {BUNDLE} --out acme.bundle");
        let (message, advice) = vendor.refused(&make, code);
        if !(message.starts_with(&format!("Line {line} of")) && message.contains(says) && advice.contains(advises)) {
            wrong.push(format!("{new}: line {line}, {says}, {advises}\n   got {message} / {advice}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_text_that_no_document_can_hold_is_told() {
    let vendor = Vendor::ready();
    vendor.write("account.toml", EXAMPLE.replace("Acme Manufacturing", &"a".repeat(1025)));
    let (message, _) = vendor.refused(&format!("bundle make account.toml {BUNDLE} --out acme.bundle"), FORM);
    assert!(message.starts_with("Line 8 of") && message.contains("no longer than 1024 bytes"), "{message}");
}

#[test]
fn several_findings_come_at_once() {
    let vendor = Vendor::ready();
    vendor.write("account.toml", EXAMPLE.replace("delegate = 0", "delegate = 9").replace("2027-05-31", "2029-05-31"));
    let ran = vendor.run(&format!("bundle make account.toml {BUNDLE} --out acme.bundle"));
    assert_eq!((ran.code, ran.codes()), (1, vec![FIELD, FIELD]));
}

#[test]
fn repeated_ids_are_told() {
    let vendor = Vendor::ready();
    let second = EXAMPLE.find("[[entitlement]]").map(|start| &EXAMPLE[start..]).unwrap();
    vendor.write("account.toml", format!("{EXAMPLE}\n{second}"));
    let ran = vendor.run(&format!("bundle make account.toml {BUNDLE} --out acme.bundle"));
    assert_eq!(ran.codes(), [FIELD, FIELD]);
    assert!(ran.errors[0].1.contains("entitlement.1.id: 'acme-control-rooms'"), "{}", ran.text);
    assert!(ran.errors[1].1.contains("entitlement.1.installation.0.license_id: 'cr-hamburg'"), "{}", ran.text);
}

#[test]
fn what_is_no_text_or_no_file_is_told() {
    let vendor = Vendor::ready();
    vendor.write("account.toml", b"account = \"acme\"\nname = \"\xff\"\n");
    let make = format!("bundle make account.toml {BUNDLE} --out acme.bundle");
    let (message, _) = vendor.refused(&make, "account-file-not-text");
    assert!(message.starts_with("Line 2 of"), "{message}");
    let (message, _) = vendor.refused(&make.replace("account.toml", "missing.toml"), "input-unreadable");
    assert!(message.contains("missing.toml"));
}
