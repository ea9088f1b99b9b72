//! One document of each kind with every optional part present and every list filled: for tests that walk all fields.

use postern_protocol::Digest;
use postern_protocol::Kind;
use postern_protocol::documents::*;

pub use self::collections::{bundle, handover, ledger_entries};
use crate::{World, account_grant, id, key, now, public, seats};

mod collections;

fn device() -> DeviceIdentity {
    DeviceIdentity { key: public(&key(30)), epoch: 1 }
}

fn extensions() -> Vec<Extension> {
    vec![Extension { name: id("note"), critical: false, value: "any text".into() }]
}

fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

fn usage() -> Checkpoint {
    Checkpoint { genesis: digest("genesis"), count: 7, head: digest("head") }
}

fn counted() -> Vec<Counted> {
    vec![Counted { counter: id("pages"), total: 1200 }]
}

fn variables() -> Vec<Variable> {
    vec![Variable { name: id("line"), value: "press 4".into() }]
}

fn reference() -> LedgerReference {
    let ledger = LedgerId { key: public(&key(20)), epoch: 0 };
    LedgerReference { ledger, position: 5, previous: digest("entry 4") }
}

fn cycle() -> Cycle {
    Cycle { cycle: 2, number: 3, first_generated_at: now().minus(3600), generated_at: now() }
}

fn installed() -> Installed {
    Installed { license: Some(digest("license")), sequence: 4 }
}

/// A trust document with two of three keys.
pub fn trust() -> Trust {
    let keys = [1, 2, 3].map(|seed| public(&key(seed))).to_vec();
    Trust { keys, threshold: 2, extensions: extensions(), ..World::new().trust }
}

/// A grant of an account with named machines, below [`ceiling`].
pub fn grant() -> Grant {
    let half = vec![seats("bot-creator", 5), seats("bot-runner", 10)];
    let shares = [30, 31].map(|seed| Share { device: public(&key(seed)), allowances: half.clone() }).to_vec();
    Grant {
        devices: Devices::Named(shares),
        credentials: vec![Credential { key: public(&key(40)), from: CredentialKind::LicenseKey }],
        consumption: Ceiling::Limited(vec![Consumption {
            counter: id("pages"),
            feature: Some(id("api-tasks")),
            limit: Ceiling::Limited(10_000),
            overage: Ceiling::Limited(500),
            reset_period: Ceiling::Limited(2_592_000),
        }]),
        revocation_max_age: Ceiling::Limited(30 * 86_400),
        policy: Some(id("air-gapped")),
        server: Some(Server {
            client_name: "Acme plant".into(),
            url: "https://licenses.northwind.example/acme".into(),
            suppress_pings: true,
        }),
        extensions: extensions(),
        ..account_grant(public(&key(20)))
    }
}

/// A parent for [`grant`] that bounds every field exactly as far as that grant goes.
pub fn ceiling() -> Grant {
    let grant = grant();
    Grant {
        id: id("operations"),
        parent: Parent::Root,
        subject: public(&key(10)),
        rights: Rights { delegate: grant.rights.delegate + 1, ..grant.rights },
        ..grant
    }
}

/// A world whose grants are [`ceiling`] and [`grant`].
pub fn world() -> World {
    let mut world = World::new();
    (world.ops, world.account) = (ceiling(), grant());
    world.link();
    world
}

/// A license in [`world`] that uses every field up to its ceiling.
pub fn license(world: &World) -> License {
    let grant = world.account.clone();
    License {
        device: device(),
        fingerprint: FingerprintPolicy {
            parts: vec![FingerprintPart { part: id("machine-id"), hmac: digest("machine") }],
            required: 1,
        },
        allocation: vec![seats("bot-creator", 5), seats("bot-runner", 10)],
        features: grant.features.limit().unwrap().clone(),
        consumption: grant.consumption.limit().unwrap().clone(),
        consumption_base: vec![ConsumptionBase { counter: id("pages"), total: 100, since: now() }],
        acknowledged: vec![usage()],
        ledger: reference(),
        tombstones: vec![Tombstone { device: public(&key(31)), activation: id("a-0"), at: now() }],
        accept_fork: Some(AcceptFork { usage: usage() }),
        extensions: extensions(),
        ..world.license(public(&key(30)), Some(digest("request")))
    }
}

