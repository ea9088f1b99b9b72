//! What is in a license and its entry, and that nothing leaves unverified.

use postern_issuer::*;
use postern_protocol::documents::*;
use postern_protocol::{Digest, Explain, Id, Limits, PublicKey, Reader};
use postern_testkit::*;

use crate::portal::*;

const SEATS: &[(&str, u64)] = &[("bot-creator", 5), ("bot-runner", 12)];

fn one() -> (Portal, Station) {
    let mut portal = Portal::new();
    let machine = portal.machine(30);
    (portal, machine)
}

#[test]
fn the_license_says_what_was_decided() {
    let (mut portal, mut machine) = one();
    let parts =
        ["disk", "mac", "machine-id"].map(|part| FingerprintPart { part: id(part), hmac: Digest::of(part.as_bytes()) });
    machine.request.fingerprint = parts.to_vec();
    let request = machine.ask(now());
    let next = portal.ledger().next();
    let answer = portal.answer(&request, SEATS);
    let (license, grant) = (&answer.license, &portal.world.account);
    assert_eq!(license.request, Some(request.digest()));
    assert_eq!(license.device, request.device);
    assert_eq!(license.activation, request.activation);
    assert_eq!(license.sequence, 1);
    assert_eq!(license.grant, portal.chain.leaf().digest());
    assert_eq!((&license.account, &license.license_id), (&id("acme"), &id("cr-1")));
    assert_eq!(license.license_type, LicenseType::OnPremises);
    assert_eq!((license.fingerprint.parts.as_slice(), license.fingerprint.required), (parts.as_slice(), 2));
    let from = now().day_start().to_string();
    assert_eq!(license.allocation, [stages("bot-creator", &[(&from, 5)]), stages("bot-runner", &[(&from, 12)])]);
    assert_eq!(Ceiling::Limited(license.features.clone()), grant.features);
    assert_eq!(Ceiling::Limited(license.consumption.clone()), grant.consumption);
    assert_eq!(license.consumption_base, [ConsumptionBase { counter: id("pages"), total: 0, since: now() }]);
    assert_eq!((license.starts_at, license.issued_at), (now().day_start(), now()));
    assert_eq!(license.install_before, now().plus(48 * HOUR));
    assert_eq!(
        (license.longest_session, license.cycle, license.expiry),
        (grant.longest_session, grant.cycle, grant.expiry)
    );
    assert_eq!(license.acknowledged, [request.usage]);
    assert_eq!(license.ledger, next);
    let entry = portal.ledger().entries().last().unwrap();
    let Event::Issued(issued) = &entry.event else { panic!("{entry:?}") };
    assert_eq!((entry.place, entry.at, entry.by.as_str()), (next, now(), "A. Administrator"));
    assert_eq!((issued.license, issued.request), (answer.digest, Some(request.digest())));
    assert_eq!((issued.enablement, issued.proved), (request.enablement, Some(request.installed)));
    assert_eq!((issued.cycle, issued.usage), (Some(request.cycle), Some(request.usage)));
    assert_eq!(issued.usable_until, Ceiling::Limited(time("2027-06-30T23:59:59Z").plus(21 * DAY)));
    assert_eq!(issued.allocation, license.allocation);
}

#[test]
fn installing_ends_with_the_first_of_three_windows() {
    let (mut portal, mut machine) = one();
    machine.ask(now());
    portal.now = now().plus(6 * DAY);
    let by_cycle = portal.answer(&machine.ask(portal.now), SEATS);
    assert_eq!(by_cycle.license.install_before, now().plus(7 * DAY));
    let mut world = World::new();
    world.account.issue_until = now();
    world.account.cycle.request_window = 20 * DAY;
    world.account.cycle.cycle_window = 20 * DAY;
    world.ops.cycle = world.account.cycle;
    let mut portal = Portal::of(world);
    let mut machine = portal.machine(30);
    let by_grant = portal.answer(&machine.ask(now()), SEATS);
    assert_eq!(by_grant.license.install_before, now().plus(7 * DAY));
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let (portal, mut machine) = one();
    let request = machine.ask(now());
    let messages = |seats: &[(&str, u64)]| portal.decide(&request, seats).unwrap().prepare().messages();
    assert_eq!(messages(SEATS), messages(SEATS));
    // The order of a choice, and seats of which none were chosen, are no difference.
    assert_eq!(messages(SEATS), messages(&[("bot-runner", 12), ("bot-creator", 5)]));
    assert_eq!(messages(&[("bot-creator", 5)]), messages(&[("bot-runner", 0), ("bot-creator", 5)]));
    assert_ne!(messages(SEATS), messages(&[("bot-creator", 5), ("bot-runner", 11)]));
    let (twin, _) = one();
    assert_eq!(
        twin.decide(&request, SEATS).unwrap().prepare().messages(),
        portal.decide(&request, SEATS).unwrap().prepare().messages()
    );
}

