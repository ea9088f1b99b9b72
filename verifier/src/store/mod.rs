//! The machine's state in SQLite: one transaction per operation, checked against its newest usage record at each.

mod digest;
mod directory;
mod error;
mod load;
mod save;
mod usage;

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use postern_protocol::documents::Checkpoint;
use postern_protocol::{Digest, PublicKey, SecretKey, Time, TrustState};
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use zeroize::Zeroizing;

pub use error::StateError;
pub(crate) use save::CycleEnd;
pub(crate) use usage::Event;
use usage::{Record, Sealer};

/// The schema that this program reads and writes.
const SCHEMA: i64 = 1;

/// How long an operation waits for other processes.
const BUSY: Duration = Duration::from_secs(10);

/// The machine's secrets.
pub(crate) struct Secrets {
    /// The device key.
    pub(crate) device: SecretKey,
    /// Hides fingerprint parts and names in what leaves the machine.
    pub(crate) hiding: Zeroizing<[u8; 32]>,
}

impl Secrets {
    pub(crate) fn device_key(&self) -> PublicKey {
        PublicKey::from_bytes(self.device.public_bytes())
    }
}

/// An open state directory. Threads take turns; processes take turns through SQLite.
pub(crate) struct Store {
    connection: Mutex<Connection>,
    secrets: Secrets,
    sealer: Sealer,
}

impl Store {
    /// Makes the state and pins this root, unless there is a state already; says which.
    pub(crate) fn begin(directory: &Path, trust: &TrustState, now: Time) -> Result<(Self, bool), StateError> {
        directory::create(directory)?;
        let mut connection = connect(directory)?;
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let fresh = schema(&tx)? == 0;
        if fresh {
            tx.execute_batch(include_str!("schema.sql"))?;
            tx.pragma_update(None, "user_version", SCHEMA)?;
            let secrets = Secrets {
                device: SecretKey::from_bytes(&Zeroizing::new(entropy()?)),
                hiding: Zeroizing::new(entropy()?),
            };
            let work = Work { sealer: &Sealer::new(&secrets.device)?, secrets: &secrets, tx };
            work.save_device()?;
            work.save_trust(trust)?;
            work.record(now, Event::Begun { root: trust.first().digest() })?;
            work.tx.commit()?;
        } else {
            drop(tx);
        }
        Ok((Self::with(connection)?, fresh))
    }

    /// Opens an existing state.
    pub(crate) fn open(directory: &Path) -> Result<Self, StateError> {
        directory::check(directory)?;
        let connection = connect(directory)?;
        match schema(&connection)? {
            0 => Err(StateError::Missing { directory: directory.to_path_buf() }),
            SCHEMA => Self::with(connection),
            schema => Err(StateError::Newer { schema }),
        }
    }

    fn with(connection: Connection) -> Result<Self, StateError> {
        let secrets = load::secrets(&connection)?;
        Ok(Self { sealer: Sealer::new(&secrets.device)?, connection: Mutex::new(connection), secrets })
    }

    /// Runs an operation that changes the state: all of it, or nothing where it is refused.
    pub(crate) fn write<T, E: From<StateError>>(
        &self,
        operation: impl FnOnce(&Work<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.transaction(TransactionBehavior::Immediate, |work| {
            let done = operation(&work)?;
            work.tx.commit().map_err(StateError::from)?;
            Ok(done)
        })
    }

    /// Runs an operation and undoes whatever it changed.
    pub(crate) fn rehearse<T, E: From<StateError>>(
        &self,
        operation: impl FnOnce(&Work<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.transaction(TransactionBehavior::Immediate, |work| operation(&work))
    }

    /// Runs an operation that only reads, in one consistent view.
    pub(crate) fn read<T, E: From<StateError>>(
        &self,
        operation: impl FnOnce(&Work<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.transaction(TransactionBehavior::Deferred, |work| operation(&work))
    }

    fn transaction<T, E: From<StateError>>(
        &self,
        behavior: TransactionBehavior,
        operation: impl FnOnce(Work<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut connection = self.connection();
        let tx = connection.transaction_with_behavior(behavior).map_err(StateError::from)?;
        operation(Work { tx, secrets: &self.secrets, sealer: &self.sealer })
    }

    /// A thread that panicked has left no transaction open: dropping one undoes it.
    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("device", &self.secrets.device_key()).finish_non_exhaustive()
    }
}

/// One transaction on the state.
pub(crate) struct Work<'a> {
    tx: Transaction<'a>,
    secrets: &'a Secrets,
    sealer: &'a Sealer,
}

impl Work<'_> {
    pub(crate) fn secrets(&self) -> &Secrets {
        self.secrets
    }

    /// Appends what happened to the usage chain. The last step of every operation that changes anything.
    pub(crate) fn record(&self, now: Time, event: Event) -> Result<(), StateError> {
        let (sequence, previous, newest) = match self.newest_record()? {
            Some(newest) => (newest.checkpoint.count + 1, newest.checkpoint.head, newest.record.at),
            None => (1, usage::before_the_first(), Time::MIN),
        };
        let record = Record { at: now.max(newest), event, state: self.state_digest()? };
        let sealed = self.sealer.seal(sequence, previous, &record)?;
        self.save_record(sequence, &sealed)
    }
}

/// The newest record, opened, and the checkpoint that it ends.
pub(crate) struct Newest {
    record: Record,
    checkpoint: Checkpoint,
}

fn connect(directory: &Path) -> Result<Connection, StateError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(directory::database(directory), flags)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    connection.pragma_update(None, "trusted_schema", "OFF")?;
    Ok(connection)
}

fn schema(connection: &Connection) -> Result<i64, StateError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// Random bytes from the operating system.
pub(crate) fn entropy<const N: usize>() -> Result<[u8; N], StateError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| StateError::NoEntropy)?;
    Ok(bytes)
}

/// An integer as SQLite stores it; documents hold none above 2^53 − 1.
fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The digest of the bytes of a file, as the table of files names it.
fn file_name(bytes: &[u8]) -> String {
    Digest::of(bytes).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_on_the_disk_before_it_returns() {
        let directory = tempfile::tempdir().unwrap();
        let state = directory.path().join("state");
        directory::create(&state).unwrap();
        let connection = connect(&state).unwrap();
        let ask = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, rusqlite::types::Value>(0));
        assert_eq!(ask("journal_mode"), Ok("wal".to_owned().into()));
        assert_eq!(ask("synchronous"), Ok(2.into()), "FULL");
        assert_eq!(ask("foreign_keys"), Ok(1.into()));
    }
}
