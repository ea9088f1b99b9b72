//! The ledger: read, begun, imported, exported. Written by one tab at a time.

use postern_issuer::{Comparison, Ledger, Refusal, begin_ledger};
use postern_protocol::documents::LedgerEntry;
use postern_protocol::{File, Limits, Verified};

use super::files::download;
use super::model::account::{Account, Loaded, Root};
use super::model::change::Change;
use super::model::error::{PortalError, refused};
use super::model::flow::Told;
use super::model::shown::{Busy, Explained};
use super::{Desk, Refused};
use crate::browser::desk::clock;
use crate::browser::desk::lock::{self, Lock};
use crate::browser::desk::store::Store;

impl Desk {
    /// Reads the ledger that is stored for an account.
    pub(super) async fn with_stored_ledger(&self, account: Account) -> Result<Account, Refused> {
        let lines = self.store().await?.ledger(account.ledger_id()).await?;
        let ledger = restore(&account, &lines)?;
        Ok(account.with_ledger(ledger))
    }

    /// Waits until no other tab writes this ledger.
    pub(super) async fn lock(&self, account: &Account) -> Lock {
        let id = account.ledger_id();
        lock::acquire(&format!("postern ledger {} {}", id.key, id.epoch)).await
    }

    /// Under the lock: the account as it is stored now, which another tab may have moved on.
    pub(super) async fn newest(&self, account: &Account) -> Result<(Store, Option<Account>), Refused> {
        let store = self.store().await?;
        let lines = store.ledger(account.ledger_id()).await?;
        let known = account.ledger.as_ref().map_or(0, |ledger| ledger.entries().len());
        if lines.len() == known {
            return Ok((store, None));
        }
        let ledger = restore(account, &lines)?;
        Ok((store, Some(account.with_ledger(ledger))))
    }

    pub(super) async fn begin_ledger(&self) -> Result<(), Refused> {
        let account = self.account()?;
        let chain = account.any_chain().ok_or(PortalError::KeyNotHere)?;
        self.change(Change::Busy(Busy::Signing));
        let _lock = self.lock(&account).await;
        let (store, moved) = self.newest(&account).await?;
        if let Some(account) = moved {
            self.change(Change::Opened(account.into()));
            return Err(PortalError::LedgerMoved.into());
        }
        let decision =
            begin_ledger(&account.desk(chain, clock::now())).map_err(|refusals| explain_all(&account, &refusals))?;
        let outcome = self.sign(decision).await?;
        store.append(outcome.ledger.id(), &lines(&outcome.entries), None).await?;
        let opened = account.with_ledger(Some(outcome.ledger));
        self.change(Change::Opened(opened.clone().into()));
        self.ask_waiting(&opened)?;
        self.go_on().await
    }

    /// Takes the ledger that the site offers.
    pub(super) async fn site_ledger(&self) -> Result<(), Refused> {
        let account = self.account()?;
        let Some(name) = self.state().brand.ledger.clone() else { return Ok(()) };
        let bytes = self.fetch(name.as_str()).await?;
        self.import_ledger(&account, &bytes).await
    }

    /// Takes a ledger file if it goes on where the one here ends.
    pub(super) async fn import_ledger(&self, account: &Account, bytes: &[u8]) -> Result<(), Refused> {
        let opened = self.take_ledger(account, bytes).await?;
        self.ask_waiting(&opened)?;
        self.go_on().await
    }

    /// The account with the ledger of a file.
    pub(super) async fn take_ledger(&self, account: &Account, bytes: &[u8]) -> Result<Account, Refused> {
        let chain = account.any_chain().ok_or(PortalError::KeyNotHere)?;
        let _lock = self.lock(account).await;
        let (store, moved) = self.newest(account).await?;
        let account = moved.unwrap_or_else(|| account.clone());
        let theirs = Ledger::import(&account.loaded.verified, chain, bytes, &Limits::DEFAULT)
            .map_err(|error| Explained::from(&error))?;
        let known = match &account.ledger {
            None => 0,
            Some(ours) => match ours.compare(&theirs) {
                Comparison::Same => return Err(PortalError::LedgerSame.into()),
                Comparison::Newer => return Err(PortalError::LedgerOlder.into()),
                Comparison::Forked { position } => return Err(PortalError::LedgerForked { position }.into()),
                Comparison::Older if ours.id() == theirs.id() => ours.next().position,
                Comparison::Older => 0,
            },
        };
        let new: Vec<_> = theirs.entries().iter().filter(|entry| entry.place.position >= known).cloned().collect();
        store.append(theirs.id(), &lines(&new), None).await?;
        let opened = account.with_ledger(Some(theirs));
        self.change(Change::Opened(opened.clone().into()));
        self.change(Change::Told(Told::LedgerImported));
        let end = opened.ledger.as_ref().map(|ledger| ledger.next().position - 1);
        self.guided(|begun| begun.imported = end).await?;
        Ok(opened)
    }

    /// Hands out the ledger as a file, with every grant that its entries were made under.
    pub(super) async fn export_ledger(&self) -> Result<(), Refused> {
        let account = self.account()?;
        let (Some(ledger), Some(chain)) = (&account.ledger, account.any_chain()) else { return Ok(()) };
        let bundle = account.bundle();
        let mut file = ledger.to_file(&account.loaded.verified, chain);
        for bytes in self.store().await?.bundles(&bundle.product, &bundle.account).await? {
            // Older bundles still hold the grants of older entries.
            if let Some(older) = older(&account, &bytes) {
                for grant in ledger.to_file(&older.verified, chain).grants {
                    if !file.grants.iter().any(|known| known.digest() == grant.digest()) {
                        file.grants.push(grant);
                    }
                }
            }
        }
        download(&format!("{}.ledger", bundle.account), &file.to_bytes());
        let end = ledger.next().position - 1;
        self.guided(|begun| begun.exported = Some(end)).await
    }
}

fn older(account: &Account, bytes: &[u8]) -> Option<Loaded> {
    let file = File::parse(bytes, &Limits::DEFAULT).ok()?;
    Loaded::verify(file, Root::Known(account.loaded.verified.tree.trust().clone()), &[]).ok()
}

pub(super) fn restore(account: &Account, lines: &[Vec<u8>]) -> Result<Option<Ledger>, Refused> {
    let Some(chain) = account.any_chain().filter(|_| !lines.is_empty()) else { return Ok(None) };
    let ledger = Ledger::restore(&account.loaded.verified, chain, lines, &Limits::DEFAULT);
    Ok(Some(ledger.map_err(|error| Explained::from(&error))?))
}

/// Entries as they are stored.
pub(super) fn lines(entries: &[Verified<LedgerEntry>]) -> Vec<(u64, Vec<u8>)> {
    entries.iter().map(|entry| (entry.place.position, entry.envelope().line().to_vec())).collect()
}

/// Refusals in words.
pub(super) fn explain_all(account: &Account, refusals: &[Refusal]) -> Refused {
    refusals.iter().map(|refusal| refused(refusal, account.bundle())).collect()
}
