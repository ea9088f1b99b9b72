//! Findings in words: what happened, and what the vendor can do about it.

use std::fmt;

use postern_protocol::documents::LedgerId;
use postern_protocol::{Explain, Id, PublicKey, describe};

use super::finding::{Contradiction, EntryFacts, Finding, Reading, Side};

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forked { ledger, position, sides } => {
                write!(f, "{} has {} different entries {position}:", name(ledger), sides.len())?;
                sides.iter().try_for_each(|one| write!(f, " {};", side(one)))?;
                f.write_str(" two portals went on with it.")
            }
            Self::IssuedTwice { answered, token, entries: [one, other] } => {
                let what = if *token { "The enablement token" } else { "The request" };
                write!(f, "{what} {} was answered twice: {}, and {}.", answered.short(), entry(one), entry(other))
            }
            Self::OverIssued { grant, entry: by, seat_type: Some(seat_type), given, allowed } => write!(
                f,
                "The entitlement '{grant}' allows {allowed} seats of '{seat_type}', and with {} its machines have {given}.",
                entry(by)
            ),
            Self::OverIssued { grant, entry: by, seat_type: None, given, allowed } => write!(
                f,
                "The entitlement '{grant}' allows {allowed} machines, and with {} there are {given}.",
                entry(by)
            ),
            Self::LedgerBehind { device, remembered, last, .. } => write!(
                f,
                "The machine {} remembers entry {} of {}; what was imported ends at {last}.",
                device.short(),
                remembered.position,
                name(&remembered.ledger)
            ),
            Self::LedgerContradicted { device, remembered, entry: there, .. } => write!(
                f,
                "The machine {} remembers another entry {} than was imported: {}.",
                device.short(),
                remembered.position,
                entry(there)
            ),
            Self::LicenseUnrecorded { device, license, .. } => write!(
                f,
                "The machine {} runs on the license {}, which no imported ledger records.",
                device.short(),
                license.short()
            ),
            Self::MachineRolledBack { device, before, after } => write!(
                f,
                "The machine {} went back to an earlier state: it told of {}, and after that of {}.",
                device.short(),
                reading(before),
                reading(after)
            ),
            Self::MachineCloned { device, by, one, other } => write!(
                f,
                "The machine {} is not one: {}. It told of {}, and of {}.",
                device.short(),
                contradiction(*by),
                reading(one),
                reading(other)
            ),
            Self::Unsettled { device, deactivation, counters, .. } => {
                let begin = if *deactivation { "gave its license back, and no ledger records it" } else { "used" };
                write!(f, "The machine {} {begin}", device.short())?;
                for (index, one) in counters.iter().enumerate() {
                    let before = if index > 0 {
                        ", "
                    } else if *deactivation {
                        ": it used "
                    } else {
                        " "
                    };
                    write!(f, "{before}{} of '{}' where the ledgers have {}", one.told, one.counter, one.recorded)?;
                }
                f.write_str(".")
            }
        }
    }
}

impl Explain for Finding {
    fn code(&self) -> &'static str {
        match self {
            Self::Forked { .. } => "found-fork",
            Self::IssuedTwice { .. } => "found-double-allocation",
            Self::OverIssued { .. } => "found-over-issue",
            Self::LedgerBehind { .. } => "found-ledger-behind",
            Self::LedgerContradicted { .. } => "found-ledger-contradicted",
            Self::LicenseUnrecorded { .. } => "found-license-unrecorded",
            Self::MachineRolledBack { .. } => "found-rolled-back",
            Self::MachineCloned { .. } => "found-clone",
            Self::Unsettled { .. } => "found-unsettled",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::Forked { .. } => {
                "Ask the customer which portals hold the key. Both branches' seats count; 'postern renew --registry' \
                 with --new-epoch begins one new ledger from both. The proof files are what each portal signed."
            }
            Self::IssuedTwice { .. } | Self::OverIssued { .. } => {
                "Talk to the customer, with the proof files. The next bundle counts what every machine holds; suspend or \
                 revoke the entitlement where it was meant."
            }
            Self::LedgerBehind { .. } => {
                "Ask for the portal's newest ledger and import it. If that is the newest, the portal lost entries: it was \
                 restored, or another portal works with its key."
            }
            Self::LedgerContradicted { .. } | Self::LicenseUnrecorded { .. } => {
                "Another portal works with this key: ask the customer for its ledger, and import it."
            }
            Self::MachineRolledBack { .. } => {
                "Ask whether it was restored from a backup. An administrator can accept it again, which counts."
            }
            Self::MachineCloned { .. } => {
                "It was copied, or restored and went on. Ask the customer; only one of the two can be accepted."
            }
            Self::Unsettled { deactivation: true, .. } => {
                "Ask the administrator to drop the deactivation into the portal, then import the ledger again."
            }
            Self::Unsettled { .. } => "It is settled when the portal has recorded it: import its next ledger.",
        }
        .into()
    }
}

fn name(ledger: &LedgerId) -> String {
    let epoch = if ledger.epoch > 0 { format!(", epoch {},", ledger.epoch) } else { String::new() };
    format!("The ledger of {}{epoch}", ledger.key.short())
}

fn entry(facts: &EntryFacts) -> String {
    let machine = facts.device.map(|device| format!(", for the machine {}", device.short())).unwrap_or_default();
    let seats = if facts.seats.is_empty() { String::new() } else { format!(" ({})", seats(&facts.seats)) };
    format!(
        "entry {} ({}) of {} by '{}'{machine}{seats}",
        facts.place.position,
        facts.entry.short(),
        describe::time(facts.at),
        facts.by
    )
}

fn side(side: &Side) -> String {
    let issued: Vec<String> = side.issued.iter().map(machine).collect();
    let issued =
        if issued.is_empty() { "it gives out nothing".into() } else { format!("it gives {}", issued.join(", ")) };
    let more = match side.entries {
        1 => String::new(),
        entries => format!(" and {} more", entries - 1),
    };
    format!("{}{more}: {issued}", entry(&EntryFacts { device: None, seats: Vec::new(), ..side.entry.clone() }))
}

fn machine((device, given): &(PublicKey, Vec<(Id, u64)>)) -> String {
    match given.as_slice() {
        [] => format!("the machine {} a license", device.short()),
        given => format!("the machine {} {}", device.short(), seats(given)),
    }
}

fn seats(seats: &[(Id, u64)]) -> String {
    seats.iter().map(|(seat_type, quantity)| format!("{quantity} {seat_type}")).collect::<Vec<_>>().join(" and ")
}

fn reading(reading: &Reading) -> String {
    let at = reading.at.map(|at| format!(" at {}", describe::time(at))).unwrap_or_default();
    format!("{} usage records{at} ({})", reading.records, reading.witness.short())
}

fn contradiction(by: Contradiction) -> &'static str {
    match by {
        Contradiction::Records => "its usage record has two histories",
        Contradiction::Chain => "it has two usage records",
        Contradiction::Number => "two of its requests have the same number",
    }
}
