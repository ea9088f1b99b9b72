//! Private keys: made from the system's randomness, kept in sealed files (design §4).

use std::fmt;
use std::path::{Path, PathBuf};

use postern_protocol::documents::Document;
use postern_protocol::sealed_key::{self, OpenError};
use postern_protocol::{Envelope, Explain, Prepared, PublicKey, SecretKey};
use zeroize::Zeroizing;

use crate::fail::Fail;
use crate::files;
use crate::passphrase::{Passphrase, Source};

/// A new key.
pub(crate) fn make() -> Result<SecretKey, KeyError> {
    Ok(SecretKey::from_bytes(&Zeroizing::new(random::<32>()?)))
}

/// Fresh random bytes.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], KeyError> {
    filled(getrandom::fill)
}

fn filled<const N: usize, E>(fill: impl FnOnce(&mut [u8]) -> Result<(), E>) -> Result<[u8; N], KeyError> {
    let mut bytes = [0; N];
    fill(&mut bytes).map_err(|_| KeyError::NoRandomness)?;
    Ok(bytes)
}

/// A key as the text of a sealed key file.
pub(crate) fn seal(key: &SecretKey, passphrase: &Passphrase) -> Result<String, Fail> {
    Ok(sealed_key::seal(key, passphrase.bytes(), random()?, random()?)?)
}

/// Opens the key in a file: the `index`th of `count` that this command opens.
pub(crate) fn open(path: &Path, passphrases: Source<'_>, index: usize, count: usize) -> Result<SecretKey, Fail> {
    let bytes = files::read(path)?;
    let pem = String::from_utf8(bytes).map_err(|_| KeyError::open(path, OpenError::NotPem))?;
    let passphrase = passphrases.existing(&path.display().to_string(), index, count)?;
    Ok(sealed_key::open(&pem, passphrase.bytes()).map_err(|source| KeyError::open(path, source))?)
}

/// A key's public half.
pub(crate) fn public(key: &SecretKey) -> PublicKey {
    PublicKey::from_bytes(key.public_bytes())
}

/// Signs a document with these keys.
pub(crate) fn sign<T: Document>(document: &T, keys: &[&SecretKey]) -> Envelope {
    let prepared = Prepared::new(document);
    let message = prepared.to_sign();
    let signatures: Vec<_> = keys.iter().map(|key| (public(key), key.sign(&message))).collect();
    prepared.finish(&signatures)
}

/// Why a key could not be made or opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeyError {
    /// The system gives no random bytes.
    NoRandomness,
    /// A key file cannot be opened.
    Open {
        /// Which.
        path: PathBuf,
        /// Why.
        source: OpenError,
    },
}

impl KeyError {
    pub(crate) fn open(path: &Path, source: OpenError) -> Self {
        Self::Open { path: path.into(), source }
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRandomness => write!(f, "The system gives no random bytes, so no key was made."),
            Self::Open { path, source } => write!(f, "{}: {source}.", path.display()),
        }
    }
}

impl Explain for KeyError {
    fn code(&self) -> &'static str {
        match self {
            Self::NoRandomness => "randomness-missing",
            Self::Open { source, .. } => source.code(),
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::NoRandomness => "Repair the system, or make keys on another machine.".into(),
            Self::Open { source, .. } => source.advice(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_random_bytes_no_key_is_made() {
        let error = filled::<32, _>(|_| Err("the device is not ready")).unwrap_err();
        assert_eq!(error.code(), "randomness-missing");
        assert_ne!(filled::<32, _>(getrandom::fill).unwrap(), [0; 32]);
    }
}
