//! Key import and strict verification against the published collections of Ed25519 edge cases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use ed25519_dalek::{Signature, VerifyingKey};
use postern_protocol::keys::PublicKey;

/// Whether Postern takes this public key in.
fn import(bytes: &[u8; 32]) -> bool {
    PublicKey::from_bytes(*bytes).import().is_ok()
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn key(text: &str) -> [u8; 32] {
    hex(text).try_into().unwrap()
}

/// One case of "Taming the many EdDSAs" (Chalkias, Garillot, Nikolaenko; SSR 2020), as its authors' `ed25519-speccheck`
/// publishes them, with what Postern does: verify the signature strictly, and import the key.
struct Case {
    about: &'static str,
    message: &'static str,
    public_key: &'static str,
    signature: [&'static str; 2],
    verifies: bool,
    imports: bool,
}

const CASES: [Case; 12] = [
    Case {
        about: "0: S = 0, small A, small R",
        message: "8c93255d71dcab10e8f379c26200f3c7bd5f09d9bc3068d3ef4edeb4853022b6",
        public_key: "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        signature: [
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
            "0000000000000000000000000000000000000000000000000000000000000000",
        ],
        verifies: false,
        imports: false,
    },
    Case {
        about: "1: small A",
        message: "9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79",
        public_key: "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        signature: [
            "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
            "a5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04",
        ],
        verifies: false,
        imports: false,
    },
    Case {
        about: "2: mixed A, small R",
        message: "aebf3f2601a0c8c5d39cc7d8911642f740b78168218da8471772b35f9d35b9ab",
        public_key: "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
        signature: [
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
            "8c4bd45aecaca5b24fb97bc10ac27ac8751a7dfe1baff8b953ec9f5833ca260e",
        ],
        verifies: false,
        imports: false,
    },
    Case {
        about: "3: mixed A and R that satisfy both verification equations; strict verification cannot tell, import does",
        message: "9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79",
        public_key: "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
        signature: [
            "9046a64750444938de19f227bb80485e92b83fdb4b6506c160484c016cc1852f",
            "87909e14428a7a1d62e9f22f3d3ad7802db02eb2e688b6c52fcd6648a98bd009",
        ],
        verifies: true,
        imports: false,
    },
    Case {
        about: "4: mixed A and R, cofactored verification only",
        message: "e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
        public_key: "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
        signature: [
            "160a1cb0dc9c0258cd0a7d23e94d8fa878bcb1925f2c64246b2dee1796bed512",
            "5ec6bc982a269b723e0668e540911a9a6a58921d6925e434ab10aa7940551a09",
        ],
        verifies: false,
        imports: false,
    },
    Case {
        about: "5: mixed A, cofactored verification that multiplies the challenge first",
        message: "e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
        public_key: "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
        signature: [
            "21122a84e0b5fca4052f5b1235c80a537878b38f3142356b2c2384ebad4668b7",
            "e40bc836dac0f71076f9abe3a53f9c03c1ceeeddb658d0030494ace586687405",
        ],
        verifies: false,
        imports: false,
    },
    Case {
        about: "6: S above the group order; the key itself is good",
        message: "85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40",
        public_key: "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623",
        signature: [
            "e96f66be976d82e60150baecff9906684aebb1ef181f67a7189ac78ea23b6c0e",
            "547f7690a0e2ddcd04d87dbc3490dc19b3b3052f7ff0538cb68afb369ba3a514",
        ],
        verifies: false,
        imports: true,
    },
    Case {
        about: "7: S far above the group order; the key itself is good",
        message: "85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40",
        public_key: "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623",
        signature: [
            "8ce5b96c8f26d0ab6c47958c9e68b937104cd36e13c33566acd2fe8d38aa1942",
            "7e71f98a473474f2f13f06f97c20d58cc3f54b8bd0d272f42b695dd7e89a8c22",
        ],
        verifies: false,
        imports: true,
    },
    Case {
        about: "8: mixed A, non-canonical small R, reduced before hashing",
        message: "9bedc267423725d473888631ebf45988bad3db83851ee85c85e241a07d148b41",
        public_key: "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
        signature: [
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "03be9678ac102edcd92b0210bb34d7428d12ffc5df5f37e359941266a4e35f0f",
        ],
        verifies: false,
        imports: false,
    },
    Case {
        about: "9: mixed A, non-canonical small R, hashed as it is",
        message: "9bedc267423725d473888631ebf45988bad3db83851ee85c85e241a07d148b41",
        public_key: "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
        signature: [
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "ca8c5b64cd208982aa38d4936621a4775aa233aa0505711d8fdcfdaa943d4908",
        ],
        verifies: false,
        imports: false,
    },
    Case {
        about: "10: non-canonical small A, reduced before hashing",
        message: "e96b7021eb39c1a163b6da4e3093dcd3f21387da4cc4572be588fafae23c155b",
        public_key: "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        signature: [
            "a9d55260f765261eb9b84e106f665e00b867287a761990d7135963ee0a7d59dc",
            "a5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04",
        ],
        verifies: false,
        imports: false,
    },
    Case {
        about: "11: non-canonical small A, hashed as it is",
        message: "39a591f5321bbe07fd5a23dc2f39d025d74526615746727ceefd6e82ae65c06f",
        public_key: "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        signature: [
            "a9d55260f765261eb9b84e106f665e00b867287a761990d7135963ee0a7d59dc",
            "a5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04",
        ],
        verifies: false,
        imports: false,
    },
];

