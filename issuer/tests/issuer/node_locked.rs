//! Node-locked licenses: activation, refresh, deactivation, reports, dead machines; and every reason against each.

use postern_issuer::*;
use postern_protocol::documents::*;
use postern_protocol::{Digest, Kind, Limits, Reader, Unverified, Verified};
use postern_testkit::*;

use crate::portal::*;

/// An account with one node-locked license: two machines, no seats, the world's features and counter.
pub(crate) fn account(change: impl FnOnce(&mut Grant)) -> Portal {
    let mut world = World::new();
    let grant = &mut world.account;
    grant.license_type = Ceiling::Limited(LicenseType::TimeLimited);
    grant.credentials = vec![Credential { key: public(&credential()), from: CredentialKind::LicenseKey }];
    grant.license_count = Ceiling::Limited(2);
    grant.approval = Approval::Right(ApprovalRight::None);
    allow(grant, &[]);
    change(grant);
    Portal::of(world)
}

/// A machine that knows its credential and nothing else.
pub(crate) fn machine(seed: u8) -> Station {
    let mut machine = Station::new(seed, Digest::of(b"no token"));
    let request = &mut machine.request;
    (request.purpose, request.enablement) = (Purpose::Activation, None);
    (request.license_id, request.account) = (None, None);
    request.credential = Some(public(&credential()));
    machine
}

impl Station {
    /// Asks for an activation.
    pub(crate) fn activate(&mut self, portal: &Portal) -> Verified<Request> {
        self.ask(portal.now)
    }

    fn activate_with(&mut self, portal: &Portal, change: impl FnOnce(&mut Request)) -> Verified<Request> {
        self.ask_with(portal.now, change)
    }

    /// Reports what was used.
    pub(crate) fn report(&mut self, portal: &Portal) -> Verified<Request> {
        let before = self.request.clone();
        self.ask(portal.now);
        (self.request.purpose, self.request.credential) = (Purpose::Sync, None);
        self.request.license_id = Some(id("cr-1"));
        let request = self.sign();
        let usage = self.request.usage;
        self.request = Request { usage, ..before };
        request
    }

    /// Gives the license back.
    pub(crate) fn give_back(&mut self, portal: &Portal) -> Verified<Deactivation> {
        self.deactivation(portal, |_| {})
    }

    fn deactivation(&mut self, portal: &Portal, change: impl FnOnce(&mut Deactivation)) -> Verified<Deactivation> {
        self.request.usage.count += 1;
        self.request.usage.head = Digest::of(&self.request.usage.count.to_be_bytes());
        let request = &self.request;
        let mut given_back = Deactivation {
            kind: Kind::Deactivation,
            version: Version,
            product: id("automation"),
            account: id("acme"),
            license_id: id("cr-1"),
            device: request.device,
            activation: request.activation.clone(),
            license: request.installed.license.unwrap_or_else(|| Digest::of(b"never issued")),
            sequence: request.installed.sequence,
            usage: request.usage,
            consumption: request.consumption.clone(),
            variables: vec![Variable { name: id("line"), value: "7".into() }],
            ledgers: request.ledgers.clone(),
            deactivated_at: portal.now,
            extensions: vec![],
        };
        change(&mut given_back);
        Unverified::new(sign(&given_back, &[&self.key])).unwrap().verify_by_named_signers(&Limits::DEFAULT).unwrap()
    }

    /// The activation is over; the next request begins another.
    pub(crate) fn begin_again(&mut self, activation: &str) {
        self.request.installed.license = None;
        self.request.activation = id(activation);
        self.end_cycle();
    }
}

impl Portal {
    /// Decides an activation with what is offered by default.
    pub(crate) fn activation(&self, request: &Verified<Request>) -> Result<Decision, Vec<Refusal>> {
        let desk = self.desk();
        decide_license(&desk, request, &examine(&desk, request).default_choice())
    }

    pub(crate) fn license_of(outcome: &Outcome) -> Answer {
        let trust = World::new().trust_state();
        let reader = Reader { trust: &trust, revocations: &[], limits: Limits::DEFAULT };
        let read = reader.file::<License>(&outcome.file.as_ref().unwrap().to_bytes()).unwrap();
        Answer { digest: read.document.digest(), license: read.document.get().clone() }
    }

