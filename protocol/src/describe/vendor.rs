//! What a vendor signs besides grants, in words: trust, bundle, revocations.

use super::Section;
use super::wording::{all_seats, ceiling, counted, device, joined, place, time};
use crate::documents::{
    Bundle, Entry, Grantor, InstalledEffect, Parent, Revocations, SpentRight, Standing, Target, Tombstone, Trust,
};

pub(super) fn trust(trust: &Trust) -> Section {
    let cost = &trust.key_derivation;
    Section::new(format!("Vendor root, version {}", trust.number))
        .row("Product", &trust.product)
        .row("Vendor", &trust.vendor)
        .row("Root version", trust.number)
        .row("Keys that must sign", format!("{} of {}", trust.threshold, trust.keys.len()))
        .rows("Root key", "none", trust.keys.iter().map(ToString::to_string))
        .row(
            "Passwords become keys by",
            format!(
                "Argon2id, {} KiB, {} passes, {} lanes",
                cost.argon2id_memory_kib, cost.argon2id_passes, cost.argon2id_lanes
            ),
        )
        .row("Made", time(trust.issued_at))
}

pub(super) fn bundle(bundle: &Bundle) -> Section {
    let signed_under = match bundle.signed_under {
        Parent::Root => "the vendor's root".into(),
        Parent::Grant(digest) => format!("the subject of the entitlement {digest}"),
    };
    let key = match &bundle.sealed_key {
        Some(_) => "in this file, sealed under a passphrase",
        None => "not in this file",
    };
    let mut section = Section::new(format!("Entitlement bundle of account '{}'", bundle.account))
        .row("Product", &bundle.product)
        .row("Account", &bundle.account)
        .row("Contact", &bundle.contact)
        .row("Serial", bundle.serial)
        .row("Made", time(bundle.issued_at))
        .row("Usable until", time(bundle.expires_at))
        .row("Portal key", key)
        .rows("Name", "none", bundle.labels.iter().map(|label| format!("{}: {}", label.id, label.text)))
        .row("Signed by", signed_under)
        .row("Documents listed", format!("{}, Merkle root {}", bundle.count, bundle.merkle_root));
    for one in &bundle.revocations {
        section.push("Revocations", format!("of {}, serial {}", grantor(&one.issuer), one.serial));
    }
    let Some(base) = &bundle.ledger_base else {
        return section.row("Ledger", "begins empty");
    };
    section.push("Ledger goes on at", place(&base.next));
    for held in &base.held {
        let until = ceiling(held.usable_until, time);
        let seats = all_seats(&held.allocation);
        section.push(
            "Held at the ledger's base",
            format!(
                "machine {}: {seats}, until {until} (license id {}, license {}, activation {}, sequence {})",
                device(&held.device),
                held.license_id,
                held.license,
                held.activation,
                held.sequence
            ),
        );
    }
    section = base.children.iter().fold(section, super::ledger::child);
    section = base.seen.iter().fold(section, super::ledger::seen);
    for total in &base.settled {
        let counters = joined(total.consumption.iter().map(counted));
        let machine = device(&total.device);
        section.push("Settled consumption", format!("machine {machine}, usage chain {}: {counters}", total.genesis));
    }
    for dead in &base.tombstones {
        let Tombstone { device, activation, at } = dead;
        section.push("Released as dead", format!("machine {device}, activation {activation}, {}", time(*at)));
    }
    for one in &base.spent {
        let SpentRight { right, grant, device, at } = one;
        let spent = format!("{right}, for machine {device}, under the entitlement {grant}, {}", time(*at));
        section.push("Spent", spent);
    }
    section
}

pub(super) fn revocations(list: &Revocations) -> Section {
    Section::new(format!("Revocations, serial {}", list.serial))
        .row("Product", &list.product)
        .row("Said by", grantor(&list.issuer))
        .row("Serial", list.serial)
        .row("Made", time(list.issued_at))
        .rows("Entry", "none", list.entries.iter().map(entry))
}

fn entry(entry: &Entry) -> String {
    let target = match &entry.target {
        Target::Grant { grantor: by, id } => format!("entitlement '{id}' of {}", grantor(by)),
        Target::Subject(key) => format!("every entitlement of the key {key}"),
        Target::Device(key) => format!("machine {key}"),
        Target::License(digest) => format!("license {digest}"),
    };
    let serial = match entry.min_serial {
        0 => String::new(),
        serial => format!(", only from serial {serial} on"),
    };
    let whose = match (entry.standing, entry.min_serial) {
        (Standing::Active, 0) => return format!("{target}: {}", entry.standing),
        (Standing::Active, _) => " of lower ones",
        _ => "",
    };
    let effect = match entry.effect {
        InstalledEffect::Keep => "go on until their end",
        InstalledEffect::Stop => "stop",
    };
    format!("{target}: {}{serial}; installed licenses{whose} {effect}", entry.standing)
}

/// Who signed something, in words.
pub fn grantor(grantor: &Grantor) -> String {
    match grantor {
        Grantor::Root => "the vendor's root".into(),
        Grantor::Key(key) => format!("the holder of {key}"),
    }
}
