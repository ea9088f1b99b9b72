//! The verifier's operations: read the facts, judge, write, record; each in one transaction.

use std::fmt;
use std::path::Path;

use postern_protocol::documents::{Enablement, License};
use postern_protocol::{Digest, File, Id, Limits, Prepared, Reader, Time, TrustAnchor, UnderGrant, VerifiedFile};

use crate::fingerprint::{self, Machine, ThisMachine};
use crate::rules::cycle;
use crate::rules::enroll::{self, EnrollError};
use crate::rules::facts::Facts;
use crate::rules::install::{self, Verdict};
use crate::rules::install_error::InstallError;
use crate::rules::request::{self, Ingredients, RequestError};
use crate::rules::seats::{self, Change, SeatError};
use crate::status::{Entitlement, Status};
use crate::store::{CycleEnd, Event, StateError, Store, Work, entropy};

/// An open state directory. Threads may share it; every operation takes the time from its caller.
pub struct Verifier {
    store: Store,
    machine: Box<dyn Machine>,
}

impl Verifier {
    /// Opens a state directory. An application that compiled in an anchor refuses state of another root.
    ///
    /// # Errors
    /// There is no state, it cannot be used, or it is pinned to another root.
    pub fn open(anchor: Option<&TrustAnchor>, directory: &Path) -> Result<Self, StateError> {
        let store = Store::open(directory)?;
        let trust = store.read(|work| work.load())?.trust;
        if let Some(anchor) = anchor {
            // An application may be older or newer than the state: its root may be any of the versions known.
            let known = trust.history().iter().any(|document| document.digest() == anchor.root);
            if !known || trust.current().product != anchor.product {
                return Err(StateError::OtherRoot { expected: anchor.root, found: trust.first().digest() });
            }
        }
        Ok(Self { store, machine: Box::new(ThisMachine) })
    }

    /// Measures this machine instead of the one that the program runs on.
    #[must_use]
    pub fn on(mut self, machine: Box<dyn Machine>) -> Self {
        self.machine = machine;
        self
    }

    /// Installs an enablement token.
    ///
    /// # Errors
    /// Why the token is refused; then nothing changed.
    pub fn enroll(&self, bytes: &[u8], now: Time) -> Result<Enrolled, EnrollError> {
        self.store.write(|work| {
            let facts = work.load()?;
            let file = read::<Enablement>(&facts, bytes)?;
            let token = file.document.get();
            let enrolling = enroll::enroll(&facts, &file.document, now)?;
            if enrolling.unlocks {
                work.end_cycle(CycleEnd::Token, now)?;
            }
            if enrolling.opens_activation {
                work.open_activation(&Id::from_entropy(entropy()?), now)?;
            }
            work.save_enablement(&file, bytes, now)?;
            work.record(now, Event::Enrolled { token: token.id.clone() })?;
            Ok(Enrolled {
                account: token.account.clone(),
                license_id: token.license_id.clone(),
                unlocked: enrolling.unlocks,
            })
        })
    }

    /// Makes the next request; it voids all before it. With `names`, users are named in it.
    ///
    /// # Errors
    /// Why no request is made; then nothing changed.
    pub fn request(&self, names: bool, now: Time) -> Result<Requested, RequestError> {
        self.store.write(|work| {
            let facts = work.load()?;
            let with = Ingredients {
                fingerprint: self.measure(work),
                nonce: entropy()?,
                hiding_secret: &work.secrets().hiding,
                names,
            };
            let request = request::request(&facts, with, now)?;
            let prepared = Prepared::new(&request);
            let signature = work.secrets().device.sign(&prepared.to_sign());
            let envelope = prepared.finish(&[(facts.device.key, signature)]);
            let file = File { documents: vec![envelope], ..File::default() }.to_bytes();
            work.save_request(&request.cycle, &prepared, &request.usage, &file, request.trust_number)?;
            work.record(now, Event::Requested { request: prepared.digest() })?;
            let after = work.load()?;
            Ok(Requested {
                digest: prepared.digest(),
                cycle: request.cycle.cycle,
                number: request.cycle.number,
                install_until: cycle::answer_deadline(&after).unwrap_or(now),
                locked_after: cycle::cycle_deadline(&after).unwrap_or(now),
                file,
            })
        })
    }

