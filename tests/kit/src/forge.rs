//! Lines and files that no honest tool makes: any bytes as a payload, any payload type, any signatures.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use postern_protocol::Kind;
use postern_protocol::envelope::pae;
use postern_protocol::{Envelope, PublicKey, SecretKey};
use serde_json::{Value, json};

use crate::public;

/// One line of a file: these bytes as a document of this kind, signed by these keys.
pub fn line(kind: Kind, payload: &[u8], keys: &[&SecretKey]) -> Vec<u8> {
    let payload_type = kind.payload_type();
    let message = pae(&payload_type, payload);
    let signatures: Vec<_> = keys.iter().map(|key| (public(key), key.sign(&message).to_vec())).collect();
    raw_line(&payload_type, payload, &signatures)
}

/// One line of a file with any payload type and any bytes as signatures.
pub fn raw_line(payload_type: &str, payload: &[u8], signatures: &[(PublicKey, Vec<u8>)]) -> Vec<u8> {
    let signature = |(key, bytes): &(PublicKey, Vec<u8>)| json!({"keyid": key.key_id(), "sig": STANDARD.encode(bytes)});
    let envelope = json!({
        "payload": STANDARD.encode(payload),
        "payloadType": payload_type,
        "signatures": signatures.iter().map(signature).collect::<Vec<_>>(),
    });
    envelope.to_string().into_bytes()
}

/// A line's envelope as JSON with one change to it.
pub fn edited(line: &[u8], edit: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut envelope: Value = serde_json::from_slice(line).unwrap();
    edit(&mut envelope);
    envelope.to_string().into_bytes()
}

/// The lines of envelopes.
pub fn lines<'a>(envelopes: impl IntoIterator<Item = &'a Envelope>) -> Vec<Vec<u8>> {
    envelopes.into_iter().map(|envelope| envelope.line().to_vec()).collect()
}

/// A file of these lines, each ended by a line feed.
pub fn file(lines: &[Vec<u8>]) -> Vec<u8> {
    lines.iter().flat_map(|line| line.iter().copied().chain([b'\n'])).collect()
}
