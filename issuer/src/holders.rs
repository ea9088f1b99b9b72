//! Which machines hold licenses under which license id: what counts against a ceiling is looked up, not searched for.

use std::collections::BTreeSet;

use postern_protocol::bundle_file::Tree;
use postern_protocol::documents::Ceiling;
use postern_protocol::{Id, PublicKey};
use rpds::{RedBlackTreeMapSync, RedBlackTreeSetSync};

use crate::books::{Books, Device, Holding};
use crate::desk::{Desk, counts_here};

/// Under each license id the devices that ever held one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Holders {
    /// Whose ledger it is; none without one.
    subject: Option<PublicKey>,
    devices: RedBlackTreeMapSync<Id, RedBlackTreeSetSync<PublicKey>>,
    /// The license ids that no current grant of the ledger's key lists: they count against each of its grants.
    strays: RedBlackTreeSetSync<Id>,
}

/// The license ids that count against one ceiling.
pub(crate) struct Counted<'a> {
    books: &'a Books,
    license_ids: BTreeSet<&'a Id>,
}

impl Holders {
    /// Nobody holds anything yet.
    pub(crate) fn of(subject: PublicKey) -> Self {
        Self { subject: Some(subject), ..Self::default() }
    }

    /// A device got a license under this license id.
    pub(crate) fn add(&mut self, tree: &Tree, license_id: &Id, device: PublicKey) {
        if let Some(devices) = self.devices.get_mut(license_id) {
            devices.insert_mut(device);
            return;
        }
        let mut devices = RedBlackTreeSetSync::new_sync();
        devices.insert_mut(device);
        self.devices.insert_mut(license_id.clone(), devices);
        if !tree.for_license_id(license_id).any(|grant| Some(grant.subject) == self.subject) {
            self.strays.insert_mut(license_id.clone());
        }
    }
}

impl<'a> Counted<'a> {
    /// What counts against the grant at the end of the desk's chain.
    pub(crate) fn here(desk: &'a Desk<'_>, books: &'a Books) -> Self {
        let (holders, leaf) = (&books.holders, desk.chain.leaf());
        let listed = match &leaf.installations {
            Ceiling::Limited(list) => list.as_slice(),
            Ceiling::Unlimited => &[],
        };
        let current = listed.first().is_some_and(|one| {
            desk.bundle.tree.for_license_id(&one.license_id).any(|grant| grant.digest() == leaf.digest())
        });
        let license_ids = if current && holders.subject == Some(leaf.subject) {
            listed.iter().map(|one| &one.license_id).chain(holders.strays.iter()).collect()
        } else {
            holders.devices.keys().collect::<BTreeSet<_>>()
        };
        Self { books, license_ids: license_ids.into_iter().filter(|id| counts_here(desk, id)).collect() }
    }

    /// What is held under this license id.
    pub(crate) fn under(license_id: Option<&'a Id>, books: &'a Books) -> Self {
        Self { books, license_ids: license_id.into_iter().collect() }
    }

    /// Whether a holding counts.
    pub(crate) fn counts(&self, holding: &Holding) -> bool {
        self.license_ids.contains(&holding.license_id)
    }

    /// The devices that hold anything that counts, or did, but for one.
    pub(crate) fn others(&self, but: Option<PublicKey>) -> impl Iterator<Item = &'a Device> {
        let keys: BTreeSet<&PublicKey> =
            self.license_ids.iter().filter_map(|id| self.books.holders.devices.get(*id)).flatten().collect();
        let books = self.books;
        keys.into_iter().filter(move |key| Some(**key) != but).filter_map(|key| books.devices.get(key))
    }
}
