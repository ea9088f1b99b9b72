//! What machines told of themselves, against each other: machines that went back, and machines that are two.

use std::collections::{BTreeMap, HashSet};

use postern_protocol::documents::{Checkpoint, Cycle, DeviceIdentity, Event, Purpose};
use postern_protocol::{Digest, Time};

use super::finding::{Contradiction, Finding, Reading};
use super::{Received, entries};

/// One thing that a machine told.
#[derive(Clone, Copy, Debug)]
struct Told {
    device: DeviceIdentity,
    usage: Checkpoint,
    /// The request or deactivation itself.
    source: Digest,
    witness: Digest,
    at: Option<Time>,
    /// Where a request for a license stood in its cycle.
    cycle: Option<Cycle>,
}

/// Of each machine and life at most one contradiction of each kind, and one step back.
pub(super) fn contradictions(received: &Received<'_>) -> Vec<Finding> {
    let mut lives: BTreeMap<DeviceIdentity, Vec<Told>> = BTreeMap::new();
    for told in told(received) {
        lives.entry(told.device).or_default().push(told);
    }
    lives.values_mut().flat_map(|told| of_life(told)).collect()
}

fn of_life(told: &mut [Told]) -> Vec<Finding> {
    let mut findings = Vec::new();
    told.sort_by_key(|one| (one.usage.genesis, one.usage.count, one.source));
    let pairs = || told.array_windows::<2>();
    let cloned = |pair: Option<&[Told; 2]>, by| {
        pair.map(|[one, other]| Finding::MachineCloned {
            device: one.device.key,
            by,
            one: reading(one),
            other: reading(other),
        })
    };
    let chains = pairs().find(|[one, other]| one.usage.genesis != other.usage.genesis);
    findings.extend(cloned(chains, Contradiction::Chain));
    let alike =
        |one: &Told, other: &Told| (one.usage.genesis, one.usage.count) == (other.usage.genesis, other.usage.count);
    let records = pairs().find(|[one, other]| alike(one, other) && one.usage.head != other.usage.head);
    findings.extend(cloned(records, Contradiction::Records));

    let number = |one: &Told| one.cycle.map(|cycle| (cycle.cycle, cycle.number));
    told.sort_by_key(|one| (number(one), one.source));
    let numbers = told
        .array_windows::<2>()
        .find(|[one, other]| number(one).is_some() && number(one) == number(other) && one.source != other.source);
    findings.extend(cloned(numbers, Contradiction::Number));

    // Which came first only one clock can tell: the machine's own.
    told.sort_by_key(|one| (one.usage.genesis, one.at, one.usage.count));
    let timed: Vec<Told> = told.iter().filter(|one| one.at.is_some()).copied().collect();
    let back = timed.array_windows::<2>().find(|[one, other]| {
        one.usage.genesis == other.usage.genesis && one.at < other.at && one.usage.count > other.usage.count
    });
    findings.extend(back.map(|[before, after]| Finding::MachineRolledBack {
        device: before.device.key,
        before: reading(before),
        after: reading(after),
    }));
    findings
}

fn reading(told: &Told) -> Reading {
    Reading { witness: told.witness, at: told.at, records: told.usage.count, cycle: told.cycle }
}

/// Everything that machines told, each once: by the document itself where it is there, else by the ledger.
fn told(received: &Received<'_>) -> Vec<Told> {
    let entries = entries(received);
    // A machine that went back and was accepted as it is has been dealt with.
    let accepted: HashSet<Digest> = entries
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::Issued(issued) if issued.accepted_fork => issued.request,
            _ => None,
        })
        .collect();
    let requests = received.requests.iter().map(|request| Told {
        device: request.device,
        usage: request.usage,
        source: request.digest(),
        witness: request.digest(),
        at: Some(request.cycle.generated_at),
        cycle: matches!(request.purpose, Purpose::Lfr | Purpose::Activation).then_some(request.cycle),
    });
    let deactivations = received.deactivations.iter().map(|given_back| Told {
        device: given_back.device,
        usage: given_back.usage,
        source: given_back.digest(),
        witness: given_back.digest(),
        at: Some(given_back.deactivated_at),
        cycle: None,
    });
    let recorded = entries.iter().filter_map(|entry| {
        let (device, usage, source, cycle) = match &entry.event {
            Event::Issued(issued) if !issued.accepted_fork => {
                (issued.device, issued.usage?, issued.request?, issued.cycle)
            }
            Event::Synced { request, device, usage, .. } => (*device, *usage, *request, None),
            Event::Settled { deactivation, device, usage, .. } => (*device, *usage, *deactivation, None),
            _ => return None,
        };
        let at = cycle.map(|cycle| cycle.generated_at);
        Some(Told { device, usage, source, witness: entry.digest(), at, cycle })
    });
    let mut seen = HashSet::new();
    let all = requests.chain(deactivations).chain(recorded);
    all.filter(|one| !accepted.contains(&one.source) && seen.insert(one.source)).collect()
}
