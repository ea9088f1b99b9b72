//! Licenses beyond their ceilings: more seats, or more machines, than the grant had left when they were issued.
//!
//! The rule is the portal's own, over all branches together: what a license may hold is the ceiling less what other
//! machines hold. Only instants up to the license's end are asked about.

use std::collections::BTreeSet;

use postern_protocol::documents::{Ceiling, Grant, Issued, LedgerEntry};
use postern_protocol::{Id, PublicKey, Time, Verified};

use super::Received;
use super::finding::{EntryFacts, Finding};
use crate::books::Books;

/// How this license goes past its grant, next to what the books say before it.
pub(super) fn over_issued(
    received: &Received<'_>,
    books: &[&Books],
    entry: &Verified<LedgerEntry>,
    issued: &Issued,
) -> Vec<Finding> {
    // Of a grant that nobody has any more nothing can be said.
    let Some(grant) = received.tree.grant(entry.grant) else { return Vec::new() };
    let others = Others::of(books, issued.device.key, grant);
    let mut findings = Vec::new();
    if let Ceiling::Limited(allowances) = &grant.allowances {
        for own in &issued.allocation {
            let ceiling = allowances.iter().find(|one| one.seat_type == own.seat_type);
            let steps = ceiling.into_iter().flat_map(|one| &one.steps).chain(&own.steps).map(|step| step.from);
            let inside = |at: &Time| *at >= issued.starts_at && issued.ends_at.allows(*at);
            let instants: BTreeSet<Time> = steps.filter(inside).chain([issued.starts_at]).collect();
            let excess = |at: Time| {
                let (given, allowed) = (own.at(at), ceiling.map_or(0, |one| one.at(at)));
                let total = given.saturating_add(others.seats(&own.seat_type, at));
                (given > 0 && total > allowed).then(|| (total - allowed, total, allowed))
            };
            if let Some((_, given, allowed)) = instants.into_iter().filter_map(excess).max() {
                findings.push(over(grant, entry, Some(&own.seat_type), given, allowed));
            }
        }
    }
    if let Ceiling::Limited(limit) = grant.license_count {
        let given = others.machines(entry.at) + 1;
        if given > limit && issued.usable_until.allows(entry.at) {
            findings.push(over(grant, entry, None, given, limit));
        }
    }
    findings
}

/// Adds a finding, or puts it in the place of one that says the same of fewer.
pub(super) fn keep_worst(findings: &mut Vec<Finding>, finding: Finding) {
    let about = |finding: &Finding| match finding {
        Finding::OverIssued { grant, seat_type, given, allowed, .. } => {
            Some((grant.clone(), seat_type.clone(), given.saturating_sub(*allowed)))
        }
        _ => None,
    };
    let new = about(&finding);
    let same =
        |old: &&mut Finding| about(old).zip(new.clone()).is_some_and(|(old, new)| (&old.0, &old.1) == (&new.0, &new.1));
    match findings.iter_mut().find(same) {
        None => findings.push(finding),
        Some(old) if about(old).map(|old| old.2) < new.as_ref().map(|new| new.2) => *old = finding,
        Some(_) => {}
    }
}

fn over(grant: &Grant, entry: &Verified<LedgerEntry>, seat_type: Option<&Id>, given: u64, allowed: u64) -> Finding {
    Finding::OverIssued {
        grant: grant.id.clone(),
        entry: EntryFacts::of(entry),
        seat_type: seat_type.cloned(),
        given,
        allowed,
    }
}

/// What machines other than one hold under a grant.
struct Others<'a> {
    books: &'a [&'a Books],
    keys: BTreeSet<PublicKey>,
    grant: &'a Grant,
}

impl<'a> Others<'a> {
    fn of(books: &'a [&'a Books], device: PublicKey, grant: &'a Grant) -> Self {
        let keys = books.iter().flat_map(|books| books.devices.keys()).copied().filter(|key| *key != device).collect();
        Self { books, keys, grant }
    }

    fn counts(&self, license_id: &Id) -> bool {
        match &self.grant.installations {
            Ceiling::Unlimited => true,
            Ceiling::Limited(listed) => listed.iter().any(|one| one.license_id == *license_id),
        }
    }

    /// Of each machine the most that any branch says.
    fn seats(&self, seat_type: &Id, at: Time) -> u64 {
        let counts = |holding: &crate::books::Holding| self.counts(&holding.license_id);
        let held = |key: &PublicKey| {
            let devices = self.books.iter().filter_map(|books| books.devices.get(key));
            devices.map(|device| device.held(seat_type, at, counts)).max().unwrap_or(0)
        };
        self.keys.iter().map(held).fold(0, u64::saturating_add)
    }

    fn machines(&self, at: Time) -> u64 {
        let live = |key: &&PublicKey| {
            let devices = self.books.iter().filter_map(|books| books.devices.get(*key));
            devices.into_iter().any(|device| device.live(at).any(|holding| self.counts(&holding.license_id)))
        };
        self.keys.iter().filter(live).count() as u64
    }
}
