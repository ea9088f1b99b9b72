//! Settling what was used: of a machine that gives its license back, and of one that only reports.

use postern_protocol::documents::{Deactivation, Event, Purpose, Receipt, Request, Version};
use postern_protocol::{Kind, Prepared, Verified};

use crate::books::{Books, Device};
use crate::consumption;
use crate::decision::{Decision, Made};
use crate::desk::Desk;
use crate::refusal::Refusal;
use crate::request_rules::Rules;
use crate::rules;
use crate::shown::Shown;

/// Decides a deactivation: its seats are free, its activation is closed for every license that carries it, and what was
/// used is recorded. The file is a receipt. A revoked machine's is settled too: taking back gives nothing.
///
/// # Errors
/// Every reason against it, at once.
pub fn decide_settlement(desk: &Desk<'_>, given_back: &Verified<Deactivation>) -> Result<Decision, Vec<Refusal>> {
    let books = Books::read(desk.bundle, desk.ledger);
    let device = books.devices.get(&given_back.device.key);
    let mut refusals = Vec::new();
    rules::desk(desk, None, &mut refusals);
    rules::recording(desk, &mut refusals);
    let shown = Shown::from(given_back.get());
    shown.addressed(desk, &mut refusals);
    if let Some(receipt) = books.answers.get(&given_back.digest()) {
        refusals.push(Refusal::Settled { receipt: *receipt });
    } else {
        shown.life(device, &mut refusals);
        shown.memory(desk, device, &mut refusals);
        owned(device, given_back, &mut refusals);
        newer_usage(device, given_back.usage, &mut refusals);
    }
    let Some(ledger) = desk.ledger.filter(|_| refusals.is_empty()) else { return Err(refusals) };
    let leaf = desk.chain.leaf();
    let receipt = Receipt {
        kind: Kind::Receipt,
        version: Version,
        product: leaf.product.clone(),
        account: desk.bundle.bundle.account.clone(),
        license_id: given_back.license_id.clone(),
        grant: leaf.digest(),
        device: given_back.device,
        activation: given_back.activation.clone(),
        deactivation: given_back.digest(),
        consumption: consumption::recorded(device, given_back.usage.genesis, &given_back.consumption),
        settled_at: desk.now,
        ledger: ledger.next(),
        extensions: Vec::new(),
    };
    let prepared = Prepared::new(&receipt);
    let event = Event::Settled {
        deactivation: given_back.digest(),
        receipt: prepared.digest(),
        device: given_back.device,
        license_id: given_back.license_id.clone(),
        activation: given_back.activation.clone(),
        usage: given_back.usage,
        consumption: receipt.consumption.clone(),
        variables: given_back.variables.clone(),
    };
    Ok(Decision::new(desk, Some(ledger), Some(Made::Receipt(Box::new(receipt), prepared)), event))
}

/// Decides a request that only reports what was used: one ledger entry, no file.
///
/// # Errors
/// Every reason against it, at once.
pub fn decide_sync(desk: &Desk<'_>, request: &Verified<Request>) -> Result<Decision, Vec<Refusal>> {
    let books = Books::read(desk.bundle, desk.ledger);
    let device = books.devices.get(&request.device.key);
    let mut refusals = Vec::new();
    rules::desk(desk, None, &mut refusals);
    rules::recording(desk, &mut refusals);
    let rules = Rules::new(desk, &books, request);
    rules.addressed(Purpose::Sync, &mut refusals);
    if let Some(at) = books.synced.get(&request.digest()) {
        refusals.push(Refusal::Recorded { at: *at });
    } else {
        rules.device(&mut refusals);
        rules.memory(&mut refusals);
        if device.is_none() {
            refusals.push(Refusal::MachineUnknown { device: request.device.key });
        }
        newer_usage(device, request.usage, &mut refusals);
    }
    let Some(ledger) = desk.ledger.filter(|_| refusals.is_empty()) else { return Err(refusals) };
    let event = Event::Synced {
        request: request.digest(),
        device: request.device,
        installed: request.installed,
        usage: request.usage,
        consumption: consumption::recorded(device, request.usage.genesis, &request.consumption),
    };
    Ok(Decision::new(desk, Some(ledger), None, event))
}

/// The license that is given back was issued to this very machine, in this activation.
fn owned(device: Option<&Device>, given_back: &Deactivation, refusals: &mut Vec<Refusal>) {
    let issued = device.and_then(|device| device.license(given_back.license));
    let same = |activation, license_id| (activation, license_id) == (&given_back.activation, &given_back.license_id);
    if !issued.is_some_and(|license| same(&license.activation, &license.license_id)) {
        refusals.push(Refusal::DeactivationUnknown { license: given_back.license });
    }
}

/// The usage chain has come at least as far as the machine told before, and is the same one.
fn newer_usage(device: Option<&Device>, usage: postern_protocol::documents::Checkpoint, refusals: &mut Vec<Refusal>) {
    let Some((before, at)) = device.and_then(Device::told_last) else { return };
    if usage.genesis != before.genesis || (usage.count == before.count && usage.head != before.head) {
        refusals.push(Refusal::MachineRolledBack { detail: "its usage record is not the one it had".into() });
    } else if usage.count < before.count {
        refusals.push(Refusal::UsageOlder { at });
    }
}
