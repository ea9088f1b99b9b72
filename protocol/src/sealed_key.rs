//! Private keys: in memory they zeroize themselves, at rest they are PEM files sealed under a passphrase (design §4).
//!
//! The sealed form is PKCS#8 version 1 (RFC 5208, RFC 8410 §7) in `ENCRYPTED PRIVATE KEY` PEM (RFC 7468 §11), encrypted
//! by PBES2 (RFC 8018 §6.2) with scrypt (RFC 7914 §7) and AES-256-CBC: what OpenSSL, Node and pyca all read. They refuse
//! version 2, and OpenSSL refuses scrypt above 32 MiB. The encryption proves nothing about who wrote the file, and CBC
//! lets a damaged file decrypt to *another* key: where the public key is known, use [`open_expecting`].

use std::fmt;

use aes::Aes256;
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit, block_padding::Pkcs7};
use ed25519_dalek::{Signer, SigningKey};
use pkcs8::der::asn1::OctetStringRef;
use pkcs8::der::{Decode, SecretDocument, pem::LineEnding};
use pkcs8::pkcs5::{EncryptionScheme, pbes2};
use pkcs8::{EncryptedPrivateKeyInfoRef, ObjectIdentifier, PrivateKeyInfoRef};
use zeroize::Zeroizing;

use crate::Explain;

/// The longest PEM text that [`open`] looks at, in bytes. A sealed key takes about 300.
pub const MAX_PEM_BYTES: usize = 16 * 1024;

/// scrypt as [`seal`] uses it: N = 2^14, r = 8, p = 5 (16 MiB).
const LOG_N: u8 = 14;
const BLOCK_SIZE: u16 = 8;
const PARALLELIZATION: u16 = 5;

/// The most work that [`open`] does for a file: N = 2^15, r = 8 (32 MiB), p = 16. A file that asks for more is refused
/// unread, so that a planted key file cannot exhaust the machine.
const MAX_COST: u64 = 1 << 15;
const MAX_BLOCK_SIZE: u16 = 8;
const MAX_PARALLELIZATION: u16 = 16;

/// `id-Ed25519` (RFC 8410 §3).
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const PEM_LABEL: &str = "ENCRYPTED PRIVATE KEY";

