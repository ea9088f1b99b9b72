//! Writing what was verified: one transaction for each file.

use std::path::Path;

use postern_issuer::audit::{Audit, AuditedLicense, Finding};
use postern_protocol::bundle_file::{Tree, VerifiedBundle};
use postern_protocol::documents::{Ceiling, Grantor, LedgerEntry, Parent, Revocations};
use postern_protocol::{Digest, Explain, Time, TrustState, Verified};
use rusqlite::{Transaction, params};

use super::account::AccountName;
use super::error::RegistryError;
use super::store::{Registry, stored};
use crate::fail::Fail;

/// A file that holds, and goes into the registry.
pub(crate) struct Checked {
    /// Its name, as it was given.
    pub(crate) name: String,
    /// The digest of its bytes.
    pub(crate) digest: Digest,
    /// The trust that it was verified under, with what it brought along.
    pub(crate) trust: Option<TrustState>,
    pub(crate) content: Content,
}

/// What is in it.
pub(crate) enum Content {
    Trust,
    Bundle {
        account: AccountName,
        verified: Box<VerifiedBundle>,
        bytes: Vec<u8>,
    },
    Ledger {
        account: AccountName,
        tree: Box<Tree>,
        entries: Vec<Verified<LedgerEntry>>,
        audited: Option<Audited>,
    },
    Sent(Sent),
    /// Revocation lists of somebody below the vendor.
    Lists(Vec<Verified<Revocations>>),
}

/// A machine's own document.
pub(crate) struct Sent {
    pub(crate) kind: &'static str,
    pub(crate) account: AccountName,
    pub(crate) digest: Digest,
    pub(crate) device: [u8; 32],
    pub(crate) at: Time,
    pub(crate) line: Vec<u8>,
}

/// An audit, and the revision of the account that it saw.
pub(crate) struct Audited {
    pub(crate) revision: i64,
    pub(crate) audit: Audit,
}

/// What became of a file.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Taken {
    /// Ledger entries that were not there before.
    pub(crate) entries: u64,
    /// Whether it was there already.
    pub(crate) known: bool,
    /// The row of the account that it is of.
    pub(crate) account: Option<i64>,
}

/// The reason of a list that was made elsewhere.
const IMPORTED: &str = "imported";

impl Content {
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Trust => "trust",
            Self::Bundle { .. } => "bundle",
            Self::Ledger { .. } => "ledger",
            Self::Sent(sent) => sent.kind,
            Self::Lists(_) => "revocations",
        }
    }
}

impl Registry {
    /// Takes one file.
    pub(crate) fn take(&mut self, checked: &Checked, now: Time) -> Result<Taken, Fail> {
        if let Some(trust) = &checked.trust {
            self.advance(trust)?;
        }
        let transaction = self.begin()?;
        let taken = record(&transaction, checked, now)?;
        transaction.commit().map_err(RegistryError::from)?;
        Ok(taken)
    }

    /// Takes a bundle that was made just now.
    pub(crate) fn take_bundle(
        &mut self,
        path: &Path,
        verified: &VerifiedBundle,
        bytes: &[u8],
        now: Time,
    ) -> Result<(), Fail> {
        let account = AccountName::of_bundle(verified).ok_or(RegistryError::NobodyS)?;
        self.advance(verified.tree.trust())?;
        let checked = Checked {
            name: path.display().to_string(),
            digest: Digest::of(bytes),
            trust: None,
            content: Content::Bundle { account, verified: Box::new(verified.clone()), bytes: bytes.to_vec() },
        };
        self.take(&checked, now).map(drop)
    }

    /// Replaces what an account's papers come to, if nothing came in between.
    pub(crate) fn save_audit(&mut self, account: i64, audited: &Audited) -> Result<(), RegistryError> {
        let transaction = self.begin()?;
        let sql = "SELECT revision FROM accounts WHERE id = ?1";
        let revision: i64 = transaction.query_row(sql, params![account], |row| row.get(0))?;
        if revision == audited.revision {
            save(&transaction, account, revision, &audited.audit)?;
        }
        Ok(transaction.commit()?)
    }
}

