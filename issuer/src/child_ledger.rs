//! Looking at a child license server's ledger: what its machines and its own children hold, at every instant.

use std::collections::BTreeSet;

use postern_protocol::bundle_file::{VerifiedLedger, next_place, verify_ledger};
use postern_protocol::documents::{Allowance, Ceiling, ChildSeen, Event, Step};
use postern_protocol::{DocumentError, Id, Limits, Prepared, Time};

use crate::books::{Books, Device, Holding};
use crate::child_refusal::ChildRefusal;
use crate::decision::Decision;
use crate::desk::Desk;
use crate::refusal::Refusal;
use crate::rules;
use crate::seats::Taken;

/// Decides what a child's exported ledger shows: from now on that counts against the parent instead of what the child
/// had been given before its newest grant.
///
/// # Errors
/// Every reason against it, at once: it is no child's, or was exported before the child loaded its newest bundle.
pub fn decide_child_ledger(desk: &Desk<'_>, file: &[u8]) -> Result<Decision, Vec<Refusal>> {
    let mut refusals = Vec::new();
    rules::desk(desk, None, &mut refusals);
    rules::recording(desk, &mut refusals);
    let verified = verify_ledger(file, desk.bundle.tree.trust(), &Limits::DEFAULT)
        .map_err(|error| vec![Refusal::Child(ChildRefusal::LedgerBroken(error))])?;
    let books = Books::read(desk.bundle, desk.ledger);
    let seen = seen(desk, &books, &verified).map_err(|refusal| refusals.push(Refusal::Child(refusal))).ok();
    match (seen, desk.ledger) {
        (Some(seen), Some(ledger)) if refusals.is_empty() => {
            Ok(Decision::new(desk, Some(ledger), None, Event::ChildSeen(seen)))
        }
        _ => Err(refusals),
    }
}

fn seen(desk: &Desk<'_>, books: &Books, file: &VerifiedLedger) -> Result<ChildSeen, ChildRefusal> {
    let (Some(first), Some(last)) = (file.entries.first(), file.entries.last()) else {
        return Err(ChildRefusal::LedgerBroken(DocumentError::NoDocument.into()));
    };
    let key = first.place.ledger.key;
    let owner = books.children.iter().find(|(_, child)| child.current.child.subject == key);
    let Some((id, child)) = owner else { return Err(ChildRefusal::LedgerForeign { key }) };
    let newest = Prepared::new(child.current.child.as_ref()).digest();
    // The export carries the grant that its portal works under: an older one means that the cut has not arrived.
    if file.tree.grant(newest).is_none() {
        return Err(ChildRefusal::LedgerOlder { child: id.clone(), serial: child.current.child.serial });
    }
    let next = next_place(last);
    if let Some((before, _)) = &child.seen {
        let (a, b) = (before.next, next);
        let known =
            file.entries.iter().map(|entry| entry.place).chain([next]).find(|place| place.position == a.position);
        let newer_life = a.ledger.epoch < b.ledger.epoch;
        if !newer_life && (a.ledger.epoch > b.ledger.epoch || known.is_none()) {
            return Err(ChildRefusal::LedgerBehind { child: id.clone(), position: b.position, known: a.position });
        }
        if !newer_life && known != Some(a) {
            return Err(ChildRefusal::LedgerForked {
                child: id.clone(),
                position: a.position.saturating_sub(1).max(1),
            });
        }
    }
    // A child begins with an empty ledger: one from the middle hides what happened before.
    if first.place.position != 1 {
        return Err(ChildRefusal::LedgerBeginning { child: id.clone() });
    }
    let theirs = Books::added_up(&file.tree, key, &file.entries);
    let live = |one: &&Device| one.live(desk.now).next().is_some();
    let own = theirs.children.values().map(|child| child.taken());
    let groups: Vec<Vec<Taken>> = theirs.devices.values().map(taken).chain(own).collect();
    let devices = theirs.devices.values().filter(live).count() as u64;
    let below = theirs.children.values().map(|child| child.devices(desk.now)).fold(0, u64::saturating_add);
    Ok(ChildSeen {
        child: id.clone(),
        serial: child.current.child.serial,
        next,
        held: together(&groups, desk.now),
        devices: devices.saturating_add(below),
    })
}

fn taken(device: &Device) -> Vec<Taken> {
    device.holdings.iter().map(Holding::taken).collect()
}

/// The sum over groups of the largest in each, from now on, as steps.
fn together(groups: &[Vec<Taken>], now: Time) -> Vec<Allowance> {
    let all = || groups.iter().flatten();
    let types: BTreeSet<&Id> = all().flat_map(|one| &one.allocation).map(|one| &one.seat_type).collect();
    let allowance = |seat_type: &Id| {
        let steps = all().flat_map(|one| one.allocation.iter().filter(|one| one.seat_type == *seat_type));
        let from = steps.flat_map(|one| &one.steps).map(|step| step.from);
        let ends = all().filter_map(|one| match one.usable_until {
            Ceiling::Limited(until) => Some(until.plus(1)),
            Ceiling::Unlimited => None,
        });
        let instants: BTreeSet<Time> = from.chain(ends).filter(|at| *at > now).chain([now]).collect();
        let sum = |at: Time| {
            let most = |group: &Vec<Taken>| group.iter().map(|one| one.at(seat_type, at)).max().unwrap_or(0);
            groups.iter().map(most).fold(0, u64::saturating_add)
        };
        let mut steps: Vec<Step> = Vec::new();
        for at in instants {
            let quantity = sum(at);
            if steps.last().map_or(quantity > 0, |last| last.quantity != quantity) {
                steps.push(Step { from: at, quantity });
            }
        }
        (!steps.is_empty()).then(|| Allowance { seat_type: seat_type.clone(), steps })
    };
    types.into_iter().filter_map(allowance).collect()
}
