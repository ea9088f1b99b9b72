//! Ed25519 public keys and signatures; `verify_strict` only (design §4).

use std::fmt;
use std::str::FromStr;

use crate::digest::Digest;
use crate::text;

/// A 64-byte Ed25519 signature (RFC 8032).
pub type Signature = [u8; 64];

/// The 32 bytes of an Ed25519 public key as a document writes them: `ed25519:` and 64 lowercase hexadecimal digits.
///
/// Syntax only: [`PublicKey::import`] judges the key, [`PublicKey::verifying`] makes it usable.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// A key from its 32 bytes, unjudged.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Judges a key that enters the system: canonical encoding, of full order and torsion-free.
    ///
    /// # Errors
    /// [`KeyError`] says which of these fails.
    pub fn import(self) -> Result<VerifyingKey, KeyError> {
        let key = self.verifying()?;
        if key.0.to_edwards().is_torsion_free() { Ok(key) } else { Err(KeyError::Torsion) }
    }

    /// Parses a key that a verified document names: canonical encoding, not weak.
    ///
    /// Torsion is judged once, at [`PublicKey::import`], where the key enters: it costs as much as a signature, and
    /// `verify_strict` lets a torsioned key harm nobody but its owner (`docs/decisions/0002-torsion-at-import.md`).
    ///
    /// # Errors
    /// [`KeyError`] says what is wrong with the key.
    pub fn verifying(self) -> Result<VerifyingKey, KeyError> {
        if !is_canonical(&self.0) {
            return Err(KeyError::NotCanonical);
        }
        let key = ed25519_dalek::VerifyingKey::from_bytes(&self.0).map_err(|_| KeyError::NotAPoint)?;
        if key.is_weak() { Err(KeyError::Weak) } else { Ok(VerifyingKey(key)) }
    }

    /// The DSSE `keyid` hint: `sha256:` and the digest of the 32 bytes, in hexadecimal.
    pub fn key_id(&self) -> String {
        Digest::of(&self.0).to_string()
    }

    /// The first eight hexadecimal digits, for people to compare at a glance; never for decisions.
    pub fn short(&self) -> String {
        text::hex(&self.0).chars().take(8).collect()
    }
}

/// Whether the y coordinate is below p = 2^255 − 19 and the sign bit of x = 0 is clear (RFC 8032 §5.1.3).
fn is_canonical(bytes: &[u8; 32]) -> bool {
    let [low, middle @ .., high] = bytes;
    let top_is_full = high & 0x7f == 0x7f && middle.iter().all(|byte| *byte == 0xff);
    if top_is_full && *low >= 0xed {
        return false;
    }
    // x = 0 only for y = 1 and y = −1; their "negative" twins are second encodings of the same points.
    let minus_zero = high & 0x80 != 0
        && ((*low == 1 && *high == 0x80 && middle.iter().all(|byte| *byte == 0)) || (*low == 0xec && top_is_full));
    !minus_zero
}

impl fmt::Display for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&text::prefixed_hex("ed25519:", &self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PublicKey({}…)", self.short())
    }
}

impl FromStr for PublicKey {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        text.strip_prefix("ed25519:").and_then(|hex| text::unhex32(hex.as_bytes())).map(Self).ok_or(())
    }
}

text::string_form!(PublicKey, "ed25519: and 64 lowercase hexadecimal digits");

/// A key that can check signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyingKey(ed25519_dalek::VerifyingKey);

impl VerifyingKey {
    /// Whether this key made this signature over this message, by `verify_strict`.
    pub fn verifies(&self, message: &[u8], signature: &Signature) -> bool {
        self.0.verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature)).is_ok()
    }

    /// The key's 32 bytes.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.to_bytes())
    }
}

/// Why a public key is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// A second encoding of a point.
    NotCanonical,
    /// No point on the curve.
    NotAPoint,
    /// A point of small order: signatures under it prove nothing.
    Weak,
    /// A point with a part of small order: implementations disagree about its signatures.
    Torsion,
}

impl fmt::Display for KeyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NotCanonical => "the public key is not in its one canonical encoding",
            Self::NotAPoint => "the public key is not a point on the curve",
            Self::Weak => "the public key is weak: anyone can sign for it",
            Self::Torsion => "the public key has a part of small order",
        })
    }
}

impl std::error::Error for KeyError {}

impl crate::Explain for KeyError {
    fn code(&self) -> &'static str {
        "key-invalid"
    }
    fn advice(&self) -> String {
        "Ask whoever sent the key to make a new one with Postern's tools.".into()
    }
}
