//! What accounts have and when it ends, as the registry knows it.

use postern_protocol::documents::{Allowance, Ceiling, Grant};
use postern_protocol::{Id, PublicKey, Time};
use rusqlite::{Row, params};

use super::account::{bytes32, json, unreadable};
use super::error::RegistryError;
use super::papers::{number, time};
use super::store::{Registry, stored};

/// Something that ends.
#[derive(Clone, Debug)]
pub(crate) struct Ending {
    pub(crate) what: What,
    /// The account's row.
    pub(crate) account: i64,
    /// Its name: of a bundle its file's, of an entitlement its id, of a license its license id.
    pub(crate) name: String,
    /// The machine, of a license.
    pub(crate) device: Option<PublicKey>,
    pub(crate) at: Time,
}

/// What ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// The portal stops using the bundle.
    Bundle,
    /// No more licenses are issued.
    Issuing,
    /// Every license ends.
    Entitlement,
    /// A machine's license ends.
    License,
}

/// A license that a machine holds.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) device: PublicKey,
    pub(crate) allocation: Vec<Allowance>,
    pub(crate) usable_until: Ceiling<Time>,
}

/// The newest serial of each of an account's grants.
const NEWEST: &str = "FROM grants AS newest WHERE account IS NOT NULL AND serial = (
    SELECT max(serial) FROM grants WHERE account = newest.account AND id = newest.id)";

impl Registry {
    /// Everything that ends in a span, the earliest first.
    pub(crate) fn endings(&self, from: Time, until: Time) -> Result<Vec<Ending>, RegistryError> {
        let bundles = "SELECT account, name, expires_at AS at, NULL FROM bundles AS newest WHERE serial = (
            SELECT max(serial) FROM bundles WHERE account = newest.account)";
        let issuing = format!("SELECT account, id, issue_until AS at, NULL {NEWEST}");
        let entitlements = format!("SELECT account, id, run_until AS at, NULL {NEWEST}");
        let licenses =
            "SELECT account, license_id, max(ends_at) AS at, device FROM licenses GROUP BY account, device, license_id";
        let mut endings = Vec::new();
        for (what, all) in [
            (What::Bundle, bundles),
            (What::Issuing, &issuing),
            (What::Entitlement, &entitlements),
            (What::License, licenses),
        ] {
            let sql = format!("SELECT * FROM ({all}) WHERE at BETWEEN ?1 AND ?2");
            endings.extend(self.endings_of(what, &sql, from, until)?);
        }
        endings.sort_by(|one, other| (one.at, one.account, &one.name).cmp(&(other.at, other.account, &other.name)));
        Ok(endings)
    }

    fn endings_of(&self, what: What, sql: &str, from: Time, until: Time) -> Result<Vec<Ending>, RegistryError> {
        let mut statement = self.connection().prepare_cached(sql)?;
        let ending = |row: &Row<'_>| {
            let device: Option<Vec<u8>> = row.get(3)?;
            let device = device.and_then(|key| <[u8; 32]>::try_from(key).ok()).map(PublicKey::from_bytes);
            Ok(Ending { what, account: row.get(0)?, name: row.get(1)?, device, at: time(row.get(2)?) })
        };
        let rows = statement.query_map(params![stored(from.unix()), stored(until.unix())], ending)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The newest form of each of an account's grants, as it says it: it was verified when it came.
    pub(crate) fn newest_grants(&self, account: i64) -> Result<Vec<Grant>, RegistryError> {
        let sql = format!("SELECT line {NEWEST} AND account = ?1 ORDER BY id");
        let mut statement = self.connection().prepare_cached(&sql)?;
        let grant = |row: &Row<'_>| {
            let line: Vec<u8> = row.get(0)?;
            let envelope = postern_protocol::Envelope::parse(&line, &postern_protocol::Limits::DEFAULT);
            let envelope = envelope.map_err(|error| unreadable(0, &error.to_string()))?;
            serde_json::from_slice(envelope.payload()).map_err(|error| unreadable(0, &error.to_string()))
        };
        Ok(statement.query_map(params![account], grant)?.collect::<Result<_, _>>()?)
    }

    /// What an account's machines hold.
    pub(crate) fn held(&self, account: i64) -> Result<Vec<Held>, RegistryError> {
        let sql = "SELECT device, allocation, usable_until FROM licenses WHERE account = ?1";
        let mut statement = self.connection().prepare_cached(sql)?;
        let held = |row: &Row<'_>| {
            Ok(Held {
                device: PublicKey::from_bytes(bytes32(row, 0)?),
                allocation: json(row, 1)?,
                usable_until: match row.get(2)? {
                    i64::MAX => Ceiling::Unlimited,
                    until => Ceiling::Limited(time(until)),
                },
            })
        };
        Ok(statement.query_map(params![account], held)?.collect::<Result<_, _>>()?)
    }

    /// Seats in use on each of an account's machines, as they told.
    pub(crate) fn in_use(&self, account: i64) -> Result<Vec<(Id, u64)>, RegistryError> {
        let mut statement = self.connection().prepare_cached("SELECT in_use FROM machines WHERE account = ?1")?;
        let rows = statement.query_map(params![account], |row| json::<Vec<(Id, u64)>>(row, 0))?;
        let each: Vec<Vec<(Id, u64)>> = rows.collect::<Result<_, _>>()?;
        Ok(each.into_iter().flatten().collect())
    }

    /// The last entry that was imported of any of an account's ledgers, and when it was written.
    pub(crate) fn last_entry(&self, account: i64) -> Result<Option<(u64, Time)>, RegistryError> {
        let sql = "SELECT position, last_at FROM ledgers WHERE account = ?1 ORDER BY last_at DESC LIMIT 1";
        let mut statement = self.connection().prepare_cached(sql)?;
        let mut rows = statement.query_map(params![account], |row| Ok((number(row.get(0)?), time(row.get(1)?))))?;
        Ok(rows.next().transpose()?)
    }

    /// The account's newest bundle, as it was received or made.
    pub(crate) fn newest_bundle(&self, account: i64) -> Result<Option<Vec<u8>>, RegistryError> {
        let sql = "SELECT file FROM bundles WHERE account = ?1 ORDER BY serial DESC, issued_at DESC LIMIT 1";
        let mut statement = self.connection().prepare_cached(sql)?;
        let mut rows = statement.query_map(params![account], |row| row.get(0))?;
        Ok(rows.next().transpose()?)
    }
}
