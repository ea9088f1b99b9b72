//! What portals sign: licenses, enablement tokens, receipts, time tickets.

use postern_protocol::documents::*;
use postern_protocol::{Digest, Kind, UnderGrant};
use postern_testkit::{World, id, key, now, public, seats, spec, time};

use super::Vector;
use super::scene::{carried, carried_line, license, vector};
use super::siblings::Family;

pub(super) fn all() -> Vec<Vector> {
    let world = World::new();
    let license = license(&world);
    let request = world.request(public(&key(30)), None);
    [
        family(&world, &license),
        family(&world, &world.token("t-1")),
        family(&world, &spec::receipt(&world, &license)),
        family(&world, &spec::time_ticket(&world, &request)),
        licenses(&world, &license),
        tokens(&world),
        tickets(&world, &request),
        rights(&license, &request),
    ]
    .concat()
}

fn family<T: UnderGrant>(world: &World, document: &T) -> Vec<Vector> {
    let around = |line| carried_line(world, line);
    let signers = vec![&world.portal_key];
    Family { document, signers, around: &around, unsigned: "signature-invalid" }.siblings()
}

fn licenses(world: &World, good: &License) -> Vec<Vector> {
    type Change = fn(&mut License);
    const EXCEEDS: &str = "document-exceeds-grant";
    #[rustfmt::skip] // a table
    let cases: [(&str, &str, &str, Change); 16] = [
        ("end-past-grant", EXCEEDS, "that ends after its grant", |license| license.ends_at = Ceiling::Limited(time("2027-07-01T00:00:00Z"))),
        ("endless", EXCEEDS, "without end under a grant that has one", |license| license.ends_at = Ceiling::Unlimited),
        ("seats-past-grant", EXCEEDS, "with more seats than its grant", |license| license.allocation = vec![seats("bot-creator", 11)]),
        ("seat-type-unknown", EXCEEDS, "with seats that its grant does not have", |license| license.allocation = vec![seats("bot-king", 1)]),
        ("license-id-unknown", EXCEEDS, "for a license id that its grant does not have", |license| license.license_id = id("cr-2")),
        ("feature-unknown", EXCEEDS, "with a feature that its grant does not have", |license| license.features = vec![Feature { name: id("secret"), value: FeatureValue::On }]),
        ("issued-late", EXCEEDS, "issued after its grant's issuing window", |license| license.issued_at = time("2027-06-01T00:00:00Z")),
        ("issued-early", EXCEEDS, "issued before its grant's issuing window", |license| license.issued_at = time("2026-05-31T23:59:59Z")),
        ("installable-late", EXCEEDS, "installable more than 7 days after the issuing window", |license| license.install_before = time("2027-06-08T00:00:00Z")),
        ("grace", EXCEEDS, "with more grace than its grant", |license| license.expiry.grace = Ceiling::Unlimited),
        ("other-grant", "grant-other", "that names another grant", |license| license.grant = Digest::of(b"another grant")),
        ("other-product", "product-other", "for another product", |license| license.product = id("other")),
        ("other-account", "account-other", "for another account", |license| license.account = id("other")),
        ("other-ledger", EXCEEDS, "in another key's ledger", |license| license.ledger.ledger.key = public(&key(21))),
        ("sequence-0", "payload-malformed", "with sequence 0", |license| license.sequence = 0),
        ("ends-before-start", "payload-malformed", "that ends before it starts", |license| license.ends_at = Ceiling::Limited(license.starts_at.minus(1))),
    ];
    let case = |(name, expect, what, change): (&str, &str, &str, Change)| {
        let mut license = good.clone();
        change(&mut license);
        vector(Kind::License, name, expect, &format!("a license {what}"), carried(world, &license))
    };
    cases.map(case).into()
}

fn tickets(world: &World, request: &Request) -> Vec<Vector> {
    let ticket = spec::time_ticket(world, request);
    let late = TimeTicket { time: time("2027-06-01T00:00:00Z"), ..ticket };
    let what = "a time ticket that tells a time after its grant's issuing window";
    vec![vector(Kind::TimeTicket, "after-the-window", "document-exceeds-grant", what, carried(world, &late))]
}

fn tokens(world: &World) -> Vec<Vector> {
    let case =
        |name, expect, what, token: Enablement| vector(Kind::Enablement, name, expect, what, carried(world, &token));
    let token = world.token("t-1");
    vec![
        case(
            "license-id-unknown",
            "document-exceeds-grant",
            "a token for a license id that its grant does not have",
            Enablement { license_id: id("cr-2"), ..token.clone() },
        ),
        case(
            "issued-late",
            "document-exceeds-grant",
            "a token made after its grant's issuing window",
            Enablement { issued_at: time("2027-06-01T00:00:00Z"), ..token },
        ),
    ]
}

/// Documents whose grant does not give the right to make them.
fn rights(license: &License, request: &Request) -> Vec<Vector> {
    fn case<T: UnderGrant>(what: &str, change: fn(&mut Grant), document: impl FnOnce(&World) -> T) -> Vector {
        let mut world = World::new();
        change(&mut world.account);
        let document = document(&world);
        vector(T::KIND, "right-missing", "right-missing", what, carried(&world, &document))
    }
    let mut refresh = case(
        "a refresh by a subject that may not refresh",
        |grant| grant.rights.refresh = false,
        |world| License { grant: world.account_digest(), request: None, ..license.clone() },
    );
    refresh.name = "refresh-right-missing".into();
    let mut unapproved = case(
        "a token under a grant that is not approved",
        |grant| grant.approval = Approval::Right(ApprovalRight::None),
        |world| world.token("t-1"),
    );
    unapproved.name = "not-approved".into();
    let mut tombless = case(
        "a license that accepts a restored machine, by a subject that may not release machines",
        |grant| grant.rights.release_dead.quota = 0,
        |world| {
            let usage = Checkpoint { genesis: Digest::of(b"genesis"), count: 1, head: Digest::of(b"genesis") };
            License { grant: world.account_digest(), accept_fork: Some(AcceptFork { usage }), ..license.clone() }
        },
    );
    tombless.name = "accept-fork-right-missing".into();
    tombless.expect = "document-exceeds-grant".into();
    vec![
        refresh,
        unapproved,
        tombless,
        case(
            "a license by a subject that may not issue",
            |grant| grant.rights.issue = false,
            |world| License { grant: world.account_digest(), ..license.clone() },
        ),
        case(
            "a token by a subject that may not enable",
            |grant| grant.rights.enable = false,
            |world| world.token("t-1"),
        ),
        case(
            "a receipt by a subject that may neither issue nor refresh",
            |grant| (grant.rights.issue, grant.rights.refresh) = (false, false),
            |world| Receipt { grant: world.account_digest(), settled_at: now(), ..spec::receipt(world, license) },
        ),
        case(
            "a time ticket by a subject that may not repair clocks",
            |grant| grant.rights.repair_clock = RepairClock { count: 0, max_back: 0 },
            |world| spec::time_ticket(world, request),
        ),
    ]
}
