//! The license that answers an LFR or an activation, and its ledger entry.

use postern_protocol::documents::{
    AcceptFork, Ceiling, DeviceIdentity, Event, FingerprintPolicy, Issued, License, LicenseType, Request, Version,
};
use postern_protocol::time::DAY;
use postern_protocol::within::INSTALL_DAYS;
use postern_protocol::{Id, Kind, Prepared, Time, Verified};

use crate::choice::Choice;
use crate::consumption;
use crate::decision::{Change, Decision, Made};
use crate::desk::Desk;
use crate::examine::Examination;
use crate::ledger::Ledger;
use crate::recovery::next_sequence;

/// Makes the decision. The caller has found no refusal.
pub(crate) fn decide(
    desk: &Desk<'_>,
    ledger: &Ledger,
    request: &Verified<Request>,
    license_id: &Id,
    choice: &Choice,
    examination: &Examination,
) -> Decision {
    let license = license(desk, ledger, request, license_id, choice, examination);
    let prepared = Prepared::new(&license);
    let device = examination.books.devices.get(&request.device.key);
    let issued = Issued {
        request: Some(request.digest()),
        cycle: Some(request.cycle),
        enablement: request.enablement,
        proved: Some(request.installed),
        usage: Some(request.usage),
        consumption: consumption::recorded(device, request.usage.genesis, &request.consumption),
        accepted_fork: choice.accept_fork,
        ..recorded(&license, &prepared, examination.span(choice.start, choice.end).usable_until)
    };
    let change = Change::between(examination, &license);
    Decision::new(desk, Some(ledger), Some(Made::License(Box::new(license), prepared)), Event::Issued(issued))
        .for_reader(request.trust_number)
        .changing(change)
}

/// A license as its ledger entry remembers it, where no request led to it.
pub(crate) fn recorded(license: &License, prepared: &Prepared, usable_until: Ceiling<Time>) -> Issued {
    Issued {
        license: prepared.digest(),
        request: None,
        cycle: None,
        enablement: None,
        proved: None,
        license_id: license.license_id.clone(),
        device: license.device,
        activation: license.activation.clone(),
        sequence: license.sequence,
        allocation: license.allocation.clone(),
        starts_at: license.starts_at,
        ends_at: license.ends_at,
        usable_until,
        install_before: license.install_before,
        usage: None,
        consumption: Vec::new(),
        accepted_fork: false,
    }
}

fn license(
    desk: &Desk<'_>,
    ledger: &Ledger,
    request: &Verified<Request>,
    license_id: &Id,
    choice: &Choice,
    examination: &Examination,
) -> License {
    let (leaf, books) = (desk.chain.leaf(), &examination.books);
    let device = books.devices.get(&request.device.key);
    let counters = leaf.consumption.limit().cloned().unwrap_or_default();
    let parts = request.fingerprint.clone();
    License {
        kind: Kind::License,
        version: Version,
        product: leaf.product.clone(),
        account: desk.bundle.bundle.account.clone(),
        license_id: license_id.clone(),
        license_type: leaf.license_type.limit().copied().unwrap_or(LicenseType::OnPremises),
        grant: leaf.digest(),
        request: Some(request.digest()),
        device: if choice.accept_fork { next_life(request.device) } else { request.device },
        activation: request.activation.clone(),
        sequence: next_sequence(device, request, choice.accept_fork),
        fingerprint: FingerprintPolicy { required: majority(parts.len()), parts },
        allocation: choice.allocation(examination.capacity.seat_types()),
        // "Any feature" cannot be written into a license, which names each one.
        features: leaf.features.limit().cloned().unwrap_or_default(),
        consumption_base: consumption::bases(
            device,
            request.usage.genesis,
            &counters,
            Some((desk.now, &request.consumption)),
        ),
        consumption: counters,
        starts_at: choice.start,
        ends_at: choice.end,
        issued_at: desk.now,
        install_before: install_before(desk, request),
        longest_session: leaf.longest_session,
        cycle: leaf.cycle,
        expiry: leaf.expiry,
        acknowledged: consumption::acknowledged(device, request.usage.genesis, Some(request.usage), choice.accept_fork),
        ledger: ledger.next(),
        tombstones: books.tombstones(),
        accept_fork: choice.accept_fork.then_some(AcceptFork { usage: request.usage }),
        extensions: Vec::new(),
    }
}

/// The life that an accepted machine begins. Its copies stay in the old one, and get no more files.
fn next_life(device: DeviceIdentity) -> DeviceIdentity {
    DeviceIdentity { epoch: device.epoch + 1, ..device }
}

/// The earliest of the end of the request's window, of its cycle's, and of installing under every link.
fn install_before(desk: &Desk<'_>, request: &Request) -> Time {
    let (cycle, policy) = (request.cycle, desk.chain.leaf().cycle);
    let by_request = cycle.generated_at.plus(policy.request_window);
    let by_cycle = cycle.first_generated_at.plus(policy.cycle_window);
    by_request.min(by_cycle).min(last_install(desk))
}

/// The last instant at which anything can be installed under every link.
pub(crate) fn last_install(desk: &Desk<'_>) -> Time {
    desk.chain.issue_window().1.plus(INSTALL_DAYS * DAY)
}

/// More than half of the fingerprint's parts must still match; of none, none.
fn majority(parts: usize) -> u64 {
    if parts == 0 { 0 } else { parts as u64 / 2 + 1 }
}
