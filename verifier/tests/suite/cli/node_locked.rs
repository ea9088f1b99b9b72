//! Node-locked licenses through the binary: activation with its secrets, reports, device variables.

use postern_protocol::PublicKey;
use postern_protocol::credential::LicenseKey;
use serde_json::json;

use super::Desk;
use crate::activation::request;

fn trusting() -> Desk {
    let desk = Desk::new();
    desk.json(&["trust", "root.trust"]);
    desk
}

#[test]
fn a_license_key_comes_from_a_file_with_any_line_end() {
    let desk = trusting();
    let key = LicenseKey::from_entropy([7; 15]);
    let public = PublicKey::from_bytes(key.derive("northwind", "automation").unwrap().public_bytes());
    for end in ["", "\n", "\r\n"] {
        desk.write("key.txt", format!("{}{end}", key.to_text().as_str()).as_bytes());
        let made = desk.json(&["activate", "--key-file", "key.txt"]);
        assert_eq!((&made["already_activated"], &made["file"]), (&json!(false), &json!("activate_offline.req")));
        let asked = request(&std::fs::read(desk.path("activate_offline.req")).unwrap());
        assert_eq!(asked.credential, Some(public));
    }
    let words = desk.text(&["activate", "--key-file", "key.txt", "--license", "cad-7", "-o", "named.req"]);
    assert!(words.contains("named.req") && words.contains("your license key or password is not"), "{words}");
    let status = desk.json(&["status"]);
    assert_eq!(status["activation"]["license_id"], "cad-7");
    assert_eq!(status["cycle"]["request"]["locked_after"], json!(null));
}

#[test]
fn a_secret_that_cannot_be_used_changes_nothing() {
    let desk = trusting();
    desk.write("key.txt", b"PSTN1-what-is-this");
    assert_eq!(desk.refused(&["activate", "--key-file", "key.txt"]).0, 1);
    assert_eq!(desk.refused(&["activate", "--key-file", "nowhere.txt"]), (3, "file-io".into()));
    assert_eq!(desk.refused(&["report"]), (1, "not-enrolled".into()));
    assert!(!desk.path("activate_offline.req").exists());
}

#[test]
fn variables_are_set_listed_and_removed() {
    let desk = trusting();
    assert_eq!(desk.text(&["variable", "list"]).trim(), "This machine has no variables.");
    desk.json(&["variable", "set", "line", "7"]);
    assert_eq!(desk.json(&["variable", "list"]), json!({ "variables": [{ "name": "line", "value": "7" }] }));
    assert_eq!(desk.refused(&["variable", "set", "line", "a\tb"]), (1, "variable-value".into()));
    desk.json(&["variable", "remove", "line"]);
    assert_eq!(desk.refused(&["variable", "remove", "line"]), (1, "variable-unknown".into()));
}
