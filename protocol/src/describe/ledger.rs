//! A ledger entry, and the handover of a whole ledger, in words.

use super::Section;
use super::wording::{ceiling, checkpoint, counted, device, duration, installed, place, seats, time, variable};
use crate::documents::{ChildSeen, Delegated, Event, Handover, InstalledEffect, Issued, LedgerEntry};

pub(super) fn entry(entry: &LedgerEntry) -> Section {
    let section = Section::new(format!("Ledger entry {}", entry.place.position));
    let section = event(section, &entry.event);
    section
        .row("At", time(entry.at))
        .row("By", format!("{} (as typed, not verified)", entry.by))
        .row("Product", &entry.product)
        .row("Account", &entry.account)
        .row("Under entitlement", entry.grant)
        .row("Place", place(&entry.place))
}

pub(super) fn handover(handover: &Handover) -> Section {
    Section::new(format!("Handover of account '{}'", handover.account))
        .row("Product", &handover.product)
        .row("Account", &handover.account)
        .row("Portal key", "in this file, sealed under the handover's passphrase")
        .row("Made", time(handover.made_at))
        .row("Bundle", handover.bundle)
        .row("Ledger goes on at", place(&handover.ledger))
        .row("Under entitlement", handover.grant)
}

fn event(section: Section, event: &Event) -> Section {
    match event {
        Event::Begun { bundle } => section.row("What happened", "the ledger begins").row("Bundle", bundle),
        Event::TokenMade { token, id, license_id, issued_at } => section
            .row("What happened", "an enablement token was made")
            .row("License id", license_id)
            .row("Token id", id)
            .row("Made", time(*issued_at))
            .row("Token", token),
        Event::Issued(issued) => license(section, issued),
        Event::Settled {
            deactivation,
            receipt,
            device: machine,
            license_id,
            activation,
            usage,
            consumption,
            variables,
        } => section
            .row("What happened", "a machine gave its license back")
            .row("License id", license_id)
            .row("Machine", device(machine))
            .row("Activation that ended", activation)
            .rows("Final consumption", "none", consumption.iter().map(counted))
            .row("Usage records", checkpoint(usage))
            .rows("Device variable", "none", variables.iter().map(variable))
            .row("Deactivation", deactivation)
            .row("Receipt", receipt),
        Event::Synced { request, device: machine, installed: there, usage, consumption } => section
            .row("What happened", "a machine reported its usage")
            .row("Machine", device(machine))
            .row("Installed", installed(there))
            .rows("Consumption", "none", consumption.iter().map(counted))
            .row("Usage records", checkpoint(usage))
            .row("Request", request),
        Event::ReleasedDead { device: machine, activation, reason } => section
            .row("What happened", "a dead machine was released")
            .row("Machine", device(machine))
            .row("Activation that was closed", activation)
            .row("Reason", reason),
        Event::ClockRepaired { request, ticket, device: machine, back } => section
            .row("What happened", "a machine's clock was repaired")
            .row("Machine", device(machine))
            .row("Went back by", duration(*back))
            .row("Time ticket", ticket)
            .row("Request", request),
        Event::HandedOver { to } => section
            .row("What happened", "the ledger was handed over")
            .row("To", format!("{to} (as typed, not verified)")),
        Event::TakenOver { grant } => {
            section.row("What happened", "another key goes on with the ledger").row("New entitlement", grant)
        }
        Event::Delegated(delegated) => {
            child(section.row("What happened", "a child license server was made or changed"), delegated)
        }
        Event::ChildSeen(shown) => {
            seen(section.row("What happened", "a child license server showed its ledger"), shown)
        }
    }
}

/// How a child stands, and all of its grant.
pub(super) fn child(section: Section, delegated: &Delegated) -> Section {
    let void = match delegated.min_serial {
        0 => "none".into(),
        serial => format!("those before serial {serial}"),
    };
    let effect = match delegated.effect {
        InstalledEffect::Keep => "go on until their end",
        InstalledEffect::Stop => "stop",
    };
    let mut section = section
        .row("Child license server", format!("'{}', serial {}", delegated.child.id, delegated.child.serial))
        .row("Standing", delegated.standing)
        .row("Entitlements that are void", void)
        .row("Installed licenses that this concerns", effect)
        .row("Newest revocations", format!("serial {}", delegated.revocations))
        .row("Its bundle", format!("serial {}, {}", delegated.bundle_serial, delegated.bundle));
    section.rows.extend(super::grant::grant(&delegated.child).rows);
    section
}

/// What a child showed.
pub(super) fn seen(section: Section, seen: &ChildSeen) -> Section {
    section
        .row("Child that showed its ledger", format!("'{}', serial {}", seen.child, seen.serial))
        .rows("Its machines hold", "nothing", seen.held.iter().map(seats))
        .row("Its machines with a live license", seen.devices)
        .row("Its ledger goes on at", place(&seen.next))
}

fn license(section: Section, issued: &Issued) -> Section {
    let what = match issued.request {
        Some(_) => "a license was issued",
        None => "a license was refreshed without a request",
    };
    section
        .row("What happened", what)
        .row("License id", &issued.license_id)
        .row("Machine", device(&issued.device))
        .rows("Seats", "none", issued.allocation.iter().map(seats))
        .row("Starts", time(issued.starts_at))
        .row("Ends", ceiling(issued.ends_at, time))
        .row("Seats are free again", ceiling(issued.usable_until, time))
        .row("Installable until", time(issued.install_before))
        .row("Activation", &issued.activation)
        .row("Sequence", issued.sequence)
        .row("License", issued.license)
        .row_if("Request", issued.request)
        .row_if(
            "Request cycle",
            issued.cycle.map(|cycle| {
                let (begun, made) = (time(cycle.first_generated_at), time(cycle.generated_at));
                format!("request {} of cycle {}, begun {begun}, made {made}", cycle.number, cycle.cycle)
            }),
        )
        .row_if("Enablement token", issued.enablement)
        .row_if("Was installed then", issued.proved.as_ref().map(installed))
        .row_if("Usage records", issued.usage.as_ref().map(checkpoint))
        .rows("Consumption", "none", issued.consumption.iter().map(counted))
        .row_if("Restored machine", issued.accepted_fork.then_some("accepted again"))
}
