//! Verifying an OLF from its bytes to `Verified`, against its floor measured in the same run.
//!
//! The file carries an operations grant, an account's grant and a license; the trust is known. The floor is what no
//! verifier can do without: three `verify_strict`, two key parses, one read of the same typed structs with plain
//! `serde_json`, base64 and SHA-256. The goal is a ratio of at most 1.05; `cargo bench -p postern-protocol` prints it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::hint::black_box;
use std::time::Instant;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use criterion::Criterion;
use ed25519_dalek::{Signature, VerifyingKey};
use postern_protocol::documents::{Grant, License};
use postern_protocol::envelope::pae;
use postern_protocol::{Digest, Limits, Reader, TrustState, VerifiedFile};
use postern_testkit::{World, key, public, sign};
use serde::{Deserialize, de::DeserializeOwned};

const ROUNDS: usize = 10_000;

fn main() {
    let world = World::new();
    let trust = world.trust_state();
    let root = VerifyingKey::from_bytes(world.trust.keys[0].as_bytes()).unwrap();
    let license = world.license(public(&key(30)), Some(Digest::of(b"request")));
    let file = world.file(sign(&license, &[&world.portal_key])).to_bytes();
    let ours = || drop(black_box(verify(&trust, black_box(&file))));
    let least = || drop(black_box(floor(&root, black_box(&file))));

    // `cargo test --benches` only asks whether it runs.
    if !std::env::args().any(|argument| argument == "--test") {
        report(file.len(), &ours, &least);
    }
    let mut criterion = Criterion::default().configure_from_args();
    criterion.bench_function("olf/verify", |bencher| bencher.iter(ours));
    criterion.bench_function("olf/floor", |bencher| bencher.iter(least));
    criterion.final_summary();
}

fn verify(trust: &TrustState, file: &[u8]) -> VerifiedFile<License> {
    let reader = Reader { trust, revocations: &[], limits: Limits::DEFAULT };
    reader.file(file).unwrap()
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(rename = "payloadType")]
    payload_type: &'a str,
    payload: &'a str,
    #[serde(borrow)]
    signatures: Vec<WireSignature<'a>>,
}

#[derive(Deserialize)]
struct WireSignature<'a> {
    sig: &'a str,
}

/// One document at the least: JSON, base64, SHA-256, one strict verification.
fn floor_document<T: DeserializeOwned>(key: &VerifyingKey, line: &[u8]) -> (T, Digest) {
    let wire: Wire<'_> = serde_json::from_slice(line).unwrap();
    let payload = STANDARD.decode(wire.payload).unwrap();
    let signature = Signature::from_slice(&STANDARD.decode(wire.signatures[0].sig).unwrap()).unwrap();
    key.verify_strict(&pae(wire.payload_type, &payload), &signature).unwrap();
    (serde_json::from_slice(&payload).unwrap(), Digest::of(&payload))
}

fn floor(root: &VerifyingKey, file: &[u8]) -> License {
    // Its lines are found as cheaply as they can be.
    let mut ends = memchr::memchr_iter(b'\n', file);
    let (first, second, third) = (ends.next().unwrap(), ends.next().unwrap(), ends.next().unwrap());
    let (operations, _) = floor_document::<Grant>(root, &file[..first]);
    let operations_key = VerifyingKey::from_bytes(operations.subject.as_bytes()).unwrap();
    let (account, _) = floor_document::<Grant>(&operations_key, &file[first + 1..second]);
    let account_key = VerifyingKey::from_bytes(account.subject.as_bytes()).unwrap();
    floor_document::<License>(&account_key, &file[second + 1..third]).0
}

/// Both in turn, each run by itself: a run is far shorter than a time slice, so that other work on the machine spoils
/// some runs of either, and hardly their medians.
fn report(bytes: usize, ours: &dyn Fn(), least: &dyn Fn()) {
    let time = |run: &dyn Fn()| {
        let start = Instant::now();
        run();
        start.elapsed().as_secs_f64() * 1e6
    };
    let (mut all_ours, mut all_least): (Vec<f64>, Vec<f64>) = (0..ROUNDS).map(|_| (time(ours), time(least))).unzip();
    let mut at_part = |part: usize| {
        let at = |times: &mut Vec<f64>| *times.select_nth_unstable_by(ROUNDS / part, f64::total_cmp).1;
        (at(&mut all_ours), at(&mut all_least))
    };
    let (fast_ours, fast_least) = at_part(10);
    let (ours, least) = at_part(2);
    println!(
        "olf of {bytes} bytes, 3 signatures: {ours:.1} µs against a floor of {least:.1} µs, ratio {:.3} (of medians; \
         {:.3} of the fastest tenths)",
        ours / least,
        fast_ours / fast_least
    );
}
