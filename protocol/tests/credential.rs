//! Credentials: license keys and passwords derive the same keys here as in independent implementations.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use postern_protocol::Explain as _;
use postern_protocol::credential::{Argon2Parameters, CredentialError, LicenseKey, derive_from_password};
use proptest::prelude::*;

/// The weakest that is allowed with two passes, to keep the tests quick.
const QUICK: Argon2Parameters = Argon2Parameters { memory_kib: 19_456, passes: 2, lanes: 1 };

/// The license key of the bytes 00 01 … 0e; text by BIP-350's reference algorithm in another language.
const LICENSE_KEY: &str = "QQQSY-QCYQ5-RQWZQ-FPG9S-CRGW6-VLYXP";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn counting_key() -> LicenseKey {
    LicenseKey::from_entropy(std::array::from_fn(|index| u8::try_from(index).unwrap()))
}

/// The seed was computed with Python's `cryptography`.
#[test]
fn a_license_key_derives_what_an_independent_implementation_derives() {
    assert_eq!(*counting_key().to_text(), LICENSE_KEY);
    let secret = LicenseKey::parse(LICENSE_KEY).unwrap().derive("northwind", "automation").unwrap();
    assert_eq!(hex(secret.expose()), "35885d58d0b3ad21b38a6ed7760004db8109bba6a673c20fabda6787bb539055");
}

#[test]
fn a_license_key_is_read_as_people_type_it() {
    let expected = counting_key().derive("v", "p").unwrap().public_bytes();
    for typed in [
        "qqqsyqcyq5rqwzqfpg9scrgw6vlyxp",
        " QQQSY QCYQ5 RQWZQ\nFPG9S CRGW6 V1YXP ",
        "QQQSY-QCYQ5-RQWZQ-FPG9S-CRGW6-ViYXP",
    ] {
        assert_eq!(LicenseKey::parse(typed).unwrap().derive("v", "p").unwrap().public_bytes(), expected, "{typed}");
    }
    for (typed, expected) in [
        ("", CredentialError::LicenseKeyLength),
        ("QQQSY-QCYQ5", CredentialError::LicenseKeyLength),
        ("QQQSY-QCYQ5-RQWZQ-FPG9S-CRGW6-VLYX!", CredentialError::LicenseKeyCharacter('!')),
        ("QQQSY-QCYQ5-RQWZQ-FPG9S-CRGW6-VLYPX", CredentialError::LicenseKeyChecksum),
        ("QQQYS-QCYQ5-RQWZQ-FPG9S-CRGW6-VLYXP", CredentialError::LicenseKeyChecksum),
    ] {
        let error = LicenseKey::parse(typed).unwrap_err();
        assert_eq!(error, expected, "{typed}");
        assert!(
            error.code().starts_with("license-key-") && !error.advice().is_empty() && !error.to_string().is_empty()
        );
    }
}

#[test]
fn vendor_and_product_do_not_run_together() {
    let derive = |vendor, product| counting_key().derive(vendor, product).unwrap().public_bytes();
    let all = [derive("ab", "c"), derive("a", "bc"), derive("", "abc"), derive("c", "ab"), derive("ab", "d")];
    let distinct: std::collections::BTreeSet<_> = all.iter().collect();
    assert_eq!(distinct.len(), all.len());
}

/// The seed was computed with Python's `argon2-cffi` over NFC text; both ways of writing é and ä give it.
#[test]
fn a_password_derives_what_an_independent_implementation_derives() {
    for (user, password) in [("Ren\u{e9}e", "p\u{e4}sswort"), ("Rene\u{301}e", "pa\u{308}sswort")] {
        let secret = derive_from_password("northwind", "automation", user, password, &QUICK).unwrap();
        assert_eq!(hex(secret.expose()), "9f27c5e52242667ec577651c8fbe41eceb271597670b54e554d145385b1bf774");
    }
}

