//! Ids: the one form of name that documents use, `[a-z0-9._-]{1,64}` (design §3).

use std::fmt;
use std::str::FromStr;

use crate::text;

/// A lowercase id of 1 to 64 characters out of `a-z 0-9 . _ -`. The word `unlimited` is reserved and no id.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(String);

impl Id {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// An id made of 128 random bits, for activations, tokens and nonces.
    pub fn from_entropy(random: [u8; 16]) -> Self {
        Self(text::hex(&random))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}", self.0)
    }
}

impl FromStr for Id {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let fits = (1..=64).contains(&text.len())
            && text.bytes().all(|c| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-'))
            && text != "unlimited";
        if fits { Ok(Self(text.to_owned())) } else { Err(IdError) }
    }
}

/// A text that is not an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdError;

impl fmt::Display for IdError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .write_str("an id is 1 to 64 characters out of a-z, 0-9, '.', '_' and '-', and not the word 'unlimited'")
    }
}

impl std::error::Error for IdError {}

text::string_form!(Id, "an id: 1 to 64 characters out of a-z 0-9 . _ -");
