//! What machines remember of ledgers, against the ledgers: how a restored or a hidden one is found out.

use std::collections::{BTreeMap, HashMap, HashSet};

use postern_protocol::documents::{Event, LedgerEntry, LedgerId, LedgerReference};
use postern_protocol::{Digest, PublicKey, Verified};

use super::finding::{EntryFacts, Finding};
use super::{Received, entries};
use crate::desk::self_service;

/// Everything that machines remember and no imported ledger holds. Of each machine the newest that is missing.
pub(super) fn remembered(received: &Received<'_>) -> Vec<Finding> {
    let known = Known::of(received);
    // Nothing was imported yet: that says nothing about machines.
    if known.first.is_empty() && received.base.is_none() {
        return Vec::new();
    }
    let mut behind: BTreeMap<(PublicKey, LedgerId), Finding> = BTreeMap::new();
    let mut findings = Vec::new();
    for sent in sent(received) {
        let mut explained = false;
        for reference in sent.ledgers {
            match known.judge(received, reference) {
                Judged::Holds => {}
                Judged::Behind { last } => {
                    explained = true;
                    let finding = Finding::LedgerBehind {
                        device: sent.device,
                        document: sent.document,
                        remembered: *reference,
                        last,
                    };
                    let kept = behind.entry((sent.device, reference.ledger)).or_insert_with(|| finding.clone());
                    if position(kept) < reference.position {
                        *kept = finding;
                    }
                }
                Judged::Other(entry) => {
                    explained = true;
                    findings.push(Finding::LedgerContradicted {
                        device: sent.device,
                        document: sent.document,
                        remembered: *reference,
                        entry: EntryFacts::of(entry),
                    });
                }
            }
        }
        // Licenses that the vendor settled into a base long ago need not be known any more.
        let license = sent.license.filter(|license| !explained && !known.licenses.contains(license));
        if let Some(license) = license.filter(|_| known.complete) {
            findings.push(Finding::LicenseUnrecorded { device: sent.device, document: sent.document, license });
        }
    }
    findings.extend(behind.into_values());
    findings
}

fn position(finding: &Finding) -> u64 {
    match finding {
        Finding::LedgerBehind { remembered, .. } => remembered.position,
        _ => 0,
    }
}

/// What a machine sent, as far as it remembers.
struct Sent<'a> {
    device: PublicKey,
    document: Digest,
    ledgers: &'a [LedgerReference],
    license: Option<Digest>,
}

fn sent<'a>(received: &'a Received<'_>) -> impl Iterator<Item = Sent<'a>> {
    let requests = received.requests.iter().map(|request| Sent {
        device: request.device.key,
        document: request.digest(),
        ledgers: &request.ledgers,
        license: request.installed.license,
    });
    let deactivations = received.deactivations.iter().map(|given_back| Sent {
        device: given_back.device.key,
        document: given_back.digest(),
        ledgers: &given_back.ledgers,
        license: Some(given_back.license),
    });
    requests.chain(deactivations)
}

/// What the imported ledgers hold.
struct Known<'a> {
    /// The first and the last position of each ledger.
    first: BTreeMap<LedgerId, (u64, u64)>,
    at: HashMap<(LedgerId, u64), Vec<&'a Verified<LedgerEntry>>>,
    licenses: HashSet<Digest>,
    /// Whether every license that was ever issued is known: the ledgers are there from their beginning.
    complete: bool,
}

/// What becomes of something that a machine remembers.
enum Judged<'a> {
    Holds,
    Behind { last: u64 },
    Other(&'a Verified<LedgerEntry>),
}

impl<'a> Known<'a> {
    fn of(received: &Received<'a>) -> Self {
        let mut known = Self { first: BTreeMap::new(), at: HashMap::new(), licenses: HashSet::new(), complete: true };
        for entry in entries(received) {
            let LedgerReference { ledger, position, .. } = entry.place;
            let ends = known.first.entry(ledger).or_insert((position, position));
            *ends = (ends.0.min(position), ends.1.max(position));
            known.at.entry((ledger, position)).or_default().push(entry);
            if let Event::Issued(issued) = &entry.event {
                known.licenses.insert(issued.license);
            }
        }
        if let Some((base, _)) = received.base {
            known.licenses.extend(base.held.iter().map(|held| held.license));
            let before = base.next.position.saturating_sub(1);
            known.first.entry(base.next.ledger).or_insert((base.next.position, before));
        }
        // An end user's ledgers are many, and the vendor sees few of them.
        let own = received.tree.grants().any(|grant| self_service(grant));
        let from_the_start = known.first.values().all(|(first, _)| *first == 1);
        let rekeyed = received.base.is_some_and(|(base, _)| base.next.position == 1);
        known.complete = !own && from_the_start && !rekeyed;
        known
    }

    /// A reference names the entry that a machine got something with.
    fn judge(&self, received: &Received<'_>, reference: &LedgerReference) -> Judged<'a> {
        let LedgerReference { ledger, position, previous } = *reference;
        if received.tree.current(ledger.key).any(|grant| self_service(grant)) {
            return Judged::Holds;
        }
        let Some((first, last)) = self.first.get(&ledger).copied() else {
            // A ledger that was replaced need not be there; a newer epoch, or another key that is granted something, must.
            let newest = self.first.keys().filter(|known| known.key == ledger.key).map(|known| known.epoch).max();
            let granted = received.tree.current(ledger.key).next().is_some();
            let missing = newest.map_or(granted && received.base.is_none(), |newest| ledger.epoch > newest);
            return if missing { Judged::Behind { last: 0 } } else { Judged::Holds };
        };
        if position < first {
            return Judged::Holds;
        }
        if position > last {
            return Judged::Behind { last };
        }
        match self.at.get(&(ledger, position)).map(Vec::as_slice) {
            None | Some([]) => Judged::Holds,
            Some(there) if there.iter().any(|entry| entry.place.previous == previous) => Judged::Holds,
            Some([other, ..]) => Judged::Other(other),
        }
    }
}
