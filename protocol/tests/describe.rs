//! Descriptions leave nothing out, and forged files cannot play tricks with them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use postern_protocol::describe::{Section, describe, duration, time};
use postern_protocol::documents::*;
use postern_protocol::{Document, Envelope, File, Kind, Limits, Prepared, Time};
use postern_testkit::{World, forge, full, id, key, now, public, seats, sign};
use serde_json::Value;

/// Words of documents that descriptions put into sentences of their own.
const REWORDED: &[&str] = &["kind", "purpose", "lock_effect", "right", "from", "value"];

fn section<T: Document>(document: &T) -> Section {
    let file = File { documents: vec![sign(document, &[&key(1)])], ..File::default() };
    describe(&file, &Limits::DEFAULT).remove(0)
}

fn text(section: &Section) -> String {
    let rows: String = section.rows.iter().map(|row| format!("{}: {}\n", row.label, row.value)).collect();
    format!("{}\n{rows}", section.title)
}

/// Every string that a document's JSON holds, but those that are reworded: unlimited ceilings each in their own way.
fn strings(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(string) if string == "unlimited" => {}
        Value::String(string) => found.push(string.clone()),
        Value::Array(items) => items.iter().for_each(|item| strings(item, found)),
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, value)| !(REWORDED.contains(&name.as_str()) && value.is_string() && !is_time(value)))
            .for_each(|(_, value)| strings(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn is_time(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.parse::<Time>().is_ok())
}

/// The description, which must contain every string and every time of the document.
fn everything<T: Document>(document: &T) -> String {
    let words = text(&section(document));
    let mut all = Vec::new();
    strings(&serde_json::to_value(document).unwrap(), &mut all);
    for string in all {
        let expected = string.parse::<Time>().map_or_else(|_| string.clone(), time);
        assert!(words.contains(&expected), "{} leaves out {string}:\n{words}", T::KIND);
    }
    words
}

#[test]
fn every_kind_tells_everything() {
    everything(&full::trust());
    everything(&full::grant());
    everything(&full::ceiling());
    everything(&World::new().ops);
    everything(&full::license(&full::world()));
    everything(&full::enablement());
    everything(&full::request());
    everything(&full::deactivation());
    everything(&full::receipt());
    everything(&full::time_ticket());
    everything(&full::revocations(Grantor::Root));
    everything(&full::revocations(Grantor::Key(public(&key(10)))));
    full::ledger_entries().iter().for_each(|entry| {
        everything(entry);
    });
}

#[test]
fn a_bundle_tells_everything_but_the_sealed_key() {
    let sealed = vec!["-----BEGIN ENCRYPTED PRIVATE KEY-----".to_owned(), "c2VjcmV0".into()];
    let words = text(&section(&Bundle { sealed_key: Some(sealed), ..full::bundle() }));
    assert!(words.contains("sealed under a passphrase") && !words.contains("c2VjcmV0"), "{words}");
    let words = everything(&Bundle { sealed_key: None, signed_under: Parent::Root, ..full::bundle() });
    assert!(words.contains("Portal key: not in this file"), "{words}");
}

#[test]
fn an_officer_reads_sentences() {
    let world = World::new();
    let request = Request {
        seats: vec![SeatUse { seat_type: id("bot-creator"), in_use: 2, holders: vec!["p-1".into(), "p-2".into()] }],
        consumption: vec![Counted { counter: id("pages"), total: 4711 }],
        variables: vec![Variable { name: id("site"), value: "Plant 7".into() }],
        ..world.request(public(&key(30)), None)
    };
    let license = world.license(public(&key(30)), None);
    let shares = vec![Share { device: public(&key(30)), allowances: vec![seats("bot-creator", 4)] }];
    let grant = Grant { devices: Devices::Named(shares), ..world.account.clone() };
    let cases = [
        (everything(&request), "Asks for: an Offline License File"),
        (everything(&request), "Made: 2026-11-22 09:00 UTC by the machine's clock"),
        (everything(&request), "Seats in use: bot-creator: 2, held by p-1, p-2"),
        (everything(&request), "Consumption: pages: 4711"),
        (everything(&request), "Variable: site = Plant 7"),
        (everything(&license), "Seats: bot-creator: 5 from 2026-11-22 00:00 UTC\n"),
        (everything(&license), "Ends: 2027-06-30 23:59 UTC\n"),
        (everything(&license), "no request: it refreshes a known machine's license"),
        (everything(&world.token("t-1")), "Installable until: 2026-11-23 09:00 UTC"),
        (everything(&grant), "Seats: bot-runner: 20 from 2026-01-01 00:00 UTC"),
        (everything(&grant), "Feature: api-tasks: 50"),
        (everything(&grant), "Consumption: pages: 10000 every 30 days, 500 beyond that"),
        (everything(&grant), ": bot-creator: 4 from 2026-01-01"),
        (everything(&grant), "within 48 hours of the newest request and 7 days of the first"),
        (everything(&grant), "grace 14 days, then read-only; one emergency extension: 7 days"),
        (everything(&grant), "approved 2026-06-01 00:00 UTC by D. Reviewer: Air-gapped plant network"),
        (everything(&world.ops), "delegate, 7 levels deep"),
        (everything(&world.trust), "Keys that must sign: 1 of 1"),
    ];
    for (words, part) in cases {
        assert!(words.contains(part), "{part}\n{words}");
    }
}

#[test]
fn a_clock_challenge_tells_both_times() {
    let clock = ClockReading { now: now(), floor: now().plus(86_400) };
    let request = World::new().request(public(&key(30)), None);
    let words = everything(&Request { purpose: Purpose::Clock, clock: Some(clock), ..request });
    assert!(words.contains("sure it is later than: 2026-11-23 09:00 UTC"), "{words}");
}

#[test]
fn revocations_tell_what_stops() {
    let entry = |target, standing, min_serial| Entry { target, standing, min_serial, effect: InstalledEffect::Stop };
    let grant = Target::Grant { grantor: Grantor::Root, id: id("acme-1") };
    let entries =
        vec![entry(grant, Standing::Active, 3), entry(Target::Device(public(&key(13))), Standing::Revoked, 0)];
    let words = everything(&Revocations { entries, ..full::revocations(Grantor::Root) });
    assert!(
        words.contains(
            "'acme-1' of the vendor's root: active, only from serial 3 on; installed licenses of lower ones stop\n"
        ),
        "{words}"
    );
    assert!(words.contains(": revoked; installed licenses stop\n"), "{words}");
}

#[test]
fn a_forged_file_cannot_steer_a_terminal() {
    let line = sign(&World::new().token("t-1"), &[&key(1)]).line().to_vec();
    let keyid = format!("sha256:\u{1b}[2J\u{202e}{}", "x".repeat(10_000));
    let line = forge::edited(&line, |envelope| envelope["signatures"][0]["keyid"] = keyid.into());
    let envelope = Envelope::parse(&line, &Limits::DEFAULT).unwrap();
    let file = File { documents: vec![envelope], ..File::default() };
    let words = text(&describe(&file, &Limits::DEFAULT)[0]);
    assert!(words.contains("sha256:\u{fffd}[2J\u{fffd}xxx"), "{words}");
    assert!(words.len() < 3000, "{words}");
}

#[test]
fn a_file_cut_before_its_document_says_where_it_ends() {
    let world = World::new();
    let whole = world.file(sign(&world.license(public(&key(30)), None), &[&world.portal_key]));
    let bytes = whole.to_bytes();
    let line = whole.documents[0].line().len() + 1;
    let cut = File::parse(&bytes[..bytes.len() - line], &Limits::DEFAULT).unwrap();
    let says = |file: &File| describe(file, &Limits::DEFAULT).iter().map(text).collect::<String>();
    assert!(says(&cut).ends_with("was cut off here: copy it again from where it was made.\n"), "{}", says(&cut));
    assert!(!says(&whole).contains("cut off"));
}

#[test]
fn an_unreadable_document_says_so_in_its_place() {
    let prepared = Prepared::new(&World::new().token("t-1"));
    let line = format!(r#"{{"payload":"e30=","payloadType":"{}","signatures":[]}}"#, Kind::Enablement.payload_type());
    let broken = Envelope::parse(line.as_bytes(), &Limits::DEFAULT).unwrap();
    let file = File { documents: vec![broken, prepared.finish(&[])], ..File::default() };
    let sections = describe(&file, &Limits::DEFAULT);
    assert_eq!(sections[0].title, "Document that cannot be read: enablement");
    assert_eq!(sections[0].rows[0].label, "Problem");
    assert!(sections[0].rows[0].value.contains("missing field"), "{:?}", sections[0]);
    assert_eq!(sections[1].title, "Enablement token for license id 'cr-1'");
}

#[test]
fn durations_and_times_read_well() {
    let cases = [
        (0, "none"),
        (1, "1 second"),
        (5400, "1 hour 30 minutes"),
        (86_400, "1 day"),
        (48 * 3600, "48 hours"),
        (7 * 86_400, "7 days"),
        (400 * 86_400 + 3661, "400 days 1 hour 1 minute 1 second"),
    ];
    for (seconds, words) in cases {
        assert_eq!(duration(seconds), words);
    }
    assert_eq!(time(now()), "2026-11-22 09:00 UTC");
}
