//! Our pre-authentication encoding against the crate `dsse` and against fixtures of the reference Go implementation.
//!
//! `data/dsse_cross_lang_signing.json` is the corpus of crate `dsse` 0.1.6 (Apache-2.0), byte for byte; its header says
//! that go-securesystemslib made every encoding and signature in it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, VerifyingKey};
use postern_protocol::envelope::pae;
use postern_protocol::sealed_key::SecretKey;
use proptest::prelude::*;
use serde_json::{Value, json};

const FIXTURES: &str = include_str!("data/dsse_cross_lang_signing.json");

fn bytes(value: &Value) -> Vec<u8> {
    STANDARD.decode(value.as_str().unwrap()).unwrap()
}

#[test]
fn the_example_of_the_dsse_protocol_text() {
    let encoded = pae("http://example.com/HelloWorld", b"hello world");
    assert_eq!(encoded, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
}

#[test]
fn go_securesystemslib_fixtures() {
    let corpus: Value = serde_json::from_str(FIXTURES).unwrap();
    let seed = corpus["test_seed_hex"].as_str().unwrap();
    let seed: Vec<u8> = (0..64).step_by(2).map(|at| u8::from_str_radix(&seed[at..at + 2], 16).unwrap()).collect();
    let secret = SecretKey::from_bytes(&seed.try_into().unwrap());
    let public = VerifyingKey::from_bytes(&secret.public_bytes()).unwrap();
    let fixtures = corpus["fixtures"].as_array().unwrap();
    assert_eq!(fixtures.len(), 11);
    for fixture in fixtures {
        let name = fixture["name"].as_str().unwrap();
        let payload_type = fixture["payload_type"].as_str().unwrap();
        let payload = bytes(&fixture["canonical_b64"]);
        let encoded = pae(payload_type, &payload);
        assert_eq!(encoded, bytes(&fixture["pae_b64"]), "{name}");
        assert_eq!(fixture["envelope"]["payloadType"], payload_type, "{name}");
        assert_eq!(bytes(&fixture["envelope"]["payload"]), payload, "{name}");
        // Ed25519 is deterministic: their key in our hands makes their signature.
        let signature = bytes(&fixture["signature_b64"]);
        assert_eq!(secret.sign(&encoded).as_slice(), signature, "{name}");
        public.verify_strict(&encoded, &Signature::from_slice(&signature).unwrap()).unwrap();
    }
}

/// An envelope with our encoding and signature passes the crate's own verification, and not under another type.
#[test]
fn the_dsse_crate_verifies_what_we_sign() {
    let secret = SecretKey::from_bytes(&[7; 32]);
    let verifier = dsse::Ed25519Signer::from_bytes(&[7; 32]).unwrap().verifier();
    let (kind, payload) = ("application/vnd.postern.license.v1+json", br#"{"kind":"license"}"#);
    let signature = secret.sign(&pae(kind, payload));
    let envelope = |kind: &str| -> dsse::Envelope {
        let (payload, signature) = (STANDARD.encode(payload), STANDARD.encode(signature));
        serde_json::from_value(json!({
            "payloadType": kind, "payload": payload, "signatures": [{"keyid": "sha256:ignored", "sig": signature}],
        }))
        .unwrap()
    };
    let verified = dsse::verify(&envelope(kind), &[&verifier], 1).unwrap();
    assert_eq!(verified.payload, payload);
    assert!(dsse::verify(&envelope("application/vnd.postern.grant.v1+json"), &[&verifier], 1).is_err());
}

proptest! {
    #[test]
    fn equals_the_dsse_crate(payload_type in ".{0,80}", payload in proptest::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert_eq!(pae(&payload_type, &payload), dsse::pae(&payload_type, &payload));
    }
}