/// A request, signed by device and credential.
pub fn request() -> Request {
    Request {
        purpose: Purpose::Clock,
        device: device(),
        cycle: cycle(),
        enablement: Some(digest("token")),
        fingerprint: vec![FingerprintPart { part: id("machine-id"), hmac: digest("machine") }],
        installed: installed(),
        revocations: vec![RevocationSerial { issuer: Grantor::Root, serial: 1 }],
        ledgers: vec![reference()],
        usage: usage(),
        consumption: counted(),
        seats: vec![SeatUse { seat_type: id("bot-creator"), in_use: 1, holders: vec!["p-81".into()] }],
        extensions_used: vec![ExtensionUse { grantor: Grantor::Root, grant: id("operations"), at: now() }],
        variables: variables(),
        understands: Understands { versions: vec![1], extensions: vec![id("note")] },
        credential: Some(public(&key(40))),
        clock: Some(ClockReading { now: now(), floor: now() }),
        recovers: Some(digest("license")),
        extensions: extensions(),
        ..World::new().request(public(&key(30)), None)
    }
}

/// An enablement token.
pub fn enablement() -> Enablement {
    Enablement { extensions: extensions(), ..World::new().token("t-1") }
}

/// A deactivation.
pub fn deactivation() -> Deactivation {
    Deactivation {
        kind: Kind::Deactivation,
        version: Version,
        product: id("automation"),
        account: id("acme"),
        license_id: id("cr-1"),
        device: device(),
        activation: id("a-1"),
        license: digest("license"),
        sequence: 4,
        usage: usage(),
        consumption: counted(),
        variables: variables(),
        ledgers: vec![reference()],
        deactivated_at: now(),
        extensions: extensions(),
    }
}

/// A receipt.
pub fn receipt() -> Receipt {
    Receipt {
        kind: Kind::Receipt,
        version: Version,
        product: id("automation"),
        account: id("acme"),
        license_id: id("cr-1"),
        grant: World::new().account_digest(),
        device: device(),
        activation: id("a-1"),
        deactivation: digest("deactivation"),
        consumption: counted(),
        settled_at: now(),
        ledger: reference(),
        extensions: extensions(),
    }
}

/// A time ticket.
pub fn time_ticket() -> TimeTicket {
    TimeTicket {
        kind: Kind::TimeTicket,
        version: Version,
        product: id("automation"),
        grant: World::new().account_digest(),
        device: device(),
        nonce: id("00112233445566778899aabbccddeeff"),
        time: now(),
        ledger: reference(),
        extensions: extensions(),
    }
}

/// A revocation list by this issuer with an entry for each kind of target.
pub fn revocations(issuer: Grantor) -> Revocations {
    let targets = [
        Target::Grant { grantor: Grantor::Root, id: id("of-2025") },
        Target::Subject(public(&key(90))),
        Target::Device(public(&key(91))),
        Target::License(digest("stolen")),
    ];
    let entry = |target| Entry { target, standing: Standing::Revoked, min_serial: 0, effect: InstalledEffect::Stop };
    Revocations {
        kind: Kind::Revocations,
        version: Version,
        product: id("automation"),
        issuer,
        serial: 1,
        issued_at: now(),
        entries: targets.map(entry).to_vec(),
        extensions: extensions(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sign;

    #[test]
    fn the_full_world_holds_exactly_at_its_ceilings() {
        let world = world();
        let trust = world.trust_state();
        let license = license(&world);
        license.check().unwrap();
        let file = world.file(sign(&license, &[&world.portal_key]));
        world.reader(&trust).file::<License>(&file.to_bytes()).unwrap();
        request().check().unwrap();
        bundle().check().unwrap();
        revocations(Grantor::Root).check().unwrap();
    }
}
