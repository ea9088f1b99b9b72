//! Credentials are keys: a license key, or a user and a password, derives the Ed25519 key that a grant lists (design §4).
//!
//! Everything that goes into a derivation is preceded by its length and headed by a domain, so no two different inputs
//! can run together, and one credential yields unrelated keys for different vendors and products.

use std::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use bech32::Hrp;
use hkdf::Hkdf;
use sha2::{Digest as _, Sha256};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::Explain;
use crate::documents::KeyDerivation;
use crate::documents::Trust;
use crate::license_code::{Unreadable, checked, grouped, normalise, read};
use crate::sealed_key::SecretKey;

/// Domain of the HKDF `info` for license keys.
const LICENSE_KEY_DOMAIN: &str = "postern/credential/license-key/v1";
/// Domain of the Argon2id salt for passwords.
const PASSWORD_DOMAIN: &str = "postern/credential/password/v1";
/// The human-readable part under which a license key's check characters are computed. People do not see it.
const HRP: Hrp = Hrp::parse_unchecked("pstnkey");
/// Symbols of a license key: 24 for 120 bits, and 6 check characters.
const LICENSE_KEY_LENGTH: usize = 30;
/// The longest user name or password, in bytes of UTF-8.
const MAX_TEXT_BYTES: usize = 1024;

/// An end user's license key: 120 random bits, written as six groups of five characters.
///
/// The last six characters are Bech32m's check characters, in its alphabet, for the reasons given in
/// [`license_code`](crate::license_code): `PSTNKEY1` and the 30 characters are a Bech32m text. Wiped when dropped.
pub struct LicenseKey(Zeroizing<[u8; 15]>);

impl LicenseKey {
    /// The license key of 15 random bytes. Whoever calls wipes their own copy.
    pub fn from_entropy(entropy: [u8; 15]) -> Self {
        Self(Zeroizing::new(entropy))
    }

    /// Reads a license key as people type it: any case, spaces and dashes; `O` for `0`, `I` and `1` for `L`, `B` for `8`.
    ///
    /// # Errors
    /// The `LicenseKey…` errors of [`CredentialError`].
    pub fn parse(text: &str) -> Result<Self, CredentialError> {
        let symbols = normalise(text).map_err(|unreadable| match unreadable {
            Unreadable::TooLong => CredentialError::LicenseKeyLength,
            Unreadable::Character(found) => CredentialError::LicenseKeyCharacter(found),
        })?;
        if symbols.len() != LICENSE_KEY_LENGTH {
            return Err(CredentialError::LicenseKeyLength);
        }
        read::<15>(HRP, &symbols).map(Self).ok_or(CredentialError::LicenseKeyChecksum)
    }

    /// The license key as it is given to its user: `XXXXX-XXXXX-XXXXX-XXXXX-XXXXX-XXXXX`.
    pub fn to_text(&self) -> Zeroizing<String> {
        let characters = checked(HRP, self.0.as_slice());
        grouped(characters.get(HRP.len() + 1..).unwrap_or_default())
    }

    /// The Ed25519 key that this license key stands for: HKDF-SHA256 (RFC 5869) without salt, the 15 bytes as input
    /// keying material, the domain, vendor and product as `info`.
    ///
    /// # Errors
    /// [`CredentialError::Derivation`] does not happen with the fixed sizes used here.
    pub fn derive(&self, vendor: &str, product: &str) -> Result<SecretKey, CredentialError> {
        let info = framed(&[LICENSE_KEY_DOMAIN, vendor, product]);
        let mut seed = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, self.0.as_slice())
            .expand(&info, seed.as_mut_slice())
            .map_err(|_| CredentialError::Derivation)?;
        Ok(SecretKey::from_bytes(&seed))
    }
}

impl fmt::Debug for LicenseKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("LicenseKey(..)")
    }
}

/// Argon2id's cost (RFC 9106 §3.1), as the trust document states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argon2Parameters {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes. They are computed one after the other, so more lanes cost us no less time.
    pub lanes: u32,
}

impl Argon2Parameters {
    /// RFC 9106 §4, second recommended option: 64 MiB, 3 passes, 4 lanes.
    pub const RECOMMENDED: Self = Self { memory_kib: 65_536, passes: 3, lanes: 4 };

    /// Refuses parameters under which guessing is cheap (less than 19 MiB with 2 passes, or 46 MiB with 1, as OWASP
    /// advises) and those that would exhaust a browser or a small machine (over 256 MiB, 16 passes or 16 lanes).
    ///
    /// # Errors
    /// [`CredentialError::ParametersWeak`], [`CredentialError::ParametersCostly`].
    pub fn check(&self) -> Result<(), CredentialError> {
        if self.memory_kib > 262_144 || self.passes > 16 || self.lanes > 16 {
            return Err(CredentialError::ParametersCostly);
        }
        let least_memory = if self.passes >= 2 { 19_456 } else { 47_104 };
        if self.passes < 1 || self.lanes < 1 || self.memory_kib < least_memory {
            return Err(CredentialError::ParametersWeak);
        }
        Ok(())
    }
}

impl TryFrom<&KeyDerivation> for Argon2Parameters {
    type Error = CredentialError;

