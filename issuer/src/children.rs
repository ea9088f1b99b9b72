//! Child license servers in the books: what was given to each counts against its parent until it has passed, or until
//! the child showed by its ledger what it holds (seed 003, design §5).

use std::collections::BTreeMap;

use postern_protocol::documents::{Allowance, Ceiling, ChildSeen, CountedRight, Delegated, Grant, Parent, Standing};
use postern_protocol::{Digest, Id, Prepared, Time};

use crate::books::Books;
use crate::desk::{Desk, made_here};
use crate::seats::{Span, Taken};
use crate::spent::allowed;

/// What is known of one child.
#[derive(Clone, Debug)]
pub(crate) struct Child {
    /// How it stands now.
    pub(crate) current: Delegated,
    /// When that was decided.
    pub(crate) at: Time,
    /// The grant that it was made under.
    under: Digest,
    /// Every form of its grant that it could still be issuing under, newest last.
    given: Vec<Grant>,
    /// The last ledger that it showed, and when.
    pub(crate) seen: Option<(ChildSeen, Time)>,
    /// Whether that was after it last changed.
    seen_since: bool,
}

/// A child license server, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChildServer {
    /// Its grant, its standing, its bundle.
    pub delegated: Delegated,
    /// When that was decided.
    pub changed_at: Time,
    /// Seats that count against its parent now, by type.
    pub counted: Vec<(Id, u64)>,
    /// The last ledger that it showed, and when.
    pub seen: Option<(ChildSeen, Time)>,
}

/// The child license servers that were made under the grant at the end of this chain, by id.
pub fn children(desk: &Desk<'_>) -> Vec<ChildServer> {
    let books = Books::read(desk.bundle, desk.ledger);
    let each = books.children_here(desk).map(|(_, child)| ChildServer {
        delegated: child.current.clone(),
        changed_at: child.at,
        counted: child.counted(desk.now),
        seen: child.seen.clone(),
    });
    each.collect()
}

impl Books {
    /// Takes in how a child stands now.
    pub(crate) fn delegated(&mut self, delegated: &Delegated, under: Digest, at: Time) {
        self.revocations = self.revocations.max(delegated.revocations);
        let grant = delegated.child.as_ref();
        let known = self.children.get(&grant.id);
        // The same entry may come from the bundle's base and from the ledger.
        let mut given: Vec<Grant> = known.map(|child| child.given.clone()).unwrap_or_default();
        given.retain(|before| before.serial < grant.serial);
        given.push(grant.clone());
        let seen = known.and_then(|child| child.seen.clone());
        let child = Child { current: delegated.clone(), at, under, given, seen, seen_since: false };
        self.children.insert_mut(grant.id.clone(), child);
    }

    /// Takes in a child's ledger.
    pub(crate) fn child_seen(&mut self, seen: &ChildSeen, at: Time) {
        if let Some(child) = self.children.get_mut(&seen.child) {
            // What it could have issued under older forms is now known.
            child.given.retain(|grant| grant.serial >= seen.serial);
            child.seen = Some((seen.clone(), at));
            child.seen_since = true;
        }
    }

    /// The children under the grant at the end of this chain.
    pub(crate) fn children_here(&self, desk: &Desk<'_>) -> impl Iterator<Item = (&Id, &Child)> {
        self.children.iter().filter(|(_, child)| made_here(desk, child.under, &[]))
    }

    /// Devices that children may license, or license now: these count against the grant's count.
    pub(crate) fn devices_given(&self, desk: &Desk<'_>, but: Option<&Id>) -> u64 {
        let others = self.children_here(desk).filter(|(id, _)| Some(*id) != but);
        others.map(|(_, child)| child.devices(desk.now)).fold(0, u64::saturating_add)
    }
}

impl Child {
    /// What counts against the grant's seats: at each instant the largest of these.
    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.seats(|grant| grant.allowances.limit().cloned())
    }

    /// What counts against one installation of the grant.
    pub(crate) fn taken_of(&self, license_id: &Id) -> Vec<Taken> {
        self.seats(|grant| {
            let list = grant.installations.limit()?;
            list.iter().find(|one| one.license_id == *license_id).map(|one| one.allowances.clone())
        })
    }

    fn seats(&self, of: impl Fn(&Grant) -> Option<Vec<Allowance>>) -> Vec<Taken> {
        let given = self.could_issue().filter_map(|grant| {
            let usable_until = usable_until(grant);
            of(grant).map(|allocation| Taken { allocation, usable_until })
        });
        let shown =
            self.seen.iter().map(|(seen, _)| Taken { allocation: seen.held.clone(), usable_until: Ceiling::Unlimited });
        given.chain(shown).collect()
    }

    /// The forms of its grant that it could still issue under; none once it was revoked and showed its ledger since.
    fn could_issue(&self) -> impl Iterator<Item = &Grant> {
        let over = self.current.standing == Standing::Revoked && self.seen_since;
        self.given.iter().filter(move |_| !over)
    }

    /// Releases or clock repairs that it has from its parent.
    pub(crate) fn given(&self, what: CountedRight) -> u64 {
        self.could_issue().map(|grant| allowed(what, &grant.rights)).max().unwrap_or(0)
    }

    pub(crate) fn devices(&self, now: Time) -> u64 {
        let shown = self.seen.as_ref().map_or(0, |(seen, _)| seen.devices);
        let live = self.could_issue().filter(|grant| usable_until(grant).allows(now));
        let given = live.map(|grant| grant.license_count.limit().copied().unwrap_or(u64::MAX));
        given.fold(shown, u64::max)
    }

    /// Seats that count against its parent now, by type.
    pub(crate) fn counted(&self, now: Time) -> Vec<(Id, u64)> {
        let taken = self.taken();
        let mut counted: BTreeMap<Id, u64> = BTreeMap::new();
        for allowance in taken.iter().flat_map(|one| &one.allocation) {
            let most = taken.iter().map(|one| one.at(&allowance.seat_type, now)).max().unwrap_or(0);
            counted.insert(allowance.seat_type.clone(), most);
        }
        counted.into_iter().collect()
    }
}

/// The digest of the grant that a child hangs from.
pub(crate) fn parent(delegated: &Delegated) -> Digest {
    match delegated.child.parent {
        Parent::Grant(digest) => digest,
        // No ledger entry says so: a child hangs from its parent's grant.
        Parent::Root => Prepared::new(delegated.child.as_ref()).digest(),
    }
}

/// The end of what can be issued under a grant, with grace and extension.
fn usable_until(grant: &Grant) -> Ceiling<Time> {
    Span::new(grant.issue_from, grant.run_until, &grant.expiry).usable_until
}
