//! `explain --slip`: one page that an officer can sign.

use postern_protocol::Digest;
use postern_testkit::id;
use serde_json::json;

use super::Desk;

/// The slip of a file: no longer and no wider than a page.
fn slip(desk: &Desk, file: &str) -> String {
    let slip = desk.text(&["explain", "--slip", file]);
    let widest = slip.lines().map(|line| line.chars().count()).max().unwrap();
    assert!(slip.lines().count() <= 60 && widest <= 80, "{widest} columns:\n{slip}");
    for line in ["Name", "Date", "Signature"] {
        assert!(slip.lines().any(|found| found.starts_with(&format!("  {line}")) && found.ends_with("____")), "{slip}");
    }
    let digest = Digest::of(&std::fs::read(desk.path(file)).unwrap()).to_string();
    let digits: String = slip.lines().skip_while(|line| !line.contains("SHA-256")).take(2).collect();
    let digits: String = digits.replace("SHA-256", "").split_whitespace().collect();
    assert_eq!(format!("sha256:{digits}"), digest);
    slip
}

#[test]
fn a_slip_says_what_crosses_which_way_and_fits_a_page() {
    let desk = Desk::equipped();
    desk.json(&["checkout", "bot-creator", "--user", "ada"]);
    desk.json(&["request", "--names"]);
    let request = slip(&desk, "request.lfr");
    assert!(request.contains("out of the isolated network") && request.contains("a machine's request"), "{request}");
    assert!(request.contains("bot-creator: 1, held by ada"), "{request}");
    assert!(!request.contains("more lines"), "all of an ordinary request fits:\n{request}");
    let license = slip(&desk, "license.olf");
    assert!(license.contains("into the isolated network") && license.contains("pages: 100 every 30 days"), "{license}");
    desk.json(&["deactivate", "--yes"]);
    desk.json(&["support"]);
    for file in ["deactivate_offline.req", "support.json", "cr-1.token", "root.trust"] {
        slip(&desk, file);
    }
    let told = desk.json(&["explain", "--slip", "support.json"]);
    assert_eq!(told["kind"], "postern-support");
    let rows = told["sections"][0]["rows"].as_array().unwrap();
    assert!(rows.contains(&json!({ "label": "status.clock.state", "value": "trusted" })), "{rows:?}");
}

#[test]
fn a_slip_of_a_long_file_says_how_much_it_leaves_out() {
    let desk = Desk::equipped();
    desk.json(&["request"]);
    desk.answer_with("long.olf", &[("bot-creator", 2)], |license| {
        let feature = |number| postern_protocol::documents::Feature {
            name: id(&format!("feature-{number}")),
            value: postern_protocol::documents::FeatureValue::On,
        };
        license.features = (0..100).map(feature).collect();
    });
    let text = slip(&desk, "long.olf");
    let left_out = text.lines().find(|line| line.contains("more lines")).unwrap();
    let whole = desk.text(&["explain", "long.olf"]);
    assert!(whole.contains("feature-99") && !text.contains("feature-99"), "{left_out}");
}

#[test]
fn what_nobody_signed_cannot_move_the_cursor() {
    let desk = Desk::new();
    let forged = json!({ "kind": "postern-support", "note": "a\u{1b}[2Jb\u{202e}c", "list": [{ "x": "\u{7}" }] });
    desk.write("forged.json", forged.to_string().as_bytes());
    for arguments in [&["explain", "forged.json"][..], &["explain", "--slip", "forged.json"]] {
        let text = desk.text(arguments);
        assert!(text.contains("a\u{fffd}[2Jb\u{fffd}c") && !text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{text}");
    }
    desk.write("other.json", b"{\"kind\":\"other\"}");
    assert_eq!(desk.fails(&["explain", "--slip", "other.json"]), (1, "file-unreadable".into()));
    assert_eq!(desk.fails(&["explain", "nothing.json"]), (3, "file-io".into()));
}
