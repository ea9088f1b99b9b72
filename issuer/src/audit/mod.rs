//! What the vendor reads out of everything that came back from one account: who holds what, and what contradicts what.
//!
//! Pure, over documents that were verified before. A ledger that forked is several branches; seats are held by whoever
//! holds them in any of them.

mod branches;
mod finding;
mod finding_words;
mod forks;
mod machines;
mod memory;
mod over;
mod timeline;
mod unsettled;

use std::collections::{BTreeMap, HashSet};

use postern_protocol::bundle_file::Tree;
use postern_protocol::documents::{
    Allowance, Ceiling, Counted, Deactivation, DeviceIdentity, LedgerBase, LedgerEntry, Request,
};
use postern_protocol::{Digest, Id, PublicKey, Time, Verified};

pub use branches::{Link, branches};
pub use finding::{Contradiction, EntryFacts, Finding, Reading, Side, UnsettledCounter};

use crate::books::{Books, Holding};
use crate::consumption::{larger, recorded_totals};

/// Everything that was received of one account.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    /// Its grants, as far as they are known.
    pub tree: &'a Tree,
    /// Its ledgers: each branch from its first entry to its last. Branches of one ledger share their beginning.
    pub branches: &'a [Vec<Verified<LedgerEntry>>],
    /// The base of its newest bundle, and when that was made.
    pub base: Option<(&'a LedgerBase, Time)>,
    /// Requests that came beside the ledgers.
    pub requests: &'a [Verified<Request>],
    /// Deactivations that came beside the ledgers.
    pub deactivations: &'a [Verified<Deactivation>],
}

/// What comes of it.
#[derive(Clone, Debug, Default)]
pub struct Audit {
    /// Every machine that was ever heard of, by key.
    pub machines: Vec<AuditedMachine>,
    /// What does not fit together, in an order that does not depend on what was received first.
    pub findings: Vec<Finding>,
}

/// One machine, over all ledgers of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditedMachine {
    /// The machine, in its newest life.
    pub device: DeviceIdentity,
    /// What it holds or could still install, also what has ended since.
    pub licenses: Vec<AuditedLicense>,
    /// What it told of each counter, over all its usage chains; by counter.
    pub consumption: Vec<Counted>,
    /// Seats in use, as its newest request tells; by seat type.
    pub in_use: Vec<(Id, u64)>,
    /// When it last told of its use, by the issuer's clock.
    pub told_at: Option<Time>,
    /// Released as dead.
    pub released: bool,
}

/// A license that a machine holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditedLicense {
    /// Its digest.
    pub license: Digest,
    /// The license id.
    pub license_id: Id,
    /// Its sequence.
    pub sequence: u64,
    /// Its seats.
    pub allocation: Vec<Allowance>,
    /// Its end; none where only a bundle's base knows it.
    pub ends_at: Option<Ceiling<Time>>,
    /// The end, grace and extension.
    pub usable_until: Ceiling<Time>,
    /// Whether a request proved it installed.
    pub proved: bool,
}

/// Reads everything that was received of one account against each other.
pub fn audit(received: &Received<'_>) -> Audit {
    let mut findings = forks::forks(received);
    findings.extend(forks::issued_twice(received));
    let (books, over) = timeline::add_up(received);
    findings.extend(over);
    findings.extend(memory::remembered(received));
    findings.extend(machines::contradictions(received));
    findings.extend(unsettled::unsettled(received));
    Audit { machines: machines_of(received, &books), findings }
}

/// Every machine, from the books of all branches that count.
fn machines_of(received: &Received<'_>, books: &[Books]) -> Vec<AuditedMachine> {
    let mut machines: BTreeMap<PublicKey, AuditedMachine> = BTreeMap::new();
    for (key, device) in books.iter().flat_map(|books| &books.devices) {
        let machine = machines.entry(*key).or_insert_with(|| AuditedMachine {
            device: DeviceIdentity { key: *key, epoch: device.epoch },
            licenses: Vec::new(),
            consumption: Vec::new(),
            in_use: Vec::new(),
            told_at: None,
            released: false,
        });
        machine.device.epoch = machine.device.epoch.max(device.epoch);
        machine.told_at = machine.told_at.max(device.told.iter().map(|told| told.at).max());
        machine.released |= device.tombstone.is_some();
        machine.consumption = larger(&machine.consumption, &recorded_totals(device));
        for holding in &device.holdings {
            match machine.licenses.iter_mut().find(|held| held.license == holding.license) {
                Some(held) => held.proved |= holding.proved,
                None => machine.licenses.push(held(holding)),
            }
        }
    }
    let mut newest: BTreeMap<PublicKey, &Request> = BTreeMap::new();
    let order = |request: &Request| (request.device.epoch, request.cycle.generated_at, request.usage.count);
    for request in received.requests {
        let kept = newest.entry(request.device.key).or_insert(request);
        if order(kept) < order(request) {
            *kept = request;
        }
    }
    for (key, request) in newest {
        if let Some(machine) = machines.get_mut(&key) {
            machine.in_use = request.seats.iter().map(|seats| (seats.seat_type.clone(), seats.in_use)).collect();
        }
    }
    machines.into_values().collect()
}

fn held(holding: &Holding) -> AuditedLicense {
    AuditedLicense {
        license: holding.license,
        license_id: holding.license_id.clone(),
        sequence: holding.sequence,
        allocation: holding.allocation.clone(),
        ends_at: holding.ends_at,
        usable_until: holding.usable_until,
        proved: holding.proved,
    }
}

/// Every entry of all branches, each once.
fn entries<'a>(received: &Received<'a>) -> Vec<&'a Verified<LedgerEntry>> {
    let mut seen = HashSet::new();
    received.branches.iter().flatten().filter(|entry| seen.insert(entry.digest())).collect()
}