#[test]
fn everything_that_goes_in_changes_the_key() {
    let derive = |vendor, product, user, password| {
        derive_from_password(vendor, product, user, password, &QUICK).unwrap().public_bytes()
    };
    let all = [
        derive("v", "p", "user", "password"),
        derive("w", "p", "user", "password"),
        derive("v", "q", "user", "password"),
        derive("v", "p", "User", "password"),
        derive("v", "p", "user", "Password"),
        derive("vp", "", "user", "password"),
    ];
    let distinct: std::collections::BTreeSet<_> = all.iter().collect();
    assert_eq!(distinct.len(), all.len());
}

#[test]
fn unusable_users_and_passwords_are_refused() {
    let long = "x".repeat(1025);
    for unusable in ["", "line\nbreak", "nul\0", long.as_str()] {
        let user = derive_from_password("v", "p", unusable, "password", &QUICK).unwrap_err();
        let password = derive_from_password("v", "p", "user", unusable, &QUICK).unwrap_err();
        assert_eq!((user, password), (CredentialError::User, CredentialError::Password), "{unusable:?}");
        assert_eq!((user.code(), password.code()), ("credential-user", "credential-password"));
    }
}

#[test]
fn parameters_are_capped_on_both_sides() {
    use CredentialError::{ParametersCostly, ParametersWeak};
    let with = |memory_kib, passes, lanes| Argon2Parameters { memory_kib, passes, lanes }.check();
    assert_eq!(Argon2Parameters::RECOMMENDED.check(), Ok(()));
    for allowed in [with(19_456, 2, 1), with(47_104, 1, 1), with(262_144, 16, 16)] {
        assert_eq!(allowed, Ok(()));
    }
    for weak in [with(19_455, 2, 1), with(47_103, 1, 1), with(65_536, 0, 1), with(65_536, 3, 0), with(0, 0, 0)] {
        assert_eq!(weak, Err(ParametersWeak));
    }
    for costly in [with(262_145, 2, 1), with(65_536, 17, 1), with(65_536, 3, 17), with(u32::MAX, u32::MAX, u32::MAX)] {
        assert_eq!(costly, Err(ParametersCostly));
    }
    let refused =
        derive_from_password("v", "p", "user", "password", &Argon2Parameters { memory_kib: 8, passes: 1, lanes: 1 });
    assert_eq!(refused.unwrap_err(), ParametersWeak);
    assert_eq!(
        (ParametersWeak.code(), ParametersCostly.code()),
        ("credential-parameters-weak", "credential-parameters-costly")
    );
}

#[test]
fn secrets_do_not_print() {
    assert_eq!(format!("{:?}", counting_key()), "LicenseKey(..)");
}

proptest! {
    #[test]
    fn a_license_key_reads_what_it_writes(entropy in any::<[u8; 15]>()) {
        let text = LicenseKey::from_entropy(entropy).to_text();
        prop_assert_eq!(text.len(), 35);
        let read = LicenseKey::parse(&text.to_lowercase()).unwrap();
        prop_assert_eq!(read.to_text(), text);
    }

    #[test]
    fn a_wrong_symbol_is_caught(entropy in any::<[u8; 15]>(), position in 0_usize..35, other in "[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]") {
        let text = LicenseKey::from_entropy(entropy).to_text();
        let own = &text[position..=position];
        prop_assume!(own != "-" && own != other);
        let typed = format!("{}{other}{}", &text[..position], &text[position + 1..]);
        prop_assert_eq!(LicenseKey::parse(&typed).unwrap_err(), CredentialError::LicenseKeyChecksum);
    }
}

#[test]
fn a_trust_documents_parameters_are_checked() {
    let stated = |memory, passes, lanes| {
        let stated = postern_protocol::documents::KeyDerivation {
            argon2id_memory_kib: memory,
            argon2id_passes: passes,
            argon2id_lanes: lanes,
        };
        Argon2Parameters::try_from(&stated)
    };
    assert_eq!(stated(65_536, 3, 4), Ok(Argon2Parameters::RECOMMENDED));
    assert_eq!(stated(1024, 3, 4), Err(CredentialError::ParametersWeak));
    assert_eq!(stated(65_536, 17, 4), Err(CredentialError::ParametersCostly));
    // What fits no smaller number is not cut off to one that is allowed.
    assert_eq!(stated((1 << 32) + 65_536, 3, 4), Err(CredentialError::ParametersCostly));
}
