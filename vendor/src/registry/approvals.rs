//! Approvals of offline licensing: given and withdrawn, and nothing of it forgotten.

use std::collections::HashMap;

use postern_protocol::documents::Approval;
use postern_protocol::{Id, Time};
use rusqlite::params;

use super::account::parsed;
use super::error::RegistryError;
use super::papers::time;
use super::store::{Registry, stored};

impl Registry {
    /// Records an approval, or, without a reason, that it was withdrawn.
    pub(crate) fn approve(
        &mut self,
        account: i64,
        entitlements: &[Id],
        reason: Option<&str>,
        reviewer: &str,
        at: Time,
    ) -> Result<(), RegistryError> {
        let transaction = self.begin()?;
        for entitlement in entitlements {
            let sql = "INSERT INTO approvals (account, entitlement, reason, reviewer, at) VALUES (?1, ?2, ?3, ?4, ?5)";
            transaction.execute(sql, params![account, entitlement.as_str(), reason, reviewer, stored(at.unix())])?;
        }
        Ok(transaction.commit()?)
    }

    /// The approvals that stand.
    pub(crate) fn approvals(&self, account: i64) -> Result<HashMap<Id, Approval>, RegistryError> {
        let sql = "SELECT entitlement, reason, reviewer, at FROM approvals WHERE account = ?1 ORDER BY id";
        let mut statement = self.connection().prepare_cached(sql)?;
        let mut standing = HashMap::new();
        let rows = statement.query_map(params![account], |row| {
            let reason: Option<String> = row.get(1)?;
            Ok((parsed::<Id>(row, 0)?, reason, row.get::<_, String>(2)?, row.get::<_, i64>(3)?))
        })?;
        for row in rows {
            let (entitlement, reason, reviewer, at) = row?;
            match reason {
                Some(reason) => {
                    drop(standing.insert(entitlement, Approval::Approved { reason, reviewer, at: time(at) }))
                }
                None => drop(standing.remove(&entitlement)),
            }
        }
        Ok(standing)
    }

    /// The ids of the account's grants.
    pub(crate) fn grant_ids(&self, account: i64) -> Result<Vec<Id>, RegistryError> {
        let sql = "SELECT DISTINCT id FROM grants WHERE account = ?1 ORDER BY id";
        let mut statement = self.connection().prepare_cached(sql)?;
        Ok(statement.query_map(params![account], |row| parsed(row, 0))?.collect::<Result<_, _>>()?)
    }
}