/// Everything of a version 1 Ed25519 `PrivateKeyInfo` before the 32 bytes of the seed, in DER (RFC 8410 §10.3):
/// SEQUENCE { INTEGER 0, SEQUENCE { OID 1.3.101.112 }, OCTET STRING { OCTET STRING (32 bytes) } }.
const V1_PREFIX: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// An Ed25519 private key (RFC 8032): wiped when dropped, never printed, never serialised.
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// The key of this 32-byte seed. Whoever calls wipes their own copy.
    pub fn from_bytes(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The seed. The name is a warning: what it returns must not be logged, stored unsealed, or copied needlessly.
    pub fn expose(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// The 32 bytes of the public key, derived once when the key was made.
    pub fn public_bytes(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    /// The signature over this message (deterministic, RFC 8032 §5.1.6).
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SecretKey(..)")
    }
}

/// Seals a key under a passphrase, as PEM with LF line ends. `salt` and `iv` must be fresh random bytes each time.
///
/// Takes 16 MiB and some 100 ms; in a browser it runs in a worker.
///
/// # Errors
/// [`SealError::EmptyPassphrase`]; [`SealError::Encoding`] does not happen with the fixed sizes used here.
pub fn seal(secret: &SecretKey, passphrase: &[u8], salt: [u8; 16], iv: [u8; 16]) -> Result<String, SealError> {
    if passphrase.is_empty() {
        return Err(SealError::EmptyPassphrase);
    }
    // 48 bytes of PKCS#8 and one block of padding.
    let mut buffer = Zeroizing::new([0_u8; 64]);
    for (place, byte) in buffer.iter_mut().zip(V1_PREFIX.iter().chain(secret.expose())) {
        *place = *byte;
    }
    let key = encryption_key(passphrase, &salt, LOG_N, BLOCK_SIZE, PARALLELIZATION).ok_or(SealError::Encoding)?;
    let ciphertext = cbc::Encryptor::<Aes256>::new(&(*key).into(), &iv.into())
        .encrypt_padded::<Pkcs7>(&mut *buffer, 48)
        .map_err(|_| SealError::Encoding)?;
    let scrypt = pbes2::ScryptParams {
        salt: pbes2::Salt::new(salt).map_err(|_| SealError::Encoding)?,
        cost_parameter: 1 << LOG_N,
        block_size: BLOCK_SIZE,
        parallelization: PARALLELIZATION,
        key_length: None,
    };
    let parameters = pbes2::Parameters { kdf: scrypt.into(), encryption: pbes2::EncryptionScheme::Aes256Cbc { iv } };
    let encrypted_data = OctetStringRef::new(ciphertext).map_err(|_| SealError::Encoding)?;
    let info = EncryptedPrivateKeyInfoRef { encryption_algorithm: parameters.into(), encrypted_data };
    let document = SecretDocument::try_from(info).map_err(|_| SealError::Encoding)?;
    let pem = document.to_pem(PEM_LABEL, LineEnding::LF).map_err(|_| SealError::Encoding)?;
    Ok(pem.to_string())
}

/// Opens a sealed key. If the file carries a public key (PKCS#8 version 2) it must belong to the private one.
///
/// # Errors
/// [`OpenError`]. A wrong passphrase and a damaged file cannot be told apart.
pub fn open(pem: &str, passphrase: &[u8]) -> Result<SecretKey, OpenError> {
    if pem.len() > MAX_PEM_BYTES {
        return Err(OpenError::TooLarge);
    }
    let (label, document) = SecretDocument::from_pem(pem.trim()).map_err(|_| OpenError::NotPem)?;
    if label != PEM_LABEL {
        return Err(if label.ends_with("PRIVATE KEY") { OpenError::NotSealed } else { OpenError::NotPem });
    }
    let info = EncryptedPrivateKeyInfoRef::from_der(document.as_bytes()).map_err(|error| match error.kind() {
        pkcs8::der::ErrorKind::OidUnknown { .. } => OpenError::Unsupported,
        _ => OpenError::Malformed,
    })?;
    decrypt(&info, passphrase)
}

/// Opens a sealed key of which the public key is known, for instance from a grant.
///
/// # Errors
/// [`OpenError`]; [`OpenError::OtherKey`] if the file holds another key or was damaged in the key itself.
pub fn open_expecting(pem: &str, passphrase: &[u8], public_key: &[u8; 32]) -> Result<SecretKey, OpenError> {
    let secret = open(pem, passphrase)?;
    if secret.public_bytes() == *public_key { Ok(secret) } else { Err(OpenError::OtherKey) }
}

/// Checks the parameters, derives the encryption key, decrypts and reads what was inside.
fn decrypt(info: &EncryptedPrivateKeyInfoRef<'_>, passphrase: &[u8]) -> Result<SecretKey, OpenError> {
    let EncryptionScheme::Pbes2(pbes2::Parameters {
        kdf: pbes2::Kdf::Scrypt(kdf),
        encryption: pbes2::EncryptionScheme::Aes256Cbc { iv },
    }) = &info.encryption_algorithm
    else {
        return Err(OpenError::Unsupported);
    };
    let cost = kdf.cost_parameter;
    if cost > MAX_COST || kdf.block_size > MAX_BLOCK_SIZE || kdf.parallelization > MAX_PARALLELIZATION {
        return Err(OpenError::TooCostly);
    }
    if !cost.is_power_of_two() || cost < 2 || kdf.key_length.is_some_and(|bytes| bytes != 32) {
        return Err(OpenError::Malformed);
    }
    // At most 15, by the check above.
    let log_n = u8::try_from(cost.trailing_zeros()).map_err(|_| OpenError::Malformed)?;
    let key = encryption_key(passphrase, kdf.salt.as_ref(), log_n, kdf.block_size, kdf.parallelization)
        .ok_or(OpenError::Malformed)?;
    let mut buffer = Zeroizing::new(info.encrypted_data.as_bytes().to_vec());
    let plaintext = cbc::Decryptor::<Aes256>::new(&(*key).into(), iv.into())
        .decrypt_padded::<Pkcs7>(&mut buffer)
        .map_err(|_| OpenError::WrongPassphrase)?;
    // One wrong passphrase in 256 leaves plausible padding behind: what then fails to parse is still a wrong passphrase.
    let inner = PrivateKeyInfoRef::from_der(plaintext).map_err(|_| OpenError::WrongPassphrase)?;
    if inner.algorithm.oid != ED25519 || inner.algorithm.parameters.is_some() {
        return Err(OpenError::NotEd25519);
    }
    let [0x04, 0x20, seed @ ..] = inner.private_key.as_bytes() else {
        return Err(OpenError::NotEd25519);
    };
    let secret = SecretKey::from_bytes(seed.try_into().map_err(|_| OpenError::NotEd25519)?);
    match inner.public_key {
        Some(stated) if stated.as_bytes() != Some(&secret.public_bytes()) => Err(OpenError::OtherKey),
        _ => Ok(secret),
    }
}

/// The AES-256 key that scrypt makes of a passphrase; `None` for parameters that scrypt does not define.
fn encryption_key(passphrase: &[u8], salt: &[u8], log_n: u8, r: u16, p: u16) -> Option<Zeroizing<[u8; 32]>> {
    let parameters = scrypt::Params::new(log_n, r.into(), p.into()).ok()?;
    let mut key = Zeroizing::new([0; 32]);
    scrypt::scrypt(passphrase, salt, &parameters, &mut *key).ok()?;
    Some(key)
}

/// Why a key was not sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealError {
    /// No passphrase was given.
    EmptyPassphrase,
    /// The file could not be built; a fault of the program.
    Encoding,
}

