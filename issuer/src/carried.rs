//! The books that a ledger carries: added up once, and then by each entry, so that deciding reads no entry again.

use postern_protocol::Digest;
use postern_protocol::Verified;
use postern_protocol::bundle_file::VerifiedBundle;
use postern_protocol::documents::{LedgerEntry, LedgerReference};

use crate::books::Books;
use crate::ledger::Ledger;

/// Books for one bundle: its base is added up with the ledger, and its grants say what counts where.
#[derive(Clone, Debug)]
pub(crate) struct Carried {
    bundle: Digest,
    /// Whether an entry more comes after the bundle's base.
    past_base: bool,
    /// What the entries and the base come to.
    pub(crate) books: Books,
}

impl Carried {
    /// What a ledger carries for this bundle; for another one than it was read with, its entries added up anew.
    pub(crate) fn of(bundle: &VerifiedBundle, ledger: &Ledger) -> Self {
        let carried = ledger.carried().filter(|carried| carried.bundle == bundle.bundle.digest());
        carried.cloned().unwrap_or_else(|| Self::read(bundle, ledger.next(), ledger.entries()))
    }

    /// The books of these entries; `next` is where the entry after them stands.
    pub(crate) fn read<'a>(
        bundle: &VerifiedBundle,
        next: LedgerReference,
        entries: impl IntoIterator<Item = &'a Verified<LedgerEntry>>,
    ) -> Self {
        let mut books = Books::of(next.ledger.key);
        // In a bundle for several keys the base is one key's; the others begin empty.
        let base = bundle.bundle.ledger_base.as_ref().filter(|base| base.next.ledger.key == next.ledger.key);
        let mut due = base;
        for entry in entries {
            if let Some(reached) = due.take_if(|base| base.next.position <= entry.place.position) {
                books.rebase(&bundle.tree, reached, bundle.bundle.issued_at);
            }
            books.record(&bundle.tree, entry);
        }
        if let Some(base) = due {
            books.rebase(&bundle.tree, base, bundle.bundle.issued_at);
        }
        let past_base = base.is_none_or(|base| base.next.position <= next.position);
        Self { bundle: bundle.bundle.digest(), past_base, books }
    }

    /// The books with one entry more; none where the base comes in between, which has to be read in its place.
    pub(crate) fn and(mut self, bundle: &VerifiedBundle, entry: &LedgerEntry) -> Option<Self> {
        if !self.past_base {
            return None;
        }
        self.books.record(&bundle.tree, entry);
        Some(self)
    }
}
