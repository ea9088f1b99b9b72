//! Everything that was received of one account, verified again as it leaves the registry, and what its audit says.

use std::collections::{HashMap, HashSet};

use postern_issuer::audit::{Audit, Link, Received, audit, branches};
use postern_protocol::bundle_file::{Tree, VerifiedLedger, verify_ledger_file};
use postern_protocol::documents::{
    Deactivation, Document, Grant, LedgerBase, LedgerEntry, LedgerId, LedgerReference, Parent, Request, Signer,
};
use postern_protocol::{
    ChainError, Digest, DocumentError, Envelope, File, Limits, PublicKey, Reader, Time, TrustState, Unverified,
    Verified,
};
use rusqlite::{OptionalExtension, params};

use super::account::{Account, bytes32, unreadable};
use super::error::RegistryError;
use super::store::Registry;
use crate::fail::Fail;

/// What is in the registry was bounded when it came: together it may be more than one file may hold.
const ROOMY: Limits = Limits { collection_bytes: usize::MAX, bundle_grants: usize::MAX, ..Limits::DEFAULT };

/// An account's ledgers, each branch from its first entry to its last, and the grants that they were written under.
pub(crate) struct Ledgers {
    pub(crate) tree: Option<Tree>,
    pub(crate) branches: Vec<Vec<Verified<LedgerEntry>>>,
}

impl Registry {
    /// Audits an account: what the registry has, and a ledger file that is about to come.
    pub(crate) fn audit(&self, account: Option<&Account>, fresh: Option<&VerifiedLedger>) -> Result<Audit, Fail> {
        let row = account.map(|account| account.row);
        let ledgers = self.ledgers(row, fresh)?;
        let Some(tree) = ledgers.tree.as_ref().or(fresh.map(|fresh| &fresh.tree)) else { return Ok(Audit::default()) };
        let base = row.map(|row| self.base(row)).transpose()?.flatten();
        let requests = self.sent::<Request>(row, "request")?;
        let deactivations = self.sent::<Deactivation>(row, "deactivation")?;
        Ok(audit(&Received {
            tree,
            branches: &ledgers.branches,
            base: base.as_ref().map(|(base, at)| (base, *at)),
            requests: &requests,
            deactivations: &deactivations,
        }))
    }

    /// The account's ledgers, with those of a file that is about to come. Where the file has everything, it is taken
    /// as it is: it was verified just now.
    pub(crate) fn ledgers(&self, row: Option<i64>, fresh: Option<&VerifiedLedger>) -> Result<Ledgers, Fail> {
        let stored = row.map(|row| self.links(row)).transpose()?.unwrap_or_default();
        let new: HashMap<Digest, &Verified<LedgerEntry>> =
            fresh.iter().flat_map(|fresh| &fresh.entries).map(|entry| (entry.digest(), entry)).collect();
        let grants = row.map(|row| self.grant_lines(row)).transpose()?.unwrap_or_default();
        if let Some(fresh) = fresh
            && stored.iter().all(|link| new.contains_key(&link.entry))
            && grants.iter().all(|(digest, _)| fresh.tree.grant(*digest).is_some())
        {
            return Ok(Ledgers { tree: None, branches: vec![fresh.entries.clone()] });
        }
        let known: HashSet<Digest> = grants.iter().map(|(digest, _)| *digest).collect();
        let grants = grants.into_iter().map(|(_, line)| Envelope::parse(&line, &ROOMY));
        let more = fresh.iter().flat_map(|fresh| fresh.tree.grants()).filter(|grant| !known.contains(&grant.digest()));
        let grants: Vec<Envelope> =
            grants.chain(more.map(|grant| Ok(grant.envelope().clone()))).collect::<Result<_, _>>()?;
        let mut seen: HashSet<Digest> = stored.iter().map(|link| link.entry).collect();
        let fresh_links = new.values().map(|entry| Link { entry: entry.digest(), place: entry.place });
        let links: Vec<Link> =
            stored.iter().copied().chain(fresh_links.filter(|link| seen.insert(link.entry))).collect();
        let mut ledgers = Ledgers { tree: None, branches: Vec::new() };
        for path in branches(&links) {
            let line = |digest: &Digest| match new.get(digest) {
                Some(entry) => Ok(entry.envelope().clone()),
                None => self.stored_entry(row, *digest),
            };
            let entries: Vec<Envelope> = path.iter().map(line).collect::<Result<_, Fail>>()?;
            let verified = self.gather(&grants, entries)?;
            ledgers.branches.push(verified.entries);
            ledgers.tree.get_or_insert(verified.tree);
        }
        Ok(ledgers)
    }

    fn stored_entry(&self, account: Option<i64>, digest: Digest) -> Result<Envelope, Fail> {
        let found = account.map(|account| self.find_entry(account, digest)).transpose()?.flatten();
        let missing = || RegistryError::Database { detail: format!("the entry {digest} is gone") };
        found.ok_or_else(|| missing().into())
    }

    /// Verifies entries under the newest trust that vouches for a grant of theirs.
    pub(crate) fn gather(&self, grants: &[Envelope], entries: Vec<Envelope>) -> Result<VerifiedLedger, Fail> {
        let mut file = File { documents: entries, ..File::default() };
        let mut refused: ChainError = DocumentError::NoDocument.into();
        for trust in self.trusts() {
            file.grants = vouched(trust, grants)?;
            if file.grants.is_empty() {
                continue;
            }
            match verify_ledger_file(file.clone(), trust, &ROOMY) {
                Ok(verified) => return Ok(verified),
                Err(error) => refused = error,
            }
        }
        Err(refused.into())
    }

