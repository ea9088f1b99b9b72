//! The state directory: private, made only by pinning a root, shared by processes and threads.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};

use postern_protocol::TrustAnchor;
use postern_testkit::{World, id, key, now, public};
use postern_verifier::rules::seats::Change;
use postern_verifier::{Verifier, pin};
use tempfile::TempDir;

use crate::plant::{Plant, anchor, code, database, digest, dump, trust_file};

fn other_vendor() -> World {
    let mut world = World::new();
    world.roots = vec![key(99)];
    world.trust.keys = world.roots.iter().map(public).collect();
    world
}

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn everything_in_it_is_private() {
    let plant = Plant::licensed();
    assert_eq!(mode(&plant.state()), 0o700);
    let files: Vec<_> = fs::read_dir(plant.state()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() >= 2, "the database and its log: {files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    fs::set_permissions(plant.state(), fs::Permissions::from_mode(0o750)).unwrap();
    assert_eq!(code(&Verifier::open(None, &plant.state()).unwrap_err()), "state-not-private");
}

#[test]
fn only_pinning_a_root_makes_it() {
    let directory = TempDir::new().unwrap();
    let state = directory.path().join("a/b");
    assert_eq!(code(&Verifier::open(None, &state).unwrap_err()), "state-missing");
    assert!(!state.exists());
    pin(&state, &trust_file(&World::new()), None, now()).unwrap();
    Verifier::open(None, &state).unwrap();
}

#[test]
fn its_files_belong_to_the_directory_s_owner_also_when_root_works_on_it() {
    let directory = TempDir::new().unwrap();
    let own = fs::metadata(directory.path()).unwrap().uid();
    let owner = if own == 0 { 12_345 } else { own };
    chown(directory.path(), Some(owner), None).unwrap();
    pin(directory.path(), &trust_file(&World::new()), None, now()).unwrap();
    let _open = Verifier::open(None, directory.path()).unwrap();
    let files: Vec<_> = fs::read_dir(directory.path()).unwrap().map(Result::unwrap).collect();
    assert!(files.len() >= 2, "the database and its log: {files:?}");
    for file in files {
        assert_eq!(file.metadata().unwrap().uid(), owner, "{file:?}");
    }
}

#[test]
fn a_directory_with_other_things_is_not_taken() {
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join("notes.txt"), "keep me").unwrap();
    let error = pin(directory.path(), &trust_file(&World::new()), None, now()).unwrap_err();
    assert_eq!(code(&error), "state-not-empty");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn a_root_is_pinned_once() {
    let plant = Plant::new();
    let again = plant.unchanged(|_| pin(&plant.state(), &trust_file(&plant.world), None, now()).unwrap());
    assert!(!again.fresh);
    let other = plant.unchanged(|_| pin(&plant.state(), &trust_file(&other_vendor()), None, now()).unwrap_err());
    assert_eq!(code(&other), "trust-pinned");
}

#[test]
fn a_root_that_is_not_the_expected_one_makes_no_state() {
    let directory = TempDir::new().unwrap();
    let state = directory.path().join("state");
    let (file, right) = (trust_file(&World::new()), anchor(&World::new()).root);
    let error = pin(&state, &file, Some(digest("another root")), now()).unwrap_err();
    assert_eq!(code(&error), "trust-other-root");
    assert!(!state.exists());
    assert!(pin(&state, &file, Some(right), now()).unwrap().expected);
}

#[test]
fn only_a_trust_file_pins_a_root() {
    let directory = TempDir::new().unwrap();
    let bundle = World::new().bundle_file().to_bytes();
    assert_eq!(code(&pin(&directory.path().join("state"), &bundle, None, now()).unwrap_err()), "kind-wrong");
}

#[test]
fn an_application_refuses_the_state_of_another_root() {
    let plant = Plant::new();
    Verifier::open(Some(&anchor(&plant.world)), &plant.state()).unwrap();
    let error = Verifier::open(Some(&anchor(&other_vendor())), &plant.state()).unwrap_err();
    assert_eq!(code(&error), "state-other-root");
    let renamed = TrustAnchor { product: id("another"), ..anchor(&plant.world) };
    let error = Verifier::open(Some(&renamed), &plant.state()).unwrap_err();
    assert_eq!(code(&error), "state-other-root");
}

#[test]
fn a_newer_program_s_state_is_left_alone() {
    let plant = Plant::new();
    database(&plant.state()).pragma_update(None, "user_version", 2).unwrap();
    assert_eq!(code(&Verifier::open(None, &plant.state()).unwrap_err()), "state-newer");
}

#[test]
fn a_file_that_is_no_database_is_damaged() {
    let plant = Plant::new();
    drop(plant.verifier);
    let state = plant.directory.path().join("state");
    fs::write(state.join("state.db"), vec![7; 8192]).unwrap();
    assert_eq!(code(&Verifier::open(None, &state).unwrap_err()), "state-damaged");
}

#[test]
fn threads_and_handles_never_give_out_more_seats_than_there_are() {
    let plant = Plant::licensed();
    let second = plant.another();
    let taken: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..12)
            .map(|user| {
                let verifier = if user % 2 == 0 { &plant.verifier } else { &second };
                scope.spawn(move || verifier.checkout(&id("bot-creator"), &format!("user {user}"), now()))
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| match thread.join().unwrap() {
                Ok(change) => usize::from(change == Change::Made),
                Err(error) => {
                    assert_eq!(code(&error), "seats-taken");
                    0
                }
            })
            .sum()
    });
    assert_eq!(taken, 5);
    assert_eq!(plant.verifier.status(now()).unwrap().seats[0].used, 5);
    let mut recorded = 0;
    plant.verifier.usage(|_| recorded += 1).unwrap();
    assert_eq!(recorded, 9, "uses that shared a commit share a record; none is missing");
}

#[test]
fn reading_changes_nothing() {
    let plant = Plant::licensed();
    let before = dump(&plant.state());
    plant.verifier.status(plant.now.plus(86_400)).unwrap();
    plant.verifier.audit().unwrap();
    assert_eq!(dump(&plant.state()), before);
}
