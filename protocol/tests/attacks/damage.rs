//! A byte changed at every position of a valid OLF: refused, or every verified payload is byte-equal to the original.

use postern_protocol::VerifiedFile;
use postern_protocol::documents::{Grantor, License};
use postern_testkit::{forge, full, rotation, sign};

use crate::scene::Scene;

/// The reader is at trust 1; the file brings trust 2, two grants, revocations and the license.
fn file(scene: &Scene) -> Vec<u8> {
    let (_, second) = rotation::rotated(&scene.world.trust, &[1], &[1], 1);
    let list = sign(&full::revocations(Grantor::Key(scene.world.ops.subject)), &[&scene.world.ops_key]);
    let mut lines = scene.lines();
    lines.insert(2, list.line().to_vec());
    lines.insert(0, second.line().to_vec());
    forge::file(&lines)
}

fn payloads(file: &VerifiedFile<License>) -> Vec<Vec<u8>> {
    let trust = file.chain.trust().history().iter().map(|one| one.envelope());
    let grants = file.chain.grants().iter().map(|one| one.envelope());
    let lists = file.chain.revocations().iter().map(|one| one.envelope());
    let all = trust.chain(grants).chain(lists).chain([file.document.envelope()]);
    all.map(|envelope| envelope.payload().to_vec()).collect()
}

#[test]
fn every_byte() {
    let scene = Scene::new();
    let good = file(&scene);
    let original = payloads(&scene.read(&good).unwrap());
    assert_eq!(original.len(), 6);
    let (mut read, mut refused) = (0, 0);
    for position in 0..good.len() {
        let byte = good[position];
        // A flipped bit at either end, the other case or alphabet, and characters that end or begin things.
        for other in [byte ^ 1, byte ^ 0x20, byte ^ 0x80, b'"', b'\n', b'=', b' '] {
            if other == byte {
                continue;
            }
            let mut damaged = good.clone();
            damaged[position] = other;
            match scene.read::<License>(&damaged) {
                Ok(file) => {
                    assert_eq!(payloads(&file), original, "byte {position}: {byte} became {other}");
                    read += 1;
                }
                Err(_) => refused += 1,
            }
        }
    }
    // Key ids are hints and the last line feed may be anything that ends a line: these few pass, all else is refused.
    assert!(refused > 40_000, "{refused}");
    assert!((1..refused / 5).contains(&read), "{read}");
}

/// The same for a byte taken out or put in.
#[test]
fn every_byte_left_out_or_doubled() {
    let scene = Scene::new();
    let good = file(&scene);
    let original = payloads(&scene.read(&good).unwrap());
    for position in 0..good.len() {
        let mut shorter = good.clone();
        let byte = shorter.remove(position);
        let mut longer = good.clone();
        longer.insert(position, byte);
        for damaged in [shorter, longer] {
            if let Ok(file) = scene.read::<License>(&damaged) {
                assert_eq!(payloads(&file), original, "byte {position}");
            }
        }
    }
}
