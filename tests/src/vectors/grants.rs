//! Paths of grants: within their parent, or beyond it; and what grantors say about their descendants.

use postern_protocol::documents::*;
use postern_protocol::{Envelope, File, Kind, Time};
use postern_testkit::{World, forge, id, key, public, sign, spec};

use super::Vector;
use super::scene::{STRANGER, vector};
use super::siblings::Family;

pub(super) fn all() -> Vec<Vector> {
    let world = World::new();
    let ops = world.ops_envelope().line().to_vec();
    let grants = Family {
        document: &world.account,
        signers: vec![&world.ops_key],
        around: &|line| forge::file(&[ops.clone(), line]),
        unsigned: "signature-invalid",
    };
    let list = spec::revocations(&world);
    let harmless =
        Revocations { entries: vec![entry(Target::Subject(public(&key(STRANGER))), Standing::Revoked, 0)], ..list };
    let account = world.account_envelope().line().to_vec();
    let lists = Family {
        document: &harmless,
        signers: vec![&world.ops_key],
        around: &|line| forge::file(&[ops.clone(), account.clone(), line]),
        unsigned: "signature-invalid",
    };
    [grants.siblings(), wider(), paths(&world), lists.siblings(), revocations(&world)].concat()
}

fn file(grants: Vec<Envelope>, revocations: Vec<Envelope>) -> Vec<u8> {
    File { grants, revocations, ..File::default() }.to_bytes()
}

/// The account's grant, wider than its parent in one field each.
fn wider() -> Vec<Vector> {
    type Widen = fn(&mut World);
    #[rustfmt::skip] // a table
    let cases: [(&str, &str, Widen); 18] = [
        ("product", "it is for another product", |world| world.account.product = id("other")),
        ("delegate", "it may delegate as deep as its parent", |world| world.account.rights.delegate = 7),
        ("issue", "it may issue and its parent may not", |world| world.ops.rights.issue = false),
        ("enable", "it may make tokens and its parent may not", |world| world.ops.rights.enable = false),
        ("account", "it is for another account", |world| world.ops.account = Ceiling::Limited(id("other"))),
        ("license-type", "it is for another kind of license", |world| world.ops.license_type = Ceiling::Limited(LicenseType::Server)),
        ("seats", "it allows more seats", |world| world.ops.allowances = Ceiling::Limited(vec![postern_testkit::seats("bot-creator", 9), postern_testkit::seats("bot-runner", 20)])),
        ("seats-later", "its seats outlast a step of its parent", |world| {
            let mut creators = postern_testkit::seats("bot-creator", 10);
            creators.steps.push(Step { from: postern_testkit::now(), quantity: 9 });
            world.ops.allowances = Ceiling::Limited(vec![creators, postern_testkit::seats("bot-runner", 20)]);
        }),
        ("features", "it has a feature that its parent lacks", |world| world.ops.features = Ceiling::Limited(vec![])),
        ("consumption", "it has a counter that its parent lacks", |world| world.ops.consumption = Ceiling::Limited(vec![])),
        ("installations", "it has a license id that its parent lacks", |world| world.ops.installations = Ceiling::Limited(vec![])),
        ("devices", "it takes any machine and its parent names them", |world| world.ops.devices = Devices::Named(vec![])),
        ("issue-until", "it issues longer than its parent", |world| world.account.issue_until = world.ops.issue_until.plus(1)),
        ("run-until", "it runs without end and its parent does not", |world| {
            world.ops.run_until = Ceiling::Limited(Time::MAX);
            world.account.run_until = Ceiling::Unlimited;
        }),
        ("license-count", "it allows more machines", |world| world.ops.license_count = Ceiling::Limited(4)),
        ("lock-effect", "its lock is milder", |world| world.ops.cycle.lock_effect = LockEffect::Lock),
        ("approval", "it is approved by a parent that may not approve", |world| world.ops.approval = Approval::Right(ApprovalRight::None)),
        ("shares", "its named machines hold more together than it has", |world| {
            let share = |seed| Share { device: public(&key(seed)), allowances: vec![postern_testkit::seats("bot-creator", 6)] };
            world.account.devices = Devices::Named(vec![share(30), share(31)]);
        }),
    ];
    cases
        .map(|(name, what, widen)| {
            let mut world = World::new();
            widen(&mut world);
            world.link();
            let file = file(vec![world.ops_envelope(), world.account_envelope()], vec![]);
            vector(
                Kind::Grant,
                &format!("wider-{name}"),
                "grant-exceeds-parent",
                &format!("a grant beyond its parent: {what}"),
                file,
            )
        })
        .into()
}