    /// The parameters of a trust document, if they are acceptable.
    fn try_from(stated: &KeyDerivation) -> Result<Self, CredentialError> {
        let number = |stated: u64| u32::try_from(stated).map_err(|_| CredentialError::ParametersCostly);
        let parameters = Self {
            memory_kib: number(stated.argon2id_memory_kib)?,
            passes: number(stated.argon2id_passes)?,
            lanes: number(stated.argon2id_lanes)?,
        };
        parameters.check().map(|()| parameters)
    }
}

/// The Ed25519 key that a user and a password stand for: Argon2id v1.3 over NFC(password) with the salt
/// SHA-256(domain ‖ vendor ‖ product ‖ NFC(user)), each part preceded by its length.
///
/// NFC because keyboards and systems write `é` in two ways. Case and spaces count, as in RFC 8265 `OpaqueString`.
/// Takes as long as `parameters` say; in a browser it runs in a worker.
///
/// # Errors
/// [`CredentialError`] for a user or password that cannot be used, and for refused parameters.
pub fn derive_from_password(
    vendor: &str,
    product: &str,
    user: &str,
    password: &str,
    parameters: &Argon2Parameters,
) -> Result<SecretKey, CredentialError> {
    parameters.check()?;
    let unusable = |text: &str| text.is_empty() || text.len() > MAX_TEXT_BYTES || text.chars().any(char::is_control);
    if unusable(user) {
        return Err(CredentialError::User);
    }
    if unusable(password) {
        return Err(CredentialError::Password);
    }
    let user: String = user.nfc().collect();
    // NFC makes no text more than three times as long (UAX #15 §9), so this never grows and leaves no copy behind.
    let mut normal = Zeroizing::new(String::with_capacity(password.len() * 3));
    normal.extend(password.nfc());
    let salt = Sha256::digest(framed(&[PASSWORD_DOMAIN, vendor, product, &user]));
    let params = Params::new(parameters.memory_kib, parameters.passes, parameters.lanes, Some(32))
        .map_err(|_| CredentialError::ParametersWeak)?;
    let mut seed = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(normal.as_bytes(), &salt, seed.as_mut_slice())
        .map_err(|_| CredentialError::Derivation)?;
    Ok(SecretKey::from_bytes(&seed))
}

/// The key that a person's secret stands for: a password where a user is named, else a license key. Vendor, product and
/// costs are the trust document's.
///
/// # Errors
/// As [`LicenseKey::parse`] and [`derive_from_password`].
pub fn derive(trust: &Trust, user: Option<&str>, secret: &str) -> Result<SecretKey, CredentialError> {
    let (vendor, product) = (trust.vendor.as_str(), trust.product.as_str());
    match user {
        None => LicenseKey::parse(secret)?.derive(vendor, product),
        Some(user) => {
            let costs = Argon2Parameters::try_from(&trust.key_derivation)?;
            derive_from_password(vendor, product, user, secret, &costs)
        }
    }
}

/// The parts in a row, each preceded by its length in bytes (64 bits, big-endian).
fn framed(parts: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}

/// Why a credential cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialError {
    /// Too few or too many characters: 30 without dashes are due.
    LicenseKeyLength,
    /// A character that no license key contains.
    LicenseKeyCharacter(char),
    /// The check characters do not fit.
    LicenseKeyChecksum,
    /// The user name is empty, over 1 KiB, or contains control characters.
    User,
    /// The password is empty, over 1 KiB, or contains control characters.
    Password,
    /// The trust document's Argon2 parameters make guessing cheap.
    ParametersWeak,
    /// The trust document's Argon2 parameters ask for more than is allowed.
    ParametersCostly,
    /// The derivation failed; a fault of the program.
    Derivation,
}

impl fmt::Display for CredentialError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::LicenseKeyLength => "the license key is incomplete or too long (it has 30 characters)",
            Self::LicenseKeyCharacter(found) => {
                return write!(formatter, "a license key does not contain the character {found:?}");
            }
            Self::LicenseKeyChecksum => "the license key has a typing error",
            Self::User => "the user name is empty, too long, or contains a line break or control character",
            Self::Password => "the password is empty, too long, or contains a line break or control character",
            Self::ParametersWeak => "the vendor's settings for passwords are too weak",
            Self::ParametersCostly => "the vendor's settings for passwords ask for too much memory or time",
            Self::Derivation => "the key could not be derived",
        })
    }
}

impl std::error::Error for CredentialError {}

impl Explain for CredentialError {
    fn code(&self) -> &'static str {
        match self {
            Self::LicenseKeyLength => "license-key-length",
            Self::LicenseKeyCharacter(_) => "license-key-character",
            Self::LicenseKeyChecksum => "license-key-checksum",
            Self::User => "credential-user",
            Self::Password => "credential-password",
            Self::ParametersWeak => "credential-parameters-weak",
            Self::ParametersCostly => "credential-parameters-costly",
            Self::Derivation => "credential-derivation",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::LicenseKeyLength => "Enter all six groups of five. A text that begins with PSTN1 is a License Code.",
            Self::LicenseKeyCharacter(_) | Self::LicenseKeyChecksum => {
                "Compare it group by group with the license key you were given, or copy it instead of typing it."
            }
            Self::User => "Enter the user name exactly as your vendor gave it to you.",
            Self::Password => "Enter the password exactly as your vendor gave it to you.",
            Self::ParametersWeak | Self::ParametersCostly => {
                "Ask your vendor for a trust document with other Argon2 parameters."
            }
            Self::Derivation => "Nothing was changed. Please report this as a fault of the program.",
        }
        .into()
    }
}
