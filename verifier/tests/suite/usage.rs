//! The usage chain and the state it guards: whatever is changed by hand shows, a restored copy shows at the install.

use std::fs;

use postern_testkit::id;
use postern_verifier::{StateError, Verifier};

use crate::fork::copy;
use crate::plant::{Plant, code, database, dump, read_request};

/// A machine with some history.
fn used() -> Plant {
    let plant = Plant::licensed();
    for user in ["ada", "bert"] {
        plant.verifier.checkout(&id("bot-creator"), user, plant.now).unwrap();
    }
    plant.verifier.release(&id("bot-creator"), "ada", plant.now).unwrap();
    plant
}

fn change(plant: &Plant, sql: &str) {
    assert!(database(&plant.state()).execute(sql, []).unwrap() > 0, "{sql} changes nothing");
}

fn damaged(plant: &Plant) -> String {
    let error = plant.verifier.status(plant.now).unwrap_err();
    assert_eq!(code(&error), "state-damaged");
    error.to_string()
}

#[test]
fn every_operation_is_one_record() {
    let plant = used();
    // Begun, enrolled, requested, installed, two checkouts, one release.
    assert_eq!(plant.verifier.audit(), Ok(7));
    plant.verifier.checkout(&id("bot-creator"), "bert", plant.now).unwrap();
    assert_eq!(plant.verifier.audit(), Ok(7), "a checkout that changes nothing is no record");
    assert_eq!(plant.verifier.status(plant.now).unwrap().usage.records, 7);
}

#[test]
fn a_row_that_is_changed_by_hand_shows_at_once() {
    for sql in [
        "DELETE FROM seats",
        "UPDATE seats SET user = 'eve'",
        "UPDATE cycles SET ended_at = NULL, ended_by = NULL",
        "UPDATE cycles SET first_generated_at = first_generated_at + 1",
        "UPDATE licenses SET installed_at = installed_at + 1",
        "DELETE FROM heads",
        "UPDATE ledgers SET position = position - 1",
        "UPDATE enablements SET token = 'again'",
        "UPDATE device SET epoch = 1",
        "DELETE FROM fingerprint",
    ] {
        let plant = used();
        change(&plant, sql);
        damaged(&plant);
    }
}

#[test]
fn a_stored_file_that_is_changed_by_hand_shows_at_once() {
    let plant = used();
    change(&plant, "UPDATE files SET bytes = zeroblob(length(bytes)) WHERE digest = (SELECT file FROM licenses)");
    assert!(damaged(&plant).contains("a stored file was changed"));
}

#[test]
fn the_newest_record_must_open_in_its_place() {
    for sql in [
        "UPDATE usage SET sealed = zeroblob(length(sealed)) WHERE sequence = 7",
        "UPDATE usage SET sealed = substr(sealed, 1, 20) WHERE sequence = 7",
        "UPDATE usage SET hash = zeroblob(32) WHERE sequence = 7",
        "UPDATE usage SET hash = zeroblob(32) WHERE sequence = 6",
        "DELETE FROM usage WHERE sequence = 7",
        "DELETE FROM usage WHERE sequence = 1",
        "DELETE FROM usage",
    ] {
        let plant = used();
        change(&plant, sql);
        damaged(&plant);
    }
}

#[test]
fn an_audit_names_the_first_bad_record() {
    for (sql, bad) in [
        ("UPDATE usage SET sealed = zeroblob(length(sealed)) WHERE sequence = 3", "usage record 3 does not open"),
        ("DELETE FROM usage WHERE sequence = 4", "usage record 4 is missing"),
        (
            "UPDATE usage SET sealed = CAST(zeroblob(24) || substr(sealed, 25) AS BLOB) WHERE sequence = 2",
            "usage record 2 does not open",
        ),
    ] {
        let plant = used();
        change(&plant, sql);
        let error = plant.verifier.audit().unwrap_err();
        assert!(error.to_string().contains(bad), "{error}");
    }
}

#[test]
fn records_are_sealed_and_no_name_is_readable_in_them() {
    let plant = used();
    let (_, records) = dump(&plant.state()).into_iter().find(|(table, _)| table == "usage").unwrap();
    let bytes = format!("{records:?}");
    let readable: Vec<u8> = records
        .iter()
        .flatten()
        .filter_map(|value| match value {
            rusqlite::types::Value::Blob(bytes) => Some(bytes.clone()),
            _ => None,
        })
        .flatten()
        .collect();
    assert_eq!(records.len(), 7, "{bytes}");
    assert!(!readable.windows(4).any(|window| window == b"bert"));
}

#[test]
fn a_restored_copy_is_found_out_once_a_later_request_left_the_machine() {
    let mut plant = Plant::licensed();
    let backup = plant.directory.path().join("backup");
    plant.request();
    copy(&plant.state(), &backup);
    // Use goes on, and a request tells the ledger so.
    plant.verifier.checkout(&id("bot-creator"), "ada", plant.now).unwrap();
    let seen = read_request(&plant.request().file).usage;

    for entry in fs::read_dir(plant.state()).unwrap().map(Result::unwrap) {
        fs::remove_file(entry.path()).unwrap();
    }
    copy(&backup, &plant.state());
    plant.reopen();
    let request = plant.request();
    let file = plant.answer(&request, &[("bot-creator", 5)], |license| license.acknowledged.insert(0, seen));
    plant.rolled_back(&file);
    // A ledger that has seen nothing later cannot know: detected only if a checkpoint left after the copy was taken.
    let unseen = plant.answer(&request, &[("bot-creator", 5)], |_| {});
    plant.install(&unseen).unwrap();
}

#[test]
fn a_page_of_garbage_is_an_error_or_not_in_use_and_never_a_panic() {
    let plant = used();
    let (state, now) = (plant.state(), plant.now);
    let before = plant.verifier.status(now).unwrap();
    let hardware = plant.hardware.clone();
    drop(plant.verifier);
    let file = state.join("state.db");
    let whole = fs::read(&file).unwrap();
    let pages = whole.len() / 4096;
    let mut found = 0;
    for page in 0..pages {
        let mut bytes = whole.clone();
        bytes[page * 4096..(page + 1) * 4096].fill(0xa5);
        fs::write(&file, bytes).unwrap();
        let opened = Verifier::open_on(None, &state, Some(Box::new(hardware.clone())));
        match opened.and_then(|verifier| verifier.status(now)) {
            Err(StateError::Damaged { .. } | StateError::Database { .. }) => found += 1,
            other => assert_eq!(other.as_ref(), Ok(&before), "page {page}"),
        }
    }
    assert!(found > pages / 2, "{found} of {pages} pages");
}
