//! The verifier's operations: read the facts, judge, write, record; each in one transaction.

mod node_locked;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use postern_protocol::documents::{Deactivation, Enablement, License, Request, TimeTicket};
use postern_protocol::{
    Digest, Document, File, Id, Limits, Prepared, PublicKey, Reader, SecretKey, Time, TrustAnchor, UnderGrant,
    VerifiedFile,
};

use crate::live::{self, Live};
use crate::machine::Machine;
use crate::outcome::{Challenged, Deactivated, Enrolled, Installation, Repaired, Requested};
use crate::rules::clock_repair::{self, RepairError};
use crate::rules::consumption::{self, Balance, ConsumeError};
use crate::rules::cycle::{self, NotEnrolled};
use crate::rules::deactivate::{self, DeactivateError};
use crate::rules::enroll::{self, EnrollError};
use crate::rules::extend::{self, ExtendError};
use crate::rules::facts::{Facts, Session};
use crate::rules::features::{FeatureError, Granted};
use crate::rules::install::{self, Verdict};
use crate::rules::install_error::InstallError;
use crate::rules::request::{self, Ingredients, RequestError};
use crate::rules::seats::{self, Change, SeatError};
use crate::status::{Entitlement, Status};
use crate::store::{BeginSession, CycleEnd, Event, StateError, Store, UsageRecord, Work, entropy};

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

    /// Installs an enablement token.
    ///
    /// # Errors
    /// Why the token is refused; then nothing changed.
    pub fn enroll(&self, bytes: &[u8], now: Time) -> Result<Enrolled, EnrollError> {
        let enrolled = self.store.write(|work| {
            let facts = work.facts()?;
            let file = read::<Enablement>(facts, bytes)?;
            let token = file.document.get();
            let enrolling = enroll::enroll(facts, &file.document, now)?;
            if enrolling.unlocks {
                work.end_cycle(CycleEnd::Token, now)?;
            }
            // Nothing was installed for a credential that was tried before.
            work.forget_credential()?;
            if enrolling.opens_activation {
                work.open_activation(&Id::from_entropy(entropy()?), now)?;
            }
            work.save_enablement(&file, bytes, now)?;
            work.record_change(now, Event::Enrolled { token: token.id.clone() })?;
            Ok::<_, EnrollError>(Enrolled {
                account: token.account.clone(),
                license_id: token.license_id.clone(),
                unlocked: enrolling.unlocks,
            })
        })?;
        self.live.changed();
        Ok(enrolled)
    }

    /// Makes the next request; it voids all before it. With `names`, users are named in it.
    ///
    /// # Errors
    /// Why no request is made; then nothing changed.
    pub fn request(&self, names: bool, now: Time) -> Result<Requested, RequestError> {
        let requested = self.store.write(|work| {
            let with = self.ingredients(names)?;
            let request = request::request(work.facts()?, with, now)?;
            let (prepared, file) = self.signed(&request);
            work.save_request(&request.cycle, &prepared, &request.usage, &file, request.trust_number)?;
            let after = work.record_change(now, Event::Requested { request: prepared.digest().into() })?;
            Ok::<_, RequestError>(requested(after, &request, prepared.digest(), file, now))
        })?;
        self.live.changed();
        Ok(requested)
    }

    /// Installs a license. The very license in force again is no error and changes nothing.
    ///
    /// # Errors
    /// Why the license is refused; then nothing changed, except that a proof that this store was rolled back or copied is
    /// kept.
    pub fn install(&self, bytes: &[u8], now: Time) -> Result<Installation, InstallError> {
        let done = self.store.write(|work| self.install_in(work, bytes, now));
        if let Err(InstallError::UsageRolledBack { .. }) = &done {
            self.keep_proof(bytes, now)?;
        }
        self.live.changed();
        done
    }

    /// Says what [`Verifier::install`] would do, and changes nothing.
    ///
    /// # Errors
    /// Why the license would be refused.
    pub fn rehearse_install(&self, bytes: &[u8], now: Time) -> Result<Installation, InstallError> {
        self.store.rehearse(|work| self.install_in(work, bytes, now))
    }

    fn install_in(&self, work: &mut Work<'_>, bytes: &[u8], now: Time) -> Result<Installation, InstallError> {
        let before = work.facts()?;
        let was = Entitlement::of(before, now);
        let file = read::<License>(before, bytes)?;
        let measured = self.store.measure();
        if install::judge(before, &file, &measured, now)? == Verdict::AlreadyInstalled {
            return Ok(Installation { already_installed: true, before: was.clone(), after: was });
        }
        let before_required = before.required;
        let forgiven = install::forgiven(before, &file.document);
        let counters = consumption::moved_on(before, &file.chain.root_signed().id, &file.document, now);
        forgiven.iter().try_for_each(|checkpoint| work.save_head(checkpoint, true))?;
        work.end_cycle(CycleEnd::Install, now)?;
        let refresh = file.document.request.is_none();
        let required = if refresh { before_required } else { file.document.fingerprint.required };
        work.save_license(&file, bytes, (!refresh).then_some(measured.as_slice()), required, now)?;
        work.restart_meter()?;
        self.store.measure_again();
        counters.into_iter().try_for_each(|counter| work.put_consumed(counter))?;
        let after = work.record_change(now, Event::Installed { license: file.document.digest().into() })?;
        Ok(Installation { already_installed: false, before: was, after: Entitlement::of(after, now) })
    }

    /// Keeps the license that proves that this store was rolled back or copied, once.
    fn keep_proof(&self, bytes: &[u8], now: Time) -> Result<(), InstallError> {
        self.store.write(|work| {
            let facts = work.facts()?;
            let file = read::<License>(facts, bytes)?;
            let digest = file.document.digest();
            let (known, trust) = (facts.fork, facts.trust.current().number);
            let Some(seen) = install::lost(facts, &file.document).filter(|_| known.is_none()) else { return Ok(()) };
            work.save_proof(digest, &seen, bytes, trust, now)?;
            work.record_change(now, Event::ForkFound { license: digest.into() })?;
            Ok(())
        })
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

    /// Uses the emergency extension: the license that has ended goes on for a while, once.
    ///
    /// # Errors
    /// Why there is none; then nothing changed.
    pub fn extend(&self, now: Time) -> Result<Status, ExtendError> {
        let status = self.store.write(|work| self.extend_in(work, now))?;
        self.live.changed();
        Ok(status)
    }

    /// Says what [`Verifier::extend`] would do, and changes nothing.
    ///
    /// # Errors
    /// Why there is no extension.
    pub fn rehearse_extend(&self, now: Time) -> Result<Status, ExtendError> {
        self.store.rehearse(|work| self.extend_in(work, now))
    }

    fn extend_in(&self, work: &mut Work<'_>, now: Time) -> Result<Status, ExtendError> {
        let extension = extend::extend(work.facts()?, now)?;
        work.save_extension(&extension)?;
        work.record_change(now, Event::Extended { license: extension.license.into() })?;
        Ok(self.status_in(work, now)?)
    }

    /// Makes a clock challenge, which a time ticket answers. It voids the challenge before it.
    ///
    /// # Errors
    /// No token is installed, or the state cannot be used.
    pub fn clock_challenge(&self, now: Time) -> Result<Challenged, RequestError> {
        self.store.write(|work| {
            let with = self.ingredients(false)?;
            let challenge = request::challenge(work.facts()?, with, now)?;
            let floor = challenge.clock.map_or(now, |clock| clock.floor);
            let (prepared, file) = self.signed(&challenge);
            work.save_challenge(&challenge.nonce, &prepared, &challenge.usage)?;
            work.record_change(now, Event::Challenged { challenge: prepared.digest().into() })?;
            Ok(Challenged { file, digest: prepared.digest(), floor })
        })
    }

    /// Installs the time ticket that answers the newest challenge.
    ///
    /// # Errors
    /// Why the ticket is refused; then nothing changed.
    pub fn repair_clock(&self, bytes: &[u8], now: Time) -> Result<Repaired, RepairError> {
        let repaired = self.store.write(|work| {
            let facts = work.facts()?;
            facts.way().ok_or(NotEnrolled)?;
            let voids = facts.cycle.as_ref().is_some_and(|cycle| cycle.open_request().is_some());
            let file = read::<TimeTicket>(facts, bytes)?;
            let repair = clock_repair::repair(facts, &file, now)?;
            let (grantor, id) = &repair.by;
            if repair.ends_cycle {
                work.end_cycle(CycleEnd::Ticket, repair.time)?;
            }
            work.save_ticket(&file, bytes, (repair.back > 0).then_some((grantor, id, repair.back)))?;
            let event = Event::ClockRepaired { ticket: file.document.digest().into(), back: repair.back };
            work.record_change(repair.time, event)?;
            Ok::<_, RepairError>(Repaired { time: repair.time, back: repair.back, voided_request: voids })
        })?;
        self.live.changed();
        Ok(repaired)
    }

    /// Gives the license back: closes its activation for ever, ends every use, and makes the document that says so, all
    /// at once. Called again, it gives out the same document.
    ///
    /// # Errors
    /// No license is installed, and none was given back.
    pub fn deactivate(&self, now: Time) -> Result<Deactivated, DeactivateError> {
        let done = self.store.write(|work| {
            if work.facts()?.installed.is_none()
                && let Some(file) = work.newest_deactivation()?
            {
                return Ok(Deactivated { file, again: true });
            }
            let deactivation: Deactivation = deactivate::deactivate(work.facts()?, now)?;
            let trust = work.facts()?.trust.current().number;
            let (prepared, file) = self.signed(&deactivation);
            work.clear_uses()?;
            work.end_cycle(CycleEnd::Deactivation, now)?;
            work.save_head(&deactivation.usage, false)?;
            work.save_deactivation(&deactivation.activation, &file, trust, now)?;
            work.record_change(now, Event::Deactivated { deactivation: prepared.digest().into() })?;
            Ok::<_, DeactivateError>(Deactivated { file, again: false })
        })?;
        self.live.changed();
        Ok(done)
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

    /// How everything stands.
    ///
    /// # Errors
    /// The state cannot be used.
    pub fn status(&self, now: Time) -> Result<Status, StateError> {
        self.store.read(|work| self.status_in(work, now))
    }

    /// How everything stands, with users under the pseudonyms that requests give them.
    ///
    /// # Errors
    /// The state cannot be used.
    pub fn status_under_pseudonyms(&self, now: Time) -> Result<Status, StateError> {
        self.store.read(|work| {
            let mut facts = work.facts()?.clone();
            let seats = facts.seats.iter_mut().map(|seat| &mut seat.user);
            let users = seats.chain(facts.sessions.iter_mut().map(|session| &mut session.user));
            users.for_each(|user| *user = self.pseudonym(user));
            Ok(Status::of(&facts, &self.store.measured(), now))
        })
    }

    /// The pseudonym that requests of this machine give to a user.
    pub fn pseudonym(&self, user: &str) -> String {
        request::pseudonym(&self.store.secrets().hiding, user)
    }

    fn status_in(&self, work: &mut Work<'_>, now: Time) -> Result<Status, StateError> {
        let measured = self.store.measured();
        Ok(Status::of(work.facts()?, &measured, now))
    }

    /// Opens every usage record from the first on, and checks the state against the newest; says how many there are.
    ///
    /// # Errors
    /// The first record that is missing or does not open, or the state does not fit the newest.
    pub fn audit(&self) -> Result<u64, StateError> {
        self.store.walk(|_| {})
    }

    /// Hands over every usage record, oldest first; says how many there are.
    ///
    /// # Errors
    /// As [`Verifier::audit`]; what was handed over before holds.
    pub fn usage(&self, each: impl FnMut(UsageRecord)) -> Result<u64, StateError> {
        self.store.walk(each)
    }

    /// The license files that prove that this store was rolled back or copied: to be shown to the vendor.
    ///
    /// # Errors
    /// The state cannot be used.
    pub fn proofs(&self) -> Result<Vec<Vec<u8>>, StateError> {
        self.store.read(|work| work.proofs())
    }

    /// The state directory.
    pub fn directory(&self) -> &Path {
        self.store.directory()
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

/// What a request says to whoever made it.
fn requested(after: &Facts, request: &Request, digest: Digest, file: Vec<u8>, now: Time) -> Requested {
    Requested {
        digest,
        cycle: request.cycle.cycle,
        number: request.cycle.number,
        install_until: cycle::answer_deadline(after).unwrap_or(now),
        locked_after: cycle::cycle_deadline(after).filter(|_| after.locks()),
        fork: after.fork,
        file,
    }
}

/// Verifies a file from what the state trusts and knows to be revoked.
fn read<T: UnderGrant>(facts: &Facts, bytes: &[u8]) -> Result<VerifiedFile<T>, postern_protocol::ChainError> {
    Reader { trust: &facts.trust, revocations: &facts.revocations, limits: Limits::DEFAULT }.file(bytes)
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("store", &self.store).finish_non_exhaustive()
    }
}
