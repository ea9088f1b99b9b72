//! `Unverified<T>` → `Verified<T>`: only a checked signature makes the second, and only it gives out the document.

use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use crate::digest::Digest;
use crate::documents::{Document, Signer};
use crate::envelope::Envelope;
use crate::error::DocumentError;
use crate::keys::{PublicKey, VerifyingKey};
use crate::limits::Limits;
use crate::strict::{self, Bounds};
use crate::text;

/// A received document of a known kind, signature unchecked, content unseen.
#[derive(Clone, Debug)]
pub struct Unverified<T> {
    envelope: Envelope,
    kind: PhantomData<T>,
}

/// A document whose signature holds, parsed from exactly the bytes that were signed. Cheap to clone: chains and ledgers
/// are passed on whole, with every document in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified<T>(Arc<Held<T>>);

#[derive(Debug, PartialEq, Eq)]
struct Held<T> {
    document: T,
    envelope: Envelope,
}

impl<T: Document> Unverified<T> {
    /// Takes an envelope as a document of kind `T`.
    ///
    /// # Errors
    /// [`DocumentError::WrongKind`] if its payload type says otherwise.
    pub fn new(envelope: Envelope) -> Result<Self, DocumentError> {
        if envelope.kind() == T::KIND {
            Ok(Self { envelope, kind: PhantomData })
        } else {
            Err(DocumentError::WrongKind { expected: T::KIND, found: envelope.kind() })
        }
    }

    /// The envelope as received.
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// Checks that this one key signed, then parses.
    ///
    /// # Errors
    /// The signature does not hold, or the signed payload is not well-formed.
    pub fn verify(self, key: &VerifyingKey, limits: &Limits) -> Result<Verified<T>, DocumentError> {
        self.verify_threshold(std::slice::from_ref(key), 1, limits)
    }

    /// Checks that at least `threshold` of these keys signed (unique key bytes count), then parses.
    ///
    /// # Errors
    /// Too few valid signatures, a threshold of 0, or the signed payload is not well-formed.
    pub fn verify_threshold(
        self,
        keys: &[VerifyingKey],
        threshold: usize,
        limits: &Limits,
    ) -> Result<Verified<T>, DocumentError> {
        let message = self.envelope.signed_bytes();
        let mut counted: Vec<PublicKey> = Vec::new();
        for key in keys {
            if counted.len() >= threshold {
                break;
            }
            if !counted.contains(&key.public()) && self.signed_by(key, &message) {
                counted.push(key.public());
            }
        }
        if threshold == 0 || counted.len() < threshold {
            return Err(DocumentError::SignatureInvalid { kind: T::KIND });
        }
        let document = parse::<T>(&self.envelope, limits)?;
        Ok(Verified::new(document, self.envelope))
    }

    /// Verifies a document that names its own signer: a machine's request or deactivation (the device key, and the
    /// credential key if one is named). Its key has to be read out of the payload before the signature can be
    /// checked; nothing else of it is used before.
    ///
    /// # Errors
    /// As [`Unverified::verify`]; also if a named key is not acceptable.
    pub fn verify_by_named_signers(self, limits: &Limits) -> Result<Verified<T>, DocumentError>
    where
        T: Signer,
    {
        let document = parse::<T>(&self.envelope, limits)?;
        let message = self.envelope.signed_bytes();
        for signer in document.signers() {
            let key = signer.import().map_err(|_| DocumentError::SignatureInvalid { kind: T::KIND })?;
            if !self.signed_by(&key, &message) {
                return Err(DocumentError::SignatureInvalid { kind: T::KIND });
            }
        }
        Ok(Verified::new(document, self.envelope))
    }

    /// Parses without a verified signature, only to learn which key to verify with.
    pub(crate) fn peek(&self, limits: &Limits) -> Result<T, DocumentError> {
        parse(&self.envelope, limits)
    }

    /// Checks that this one key signed what was parsed from these very bytes to learn which key that is.
    pub(crate) fn verify_peeked(self, peeked: T, key: &VerifyingKey) -> Result<Verified<T>, DocumentError> {
        if self.signed_by(key, &self.envelope.signed_bytes()) {
            Ok(Verified::new(peeked, self.envelope))
        } else {
            Err(DocumentError::SignatureInvalid { kind: T::KIND })
        }
    }

    /// Whether one of the signatures is this key's. The key-id hint only decides which signature is tried first.
    fn signed_by(&self, key: &VerifyingKey, message: &[u8]) -> bool {
        let signatures = self.envelope.signatures();
        if let [only] = signatures {
            return key.verifies(message, &only.signature);
        }
        let id = key.public().key_id();
        let hinted = |hint: &Option<String>| hint.as_deref() == Some(id.as_str());
        let (likely, others): (Vec<_>, Vec<_>) = signatures.iter().partition(|signature| hinted(&signature.key_id));
        likely.into_iter().chain(others).any(|signature| key.verifies(message, &signature.signature))
    }
}

fn parse<T: Document>(envelope: &Envelope, limits: &Limits) -> Result<T, DocumentError> {
    let bounds = Bounds { string_bytes: limits.string_bytes, list_items: limits.list_items, any_characters: false };
    let malformed = |detail: String| DocumentError::BadPayload { kind: T::KIND, detail };
    let document: T =
        strict::from_slice(envelope.payload(), bounds).map_err(|error| malformed(text::shown(&error.to_string())))?;
    if document.kind() != T::KIND {
        return Err(malformed(format!("its field 'kind' says {}", document.kind())));
    }
    // No extension is defined yet, so every critical one is unknown.
    if let Some(extension) = document.extensions().iter().find(|extension| extension.critical) {
        return Err(DocumentError::UnknownExtension { kind: T::KIND, name: extension.name.to_string() });
    }
    document.check().map_err(malformed)?;
    Ok(document)
}

impl<T> Verified<T> {
    fn new(document: T, envelope: Envelope) -> Self {
        Self(Arc::new(Held { document, envelope }))
    }

    /// The document.
    pub fn get(&self) -> &T {
        &self.0.document
    }

    /// The document's identity: the digest of its payload bytes.
    pub fn digest(&self) -> Digest {
        self.0.envelope.digest()
    }

    /// The envelope as received, for storing and passing on.
    pub fn envelope(&self) -> &Envelope {
        &self.0.envelope
    }
}

impl<T> Deref for Verified<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0.document
    }
}
