//! A grant wider than its parent at each field, through the reader's whole path.

use postern_protocol::documents::*;
use postern_protocol::{ChainError, Explain as _, PublicKey, Time};
use postern_testkit::{full, id, key, now, public, seats, sign, time};

use crate::classified::{Class::*, check, classify};

/// How a case widens: what it does to the child (the parent gives no more than the child had), and the field it names.
pub(crate) struct Case {
    /// The field of the grant that the case is about.
    pub(crate) about: &'static str,
    /// The field that the refusal names.
    pub(crate) field: &'static str,
    pub(crate) widen: Widen,
}

pub(crate) type Widen = fn(&mut Grant);

const fn case(field: &'static str, widen: Widen) -> Case {
    Case { about: field, field, widen }
}

const fn about(about: &'static str, field: &'static str, widen: Widen) -> Case {
    Case { about, field, widen }
}

fn list<T>(ceiling: &mut Ceiling<Vec<T>>) -> &mut Vec<T> {
    match ceiling {
        Ceiling::Limited(list) => list,
        Ceiling::Unlimited => panic!("the child of this table has no unlimited lists"),
    }
}

fn shares(grant: &mut Grant) -> &mut Vec<Share> {
    match &mut grant.devices {
        Devices::Named(shares) => shares,
        Devices::Pool => panic!("the child of this table names its machines"),
    }
}

fn counter(grant: &mut Grant) -> &mut Consumption {
    &mut list(&mut grant.consumption)[0]
}

fn device(seed: u8) -> PublicKey {
    public(&key(seed))
}

fn longer(ceiling: &mut Ceiling<u64>) {
    *ceiling = Ceiling::Limited(ceiling.limit().unwrap() + 1);
}

/// One second before the first step, and long after every other one.
fn early() -> Time {
    time("2025-12-31T23:59:59Z")
}

