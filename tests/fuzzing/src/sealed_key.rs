//! Sealed keys: whatever the file says, it is opened within the caps, always in the same way, or refused.

use pkcs8::EncryptedPrivateKeyInfoRef;
use pkcs8::der::{Decode as _, SecretDocument, pem::LineEnding};
use pkcs8::pkcs5::{EncryptionScheme, pbes2};
use postern_protocol::sealed_key::{OpenError, SecretKey, open, open_expecting, seal};

use crate::legible::or_explained;

const PASSPHRASE: &[u8] = b"correct horse";

/// A text is taken as the file; other bytes become the block of a PEM file.
pub(crate) fn sealed_key(data: &[u8]) {
    let pem = match std::str::from_utf8(data) {
        Ok(text) if text.trim_start().starts_with("-----") => text.to_owned(),
        _ => pem_of(data),
    };
    match cost(&pem) {
        // What a cap refuses is refused without being computed.
        Some(Cost::AboveCaps) => assert_eq!(open(&pem, PASSPHRASE).err(), Some(OpenError::TooCostly)),
        // Right, but so slow that the fuzzer would do nothing else.
        Some(Cost::Slow) => {}
        Some(Cost::Quick) | None => opened(&pem),
    }
}

fn opened(pem: &str) {
    let Some(secret) = or_explained(open(pem, PASSPHRASE)) else { return };
    let public = secret.public_bytes();
    let again = open_expecting(pem, PASSPHRASE, &public).expect("it opens as before");
    assert_eq!(again.expose(), secret.expose());
    assert_eq!(open_expecting(pem, PASSPHRASE, &[0; 32]).err(), Some(OpenError::OtherKey));
    assert_eq!(format!("{secret:?}"), "SecretKey(..)");
}

enum Cost {
    Quick,
    Slow,
    AboveCaps,
}

/// What deriving the key would cost, read by other code than ours.
fn cost(pem: &str) -> Option<Cost> {
    if pem.len() > postern_protocol::sealed_key::MAX_PEM_BYTES {
        return None;
    }
    let (label, document) = SecretDocument::from_pem(pem.trim()).ok()?;
    let info = EncryptedPrivateKeyInfoRef::from_der(document.as_bytes()).ok()?;
    let EncryptionScheme::Pbes2(pbes2::Parameters {
        kdf: pbes2::Kdf::Scrypt(kdf),
        encryption: pbes2::EncryptionScheme::Aes256Cbc { .. },
    }) = info.encryption_algorithm
    else {
        return None;
    };
    if label != "ENCRYPTED PRIVATE KEY" {
        return None;
    }
    let capped = kdf.cost_parameter > 1 << 15 || kdf.block_size > 8 || kdf.parallelization > 16;
    let work = kdf.cost_parameter.saturating_mul(kdf.block_size.into()).saturating_mul(kdf.parallelization.into());
    Some(match (capped, work) {
        (true, _) => Cost::AboveCaps,
        (false, ..=4096) => Cost::Quick,
        (false, _) => Cost::Slow,
    })
}

fn pem_of(der: &[u8]) -> String {
    let document = SecretDocument::try_from(der.to_vec());
    document
        .ok()
        .and_then(|document| document.to_pem("ENCRYPTED PRIVATE KEY", LineEnding::LF).ok())
        .map_or_else(|| String::from_utf8_lossy(der).into_owned(), |pem| pem.to_string())
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let pem = seal(&SecretKey::from_bytes(&[7; 32]), PASSPHRASE, [1; 16], [2; 16]).unwrap();
    let (_, document) = SecretDocument::from_pem(&pem).unwrap();
    let plain = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH\n-----END PRIVATE KEY-----\n";
    vec![pem.clone().into_bytes(), document.as_bytes().to_vec(), CHEAP.into(), plain.into()]
}

/// A key sealed under the passphrase with scrypt N=16, r=8, p=1.
const CHEAP: &str = include_str!("cheap.pem");