/// The encodings of the points of small order: the eight canonical ones and the six other ways of writing four of them
/// (the list that libsodium and the paper above print).
const SMALL_ORDER: [&str; 14] = [
    "0100000000000000000000000000000000000000000000000000000000000000", // order 1
    "0100000000000000000000000000000000000000000000000000000000000080", // order 1, with the sign of x = 0 set
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // order 2
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", // order 2, with the sign of x = 0 set
    "0000000000000000000000000000000000000000000000000000000000000000", // order 4
    "0000000000000000000000000000000000000000000000000000000000000080", // order 4
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", // order 8
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85", // order 8
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", // order 8
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa", // order 8
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // y = p, for 0
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", // y = p, for 0
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // y = p + 1, for 1
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", // y = p + 1, for 1
];

#[test]
fn taming_the_many_eddsas() {
    for case in &CASES {
        let bytes = key(case.public_key);
        let signature = Signature::from_slice(&hex(&case.signature.concat())).unwrap();
        let verifies =
            VerifyingKey::from_bytes(&bytes).is_ok_and(|key| key.verify_strict(&hex(case.message), &signature).is_ok());
        assert_eq!(verifies, case.verifies, "verify_strict, case {}", case.about);
        assert_eq!(import(&bytes), case.imports, "import, case {}", case.about);
    }
}

#[test]
fn no_signature_is_accepted_through_import_and_strict_verification_together() {
    assert!(CASES.iter().all(|case| !(case.verifies && case.imports)));
}

#[test]
fn points_of_small_order_are_refused() {
    for text in SMALL_ORDER {
        assert!(!import(&key(text)), "{text}");
    }
}

/// All 38 encodings with y from p to 2^255 − 1, either sign: points or not, none is canonical.
#[test]
fn y_that_is_not_reduced_is_refused() {
    for low in 0xed..=0xff {
        for high in [0x7f, 0xff] {
            let mut bytes = [0xff; 32];
            (bytes[0], bytes[31]) = (low, high);
            assert!(!import(&bytes), "low byte {low:#x}, high byte {high:#x}");
        }
    }
}

/// A good key plus each point of order above 1 is another, mixed-order point: refused, though it is canonical.
#[test]
fn mixed_order_keys_are_refused() {
    use curve25519_dalek::{constants::EIGHT_TORSION, edwards::CompressedEdwardsY};
    let good = key("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    let point = CompressedEdwardsY(good).decompress().unwrap();
    for (index, torsion) in EIGHT_TORSION.iter().enumerate() {
        let mixed = (point + torsion).compress().to_bytes();
        assert_eq!(import(&mixed), index == 0, "torsion point {index}");
    }
}

/// y = 2 is no point's; RFC 8032's test keys are good ones.
#[test]
fn points_off_the_curve_are_refused_and_good_keys_imported() {
    let mut off = [0; 32];
    off[0] = 2;
    assert!(!import(&off));
    for good in [
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "278117fc144c72340f67d0f2316e8386ceffbf2b2428c9c51fef7c597f1d426e",
    ] {
        assert!(import(&key(good)), "{good}");
    }
}
