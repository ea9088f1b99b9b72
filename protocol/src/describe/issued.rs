//! What a portal signs, in words: license, enablement token, receipt, time ticket.

use super::Section;
use super::wording::{
    ceiling, checkpoint, consumption, counted, cycle, device, duration, expiry, feature, fingerprint, lock_effect,
    place, seats, time,
};
use crate::documents::{Enablement, License, Receipt, TimeTicket};

pub(super) fn license(license: &License) -> Section {
    let answers = match license.request {
        Some(request) => format!("the request {request}"),
        None => "no request: it refreshes a known machine's license".into(),
    };
    let parts = &license.fingerprint;
    let section = Section::new(format!("License {} for machine {}", license.sequence, license.device.key.short()))
        .row("Product", &license.product)
        .row("Account", &license.account)
        .row("License id", &license.license_id)
        .row("License type", license.license_type)
        .row("Machine", device(&license.device))
        .rows("Seats", "none", license.allocation.iter().map(seats))
        .rows("Feature", "none", license.features.iter().map(feature))
        .rows("Consumption", "none", license.consumption.iter().map(consumption))
        .row("Starts", time(license.starts_at))
        .row("Ends", ceiling(license.ends_at, time))
        .row("After its end", expiry(&license.expiry))
        .row("Longest session", ceiling(license.longest_session, duration))
        .row("Issued", time(license.issued_at))
        .row("Installable until", time(license.install_before))
        .row("Next answers are installed", cycle(&license.cycle))
        .row("On a locked machine", lock_effect(&license.cycle))
        .row("Answers", answers)
        .row("Under entitlement", license.grant)
        .row("Activation", &license.activation)
        .row("Sequence", license.sequence)
        .row("Ledger entry", place(&license.ledger))
        .row("Fingerprint", format!("{} of {} parts must match", parts.required, parts.parts.len()))
        .rows("Fingerprint part", "none", parts.parts.iter().map(fingerprint));
    let section = license.consumption_base.iter().fold(section, |section, base| {
        let since = time(base.since);
        section.row("Consumption counts from", format!("{}: {} since {since}", base.counter, base.total))
    });
    let section = license
        .acknowledged
        .iter()
        .fold(section, |section, usage| section.row("Usage records the portal knows", checkpoint(usage)));
    let section = license.tombstones.iter().fold(section, |section, stone| {
        let at = time(stone.at);
        section.row("Released as dead", format!("machine {}, activation {}, {at}", stone.device, stone.activation))
    });
    section.row_if("Accepts a restored machine at", license.accept_fork.map(|fork| checkpoint(&fork.usage)))
}

pub(super) fn enablement(token: &Enablement) -> Section {
    Section::new(format!("Enablement token for license id '{}'", token.license_id))
        .row("Product", &token.product)
        .row("Account", &token.account)
        .row("License id", &token.license_id)
        .row("Token id", &token.id)
        .row("Made", time(token.issued_at))
        .row("Installable until", time(token.expires_at()))
        .row("Under entitlement", token.grant)
        .row("Ledger entry", place(&token.ledger))
}

pub(super) fn receipt(receipt: &Receipt) -> Section {
    Section::new(format!("Receipt for machine {}", receipt.device.key.short()))
        .row("Product", &receipt.product)
        .row("Account", &receipt.account)
        .row("License id", &receipt.license_id)
        .row("Machine", device(&receipt.device))
        .row("Activation that ended", &receipt.activation)
        .row("Deactivation", receipt.deactivation)
        .rows("Consumption", "none", receipt.consumption.iter().map(counted))
        .row("Settled", time(receipt.settled_at))
        .row("Under entitlement", receipt.grant)
        .row("Ledger entry", place(&receipt.ledger))
}

pub(super) fn time_ticket(ticket: &TimeTicket) -> Section {
    Section::new(format!("Time ticket for machine {}", ticket.device.key.short()))
        .row("Product", &ticket.product)
        .row("Machine", device(&ticket.device))
        .row("Time", time(ticket.time))
        .row("Answers the random number", &ticket.nonce)
        .row("Under entitlement", ticket.grant)
        .row("Ledger entry", place(&ticket.ledger))
}