#[test]
fn a_renewal_goes_on_and_says_what_changes() {
    let (mut portal, mut machine) = one();
    let first = portal.answer(&machine.ask(now()), &[("bot-creator", 5)]);
    machine.install(&first);
    portal.now = now().plus(30 * DAY);
    let request = machine.ask(portal.now);
    let decision = portal.decide(&request, &[("bot-runner", 3)]).unwrap();
    let change = decision.before_after().clone();
    assert_eq!(
        change.seats,
        [
            SeatChange { seat_type: id("bot-creator"), before: 5, after: 0 },
            SeatChange { seat_type: id("bot-runner"), before: 0, after: 3 },
        ]
    );
    assert_eq!(change.end_before, Some(first.license.ends_at));
    assert_eq!(decision.license().unwrap().sequence, 2);
    assert_eq!(decision.license().unwrap().acknowledged.len(), 2);
}

#[test]
fn eight_checkpoints_are_acknowledged_oldest_first() {
    let (mut portal, mut machine) = one();
    let mut all = Vec::new();
    for _ in 0..10 {
        let request = machine.ask(now());
        all.push(request.usage);
        let answer = portal.answer(&request, SEATS);
        assert_eq!(answer.license.acknowledged, all[all.len().saturating_sub(8)..]);
        machine.install(&answer);
    }
}

#[test]
fn consumption_never_falls_and_its_base_moves_once_a_period() {
    let (mut portal, mut machine) = one();
    let pages = |total| vec![Counted { counter: id("pages"), total }];
    let mut tell = |day: u64, total| {
        portal.now = now().plus(day * DAY);
        machine.request.consumption = pages(total);
        let answer = portal.answer(&machine.ask(portal.now), SEATS);
        machine.install(&answer);
        let Event::Issued(issued) = &portal.ledger().entries().last().unwrap().event else { panic!() };
        (issued.consumption.clone(), answer.license.consumption_base[0].clone())
    };
    let base = |total, day: u64| ConsumptionBase { counter: id("pages"), total, since: now().plus(day * DAY) };
    assert_eq!(tell(0, 0), (pages(0), base(0, 0)));
    assert_eq!(tell(10, 700), (pages(700), base(0, 0)));
    assert_eq!(tell(29, 600), (pages(700), base(0, 0)));
    assert_eq!(tell(30, 900), (pages(900), base(900, 30)));
    assert_eq!(tell(31, 950), (pages(950), base(900, 30)));
    assert_eq!(tell(75, 990), (pages(990), base(990, 75)));
}

#[test]
fn the_file_brings_the_root_versions_that_the_machine_lacks_and_the_newest_revocations() {
    let mut world = World::new();
    let first = world.trust_envelope();
    let (old, new) = (key(1), key(2));
    world.trust.number = 2;
    world.trust.keys = vec![public(&new)];
    let second = sign(&world.trust, &[&old, &new]);
    world.roots = vec![new];
    let begun = postern_protocol::TrustState::begin(first.clone(), &Limits::DEFAULT).unwrap();
    let trust = begun.advance(std::slice::from_ref(&second), &Limits::DEFAULT).unwrap();
    let mut file = world.bundle_file();
    let document = file.documents.pop().unwrap();
    let mut bundle: Bundle = portal_bundle(&world, &document);
    file.trust = vec![first, second.clone()];
    (bundle.count, bundle.merkle_root) = postern_protocol::bundle_file::contents(&file);
    file.documents.push(sign(&bundle, &[&world.ops_key]));
    let bundle = postern_protocol::bundle_file::verify_bundle(&file.to_bytes(), &trust, &Limits::DEFAULT).unwrap();
    let chain = chain_for(&bundle, public(&world.portal_key), &id("cr-1")).unwrap();
    let mut portal = Portal::without_ledger(world);
    (portal.bundle, portal.chain) = (bundle, chain);
    let begun_ledger = begin_ledger(&portal.desk()).unwrap();
    portal.carry_out(begun_ledger);
    let mut machine = portal.machine(30);
    for (version, brings) in [(1, vec![second.digest()]), (2, vec![])] {
        machine.request.trust_number = version;
        let request = machine.ask(now());
        let decision = portal.decide(&request, SEATS).unwrap();
        let file = finish(decision, &portal.world.portal_key).unwrap().file.unwrap();
        assert_eq!(file.trust.iter().map(|trust| trust.digest()).collect::<Vec<_>>(), brings);
    }
    let reader = Reader { trust: &begun, revocations: &[], limits: Limits::DEFAULT };
    machine.request.trust_number = 1;
    let decision = portal.decide(&machine.ask(now()), SEATS).unwrap();
    let outcome = finish(decision, &portal.world.portal_key).unwrap();
    let read = reader.file::<License>(&outcome.file.unwrap().to_bytes()).unwrap();
    assert_eq!(read.chain.trust().current().number, 2);
}