    /// Activates a machine, which installs the answer.
    pub(crate) fn activated(&mut self, seed: u8) -> Station {
        let mut machine = machine(seed);
        let request = machine.activate(self);
        let decision = self.activation(&request).unwrap();
        let outcome = self.carry_out(decision);
        machine.install(&Self::license_of(&outcome));
        machine
    }

    pub(crate) fn refreshed(&mut self, machine: &Station, move_base: bool) -> Answer {
        let decision = decide_refresh(&self.desk(), &machine.public(), move_base).unwrap();
        let outcome = self.carry_out(decision);
        Self::license_of(&outcome)
    }

    pub(crate) fn live(&self) -> usize {
        overview(&self.desk()).machines.len()
    }
}

#[test]
fn a_machine_that_knows_only_its_credential_is_activated() {
    let mut portal = account(|_| {});
    let mut machine = machine(30);
    let request = machine.activate(&portal);
    let subject = public(&portal.world.portal_key);
    let chain = find_chain(&portal.bundle, subject, &request).unwrap();
    assert_eq!(chain.leaf().digest(), portal.chain.leaf().digest());
    let decision = portal.activation(&request).unwrap();
    let outcome = portal.carry_out(decision);
    assert_eq!(outcome.file_name, "license.lic");
    let license = Portal::license_of(&outcome).license;
    assert_eq!((license.license_id, license.license_type), (id("cr-1"), LicenseType::TimeLimited));
    assert_eq!((license.activation, license.request), (request.activation.clone(), Some(request.digest())));
    let unknown = Request { credential: Some(public(&key(91))), ..request.get().clone() };
    assert!(find_chain(&portal.bundle, subject, &unknown).is_none());
}

#[test]
fn the_same_machine_may_ask_again_and_counts_once() {
    let mut portal = account(|grant| grant.license_count = Ceiling::Limited(1));
    let mut machine = portal.activated(30);
    let request = machine.activate(&portal);
    let decision = portal.activation(&request).unwrap();
    let again = portal.carry_out(decision);
    let license = Portal::license_of(&again).license;
    assert_eq!((license.sequence, &license.activation), (2, &request.activation));
    assert_eq!(portal.live(), 1);
    assert_eq!(codes(portal.activation(&request)), ["request-used"]);
    let mut other = self::machine(31);
    assert_eq!(codes(portal.activation(&other.activate(&portal))), ["machines-too-many"]);
}

#[test]
fn what_is_no_activation_under_this_license_is_refused() {
    let portal = account(|_| {});
    let mut machine = machine(30);
    let none = machine.activate_with(&portal, |request| {
        (request.credential, request.license_id) = (None, Some(id("cr-1")));
    });
    assert_eq!(codes(portal.activation(&none)), ["credential-missing"]);
    let lfr = machine.activate_with(&portal, |request| {
        (request.purpose, request.license_id) = (Purpose::Lfr, Some(id("cr-1")));
    });
    assert_eq!(codes(portal.activation(&lfr)), ["request-purpose"]);
    let other = account(|grant| grant.credentials[0].key = public(&key(92)));
    assert_eq!(codes(other.activation(&machine.activate(&portal))), ["credential-unknown"]);
    let off = account(|grant| grant.allow_offline_activation = false);
    assert_eq!(codes(off.activation(&machine.activate(&portal))), ["offline-not-allowed"]);
    let paid = account(|grant| grant.license_type = Ceiling::Limited(LicenseType::Subscription));
    assert_eq!(codes(paid.activation(&machine.activate(&portal))), ["subscription-offline"]);
    let open = account(|grant| grant.installations = Ceiling::Unlimited);
    assert_eq!(codes(open.activation(&machine.activate(&portal))), ["license-id-missing"]);
    let installation = Portal::new();
    let asked = machine.activate_with(&portal, |request| request.license_id = Some(id("cr-1")));
    assert_eq!(codes(installation.activation(&asked)), ["request-purpose", "token-missing"]);
}

