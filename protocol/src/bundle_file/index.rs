//! Which grants of a tree are current, and which of them are for a license id, a credential or a key: looked up, not
//! searched for, because a bundle holds up to ten thousand.

use std::collections::HashMap;

use crate::documents::{Ceiling, Grant, Grantor};
use crate::id::Id;
use crate::keys::PublicKey;

/// A grant's identity for one subject: who signed it, and its id. A renewed parent does not make it another grant.
type Identity = (PublicKey, Grantor, Id);

/// Positions in a tree, ascending.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    /// The newest serial of each identity, and where it stands.
    newest: HashMap<Identity, (u64, usize)>,
    by_subject: HashMap<PublicKey, Vec<usize>>,
    by_license_id: HashMap<Id, Vec<usize>>,
    by_credential: HashMap<PublicKey, Vec<usize>>,
}

impl Index {
    /// Takes in a grant that stands behind all others.
    pub(super) fn add(&mut self, position: usize, grant: &Grant, grantor: Grantor) {
        let newest = self.newest.entry((grant.subject, grantor, grant.id.clone())).or_default();
        *newest = (*newest).max((grant.serial, position));
        self.by_subject.entry(grant.subject).or_default().push(position);
        if let Ceiling::Limited(listed) = &grant.installations {
            for one in listed {
                self.by_license_id.entry(one.license_id.clone()).or_default().push(position);
            }
        }
        for credential in &grant.credentials {
            self.by_credential.entry(credential.key).or_default().push(position);
        }
    }

    /// Whether no grant of the same identity has a higher serial.
    pub(super) fn is_current(&self, position: usize, grant: &Grant, grantor: Grantor) -> bool {
        let newest = self.newest.get(&(grant.subject, grantor, grant.id.clone()));
        newest.is_some_and(|(_, newest)| *newest == position)
    }

    /// Where the grants with this subject stand.
    pub(super) fn subject(&self, subject: PublicKey) -> &[usize] {
        self.by_subject.get(&subject).map(Vec::as_slice).unwrap_or_default()
    }

    /// Where the grants that list this license id stand.
    pub(super) fn license_id(&self, license_id: &Id) -> &[usize] {
        self.by_license_id.get(license_id).map(Vec::as_slice).unwrap_or_default()
    }

    /// Where the grants with this credential stand.
    pub(super) fn credential(&self, key: PublicKey) -> &[usize] {
        self.by_credential.get(&key).map(Vec::as_slice).unwrap_or_default()
    }
}
