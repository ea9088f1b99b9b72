//! What the page asks of the worker and what it gets back: kinds, bytes and the operations
//! themselves. Pure: how messages travel is `browser::worker` and `browser::worker_scope`.

use std::fmt;

use postern_protocol::Explain as _;
use postern_protocol::sealed_key::{self, OpenError};
use zeroize::Zeroizing;

/// Bytes that may be secret: wiped when dropped.
pub type Bytes = Zeroizing<Vec<u8>>;

/// What a message is about. The numbers travel between page and worker of one build only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Answers with the same bytes: shows that the worker has started.
    Ping,
    /// Opens a sealed PEM private key: answers with the 32-byte secret.
    OpenKey,
}

impl Kind {
    /// The number that stands for it in a message.
    pub fn number(self) -> u8 {
        match self {
            Self::Ping => 1,
            Self::OpenKey => 2,
        }
    }

    /// The kind that a number stands for.
    pub fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Ping),
            2 => Some(Self::OpenKey),
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
    },
}

impl Request {
    /// A request to open a sealed key.
    pub fn open_key(pem: &str, passphrase: &str) -> Self {
        Self::OpenKey {
            pem: Zeroizing::new(pem.as_bytes().to_vec()),
            passphrase: Zeroizing::new(passphrase.as_bytes().to_vec()),
        }
    }

    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Ping(_) => Kind::Ping,
            Self::OpenKey { .. } => Kind::OpenKey,
        }
    }

    /// Its bytes in a message: each part after its length.
    pub fn encode(&self) -> Bytes {
        match self {
            Self::Ping(bytes) => join(&[bytes]),
            Self::OpenKey { pem, passphrase } => join(&[pem, passphrase]),
        }
    }

    /// Reads what [`Request::encode`] wrote.
    pub fn decode(kind: Kind, bytes: &[u8]) -> Option<Self> {
        let mut parts = split(bytes)?.into_iter();
        let request = match kind {
            Kind::Ping => Self::Ping(parts.next()?),
            Kind::OpenKey => Self::OpenKey { pem: parts.next()?, passphrase: parts.next()? },
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
}

impl fmt::Display for WorkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Worker(detail) => write!(f, "the background worker does not run: {detail}"),
            Self::Refused(code) => f.write_str(code),
        }
    }
}

impl std::error::Error for WorkError {}

/// Runs one request, inside the worker.
pub fn run(request: Request) -> Result<Bytes, WorkError> {
    match request {
        Request::Ping(bytes) => Ok(bytes),
        Request::OpenKey { pem, passphrase } => open_key(&pem, &passphrase),
    }
}

fn open_key(pem: &[u8], passphrase: &[u8]) -> Result<Bytes, WorkError> {
    let refused = |error: OpenError| WorkError::Refused(error.code().into());
    let pem = std::str::from_utf8(pem).map_err(|_| refused(OpenError::NotPem))?;
    let secret = sealed_key::open(pem, passphrase).map_err(refused)?;
    Ok(Zeroizing::new(secret.expose().to_vec()))
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

    #[test]
    fn requests_survive_the_message() {
        let sent = Request::open_key("-----BEGIN", "пароль");
        let Some(Request::OpenKey { pem, passphrase }) = Request::decode(sent.kind(), &sent.encode()) else {
            panic!("another request came back");
        };
        assert_eq!(pem.as_slice(), b"-----BEGIN");
        assert_eq!(passphrase.as_slice(), "пароль".as_bytes());
    }

    #[test]
    fn truncated_and_extra_parts_are_refused() {
        let bytes = Request::open_key("pem", "pass").encode();
        for end in 1..bytes.len() {
            assert!(Request::decode(Kind::OpenKey, &bytes[..end]).is_none(), "{end}");
        }
        assert!(Request::decode(Kind::Ping, &bytes).is_none());
    }

    #[test]
    fn a_sealed_key_opens_with_its_passphrase_only() {
        let secret = sealed_key::SecretKey::from_bytes(&[7; 32]);
        let pem = sealed_key::seal(&secret, b"four calm words", [1; 16], [2; 16]).unwrap();
        let opened = run(Request::open_key(&pem, "four calm words")).unwrap();
        assert_eq!(opened.as_slice(), &[7; 32]);
        let refused = run(Request::open_key(&pem, "other words")).unwrap_err();
        assert_eq!(refused.code(), "sealed-key-passphrase-wrong");
        let refused = run(Request::open_key("no key", "four calm words")).unwrap_err();
        assert_eq!(refused.code(), "sealed-key-not-pem");
    }

    #[test]
    fn kinds_and_numbers_agree() {
        for kind in [Kind::Ping, Kind::OpenKey] {
            assert_eq!(Kind::from_number(kind.number()), Some(kind));
        }
        assert_eq!(Kind::from_number(0), None);
    }
}