/// Beyond the parent in one field each. The parent is `full::ceiling()`: it bounds every field exactly.
pub(crate) const CASES: &[Case] = &[
    case("product", |child| child.product = id("other")),
    case("rights.issue", |child| child.rights.issue = true),
    case("rights.refresh", |child| child.rights.refresh = true),
    case("rights.enable", |child| child.rights.enable = true),
    case("rights.delegate", |child| child.rights.delegate += 1),
    about("rights.delegate", "rights.delegate", |child| child.rights.delegate += 7),
    case("rights.release_dead.quota", |child| child.rights.release_dead.quota += 1),
    case("rights.release_dead.cooldown", |child| child.rights.release_dead.cooldown -= 1),
    case("rights.repair_clock.count", |child| child.rights.repair_clock.count += 1),
    case("rights.repair_clock.max_back", |child| child.rights.repair_clock.max_back += 1),
    case("account", |child| child.account = Ceiling::Limited(id("other"))),
    case("account", |child| child.account = Ceiling::Unlimited),
    case("license_type", |child| child.license_type = Ceiling::Limited(LicenseType::Perpetual)),
    case("license_type", |child| child.license_type = Ceiling::Unlimited),
    // A quantity, a later step, an earlier step, an unknown type, no bound at all.
    case("allowances", |child| list(&mut child.allowances)[0].steps[0].quantity += 1),
    case("allowances", |child| {
        list(&mut child.allowances)[0].steps.push(Step { from: Time::MAX, quantity: 11 });
    }),
    case("allowances", |child| list(&mut child.allowances)[0].steps[0].from = early()),
    case("allowances", |child| list(&mut child.allowances).push(seats("bot-king", 1))),
    case("allowances", |child| child.allowances = Ceiling::Unlimited),
    case("features", |child| {
        list(&mut child.features).push(Feature { name: id("secret"), value: FeatureValue::On });
    }),
    case("features", |child| list(&mut child.features)[1].value = FeatureValue::Number(51)),
    case("features", |child| list(&mut child.features)[1].value = FeatureValue::On),
    case("features", |child| list(&mut child.features)[0].value = FeatureValue::Number(0)),
    case("features", |child| child.features = Ceiling::Unlimited),
    about("consumption.counter", "consumption", |child| counter(child).counter = id("other")),
    about("consumption.counter", "consumption", |child| child.consumption = Ceiling::Unlimited),
    case("consumption.feature", |child| counter(child).feature = None),
    case("consumption.feature", |child| counter(child).feature = Some(id("process-discovery"))),
    case("consumption.limit", |child| longer(&mut counter(child).limit)),
    case("consumption.limit", |child| counter(child).limit = Ceiling::Unlimited),
    case("consumption.overage", |child| longer(&mut counter(child).overage)),
    case("consumption.overage", |child| counter(child).overage = Ceiling::Unlimited),
    case("consumption.reset_period", |child| counter(child).reset_period = Ceiling::Limited(2_591_999)),
    case("credentials", |child| child.credentials.clear()),
    case("credentials", |child| {
        child.credentials.push(Credential { key: device(41), from: CredentialKind::LicenseKey });
    }),
    case("credentials", |child| child.credentials[0].from = CredentialKind::User),
    case("devices", |child| child.devices = Devices::Pool),
    case("devices", |child| shares(child)[1].device = device(32)),
    case("devices", |child| {
        // The sum still fits; the one machine's share does not.
        shares(child)[0].allowances[0].steps[0].quantity += 1;
        shares(child)[1].allowances[0].steps[0].quantity -= 1;
    }),
    case("devices", |child| {
        shares(child)[0].allowances[0].steps.push(Step { from: now(), quantity: 6 });
        shares(child)[1].allowances[0].steps.push(Step { from: now(), quantity: 4 });
    }),
    about("devices", "devices.shares", |child| {
        list(&mut child.allowances)[0].steps[0].quantity = 9;
        list(&mut child.installations)[0].allowances[0].steps[0].quantity = 9;
    }),
    about("devices", "devices.shares", |child| {
        let cut = Step { from: now(), quantity: 9 };
        list(&mut child.allowances)[0].steps.push(cut);
        list(&mut child.installations)[0].allowances[0].steps.push(cut);
    }),
    case("installations", |child| list(&mut child.installations)[0].license_id = id("cr-2")),
    case("installations", |child| list(&mut child.installations)[0].allowances[1].steps[0].quantity += 1),
    case("installations", |child| child.installations = Ceiling::Unlimited),
    case("issue_from", |child| child.issue_from = child.issue_from.minus(1)),
    case("issue_until", |child| child.issue_until = child.issue_until.plus(1)),
    case("run_until", |child| child.run_until = Ceiling::Limited(child.run_until.limit().unwrap().plus(1))),
    case("run_until", |child| child.run_until = Ceiling::Unlimited),
    case("longest_duration", |child| longer(&mut child.longest_duration)),
    case("longest_duration", |child| child.longest_duration = Ceiling::Unlimited),
    case("longest_session", |child| longer(&mut child.longest_session)),
    case("longest_session", |child| child.longest_session = Ceiling::Unlimited),
    case("license_count", |child| longer(&mut child.license_count)),
    case("license_count", |child| child.license_count = Ceiling::Unlimited),
    case("cycle.request_window", |child| child.cycle.request_window += 1),
    case("cycle.cycle_window", |child| child.cycle.cycle_window += 1),
    case("cycle.lock_effect", |child| child.cycle.lock_effect = LockEffect::Warn),
    case("expiry.grace", |child| longer(&mut child.expiry.grace)),
    case("expiry.grace", |child| child.expiry.grace = Ceiling::Unlimited),
    case("expiry.after_end", |child| child.expiry.after_end = AfterEnd::Warn),
    case("expiry.extension", |child| longer(&mut child.expiry.extension)),
    case("expiry.extension", |child| child.expiry.extension = Ceiling::Unlimited),
    case("allow_offline_activation", |child| child.allow_offline_activation = true),
    case("approval", |child| child.approval = Approval::Right(ApprovalRight::MayApprove)),
    case("approval", |child| {
        let (reason, reviewer) = ("Another reason".into(), "D. Reviewer".into());
        child.approval = Approval::Approved { reason, reviewer, at: time("2026-06-01T00:00:00Z") };
    }),
    case("revocation_max_age", |child| longer(&mut child.revocation_max_age)),
    case("revocation_max_age", |child| child.revocation_max_age = Ceiling::Unlimited),
];

impl Case {
    /// A parent where a switch is off or a rule strict, so that the child's other side is the wider one.
    pub(crate) fn parent(&self) -> Grant {
        let mut parent = full::ceiling();
        match self.field {
            "rights.issue" => parent.rights.issue = false,
            "rights.refresh" => parent.rights.refresh = false,
            "rights.enable" => parent.rights.enable = false,
            "allow_offline_activation" => parent.allow_offline_activation = false,
            "cycle.lock_effect" => parent.cycle.lock_effect = LockEffect::ReadOnly,
            _ => {}
        }
        parent
    }
}

/// The same at the child, so that only the widening is too much.
fn child_for(case: &Case) -> Grant {
    let mut child = full::grant();
    let parent = case.parent();
    child.rights = Rights { delegate: child.rights.delegate, ..parent.rights };
    child.allow_offline_activation = parent.allow_offline_activation;
    child.cycle = parent.cycle;
    child
}

fn read(parent: Grant, child: Grant) -> Result<(), ChainError> {
    let mut world = full::world();
    (world.ops, world.account) = (parent, child);
    world.link();
    let trust = world.trust_state();
    // A receipt fits under each of these grants, so that nothing but the grants decides.
    let receipt = Receipt { grant: world.account_digest(), product: world.account.product.clone(), ..full::receipt() };
    let file = world.file(sign(&receipt, &[&world.portal_key]));
    world.reader(&trust).file::<Receipt>(&file.to_bytes()).map(|_| ())
}