    /// Installs a license. The very license in force again is no error and changes nothing.
    ///
    /// # Errors
    /// Why the license is refused; then nothing changed.
    pub fn install(&self, bytes: &[u8], now: Time) -> Result<Installation, InstallError> {
        self.store.write(|work| self.install_in(work, bytes, now))
    }

    /// Says what [`Verifier::install`] would do, and changes nothing.
    ///
    /// # Errors
    /// Why the license would be refused.
    pub fn rehearse_install(&self, bytes: &[u8], now: Time) -> Result<Installation, InstallError> {
        self.store.rehearse(|work| self.install_in(work, bytes, now))
    }

    fn install_in(&self, work: &Work<'_>, bytes: &[u8], now: Time) -> Result<Installation, InstallError> {
        let before = work.load()?;
        let file = read::<License>(&before, bytes)?;
        let measured = self.measure(work);
        let verdict = install::judge(&before, &file, &measured, now)?;
        if verdict == Verdict::Install {
            let acknowledged = &file.document.acknowledged;
            for forgiven in acknowledged.iter().filter(|one| one.genesis == before.usage.genesis) {
                work.save_head(forgiven, !before.heads.contains(&(forgiven.count, forgiven.head)))?;
            }
            work.end_cycle(CycleEnd::Install, now)?;
            work.save_license(&file, bytes, &measured, now)?;
            work.record(now, Event::Installed { license: file.document.digest() })?;
        }
        let after = work.load()?;
        Ok(Installation {
            already_installed: verdict == Verdict::AlreadyInstalled,
            before: Entitlement::of(&before, now),
            after: Entitlement::of(&after, now),
        })
    }

    /// Gives a named seat to a user. A user who holds one keeps it.
    ///
    /// # Errors
    /// Why the user gets no seat; then nothing changed.
    pub fn checkout(&self, seat_type: &Id, user: &str, now: Time) -> Result<Change, SeatError> {
        let user = seats::user_name(user)?;
        self.store.write(|work| {
            let facts = work.load()?;
            let change = seats::checkout(&facts, seat_type, &user, now)?;
            if change == Change::Made {
                work.take_seat(seat_type, &user, now)?;
                work.record(now, Event::CheckedOut { seat_type: seat_type.clone(), user })?;
            }
            Ok(change)
        })
    }

    /// Takes a named seat back.
    ///
    /// # Errors
    /// The user holds no such seat, or the state cannot be used.
    pub fn release(&self, seat_type: &Id, user: &str, now: Time) -> Result<(), SeatError> {
        let user = seats::user_name(user)?;
        self.store.write(|work| {
            let facts = work.load()?;
            seats::release(&facts, seat_type, &user)?;
            work.free_seat(seat_type, &user)?;
            work.record(now, Event::Released { seat_type: seat_type.clone(), user })?;
            Ok(())
        })
    }

    /// How everything stands.
    ///
    /// # Errors
    /// The state cannot be used.
    pub fn status(&self, now: Time) -> Result<Status, StateError> {
        self.store.read(|work| Ok(Status::of(&work.load()?, now)))
    }

    /// Opens every usage record from the first on; says how many there are.
    ///
    /// # Errors
    /// The first record that is missing or does not open.
    pub fn audit(&self) -> Result<u64, StateError> {
        self.store.read(|work| work.audit())
    }

    fn measure(&self, work: &Work<'_>) -> Vec<postern_protocol::documents::FingerprintPart> {
        fingerprint::measure(self.machine.as_ref(), &work.secrets().hiding)
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

/// What a token enabled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolled {
    /// The account.
    pub account: Id,
    /// The license id that the machine will ask under.
    pub license_id: Id,
    /// Whether the machine was locked until now.
    pub unlocked: bool,
}

/// A request that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requested {
    /// The file to carry to the portal.
    pub file: Vec<u8>,
    /// The request's digest.
    pub digest: Digest,
    /// The cycle.
    pub cycle: u64,
    /// The request's number in it.
    pub number: u64,
    /// The last instant at which its answer can be installed.
    pub install_until: Time,
    /// The machine locks after this instant unless an answer was installed.
    pub locked_after: Time,
}

/// What an install changed, or would change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    /// This very license was in force already.
    pub already_installed: bool,
    /// What was in force before.
    pub before: Option<Entitlement>,
    /// What is in force after.
    pub after: Option<Entitlement>,
}