#[test]
fn a_deactivation_frees_the_machine_s_place_once() {
    let mut portal = account(|grant| grant.license_count = Ceiling::Limited(1));
    let mut machine = portal.activated(30);
    machine.request.consumption = vec![Counted { counter: id("pages"), total: 40 }];
    let given_back = machine.give_back(&portal);
    let decision = decide_settlement(&portal.desk(), &given_back).unwrap();
    let receipt = decision.receipt().unwrap().clone();
    assert_eq!(receipt.consumption, [Counted { counter: id("pages"), total: 40 }]);
    let outcome = portal.carry_out(decision);
    assert_eq!(outcome.file_name, "deactivation.receipt");
    assert_eq!((portal.live(), overview(&portal.desk()).consumption[0].total), (0, 40));
    let entry = portal.ledger().entries().last().unwrap();
    let Event::Settled { variables, receipt, .. } = &entry.event else { panic!("{entry:?}") };
    assert_eq!((variables.len(), Some(*receipt)), (1, outcome.document));

    let again = decide_settlement(&portal.desk(), &given_back).unwrap_err();
    assert_eq!(again, [Refusal::Settled { receipt: outcome.document.unwrap() }]);
    assert_eq!(again[0].earlier_answer(), outcome.document);
    let other = machine.give_back(&portal);
    assert_eq!(codes(decide_settlement(&portal.desk(), &other)), ["activation-closed"]);
    assert_eq!(codes(portal.activation(&machine.activate(&portal))), ["activation-closed"]);

    portal.activated(31);
    machine.begin_again("the-next-life");
    assert_eq!(codes(portal.activation(&machine.activate(&portal))), ["machines-too-many"]);
}

#[test]
fn a_deactivation_that_is_not_ours_or_not_the_newest_is_refused() {
    let mut portal = account(|_| {});
    let mut machine = portal.activated(30);
    let refused = |portal: &Portal, given_back| codes(decide_settlement(&portal.desk(), &given_back));
    let foreign = machine.deactivation(&portal, |one| one.account = id("other"));
    assert_eq!(refused(&portal, foreign), ["account-other"]);
    let product = machine.deactivation(&portal, |one| one.product = id("other"));
    assert_eq!(refused(&portal, product), ["product-other"]);
    let license = machine.deactivation(&portal, |one| one.license = Digest::of(b"never issued"));
    assert_eq!(refused(&portal, license), ["deactivation-unknown", "ledger-stale"]);
    let activation = machine.deactivation(&portal, |one| one.activation = id("another"));
    assert_eq!(refused(&portal, activation), ["deactivation-unknown"]);
    let stranger = self::machine(77).deactivation(&portal, |_| {});
    assert_eq!(refused(&portal, stranger), ["deactivation-unknown", "ledger-stale"]);

    let early = machine.give_back(&portal);
    let report = machine.report(&portal);
    let decision = decide_sync(&portal.desk(), &report).unwrap();
    portal.carry_out(decision);
    assert_eq!(refused(&portal, early), ["usage-older"]);
    let fork = machine.deactivation(&portal, |one| one.usage.genesis = Digest::of(b"another chain"));
    assert_eq!(refused(&portal, fork), ["machine-rolled-back"]);
}

#[test]
fn a_report_is_recorded_once_and_never_backwards() {
    let mut portal = account(|_| {});
    let mut machine = portal.activated(30);
    let tells = |machine: &mut Station, total| {
        machine.request.consumption = vec![Counted { counter: id("pages"), total }];
    };
    tells(&mut machine, 7);
    let first = machine.report(&portal);
    tells(&mut machine, 12);
    let second = machine.report(&portal);
    let decision = decide_sync(&portal.desk(), &second).unwrap();
    assert!(portal.carry_out(decision).file.is_none());
    assert_eq!(overview(&portal.desk()).consumption, [Counted { counter: id("pages"), total: 12 }]);
    assert_eq!(codes(decide_sync(&portal.desk(), &first)), ["usage-older"]);
    assert_eq!(codes(decide_sync(&portal.desk(), &second)), ["report-recorded"]);
    let stranger = self::machine(77).report(&portal);
    assert_eq!(codes(decide_sync(&portal.desk(), &stranger)), ["machine-unknown"]);
    assert_eq!(codes(decide_sync(&portal.desk(), &machine.activate(&portal))), ["request-purpose"]);
    let license = Portal::license_of(&{
        let decision = portal.activation(&machine.activate(&portal)).unwrap();
        portal.carry_out(decision)
    });
    assert!(license.license.acknowledged.contains(&second.usage));
}