fn paths(world: &World) -> Vec<Vector> {
    let case = |name, expect, what, grants| vector(Kind::Grant, name, expect, what, file(grants, vec![]));
    let renewed = Grant { serial: 2, ..world.ops.clone() };
    let renewed = sign(&renewed, &world.roots.iter().collect::<Vec<_>>());
    let by_stranger = sign(&world.ops, &[&key(STRANGER)]);
    let below = Grant { parent: Parent::Root, ..world.account.clone() };
    let order_four = postern_protocol::PublicKey::from_bytes([0; 32]);
    let weak = Grant { subject: order_four, ..world.account.clone() };
    vec![
        case("operations", "ok", "an operations grant alone", vec![world.ops_envelope()]),
        case(
            "other-root",
            "chain-other-root",
            "an operations grant of another root",
            vec![by_stranger, world.account_envelope()],
        ),
        case(
            "other-parent",
            "chain-broken",
            "a grant that hangs from an older form of its parent",
            vec![renewed, world.account_envelope()],
        ),
        case(
            "says-root",
            "chain-broken",
            "a grant below another that says it hangs from the root",
            vec![world.ops_envelope(), sign(&below, &[&world.ops_key])],
        ),
        case(
            "weak-subject",
            "key-invalid",
            "a grant for a weak key",
            vec![world.ops_envelope(), sign(&weak, &[&world.ops_key])],
        ),
        case("too-deep", "chain-too-deep", "nine grants, one below the other", deep(world, 9)),
        case("deep", "ok", "eight grants, one below the other", deep(world, 8)),
    ]
}

/// This many grants below each other, each delegating one level less.
fn deep(world: &World, count: u64) -> Vec<Envelope> {
    let mut path = vec![world.ops_envelope()];
    for depth in 1..count {
        let above = path.last().unwrap().digest();
        let rights = Rights { delegate: 7_u64.saturating_sub(depth), ..world.ops.rights };
        let grant =
            Grant { id: id(&format!("level-{depth}")), parent: Parent::Grant(above), rights, ..world.ops.clone() };
        // Every grant here has the operations key as its subject, so this one key signs them all.
        path.push(sign(&grant, &[&world.ops_key]));
    }
    path
}

fn entry(target: Target, standing: Standing, min_serial: u64) -> Entry {
    Entry { target, standing, min_serial, effect: InstalledEffect::Keep }
}

fn revocations(world: &World) -> Vec<Vector> {
    let by_ops = Grantor::Key(public(&world.ops_key));
    let list = |issuer, entries, keys: &[&postern_protocol::SecretKey]| {
        sign(&Revocations { issuer, entries, ..spec::revocations(world) }, keys)
    };
    let case = |name, expect, what, lists| {
        vector(Kind::Revocations, name, expect, what, file(vec![world.ops_envelope(), world.account_envelope()], lists))
    };
    let account = || Target::Grant { grantor: by_ops, id: id("acme-1") };
    let operations = Target::Grant { grantor: Grantor::Root, id: id("operations") };
    let ops = [&world.ops_key];
    let root: Vec<_> = world.roots.iter().collect();
    let own = Grantor::Key(public(&world.portal_key));
    let of = |entry: Entry| vec![list(by_ops, vec![entry], &ops)];
    vec![
        case(
            "suspended",
            "grant-suspended",
            "the account's grant is suspended",
            of(entry(account(), Standing::Suspended, 0)),
        ),
        case("revoked", "grant-revoked", "the account's grant is revoked", of(entry(account(), Standing::Revoked, 0))),
        case("lifted", "ok", "a suspension that was lifted", of(entry(account(), Standing::Active, 0))),
        case("replaced", "grant-replaced", "grants below serial 2 are void", of(entry(account(), Standing::Active, 2))),
        case(
            "subject",
            "grant-revoked",
            "every grant of the portal's key is revoked",
            of(entry(Target::Subject(public(&world.portal_key)), Standing::Revoked, 0)),
        ),
        case(
            "by-root",
            "grant-revoked",
            "the root revokes the operations grant",
            vec![list(Grantor::Root, vec![entry(operations.clone(), Standing::Revoked, 0)], &root)],
        ),
        case(
            "above-itself",
            "ok",
            "a grantor is not heard about what is above it",
            of(entry(operations, Standing::Revoked, 0)),
        ),
        case(
            "foreign",
            "revocations-foreign",
            "by somebody who is not on the path",
            vec![list(Grantor::Key(public(&key(STRANGER))), vec![], &[&key(STRANGER)])],
        ),
        case(
            "about-itself",
            "ok",
            "the last subject is not heard about its own grant",
            vec![list(own, vec![entry(account(), Standing::Revoked, 0)], &[&world.portal_key])],
        ),
        case(
            "min-serial-of-a-key",
            "payload-malformed",
            "a lowest serial for what is no grant",
            of(entry(Target::Subject(public(&world.portal_key)), Standing::Active, 2)),
        ),
    ]
}