fn record(transaction: &Transaction<'_>, checked: &Checked, now: Time) -> Result<Taken, RegistryError> {
    let sql = "INSERT OR IGNORE INTO files (digest, name, kind, imported_at) VALUES (?1, ?2, ?3, ?4)";
    let values = params![checked.digest.as_bytes(), checked.name, checked.content.kind(), stored(now.unix())];
    if transaction.prepare_cached(sql)?.execute(values)? == 0 {
        return Ok(Taken { known: true, ..Taken::default() });
    }
    let file = transaction.last_insert_rowid();
    match &checked.content {
        Content::Trust => Ok(Taken::default()),
        Content::Lists(lists) => {
            for list in lists {
                super::revocations::save(transaction, list, IMPORTED, "")?;
            }
            Ok(Taken::default())
        }
        Content::Bundle { account, verified, bytes } => {
            let (row, revision) = account_row(transaction, account)?;
            grants(transaction, &verified.tree, account, row)?;
            lists(transaction, &verified.tree)?;
            bundle(transaction, row, verified, bytes, &checked.name)?;
            changed(transaction, row, revision + 1)?;
            Ok(Taken { account: Some(row), ..Taken::default() })
        }
        Content::Ledger { account, tree, entries, audited } => {
            let (row, revision) = account_row(transaction, account)?;
            grants(transaction, tree, account, row)?;
            let new = ledger(transaction, row, entries, now)?;
            changed(transaction, row, revision + 1)?;
            if let Some(audited) = audited.as_ref().filter(|audited| audited.revision == revision) {
                save(transaction, row, revision + 1, &audited.audit)?;
            }
            Ok(Taken { entries: new, account: Some(row), ..Taken::default() })
        }
        Content::Sent(sent) => {
            let (row, revision) = account_row(transaction, &sent.account)?;
            let sql = "INSERT OR IGNORE INTO sent (digest, account, kind, device, at, file, line)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
            transaction.prepare_cached(sql)?.execute(params![
                sent.digest.as_bytes(),
                row,
                sent.kind,
                sent.device,
                stored(sent.at.unix()),
                file,
                sent.line
            ])?;
            changed(transaction, row, revision + 1)?;
            Ok(Taken { account: Some(row), ..Taken::default() })
        }
    }
}

/// The account's row, made where there is none, and its revision.
fn account_row(transaction: &Transaction<'_>, name: &AccountName) -> Result<(i64, i64), RegistryError> {
    let values = params![name.id.as_str(), name.grantor_bytes()];
    transaction.prepare_cached("INSERT OR IGNORE INTO accounts (account, grantor) VALUES (?1, ?2)")?.execute(values)?;
    let sql = "SELECT id, revision FROM accounts WHERE account = ?1 AND grantor = ?2";
    Ok(transaction.prepare_cached(sql)?.query_row(values, |row| Ok((row.get(0)?, row.get(1)?)))?)
}

fn changed(transaction: &Transaction<'_>, account: i64, revision: i64) -> Result<(), RegistryError> {
    let sql = "UPDATE accounts SET revision = ?2 WHERE id = ?1";
    transaction.prepare_cached(sql)?.execute(params![account, revision])?;
    Ok(())
}

/// Every grant of a file, parents first.
fn grants(transaction: &Transaction<'_>, tree: &Tree, account: &AccountName, row: i64) -> Result<(), RegistryError> {
    let sql = "INSERT INTO grants
        (digest, account, depth, parent, grantor, id, serial, subject, issue_until, run_until, line)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
        ON CONFLICT (digest) DO UPDATE SET account = excluded.account
        WHERE account IS NULL AND excluded.account IS NOT NULL";
    let mut statement = transaction.prepare_cached(sql)?;
    for grant in tree.grants() {
        let own = AccountName::of(tree, grant).as_ref() == Some(account);
        let grantor = match tree.grantor(grant) {
            Some(Grantor::Key(key)) => key.as_bytes().to_vec(),
            Some(Grantor::Root) | None => Vec::new(),
        };
        let parent = match grant.parent {
            Parent::Root => None,
            Parent::Grant(parent) => Some(*parent.as_bytes()),
        };
        statement.execute(params![
            grant.digest().as_bytes(),
            own.then_some(row),
            depth(tree, grant.parent),
            parent,
            grantor,
            grant.id.as_str(),
            stored(grant.serial),
            grant.subject.as_bytes(),
            stored(grant.issue_until.unix()),
            grant.run_until.limit().map(|until| stored(until.unix())),
            grant.envelope().line(),
        ])?;
    }
    Ok(())
}

fn depth(tree: &Tree, mut above: Parent) -> i64 {
    let mut depth = 1;
    while let Parent::Grant(digest) = above {
        depth += 1;
        above = tree.grant(digest).map_or(Parent::Root, |grant| grant.parent);
    }
    depth
}

fn lists(transaction: &Transaction<'_>, tree: &Tree) -> Result<(), RegistryError> {
    for list in tree.revocations() {
        super::revocations::save(transaction, list, IMPORTED, "")?;
    }
    Ok(())
}

fn bundle(
    transaction: &Transaction<'_>,
    account: i64,
    verified: &VerifiedBundle,
    bytes: &[u8],
    name: &str,
) -> Result<(), RegistryError> {
    let bundle = verified.bundle.get();
    // Structs of texts and numbers: encoding these cannot fail.
    let base = bundle.ledger_base.as_ref().map(|base| serde_json::to_string(base).unwrap_or_default());
    let sql = "INSERT OR IGNORE INTO bundles (digest, account, serial, issued_at, expires_at, name, base, file)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    transaction.prepare_cached(sql)?.execute(params![
        verified.bundle.digest().as_bytes(),
        account,
        stored(bundle.serial),
        stored(bundle.issued_at.unix()),
        stored(bundle.expires_at.unix()),
        name,
        base,
        bytes
    ])?;
    Ok(())
}

