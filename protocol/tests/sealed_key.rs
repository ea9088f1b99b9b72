//! Sealed keys: what OpenSSL and pyca write is opened, what we write OpenSSL opens, everything else is refused by name.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::io::Write as _;
use std::process::{Command, Stdio};

use pkcs8::der::{Encode, SecretDocument, pem::LineEnding};
use pkcs8::pkcs5::pbes2;
use postern_protocol::Explain as _;
use postern_protocol::sealed_key::{OpenError, SealError, SecretKey, open, open_expecting, seal};

/// OpenSSL 3.0: `openssl pkcs8 -topk8 -scrypt -scrypt_N 16384 -scrypt_r 8 -scrypt_p 5 -v2 aes-256-cbc` over the seed
/// 00 01 … 1f, passphrase "correct horse".
const BY_OPENSSL: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGTME8GCSqGSIb3DQEFDTBCMCEGCSsGAQQB2kcECzAUBAiq/yMdBREbwAICQAAC
AQgCAQUwHQYJYIZIAWUDBAEqBBBNKWPISSPTHAuJepZimFiHBEAAjWgnfkm1gUeD
TP6h6bwyVPA2iQp+jt+Pj8Df1ZAGUkXpNt2iBnv/qZik361XygFzkEU/Dy4i5fa5
pmtZPHts
-----END ENCRYPTED PRIVATE KEY-----
";

/// `asymmetric/PKCS8/ed25519-scrypt.pem` of `cryptography-vectors` 50.0.2 (Apache-2.0 or BSD-3-Clause).
const BY_PYCA: &str = include_str!("data/ed25519-scrypt.pem");
const BY_PYCA_PASSPHRASE: &[u8] = b"hunter42";
const BY_PYCA_PUBLIC: &str = "4d29167f3f1912a6f7adfa293a051a15c05ec67b8f17267b1c5550dce853bd0d";

/// `asymmetric/Ed25519/ed25519-pkcs8-enc.pem` of the same: PBKDF2 instead of scrypt.
const PBKDF2: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhDgfwSFbYckgICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEFR6pN0F5UEPFF/Z8RB0maoEQG0i
za5Fgv9/c8H9med7ttjbbh8T73t+Rq2dcFT2kcUM2HJWGrWMvDpTEPEy0hduYFDh
YMcDjtOCKyUTwPovQI0=
-----END ENCRYPTED PRIVATE KEY-----
";

/// `asymmetric/Ed25519/ed25519-pkcs8.pem` of the same: not encrypted.
const UNSEALED: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn counting_seed() -> [u8; 32] {
    std::array::from_fn(|index| u8::try_from(index).unwrap())
}

/// Encrypts any inner DER with any cheap scrypt parameters, as another tool might.
fn sealed_by_others(inner: &[u8], (log_n, r, p): (u8, u32, u32)) -> String {
    let params = scrypt::Params::new(log_n, r, p).unwrap();
    let parameters = pbes2::Parameters::generate_scrypt_aes256cbc(params, b"salt", [3; 16]).unwrap();
    let encrypted_data = parameters.encrypt("x", inner).unwrap();
    let info = pkcs8::EncryptedPrivateKeyInfoRef {
        encryption_algorithm: parameters.into(),
        encrypted_data: pkcs8::der::asn1::OctetStringRef::new(&encrypted_data).unwrap(),
    };
    let document = SecretDocument::try_from(info).unwrap();
    document.to_pem("ENCRYPTED PRIVATE KEY", LineEnding::LF).unwrap().to_string()
}

fn v1(seed: &[u8; 32]) -> Vec<u8> {
    let prefix = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    [prefix.as_slice(), seed].concat()
}

fn v2(seed: &[u8; 32], public: &[u8; 32]) -> Vec<u8> {
    let private_key = [[4, 0x20].as_slice(), seed].concat();
    pkcs8::PrivateKeyInfoRef {
        algorithm: pkcs8::AlgorithmIdentifierRef {
            oid: pkcs8::ObjectIdentifier::new_unwrap("1.3.101.112"),
            parameters: None,
        },
        private_key: pkcs8::der::asn1::OctetStringRef::new(&private_key).unwrap(),
        public_key: Some(pkcs8::der::asn1::BitStringRef::new(0, public).unwrap()),
    }
    .to_der()
    .unwrap()
}

