//! A license beyond its chain at each field that has a ceiling, signed by a portal that cheats.

use postern_protocol::documents::*;
use postern_protocol::{ChainError, Digest, Explain as _, VerifiedFile};
use postern_testkit::{World, full, id, key, public, seats, sign, time};

use crate::classified::{Class::*, check, classify};

/// The field that is widened, the field that the refusal names, and the widening.
type Case = (&'static str, &'static str, fn(&mut License));

fn step(license: &mut License, seat_type: usize) -> &mut Step {
    &mut license.allocation[seat_type].steps[0]
}

const CASES: &[Case] = &[
    ("license_type", "license_type", |license| license.license_type = LicenseType::Perpetual),
    ("license_id", "license_id", |license| license.license_id = id("cr-2")),
    ("allocation", "allocation", |license| step(license, 0).quantity = 11),
    ("allocation", "allocation", |license| license.allocation.push(seats("bot-king", 1))),
    ("allocation", "allocation", |license| {
        license.allocation[0].steps.push(Step { from: time("2027-06-30T23:59:59Z"), quantity: 11 });
    }),
    ("allocation", "allocation", |license| step(license, 0).from = time("2025-12-31T23:59:59Z")),
    ("device", "devices", |license| license.device.key = public(&key(33))),
    ("device", "devices", |license| step(license, 0).quantity = 6),
    ("features", "features", |license| license.features[1].value = FeatureValue::Number(51)),
    ("features", "features", |license| {
        license.features.push(Feature { name: id("secret"), value: FeatureValue::On });
    }),
    ("consumption", "consumption.limit", |license| license.consumption[0].limit = Ceiling::Limited(10_001)),
    ("consumption", "consumption.overage", |license| license.consumption[0].overage = Ceiling::Unlimited),
    ("consumption", "consumption.reset_period", |license| license.consumption[0].reset_period = Ceiling::Limited(1)),
    ("consumption", "consumption.feature", |license| license.consumption[0].feature = None),
    ("consumption", "consumption", |license| license.consumption[0].counter = id("other")),
    ("ends_at", "ends_at", |license| license.ends_at = Ceiling::Limited(time("2027-07-01T00:00:00Z"))),
    ("ends_at", "ends_at", |license| license.ends_at = Ceiling::Unlimited),
    ("starts_at", "longest_duration", |license| {
        license.starts_at = time("2027-06-30T23:59:59Z").minus(400 * 86_400 + 1);
    }),
    ("issued_at", "issued_at", |license| license.issued_at = time("2026-05-31T23:59:59Z")),
    ("issued_at", "issued_at", |license| license.issued_at = time("2027-06-01T00:00:00Z")),
    ("install_before", "install_before", |license| license.install_before = time("2027-06-08T00:00:00Z")),
    ("longest_session", "longest_session", |license| license.longest_session = Ceiling::Limited(28_801)),
    ("longest_session", "longest_session", |license| license.longest_session = Ceiling::Unlimited),
    ("cycle", "cycle.request_window", |license| license.cycle.request_window += 1),
    ("cycle", "cycle.cycle_window", |license| license.cycle.cycle_window += 1),
    ("cycle", "cycle.lock_effect", |license| license.cycle.lock_effect = LockEffect::None),
    ("expiry", "expiry.grace", |license| license.expiry.grace = Ceiling::Unlimited),
    ("expiry", "expiry.after_end", |license| license.expiry.after_end = AfterEnd::Warn),
    ("expiry", "expiry.extension", |license| license.expiry.extension = Ceiling::Limited(7 * 86_400 + 1)),
    ("ledger", "ledger", |license| license.ledger.ledger.key = public(&key(21))),
];

/// The full world, with the stricter lock so that its other side can be asked for.
fn world() -> World {
    let mut world = full::world();
    world.ops.cycle.lock_effect = LockEffect::Warn;
    world.account.cycle.lock_effect = LockEffect::Warn;
    world.link();
    world
}

fn license(world: &World) -> License {
    License { cycle: world.account.cycle, ..full::license(world) }
}

fn read(world: &World, license: &License) -> Result<VerifiedFile<License>, ChainError> {
    let trust = world.trust_state();
    world.reader(&trust).file(&world.file(sign(license, &[&world.portal_key])).to_bytes())
}

fn fields(error: &ChainError) -> Vec<&'static str> {
    match error {
        ChainError::DocumentExceeds { excesses, .. } => excesses.iter().map(|excess| excess.field).collect(),
        other => panic!("{other}"),
    }
}

#[test]
fn each_field_beyond_the_grant_is_refused_by_its_name() {
    let world = world();
    read(&world, &license(&world)).unwrap();
    for (about, field, widen) in CASES {
        let mut license = license(&world);
        widen(&mut license);
        let error = read(&world, &license).expect_err(about);
        assert_eq!(error.code(), "document-exceeds-grant", "{about}: {error}");
        assert!(fields(&error).contains(field), "{about}: {error}");
    }
}

