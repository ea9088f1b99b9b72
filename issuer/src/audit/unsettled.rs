//! What machines used and no ledger records yet.

use std::collections::{BTreeMap, HashMap, HashSet};

use postern_protocol::documents::{Counted, Event};
use postern_protocol::{Digest, Id, PublicKey};

use super::finding::{Finding, UnsettledCounter};
use super::{Received, entries};

/// Deactivations that no portal settled, and of each machine the newest totals beyond what its ledgers have.
pub(super) fn unsettled(received: &Received<'_>) -> Vec<Finding> {
    let recorded = Recorded::of(received);
    let mut findings: Vec<Finding> = Vec::new();
    let mut given_back: HashSet<PublicKey> = HashSet::new();
    for one in received.deactivations.iter().filter(|one| !recorded.settled.contains(&one.digest())) {
        given_back.insert(one.device.key);
        findings.push(Finding::Unsettled {
            device: one.device.key,
            document: one.digest(),
            deactivation: true,
            counters: recorded.behind(one.device.key, one.usage.genesis, &one.consumption),
        });
    }
    // What a deactivation says finally need not be said again for the requests before it.
    let mut newest: BTreeMap<(PublicKey, Digest), &postern_protocol::Verified<postern_protocol::documents::Request>> =
        BTreeMap::new();
    for request in received.requests.iter().filter(|request| !given_back.contains(&request.device.key)) {
        let kept = newest.entry((request.device.key, request.usage.genesis)).or_insert(request);
        if kept.usage.count < request.usage.count {
            *kept = request;
        }
    }
    for ((device, genesis), request) in newest {
        let counters = recorded.behind(device, genesis, &request.consumption);
        if !counters.is_empty() {
            findings.push(Finding::Unsettled { device, document: request.digest(), deactivation: false, counters });
        }
    }
    findings
}

/// What the ledgers have of machines' counters.
#[derive(Default)]
struct Recorded {
    totals: HashMap<(PublicKey, Digest, Id), u64>,
    settled: HashSet<Digest>,
}

impl Recorded {
    fn of(received: &Received<'_>) -> Self {
        let mut recorded = Self::default();
        for entry in entries(received) {
            match &entry.event {
                Event::Issued(issued) => {
                    if let Some(usage) = issued.usage {
                        recorded.add(issued.device.key, usage.genesis, &issued.consumption);
                    }
                }
                Event::Synced { device, usage, consumption, .. } => {
                    recorded.add(device.key, usage.genesis, consumption);
                }
                Event::Settled { deactivation, device, usage, consumption, .. } => {
                    recorded.settled.insert(*deactivation);
                    recorded.add(device.key, usage.genesis, consumption);
                }
                _ => {}
            }
        }
        for settled in received.base.iter().flat_map(|(base, _)| &base.settled) {
            recorded.add(settled.device.key, settled.genesis, &settled.consumption);
        }
        recorded
    }

    fn add(&mut self, device: PublicKey, genesis: Digest, consumption: &[Counted]) {
        for one in consumption {
            let total = self.totals.entry((device, genesis, one.counter.clone())).or_default();
            *total = one.total.max(*total);
        }
    }

    fn behind(&self, device: PublicKey, genesis: Digest, told: &[Counted]) -> Vec<UnsettledCounter> {
        let counter = |one: &Counted| {
            let recorded = self.totals.get(&(device, genesis, one.counter.clone())).copied().unwrap_or(0);
            let behind = UnsettledCounter { counter: one.counter.clone(), told: one.total, recorded };
            (one.total > recorded).then_some(behind)
        };
        told.iter().filter_map(counter).collect()
    }
}
