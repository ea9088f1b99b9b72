//! `deactivate` and `uninstall`: nothing is given back or deleted by accident, nor before its file is safe.

use postern_protocol::Limits;
use postern_protocol::documents::Deactivation;
use postern_protocol::{File, Kind, Unverified};
use serde_json::json;

use super::Desk;

fn deactivation(bytes: &[u8]) -> Deactivation {
    let file = File::parse(bytes, &Limits::DEFAULT).unwrap();
    let envelope = file.document(Kind::Deactivation).unwrap().clone();
    Unverified::<Deactivation>::new(envelope).unwrap().verify_by_named_signers(&Limits::DEFAULT).unwrap().get().clone()
}

#[test]
fn a_license_is_given_back_once_and_its_file_made_again() {
    let desk = Desk::equipped();
    desk.json(&["checkout", "exec"]);
    assert_eq!(desk.refused(&["deactivate"]), (2, "confirmation-missing".into()));
    let asked = String::from_utf8(desk.run(&["deactivate"]).stderr).unwrap();
    assert!(asked.contains("The 1 seats and sessions in use end with it."), "{asked}");
    assert!(!desk.path("deactivate_offline.req").exists());
    assert_eq!(desk.refused(&["deactivate", "--yes", "-o", "no/such/place.req"]), (3, "file-io".into()));
    assert_eq!(desk.refused(&["deactivate", "--yes", "-o", "."]), (3, "file-io".into()));

    assert_eq!(desk.json(&["deactivate", "--yes"])["again"], false);
    let file = std::fs::read(desk.path("deactivate_offline.req")).unwrap();
    assert_eq!(deactivation(&file).sequence, 1);
    assert_eq!(desk.json(&["status"])["license"], json!(null));
    assert_eq!(desk.fails(&["check", "api-tasks"]), (1, "license-none".into()));
    // The stick was lost: the same bytes again, without a question.
    assert_eq!(desk.json(&["deactivate", "-o", "again.req"])["again"], true);
    assert_eq!(std::fs::read(desk.path("again.req")).unwrap(), file);
    assert_eq!(desk.json(&["verify", "again.req"])["genuine"], true);
}

#[test]
fn where_nothing_is_licensed_nothing_is_given_back() {
    let desk = Desk::new();
    desk.json(&["trust", "root.trust"]);
    assert_eq!(desk.refused(&["deactivate", "--yes"]), (1, "license-none".into()));
    assert!(!desk.path("deactivate_offline.req").exists(), "a refused command leaves no file");
    assert_eq!(desk.refused(&["uninstall"]), (2, "confirmation-missing".into()));
    assert_eq!(desk.json(&["uninstall", "--yes"]), json!({ "file": null, "sha256": null, "removed": true }));
    assert!(!desk.path("state").exists() && !desk.path("deactivate_offline.req").exists());
}

#[test]
fn the_state_is_deleted_only_after_its_deactivation_is_safe() {
    let desk = Desk::equipped();
    assert_eq!(desk.refused(&["uninstall"]), (2, "confirmation-missing".into()));
    assert_eq!(desk.refused(&["uninstall", "--yes", "-o", "no/such/place.req"]), (3, "file-io".into()));
    desk.json(&["status"]);
    desk.json(&["uninstall", "--yes", "-o", "last.req"]);
    assert_eq!(deactivation(&std::fs::read(desk.path("last.req")).unwrap()).sequence, 1);
    assert!(!desk.path("state").exists());
    assert_eq!(desk.fails(&["status"]), (3, "state-missing".into()));
}

#[cfg(target_os = "linux")]
#[test]
fn a_deactivation_that_cannot_be_written_to_the_end_keeps_the_state() {
    let desk = Desk::equipped();
    // Opens, and refuses every byte: as a stick that is full.
    assert_eq!(desk.fails(&["uninstall", "--yes", "-o", "/dev/full"]), (3, "file-io".into()));
    let said = String::from_utf8(desk.run(&["deactivate", "-o", "/dev/full"]).stderr).unwrap();
    assert!(said.contains("repeat with another -o FILE"), "{said}");
    assert_eq!(desk.json(&["deactivate"])["again"], true, "the file can be made again");

    let desk = Desk::equipped();
    for (command, again) in [(&["request"][..], "'request'"), (&["clock", "challenge"], "'clock challenge'")] {
        let said = String::from_utf8(desk.run(&[command, &["-o", "/dev/full"]].concat()).stderr).unwrap();
        assert!(said.contains(&format!("make a new one with {again}")), "{said}");
    }
}
