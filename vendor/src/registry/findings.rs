//! What audits found, as the registry keeps it.

use postern_protocol::{Digest, PublicKey};
use rusqlite::Row;

use super::account::{AccountName, json, parsed};
use super::error::RegistryError;
use super::papers::number;
use super::store::Registry;

/// A finding.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// The account's row.
    pub(crate) row: i64,
    pub(crate) account: AccountName,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) advice: String,
    pub(crate) devices: Vec<PublicKey>,
    /// The documents that prove it.
    pub(crate) witnesses: Vec<Digest>,
    /// Where a ledger forked.
    pub(crate) position: Option<u64>,
}

impl Registry {
    /// Every finding, by account.
    pub(crate) fn findings(&self) -> Result<Vec<Found>, RegistryError> {
        let sql = "SELECT accounts.id, accounts.account, accounts.grantor, code, message, advice, devices, witnesses,
                position
            FROM findings JOIN accounts ON accounts.id = findings.account
            ORDER BY accounts.account, accounts.grantor, findings.id";
        let mut statement = self.connection().prepare_cached(sql)?;
        Ok(statement.query_map([], found)?.collect::<Result<_, _>>()?)
    }
}

fn found(row: &Row<'_>) -> rusqlite::Result<Found> {
    let grantor: Vec<u8> = row.get(2)?;
    Ok(Found {
        row: row.get(0)?,
        account: AccountName {
            id: parsed(row, 1)?,
            grantor: <[u8; 32]>::try_from(grantor).ok().map(PublicKey::from_bytes),
        },
        code: row.get(3)?,
        message: row.get(4)?,
        advice: row.get(5)?,
        devices: json(row, 6)?,
        witnesses: json(row, 7)?,
        position: row.get::<_, Option<i64>>(8)?.map(number),
    })
}
