//! What hangs below a key: the only thing that it may revoke.

use postern_protocol::documents::Grantor;
use postern_protocol::{Digest, Id, PublicKey};
use rusqlite::{OptionalExtension, params};

use super::account::bytes32;
use super::error::RegistryError;
use super::store::Registry;

/// Something that can be revoked, as the registry knows it.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    /// The grants that it hangs from or is.
    grants: Vec<Digest>,
    /// Who signed the grant, where it is one.
    pub(crate) grantor: Option<Grantor>,
}

impl Registry {
    /// The newest form of an account's grant.
    pub(crate) fn known_grant(&self, account: i64, id: &Id) -> Result<Option<Known>, RegistryError> {
        let sql = "SELECT digest, grantor FROM grants WHERE account = ?1 AND id = ?2 ORDER BY serial DESC LIMIT 1";
        let mut statement = self.connection().prepare_cached(sql)?;
        let known = statement.query_row(params![account, id.as_str()], |row| {
            let grantor: Vec<u8> = row.get(1)?;
            let key = <[u8; 32]>::try_from(grantor).ok().map(PublicKey::from_bytes);
            let grants = vec![Digest::from_bytes(bytes32(row, 0)?)];
            Ok(Known { grants, grantor: Some(key.map_or(Grantor::Root, Grantor::Key)) })
        });
        Ok(known.optional()?)
    }

    /// Every grant of a subject key.
    pub(crate) fn known_subject(&self, key: &PublicKey) -> Result<Option<Known>, RegistryError> {
        self.known("SELECT digest FROM grants WHERE subject = ?1", key.as_bytes())
    }

    /// A machine that a ledger, or what it sent itself, names.
    pub(crate) fn known_machine(&self, key: &PublicKey) -> Result<Option<Known>, RegistryError> {
        let sql = "SELECT grants.digest FROM grants WHERE account IN (SELECT account FROM machines WHERE device = ?1
            UNION SELECT account FROM sent WHERE device = ?1)";
        self.known(sql, key.as_bytes())
    }

    /// A license that a machine holds.
    pub(crate) fn known_license(&self, license: &Digest) -> Result<Option<Known>, RegistryError> {
        let sql = "SELECT grants.digest FROM grants
            WHERE account IN (SELECT account FROM licenses WHERE license = ?1)";
        self.known(sql, license.as_bytes())
    }

    fn known(&self, sql: &str, key: &[u8; 32]) -> Result<Option<Known>, RegistryError> {
        let mut statement = self.connection().prepare_cached(sql)?;
        let rows = statement.query_map(params![key], |row| Ok(Digest::from_bytes(bytes32(row, 0)?)))?;
        let grants: Vec<Digest> = rows.collect::<Result<_, _>>()?;
        Ok((!grants.is_empty()).then_some(Known { grants, grantor: None }))
    }

    /// Whether any of its grants hangs below a grant of this key.
    pub(crate) fn is_below(&self, known: &Known, key: &PublicKey) -> Result<bool, RegistryError> {
        let sql = "WITH RECURSIVE above(digest) AS (
                SELECT parent FROM grants WHERE digest = ?1 AND parent IS NOT NULL
                UNION SELECT grants.parent FROM grants JOIN above USING (digest) WHERE grants.parent IS NOT NULL
            ) SELECT 1 FROM grants JOIN above USING (digest) WHERE subject = ?2 LIMIT 1";
        let mut statement = self.connection().prepare_cached(sql)?;
        for grant in &known.grants {
            let found = statement.query_row(params![grant.as_bytes(), key.as_bytes()], |_| Ok(())).optional()?;
            if found.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
