//! Files verified by all cores and taken by one: workers read, verify and audit; this thread writes.
//!
//! No more files are in memory than workers and a small queue hold, however many there are.

use std::collections::BTreeSet;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;

use postern_issuer::audit::Audit;
use postern_protocol::Time;

use super::check::{Verdict, check};
use super::paths::Given;
use crate::fail::{Fail, Told};
use crate::registry::{Account, Audited, Registry, RegistryError};

/// What became of an import.
#[derive(Default)]
pub(super) struct Imported {
    pub(super) taken: u64,
    pub(super) known: u64,
    /// Files in folders that are none of Postern's, or of kinds that are not kept.
    pub(super) other: u64,
    /// Ledger entries that were not there before.
    pub(super) entries: u64,
    pub(super) refused: Vec<(String, Vec<Told>)>,
    /// Rows of the accounts that were audited anew.
    pub(super) accounts: BTreeSet<i64>,
}

/// Imports files, and audits every account that they changed.
pub(super) fn import(registry: &mut Registry, files: &[Given], now: Time) -> Result<Imported, Fail> {
    registry.hurry()?;
    let mut imported = Imported::default();
    let mut later = round(registry, files, now, &mut imported)?;
    // What a machine sent may be of an account whose ledger came after it.
    if !later.is_empty() {
        later = round(registry, &later, now, &mut imported)?;
    }
    for given in later {
        imported.refused.push((given.path.display().to_string(), Fail::from(RegistryError::NobodyS).told()));
    }
    audit_changed(registry, &mut imported)?;
    registry.settle()?;
    imported.refused.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(imported)
}

/// Every file once; those that only a later round can place come back.
fn round(registry: &mut Registry, files: &[Given], now: Time, imported: &mut Imported) -> Result<Vec<Given>, Fail> {
    let mut later = Vec::new();
    on_all_cores(registry, files, check, |registry, given, verdict| {
        match verdict {
            Verdict::Known => imported.known += 1,
            Verdict::Other => imported.other += 1,
            Verdict::Later => later.push(given.clone()),
            Verdict::Refused(errors) => imported.refused.push((given.path.display().to_string(), errors)),
            Verdict::Take(checked) => {
                let taken = registry.take(&checked, now)?;
                imported.entries += taken.entries;
                if taken.known {
                    imported.known += 1;
                } else {
                    imported.taken += 1;
                    imported.accounts.extend(taken.account);
                }
            }
        }
        Ok(())
    })?;
    Ok(later)
}

/// Audits the accounts whose papers changed since their audit: also those of an import that was stopped.
fn audit_changed(registry: &mut Registry, imported: &mut Imported) -> Result<(), Fail> {
    let changed: Vec<Account> =
        registry.accounts()?.into_iter().filter(|account| account.audited < account.revision).collect();
    let audit = |registry: &Registry, account: &Account| -> Result<Audit, Vec<Told>> {
        registry.audit(Some(account), None).map_err(|fail| fail.told())
    };
    on_all_cores(registry, &changed, audit, |registry, account, audit| match audit {
        Ok(audit) => {
            imported.accounts.insert(account.row);
            Ok(registry.save_audit(account.row, &Audited { revision: account.revision, audit })?)
        }
        Err(errors) => {
            imported.refused.push((account.name.to_string(), errors));
            Ok(())
        }
    })
}

/// Asks about each item on all cores, and hears the answers one by one on this thread.
fn on_all_cores<T: Sync, R: Send>(
    registry: &mut Registry,
    items: &[T],
    ask: impl Fn(&Registry, &T) -> R + Sync,
    mut hear: impl FnMut(&mut Registry, &T, R) -> Result<(), Fail>,
) -> Result<(), Fail> {
    let workers = std::thread::available_parallelism().map_or(1, NonZero::get).min(items.len());
    let handles = (0..workers).map(|_| registry.again()).collect::<Result<Vec<_>, _>>()?;
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let (send, receive) = sync_channel(2 * workers);
        for handle in handles {
            let (send, next, ask) = (send.clone(), &next, &ask);
            scope.spawn(move || {
                // Nobody hears any more: something failed.
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if send.send((item, ask(&handle, item))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(send);
        let mut heard = 0;
        for (item, answer) in receive {
            hear(registry, item, answer)?;
            heard += 1;
        }
        // A worker that is gone without an answer is a fault of this program, which must not look like success.
        if heard == items.len() {
            Ok(())
        } else {
            Err(RegistryError::Database { detail: "a file was left out".into() }.into())
        }
    })
}
