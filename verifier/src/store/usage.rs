//! The usage chain: sealed, hash-chained records, each written in the transaction of the state that it changes.
//!
//! A record names the digest of the state after it, so that a row edited by hand shows at the next open. The chain
//! stops nobody who can copy the whole directory; the checkpoints in requests do (`docs/threat-model.md`).

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use postern_protocol::{Digest, Id, PublicKey, Time};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::StateError;

/// Bytes of a nonce, which stands before the sealed record.
const NONCE: usize = 24;

/// What happened on the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// The chain begins: a vendor root was pinned.
    Begun {
        /// The pinned trust document.
        root: Hash,
    },
    /// An enablement token was installed.
    Enrolled {
        /// The token's id.
        token: Id,
    },
    /// A request was made.
    Requested {
        /// The request.
        request: Hash,
    },
    /// An activation was asked for.
    Activating {
        /// The request.
        request: Hash,
    },
    /// A report of what was used was made.
    Reported {
        /// The request.
        request: Hash,
    },
    /// A device variable was set or removed.
    VariableChanged {
        /// Its name.
        name: Id,
    },
    /// A license was installed.
    Installed {
        /// The license.
        license: Hash,
    },
    /// A license proved that this store was rolled back or copied.
    ForkFound {
        /// The license.
        license: Hash,
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
    /// A floating session began.
    SessionBegun {
        /// The session.
        session: Id,
        /// The seat type.
        seat_type: Id,
        /// Who, or what for.
        user: String,
    },
    /// A floating session ended.
    SessionEnded {
        /// The session.
        session: Id,
        /// Why.
        why: SessionEnd,
    },
    /// Something was consumed.
    Consumed {
        /// The counter.
        counter: Id,
        /// Units.
        units: u64,
    },
    /// The emergency extension was used.
    Extended {
        /// The license that goes on.
        license: Hash,
    },
    /// A clock challenge was made.
    Challenged {
        /// The challenge.
        challenge: Hash,
    },
    /// The clock was repaired by a time ticket.
    ClockRepaired {
        /// The ticket.
        ticket: Hash,
        /// Seconds that the floor went back.
        back: u64,
    },
    /// The activation was closed.
    Deactivated {
        /// The deactivation.
        deactivation: Hash,
    },
    /// The machine ran on.
    Ran,
    /// Revocations or newer trust came in, without a license.
    RevocationsInstalled {
        /// The bundle that brought them, or the last list where they came without one.
        file: Hash,
    },
}

impl Event {
    /// The stable word for it, in exports.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Begun { .. } => "begun",
            Self::Enrolled { .. } => "enrolled",
            Self::Requested { .. } => "requested",
            Self::Activating { .. } => "activating",
            Self::Reported { .. } => "reported",
            Self::VariableChanged { .. } => "variable-changed",
            Self::Installed { .. } => "installed",
            Self::ForkFound { .. } => "fork-found",
            Self::CheckedOut { .. } => "checked-out",
            Self::Released { .. } => "released",
            Self::SessionBegun { .. } => "session-begun",
            Self::SessionEnded { .. } => "session-ended",
            Self::Consumed { .. } => "consumed",
            Self::Extended { .. } => "extended",
            Self::Challenged { .. } => "challenged",
            Self::ClockRepaired { .. } => "clock-repaired",
            Self::Deactivated { .. } => "deactivated",
            Self::Ran => "ran",
            Self::RevocationsInstalled { .. } => "revocations-installed",
        }
    }
}

/// Why a floating session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SessionEnd {
    /// It was released.
    Released,
    /// It reached the longest duration of a session.
    Expired,
    /// The process that held it is gone.
    Reclaimed,
}

impl SessionEnd {
    /// The stable word for it, in exports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Released => "released",
            Self::Expired => "expired",
            Self::Reclaimed => "reclaimed",
        }
    }
}

/// A digest as records keep it: 32 bytes, not their text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hash([u8; 32]);

impl From<Digest> for Hash {
    fn from(digest: Digest) -> Self {
        Self(*digest.as_bytes())
    }
}

impl From<Hash> for Digest {
    fn from(hash: Hash) -> Self {
        Self::from_bytes(hash.0)
    }
}

/// One record of the usage chain: what one commit brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// What happened, and when, in Unix seconds. Times never go back, so that a clock that runs back cannot lower the
    /// floor; only a clock repair does.
    entries: Vec<(u64, Event)>,
    /// The digest of the state after it.
    state: Hash,
}

impl Record {
    pub(crate) fn new(entries: Vec<(Time, Event)>, state: Digest) -> Self {
        Self { entries: entries.into_iter().map(|(at, event)| (at.unix(), event)).collect(), state: state.into() }
    }

    /// When the last of it happened.
    pub(crate) fn at(&self) -> Time {
        self.entries.last().map_or(Time::MIN, |(at, _)| Time::from_unix(*at))
    }

    pub(crate) fn into_entries(self) -> impl Iterator<Item = (Time, Event)> {
        self.entries.into_iter().map(|(at, event)| (Time::from_unix(at), event))
    }

    pub(crate) fn state(&self) -> Digest {
        self.state.into()
    }
}

/// A record as it is stored: its nonce and its sealed bytes, and the hash that the next one names.
#[derive(Clone, Debug)]
pub(crate) struct Sealed {
    pub(crate) bytes: Vec<u8>,
    pub(crate) hash: Digest,
}