/// Where the grant leaves one kind of bound out, the others still hold.
#[test]
fn shares_and_installations_bound_by_themselves() {
    let mut world = world();
    world.ops.allowances = Ceiling::Unlimited;
    world.account.allowances = Ceiling::Unlimited;
    world.link();
    let mut wide = license(&world);
    wide.allocation[0].steps[0].quantity = 11;
    assert_eq!(fields(&read(&world, &wide).unwrap_err()), ["allocation", "devices"]);
    world.ops.installations = Ceiling::Unlimited;
    world.account.installations = Ceiling::Unlimited;
    world.link();
    wide.grant = world.account_digest();
    assert_eq!(fields(&read(&world, &wide).unwrap_err()), ["devices"]);
}

#[test]
fn without_the_switch_no_license_is_offline() {
    let mut world = world();
    world.account.allow_offline_activation = false;
    world.link();
    assert_eq!(fields(&read(&world, &license(&world)).unwrap_err()), ["allow_offline_activation"]);
}

#[test]
fn accepting_a_restored_machine_needs_a_release_quota() {
    let mut world = world();
    world.account.rights.release_dead.quota = 0;
    world.link();
    let mut one = license(&world);
    assert_eq!(fields(&read(&world, &one).unwrap_err()), ["accept_fork"]);
    one.accept_fork = None;
    read(&world, &one).unwrap();
}

/// Dates are judged over every link: a short-lived parent ends what a child allows. (Within one chain `within` already
/// sees to it; a root-signed grant with its own dates is the one link that has no parent.)
#[test]
fn the_last_second_of_each_window_is_inside() {
    let world = world();
    let mut edge = license(&world);
    edge.issued_at = time("2027-05-31T23:59:59Z");
    edge.install_before = time("2027-06-07T23:59:59Z");
    edge.starts_at = time("2027-06-30T23:59:59Z").minus(400 * 86_400);
    read(&world, &edge).unwrap();
    edge.issued_at = time("2026-06-01T00:00:00Z");
    read(&world, &edge).unwrap();
}

#[test]
fn product_and_account_must_be_the_grants() {
    let world = world();
    let mut other = license(&world);
    other.product = id("other");
    assert_eq!(read(&world, &other).unwrap_err().code(), "product-other");
    let mut other = license(&world);
    other.account = id("other");
    assert_eq!(read(&world, &other).unwrap_err().code(), "account-other");
    let mut other = license(&world);
    other.grant = Digest::of(b"another grant");
    assert_eq!(read(&world, &other).unwrap_err().code(), "grant-other");
}

#[test]
fn a_token_stays_within_its_grant_too() {
    let world = full::world();
    let trust = world.trust_state();
    let read = |token: &Enablement| {
        world.reader(&trust).file::<Enablement>(&world.file(sign(token, &[&world.portal_key])).to_bytes())
    };
    read(&world.token("t-1")).unwrap();
    type Widen = fn(&mut Enablement);
    let cases: [(&str, Widen); 4] = [
        ("license_id", |token| token.license_id = id("cr-2")),
        ("issued_at", |token| token.issued_at = time("2026-05-31T23:59:59Z")),
        ("issued_at", |token| token.issued_at = time("2027-06-01T00:00:00Z")),
        ("ledger", |token| token.ledger.ledger.key = public(&key(21))),
    ];
    for (field, widen) in cases {
        let mut token = world.token("t-1");
        widen(&mut token);
        assert_eq!(fields(&read(&token).unwrap_err()), [field]);
    }
}

#[test]
fn every_field_of_a_license_is_classified() {
    let fields = classify!(License, "", {
        kind: Free("it is fixed"),
        version: Free("it is fixed"),
        product: Free("it must equal the grant's, under a code of its own"),
        account: Free("it must equal the grant's, under a code of its own"),
        license_id: Bounded,
        license_type: Bounded,
        grant: Free("it must be the last grant's digest, under a code of its own"),
        request: Free("whether the machine asked, the machine knows"),
        device: Bounded,
        activation: Free("the machine knows its activations"),
        sequence: Free("the machine knows its sequence"),
        fingerprint: Free("it is the machine's own"),
        allocation: Bounded,
        features: Bounded,
        consumption: Bounded,
        consumption_base: Free("the machine sums what it counted per root-signed ancestor"),
        starts_at: Bounded,
        ends_at: Bounded,
        issued_at: Bounded,
        install_before: Bounded,
        longest_session: Bounded,
        cycle: Bounded,
        expiry: Bounded,
        acknowledged: Free("the machine knows what it reported"),
        ledger: Bounded,
        tombstones: Free("they stop files, and allow nothing"),
        accept_fork: Free("it needs a right, shown by a test of its own"),
        extensions: Free("those that allow something are critical, and refused"),
    });
    let widened: Vec<&str> = CASES.iter().map(|case| case.0).collect();
    check(&fields, &widened);
}
