//! Writes what other people's tools are to verify: an OLF, a bundle, a sealed key, and who signed what.
//!
//! `cargo run -p postern-testkit --example sample -- FOLDER`

use std::path::PathBuf;

use postern_protocol::{Digest, Envelope, PublicKey, sealed_key};
use postern_testkit::{key, public, rotation, sign};
use serde_json::{Value, json};

const PASSPHRASE: &str = "correct horse battery staple";

fn main() {
    let folder = PathBuf::from(std::env::args_os().nth(1).unwrap());
    let world = rotation::two_of_three();
    let roots: Vec<PublicKey> = world.roots.iter().map(public).collect();
    let license = world.license(public(&key(30)), Some(Digest::of(b"request")));
    let license = sign(&license, &[&world.portal_key]);
    let olf = world.file(license.clone());
    let sealed = sealed_key::seal(&world.portal_key, PASSPHRASE.as_bytes(), [3; 16], [4; 16]).unwrap();

    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("sample.olf"), olf.to_bytes()).unwrap();
    std::fs::write(folder.join("portal.pem"), sealed).unwrap();
    let description = json!({
        "documents": [
            document(&olf.grants[0], &roots, 2),
            document(&olf.grants[1], &[public(&world.ops_key)], 1),
            document(&license, &[public(&world.portal_key)], 1),
        ],
        "sealed_key": {"passphrase": PASSPHRASE, "public": hex(public(&world.portal_key).as_bytes())},
    });
    std::fs::write(folder.join("sample.json"), description.to_string()).unwrap();
}

/// What the line is, and the keys of which so many must have signed it.
fn document(envelope: &Envelope, keys: &[PublicKey], threshold: u64) -> Value {
    json!({
        "payload_type": envelope.kind().payload_type(),
        "digest": envelope.digest().to_string(),
        "keys": keys.iter().map(|key| json!({"keyid": key.key_id(), "public": hex(key.as_bytes())})).collect::<Vec<_>>(),
        "threshold": threshold,
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
