//! The verifier's operations: read the facts, judge, write, record; each in one transaction.

mod clock;
mod hearing;
mod licenses;
mod look;
mod node_locked;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use postern_protocol::{
    Document, File, Id, Limits, Prepared, PublicKey, Reader, SecretKey, Time, TrustAnchor, UnderGrant, VerifiedFile,
};

use crate::live::{self, Live};
use crate::machine::Machine;
use crate::rules::consumption::{Balance, ConsumeError};
use crate::rules::facts::{Facts, Session};
use crate::rules::features::{FeatureError, Granted};
use crate::rules::request::Ingredients;
use crate::rules::seats::{self, Change, SeatError};
use crate::store::{BeginSession, StateError, Store, entropy};

/// An open state directory. Threads may share it; every operation takes the time from its caller.
///
/// A process that forks opens its own: the child's use of its parent's handle is refused.
pub struct Verifier {
    store: Arc<Store>,
    live: Live,
    /// Whether the application compiled an anchor in: then nothing is believed that does not verify from there.
    anchored: bool,
}

impl Verifier {
    /// Opens a state directory. An application that compiled in an anchor refuses state of another root.
    ///
    /// # Errors
    /// There is no state, it cannot be used, or it is pinned to another root.
    pub fn open(anchor: Option<&TrustAnchor>, directory: &Path) -> Result<Self, StateError> {
        Self::open_on(anchor, directory, None)
    }

    /// Opens a state directory as on another machine than the one that the program runs on.
    ///
    /// # Errors
    /// As [`Verifier::open`].
    pub fn open_on(
        anchor: Option<&TrustAnchor>,
        directory: &Path,
        machine: Option<Box<dyn Machine>>,
    ) -> Result<Self, StateError> {
        let store = Store::open(directory)?;
        let store = match machine {
            Some(machine) => store.on(machine),
            None => store,
        };
        if let Some(anchor) = anchor {
            store.read(|work| {
                // An application may be older or newer than the state: its root may be any of the versions known.
                let trust = &work.facts()?.trust;
                let known = trust.history().iter().any(|document| document.digest() == anchor.root);
                if known && trust.current().product == anchor.product {
                    return Ok(());
                }
                Err(StateError::OtherRoot { expected: anchor.root, found: trust.first().digest() })
            })?;
        }
        let store = Arc::new(store);
        Ok(Self { live: Live::new(), store, anchored: anchor.is_some() })
    }

    /// Gives a named seat to a user. A user who holds one keeps it.
    ///
    /// # Errors
    /// Why the user gets no seat; then nothing changed.
    pub fn checkout(&self, seat_type: &Id, user: &str, now: Time) -> Result<Change, SeatError> {
        self.store.checkout(seat_type.clone(), seats::user_name(user)?, now)
    }

    /// Takes a named seat back.
    ///
    /// # Errors
    /// The user holds no such seat, or the state cannot be used.
    pub fn release(&self, seat_type: &Id, user: &str, now: Time) -> Result<(), SeatError> {
        self.store.release(seat_type.clone(), seats::user_name(user)?, now)
    }

    /// Begins a floating session for this process. It ends after the longest session of the license, by
    /// [`Verifier::end_session`], or with the process, however that ends.
    ///
    /// `user` says who it is for, or what.
    ///
    /// # Errors
    /// Why no session begins; then nothing changed.
    pub fn begin_session(&self, seat_type: &Id, user: &str, now: Time) -> Result<Session, SeatError> {
        let (seat_type, user) = (seat_type.clone(), seats::user_name(user)?);
        self.store.begin_session(BeginSession { seat_type, user, held: true }, now)
    }

    /// Begins a floating session that outlives this process: only its end or [`Verifier::end_session`] ends it.
    ///
    /// # Errors
    /// Why no session begins; then nothing changed.
    pub fn begin_detached_session(&self, seat_type: &Id, user: &str, now: Time) -> Result<Session, SeatError> {
        let (seat_type, user) = (seat_type.clone(), seats::user_name(user)?);
        self.store.begin_session(BeginSession { seat_type, user, held: false }, now)
    }

    /// Ends a floating session.
    ///
    /// # Errors
    /// No such session runs, or the state cannot be used.
    pub fn end_session(&self, session: &Id, now: Time) -> Result<(), SeatError> {
        self.store.end_session(session.clone(), now)
    }

    /// Whether a feature is licensed now, from memory: no I/O, no lock. What another process installs is known here
    /// within a second.
    ///
    /// # Errors
    /// Why it may not be used.
    pub fn check(&self, feature: &str, now: Time) -> Result<Granted, FeatureError> {
        self.live.check(&self.store, feature, now)
    }

    /// Whether a feature is licensed now, from one read of the state: for a program that asks once and ends.
    ///
    /// # Errors
    /// Why it may not be used.
    pub fn check_once(&self, feature: &str, now: Time) -> Result<Granted, FeatureError> {
        live::check_once(&self.store, self.anchored, feature, now)
    }

    /// Uses up some units of a counter. They are on the disk before this returns.
    ///
    /// # Errors
    /// Why nothing was used up.
    pub fn consume(&self, counter: &Id, units: u64, now: Time) -> Result<Balance, ConsumeError> {
        self.store.consume(counter.clone(), units, now)
    }

    /// Deletes the state from this machine. Give the license back first: nothing of it can be recovered.
    ///
    /// # Errors
    /// Other threads hold the state, or a file cannot be deleted.
    pub fn remove(self) -> Result<(), StateError> {
        let Self { store, live, .. } = self;
        drop(live);
        Arc::into_inner(store).ok_or(StateError::Busy)?.remove()
    }

    fn ingredients(&self, names: bool) -> Result<Ingredients<'_>, StateError> {
        let hiding_secret = &self.store.secrets().hiding;
        Ok(Ingredients { fingerprint: self.store.measure(), nonce: entropy()?, hiding_secret, names })
    }

    /// A document, signed by the device, as a file.
    fn signed(&self, document: &impl Document) -> (Prepared, Vec<u8>) {
        self.signed_with(document, None)
    }

    /// A document, signed by the device and a credential, as a file.
    fn signed_with(&self, document: &impl Document, credential: Option<&SecretKey>) -> (Prepared, Vec<u8>) {
        let device = self.store.secrets().device();
        let prepared = Prepared::new(document);
        let message = prepared.to_sign();
        let sign = |key: &SecretKey| (PublicKey::from_bytes(key.public_bytes()), key.sign(&message));
        let signatures: Vec<_> = std::iter::once(device).chain(credential).map(sign).collect();
        let envelope = prepared.finish(&signatures);
        let file = File { documents: vec![envelope], ..File::default() }.to_bytes();
        (prepared, file)
    }
}

/// Verifies a file from what the state trusts and knows to be revoked.
fn read<T: UnderGrant>(facts: &Facts, bytes: &[u8]) -> Result<VerifiedFile<T>, postern_protocol::ChainError> {
    reader(facts).file(bytes)
}

/// What the state trusts and knows to be revoked.
fn reader(facts: &Facts) -> Reader<'_> {
    Reader { trust: &facts.trust, revocations: &facts.revocations, limits: Limits::DEFAULT }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("store", &self.store).finish_non_exhaustive()
    }
}
