//! What the page asks of the worker and what it gets back: kinds, bytes and the operations
//! themselves. Pure: how messages travel is `browser::worker` and `browser::worker_scope`.

use postern_protocol::sealed_key::{self, OpenError, SealError};
use postern_protocol::{Explain as _, PublicKey, SecretKey};
use zeroize::Zeroizing;

use crate::model::error::{Explained, PortalError};

/// Bytes that may be secret: wiped when dropped.
pub type Bytes = Zeroizing<Vec<u8>>;

/// What a message is about. The numbers travel between page and worker of one build only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Answers with the same bytes: shows that the worker has started.
    Ping,
    /// Opens a sealed PEM private key: answers with the 32-byte secret.
    OpenKey,
    /// Seals a new private key: answers with its PEM.
    SealKey,
}

impl Kind {
    /// The number that stands for it in a message.
    pub fn number(self) -> u8 {
        match self {
            Self::Ping => 1,
            Self::OpenKey => 2,
            Self::SealKey => 3,
        }
    }

    /// The kind that a number stands for.
    pub fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Ping),
            2 => Some(Self::OpenKey),
            3 => Some(Self::SealKey),
            _ => None,
        }
    }
}

/// One thing to compute. No `Debug` on purpose: it holds passphrases.
#[derive(Clone)]
pub enum Request {
    /// See [`Kind::Ping`].
    Ping(Bytes),
    /// See [`Kind::OpenKey`].
    OpenKey {
        /// The sealed key, PKCS#8 PEM.
        pem: Bytes,
        /// What opens it.
        passphrase: Bytes,
        /// The public keys that it may belong to, 32 bytes each; none: any.
        expected: Bytes,
    },
    /// See [`Kind::SealKey`].
    SealKey {
        /// The 32-byte secret.
        secret: Bytes,
        /// What shall open it.
        passphrase: Bytes,
        /// 32 fresh random bytes: the salt and the initialisation vector.
        random: Bytes,
    },
}

impl Request {
    /// A request to open a sealed key.
    pub fn open_key(pem: &str, passphrase: &str, expected: &[PublicKey]) -> Self {
        Self::OpenKey {
            pem: Zeroizing::new(pem.as_bytes().to_vec()),
            passphrase: Zeroizing::new(passphrase.as_bytes().to_vec()),
            expected: Zeroizing::new(expected.iter().flat_map(|key| *key.as_bytes()).collect()),
        }
    }

