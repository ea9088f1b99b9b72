//! Entries that name the one before, sorted into branches: from each last entry back to the first.

use std::collections::{HashMap, HashSet};

use postern_protocol::Digest;
use postern_protocol::documents::LedgerReference;

/// An entry and its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The entry.
    pub entry: Digest,
    /// Where it stands.
    pub place: LedgerReference,
}

/// The branches of these entries: of each the digests from its first entry to its last. Entries that are not there end
/// a branch at its beginning, so a ledger whose middle is missing is two branches.
pub fn branches(links: &[Link]) -> Vec<Vec<Digest>> {
    let by_digest: HashMap<Digest, &Link> = links.iter().map(|link| (link.entry, link)).collect();
    let before = |link: &Link| {
        let before = by_digest.get(&link.place.previous).copied()?;
        let follows = before.place.ledger == link.place.ledger && before.place.position + 1 == link.place.position;
        follows.then_some(before)
    };
    let followed: HashSet<Digest> = links.iter().filter_map(before).map(|link| link.entry).collect();
    let mut ends: Vec<&Link> = by_digest.values().copied().filter(|link| !followed.contains(&link.entry)).collect();
    ends.sort_by_key(|link| (link.place, link.entry));
    let path = |end: &&Link| {
        let mut path: Vec<Digest> =
            std::iter::successors(Some(*end), |link| before(link)).map(|link| link.entry).collect();
        path.reverse();
        path
    };
    ends.iter().map(path).collect()
}
