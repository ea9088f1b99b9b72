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
use postern_protocol::{Digest, Limits, Reader, TrustState};
use postern_testkit::{World, key, public, sign};
use serde::{Deserialize, de::DeserializeOwned};

const ROUNDS: usize = 401;
const BATCH: usize = 20;

fn main() {
    let world = World::new();
    let trust = world.trust_state();
    let root = VerifyingKey::from_bytes(world.trust.keys[0].as_bytes()).unwrap();
    let license = world.license(public(&key(30)), Some(Digest::of(b"request")));
    let file = world.file(sign(&license, &[&world.portal_key])).to_bytes();
    let ours = || verify(&trust, black_box(&file));
    let least = || floor(&root, black_box(&file));

    // `cargo test --benches` only asks whether it runs.
    if !std::env::args().any(|argument| argument == "--test") {
        report(file.len(), &ours, &least);
    }
    let mut criterion = Criterion::default().configure_from_args();
    criterion.bench_function("olf/verify", |bencher| bencher.iter(ours));
    criterion.bench_function("olf/floor", |bencher| bencher.iter(least));
    criterion.final_summary();
}

fn verify(trust: &TrustState, file: &[u8]) -> License {
    let reader = Reader { trust, revocations: &[], limits: Limits::DEFAULT };
    reader.file::<License>(file).unwrap().document.get().clone()
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
    let mut lines = file.split(|byte| *byte == b'\n');
    let (operations, _) = floor_document::<Grant>(root, lines.next().unwrap());
    let operations_key = VerifyingKey::from_bytes(operations.subject.as_bytes()).unwrap();
    let (account, _) = floor_document::<Grant>(&operations_key, lines.next().unwrap());
    let account_key = VerifyingKey::from_bytes(account.subject.as_bytes()).unwrap();
    floor_document::<License>(&account_key, lines.next().unwrap()).0
}

/// Both in turn, so that whatever else the machine does meets both alike; the median of the ratios.
fn report(bytes: usize, ours: &dyn Fn() -> License, least: &dyn Fn() -> License) {
    let time = |run: &dyn Fn() -> License| {
        let start = Instant::now();
        for _ in 0..BATCH {
            black_box(run());
        }
        start.elapsed().as_secs_f64() / BATCH as f64 * 1e6
    };
    time(ours);
    time(least);
    let mut rounds: Vec<(f64, f64)> = (0..ROUNDS)
        .map(|round| {
            if round % 2 == 0 {
                let ours = time(ours);
                (ours, time(least))
            } else {
                let least = time(least);
                (time(ours), least)
            }
        })
        .collect();
    rounds.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
    let (ours, least) = rounds[ROUNDS / 2];
    let (low, high) = (rounds[ROUNDS / 4], rounds[ROUNDS * 3 / 4]);
    println!(
        "olf of {bytes} bytes, 3 signatures: {ours:.1} µs against a floor of {least:.1} µs, ratio {:.3} \
         (quartiles {:.3} to {:.3})",
        ours / least,
        low.0 / low.1,
        high.0 / high.1
    );
}
