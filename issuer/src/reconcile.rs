//! What a new ledger has to know of the ledger before it: from that ledger, or, where it is lost, from the machines.

use std::collections::BTreeMap;

use postern_protocol::bundle_file::VerifiedBundle;
use postern_protocol::documents::{
    Allowance, Ceiling, ChildSeen, Delegated, DeviceHolding, DeviceIdentity, LedgerBase, LedgerId, LedgerReference,
    License, Request, SettledTotal, SpentRight, Step, Tombstone,
};
use postern_protocol::{Digest, PublicKey, Time, Verified};

use crate::books::{Books, Device, Holding};
use crate::consumption::{larger, recorded};
use crate::ledger::{Ledger, genesis};

/// A base for the ledger that goes on: the same one where the key stays, or else the new key's, from its beginning.
///
/// Machines that were released as dead stay so, and what was spent of rights that have a count stays spent.
pub fn base_of_ledger(bundle: &VerifiedBundle, ledger: &Ledger, subject: PublicKey, now: Time) -> LedgerBase {
    let books = Books::read(bundle, Some(ledger));
    let next = if ledger.id().key == subject { ledger.next() } else { beginning(LedgerId { key: subject, epoch: 0 }) };
    LedgerBase {
        next,
        held: books.devices.iter().flat_map(|(key, device)| held(*key, device, now)).collect(),
        settled: books.devices.iter().flat_map(|(key, device)| settled(*key, device)).collect(),
        children: books.children.values().map(|child| child.current.clone()).collect(),
        seen: books.children.values().filter_map(|child| Some(child.seen.as_ref()?.0.clone())).collect(),
        tombstones: books.tombstones(),
        spent: books.spent.iter().copied().collect(),
    }
}

/// A base for the next epoch of a ledger that two portals went on with: what machines hold in any of its branches is held.
pub fn base_of_branches(bundle: &VerifiedBundle, branches: &[Ledger], subject: PublicKey, now: Time) -> LedgerBase {
    let bases: Vec<LedgerBase> = branches.iter().map(|branch| base_of_ledger(bundle, branch, subject, now)).collect();
    let own = branches.iter().map(Ledger::id).filter(|ledger| ledger.key == subject);
    let epoch = own.map(|ledger| ledger.epoch).max().map_or(0, |epoch| epoch.saturating_add(1));
    let (mut held, mut settled) = (Vec::<DeviceHolding>::new(), Vec::<SettledTotal>::new());
    let (mut children, mut seen) = (Vec::<Delegated>::new(), Vec::<ChildSeen>::new());
    let (mut tombstones, mut spent) = (Vec::<Tombstone>::new(), Vec::<SpentRight>::new());
    for base in bases {
        for one in base.children {
            match children.iter_mut().find(|known| known.child.id == one.child.id) {
                Some(known) if (known.child.serial, known.bundle_serial) < (one.child.serial, one.bundle_serial) => {
                    *known = one
                }
                Some(_) => {}
                None => children.push(one),
            }
        }
        for one in base.seen {
            match seen.iter_mut().find(|known| known.child == one.child) {
                Some(known) if known.next < one.next => *known = one,
                Some(_) => {}
                None => seen.push(one),
            }
        }
        for one in base.held {
            let same = |known: &&mut DeviceHolding| (known.device.key, known.license) == (one.device.key, one.license);
            match held.iter_mut().find(same) {
                // Given back or released in one branch only.
                Some(known) if known.usable_until == over(now) => *known = one,
                Some(_) => {}
                None => held.push(one),
            }
        }
        for one in base.tombstones {
            if !tombstones.iter().any(|known| known.device == one.device) {
                tombstones.push(one);
            }
        }
        // What stands in the common part of two branches was spent once.
        let unsaid: Vec<SpentRight> = base.spent.into_iter().filter(|one| !spent.contains(one)).collect();
        spent.extend(unsaid);
        for one in base.settled {
            match settled.iter_mut().find(|known| (known.device.key, known.genesis) == (one.device.key, one.genesis)) {
                Some(known) => known.consumption = larger(&known.consumption, &one.consumption),
                None => settled.push(one),
            }
        }
    }
    held.sort_by_key(|one| (one.usable_until != over(now), one.sequence));
    spent.sort_by_key(|one| one.at);
    let next = beginning(LedgerId { key: subject, epoch });
    LedgerBase { next, held, settled, children, seen, tombstones, spent }
}

