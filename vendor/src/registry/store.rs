//! The registry's database: made explicitly, opened by everyone, its schema versioned.

use std::path::{Path, PathBuf};
use std::time::Duration;

use postern_protocol::{Digest, Envelope, Limits, TrustState};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params};

use super::error::RegistryError;
use crate::fail::Fail;

/// The schema that this program reads and writes.
const SCHEMA: i64 = 1;

/// What marks a file as a registry (`application_id`): "Post".
const MARK: i32 = 0x506f_7374;

/// How long an operation waits for other processes.
const BUSY: Duration = Duration::from_secs(10);

/// Statements that are kept prepared.
const STATEMENTS: usize = 64;

/// An open registry.
#[derive(Debug)]
pub(crate) struct Registry {
    path: PathBuf,
    connection: Connection,
    /// The trust at each version, ascending.
    versions: Vec<TrustState>,
}

impl Registry {
    /// Makes a registry that nothing was imported into.
    pub(crate) fn create(path: &Path, trust: &TrustState) -> Result<(), Fail> {
        if path.symlink_metadata().is_ok() {
            return Err(RegistryError::Exists { path: path.into() }.into());
        }
        // Under its name only when it is whole: nobody finds half a registry.
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let unusable = |source| Fail::unusable(crate::files::FileError::Write { path: path.into(), source });
        let made = tempfile::Builder::new().prefix(".postern-").tempfile_in(folder).map_err(unusable)?;
        fill(made.path(), trust)?;
        made.persist_noclobber(path).map_err(|refused| unusable(refused.error))?;
        Ok(())
    }

    /// Opens a registry.
    pub(crate) fn open(path: &Path) -> Result<Self, Fail> {
        if path.symlink_metadata().is_err() {
            return Err(RegistryError::Missing { path: Some(path.into()) }.into());
        }
        let connection = connect(path)?;
        let damaged = |detail: String| Fail::from(RegistryError::damaged(path, detail));
        let number = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
        let mark = number("application_id").map_err(|error| damaged(error.to_string()))?;
        if mark != i64::from(MARK) {
            return Err(damaged("it does not say that it is one".into()));
        }
        match number("user_version").map_err(RegistryError::from)? {
            SCHEMA => {}
            schema if schema > SCHEMA => return Err(RegistryError::Newer { schema }.into()),
            schema => return Err(damaged(format!("its schema is {schema}"))),
        }
        let versions = versions(&connection)?;
        if versions.is_empty() {
            return Err(damaged("it has no trust document".into()));
        }
        Ok(Self { path: path.into(), connection, versions })
    }

    /// Another handle on the same registry, for another thread.
    pub(crate) fn again(&self) -> Result<Self, Fail> {
        Ok(Self { path: self.path.clone(), connection: connect(&self.path)?, versions: self.versions.clone() })
    }

    /// The newest trust.
    #[allow(clippy::indexing_slicing)] // opening makes sure that there is one
    pub(crate) fn trust(&self) -> &TrustState {
        &self.versions[self.versions.len() - 1]
    }

    /// The trust at each version, newest first.
    pub(crate) fn trusts(&self) -> impl Iterator<Item = &TrustState> {
        self.versions.iter().rev()
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Begins a transaction that writes.
    pub(crate) fn begin(&mut self) -> Result<Transaction<'_>, RegistryError> {
        Ok(self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?)
    }

    /// Adds trust documents that follow the newest.
    pub(crate) fn advance(&mut self, trust: &TrustState) -> Result<(), Fail> {
        if trust.anchor().root != self.trust().anchor().root {
            let (expected, found) = (self.trust().anchor().root, trust.anchor().root);
            return Err(RegistryError::OtherRoot { expected, found }.into());
        }
        let known = self.trust().current().number;
        let newer: Vec<Envelope> = trust.after(known).map(|trust| trust.envelope().clone()).collect();
        if newer.is_empty() {
            return Ok(());
        }
        // Whatever comes must follow what is here.
        self.trust().advance(&newer, &Limits::DEFAULT)?;
        let transaction = self.begin()?;
        save_trust(&transaction, trust)?;
        transaction.commit().map_err(RegistryError::from)?;
        self.versions = versions(&self.connection)?;
        Ok(())
    }

    /// Commits need not reach the disk one by one: an import that power is lost in goes on where the disk has it.
    pub(crate) fn hurry(&self) -> Result<(), RegistryError> {
        Ok(self.connection.execute_batch("PRAGMA synchronous = NORMAL")?)
    }

    /// Everything that was committed is on the disk: this commit's sync takes along those before it.
    pub(crate) fn settle(&mut self) -> Result<(), RegistryError> {
        self.connection.execute_batch("PRAGMA synchronous = FULL")?;
        let transaction = self.begin()?;
        transaction.execute("UPDATE registry SET product = product", [])?;
        transaction.commit()?;
        // Others that read may keep the journal as long as it is.
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
    }

    /// Whether a file of these bytes was imported.
    pub(crate) fn has_file(&self, digest: Digest) -> Result<bool, RegistryError> {
        let mut statement = self.connection.prepare_cached("SELECT 1 FROM files WHERE digest = ?1")?;
        Ok(statement.query_row(params![digest.as_bytes()], |_| Ok(())).optional()?.is_some())
    }
}

fn connect(path: &Path) -> Result<Connection, RegistryError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.execute_batch("PRAGMA synchronous = FULL")?;
    Ok(connection)
}

fn fill(path: &Path, trust: &TrustState) -> Result<(), RegistryError> {
    let mut connection = connect(path)?;
    // Ledger entries are 2 KB and more: small pages would hold one each, and waste the rest.
    connection.pragma_update(None, "page_size", 8192)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    let transaction = connection.transaction()?;
    transaction.execute_batch(include_str!("schema.sql"))?;
    let anchor = trust.anchor();
    transaction.execute(
        "INSERT INTO registry (one, product, root) VALUES (1, ?1, ?2)",
        params![anchor.product.as_str(), anchor.root.as_bytes()],
    )?;
    save_trust(&transaction, trust)?;
    transaction.pragma_update(None, "application_id", MARK)?;
    transaction.pragma_update(None, "user_version", SCHEMA)?;
    transaction.commit()?;
    // What is renamed is one file: nothing of it may stand in a journal beside it.
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(())
}

fn save_trust(transaction: &Transaction<'_>, trust: &TrustState) -> Result<(), RegistryError> {
    for document in trust.history() {
        transaction.execute(
            "INSERT OR IGNORE INTO trust (number, line) VALUES (?1, ?2)",
            params![stored(document.number), document.envelope().line()],
        )?;
    }
    Ok(())
}

/// The trust at each version, ascending.
fn versions(connection: &Connection) -> Result<Vec<TrustState>, Fail> {
    let mut statement = connection.prepare("SELECT line FROM trust ORDER BY number").map_err(RegistryError::from)?;
    let lines = statement.query_map([], |row| row.get::<_, Vec<u8>>(0)).map_err(RegistryError::from)?;
    let mut versions: Vec<TrustState> = Vec::new();
    for line in lines {
        let envelope = Envelope::parse(&line.map_err(RegistryError::from)?, &Limits::DEFAULT)?;
        let next = match versions.last() {
            None => TrustState::begin(envelope, &Limits::DEFAULT)?,
            Some(trust) => trust.advance(&[envelope], &Limits::DEFAULT)?,
        };
        versions.push(next);
    }
    Ok(versions)
}

/// A number as SQLite stores it. Documents hold none above 2^53 − 1.
pub(super) fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
