//! Each refusal, by a small change of a valid world.

use postern_issuer::*;
use postern_protocol::documents::*;
use postern_protocol::{Digest, Explain, Kind, Limits, SecretKey, Unverified, Verified};
use postern_testkit::*;

use crate::portal::*;

pub(crate) const FIVE: &[(&str, u64)] = &[("bot-creator", 5)];

/// A portal of a changed world and a machine that was enabled in it.
pub(crate) fn world(change: impl FnOnce(&mut World)) -> (Portal, Station) {
    let mut world = World::new();
    change(&mut world);
    let mut portal = Portal::of(world);
    let token = portal.token("token-1");
    (portal, Station::new(30, token))
}

/// A portal whose grant is renewed with a change after the machine was enabled.
pub(crate) fn renewed(change: impl FnOnce(&mut Grant)) -> (Portal, Station) {
    let (mut portal, machine) = world(|_| {});
    portal.renew(change);
    (portal, machine)
}

/// The codes for a request with a change.
pub(crate) fn asked(change: impl FnOnce(&mut Request)) -> Vec<&'static str> {
    let (portal, mut machine) = world(|_| {});
    let request = machine.ask_with(portal.now, change);
    portal.codes(&request, FIVE)
}

pub(crate) fn revocations(
    world: &World,
    key: &SecretKey,
    issuer: Grantor,
    serial: u64,
    target: Option<Target>,
) -> Verified<Revocations> {
    let entries = target.into_iter().map(|target| Entry {
        target,
        standing: Standing::Suspended,
        min_serial: 0,
        effect: InstalledEffect::Keep,
    });
    let list = Revocations {
        kind: Kind::Revocations,
        version: Version,
        product: world.trust.product.clone(),
        issuer,
        serial,
        issued_at: now(),
        entries: entries.collect(),
        extensions: vec![],
    };
    let unverified = Unverified::<Revocations>::new(sign(&list, &[key])).unwrap();
    unverified.verify(&public(key).import().unwrap(), &Limits::DEFAULT).unwrap()
}

#[test]
fn a_valid_request_is_answered() {
    assert_eq!(asked(|_| {}), [""; 0]);
}

#[test]
fn without_a_ledger() {
    let (mut portal, mut machine) = world(|_| {});
    portal.ledger = None;
    let request = machine.ask(portal.now);
    assert_eq!(portal.codes(&request, FIVE), ["ledger-missing", "token-unknown"]);
    assert_eq!(codes(decide_token(&portal.desk(), &id("cr-1"), id("t"))), ["ledger-missing"]);
}

#[test]
fn a_second_beginning() {
    let (portal, _) = world(|_| {});
    assert_eq!(codes(begin_ledger(&portal.desk())), ["ledger-exists"]);
}

#[test]
fn bundle_and_clock() {
    let (mut portal, mut machine) = world(|_| {});
    let request = machine.ask(portal.now);
    portal.load(|_, bundle| bundle.expires_at = now().minus(1));
    assert_eq!(portal.codes(&request, FIVE), ["bundle-expired"]);
    portal.load(|_, _| {});
    portal.now = now().minus(DAY + 1);
    assert_eq!(portal.codes(&request, FIVE), ["portal-clock-behind", "request-future"]);
}

#[test]
fn the_issue_window_is_that_of_every_link() {
    let mut all = Vec::new();
    for (change, says) in [
        ((|world| world.account.issue_until = now().minus(1)) as fn(&mut World), "no new files since"),
        (|world| world.account.issue_from = now().plus(1), "no files before"),
        (|world| world.ops.issue_until = now().minus(1), "no new files since"),
    ] {
        let mut changed = World::new();
        change(&mut changed);
        changed.account.issue_until = changed.account.issue_until.min(changed.ops.issue_until);
        let portal = Portal::of(changed);
        let refusals = decide_token(&portal.desk(), &id("cr-1"), id("t")).unwrap_err();
        assert!(refusals[0].to_string().contains(says), "{}", refusals[0]);
        all.extend(codes::<()>(Err(refusals)));
    }
    assert_eq!(all, ["issue-window"; 3]);
}