/// A base for the next epoch of a lost ledger, from each machine's newest request. What a machine has installed is told
/// by its license file, where somebody still has it; else the seats in use count, without an end.
pub fn base_of_requests(
    requests: &[Verified<Request>],
    licenses: &[Verified<License>],
    subject: PublicKey,
    now: Time,
) -> LedgerBase {
    let mut newest: BTreeMap<PublicKey, &Verified<Request>> = BTreeMap::new();
    for request in requests {
        let kept = newest.entry(request.device.key).or_insert(request);
        let order = |request: &Request| (request.device.epoch, request.usage.count, request.cycle.generated_at);
        if order(kept) < order(request) {
            *kept = request;
        }
    }
    let known = |ledger: &LedgerId| ledger.key == subject;
    let remembered = requests.iter().flat_map(|request| &request.ledgers).map(|seen| seen.ledger).filter(known);
    let epoch = remembered.map(|ledger| ledger.epoch).max().map_or(1, |epoch| epoch.saturating_add(1));
    // What was given to child license servers, who was released and what was spent is in no machine's request.
    LedgerBase {
        held: newest.values().filter_map(|request| installed(request, licenses, now)).collect(),
        settled: newest
            .values()
            .map(|request| SettledTotal {
                device: request.device,
                genesis: request.usage.genesis,
                consumption: request.consumption.clone(),
            })
            .collect(),
        ..LedgerBase::empty(beginning(LedgerId { key: subject, epoch }))
    }
}

fn beginning(ledger: LedgerId) -> LedgerReference {
    LedgerReference { ledger, position: 1, previous: genesis() }
}

/// What a device holds. One that gave everything back is known by its last license, which holds nothing: its sequence
/// goes on.
fn held(key: PublicKey, device: &Device, now: Time) -> Vec<DeviceHolding> {
    let sequence = device.sequence.max(device.proved_sequence);
    let identity = DeviceIdentity { key, epoch: device.epoch };
    let as_base = |holding: &Holding| DeviceHolding {
        device: identity,
        license_id: holding.license_id.clone(),
        license: holding.license,
        activation: holding.activation.clone(),
        sequence: holding.sequence,
        allocation: holding.allocation.clone(),
        usable_until: holding.usable_until,
    };
    let mut held: Vec<DeviceHolding> = device.holdings.iter().map(as_base).collect();
    if !held.iter().any(|one| one.sequence >= sequence) {
        let last = device.licenses.iter().max_by_key(|license| license.sequence);
        held.extend(last.map(|last| DeviceHolding {
            sequence,
            allocation: vec![],
            usable_until: over(now),
            ..as_base(last)
        }));
    }
    // The newest comes last: it is the one that a refresh replaces.
    held.sort_by_key(|one| (one.usable_until != over(now), one.sequence));
    held
}

fn settled(key: PublicKey, device: &Device) -> Vec<SettledTotal> {
    let mut chains: Vec<Digest> = Vec::new();
    for told in &device.told {
        if !chains.contains(&told.genesis) {
            chains.push(told.genesis);
        }
    }
    let identity = DeviceIdentity { key, epoch: device.epoch };
    let total = |genesis| SettledTotal { device: identity, genesis, consumption: recorded(Some(device), genesis, &[]) };
    chains.into_iter().map(total).collect()
}

/// What a machine's request shows as installed.
fn installed(request: &Request, licenses: &[Verified<License>], now: Time) -> Option<DeviceHolding> {
    let license_id = request.license_id.clone()?;
    let file = request.installed.license.and_then(|digest| licenses.iter().find(|license| license.digest() == digest));
    let in_use = || {
        let used = request.seats.iter().filter(|seats| seats.in_use > 0);
        let from = request.cycle.first_generated_at;
        let steps = |quantity| vec![Step { from, quantity }];
        used.map(|seats| Allowance { seat_type: seats.seat_type.clone(), steps: steps(seats.in_use) }).collect()
    };
    let (allocation, usable_until) = match (file, request.installed.license) {
        (Some(license), _) => (license.allocation.clone(), usable_until(license)),
        (None, Some(_)) => (in_use(), Ceiling::Unlimited),
        (None, None) => (Vec::new(), over(now)),
    };
    (request.installed.sequence > 0).then(|| DeviceHolding {
        device: request.device,
        license_id,
        // A machine that has nothing installed any more names no license; its sequence goes on.
        license: request.installed.license.unwrap_or_else(genesis),
        activation: request.activation.clone(),
        sequence: request.installed.sequence,
        allocation,
        usable_until,
    })
}

/// The end of a license, its grace and its extension.
fn usable_until(license: &License) -> Ceiling<Time> {
    match (license.ends_at, license.expiry.grace, license.expiry.extension) {
        (Ceiling::Limited(end), Ceiling::Limited(grace), Ceiling::Limited(extension)) => {
            Ceiling::Limited(end.plus(grace).plus(extension))
        }
        _ => Ceiling::Unlimited,
    }
}

/// What has passed.
fn over(now: Time) -> Ceiling<Time> {
    Ceiling::Limited(now.minus(1))
}