#[test]
fn each_field_beyond_the_parent_is_refused_by_its_name() {
    for case in CASES {
        let (parent, mut child) = (case.parent(), child_for(case));
        (case.widen)(&mut child);
        let error = read(parent, child).expect_err(case.about);
        assert_eq!(error.code(), "grant-exceeds-parent", "{}: {error}", case.about);
        let ChainError::GrantExceeds { grant, excesses } = &error else { panic!("{error}") };
        assert_eq!(*grant, id("acme-1"));
        assert!(excesses.iter().all(|excess| excess.field == case.field), "{}: {error}", case.about);
        assert!(!excesses.is_empty() && excesses.iter().all(|excess| !excess.detail.is_empty()));
    }
}

/// The cases would prove nothing if the child were refused anyway: unwidened it is read, but for missing rights.
#[test]
fn each_child_unwidened_is_not_beyond_its_parent() {
    for case in CASES {
        match read(case.parent(), child_for(case)) {
            Ok(()) => {}
            Err(error) => assert_eq!(error.code(), "right-missing", "{}: {error}", case.about),
        }
    }
}

#[test]
fn whole_depth_is_counted_from_the_top() {
    let mut parent = full::ceiling();
    parent.rights.delegate = 0;
    let error = read(parent, full::grant()).unwrap_err();
    assert!(error.to_string().contains("rights.delegate"), "{error}");
}

/// At the edge below the root there is no parent grant: product, parent and what a grant owes itself.
#[test]
fn a_root_signed_grant_is_held_to_the_root_and_to_itself() {
    let cases: [(&str, Widen); 3] = [
        ("product", |grant| grant.product = id("other")),
        ("installations", |grant| list(&mut grant.installations)[0].allowances[0].steps[0].quantity = 11),
        ("devices.shares", |grant| shares(grant)[1].allowances[1].steps[0].quantity = 11),
    ];
    for (field, widen) in cases {
        let mut parent = full::ceiling();
        widen(&mut parent);
        let error = read(parent, full::grant()).unwrap_err();
        let ChainError::GrantExceeds { grant, excesses } = &error else { panic!("{field}: {error}") };
        assert_eq!((*grant == id("operations"), excesses[0].field), (true, field));
    }
    let mut parent = full::ceiling();
    parent.parent = Parent::Grant(postern_protocol::Digest::of(b"elsewhere"));
    assert_eq!(read(parent, full::grant()).unwrap_err().code(), "chain-broken");
}

#[test]
fn every_field_of_a_grant_is_classified() {
    let mut fields = classify!(Grant, "", {
        kind: Free("it is fixed"),
        version: Free("it is fixed"),
        product: Bounded,
        id: Free("it names the grant"),
        serial: Free("order is kept by revocations and by the ledger"),
        parent: Free("it is compared with the digest of the grant before"),
        subject: Free("whom to trust is the grantor's choice"),
        rights: Parts,
        account: Bounded,
        license_type: Bounded,
        allowances: Bounded,
        features: Bounded,
        consumption: Parts,
        credentials: Bounded,
        devices: Bounded,
        installations: Bounded,
        issue_from: Bounded,
        issue_until: Bounded,
        run_until: Bounded,
        longest_duration: Bounded,
        longest_session: Bounded,
        license_count: Bounded,
        cycle: Parts,
        expiry: Parts,
        allow_offline_activation: Bounded,
        approval: Bounded,
        revocation_max_age: Bounded,
        policy: Free("it names a template, for people"),
        server: Free("it describes the subject and allows nothing"),
        issued_at: Free("it is a statement, judged by whoever has a clock"),
        extensions: Free("those that allow something are critical, and refused"),
    });
    fields.extend(classify!(Rights, "rights.", {
        issue: Bounded, refresh: Bounded, delegate: Bounded, enable: Bounded, release_dead: Parts, repair_clock: Parts,
    }));
    fields.extend(classify!(ReleaseDead, "rights.release_dead.", { quota: Bounded, cooldown: Bounded }));
    fields.extend(classify!(RepairClock, "rights.repair_clock.", { count: Bounded, max_back: Bounded }));
    fields.extend(classify!(Consumption, "consumption.", {
        counter: Bounded, feature: Bounded, limit: Bounded, overage: Bounded, reset_period: Bounded,
    }));
    fields.extend(classify!(CyclePolicy, "cycle.", {
        request_window: Bounded, cycle_window: Bounded, lock_effect: Bounded,
    }));
    fields.extend(classify!(ExpiryPolicy, "expiry.", { grace: Bounded, after_end: Bounded, extension: Bounded }));
    let widened: Vec<&str> = CASES.iter().map(|case| case.about).collect();
    check(&fields, &widened);
}