#[test]
fn rights_and_approval() {
    let (portal, mut machine) = renewed(|grant| grant.rights.issue = false);
    assert_eq!(portal.codes(&machine.ask(now()), FIVE), ["right-missing"]);
    let (portal, _) = renewed(|grant| grant.rights.enable = false);
    assert_eq!(codes(decide_token(&portal.desk(), &id("cr-1"), id("t"))), ["right-missing"]);
    let (portal, mut machine) = renewed(|grant| grant.approval = Approval::Right(ApprovalRight::None));
    let refusals = portal.decide(&machine.ask(now()), FIVE).unwrap_err();
    assert_eq!(refusals[0].code(), "approval-missing");
    assert!(refusals[0].advice().contains("licensing@northwind.example"), "{}", refusals[0].advice());
    assert_eq!(codes(decide_token(&portal.desk(), &id("cr-1"), id("t"))), ["approval-missing"]);
    let (portal, mut machine) = renewed(|grant| grant.allow_offline_activation = false);
    assert_eq!(portal.codes(&machine.ask(now()), FIVE), ["offline-not-allowed"]);
    let (portal, mut machine) = renewed(|grant| grant.license_type = Ceiling::Limited(LicenseType::Subscription));
    assert_eq!(portal.codes(&machine.ask(now()), FIVE), ["subscription-offline"]);
}

#[test]
fn names() {
    for by in ["", "  ", "a\nb", &"x".repeat(129)] {
        let (mut portal, mut machine) = world(|_| {});
        portal.by = by.into();
        assert_eq!(portal.codes(&machine.ask(now()), FIVE), ["name-unusable"], "{by:?}");
    }
}

#[test]
fn suspended_grant_and_device() {
    let (mut portal, mut machine) = world(|_| {});
    let request = machine.ask(now());
    let ops = portal.world.ops_key.public_bytes();
    let issuer = Grantor::Key(postern_protocol::PublicKey::from_bytes(ops));
    let grant = Target::Grant { grantor: issuer, id: id("acme-1") };
    for target in [grant, Target::Device(machine.public()), Target::Subject(public(&portal.world.portal_key))] {
        portal.revocations = vec![revocations(&portal.world, &portal.world.ops_key, issuer, 1, Some(target.clone()))];
        assert_eq!(portal.codes(&request, FIVE), ["grant-suspended"], "{target:?}");
    }
    // A newer list lifts it.
    portal.revocations.push(revocations(&portal.world, &portal.world.ops_key, issuer, 2, None));
    assert_eq!(portal.codes(&request, FIVE), [""; 0]);
}

#[test]
fn stale_revocations_and_a_bundle_behind_the_machine() {
    let (mut portal, mut machine) = renewed(|grant| grant.revocation_max_age = Ceiling::Limited(HOUR));
    let issuer = Grantor::Key(public(&portal.world.ops_key));
    assert_eq!(portal.codes(&machine.ask(now()), FIVE), ["revocations-stale"]);
    portal.revocations = vec![revocations(&portal.world, &portal.world.ops_key, issuer, 3, None)];
    assert_eq!(portal.codes(&machine.ask(now()), FIVE), [""; 0]);
    let newer = |request: &mut Request| request.revocations = vec![RevocationSerial { issuer, serial: 4 }];
    assert_eq!(portal.codes(&machine.ask_with(now(), newer), FIVE), ["bundle-behind-machine"]);
    assert_eq!(asked(|request| request.trust_number = 2), ["bundle-behind-machine"]);
}

#[test]
fn a_root_that_the_bundle_cannot_bring_the_machine_to() {
    let (portal, mut machine) = world(|world| world.trust.number = 3);
    assert_eq!(portal.codes(&machine.ask(now()), FIVE), ["trust-gap"]);
    assert_eq!(portal.codes(&machine.ask_with(now(), |request| request.trust_number = 2), FIVE), [""; 0]);
}

#[test]
fn addressed_elsewhere() {
    assert_eq!(asked(|request| request.product = id("other")), ["product-other"]);
    assert_eq!(asked(|request| request.account = Some(id("other"))), ["account-other"]);
    assert_eq!(asked(|request| request.account = None), [""; 0]);
    // The seats of an id that the entitlement lacks are none, and the token is for another id.
    let other = asked(|request| request.license_id = Some(id("cr-9")));
    assert_eq!(other, ["license-id-unknown", "seats-exceed-grant", "token-other-license"]);
    assert_eq!(asked(|request| request.purpose = Purpose::Sync), ["request-purpose"]);
    assert_eq!(asked(|request| request.recovers = Some(Digest::of(b"old"))), ["request-recovers"]);
}

