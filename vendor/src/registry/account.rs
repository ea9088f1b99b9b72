//! Accounts by name: the vendor's own, and those of resellers and servers below them.

use std::fmt;

use postern_protocol::bundle_file::{Tree, VerifiedBundle};
use postern_protocol::documents::{Grant, LedgerReference, Parent};
use postern_protocol::{Id, PublicKey, Verified};
use rusqlite::{OptionalExtension, Row, params};

use super::error::RegistryError;
use super::store::Registry;

/// Whose papers these are. Resellers choose their accounts' ids themselves, so these alone say nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct AccountName {
    pub(crate) id: Id,
    /// The reseller or server that granted it; none for the vendor's own account.
    pub(crate) grantor: Option<PublicKey>,
}

/// An account's row.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) row: i64,
    pub(crate) name: AccountName,
    /// Counts what was imported of it.
    pub(crate) revision: i64,
    /// The revision that its audit is of.
    pub(crate) audited: i64,
}

impl AccountName {
    /// The account that a grant is for, if it is for one: below the root-signed grants the vendor's own.
    pub(crate) fn of(tree: &Tree, grant: &Grant) -> Option<Self> {
        let id = grant.account.limit()?.clone();
        let Parent::Grant(parent) = grant.parent else { return None };
        let parent = tree.grant(parent)?;
        let grantor = (parent.parent != Parent::Root).then_some(parent.subject);
        Some(Self { id, grantor })
    }

    /// The account that a bundle is for.
    pub(crate) fn of_bundle(bundle: &VerifiedBundle) -> Option<Self> {
        let given =
            |grant: &&Verified<Grant>| grant.parent == bundle.bundle.signed_under && grant.account.limit().is_some();
        bundle.tree.grants().find(given).and_then(|grant| Self::of(&bundle.tree, grant))
    }

    pub(super) fn grantor_bytes(&self) -> &[u8] {
        self.grantor.as_ref().map_or(&[], |key| key.as_bytes())
    }
}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.grantor {
            None => self.id.fmt(f),
            Some(grantor) => write!(f, "{} (of {})", self.id, grantor.short()),
        }
    }
}

impl Registry {
    /// Every account, by name.
    pub(crate) fn accounts(&self) -> Result<Vec<Account>, RegistryError> {
        let sql = "SELECT id, account, grantor, revision, audited FROM accounts ORDER BY account, grantor";
        let mut statement = self.connection().prepare_cached(sql)?;
        let rows = statement.query_map([], account)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// One account.
    pub(crate) fn account(&self, name: &AccountName) -> Result<Option<Account>, RegistryError> {
        let sql = "SELECT id, account, grantor, revision, audited FROM accounts WHERE account = ?1 AND grantor = ?2";
        let mut statement = self.connection().prepare_cached(sql)?;
        Ok(statement.query_row(params![name.id.as_str(), name.grantor_bytes()], account).optional()?)
    }

    /// The vendor's own account of this id, or the only one that there is.
    pub(crate) fn find_account(&self, id: &Id) -> Result<Account, RegistryError> {
        let mut named: Vec<Account> = self.accounts()?.into_iter().filter(|account| account.name.id == *id).collect();
        let own = named.iter().position(|account| account.name.grantor.is_none());
        let found = own.or((named.len() == 1).then_some(0));
        found.map(|at| named.swap_remove(at)).ok_or(RegistryError::NoAccount { account: id.clone() })
    }
}

impl Registry {
    /// Whose machine sent this: by the machine itself, the ledgers that it remembers, or the account that it names.
    pub(crate) fn account_of(
        &self,
        device: &PublicKey,
        ledgers: &[LedgerReference],
        named: Option<&Id>,
    ) -> Result<Option<AccountName>, RegistryError> {
        let find = |sql: &str, key: &PublicKey| -> Result<Option<Account>, RegistryError> {
            let mut statement = self.connection().prepare_cached(sql)?;
            Ok(statement.query_row(params![key.as_bytes()], account).optional()?)
        };
        const ACCOUNT: &str = "SELECT accounts.id, accounts.account, grantor, revision, audited FROM accounts";
        if let Some(found) =
            find(&format!("{ACCOUNT} JOIN machines ON machines.account = accounts.id WHERE device = ?1"), device)?
        {
            return Ok(Some(found.name));
        }
        for reference in ledgers {
            let sql = format!("{ACCOUNT} WHERE accounts.id IN (SELECT account FROM grants WHERE subject = ?1)");
            if let Some(found) = find(&sql, &reference.ledger.key)? {
                return Ok(Some(found.name));
            }
        }
        let Some(named) = named else { return Ok(None) };
        match self.find_account(named) {
            Ok(found) => Ok(Some(found.name)),
            Err(RegistryError::NoAccount { .. }) => Ok(None),
            Err(other) => Err(other),
        }
    }
}

fn account(row: &Row<'_>) -> rusqlite::Result<Account> {
    let grantor: Vec<u8> = row.get(2)?;
    Ok(Account {
        row: row.get(0)?,
        name: AccountName {
            id: parsed(row, 1)?,
            grantor: <[u8; 32]>::try_from(grantor).ok().map(PublicKey::from_bytes),
        },
        revision: row.get(3)?,
        audited: row.get(4)?,
    })
}

/// A text of a column in the form of its type.
pub(super) fn parsed<T: std::str::FromStr>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    text.parse().map_err(|_| unreadable(column, "a text that has another form"))
}

/// A column with 32 bytes.
pub(super) fn bytes32(row: &Row<'_>, column: usize) -> rusqlite::Result<[u8; 32]> {
    let bytes: Vec<u8> = row.get(column)?;
    bytes.try_into().map_err(|_| unreadable(column, "not 32 bytes"))
}

/// A column with JSON.
pub(super) fn json<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|error| unreadable(column, &error.to_string()))
}

pub(super) fn unreadable(column: usize, what: &str) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Blob, what.to_owned().into())
}
