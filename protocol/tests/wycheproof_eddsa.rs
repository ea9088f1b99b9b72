//! Wycheproof: every Ed25519, HKDF-SHA256 and AES-CBC vector, against the primitives as Postern uses them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use aes::cipher::{BlockModeDecrypt, KeyIvInit, block_padding::Pkcs7};
use ed25519_dalek::{Signature, VerifyingKey};
use hkdf::Hkdf;
use sha2::Sha256;
use wycheproof::TestResult;

/// `verify_strict`, the only way in which Postern verifies. A signature that is not 64 bytes long is none.
fn verifies(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let Some(key) = key.try_into().ok().and_then(|key| VerifyingKey::from_bytes(key).ok()) else {
        return false;
    };
    Signature::from_slice(signature).is_ok_and(|signature| key.verify_strict(message, &signature).is_ok())
}

#[test]
fn ed25519_valid_is_accepted_and_invalid_refused() {
    use wycheproof::eddsa::{TestName, TestSet};
    let set = TestSet::load(TestName::Ed25519).unwrap();
    let (mut valid, mut invalid) = (0, 0);
    for group in &set.test_groups {
        for test in &group.tests {
            // The file has no "acceptable" vectors. Should a later one have some, strict means refused: look at them.
            let expected = match test.result {
                TestResult::Valid => true,
                TestResult::Invalid => false,
                TestResult::Acceptable => panic!("vector {}: decide what strict verification does here", test.tc_id),
            };
            *(if expected { &mut valid } else { &mut invalid }) += 1;
            let found = verifies(&group.key.pk, &test.msg, &test.sig);
            assert_eq!(found, expected, "vector {}: {} {:?}", test.tc_id, test.comment, test.flags);
        }
    }
    println!("Wycheproof Ed25519: {valid} valid, {invalid} invalid");
    assert!(valid > 50 && invalid > 50 && valid + invalid > 100);
}

#[test]
fn hkdf_sha256() {
    use wycheproof::hkdf::{TestName, TestSet};
    let set = TestSet::load(TestName::HkdfSha256).unwrap();
    let mut count = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let mut okm = vec![0; test.size];
        let made = Hkdf::<Sha256>::new(Some(&test.salt), &test.ikm).expand(&test.info, &mut okm).is_ok();
        let expected = test.result == TestResult::Valid;
        assert_eq!(made && okm == test.okm[..], expected, "vector {}: {}", test.tc_id, test.comment);
        count += 1;
    }
    println!("Wycheproof HKDF-SHA256: {count}");
    assert!(count > 80);
}

/// The cipher and padding that sealed keys are read with.
#[test]
fn aes_256_cbc_pkcs7() {
    use wycheproof::cipher::{TestName, TestSet};
    let set = TestSet::load(TestName::AesCbcPkcs5).unwrap();
    let mut count = 0;
    for group in set.test_groups.iter().filter(|group| group.key_size == 256) {
        for test in &group.tests {
            let mut buffer = test.ct.to_vec();
            let found = cbc::Decryptor::<aes::Aes256>::new_from_slices(&test.key, &test.nonce)
                .unwrap()
                .decrypt_padded::<Pkcs7>(&mut buffer)
                .is_ok_and(|plaintext| plaintext == &test.pt[..]);
            assert_eq!(found, test.result == TestResult::Valid, "vector {}: {}", test.tc_id, test.comment);
            count += 1;
        }
    }
    println!("Wycheproof AES-256-CBC-PKCS7: {count}");
    assert!(count > 50);
}