#[test]
fn what_we_seal_we_open_and_nobody_else_without_the_passphrase() {
    let secret = SecretKey::from_bytes(&counting_seed());
    let pem = seal(&secret, b"correct horse", [1; 16], [2; 16]).unwrap();
    assert!(pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n") && pem.ends_with("KEY-----\n"), "{pem}");
    assert_eq!(open(&pem, b"correct horse").unwrap().expose(), secret.expose());
    assert_eq!(open(&pem, b"correct hors").unwrap_err(), OpenError::WrongPassphrase);
    assert_eq!(open(&pem, b"").unwrap_err(), OpenError::WrongPassphrase);
    assert_eq!(seal(&secret, b"", [1; 16], [2; 16]).unwrap_err(), SealError::EmptyPassphrase);
    // Line ends, blanks around it and a missing last line end are what editors and mail do to files.
    let travelled = format!("\r\n{}  ", pem.replace('\n', "\r\n").trim_end());
    assert_eq!(open(&travelled, b"correct horse").unwrap().expose(), secret.expose());
}

#[test]
fn keys_sealed_by_openssl_and_pyca_are_opened() {
    let secret = open(BY_OPENSSL, b"correct horse").unwrap();
    assert_eq!(secret.expose(), &counting_seed());
    let secret = open(BY_PYCA, BY_PYCA_PASSPHRASE).unwrap();
    assert_eq!(hex(&secret.public_bytes()), BY_PYCA_PUBLIC);
}

#[test]
fn openssl_opens_what_we_seal() {
    let Ok(version) = Command::new("openssl").arg("version").output() else {
        println!("SKIPPED: openssl is not installed");
        return;
    };
    let secret = SecretKey::from_bytes(&counting_seed());
    let pem = seal(&secret, b"correct horse", [1; 16], [2; 16]).unwrap();
    let mut openssl = Command::new("openssl")
        .args(["pkey", "-passin", "pass:correct horse", "-text", "-noout"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    openssl.stdin.take().unwrap().write_all(pem.as_bytes()).unwrap();
    let output = openssl.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&version.stdout));
    let shown: String = String::from_utf8(output.stdout).unwrap().split(char::is_whitespace).collect();
    let colons = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":");
    assert!(
        shown.contains(&format!("priv:{}pub:{}", colons(secret.expose()), colons(&secret.public_bytes()))),
        "{shown}"
    );
}

#[test]
fn other_files_are_refused_by_what_they_are() {
    let public = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";
    let unknown_kdf = BY_OPENSSL.replace("2kcECz", "2kcEDD");
    let longer = BY_OPENSSL.replace("-----END", "AAAA\n-----END");
    for (text, expected) in [
        ("", OpenError::NotPem),
        ("{\"kind\":\"grant\"}", OpenError::NotPem),
        (&BY_OPENSSL[..200], OpenError::NotPem),
        (public, OpenError::NotPem),
        (UNSEALED, OpenError::NotSealed),
        (PBKDF2, OpenError::Unsupported),
        (&unknown_kdf, OpenError::Unsupported),
        (&longer, OpenError::NotPem),
        ("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n", OpenError::Malformed),
        (&" ".repeat(16 * 1024 + 1), OpenError::TooLarge),
    ] {
        assert_eq!(open(text, b"password").unwrap_err(), expected, "{text}");
    }
}

/// The limits themselves are accepted; one step beyond is refused before any memory is taken.
#[test]
fn scrypt_beyond_the_limits_is_refused() {
    let inner = v1(&counting_seed());
    for allowed in [(4, 8, 16), (15, 8, 1), (1, 1, 1)] {
        assert_eq!(open(&sealed_by_others(&inner, allowed), b"x").unwrap().expose(), &counting_seed(), "{allowed:?}");
    }
    for refused in [(16, 1, 1), (4, 9, 1), (4, 8, 17)] {
        assert_eq!(open(&sealed_by_others(&inner, refused), b"x").unwrap_err(), OpenError::TooCostly, "{refused:?}");
    }
    // The same file with N = 0x4001 for 0x4000: no power of two.
    let odd = BY_OPENSSL.replace("wAICQAAC", "wAICQAEC");
    assert_eq!(open(&odd, b"correct horse").unwrap_err(), OpenError::Malformed);
}

