//! Forks: two entries at one position of one ledger; and what was answered twice.

use std::collections::{BTreeMap, HashMap, HashSet};

use postern_protocol::documents::{Event, LedgerEntry, LedgerId};
use postern_protocol::{Digest, PublicKey, Verified};

use super::finding::{EntryFacts, Finding, Side, quantities};
use super::{Received, entries};
use crate::desk::self_service;

/// Every position at which branches of one ledger part.
///
/// An end user's own ledger begins in each browser, so its branches prove nothing.
pub(super) fn forks(received: &Received<'_>) -> Vec<Finding> {
    let mut ledgers: BTreeMap<LedgerId, Vec<&[Verified<LedgerEntry>]>> = BTreeMap::new();
    for branch in received.branches {
        if let Some(first) = branch.first() {
            ledgers.entry(first.place.ledger).or_default().push(branch);
        }
    }
    let own = |ledger: &LedgerId| received.tree.current(ledger.key).any(|grant| self_service(grant));
    ledgers.retain(|ledger, branches| branches.len() > 1 && !own(ledger));
    ledgers.into_iter().flat_map(|(ledger, branches)| of_ledger(ledger, &branches)).collect()
}

fn of_ledger(ledger: LedgerId, branches: &[&[Verified<LedgerEntry>]]) -> Vec<Finding> {
    // The entries that follow each place: more than one is a fork there.
    let mut after: BTreeMap<(u64, Digest), Vec<&[Verified<LedgerEntry>]>> = BTreeMap::new();
    for branch in branches {
        for (index, entry) in branch.iter().enumerate() {
            let sides = after.entry((entry.place.position, entry.place.previous)).or_default();
            let tail = branch.get(index..).unwrap_or_default();
            match sides.iter_mut().find(|side| side.first().map(Verified::digest) == Some(entry.digest())) {
                // Of branches that part later the longest stands for the side.
                Some(side) if side.len() < tail.len() => *side = tail,
                Some(_) => {}
                None => sides.push(tail),
            }
        }
    }
    let forked = after.into_iter().filter(|(_, sides)| sides.len() > 1);
    forked
        .map(|((position, _), mut sides)| {
            sides.sort_by_key(|side| side.first().map(|entry| (entry.at, entry.digest())));
            Finding::Forked { ledger, position, sides: sides.into_iter().filter_map(side).collect() }
        })
        .collect()
}

fn side(entries: &[Verified<LedgerEntry>]) -> Option<Side> {
    let (first, last) = (entries.first()?, entries.last()?);
    let mut issued: BTreeMap<PublicKey, _> = BTreeMap::new();
    for entry in entries {
        if let Event::Issued(license) = &entry.event {
            issued.insert(license.device.key, quantities(&license.allocation, license.starts_at));
        }
    }
    Some(Side {
        entry: EntryFacts::of(first),
        last: last.digest(),
        entries: entries.len() as u64,
        issued: issued.into_iter().collect(),
    })
}

/// Requests with two answers, and tokens that two machines showed.
pub(super) fn issued_twice(received: &Received<'_>) -> Vec<Finding> {
    let mut answers: HashMap<Digest, &Verified<LedgerEntry>> = HashMap::new();
    let mut tokens: HashMap<Digest, (PublicKey, &Verified<LedgerEntry>)> = HashMap::new();
    let mut told: HashSet<Digest> = HashSet::new();
    let mut findings = Vec::new();
    for entry in entries(received) {
        let Event::Issued(issued) = &entry.event else { continue };
        let mut twice = |answered: Digest, token: bool, before: &Verified<LedgerEntry>| {
            if told.insert(answered) {
                let entries = [EntryFacts::of(before), EntryFacts::of(entry)];
                findings.push(Finding::IssuedTwice { answered, token, entries });
            }
        };
        if let Some(request) = issued.request {
            match answers.get(&request) {
                Some(before) => twice(request, false, before),
                None => drop(answers.insert(request, entry)),
            }
        }
        if let Some(token) = issued.enablement {
            match tokens.get(&token) {
                Some((device, before)) if *device != issued.device.key => twice(token, true, before),
                Some(_) => {}
                None => drop(tokens.insert(token, (issued.device.key, entry))),
            }
        }
    }
    findings
}
