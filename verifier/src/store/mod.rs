//! The machine's state in SQLite: one transaction per operation or group of uses, each closed by a usage record.
//!
//! What was read and verified is kept as long as no other process has written since: SQLite tells by one number. So a
//! use costs little more than the commit that makes it durable.

mod connection;
mod digest;
mod directory;
mod entropy;
mod error;
mod group;
mod holders;
mod load;
mod remove;
mod save;
mod shorten;
mod snapshot;
mod usage;
mod uses;
mod walk;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use postern_protocol::documents::FingerprintPart;
use postern_protocol::{Digest, Id, PublicKey, SecretKey, Time, TrustState};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use zeroize::Zeroizing;

use crate::machine::{self, Machine, ThisMachine, Uptime};
use crate::rules::facts::{Consumed, Facts};
use crate::rules::permit::Terms;

pub use error::StateError;
pub use usage::{Event, SessionEnd};
pub use walk::UsageRecord;

pub(crate) use entropy::entropy;
pub(crate) use save::CycleEnd;
pub(crate) use uses::BeginSession;

use digest::{RowHasher, StateDigest};
use group::Group;
use usage::{Record, Sealer};

/// The machine's secrets.
pub(crate) struct Secrets {
    seed: Zeroizing<[u8; 32]>,
    /// The device key's public half as it is stored. It only binds records to the device: another one opens none.
    public: PublicKey,
    /// The device key, derived from its seed when it is asked for: that takes longer than a short program may.
    device: OnceLock<SecretKey>,
    /// Hides fingerprint parts and names in what leaves the machine.
    pub(crate) hiding: Zeroizing<[u8; 32]>,
}

impl Secrets {
    fn new(seed: Zeroizing<[u8; 32]>, hiding: Zeroizing<[u8; 32]>) -> Self {
        let public = PublicKey::from_bytes(SecretKey::from_bytes(&seed).public_bytes());
        Self::stored(seed, public, hiding)
    }

    fn stored(seed: Zeroizing<[u8; 32]>, public: PublicKey, hiding: Zeroizing<[u8; 32]>) -> Self {
        Self { seed, public, device: OnceLock::new(), hiding }
    }

    /// The device key. Its public half is never the stored one: a signature made with another would give away the key.
    pub(crate) fn device(&self) -> &SecretKey {
        self.device.get_or_init(|| SecretKey::from_bytes(&self.seed))
    }

    pub(crate) fn device_key(&self) -> PublicKey {
        PublicKey::from_bytes(self.device().public_bytes())
    }
}

/// The secrets, and what is derived from them.
pub(super) struct Keys {
    secrets: Secrets,
    sealer: Sealer,
    rows: RowHasher,
}

impl Keys {
    fn new(secrets: Secrets) -> Result<Self, StateError> {
        let sealer = Sealer::new(&secrets.seed, secrets.public)?;
        Ok(Self { sealer, rows: RowHasher::new(&secrets.seed)?, secrets })
    }
}

/// What was read of the state and verified, kept while nobody else writes.
pub(super) struct State {
    facts: Facts,
    digest: StateDigest,
    terms: Option<Terms>,
}

/// The connection, and what is known of the database that it is open on.
struct Desk {
    connection: Connection,
    /// The state, and SQLite's data version that it was read at.
    known: Option<(i64, State)>,
}

/// An open state directory. Threads take turns; processes take turns through SQLite.
pub(crate) struct Store {
    // Taken out only when a forked child drops it: closing what its parent uses would break that.
    desk: Option<Mutex<Desk>>,
    group: Group,
    keys: Keys,
    directory: PathBuf,
    machine: Box<dyn Machine>,
    boot: OnceLock<Option<Id>>,
    measured: Mutex<Option<Arc<[FingerprintPart]>>>,
    holder: holders::Holder,
    history: shorten::History,
    process: u32,
}

impl Store {
    /// Makes the state and pins this root, unless there is a state already; says which.
    pub(crate) fn begin(directory: &Path, trust: &TrustState, now: Time) -> Result<(Self, bool), StateError> {
        directory::create(directory)?;
        let mut connection = connection::begin(directory)?;
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let fresh = connection::schema(&tx)? == 0;
        if fresh {
            connection::make_schema(&tx)?;
            let keys = Keys::new(Secrets::new(Zeroizing::new(entropy()?), Zeroizing::new(entropy()?)))?;
            save::first(tx, &keys, trust, now)?;
        } else {
            drop(tx);
        }
        Ok((Self::with(directory, connection)?, fresh))
    }

