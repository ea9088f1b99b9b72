//! The revocation lists of each issuer, the newest of which travels in bundles.

use postern_protocol::documents::{Grantor, Revocations};
use postern_protocol::{Envelope, Limits, PublicKey, Unverified, Verified};
use rusqlite::{Transaction, params};

use super::error::RegistryError;
use super::store::{Registry, stored};
use crate::fail::Fail;

/// Adds a list, unless its issuer's list of that serial is there.
pub(super) fn save(
    transaction: &Transaction<'_>,
    list: &Verified<Revocations>,
    reason: &str,
    reviewer: &str,
) -> Result<usize, RegistryError> {
    let sql = "INSERT OR IGNORE INTO revocations (issuer, serial, digest, reason, reviewer, line)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let (line, digest) = (list.envelope().line(), list.digest());
    let values = params![issuer(list.issuer), stored(list.serial), digest.as_bytes(), reason, reviewer, line];
    Ok(transaction.prepare_cached(sql)?.execute(values)?)
}

fn issuer(issuer: Grantor) -> Vec<u8> {
    match issuer {
        Grantor::Root => Vec::new(),
        Grantor::Key(key) => key.as_bytes().to_vec(),
    }
}

impl Registry {
    /// The newest list of each issuer, the root's first.
    pub(crate) fn newest_lists(&self) -> Result<Vec<Envelope>, Fail> {
        let sql = "SELECT line, max(serial) FROM revocations GROUP BY issuer ORDER BY issuer";
        let mut statement = self.connection().prepare_cached(sql).map_err(RegistryError::from)?;
        let lines = statement.query_map([], |row| row.get::<_, Vec<u8>>(0)).map_err(RegistryError::from)?;
        let parse = |line: rusqlite::Result<Vec<u8>>| -> Result<Envelope, Fail> {
            Ok(Envelope::parse(&line.map_err(RegistryError::from)?, &Limits::DEFAULT)?)
        };
        lines.map(parse).collect()
    }

    /// The newest list of a key's, verified.
    pub(crate) fn newest_list(&self, key: PublicKey) -> Result<Option<Verified<Revocations>>, Fail> {
        let verifying = key.verifying().map_err(|error| RegistryError::Database { detail: error.to_string() })?;
        for envelope in self.newest_lists()? {
            let unverified = Unverified::<Revocations>::new(envelope)?;
            if let Ok(list) = unverified.verify(&verifying, &Limits::DEFAULT)
                && list.issuer == Grantor::Key(key)
            {
                return Ok(Some(list));
            }
        }
        Ok(None)
    }

    /// Adds a new list. Somebody else's of the same serial is refused by its key.
    pub(crate) fn add_list(&mut self, list: &Verified<Revocations>, reason: &str, reviewer: &str) -> Result<(), Fail> {
        let transaction = self.begin()?;
        if save(&transaction, list, reason, reviewer)? == 0 {
            return Err(RegistryError::Busy.into());
        }
        Ok(transaction.commit().map_err(RegistryError::from)?)
    }
}