    /// A request to seal a key. `random` must be fresh.
    pub fn seal_key(secret: &[u8; 32], passphrase: &str, random: [u8; 32]) -> Self {
        Self::SealKey {
            secret: Zeroizing::new(secret.to_vec()),
            passphrase: Zeroizing::new(passphrase.as_bytes().to_vec()),
            random: Zeroizing::new(random.to_vec()),
        }
    }

    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Ping(_) => Kind::Ping,
            Self::OpenKey { .. } => Kind::OpenKey,
            Self::SealKey { .. } => Kind::SealKey,
        }
    }

    /// Its bytes in a message: each part after its length.
    pub fn encode(&self) -> Bytes {
        match self {
            Self::Ping(bytes) => join(&[bytes]),
            Self::OpenKey { pem, passphrase, expected } => join(&[pem, passphrase, expected]),
            Self::SealKey { secret, passphrase, random } => join(&[secret, passphrase, random]),
        }
    }

    /// Reads what [`Request::encode`] wrote.
    pub fn decode(kind: Kind, bytes: &[u8]) -> Option<Self> {
        let mut parts = split(bytes)?.into_iter();
        let request = match kind {
            Kind::Ping => Self::Ping(parts.next()?),
            Kind::OpenKey => Self::OpenKey { pem: parts.next()?, passphrase: parts.next()?, expected: parts.next()? },
            Kind::SealKey => Self::SealKey { secret: parts.next()?, passphrase: parts.next()?, random: parts.next()? },
        };
        parts.next().is_none().then_some(request)
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkError {
    /// The worker could not be started, or it died; the text is the browser's.
    Worker(String),
    /// The operation refused: its stable code.
    Refused(String),
}

impl WorkError {
    /// The stable code a person can look up.
    pub fn code(&self) -> &str {
        match self {
            Self::Worker(_) => "portal-worker",
            Self::Refused(code) => code,
        }
    }

    /// In words. Only codes travel between worker and page: the texts are the key operations' own.
    pub fn explained(&self) -> Explained {
        let opening = OPEN_ERRORS.iter().find(|error| error.code() == self.code());
        let sealing = SEAL_ERRORS.iter().find(|error| error.code() == self.code());
        match (self, opening, sealing) {
            (Self::Refused(_), Some(error), _) => error.into(),
            (Self::Refused(_), _, Some(error)) => error.into(),
            (Self::Refused(detail) | Self::Worker(detail), ..) => (&PortalError::Worker(detail.clone())).into(),
        }
    }
}

const OPEN_ERRORS: &[OpenError] = &[
    OpenError::TooLarge,
    OpenError::NotPem,
    OpenError::NotSealed,
    OpenError::Malformed,
    OpenError::Unsupported,
    OpenError::TooCostly,
    OpenError::WrongPassphrase,
    OpenError::NotEd25519,
    OpenError::OtherKey,
];

const SEAL_ERRORS: &[SealError] = &[SealError::EmptyPassphrase, SealError::Encoding];

/// Runs one request, inside the worker.
pub fn run(request: Request) -> Result<Bytes, WorkError> {
    match request {
        Request::Ping(bytes) => Ok(bytes),
        Request::OpenKey { pem, passphrase, expected } => open_key(&pem, &passphrase, &expected),
        Request::SealKey { secret, passphrase, random } => seal_key(&secret, &passphrase, &random),
    }
}

fn open_key(pem: &[u8], passphrase: &[u8], expected: &[u8]) -> Result<Bytes, WorkError> {
    let refused = |error: OpenError| WorkError::Refused(error.code().into());
    let pem = std::str::from_utf8(pem).map_err(|_| refused(OpenError::NotPem))?;
    let secret = sealed_key::open(pem, passphrase).map_err(refused)?;
    // A damaged file can decrypt to another key than the entitlements name.
    if !expected.is_empty() && !expected.chunks(32).any(|key| key == secret.public_bytes()) {
        return Err(refused(OpenError::OtherKey));
    }
    Ok(Zeroizing::new(secret.expose().to_vec()))
}

fn seal_key(secret: &[u8], passphrase: &[u8], random: &[u8]) -> Result<Bytes, WorkError> {
    let refused = |error: SealError| WorkError::Refused(error.code().into());
    let whole = |bytes: &[u8]| <[u8; 32]>::try_from(bytes).map_err(|_| refused(SealError::Encoding));
    let secret = SecretKey::from_bytes(&Zeroizing::new(whole(secret)?));
    let random = whole(random)?;
    let (salt, iv) = random.split_first_chunk::<16>().ok_or_else(|| refused(SealError::Encoding))?;
    let iv = iv.try_into().map_err(|_| refused(SealError::Encoding))?;
    let pem = sealed_key::seal(&secret, passphrase, *salt, iv).map_err(refused)?;
    Ok(Zeroizing::new(pem.into_bytes()))
}

fn join(parts: &[&Bytes]) -> Bytes {
    let mut out = Zeroizing::new(Vec::with_capacity(parts.iter().map(|part| part.len() + 4).sum()));
    for part in parts {
        // A message is limited to what a file may hold, far below 4 GiB.
        out.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        out.extend_from_slice(part);
    }
    out
}

fn split(mut bytes: &[u8]) -> Option<Vec<Bytes>> {
    let mut parts = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let (part, rest) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        parts.push(Zeroizing::new(part.to_vec()));
        bytes = rest;
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: [u8; 32] = [7; 32];

    fn public(seed: u8) -> PublicKey {
        PublicKey::from_bytes(SecretKey::from_bytes(&[seed; 32]).public_bytes())
    }

    #[test]
    fn requests_survive_the_message() {
        let sent = Request::open_key("-----BEGIN", "пароль", &[public(1), public(2)]);
        let Some(Request::OpenKey { pem, passphrase, expected }) = Request::decode(sent.kind(), &sent.encode()) else {
            panic!("another request came back");
        };
        assert_eq!(pem.as_slice(), b"-----BEGIN");
        assert_eq!(passphrase.as_slice(), "пароль".as_bytes());
        assert_eq!(expected.len(), 64);
    }

    #[test]
    fn truncated_and_extra_parts_are_refused() {
        let bytes = Request::open_key("pem", "pass", &[]).encode();
        for end in 1..bytes.len() {
            assert!(Request::decode(Kind::OpenKey, &bytes[..end]).is_none(), "{end}");
        }
        assert!(Request::decode(Kind::Ping, &bytes).is_none());
    }

    #[test]
    fn a_key_sealed_here_opens_with_its_passphrase_only() {
        let pem = run(Request::seal_key(&SECRET, "four calm words", [1; 32])).unwrap();
        let pem = std::str::from_utf8(&pem).unwrap();
        let opened = run(Request::open_key(pem, "four calm words", &[public(1), public(7)])).unwrap();
        assert_eq!(opened.as_slice(), &SECRET);
        let refused = |request| run(request).unwrap_err();
        let wrong = refused(Request::open_key(pem, "other words", &[]));
        assert_eq!(wrong.code(), "sealed-key-passphrase-wrong");
        assert_eq!(wrong.explained().code, wrong.code());
        assert_eq!(refused(Request::open_key("no key", "words", &[])).code(), "sealed-key-not-pem");
        let other = refused(Request::open_key(pem, "four calm words", &[public(1)]));
        assert_eq!(other.code(), "sealed-key-other-key");
        let empty = refused(Request::seal_key(&SECRET, "", [1; 32]));
        assert_eq!(empty.explained().code, empty.code());
    }

    #[test]
    fn kinds_and_numbers_agree() {
        for kind in [Kind::Ping, Kind::OpenKey, Kind::SealKey] {
            assert_eq!(Kind::from_number(kind.number()), Some(kind));
        }
        assert_eq!(Kind::from_number(0), None);
    }
}
