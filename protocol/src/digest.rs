//! SHA-256 digests: a document's identity is the digest of its payload bytes (design §3).

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use crate::text;

/// A SHA-256 digest, written `sha256:` and 64 lowercase hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// A digest from its 32 bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first eight hexadecimal digits, for people to compare at a glance; never for decisions.
    pub fn short(&self) -> String {
        text::hex(&self.0).chars().take(8).collect()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&text::prefixed_hex("sha256:", &self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Digest({}…)", self.short())
    }
}

impl FromStr for Digest {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        text.strip_prefix("sha256:").and_then(|hex| text::unhex32(hex.as_bytes())).map(Self).ok_or(())
    }
}

text::string_form!(Digest, "sha256: and 64 lowercase hexadecimal digits");
