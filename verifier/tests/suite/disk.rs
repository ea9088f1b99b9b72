//! Whatever happens to the disk: a clear error, no acknowledged use lost, nothing changed unseen.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use postern_testkit::{id, now};
use postern_verifier::status::Status;
use postern_verifier::{StateError, UsageRecord, Verifier};

use crate::fork::copy;
use crate::plant::{Hardware, Plant, code};

/// A small file system in memory, for as long as this lives. Only root can mount one.
struct Disk(PathBuf);

impl Disk {
    fn new(parent: &Path, options: &str) -> Option<Self> {
        let path = parent.join("disk");
        fs::create_dir(&path).unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(&path).status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(Self(path));
        }
        eprintln!("skipped: only root can mount a small disk");
        None
    }

    fn remount(&self, options: &str) {
        let options = format!("remount,{options}");
        assert!(Command::new("mount").args(["-o", &options]).arg(&self.0).status().unwrap().success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

fn open(state: &Path) -> Result<Verifier, StateError> {
    Verifier::open_on(None, state, Some(Box::new(Hardware::new())))
}

fn consume(verifier: &Verifier) -> Result<u64, &'static str> {
    verifier.consume(&id("pages"), 1, now()).map(|balance| balance.used).map_err(|error| code(&error))
}

#[test]
fn on_a_full_disk_nothing_acknowledged_is_lost_and_with_room_it_goes_on() {
    let plant = Plant::counting();
    let Some(disk) = Disk::new(plant.directory.path(), "size=1m,mode=700") else { return };
    let state = disk.0.join("state");
    copy(&plant.state(), &state);
    let verifier = open(&state).unwrap();
    let mut acknowledged = 0;
    let refused = loop {
        match consume(&verifier) {
            Ok(used) => {
                acknowledged += 1;
                assert_eq!(used, acknowledged);
            }
            Err(code) => break code,
        }
    };
    assert_eq!(refused, "state-database");
    assert!(acknowledged > 10);
    assert_eq!(consume(&verifier), Err("state-database"), "it stays an error");
    disk.remount("size=8m");
    assert_eq!(consume(&verifier), Ok(acknowledged + 1), "the same handle goes on");
    drop(verifier);
    let again = open(&state).unwrap();
    assert_eq!(consume(&again), Ok(acknowledged + 2));
    assert!(again.audit().is_ok());
}

#[test]
fn a_read_only_disk_is_an_error_and_changes_nothing() {
    let plant = Plant::counting();
    let Some(disk) = Disk::new(plant.directory.path(), "size=8m,mode=700") else { return };
    let state = disk.0.join("state");
    copy(&plant.state(), &state);
    let verifier = open(&state).unwrap();
    assert_eq!(consume(&verifier), Ok(1));
    drop(verifier);
    disk.remount("ro");
    match open(&state) {
        Ok(verifier) => assert_eq!(consume(&verifier), Err("state-database")),
        Err(error) => assert_eq!(code(&error), "state-database"),
    }
    disk.remount("rw");
    assert_eq!(consume(&open(&state).unwrap()), Ok(2));
}

#[test]
fn a_state_without_its_database_is_missing_and_not_made_anew() {
    let plant = Plant::licensed();
    drop(plant.verifier);
    let state = plant.directory.path().join("state");
    fs::remove_file(state.join("state.db")).unwrap();
    assert_eq!(code(&open(&state).unwrap_err()), "state-missing");
    assert!(!state.join("state.db").exists());
}

#[test]
fn a_file_where_the_directory_should_be_is_an_error() {
    let plant = Plant::licensed();
    let file = plant.state().join("state.db/state");
    assert_eq!(code(&open(&file).unwrap_err()), "state-io");
}

/// The power fails while the last commit is written: it was never acknowledged, and all before it are there.
#[test]
fn a_torn_last_write_loses_only_what_was_not_acknowledged() {
    let plant = Plant::counting();
    let (state, log) = (plant.state(), "state.db-wal");
    for _ in 0..5 {
        consume(&plant.verifier).unwrap();
    }
    let before = fs::metadata(state.join(log)).unwrap().len();
    consume(&plant.verifier).unwrap();
    let torn = plant.directory.path().join("torn");
    let whole = fs::read(state.join(log)).unwrap();
    let database = fs::read(state.join("state.db")).unwrap();
    assert!(whole.len() as u64 > before, "the log grows with a commit");
    let lost = whole.len() - before as usize;
    // Cut inside every part of the commit, and once with garbage in the place of its end.
    let cuts = (0..lost).step_by(97).map(|cut| (cut, false)).chain([(lost / 2, true), (8, true)]);
    for (cut, garbage) in cuts {
        let _ = fs::remove_dir_all(&torn);
        copy(&state, &torn);
        let _ = fs::remove_file(torn.join("state.db-shm"));
        let mut bytes = whole[..before as usize + cut].to_vec();
        if garbage {
            bytes.resize(whole.len(), 0xa5);
        }
        fs::write(torn.join("state.db"), &database).unwrap();
        fs::write(torn.join(log), bytes).unwrap();
        let verifier = open(&torn).unwrap();
        assert_eq!(verifier.consume(&id("pages"), 0, now()).unwrap().used, 5, "cut at {cut}");
        verifier.audit().unwrap();
    }
}

/// Everything that a reader of the state can learn.
fn everything(state: &Path) -> Result<(Status, Vec<UsageRecord>), StateError> {
    let verifier = open(state)?;
    let mut records = Vec::new();
    verifier.usage(|record| records.push(record))?;
    Ok((verifier.status(now())?, records))
}

/// The whole state of a machine with some use, in one file, to be changed.
struct Flipped {
    state: PathBuf,
    whole: Vec<u8>,
    expected: (Status, Vec<UsageRecord>),
    _plant: Plant,
}

impl Flipped {
    fn new() -> Self {
        let plant = Plant::counting();
        for user in 0..5 {
            plant.verifier.checkout(&id("bot-creator"), &format!("user {user}"), now()).unwrap();
            (0..10).for_each(|_| assert!(consume(&plant.verifier).is_ok()));
        }
        let state = plant.directory.path().join("flipped");
        copy(&plant.state(), &state);
        // All of it into one file: the log is empty then.
        let connection = crate::plant::database(&state);
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
        drop(connection);
        let expected = everything(&state).unwrap();
        Self { whole: fs::read(state.join("state.db")).unwrap(), state, expected, _plant: plant }
    }

    /// Whether a flipped bit of this byte is found. If it is not, nothing that is read may differ.
    fn found(&self, position: usize) -> bool {
        let mut bytes = self.whole.clone();
        bytes[position] ^= 1 << (position % 8);
        for beside in ["state.db-wal", "state.db-shm"] {
            let _ = fs::remove_file(self.state.join(beside));
        }
        fs::write(self.state.join("state.db"), bytes).unwrap();
        match everything(&self.state) {
            Ok(read) => {
                assert!(read == self.expected, "byte {position} changes what is read, and nobody notices");
                false
            }
            Err(error) => {
                let code = code(&error);
                assert!(["state-damaged", "state-database", "state-newer", "state-missing"].contains(&code), "{code}");
                true
            }
        }
    }
}

fn step(most: usize) -> usize {
    if std::env::var_os("POSTERN_SOAK").is_some() { most / 30 } else { most }
}

#[test]
fn a_flipped_byte_is_found_or_changes_nothing_that_is_read() {
    let flipped = Flipped::new();
    let found = (0..flipped.whole.len()).step_by(step(499)).filter(|position| flipped.found(*position)).count();
    assert!(found > 30, "{found}");
}

#[test]
fn a_flipped_byte_of_a_usage_record_is_found() {
    let flipped = Flipped::new();
    let connection = crate::plant::database(&flipped.state);
    let mut records = connection.prepare("SELECT sealed, hash FROM usage ORDER BY sequence").unwrap();
    let records: Vec<(Vec<u8>, Vec<u8>)> =
        records.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();

    // A row's two values stand beside each other.
    let positions = records.iter().flat_map(|(sealed, hash)| {
        let row = [sealed.as_slice(), hash].concat();
        let place = flipped.whole.windows(row.len()).rposition(|window| window == row).unwrap();
        place..place + row.len()
    });
    for position in positions.step_by(step(60)) {
        assert!(flipped.found(position), "byte {position}");
    }
}
