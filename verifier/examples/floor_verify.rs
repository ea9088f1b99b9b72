//! A floor for the benches: a process that reads keys, messages and signatures from the file `signatures`, and verifies.
//!
//! Each is 32 bytes of key, 64 of signature, 4 of the message's length (big-endian), and the message.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use ed25519_dalek::{Signature, VerifyingKey};

fn main() {
    let bytes = std::fs::read("signatures").unwrap();
    let mut rest = bytes.as_slice();
    while !rest.is_empty() {
        let (key, after) = rest.split_first_chunk::<32>().expect("a key");
        let (signature, after) = after.split_first_chunk::<64>().expect("a signature");
        let (length, after) = after.split_first_chunk::<4>().expect("a length");
        let (message, after) = after.split_at(usize::try_from(u32::from_be_bytes(*length)).unwrap());
        VerifyingKey::from_bytes(key).unwrap().verify_strict(message, &Signature::from_bytes(signature)).unwrap();
        rest = after;
    }
}
