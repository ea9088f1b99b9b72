//! The DSSE v1.0.2 envelope around every document, and signing in two steps (design §3, §4).

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::documents::Document;
use crate::error::DocumentError;
use crate::keys::{PublicKey, Signature};
use crate::kind::Kind;
use crate::limits::Limits;
use crate::strict::{self, Bounds};
use crate::text;

/// The DSSE pre-authentication encoding: what a signature is made over.
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(payload.len() + payload_type.len() + 40);
    bytes.extend_from_slice(format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).as_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

/// One signature of an envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvelopeSignature {
    /// The hint which key made it; never trusted.
    pub key_id: Option<String>,
    /// The signature.
    pub signature: Signature,
}

/// One signed document as it was received: unverified, its bytes untouched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    kind: Kind,
    line: Vec<u8>,
    payload: Vec<u8>,
    digest: Digest,
    signatures: Vec<EnvelopeSignature>,
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow, rename = "payloadType")]
    payload_type: Cow<'a, str>,
    #[serde(borrow)]
    payload: Cow<'a, str>,
    #[serde(borrow)]
    signatures: Vec<WireSignature<'a>>,
}

#[derive(Deserialize)]
struct WireSignature<'a> {
    #[serde(borrow, default)]
    keyid: Option<Cow<'a, str>>,
    #[serde(borrow)]
    sig: Cow<'a, str>,
}

#[derive(Serialize)]
struct WireOut<'a> {
    payload: &'a str,
    #[serde(rename = "payloadType")]
    payload_type: &'a str,
    signatures: Vec<WireSignatureOut<'a>>,
}

#[derive(Serialize)]
struct WireSignatureOut<'a> {
    keyid: &'a str,
    sig: String,
}

/// Standard or URL-safe base64, padded, canonical.
fn decode_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).ok()
}

/// What a payload type stands for.
fn kind_of(text: &str) -> Result<Kind, DocumentError> {
    let unknown = || DocumentError::UnknownKind { payload_type: text::shown(text) };
    let rest = text.strip_prefix("application/vnd.postern.").ok_or_else(unknown)?;
    if let Some(kind) = rest.strip_suffix(".v1+json") {
        return kind.parse().map_err(|()| unknown());
    }
    let (kind, version) = rest.strip_suffix("+json").and_then(|name| name.rsplit_once(".v")).ok_or_else(unknown)?;
    match (kind.parse(), version.parse::<u64>()) {
        (Ok(kind), Ok(number)) if number.to_string() == version && number > 1 => {
            Err(DocumentError::UnsupportedVersion { kind, version: number })
        }
        _ => Err(unknown()),
    }
}

impl Envelope {
    /// Reads one line of a file.
    ///
    /// # Errors
    /// What is wrong with the envelope; the payload is not looked into before it is verified.
    pub fn parse(line: &[u8], limits: &Limits) -> Result<Self, DocumentError> {
        if line.len() > limits.document_bytes {
            return Err(DocumentError::DocumentTooLarge { bytes: line.len(), limit: limits.document_bytes });
        }
        let bounds =
            Bounds { string_bytes: limits.document_bytes, list_items: limits.signatures, any_characters: true };
        let wire: Wire<'_> = strict::from_slice(line, bounds).map_err(|error| {
            if error.to_string().starts_with("a list has more than") {
                DocumentError::TooManySignatures { limit: limits.signatures }
            } else {
                DocumentError::NotAnEnvelope { detail: text::shown(&error.to_string()) }
            }
        })?;
        let kind = kind_of(&wire.payload_type)?;
        let payload = decode_base64(&wire.payload).ok_or(DocumentError::BadBase64 { kind })?;
        let signatures = wire
            .signatures
            .into_iter()
            .map(|wire| {
                let signature = decode_base64(&wire.sig).and_then(|bytes| bytes.try_into().ok());
                let signature = signature.ok_or(DocumentError::BadSignatureForm { kind })?;
                Ok(EnvelopeSignature { key_id: wire.keyid.map(Cow::into_owned), signature })
            })
            .collect::<Result<_, _>>()?;
        let digest = Digest::of(&payload);
        Ok(Self { kind, line: line.to_vec(), payload, digest, signatures })
    }

    /// What the envelope says that its document is.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The line as it was received, without the line feed.
    pub fn line(&self) -> &[u8] {
        &self.line
    }

    /// The payload bytes: what is signed, and what the document's identity is the digest of.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The document's identity: the digest of the payload bytes.
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// The signatures, unverified.
    pub fn signatures(&self) -> &[EnvelopeSignature] {
        &self.signatures
    }

    /// The bytes that the signatures are made over.
    pub fn signed_bytes(&self) -> Vec<u8> {
        pae(&self.kind.payload_type(), &self.payload)
    }
}

/// A document turned into the bytes to sign. Signing is two steps, so that a key in WebCrypto, a sealed key and a
/// hardware key are the same to us: [`Prepared::to_sign`], then [`Prepared::finish`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    kind: Kind,
    payload: Vec<u8>,
    digest: Digest,
}

impl Prepared {
    /// Encodes a document once; these bytes are signed and sent.
    pub fn new<T: Document>(document: &T) -> Self {
        // Documents are structs of strings, integers and lists: encoding these into memory cannot fail.
        let payload = serde_json::to_vec(document).unwrap_or_default();
        Self { kind: T::KIND, digest: Digest::of(&payload), payload }
    }

    /// The document's identity.
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// The payload bytes.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The bytes to sign.
    pub fn to_sign(&self) -> Vec<u8> {
        pae(&self.kind.payload_type(), &self.payload)
    }

    /// The signed document. The signatures are not checked here; whoever reads it checks them.
    pub fn finish(&self, signatures: &[(PublicKey, Signature)]) -> Envelope {
        let payload_type = self.kind.payload_type();
        let signatures: Vec<_> = signatures
            .iter()
            .map(|(key, signature)| EnvelopeSignature { key_id: Some(key.key_id()), signature: *signature })
            .collect();
        let out = WireOut {
            payload: &STANDARD.encode(&self.payload),
            payload_type: &payload_type,
            signatures: signatures
                .iter()
                .map(|made| WireSignatureOut {
                    keyid: made.key_id.as_deref().unwrap_or_default(),
                    sig: STANDARD.encode(made.signature),
                })
                .collect(),
        };
        let line = serde_json::to_vec(&out).unwrap_or_default();
        Envelope { kind: self.kind, line, payload: self.payload.clone(), digest: self.digest, signatures }
    }
}