#[test]
fn windows_of_request_and_cycle() {
    let (mut portal, mut machine) = world(|_| {});
    let request = machine.ask(now());
    portal.now = now().plus(48 * HOUR);
    assert_eq!(portal.codes(&request, FIVE), [""; 0]);
    portal.now = now().plus(48 * HOUR + 1);
    assert_eq!(portal.codes(&request, FIVE), ["request-expired"]);
    let late = machine.ask(now().plus(7 * DAY));
    portal.now = now().plus(7 * DAY);
    assert_eq!(portal.codes(&late, FIVE), [""; 0]);
    portal.now = now().plus(7 * DAY + 1);
    assert_eq!(portal.codes(&late, FIVE), ["cycle-expired"]);
    let early = machine.ask(portal.now.plus(DAY + 1));
    assert_eq!(portal.codes(&early, FIVE), ["cycle-expired", "request-future"]);
}

#[test]
fn used_and_superseded() {
    let (mut portal, mut machine) = world(|_| {});
    let (first, second) = (machine.ask(now()), machine.ask(now()));
    let answer = portal.answer(&second, FIVE);
    let before = portal.ledger().entries().len();
    assert_eq!(portal.codes(&first, FIVE), ["request-superseded"]);
    let refusals = portal.decide(&second, FIVE).unwrap_err();
    assert_eq!(codes::<()>(Err(refusals.clone())), ["request-used"]);
    assert_eq!(refusals[0].earlier_answer(), Some(answer.digest));
    assert_eq!(examine(&portal.desk(), &second).earlier_answer, Some(answer.digest));
    assert_eq!(portal.ledger().entries().len(), before);
}

#[test]
fn dates() {
    let (portal, mut machine) = world(|_| {});
    let request = machine.ask(now());
    let today = now().day_start();
    let judge = |start, end| {
        let seats = vec![(id("bot-creator"), 5)];
        codes(decide_license(&portal.desk(), &request, &Choice { start, end, seats, accept_fork: false }))
    };
    let end = time("2027-06-30T23:59:59Z");
    assert_eq!(judge(today, Ceiling::Limited(end)), [""; 0]);
    assert_eq!(judge(today.minus(1), Ceiling::Limited(end)), ["start-too-early"]);
    assert_eq!(judge(today.plus(DAY), Ceiling::Limited(today.plus(HOUR * 12))), ["end-before-start"]);
    assert_eq!(judge(today, Ceiling::Limited(today.plus(HOUR))), ["end-past"]);
    assert_eq!(judge(today, Ceiling::Limited(end.plus(1))), ["end-too-late"]);
    assert_eq!(judge(today, Ceiling::Unlimited), ["duration-too-long", "end-too-late"]);
    let (portal, mut machine) = renewed(|grant| grant.longest_duration = Ceiling::Limited(30 * DAY));
    let request = machine.ask(now());
    let month = |seconds| portal.until(&today.plus(seconds).to_string(), FIVE);
    assert_eq!(codes(decide_license(&portal.desk(), &request, &month(30 * DAY))), [""; 0]);
    assert_eq!(codes(decide_license(&portal.desk(), &request, &month(30 * DAY + 1))), ["duration-too-long"]);
}

#[test]
fn quantities() {
    let (portal, mut machine) = world(|_| {});
    let request = machine.ask(now());
    let judge = |seats: &[(&str, u64)]| portal.codes(&request, seats);
    assert_eq!(judge(&[("bot-creator", 10), ("bot-runner", 20)]), [""; 0]);
    assert_eq!(judge(&[("bot-creator", 11)]), ["seats-exceed-grant"]);
    assert_eq!(judge(&[("bot-creator", u64::MAX)]), ["seats-exceed-grant"]);
    assert_eq!(judge(&[("bot-painter", 1)]), ["seat-type-unknown"]);
    assert_eq!(judge(&[("bot-creator", 1), ("bot-creator", 1)]), ["seat-type-twice"]);
    assert_eq!(judge(&[]), ["seats-none"]);
    assert_eq!(judge(&[("bot-creator", 0)]), ["seats-none"]);
}

#[test]
fn all_refusals_come_at_once() {
    let (mut portal, mut machine) = world(|_| {});
    portal.by = String::new();
    let request = machine.ask_with(now(), |request| {
        request.enablement = None;
        request.recovers = Some(Digest::of(b"old"));
    });
    let choice = Choice {
        start: now().minus(DAY),
        end: Ceiling::Unlimited,
        seats: vec![(id("bot-painter"), 1)],
        accept_fork: false,
    };
    assert_eq!(
        codes(decide_license(&portal.desk(), &request, &choice)),
        [
            "duration-too-long",
            "end-too-late",
            "name-unusable",
            "request-recovers",
            "seat-type-unknown",
            "start-too-early",
            "token-missing"
        ]
    );
}