#[test]
fn a_refresh_carries_what_the_entitlement_allows_now() {
    let mut portal = account(|_| {});
    let machine = portal.activated(30);
    portal.now = now().plus(10 * DAY);
    portal.renew(|grant| {
        grant.features = Ceiling::Limited(vec![Feature { name: id("api-tasks"), value: FeatureValue::Number(90) }]);
        grant.run_until = Ceiling::Limited(time("2027-03-31T23:59:59Z"));
    });
    let decision = decide_refresh(&portal.desk(), &machine.public(), false).unwrap();
    assert_eq!(decision.before_after().end_before, Some(Ceiling::Limited(time("2027-06-30T23:59:59Z"))));
    assert_eq!(decision.before_after().end_after, Some(Ceiling::Limited(time("2027-03-31T23:59:59Z"))));
    let outcome = portal.carry_out(decision);
    assert_eq!(outcome.file_name, "license_refresh.lic");
    let license = Portal::license_of(&outcome).license;
    assert_eq!(license.features[0].value, FeatureValue::Number(90));
    assert_eq!((license.request, license.sequence), (None, 2));
    assert_eq!((&license.activation, license.starts_at), (&machine.request.activation, now().day_start()));
    assert_eq!(license.fingerprint, FingerprintPolicy { parts: vec![], required: 0 });
    assert_eq!(license.acknowledged, [machine.request.usage]);
}

#[test]
fn a_refresh_may_move_the_consumption_base_and_later_answers_keep_to_it() {
    let mut portal = account(|_| {});
    let mut machine = portal.activated(30);
    machine.request.consumption = vec![Counted { counter: id("pages"), total: 600 }];
    let report = machine.report(&portal);
    let decision = decide_sync(&portal.desk(), &report).unwrap();
    portal.carry_out(decision);
    let base = |answer: &Answer| answer.license.consumption_base[0].total;
    assert_eq!(base(&portal.refreshed(&machine, false)), 0);
    portal.now = now().plus(DAY);
    let moved = portal.refreshed(&machine, true);
    assert_eq!((base(&moved), moved.license.consumption_base[0].since), (600, portal.now));
    assert_eq!(base(&portal.refreshed(&machine, false)), 600);
    machine.install(&moved);
    let request = machine.activate(&portal);
    let decision = portal.activation(&request).unwrap();
    assert_eq!(decision.license().unwrap().consumption_base[0].total, 600);
}

#[test]
fn a_refresh_that_may_be_installed_still_counts() {
    let mut portal = account(|grant| allow(grant, &[seats("bot-creator", 10)]));
    let mut machine = portal.activated(30);
    let wide = portal.refreshed(&machine, false);
    assert_eq!(wide.license.allocation[0].at(now()), 10);
    // The machine asks before it has seen the refresh, and is cut; the refresh could be installed all the same.
    let request = machine.activate(&portal);
    let mut choice = examine(&portal.desk(), &request).default_choice();
    choice.seats = vec![(id("bot-creator"), 1)];
    let decision = decide_license(&portal.desk(), &request, &choice).unwrap();
    let cut = Portal::license_of(&portal.carry_out(decision));
    assert_eq!(cut.license.sequence, wide.license.sequence);
    let held = |portal: &Portal| overview(&portal.desk()).machines[0].seats[0].1;
    assert_eq!(held(&portal), 10);
    machine.install(&cut);
    let report = machine.report(&portal);
    let decision = decide_sync(&portal.desk(), &report).unwrap();
    portal.carry_out(decision);
    assert_eq!(held(&portal), 1);
}