    /// The base of the account's newest bundle, and when that was made.
    pub(crate) fn base(&self, account: i64) -> Result<Option<(LedgerBase, Time)>, RegistryError> {
        let sql = "SELECT base, issued_at FROM bundles WHERE account = ?1 ORDER BY serial DESC LIMIT 1";
        let mut statement = self.connection().prepare_cached(sql)?;
        let newest = statement
            .query_row(params![account], |row| Ok((row.get::<_, Option<String>>(0)?, row.get::<_, i64>(1)?)))
            .optional()?;
        let Some((Some(base), at)) = newest else { return Ok(None) };
        let base = serde_json::from_str(&base).map_err(|error| unreadable(0, &error.to_string()))?;
        Ok(Some((base, time(at))))
    }

    fn links(&self, account: i64) -> Result<Vec<Link>, RegistryError> {
        let sql = "SELECT entries.digest, ledgers.key, ledgers.epoch, entries.position, entries.previous
            FROM ledgers JOIN entries ON entries.ledger = ledgers.id WHERE ledgers.account = ?1";
        let mut statement = self.connection().prepare_cached(sql)?;
        let link = |row: &rusqlite::Row<'_>| {
            let key = PublicKey::from_bytes(bytes32(row, 1)?);
            let ledger = LedgerId { key, epoch: number(row.get(2)?) };
            let previous = Digest::from_bytes(bytes32(row, 4)?);
            let place = LedgerReference { ledger, position: number(row.get(3)?), previous };
            Ok(Link { entry: Digest::from_bytes(bytes32(row, 0)?), place })
        };
        Ok(statement.query_map(params![account], link)?.collect::<Result<_, _>>()?)
    }

    /// The account's grants and those above them, parents first.
    pub(crate) fn grant_lines(&self, account: i64) -> Result<Vec<(Digest, Vec<u8>)>, RegistryError> {
        let sql = "WITH RECURSIVE path(digest) AS (
                SELECT digest FROM grants WHERE account = ?1
                UNION SELECT grants.parent FROM grants JOIN path USING (digest) WHERE grants.parent IS NOT NULL
            ) SELECT grants.digest, grants.line FROM grants JOIN path USING (digest)
            ORDER BY grants.depth, grants.id, grants.serial, grants.digest";
        let mut statement = self.connection().prepare_cached(sql)?;
        let rows =
            statement.query_map(params![account], |row| Ok((Digest::from_bytes(bytes32(row, 0)?), row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// An entry of an account as it was received.
    pub(crate) fn find_entry(&self, account: i64, digest: Digest) -> Result<Option<Envelope>, Fail> {
        let sql =
            "SELECT line FROM entries WHERE ledger IN (SELECT id FROM ledgers WHERE account = ?1) AND digest = ?2";
        self.line(sql, account, digest)
    }

    /// A request or deactivation of an account as it was received.
    pub(crate) fn sent_line(&self, account: i64, digest: Digest) -> Result<Option<Envelope>, Fail> {
        self.line("SELECT line FROM sent WHERE account = ?1 AND digest = ?2", account, digest)
    }

    fn line(&self, sql: &str, account: i64, digest: Digest) -> Result<Option<Envelope>, Fail> {
        let mut statement = self.connection().prepare_cached(sql).map_err(RegistryError::from)?;
        let line = statement.query_row(params![account, digest.as_bytes()], |row| row.get::<_, Vec<u8>>(0)).optional();
        Ok(line.map_err(RegistryError::from)?.map(|line| Envelope::parse(&line, &ROOMY)).transpose()?)
    }

    fn sent<T: Document + Signer>(&self, account: Option<i64>, kind: &str) -> Result<Vec<Verified<T>>, Fail> {
        let Some(account) = account else { return Ok(Vec::new()) };
        let sql = "SELECT line FROM sent WHERE account = ?1 AND kind = ?2 ORDER BY digest";
        let mut statement = self.connection().prepare_cached(sql).map_err(RegistryError::from)?;
        let lines = statement.query_map(params![account, kind], |row| row.get::<_, Vec<u8>>(0));
        let mut documents = Vec::new();
        for line in lines.map_err(RegistryError::from)? {
            let envelope = Envelope::parse(&line.map_err(RegistryError::from)?, &ROOMY)?;
            documents.push(Unverified::<T>::new(envelope)?.verify_by_named_signers(&ROOMY)?);
        }
        Ok(documents)
    }
}

/// The grants that hang from one which this trust's root signed: after a rotation the older ones may not.
fn vouched(trust: &TrustState, grants: &[Envelope]) -> Result<Vec<Envelope>, Fail> {
    let reader = Reader { trust, revocations: &[], limits: ROOMY };
    let mut kept: HashSet<Digest> = HashSet::new();
    let mut vouched = Vec::new();
    for envelope in grants {
        let hangs = match parent(envelope) {
            Some(Parent::Root) => reader.grants(File { grants: vec![envelope.clone()], ..File::default() }).is_ok(),
            Some(Parent::Grant(parent)) => kept.contains(&parent),
            None => false,
        };
        if hangs {
            kept.insert(envelope.digest());
            vouched.push(envelope.clone());
        }
    }
    Ok(vouched)
}

/// What a grant says that it hangs from, before it is verified.
fn parent(grant: &Envelope) -> Option<Parent> {
    serde_json::from_slice::<Grant>(grant.payload()).ok().map(|grant| grant.parent)
}

pub(super) fn number(stored: i64) -> u64 {
    u64::try_from(stored).unwrap_or_default()
}

pub(super) fn time(stored: i64) -> Time {
    Time::from_unix(number(stored))
}
