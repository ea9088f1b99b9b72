//! The documents of bundles, ledgers and handovers, with every optional part present.

use postern_protocol::Kind;
use postern_protocol::documents::*;

use super::{counted, cycle, device, digest, extensions, installed, reference, usage, variables};
use crate::{World, id, key, now, public, seats, time};

/// A ledger entry for each event.
pub fn ledger_entries() -> Vec<LedgerEntry> {
    let issued = Issued {
        license: digest("license"),
        request: Some(digest("request")),
        cycle: Some(cycle()),
        enablement: Some(digest("token")),
        proved: Some(installed()),
        license_id: id("cr-1"),
        device: device(),
        activation: id("a-1"),
        sequence: 5,
        allocation: vec![seats("bot-creator", 5)],
        starts_at: now(),
        ends_at: Ceiling::Limited(time("2027-06-30T23:59:59Z")),
        usable_until: Ceiling::Limited(time("2027-07-30T23:59:59Z")),
        install_before: now().plus(3600),
        usage: Some(usage()),
        consumption: counted(),
        accepted_fork: true,
    };
    let (license_id, activation, request) = (id("cr-1"), id("a-1"), digest("request"));
    let events = vec![
        Event::Begun { bundle: digest("bundle") },
        Event::TokenMade { token: digest("token"), id: id("t-1"), license_id: license_id.clone(), issued_at: now() },
        Event::Issued(issued),
        Event::Settled {
            deactivation: digest("deactivation"),
            receipt: digest("receipt"),
            device: device(),
            license_id,
            activation: activation.clone(),
            usage: usage(),
            consumption: counted(),
            variables: variables(),
        },
        Event::Synced { request, device: device(), installed: installed(), usage: usage(), consumption: counted() },
        Event::ReleasedDead { device: device(), activation, reason: "burnt".into() },
        Event::ClockRepaired { request, ticket: digest("ticket"), device: device(), back: 60 },
        Event::HandedOver { to: "B. Deputy".into() },
        Event::TakenOver { grant: digest("grant") },
        Event::Delegated(delegated()),
        Event::ChildSeen(child_seen()),
    ];
    let entry = |event| LedgerEntry {
        kind: Kind::LedgerEntry,
        version: Version,
        product: id("automation"),
        account: id("acme"),
        place: reference(),
        grant: World::new().account_digest(),
        event,
        at: now(),
        by: "A. Administrator".into(),
        extensions: extensions(),
    };
    events.into_iter().map(entry).collect()
}

fn delegated() -> Delegated {
    Delegated {
        child: Box::new(super::grant()),
        standing: Standing::Suspended,
        min_serial: 2,
        effect: InstalledEffect::Stop,
        revocations: 3,
        bundle_serial: 4,
        bundle: digest("bundle"),
    }
}

fn child_seen() -> ChildSeen {
    let held = vec![seats("bot-creator", 5)];
    ChildSeen { child: id("works"), serial: 2, next: reference(), held, devices: 1 }
}

/// A bundle document; its table of contents is that of no file.
pub fn bundle() -> Bundle {
    Bundle {
        kind: Kind::Bundle,
        version: Version,
        product: id("automation"),
        account: id("acme"),
        signed_under: World::new().account.parent,
        serial: 2,
        issued_at: now(),
        expires_at: time("2027-12-31T23:59:59Z"),
        count: 3,
        merkle_root: digest("root"),
        ledger_base: Some(LedgerBase {
            next: reference(),
            held: vec![DeviceHolding {
                device: device(),
                license_id: id("cr-1"),
                license: digest("license"),
                activation: id("a-1"),
                sequence: 4,
                allocation: vec![seats("bot-creator", 5)],
                usable_until: Ceiling::Limited(time("2027-07-30T23:59:59Z")),
            }],
            settled: vec![SettledTotal { device: device(), genesis: digest("genesis"), consumption: counted() }],
            children: vec![delegated()],
            seen: vec![child_seen()],
            tombstones: vec![Tombstone { device: public(&key(32)), activation: id("a-2"), at: now() }],
            spent: vec![SpentRight {
                right: CountedRight::ReleaseDead,
                grant: digest("grant"),
                device: public(&key(32)),
                at: now(),
            }],
        }),
        revocations: vec![RevocationSerial { issuer: Grantor::Root, serial: 1 }],
        sealed_key: Some(vec!["-----BEGIN ENCRYPTED PRIVATE KEY-----".into()]),
        labels: vec![Label { id: id("bot-creator"), text: "Bot creator".into() }],
        contact: "Northwind licensing".into(),
        extensions: extensions(),
    }
}

/// A handover document; what it names is in no file.
pub fn handover() -> Handover {
    Handover {
        kind: Kind::Handover,
        version: Version,
        product: id("automation"),
        account: id("acme"),
        grant: World::new().account_digest(),
        bundle: digest("bundle"),
        ledger: reference(),
        sealed_key: vec!["-----BEGIN ENCRYPTED PRIVATE KEY-----".into()],
        made_at: now(),
        extensions: extensions(),
    }
}