    /// Opens an existing state.
    pub(crate) fn open(directory: &Path) -> Result<Self, StateError> {
        directory::check(directory)?;
        let connection = connection::open(directory)?;
        match connection::schema(&connection)? {
            0 => Err(StateError::Missing { directory: directory.to_path_buf() }),
            connection::SCHEMA => Self::with(directory, connection),
            schema => Err(StateError::Newer { schema }),
        }
    }

    fn with(directory: &Path, connection: Connection) -> Result<Self, StateError> {
        Ok(Self {
            keys: Keys::new(load::secrets(&connection)?)?,
            desk: Some(Mutex::new(Desk { connection, known: None })),
            group: Group::default(),
            directory: directory.to_path_buf(),
            machine: Box::new(ThisMachine),
            boot: OnceLock::new(),
            measured: Mutex::default(),
            holder: holders::Holder::default(),
            history: shorten::History::DEFAULT,
            process: std::process::id(),
        })
    }

    /// Measures this machine instead of the one that the program runs on.
    pub(crate) fn on(mut self, machine: Box<dyn Machine>) -> Self {
        self.machine = machine;
        (self.boot, self.measured) = (OnceLock::new(), Mutex::default());
        if let Some(desk) = &mut self.desk {
            desk.get_mut().unwrap_or_else(PoisonError::into_inner).known = None;
        }
        self
    }

