//! A store that was rolled back or copied: found at the next install, said in requests, accepted only by an answer.

use std::fs;
use std::path::Path;

use postern_protocol::documents::{AcceptFork, License};
use postern_protocol::{File, Kind, Limits, Reader};
use postern_testkit::id;
use postern_verifier::Requested;

use crate::plant::{Plant, code, read_request};

/// Copies the files of a state directory that no process uses.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

fn restore(plant: &mut Plant, backup: &Path) {
    for entry in fs::read_dir(plant.state()).unwrap().map(Result::unwrap) {
        fs::remove_file(entry.path()).unwrap();
    }
    copy(backup, &plant.state());
    plant.reopen();
}

/// A request leaves, the directory is copied, use goes on, another request leaves, and the copy is put back.
fn rolled_back() -> (Plant, Requested, postern_protocol::documents::Checkpoint) {
    let mut plant = Plant::licensed();
    let backup = plant.directory.path().join("backup");
    plant.request();
    copy(&plant.state(), &backup);
    plant.verifier.checkout(&id("bot-creator"), "ada", plant.now).unwrap();
    let lost = plant.request();
    let seen = read_request(&lost.file).usage;
    restore(&mut plant, &backup);
    (plant, lost, seen)
}

#[test]
fn the_next_install_names_the_fork_and_the_answer_to_come_can_accept_it() {
    let (mut plant, lost, seen) = rolled_back();
    // The answer to the request that this store has forgotten: it proves what is missing here.
    let file = plant.answer(&lost, &[("bot-creator", 5)], |_| {});
    let error = plant.rolled_back(&file);
    assert!(error.to_string().contains(&format!("some of the {}", seen.count)), "{error}");
    assert_eq!(
        plant.verifier.proofs().unwrap(),
        std::slice::from_ref(&file),
        "a portable proof: it verifies by itself"
    );
    let trust = plant.world.trust_state();
    let proof = Reader { trust: &trust, revocations: &[], limits: Limits::DEFAULT }.file::<License>(&file).unwrap();
    assert_eq!(proof.document.acknowledged, [seen]);
    let status = plant.verifier.status(plant.now).unwrap();
    assert_eq!(status.usage.fork.map(|fork| (fork.license, fork.seen)), Some((proof.document.digest(), seen.count)));
    assert_eq!(status.health, "attention");
    // It is kept once, and what is installed goes on.
    assert_eq!(code(&plant.refused(&file)), "usage-rolled-back");
    plant.verifier.checkout(&id("bot-creator"), "bert", plant.now).unwrap();

    let request = plant.request();
    assert!(request.fork.is_some());
    let told = read_request(&request.file);
    assert_eq!(told.recovers, told.installed.license, "the request says so as well");
    let ordinary = plant.answer(&request, &[("bot-creator", 5)], |license| license.acknowledged.insert(0, seen));
    assert_eq!(code(&plant.refused(&ordinary)), "usage-rolled-back");
    let accepting = plant.answer(&request, &[("bot-creator", 5)], |license| {
        license.acknowledged.insert(0, seen);
        license.accept_fork = Some(AcceptFork { usage: told.usage });
        license.device.epoch = 1;
        // The issuer knows of an answer that this store has lost.
        license.sequence = 7;
    });
    plant.install(&accepting).unwrap();
    let status = plant.verifier.status(plant.now).unwrap();
    assert_eq!((status.machine.epoch, status.license.unwrap().sequence), (1, 7), "counted");
    assert!(status.usage.fork.is_none());
    assert!(read_request(&plant.request().file).recovers.is_none());
    // From here on the machine is as any other, also for a ledger that goes on telling of the other branch.
    let request = plant.request();
    let next = plant.answer(&request, &[("bot-creator", 6)], |license| license.acknowledged.insert(0, seen));
    plant.install(&next).unwrap();
}

#[test]
fn an_answer_accepts_the_machine_only_as_its_newest_request_showed_it() {
    let (mut plant, _, seen) = rolled_back();
    let old = plant.request();
    let told = read_request(&old.file);
    let request = plant.request();
    let file = plant.answer(&request, &[("bot-creator", 5)], |license| {
        license.acknowledged.insert(0, seen);
        license.accept_fork = Some(AcceptFork { usage: told.usage });
        license.device.epoch = 1;
    });
    plant.rolled_back(&file);
}

#[test]
fn a_copy_whose_original_went_on_is_refused_on_other_hardware_and_found_on_the_same() {
    let plant = Plant::licensed();
    let stolen = plant.directory.path().join("stolen");
    copy(&plant.state(), &stolen);
    let other = crate::plant::Hardware::new();
    ["machine-id", "disk", "mac"].iter().for_each(|part| other.replace(part));
    let open = |hardware| postern_verifier::Verifier::open_on(None, &stolen, Some(Box::new(hardware))).unwrap();
    let elsewhere = open(other);
    for error in [
        elsewhere.check("api-tasks", plant.now).unwrap_err().to_string(),
        elsewhere.checkout(&id("bot-creator"), "eve", plant.now).unwrap_err().to_string(),
    ] {
        assert!(error.contains("not the machine"), "{error}");
    }
}

/// What proves a fork can be read by anybody: a license with its whole chain.
#[test]
fn a_proof_is_a_license_file() {
    let (mut plant, lost, _) = rolled_back();
    let file = plant.answer(&lost, &[("bot-creator", 5)], |_| {});
    plant.rolled_back(&file);
    let proof = plant.verifier.proofs().unwrap().remove(0);
    assert_eq!(File::parse(&proof, &Limits::DEFAULT).unwrap().kind(), Some(Kind::License));
}