/// Adds a branch; tells how many of its entries were not there.
fn ledger(
    transaction: &Transaction<'_>,
    account: i64,
    entries: &[Verified<LedgerEntry>],
    now: Time,
) -> Result<u64, RegistryError> {
    let Some(last) = entries.last() else { return Ok(0) };
    let digest = last.digest();
    let head = params![
        account,
        last.place.ledger.key.as_bytes(),
        stored(last.place.ledger.epoch),
        stored(last.place.position),
        digest.as_bytes(),
        stored(last.at.unix()),
        stored(now.unix())
    ];
    let sql = "INSERT INTO ledgers (account, key, epoch, position, head, last_at, imported_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
        ON CONFLICT (account, key, epoch) DO UPDATE SET position = excluded.position, head = excluded.head,
            last_at = excluded.last_at, imported_at = excluded.imported_at WHERE excluded.position >= position";
    transaction.prepare_cached(sql)?.execute(head)?;
    let sql = "SELECT id FROM ledgers WHERE account = ?1 AND key = ?2 AND epoch = ?3";
    let place = params![account, last.place.ledger.key.as_bytes(), stored(last.place.ledger.epoch)];
    let ledger: i64 = transaction.prepare_cached(sql)?.query_row(place, |row| row.get(0))?;
    let sql = "INSERT OR IGNORE INTO entries (ledger, position, digest, previous, grant_digest, line)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let mut statement = transaction.prepare_cached(sql)?;
    let mut new = 0;
    for entry in entries {
        new += statement.execute(params![
            ledger,
            stored(entry.place.position),
            entry.digest().as_bytes(),
            entry.place.previous.as_bytes(),
            entry.grant.as_bytes(),
            entry.envelope().line()
        ])?;
    }
    Ok(new as u64)
}

fn save(transaction: &Transaction<'_>, account: i64, revision: i64, audit: &Audit) -> Result<(), RegistryError> {
    for table in ["DELETE FROM licenses", "DELETE FROM machines", "DELETE FROM findings"] {
        transaction.prepare_cached(&format!("{table} WHERE account = ?1"))?.execute(params![account])?;
    }
    let sql = "INSERT INTO machines (account, device, epoch, in_use, consumption, told_at, released)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let mut statement = transaction.prepare_cached(sql)?;
    for machine in &audit.machines {
        statement.execute(params![
            account,
            machine.device.key.as_bytes(),
            stored(machine.device.epoch),
            serde_json::to_string(&machine.in_use).unwrap_or_default(),
            serde_json::to_string(&machine.consumption).unwrap_or_default(),
            machine.told_at.map(|at| stored(at.unix())),
            machine.released
        ])?;
        for held in &machine.licenses {
            license(transaction, account, machine.device.key.as_bytes(), held)?;
        }
    }
    for found in &audit.findings {
        finding(transaction, account, found)?;
    }
    let sql = "UPDATE accounts SET audited = ?2 WHERE id = ?1";
    transaction.prepare_cached(sql)?.execute(params![account, revision])?;
    Ok(())
}

fn license(
    transaction: &Transaction<'_>,
    account: i64,
    device: &[u8; 32],
    held: &AuditedLicense,
) -> Result<(), RegistryError> {
    let end = |end: Ceiling<Time>| end.limit().map_or(i64::MAX, |end| stored(end.unix()));
    let sql = "INSERT INTO licenses
        (account, device, license, license_id, sequence, allocation, ends_at, usable_until, proved)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    transaction.prepare_cached(sql)?.execute(params![
        account,
        device,
        held.license.as_bytes(),
        held.license_id.as_str(),
        stored(held.sequence),
        serde_json::to_string(&held.allocation).unwrap_or_default(),
        held.ends_at.map(end),
        end(held.usable_until),
        held.proved
    ])?;
    Ok(())
}

fn finding(transaction: &Transaction<'_>, account: i64, found: &Finding) -> Result<(), RegistryError> {
    let position = match found {
        Finding::Forked { position, .. } => Some(stored(*position)),
        _ => None,
    };
    let sql = "INSERT INTO findings (account, code, message, advice, devices, witnesses, position)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    transaction.prepare_cached(sql)?.execute(params![
        account,
        found.code(),
        found.to_string(),
        found.advice(),
        serde_json::to_string(&found.devices()).unwrap_or_default(),
        serde_json::to_string(&found.witnesses()).unwrap_or_default(),
        position
    ])?;
    Ok(())
}