    /// The machine's secrets.
    pub(crate) fn secrets(&self) -> &Secrets {
        &self.keys.secrets
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// The fingerprint as measured when the state was opened, or since for an install.
    pub(crate) fn measured(&self) -> Arc<[FingerprintPart]> {
        let mut measured = self.measured.lock().unwrap_or_else(PoisonError::into_inner);
        measured.get_or_insert_with(|| self.measure().into()).clone()
    }

    /// As much of the fingerprint, measured now, as it takes to say whether `required` parts are as they were `then`.
    fn measured_enough(&self, then: &[FingerprintPart], required: u64) -> Vec<FingerprintPart> {
        machine::measure_enough(self.machine.as_ref(), &self.keys.secrets.hiding, then, required)
    }

    /// The fingerprint as measured now.
    pub(crate) fn measure(&self) -> Vec<FingerprintPart> {
        machine::measure(self.machine.as_ref(), &self.keys.secrets.hiding)
    }

    /// Measures anew: what is known of the hardware may be old.
    pub(crate) fn measure_again(&self) {
        *self.measured.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn uptime(&self) -> Option<Uptime> {
        let boot = self.boot.get_or_init(|| self.machine.boot()).clone()?;
        Some(Uptime { boot, seconds: self.machine.uptime()? })
    }

    /// Runs an operation that changes the state: all of it, or nothing where it is refused.
    pub(crate) fn write<T, E: From<StateError>>(
        &self,
        operation: impl FnOnce(&mut Work<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.transaction(TransactionBehavior::Immediate, End::Commit, operation)
    }

    /// Runs an operation and undoes whatever it changed.
    pub(crate) fn rehearse<T, E: From<StateError>>(
        &self,
        operation: impl FnOnce(&mut Work<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.transaction(TransactionBehavior::Immediate, End::Undo, operation)
    }

    /// Runs an operation that only reads, in one consistent view.
    pub(crate) fn read<T, E: From<StateError>>(
        &self,
        operation: impl FnOnce(&mut Work<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.transaction(TransactionBehavior::Deferred, End::Undo, operation)
    }

    fn transaction<T, E: From<StateError>>(
        &self,
        behavior: TransactionBehavior,
        end: End,
        operation: impl FnOnce(&mut Work<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut desk = self.desk()?;
        let Desk { connection, known } = &mut *desk;
        let tx = connection.transaction_with_behavior(behavior).map_err(StateError::from)?;
        let version = connection::data_version(&tx)?;
        let state = known.take().filter(|(read_at, _)| *read_at == version).map(|(_, state)| state);
        let (unsaved, noted) = (Vec::new(), Vec::new());
        let mut work = Work { tx, store: self, keys: &self.keys, state, unsaved, noted, writes: 0, spoiled: false };
        let done = operation(&mut work).and_then(|done| work.close().map(|()| done).map_err(E::from));
        let Work { tx, state, writes, .. } = work;
        let commits = done.is_ok() && end == End::Commit;
        let ended = if commits && writes > 0 { tx.commit() } else { tx.rollback() };
        // Where anything was changed in memory that the database does not say, it is read anew.
        *known = state.filter(|_| writes == 0 || (commits && ended.is_ok())).map(|state| (version, state));
        let done = done?;
        ended.map_err(StateError::from)?;
        Ok(done)
    }

    /// Refuses a forked child. Asked before any lock is taken: a thread that was left behind in the fork may hold it.
    pub(crate) fn here(&self) -> Result<(), StateError> {
        if self.process == std::process::id() { Ok(()) } else { Err(StateError::Forked) }
    }

    /// A thread that panicked has left no transaction open: dropping one undoes it.
    fn desk(&self) -> Result<MutexGuard<'_, Desk>, StateError> {
        self.here()?;
        let desk = self.desk.as_ref().ok_or(StateError::Forked)?;
        Ok(desk.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        if self.process != std::process::id() {
            // A forked child shares the parent's open files: closing them as SQLite does would take its locks away.
            std::mem::forget(self.desk.take());
            self.holder.forget();
        }
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("device", &self.keys.secrets.device_key()).finish_non_exhaustive()
    }
}

/// How a transaction ends where its operation succeeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Commit,
    Undo,
}

/// One transaction on the state.
pub(crate) struct Work<'a> {
    tx: Transaction<'a>,
    store: &'a Store,
    keys: &'a Keys,
    state: Option<State>,
    /// Rows of counters that are written with the commit.
    unsaved: Vec<Consumed>,
    /// What happened in this transaction, for its record.
    noted: Vec<(Time, Event)>,
    /// How often something was written or changed in memory.
    writes: u64,
    /// Whether a use failed in the middle of its writing.
    spoiled: bool,
}

impl Work<'_> {
    /// Everything that the state says.
    pub(crate) fn facts(&mut self) -> Result<&Facts, StateError> {
        self.state().map(|state| &state.facts)
    }

    /// The facts, and the terms of the license in force.
    pub(crate) fn facts_and_terms(&mut self) -> Result<(&Facts, Option<&Terms>), StateError> {
        self.state().map(|state| (&state.facts, state.terms.as_ref()))
    }

    fn state(&mut self) -> Result<&mut State, StateError> {
        match &mut self.state {
            Some(state) => Ok(state),
            none => {
                // Borrowed anew: what was read goes into its place.
                let (facts, digest) = load::load(&self.tx, self.keys)?;
                let terms = Terms::of(&facts, &self.store.measured());
                Ok(none.insert(State { facts, digest, terms }))
            }
        }
    }

    /// Closes an operation that changes more than uses: appends what happened to the usage chain, and reads anew.
    pub(crate) fn record_change(&mut self, now: Time, event: Event) -> Result<&Facts, StateError> {
        self.note(now, event)?;
        self.save_counters()?;
        let seldom = digest::seldom(&self.tx)?;
        self.state()?.digest.seldom = seldom;
        self.append()?;
        self.state = None;
        self.save_snapshot()?;
        self.facts()
    }

    /// Closes a use. What is recorded is written with the commit.
    fn record_use(&mut self, now: Time, event: Event) -> Result<(), StateError> {
        self.run_meter()?;
        self.note(now, event)
    }

    /// Notes what happened, for the record of this transaction.
    fn note(&mut self, now: Time, event: Event) -> Result<(), StateError> {
        self.writes += 1;
        let state = self.state()?;
        let at = if matches!(event, Event::ClockRepaired { .. }) { now } else { now.max(state.facts.last_seen) };
        state.facts.last_seen = at;
        if let Some(terms) = &mut state.terms {
            terms.see(&state.facts);
        }
        self.noted.push((at, event));
        Ok(())
    }

    /// Writes what uses have left in memory: their counters, and one record for all of them.
    fn close(&mut self) -> Result<(), StateError> {
        self.save_counters()?;
        if self.noted.is_empty() {
            return Ok(());
        }
        self.shorten()?;
        self.append()
    }

    fn append(&mut self) -> Result<(), StateError> {
        let noted = std::mem::take(&mut self.noted);
        let keys = self.keys;
        let state = self.state()?;
        let usage = state.facts.usage;
        let record = Record::new(noted, state.digest.whole());
        let sealed = keys.sealer.seal(usage.count + 1, usage.head, &record)?;
        (state.facts.usage.count, state.facts.usage.head) = (usage.count + 1, sealed.hash);
        save::record(&self.tx, usage.count + 1, &sealed)
    }
}

/// An integer as SQLite stores it; documents hold none above 2^53 − 1.
fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The digest of the bytes of a file, as the table of files names it.
fn file_name(bytes: &[u8]) -> String {
    Digest::of(bytes).to_string()
}
