//! Plays a machine for the browser tests: makes requests that no verifier in its right mind makes, signed by its key.
//!
//! `cargo run -p postern-testkit --example machine -- TOKEN OUT lfr RECORDS`, or instead of `lfr RECORDS`:
//! `clock SECONDS` (its clock and its floor are that far ahead), `restored RECORDS LICENSE` (it lost this license).

use std::time::{SystemTime, UNIX_EPOCH};

use postern_protocol::documents::*;
use postern_protocol::{Digest, File, Kind, Limits, SecretKey, Time};
use postern_testkit::{World, id, public, sign};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [token, out, what, number, ..] = arguments.as_slice() else { panic!("arguments are missing") };
    let now = Time::from_unix(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs());
    let (token, token_digest) = read(token, Kind::Enablement);
    let token: Enablement = serde_json::from_slice(&token).unwrap();
    // Each token has a machine of its own.
    let device = SecretKey::from_bytes(token_digest.as_bytes());
    let number: u64 = number.parse().unwrap();
    let plain = Request {
        account: Some(token.account),
        license_id: Some(token.license_id),
        cycle: Cycle { cycle: 1, number: 1, first_generated_at: now, generated_at: now },
        nonce: id(&format!("{what}-{number}")),
        ledgers: vec![token.ledger],
        ..World::new().request(public(&device), Some(token_digest))
    };
    let head = Digest::of(&number.to_be_bytes());
    let usage = Checkpoint { count: number, head, ..plain.usage };
    let request = match what.as_str() {
        "lfr" => Request { usage, ..plain },
        "clock" => {
            let ahead = now.plus(number);
            Request { purpose: Purpose::Clock, clock: Some(ClockReading { now: ahead, floor: ahead }), ..plain }
        }
        "restored" => {
            let (_, lost) = read(&arguments[4], Kind::License);
            Request { usage, recovers: Some(lost), ..plain }
        }
        other => panic!("what is {other}?"),
    };
    let file = File { documents: vec![sign(&request, &[&device])], ..File::default() };
    std::fs::write(out, file.to_bytes()).unwrap();
}

/// The payload of a file's document, and its digest.
fn read(path: &str, kind: Kind) -> (Vec<u8>, Digest) {
    let file = File::parse(&std::fs::read(path).unwrap(), &Limits::DEFAULT).unwrap();
    let envelope = file.document(kind).unwrap();
    (envelope.payload().to_vec(), envelope.digest())
}
