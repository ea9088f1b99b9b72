//! What a machine signs, in words, every field of it: this is all that leaves an air-gapped network.

use super::Section;
use super::vendor::grantor;
use super::wording::{checkpoint, counted, device, fingerprint, installed, place, time, variable};
use crate::documents::{Deactivation, Purpose, Request, SeatUse, Understands};

pub(super) fn request(request: &Request) -> Section {
    let purpose = match request.purpose {
        Purpose::Lfr => "an Offline License File",
        Purpose::Activation => "an activation by key or user",
        Purpose::Sync => "nothing: it only reports usage",
        Purpose::Clock => "the right time",
    };
    let cycle = &request.cycle;
    let section = Section::new(format!("Request of machine {}", request.device.key.short()))
        .row("Asks for", purpose)
        .row("Product", &request.product)
        .row("Account", request.account.as_ref().map_or("not known to the machine", |account| account.as_str()))
        .row(
            "License id",
            request.license_id.as_ref().map_or("told by the credential", |license_id| license_id.as_str()),
        )
        .row("Machine", device(&request.device))
        .row("Made", format!("{} by the machine's clock", time(cycle.generated_at)))
        .row(
            "Request cycle",
            format!("request {} of cycle {}, begun {}", cycle.number, cycle.cycle, time(cycle.first_generated_at)),
        )
        .row("Installed", installed(&request.installed))
        .rows("Seats in use", "none", request.seats.iter().map(seat_use))
        .rows("Consumption", "none", request.consumption.iter().map(counted))
        .row("Usage records", checkpoint(&request.usage))
        .row_if("Enablement token", request.enablement)
        .row("Activation", &request.activation)
        .rows("Fingerprint part", "none", request.fingerprint.iter().map(fingerprint))
        .rows("Ledger known", "none", request.ledgers.iter().map(place))
        .row("Vendor root known", format!("version {}", request.trust_number))
        .rows(
            "Revocations known",
            "none",
            request.revocations.iter().map(|one| format!("of {}, serial {}", grantor(&one.issuer), one.serial)),
        )
        .rows("Variable", "none", request.variables.iter().map(variable));
    let section = request.extensions_used.iter().fold(section, |section, used| {
        let by = grantor(&used.grantor);
        section.row("Emergency extension used", format!("{} under '{}' of {by}", time(used.at), used.grant))
    });
    let section = match &request.clock {
        None => section,
        Some(clock) => section
            .row("The machine's clock says", time(clock.now))
            .row("The machine is sure it is later than", time(clock.floor)),
    };
    section
        .row_if("Asks to be accepted again with license", request.recovers)
        .row_if("Signed by the credential", request.credential)
        .row("Its verifier reads", understands(&request.understands))
        .row("Random number", &request.nonce)
}

pub(super) fn deactivation(deactivation: &Deactivation) -> Section {
    Section::new(format!("Deactivation by machine {}", deactivation.device.key.short()))
        .row("Product", &deactivation.product)
        .row("Account", &deactivation.account)
        .row("License id", &deactivation.license_id)
        .row("Machine", device(&deactivation.device))
        .row("Activation that ends", &deactivation.activation)
        .row("License given back", deactivation.license)
        .row("Highest sequence", deactivation.sequence)
        .row("Made", format!("{} by the machine's clock", time(deactivation.deactivated_at)))
        .rows("Final consumption", "none", deactivation.consumption.iter().map(counted))
        .row("Usage records", checkpoint(&deactivation.usage))
        .rows("Variable", "none", deactivation.variables.iter().map(variable))
        .rows("Ledger known", "none", deactivation.ledgers.iter().map(place))
}

fn seat_use(seat: &SeatUse) -> String {
    if seat.holders.is_empty() {
        return format!("{}: {}", seat.seat_type, seat.in_use);
    }
    format!("{}: {}, held by {}", seat.seat_type, seat.in_use, seat.holders.join(", "))
}

fn understands(understands: &Understands) -> String {
    let versions: Vec<String> = understands.versions.iter().map(ToString::to_string).collect();
    let mut words = format!("document version {}", versions.join(", "));
    for extension in &understands.extensions {
        words.push_str(&format!(", extension {extension}"));
    }
    words
}