/// Seals and opens records with a key derived from the device's secret.
pub(crate) struct Sealer {
    cipher: XChaCha20Poly1305,
    device: PublicKey,
}

impl Sealer {
    /// From the device key's seed, and the public key that goes with it.
    pub(crate) fn new(seed: &[u8; 32], device: PublicKey) -> Result<Self, StateError> {
        let key = derived(seed, b"postern usage record v1")?;
        Ok(Self { cipher: XChaCha20Poly1305::new(&(*key).into()), device })
    }

    /// What binds a record to its place: the sequence, the hash before it, the device.
    fn place(&self, sequence: u64, previous: Digest) -> [u8; 72] {
        let mut place = [0; 72];
        let parts = [&sequence.to_be_bytes()[..], previous.as_bytes(), self.device.as_bytes()];
        place.iter_mut().zip(parts.into_iter().flatten()).for_each(|(byte, part)| *byte = *part);
        place
    }

    pub(crate) fn seal(&self, sequence: u64, previous: Digest, record: &Record) -> Result<Sealed, StateError> {
        let place = self.place(sequence, previous);
        let plain = postcard::to_allocvec(record).map_err(|error| StateError::damaged(error.to_string()))?;
        let bytes = self.seal_bytes(&place, plain)?;
        let hash = hash(&place, &bytes);
        Ok(Sealed { bytes, hash })
    }

    /// Seals bytes that belong to a place: a fresh nonce, then what only this device opens, and only there.
    pub(crate) fn seal_bytes(&self, place: &[u8], mut plain: Vec<u8>) -> Result<Vec<u8>, StateError> {
        let nonce = super::entropy::<NONCE>()?;
        self.cipher
            .encrypt_in_place(&XNonce::from(nonce), place, &mut plain)
            .map_err(|_| StateError::damaged("there is too much to seal"))?;
        Ok([nonce.as_slice(), &plain].concat())
    }

    /// Opens what was sealed for this place into `plain`, which is written over; nothing where it does not open.
    pub(crate) fn open_bytes(&self, place: &[u8], sealed: &[u8], plain: &mut Vec<u8>) -> Option<()> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>()?;
        plain.clear();
        plain.extend_from_slice(sealed);
        self.cipher.decrypt_in_place(&XNonce::from(*nonce), place, plain).ok()
    }

    /// Opens a record in its place; `stored` is the hash that was stored beside it, `scratch` is written over.
    pub(crate) fn open(
        &self,
        sequence: u64,
        previous: Digest,
        bytes: &[u8],
        stored: Digest,
        scratch: &mut Vec<u8>,
    ) -> Result<Record, StateError> {
        let bad = || StateError::damaged(format!("usage record {sequence} does not open"));
        let place = self.place(sequence, previous);
        if hash(&place, bytes) != stored {
            return Err(bad());
        }
        self.open_bytes(&place, bytes, scratch).ok_or_else(bad)?;
        match postcard::take_from_bytes(scratch) {
            Ok((record, [])) => Ok(record),
            _ => Err(bad()),
        }
    }
}

fn hash(place: &[u8], bytes: &[u8]) -> Digest {
    let hasher = Sha256::new().chain_update(b"postern usage record v1").chain_update(place).chain_update(bytes);
    Digest::from_bytes(hasher.finalize().into())
}

/// A key derived from the device's secret, apart for each purpose.
pub(crate) fn derived(seed: &[u8; 32], purpose: &[u8]) -> Result<Zeroizing<[u8; 32]>, StateError> {
    let mut key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(None, seed)
        .expand(purpose, key.as_mut_slice())
        .map_err(|_| StateError::damaged("a key of the state cannot be derived"))?;
    Ok(key)
}

/// What stands before the first record.
pub(crate) fn before_the_first() -> Digest {
    Digest::of(b"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_device(seed: u8) -> Sealer {
        let device = postern_protocol::SecretKey::from_bytes(&[seed; 32]);
        Sealer::new(device.expose(), PublicKey::from_bytes(device.public_bytes())).unwrap()
    }

    fn record() -> Record {
        Record::new(vec![(Time::MIN, Event::Begun { root: Digest::of(b"root").into() })], Digest::of(b"state"))
    }

    #[test]
    fn a_record_opens_only_in_its_place_on_its_device() {
        let sealer = on_device(7);
        let before = Digest::of(b"before");
        let Sealed { bytes, hash } = sealer.seal(3, before, &record()).unwrap();
        assert_eq!(sealer.open(3, before, &bytes, hash, &mut Vec::new()), Ok(record()));
        assert!(sealer.open(4, before, &bytes, hash, &mut Vec::new()).is_err());
        assert!(sealer.open(3, Digest::of(b"other"), &bytes, hash, &mut Vec::new()).is_err());
        let other = on_device(8);
        let moved = super::hash(&other.place(3, before), &bytes);
        assert!(other.open(3, before, &bytes, moved, &mut Vec::new()).is_err());
    }

    #[test]
    fn no_byte_of_a_sealed_record_can_change() {
        let sealer = on_device(7);
        let sealed = sealer.seal(1, before_the_first(), &record()).unwrap();
        let place = sealer.place(1, before_the_first());
        for position in 0..sealed.bytes.len() {
            let mut changed = sealed.bytes.clone();
            changed[position] ^= 1;
            let hash = super::hash(&place, &changed);
            assert!(sealer.open(1, before_the_first(), &changed, hash, &mut Vec::new()).is_err(), "byte {position}");
        }
    }
}