impl fmt::Display for SealError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::EmptyPassphrase => "a key cannot be sealed under an empty passphrase",
            Self::Encoding => "the sealed key file could not be built",
        })
    }
}

impl std::error::Error for SealError {}

impl Explain for SealError {
    fn code(&self) -> &'static str {
        match self {
            Self::EmptyPassphrase => "sealed-key-passphrase-empty",
            Self::Encoding => "sealed-key-encoding",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::EmptyPassphrase => "Choose a passphrase of several words and keep it apart from the file.",
            Self::Encoding => "Nothing was written. Please report this as a fault of the program.",
        }
        .into()
    }
}

/// Why a sealed key was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenError {
    /// The text is longer than [`MAX_PEM_BYTES`].
    TooLarge,
    /// The text is not one PEM block that holds a private key.
    NotPem,
    /// A private key, but not encrypted.
    NotSealed,
    /// The PEM block does not hold what its label says, or its parameters contradict each other.
    Malformed,
    /// Another way of encrypting than PBES2 with scrypt and AES-256-CBC.
    Unsupported,
    /// The file asks for more scrypt work than N = 2^15, r = 8, p = 16.
    TooCostly,
    /// The passphrase does not fit, or the file is damaged.
    WrongPassphrase,
    /// It holds another kind of key than Ed25519.
    NotEd25519,
    /// The private key does not belong to the public key that the file or the caller names.
    OtherKey,
}

impl fmt::Display for OpenError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::TooLarge => "the file is far larger than any sealed key (limit: 16 KiB)",
            Self::NotPem => "this is not a sealed key file: no \"BEGIN ENCRYPTED PRIVATE KEY\" block that can be read",
            Self::NotSealed => "this private key is not sealed: anyone who has the file has the key",
            Self::Malformed => "the sealed key file is damaged, or sealed in an outdated way",
            Self::Unsupported => "the key is sealed in a way that is not supported",
            Self::TooCostly => "the key file asks for more memory or work than is allowed (scrypt N 2^15, r 8, p 16)",
            Self::WrongPassphrase => "the passphrase does not open this key file",
            Self::NotEd25519 => "the file holds another kind of key than Ed25519",
            Self::OtherKey => "the private key in the file does not belong to the expected public key",
        })
    }
}

impl std::error::Error for OpenError {}

impl Explain for OpenError {
    fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "sealed-key-too-large",
            Self::NotPem => "sealed-key-not-pem",
            Self::NotSealed => "sealed-key-not-sealed",
            Self::Malformed => "sealed-key-malformed",
            Self::Unsupported => "sealed-key-unsupported",
            Self::TooCostly => "sealed-key-too-costly",
            Self::WrongPassphrase => "sealed-key-passphrase-wrong",
            Self::NotEd25519 => "sealed-key-not-ed25519",
            Self::OtherKey => "sealed-key-other-key",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::TooLarge | Self::NotPem => "Choose the file that was made when the key was sealed.",
            Self::NotSealed => {
                "Seal it first: openssl pkcs8 -topk8 -scrypt -scrypt_N 16384 -scrypt_r 8 -scrypt_p 5 -v2 aes-256-cbc. \
                 If the unsealed file was ever sent or copied, make a new key instead."
            }
            Self::Malformed => "Choose the file that Postern made; if it is that file, take it from a backup.",
            Self::Unsupported | Self::TooCostly => {
                "Seal it again: openssl pkcs8 -topk8 -scrypt -scrypt_N 16384 -scrypt_r 8 -scrypt_p 5 -v2 aes-256-cbc."
            }
            Self::WrongPassphrase => {
                "Type it again, and look at Caps Lock and the keyboard layout. If it is certainly right, the file is \
                 damaged: take it from a backup."
            }
            Self::NotEd25519 => "Choose the key file that Postern made; it works with Ed25519 keys only.",
            Self::OtherKey => "Choose the key file that belongs to this grant. If it is that file, it is damaged.",
        }
        .into()
    }
}
