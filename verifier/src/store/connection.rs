//! The connection to the database: how it is opened, and which schema it has.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::{StateError, directory};

/// The schema that this program reads and writes.
pub(super) const SCHEMA: i64 = 1;

/// How long an operation waits for other processes.
const BUSY: Duration = Duration::from_secs(10);

/// Statements that are kept prepared: all of one handle's.
const STATEMENTS: usize = 64;

pub(super) fn open(directory: &Path) -> Result<Connection, StateError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(directory::database(directory), flags)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.execute_batch("PRAGMA synchronous = FULL")?;
    Ok(connection)
}

/// Opens a database that may be new. The journal's mode is part of the file.
pub(super) fn begin(directory: &Path) -> Result<Connection, StateError> {
    let connection = open(directory)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    Ok(connection)
}

pub(super) fn schema(connection: &Connection) -> Result<i64, StateError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

pub(super) fn make_schema(connection: &Connection) -> Result<(), StateError> {
    connection.execute_batch(include_str!("schema.sql"))?;
    Ok(connection.pragma_update(None, "user_version", SCHEMA)?)
}

/// A number that changes when another connection has written. Asked inside a transaction, it holds for its whole view.
pub(super) fn data_version(connection: &Connection) -> Result<i64, StateError> {
    Ok(connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_on_the_disk_before_it_returns() {
        let directory = tempfile::tempdir().unwrap();
        let state = directory.path().join("state");
        directory::create(&state).unwrap();
        drop(begin(&state).unwrap());
        let connection = open(&state).unwrap();
        let ask = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, rusqlite::types::Value>(0));
        assert_eq!(ask("journal_mode"), Ok("wal".to_owned().into()));
        assert_eq!(ask("synchronous"), Ok(2.into()), "FULL");
        assert_eq!(ask("foreign_keys"), Ok(1.into()));
        assert_eq!(ask("trusted_schema"), Ok(0.into()));
    }
}
