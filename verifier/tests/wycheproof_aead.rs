//! Project Wycheproof's XChaCha20-Poly1305 vectors against the cipher that seals usage records.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use wycheproof::TestResult;
use wycheproof::aead::{TestName, TestSet};

#[test]
fn xchacha20_poly1305() {
    let set = TestSet::load(TestName::XChaCha20Poly1305).unwrap();
    let mut accepted = 0;
    let mut refused = 0;
    for group in &set.test_groups {
        for test in &group.tests {
            let mut sealed = test.ct.to_vec();
            sealed.extend_from_slice(&test.tag);
            // The nonce has a fixed length here, so vectors with another one cannot even be asked.
            let opened = <[u8; 24]>::try_from(test.nonce.as_ref()).ok().and_then(|nonce| {
                let cipher = XChaCha20Poly1305::new_from_slice(&test.key).unwrap();
                let payload = Payload { msg: &sealed, aad: &test.aad };
                let opened = cipher.decrypt(&XNonce::from(nonce), payload).ok()?;
                let again = cipher.encrypt(&XNonce::from(nonce), Payload { msg: &opened, aad: &test.aad }).unwrap();
                assert_eq!(again, sealed, "test {}", test.tc_id);
                Some(opened)
            });
            match test.result {
                TestResult::Valid => {
                    assert_eq!(opened.as_deref(), Some(test.pt.as_ref()), "test {}", test.tc_id);
                    accepted += 1;
                }
                TestResult::Invalid => {
                    assert_eq!(opened, None, "test {}", test.tc_id);
                    refused += 1;
                }
                TestResult::Acceptable => panic!("test {}: the suite has no opinion", test.tc_id),
            }
        }
    }
    assert!(accepted > 200 && refused > 50, "{accepted} valid, {refused} invalid");
}