#[test]
fn version_2_is_opened_if_its_public_key_belongs_to_it() {
    let secret = SecretKey::from_bytes(&counting_seed());
    let good = sealed_by_others(&v2(secret.expose(), &secret.public_bytes()), (4, 8, 1));
    assert_eq!(open(&good, b"x").unwrap().expose(), secret.expose());
    let bad = sealed_by_others(&v2(secret.expose(), &[9; 32]), (4, 8, 1));
    assert_eq!(open(&bad, b"x").unwrap_err(), OpenError::OtherKey);
}

#[test]
fn other_kinds_of_keys_are_refused() {
    let mut x25519 = v1(&counting_seed());
    x25519[11] = 0x6e;
    assert_eq!(open(&sealed_by_others(&x25519, (4, 8, 1)), b"x").unwrap_err(), OpenError::NotEd25519);
    let nonsense = sealed_by_others(b"no DER at all", (4, 8, 1));
    assert_eq!(open(&nonsense, b"x").unwrap_err(), OpenError::WrongPassphrase);
}

#[test]
fn the_expected_public_key_decides() {
    let pem = sealed_by_others(&v1(&counting_seed()), (4, 8, 1));
    let public = SecretKey::from_bytes(&counting_seed()).public_bytes();
    assert_eq!(open_expecting(&pem, b"x", &public).unwrap().public_bytes(), public);
    assert_eq!(open_expecting(&pem, b"x", &[9; 32]).unwrap_err(), OpenError::OtherKey);
}

/// CBC without authentication: damage within the key goes unnoticed by `open`, never by `open_expecting`.
#[test]
fn every_damaged_byte_is_noticed_when_the_public_key_is_known() {
    let pem = sealed_by_others(&v1(&counting_seed()), (4, 8, 1));
    let public = SecretKey::from_bytes(&counting_seed()).public_bytes();
    let (_, document) = SecretDocument::from_pem(&pem).unwrap();
    for position in 0..document.as_bytes().len() {
        let mut damaged = document.as_bytes().to_vec();
        damaged[position] ^= 1;
        let Ok(damaged) = SecretDocument::try_from(damaged) else { continue };
        let damaged = damaged.to_pem("ENCRYPTED PRIVATE KEY", LineEnding::LF).unwrap();
        // The one byte that may change without effect would be one that says nothing; there is none.
        assert!(open_expecting(&damaged, b"x", &public).is_err(), "byte {position}");
    }
}

#[test]
fn secrets_do_not_print_and_errors_come_in_pairs() {
    let secret = SecretKey::from_bytes(&[0xab; 32]);
    assert_eq!(format!("{secret:?} {secret:#?}"), "SecretKey(..) SecretKey(..)");
    use OpenError::{
        Malformed, NotEd25519, NotPem, NotSealed, OtherKey, TooCostly, TooLarge, Unsupported, WrongPassphrase,
    };
    let all = [TooLarge, NotPem, NotSealed, Malformed, Unsupported, TooCostly, WrongPassphrase, NotEd25519, OtherKey];
    let codes: std::collections::BTreeSet<_> = all.iter().map(|error| error.code()).collect();
    assert_eq!(codes.len(), all.len());
    assert!(all.iter().all(|error| !error.advice().is_empty() && !error.to_string().is_empty()));
}

/// RFC 8032 §7.1, test 2.
#[test]
fn signs_as_rfc_8032_says() {
    let seed = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
    let seed: Vec<u8> = (0..64).step_by(2).map(|at| u8::from_str_radix(&seed[at..at + 2], 16).unwrap()).collect();
    let secret = SecretKey::from_bytes(&seed.try_into().unwrap());
    assert_eq!(hex(&secret.public_bytes()), "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    assert_eq!(
        hex(&secret.sign(&[0x72])),
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
         085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    );
}
