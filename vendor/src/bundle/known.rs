//! What the registry knows of an account before its next bundle: the last one, approvals, revocations.

use std::collections::{HashMap, HashSet};

use postern_protocol::documents::{Approval, Grant, Grantor, Revocations};
use postern_protocol::{Envelope, Id, PublicKey, TrustState};

use crate::fail::Fail;
use crate::registry::{AccountName, Registry, RegistryError};

#[derive(Debug, Default)]
pub(crate) struct Known {
    /// The account's newest bundle.
    pub(crate) bundle: Option<Vec<u8>>,
    pub(crate) approvals: HashMap<Id, Approval>,
    /// The newest list of each issuer.
    pub(crate) lists: Vec<Envelope>,
}

/// What a registry, which must be this root's, knows of the vendor's own account of this id.
pub(crate) fn of_registry(registry: &Registry, trust: &TrustState, account: &Id) -> Result<Known, Fail> {
    let (expected, found) = (registry.trust().anchor().root, trust.anchor().root);
    if expected != found {
        return Err(RegistryError::OtherRoot { expected, found }.into());
    }
    let lists = registry.newest_lists()?;
    // Without one this is its first bundle.
    let Some(account) = registry.account(&AccountName { id: account.clone(), grantor: None })? else {
        return Ok(Known { lists, ..Known::default() });
    };
    Ok(Known { bundle: registry.newest_bundle(account.row)?, approvals: registry.approvals(account.row)?, lists })
}

/// Of each issuer the newest of two lists of lists.
pub(crate) fn newest(mut lists: Vec<Envelope>, more: Vec<Envelope>) -> Vec<Envelope> {
    for list in more {
        let Some(read) = read(&list) else { continue };
        let same = |known: &Envelope| self::read(known).filter(|known| known.issuer == read.issuer);
        match lists.iter_mut().find(|known| same(known).is_some()) {
            None => lists.push(list),
            Some(known) if same(known).is_some_and(|known| known.serial < read.serial) => *known = list,
            Some(_) => {}
        }
    }
    lists
}

/// The lists whose issuers have a say among these grants, and what they say.
pub(crate) fn heard(lists: &[Envelope], grants: &[Envelope]) -> Vec<(Envelope, Revocations)> {
    // Most vendors revoke nothing, and bundles are long.
    if lists.is_empty() {
        return Vec::new();
    }
    let subjects: HashSet<PublicKey> = grants
        .iter()
        .filter_map(|grant| serde_json::from_slice::<Grant>(grant.payload()).ok())
        .map(|grant| grant.subject)
        .collect();
    let has_a_say = |list: &Revocations| match list.issuer {
        Grantor::Root => true,
        Grantor::Key(key) => subjects.contains(&key),
    };
    let read = lists.iter().filter_map(|list| Some((list.clone(), read(list)?)));
    read.filter(|(_, list)| has_a_say(list)).collect()
}

/// What a list says. The bundle as a whole is verified before it is handed out.
fn read(list: &Envelope) -> Option<Revocations> {
    serde_json::from_slice(list.payload()).ok()
}
