//! License Codes: independent vectors, every single error and transposition caught, what people type is read.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use postern_protocol::Explain as _;
use postern_protocol::license_code::{LicenseCodeError, decode, encode};
use proptest::prelude::*;

const ALPHABET: &str = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L";

/// RFC 8032's first test key; the code computed by BIP-350's reference algorithm in another language.
const CODE: &str = "PSTN1-6ADFS-QVZKY-9T042-TLMFU-JEQ88-G8WZU-HNM2N-ZXFD0-QGDX3-AC82Y-DQ50C-L9N";
const KEY: [u8; 32] = [
    0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a, 0x0e, 0xe1, 0x72,
    0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a,
];

#[test]
fn equals_an_independent_implementation() {
    assert_eq!(encode(&KEY), CODE);
    assert_eq!(decode(CODE), Ok(KEY));
}

#[test]
fn what_people_type_is_read() {
    let plain = CODE.replace('-', "");
    for typed in [
        CODE.to_lowercase(),
        plain.clone(),
        CODE.replace('-', " "),
        CODE.replace('-', "\u{2013}"),
        format!("  {}\r\n", CODE.replace("-TLMFU", "\n-TLMFU")),
        CODE.replace('0', "O"),
        CODE.replace('0', "o"),
        CODE.replace('L', "1"),
        CODE.replace('L', "i"),
        CODE.replace("PSTN1", "pstnl"),
        CODE.replace('8', "b"),
    ] {
        assert_eq!(decode(&typed), Ok(KEY), "{typed}");
    }
}

#[test]
fn what_is_no_code_is_refused_by_what_is_wrong() {
    for (typed, expected) in [
        (String::new(), LicenseCodeError::Prefix),
        ("QQQSY-QCYQ5-RQWZQ-FPG9S-CRGW6-VLYXP".into(), LicenseCodeError::Prefix),
        (CODE.replace("PSTN1", ""), LicenseCodeError::Prefix),
        (CODE.replace("6ADFS", "6ADF_"), LicenseCodeError::Character('_')),
        (CODE.replace("6ADFS", "6ADFÉ"), LicenseCodeError::Character('É')),
        (CODE[..70].into(), LicenseCodeError::Length),
        (format!("{CODE}Q"), LicenseCodeError::Length),
        (" ".repeat(513), LicenseCodeError::Length),
        (CODE.replace("6ADFS", "6ADSF"), LicenseCodeError::Checksum),
    ] {
        let error = decode(&typed).unwrap_err();
        assert_eq!(error, expected, "{typed}");
        assert!(
            error.code().starts_with("license-code-") && !error.advice().is_empty() && !error.to_string().is_empty()
        );
    }
}

/// Every other symbol at every position, and every swap of two neighbours.
#[test]
fn every_single_error_and_transposition_is_caught() {
    let symbols: Vec<char> = CODE.chars().filter(|symbol| *symbol != '-').collect();
    let mut tried = 0;
    for position in 5..symbols.len() {
        for other in ALPHABET.chars().filter(|other| *other != symbols[position]) {
            let mut typed = symbols.clone();
            typed[position] = other;
            assert!(decode(&typed.iter().collect::<String>()).is_err());
            tried += 1;
        }
        let mut typed = symbols.clone();
        typed.swap(position, position - 1);
        assert!(typed == symbols || decode(&typed.iter().collect::<String>()).is_err());
    }
    assert_eq!(tried, 58 * 31);
}

/// The four unused bits of the last data symbol: 15 other texts with a right checksum, which are not codes of the key.
#[test]
fn a_key_has_one_code() {
    use bech32::primitives::iter::Fe32IterExt;
    use bech32::{Bech32m, Fe32, Hrp};
    let body: Vec<char> = CODE.replace('-', "").chars().skip(5).take(52).collect();
    let hrp = Hrp::parse("pstn").unwrap();
    let mut refused = 0;
    for last in 0..32 {
        let mut symbols: Vec<Fe32> = body.iter().map(|symbol| Fe32::from_char(*symbol).unwrap()).collect();
        let own = symbols[51].to_u8();
        if last == own || last >> 4 != own >> 4 {
            continue;
        }
        symbols[51] = Fe32::try_from(last).unwrap();
        let text: String = symbols.into_iter().with_checksum::<Bech32m>(&hrp).chars().collect();
        assert_eq!(decode(&text), Err(LicenseCodeError::Checksum), "{text}");
        refused += 1;
    }
    assert_eq!(refused, 15);
}

proptest! {
    #[test]
    fn reads_what_it_writes(key in any::<[u8; 32]>()) {
        let code = encode(&key);
        prop_assert_eq!(code.len(), 75);
        prop_assert!(code.split('-').rev().skip(1).all(|group| group.len() == 5));
        prop_assert_eq!(decode(&code), Ok(key));
        prop_assert_eq!(decode(&code.to_lowercase().replace('-', "")), Ok(key));
    }

    /// Bech32m promises this for up to four wrong symbols.
    #[test]
    fn up_to_four_errors_are_caught(
        key in any::<[u8; 32]>(),
        changes in proptest::collection::btree_map(5_usize..63, 1_usize..32, 1..=4),
    ) {
        let mut symbols: Vec<char> = encode(&key).chars().filter(|symbol| *symbol != '-').collect();
        for (position, by) in changes {
            let at = ALPHABET.find(symbols[position]).unwrap();
            symbols[position] = ALPHABET.chars().nth((at + by) % 32).unwrap();
        }
        prop_assert_eq!(decode(&symbols.iter().collect::<String>()), Err(LicenseCodeError::Checksum));
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,100}") {
        let _ = decode(&text);
    }
}
