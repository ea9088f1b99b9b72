//! A handover without a browser: one file for the next administrator, who goes on where the last one stopped.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use common::office::Office;
use common::{NOW, PORTAL_PASSPHRASE, Ran};
use postern_protocol::documents::*;
use postern_testkit::id;

/// What the administrators agreed on by telephone.
const AGREED: &str = "sundial orchard";

/// An office that issued one license and handed over.
fn handed_over() -> Office {
    let office = Office::new();
    office.activation("seat-1", 30, "a.req", |_| {});
    office.ok("issue a.req --new-ledger --out a.lic");
    office.vendor.write("agreed", AGREED);
    assert_eq!(make(&office, "acme.handover", "agreed").code, 0);
    office
}

fn make(office: &Office, out: &str, passphrase_file: &str) -> Ran {
    office.run(&format!("handover make --to Bo --out {out} --handover-passphrase-file {passphrase_file}"), NOW)
}

/// Opens a handover into the successor's own files.
fn open(office: &Office, file: &str, passphrase: &str, more: &[&str]) -> Ran {
    let line =
        format!("handover open {file} --bundle b.bundle --ledger b.ledger --portal-key b.pem --by Bo --at {NOW}");
    let words: Vec<&str> = line.split(' ').chain(more.iter().copied()).collect();
    office.vendor.run_with(&words, &[("POSTERN_HANDOVER_PASSPHRASE", passphrase)])
}

/// Opens what must be refused; nothing may change.
fn refused(office: &Office, file: &str, passphrase: &str, more: &[&str], code: &str) {
    let content = |name: &str| std::fs::read(office.vendor.path(name)).ok();
    let before = (office.vendor.names(), content("b.ledger"), content("b.pem"), content("b.bundle"));
    let ran = open(office, file, passphrase, more);
    assert_eq!(ran.codes(), [code], "{}", ran.text);
    assert_eq!((office.vendor.names(), content("b.ledger"), content("b.pem"), content("b.bundle")), before);
}

/// Issues with the successor's files.
fn issue(office: &Office, request: &str, out: &str) -> Ran {
    let line = format!(
        "issue {request} --out {out} --bundle b.bundle --ledger b.ledger --portal-key b.pem --by Bo --at {NOW}"
    );
    office.vendor.run_with(&line.split(' ').collect::<Vec<_>>(), &[("POSTERN_PASSPHRASE", AGREED)])
}

#[test]
fn the_next_administrator_goes_on_and_the_last_one_stops() {
    let office = handed_over();
    assert_eq!(office.last_event(), Event::HandedOver { to: "Bo".into() });
    office.activation("seat-2", 31, "b.req", |_| {});
    office.refused("issue b.req --out x.lic", "ledger-handed-over");
    office.refused("take-over", "ledger-handed-over");
    let told = office.vendor.ok("inspect acme.handover --trust roots/trust.trust");
    assert_eq!((&told["kind"], &told["verification"]["result"]), (&"handover".into(), &"holds".into()));

    let ran = open(&office, "acme.handover", AGREED, &["--trust", "roots/trust.trust"]);
    assert_eq!((ran.code, &ran.out["by"]), (0, &"Bo".into()), "{}", ran.text);
    assert_eq!(office.vendor.read("b.bundle"), office.vendor.read("acme.bundle"), "the bundle is the same");
    let ran = issue(&office, "b.req", "b.lic");
    assert_eq!(ran.code, 0, "{}", ran.text);
    let (first, second) = (office.document::<License>("a.lic"), office.document::<License>("b.lic"));
    assert_eq!(second.license_id, id("seat-2"));
    // Begun, issued; handed over, taken over; issued.
    assert_eq!((first.ledger.position, second.ledger.position), (2, 5));

    // And back: the ledger that is there goes on, with what the successor issued.
    let line = format!(
        "handover make --to Ann --out back.handover --bundle b.bundle --ledger b.ledger --portal-key b.pem --at {NOW}"
    );
    let variables = [("POSTERN_PASSPHRASE", AGREED), ("POSTERN_HANDOVER_PASSPHRASE", "back again")];
    let ran = office.vendor.run_with(&line.split(' ').collect::<Vec<_>>(), &variables);
    assert_eq!(ran.code, 0, "{}", ran.text);
    let line = format!(
        "handover open back.handover --bundle a2.bundle --ledger acme.ledger --portal-key a.pem --by Ann --at {NOW}"
    );
    let ran = office.vendor.run_with(&line.split(' ').collect::<Vec<_>>(), &[variables[1]]);
    assert_eq!(ran.code, 0, "{}", ran.text);
    office.activation("seat-3", 32, "c.req", |_| {});
    office.ok("issue c.req --out c.lic");
    assert_eq!(office.document::<License>("c.lic").ledger.position, 8);
}

#[test]
fn a_handover_is_opened_with_its_own_passphrase_and_once() {
    let office = handed_over();
    refused(&office, "acme.handover", PORTAL_PASSPHRASE, &[], "sealed-key-passphrase-wrong");
    refused(&office, "acme.bundle", AGREED, &[], "kind-wrong");
    let mut damaged = office.vendor.read("acme.handover");
    damaged.truncate(damaged.len() - 20);
    office.vendor.write("cut.handover", &damaged);
    refused(&office, "cut.handover", AGREED, &[], "file-unreadable");
    let lines = office.vendor.read("acme.handover");
    let mut lines: Vec<&[u8]> = lines.split_inclusive(|byte| *byte == b'\n').collect();
    let last_entry = lines.remove(lines.len() - 2);
    office.vendor.write("short.handover", lines.concat());
    refused(&office, "short.handover", AGREED, &[], "handover-parts");
    lines.pop();
    lines.push(last_entry);
    office.vendor.write("half.handover", lines.concat());
    refused(&office, "half.handover", AGREED, &[], "file-extra");

    // Made again, with another passphrase, before it was opened: the first that is opened counts.
    office.vendor.write("better", "walnut meridian");
    assert_eq!(make(&office, "again.handover", "better").code, 0);
    assert_eq!(office.last_event(), Event::HandedOver { to: "Bo".into() });
    refused(&office, "again.handover", AGREED, &[], "sealed-key-passphrase-wrong");
    let ran = open(&office, "again.handover", "walnut meridian", &[]);
    assert_eq!(ran.code, 0, "{}", ran.text);
    refused(&office, "acme.handover", AGREED, &["--force"], "handover-used");
    refused(&office, "again.handover", "walnut meridian", &["--force"], "handover-used");
    refused(&office, "again.handover", "walnut meridian", &[], "output-exists");
}

#[test]
fn a_handover_of_another_ledger_is_refused() {
    let office = handed_over();
    // Another office of the same account that began a ledger of its own.
    let run = |command: &str| {
        let line = format!("{command} --bundle acme.bundle --ledger b.ledger --at {NOW}");
        let variables = [("POSTERN_PASSPHRASE", PORTAL_PASSPHRASE)];
        let ran = office.vendor.run_with(&line.split(' ').collect::<Vec<_>>(), &variables);
        assert_eq!(ran.code, 0, "{command}: {}", ran.text);
    };
    office.activation("seat-2", 31, "b.req", |_| {});
    run("issue b.req --new-ledger --out b.lic");
    refused(&office, "acme.handover", AGREED, &[], "handover-forked");
    std::fs::remove_file(office.vendor.path("b.ledger")).unwrap();
    let ran = office.run("handover make --to  --out x.handover --handover-passphrase-file agreed", NOW);
    assert_eq!(ran.code, 0, "what was handed over keeps its name: {}", ran.text);
}
