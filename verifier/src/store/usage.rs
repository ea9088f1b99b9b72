//! The usage chain: sealed, hash-chained records, each written in the transaction of the state that it changes.
//!
//! A record names the digest of the state after it, so that a row edited by hand shows at the next open. The chain
//! stops nobody who can copy the whole directory; the checkpoints in requests do (`docs/threat-model.md`).

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use postern_protocol::{Digest, Id, PublicKey, SecretKey, Time};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::StateError;

/// What happened on the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Event {
    /// The chain begins: a vendor root was pinned.
    Begun {
        /// The pinned trust document.
        root: Digest,
    },
    /// An enablement token was installed.
    Enrolled {
        /// The token's id.
        token: Id,
    },
    /// A request was made.
    Requested {
        /// The request.
        request: Digest,
    },
    /// A license was installed.
    Installed {
        /// The license.
        license: Digest,
    },
    /// A user took a named seat.
    CheckedOut {
        /// The seat type.
        seat_type: Id,
        /// The user.
        user: String,
    },
    /// A user's named seat was released.
    Released {
        /// The seat type.
        seat_type: Id,
        /// The user.
        user: String,
    },
}

/// One record of the usage chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Record {
    /// When, never earlier than the record before: a clock that runs back cannot lower the floor.
    pub(crate) at: Time,
    /// What happened.
    pub(crate) event: Event,
    /// The digest of the state after it.
    pub(crate) state: Digest,
}

/// A record as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct Sealed {
    pub(crate) nonce: [u8; 24],
    pub(crate) sealed: Vec<u8>,
    pub(crate) hash: Digest,
}

/// Seals and opens records with a key derived from the device's secret.
pub(crate) struct Sealer {
    cipher: XChaCha20Poly1305,
    device: PublicKey,
}

impl Sealer {
    pub(crate) fn new(device: &SecretKey) -> Result<Self, StateError> {
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, device.expose())
            .expand(b"postern usage record v1", key.as_mut_slice())
            .map_err(|_| StateError::damaged("the key of the usage chain cannot be derived"))?;
        let device = PublicKey::from_bytes(device.public_bytes());
        Ok(Self { cipher: XChaCha20Poly1305::new(&(*key).into()), device })
    }

    /// What binds a record to its place: the sequence, the hash before it, the device.
    fn place(&self, sequence: u64, previous: Digest) -> Vec<u8> {
        [&sequence.to_be_bytes()[..], previous.as_bytes(), self.device.as_bytes()].concat()
    }

    fn hash(&self, sequence: u64, previous: Digest, nonce: &[u8], sealed: &[u8]) -> Digest {
        Digest::of(&[b"postern usage record v1", self.place(sequence, previous).as_slice(), nonce, sealed].concat())
    }

    pub(crate) fn seal(&self, sequence: u64, previous: Digest, record: &Record) -> Result<Sealed, StateError> {
        let nonce = super::entropy::<24>()?;
        let plain = serde_json::to_vec(record).map_err(|error| StateError::damaged(error.to_string()))?;
        let payload = Payload { msg: &plain, aad: &self.place(sequence, previous) };
        let sealed = self
            .cipher
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| StateError::damaged("a usage record is too large to seal"))?;
        let hash = self.hash(sequence, previous, &nonce, &sealed);
        Ok(Sealed { nonce, sealed, hash })
    }

    pub(crate) fn open(&self, sequence: u64, previous: Digest, stored: &Sealed) -> Result<Record, StateError> {
        let bad = || StateError::damaged(format!("usage record {sequence} does not open"));
        if self.hash(sequence, previous, &stored.nonce, &stored.sealed) != stored.hash {
            return Err(bad());
        }
        let payload = Payload { msg: &stored.sealed, aad: &self.place(sequence, previous) };
        let plain = self.cipher.decrypt(&XNonce::from(stored.nonce), payload).map_err(|_| bad())?;
        serde_json::from_slice(&plain).map_err(|_| bad())
    }
}

/// What stands before the first record.
pub(crate) fn before_the_first() -> Digest {
    Digest::of(b"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_device(seed: u8) -> Sealer {
        Sealer::new(&SecretKey::from_bytes(&[seed; 32])).unwrap()
    }

    fn record() -> Record {
        Record { at: Time::MIN, event: Event::Begun { root: Digest::of(b"root") }, state: Digest::of(b"state") }
    }

    #[test]
    fn a_record_opens_only_in_its_place_on_its_device() {
        let sealer = on_device(7);
        let sealed = sealer.seal(3, Digest::of(b"before"), &record()).unwrap();
        assert_eq!(sealer.open(3, Digest::of(b"before"), &sealed), Ok(record()));
        assert!(sealer.open(4, Digest::of(b"before"), &sealed).is_err());
        assert!(sealer.open(3, Digest::of(b"other"), &sealed).is_err());
        let other = on_device(8);
        let moved = Sealed { hash: other.hash(3, Digest::of(b"before"), &sealed.nonce, &sealed.sealed), ..sealed };
        assert!(other.open(3, Digest::of(b"before"), &moved).is_err());
    }

    #[test]
    fn no_byte_of_a_sealed_record_can_change() {
        let sealer = on_device(7);
        let sealed = sealer.seal(1, before_the_first(), &record()).unwrap();
        for position in 0..sealed.sealed.len() {
            let mut changed = sealed.clone();
            changed.sealed[position] ^= 1;
            changed.hash = sealer.hash(1, before_the_first(), &changed.nonce, &changed.sealed);
            assert!(sealer.open(1, before_the_first(), &changed).is_err(), "byte {position}");
        }
    }
}