#[test]
fn a_refresh_is_refused_where_there_is_nothing_to_refresh() {
    let mut portal = account(|_| {});
    let mut machine = portal.activated(30);
    let refused = |portal: &Portal, seed| codes(decide_refresh(&portal.desk(), &public(&key(seed)), false));
    assert_eq!(refused(&portal, 77), ["machine-unknown"]);
    portal.renew(|grant| grant.rights.refresh = false);
    assert_eq!(refused(&portal, 30), ["right-missing"]);
    portal.renew(|grant| {
        grant.rights.refresh = true;
        grant.license_type = Ceiling::Limited(LicenseType::Subscription);
    });
    assert_eq!(refused(&portal, 30), ["subscription-offline"]);
    portal.renew(|grant| grant.license_type = Ceiling::Limited(LicenseType::TimeLimited));
    portal.renew(|grant| grant.run_until = Ceiling::Limited(now().day_start()));
    portal.now = now().plus(DAY);
    assert_eq!(refused(&portal, 30), ["end-past"]);
    portal.renew(|grant| grant.run_until = Ceiling::Limited(time("2027-06-30T23:59:59Z")));
    let given_back = machine.give_back(&portal);
    let decision = decide_settlement(&portal.desk(), &given_back).unwrap();
    portal.carry_out(decision);
    assert_eq!(refused(&portal, 30), ["machine-holds-nothing"]);
    // What an administrator allocated to an installation is not widened behind their back.
    let mut installation = Portal::new();
    let mut control_room = installation.machine(31);
    let request = control_room.ask(now());
    installation.answer(&request, &[("bot-creator", 2)]);
    assert_eq!(refused(&installation, 31), ["refresh-installation"]);
}

#[test]
fn a_dead_machine_is_released_within_quota_and_cooldown_and_gets_no_more_files() {
    let mut portal = account(|grant| grant.license_count = Ceiling::Limited(3));
    let mut machine = portal.activated(30);
    let (second, third) = (portal.activated(31), portal.activated(32));
    let release =
        |portal: &Portal, machine: &Station, reason: &str| decide_release(&portal.desk(), &machine.public(), reason);
    assert_eq!(codes(release(&portal, &machine, " ")), ["reason-unusable"]);
    assert_eq!(codes(decide_release(&portal.desk(), &public(&key(77)), "burnt")), ["machine-unknown"]);
    let decision = release(&portal, &machine, "burnt").unwrap();
    portal.carry_out(decision);
    assert_eq!(portal.live(), 2);
    assert_eq!(codes(release(&portal, &second, "burnt")), ["release-too-soon"]);
    let early = machine.activate(&portal);
    assert_eq!(codes(portal.activation(&early)), ["activation-closed", "machine-released"]);
    assert_eq!(codes(decide_refresh(&portal.desk(), &machine.public(), false)), ["machine-released"]);
    let late = machine.give_back(&portal);
    assert_eq!(codes(decide_settlement(&portal.desk(), &late)), ["activation-closed", "machine-released"]);
    assert_eq!(portal.refreshed(&second, false).license.tombstones[0].device, machine.public());
    portal.now = now().plus(2 * DAY);
    assert_eq!(codes(release(&portal, &machine, "burnt")), ["machine-released"]);
    let decision = release(&portal, &second, "stolen").unwrap();
    portal.carry_out(decision);
    portal.now = now().plus(4 * DAY);
    assert_eq!(codes(release(&portal, &third, "burnt")), ["releases-spent"]);
}

#[test]
fn what_is_revoked_gets_nothing_and_can_still_be_given_back() {
    let mut portal = account(|_| {});
    let mut machine = portal.activated(30);
    let ops = &portal.world.ops_key;
    let issuer = Grantor::Key(public(ops));
    let grant = Target::Grant { grantor: issuer, id: id("acme-1") };
    for (target, given_back) in [(Target::Device(machine.public()), vec![]), (grant, vec!["grant-suspended"])] {
        let list = crate::refusals::revocations(&portal.world, &portal.world.ops_key, issuer, 1, Some(target));
        portal.revocations = vec![list];
        assert_eq!(codes(portal.activation(&machine.activate(&portal))), ["grant-suspended"]);
        assert_eq!(codes(decide_refresh(&portal.desk(), &machine.public(), false)), ["grant-suspended"]);
        let back = machine.give_back(&portal);
        assert_eq!(codes(decide_settlement(&portal.desk(), &back)), given_back);
    }
}

#[test]
fn another_administrator_goes_on_with_the_ledger() {
    let mut portal = account(|_| {});
    portal.by = "B. Deputy".into();
    let decision = decide_take_over(&portal.desk(), None).unwrap();
    portal.carry_out(decision);
    let entry = portal.ledger().entries().last().unwrap();
    assert_eq!(entry.by, "B. Deputy");
    assert_eq!(entry.event, Event::TakenOver { grant: portal.chain.leaf().digest() });
    assert_eq!(codes(decide_take_over(&Desk { ledger: None, ..portal.desk() }, None)), ["ledger-missing"]);
}