fn portal_bundle(world: &World, document: &postern_protocol::Envelope) -> Bundle {
    let unverified = postern_protocol::Unverified::<Bundle>::new(document.clone()).unwrap();
    unverified.verify(&public(&world.ops_key).import().unwrap(), &Limits::DEFAULT).unwrap().get().clone()
}

#[test]
fn nothing_leaves_that_another_key_signed() {
    let (portal, mut machine) = one();
    let decision = portal.decide(&machine.ask(now()), SEATS).unwrap();
    let error = finish(decision.clone(), &key(21)).unwrap_err();
    assert_eq!(error.code(), "finish-other-key");
    let preparation = decision.clone().prepare();
    let signature = portal.world.portal_key.sign(&preparation.messages()[0]);
    assert_eq!(preparation.finish(&[signature]).unwrap_err().code(), "finish-signature-count");
    // Each signature over the other's message.
    let preparation = decision.prepare();
    let mut signatures: Vec<_> =
        preparation.messages().iter().map(|message| portal.world.portal_key.sign(message)).collect();
    signatures.reverse();
    assert_eq!(preparation.finish(&signatures).unwrap_err().code(), "finish-other-key");
}

#[test]
fn a_token_is_read_back_and_recorded() {
    let mut portal = Portal::new();
    let decision = decide_token(&portal.desk(), &id("cr-1"), Id::from_entropy([7; 16])).unwrap();
    assert_eq!(decision.before_after(), &Change::default());
    let outcome = portal.carry_out(decision);
    assert_eq!(outcome.file_name, "enablement.token");
    let trust = portal.world.trust_state();
    let read = portal.world.reader(&trust).file::<Enablement>(&outcome.file.unwrap().to_bytes()).unwrap();
    assert_eq!(read.document.expires_at(), now().plus(DAY));
    assert_eq!(Some(read.document.digest()), outcome.document);
    let Event::TokenMade { token, id, .. } = &portal.ledger().entries()[1].event else { panic!() };
    assert_eq!((Some(*token), id.as_str()), (outcome.document, "07070707070707070707070707070707"));
}

#[test]
fn dates_of_picked_days() {
    let (mut portal, mut machine) = one();
    portal.renew(|grant| {
        grant.issue_from = now().minus(HOUR);
        grant.run_until = Ceiling::Limited(time("2027-06-30T12:00:00Z"));
    });
    let examination = examine(&portal.desk(), &machine.ask(now()));
    assert_eq!(examination.start_min, now().minus(HOUR));
    assert_eq!(examination.end_max, Ceiling::Limited(time("2027-06-30T12:00:00Z")));
    assert!(!examination.may_be_endless());
    assert_eq!(examination.start_on(now()), now().minus(HOUR));
    assert_eq!(examination.start_on(now().plus(DAY)), now().plus(DAY).day_start());
    assert_eq!(examination.start_on(now().minus(DAY)), now().minus(DAY).day_start());
    let start = examination.start_min;
    assert_eq!(examination.end_on(start, time("2027-06-30T00:00:00Z")), time("2027-06-30T12:00:00Z"));
    assert_eq!(examination.end_on(start, time("2027-06-29T00:00:00Z")), time("2027-06-29T23:59:59Z"));
}

#[test]
fn an_endless_entitlement_gives_endless_licenses() {
    let mut world = World::new();
    (world.account.run_until, world.account.longest_duration) = (Ceiling::Unlimited, Ceiling::Unlimited);
    let mut portal = Portal::of(world);
    let mut machine = portal.machine(30);
    let request = machine.ask(now());
    let examination = examine(&portal.desk(), &request);
    assert!(examination.may_be_endless());
    let choice = Choice { end: Ceiling::Unlimited, ..portal.until("2027-01-01T00:00:00Z", SEATS) };
    let answer = portal.answer_with(&request, &choice);
    assert_eq!(answer.license.ends_at, Ceiling::Unlimited);
}

#[test]
fn license_ids_find_their_grant() {
    let world = World::new();
    let bundle = world.bundle();
    let subject = public(&world.portal_key);
    assert!(chain_for(&bundle, subject, &id("cr-1")).is_some());
    assert!(chain_for(&bundle, subject, &id("cr-9")).is_none());
    let stranger: PublicKey = public(&key(99));
    assert!(chain_for(&bundle, stranger, &id("cr-1")).is_none());
    let newer = {
        let mut newer = World::new();
        newer.account.serial = 2;
        newer
    };
    let both = bundle_of(&world, |file, _| file.grants.push(newer.account_envelope()));
    assert_eq!(chain_for(&both, subject, &id("cr-1")).unwrap().leaf().serial, 2);
    assert_eq!(chains_of(&both, subject).len(), 1);
}
