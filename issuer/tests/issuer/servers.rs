//! Child license servers: made, changed, cut, suspended; what they have counts against their parent; grandchildren.

use postern_issuer::*;
use postern_protocol::documents::*;
use postern_protocol::{Explain, Limits, SecretKey, bundle_file};
use postern_testkit::*;

use crate::portal::*;

/// An account that may make license servers of its own, three deep.
fn parent() -> Portal {
    let mut world = World::new();
    world.account.rights.delegate = 3;
    Portal::of(world)
}

/// A reseller: any account, any license id, may approve.
fn reseller() -> Portal {
    let mut world = World::new();
    let grant = &mut world.account;
    grant.rights.delegate = 3;
    (grant.account, grant.license_type, grant.installations) =
        (Ceiling::Unlimited, Ceiling::Unlimited, Ceiling::Unlimited);
    grant.approval = Approval::Right(ApprovalRight::MayApprove);
    Portal::of(world)
}

/// A child with 6 creators and 8 runners, three machines.
fn terms(key: &SecretKey) -> ServerTerms {
    ServerTerms {
        id: id("works"),
        client_name: "Works Ltd".into(),
        url: "https://licensing.example/portal".into(),
        suppress_pings: false,
        contact: "Reseller, +44 20 0000".into(),
        subject: public(key),
        delegate: 0,
        allowances: vec![seats("bot-creator", 6), seats("bot-runner", 8)],
        license_ids: vec![],
        issue_until: time("2027-03-31T23:59:59Z"),
        run_until: Ceiling::Limited(time("2027-03-31T23:59:59Z")),
        longest_session: Ceiling::Limited(3600),
        license_count: Ceiling::Limited(3),
        releases: 1,
        clock_repairs: 1,
        approval: Some(("Air-gapped works".into(), "R. Reviewer".into())),
    }
}

fn decide(portal: &Portal, terms: &ServerTerms) -> Result<Decision, Vec<Refusal>> {
    decide_server(&portal.desk(), terms, InstalledEffect::Keep)
}

impl Portal {
    /// Makes or changes a child; returns its portal without a ledger.
    fn give(&mut self, terms: &ServerTerms, key: SecretKey) -> Portal {
        let decision = decide(self, terms).unwrap();
        let outcome = self.carry_out(decision);
        self.child(&outcome, key)
    }

    /// The portal that loads the bundle of an outcome.
    fn child(&self, outcome: &Outcome, key: SecretKey) -> Portal {
        let bytes = outcome.file.as_ref().unwrap().to_bytes();
        let bundle = bundle_file::verify_bundle(&bytes, &self.world.trust_state(), &Limits::DEFAULT).unwrap();
        let chain = chains_of(&bundle, public(&key)).remove(0);
        let world = World { portal_key: key, ..World::new() };
        Portal { world, bundle, chain, ledger: None, revocations: vec![], by: "C. Client".into(), now: self.now }
    }

    fn begun(mut self) -> Portal {
        let begun = begin_ledger(&self.desk()).unwrap();
        self.carry_out(begun);
        self
    }

    /// The same portal with a newer bundle.
    fn renewed(self, newer: Portal) -> Portal {
        Portal { bundle: newer.bundle, chain: newer.chain, now: newer.now, ..self }
    }

    fn exported(&self) -> Vec<u8> {
        self.ledger().to_file(&self.bundle, &self.chain).to_bytes()
    }

    fn shows(&mut self, child: &Portal) {
        let decision = decide_child_ledger(&self.desk(), &child.exported()).unwrap();
        self.carry_out(decision);
    }

    fn child_machine(&mut self, seed: u8, license_id: &str) -> Station {
        let decision = decide_token(&self.desk(), &id(license_id), id(&format!("token-{seed}"))).unwrap();
        let token = self.carry_out(decision).document.unwrap();
        let mut machine = Station::new(seed, token);
        machine.request.license_id = Some(id(license_id));
        machine.request.account = Some(self.bundle.bundle.account.clone());
        machine
    }
}

#[test]
fn a_childs_portal_works_at_once() {
    let mut parent = reseller();
    let mut child = parent.give(&terms(&key(40)), key(40)).begun();
    let bundle = child.bundle.bundle.get();
    assert_eq!(
        (bundle.account.as_str(), bundle.serial, bundle.contact.as_str()),
        ("works", 1, "Reseller, +44 20 0000")
    );
    assert_eq!(bundle.labels[0].text, "Works Ltd");
    assert_eq!(child.chain.grants().len(), 3);
    let mut machine = child.child_machine(41, "works");
    let request = machine.ask(child.now);
    let choice = Choice {
        end: Ceiling::Limited(time("2027-03-31T23:59:59Z")),
        ..child.until("2027-03-31T23:59:59Z", &[("bot-creator", 6)])
    };
    let answer = child.answer_with(&request, &choice);
    assert_eq!(answer.license.license_type, LicenseType::Server);
    assert_eq!(answer.license.longest_session, Ceiling::Limited(3600));
    // Beyond what it was given there is nothing.
    let mut other = child.child_machine(42, "works");
    let choice = child.until("2027-03-31T23:59:59Z", &[("bot-creator", 1)]);
    assert_eq!(codes(decide_license(&child.desk(), &other.ask(child.now), &choice)), ["seats-exceed-free"]);
}

#[test]
fn grandchildren_three_deep() {
    let mut top = reseller();
    let oem = ServerTerms { delegate: 2, approval: None, ..terms(&key(40)) };
    let mut child = top.give(&oem, key(40)).begun();
    // A server that makes servers of its own has accounts and license ids of any name, and no machines.
    assert_eq!(child.chain.leaf().account, Ceiling::Unlimited);
    let below = ServerTerms {
        id: id("site"),
        delegate: 1,
        approval: None,
        allowances: vec![seats("bot-creator", 4)],
        ..terms(&key(41))
    };
    let mut grandchild = child.give(&ServerTerms { license_count: Ceiling::Limited(2), ..below }, key(41)).begun();
    let last = ServerTerms {
        id: id("hall"),
        allowances: vec![seats("bot-creator", 3)],
        license_count: Ceiling::Limited(1),
        ..terms(&key(42))
    };
    let mut hall = grandchild.give(&last, key(42)).begun();
    assert_eq!(hall.chain.grants().len(), 5);
    let mut machine = hall.child_machine(43, "hall");
    let choice = hall.until("2027-03-31T23:59:59Z", &[("bot-creator", 3)]);
    let answer = hall.answer_with(&machine.ask(hall.now), &choice);
    assert_eq!(answer.license.account, id("hall"));
    // The last one may not delegate.
    assert!(codes(decide(&hall, &ServerTerms { id: id("room"), ..terms(&key(44)) })).contains(&"right-missing"));
}

#[test]
fn what_a_child_has_is_not_free_for_anybody_else() {
    let mut parent = parent();
    let mut machine = parent.machine(30);
    let request = machine.ask(parent.now);
    let answer = parent.answer(&request, &[("bot-creator", 3)]);
    machine.install(&answer);
    parent.give(&terms(&key(40)), key(40));
    // 10 creators: 3 on a machine, 6 given away.
    let mut other = parent.machine(31);
    let request = other.ask(parent.now);
    assert_eq!(parent.free(&request, "bot-creator"), 1);
    assert_eq!(parent.codes(&request, &[("bot-creator", 2)]), ["seats-exceed-free"]);
    let more = |creators| ServerTerms { allowances: vec![seats("bot-creator", creators)], ..terms(&key(40)) };
    assert!(decide(&parent, &more(7)).is_ok());
    assert_eq!(codes(decide(&parent, &more(8))), ["seats-exceed-free", "seats-exceed-free"]);
    let second =
        ServerTerms { id: id("yard"), license_count: Ceiling::Limited(1), releases: 0, clock_repairs: 0, ..more(2) };
    assert_eq!(
        codes(decide(&parent, &ServerTerms { subject: public(&key(41)), ..second.clone() })),
        ["seats-exceed-free", "seats-exceed-free"]
    );
    assert!(codes(decide(&parent, &second)).contains(&"child-key-taken"));
    let sums = overview(&parent.desk()).seats;
    assert_eq!((sums[0].allocated, sums[0].given, sums[0].free), (3, 6, Ceiling::Limited(1)));
}

#[test]
fn licenses_and_quotas_that_are_given_are_spent() {
    let mut parent = parent();
    // Five machines: three are the child's.
    parent.give(&terms(&key(40)), key(40));
    let yard = ServerTerms {
        id: id("yard"),
        allowances: vec![seats("bot-creator", 1)],
        license_count: Ceiling::Limited(3),
        releases: 2,
        clock_repairs: 2,
        ..terms(&key(41))
    };
    assert_eq!(codes(decide(&parent, &yard)), ["child-licenses", "child-quota", "child-quota"]);
    for seed in [30, 31] {
        let mut machine = parent.machine(seed);
        let request = machine.ask(parent.now);
        let answer = parent.answer(&request, &[("bot-creator", 1)]);
        machine.install(&answer);
    }
    let mut third = parent.machine(32);
    assert_eq!(parent.codes(&third.ask(parent.now), &[("bot-creator", 1)]), ["machines-too-many"]);
    // One of two releases is the child's.
    let device = public(&key(30));
    let release = decide_release(&parent.desk(), &device, "burnt").unwrap();
    parent.carry_out(release);
    parent.now = parent.now.plus(2 * DAY);
    let device = public(&key(31));
    assert_eq!(codes(decide_release(&parent.desk(), &device, "burnt")), ["releases-spent"]);
}

#[test]
fn a_cut_frees_seats_once_the_child_shows_its_ledger() {
    let mut parent = parent();
    let mut child = parent.give(&terms(&key(40)), key(40)).begun();
    let mut machine = child.child_machine(41, "cr-1");
    let choice = child.until("2027-03-31T23:59:59Z", &[("bot-creator", 2)]);
    let answer = child.answer_with(&machine.ask(child.now), &choice);
    machine.install(&answer);

    let less = ServerTerms { allowances: vec![seats("bot-creator", 3)], ..terms(&key(40)) };
    let decision = decide(&parent, &less).unwrap();
    let Event::Delegated(delegated) = &decision.entry().event else { panic!() };
    assert_eq!((delegated.child.serial, delegated.min_serial, delegated.bundle_serial), (2, 2, 2));
    let outcome = parent.carry_out(decision);
    // The child could still be issuing what it had.
    assert_eq!(children(&parent.desk())[0].counted[0], (id("bot-creator"), 6));
    assert_eq!(codes(decide_child_ledger(&parent.desk(), &child.exported())), ["child-ledger-older"]);
    // What it was given before is void: its portal says so for as long as it has the old bundle only.
    let list = bundle_file::verify_bundle(
        &outcome.file.as_ref().unwrap().to_bytes(),
        &parent.world.trust_state(),
        &Limits::DEFAULT,
    )
    .unwrap();
    child.revocations = list.tree.revocations().to_vec();
    let mut second = child.child_machine_request(42);
    assert_eq!(
        codes(decide_license(&child.desk(), &second.ask(child.now), &choice)),
        ["grant-replaced", "token-unknown"]
    );

    let newer = parent.child(&outcome, key(40));
    let mut child = child.renewed(newer);
    child.revocations.clear();
    parent.shows(&child);
    assert_eq!(children(&parent.desk())[0].counted[0], (id("bot-creator"), 3));
    let seen = children(&parent.desk())[0].seen.clone().unwrap().0;
    assert_eq!((seen.devices, seen.held[0].at(parent.now)), (1, 2));
    // What it showed to hold counts also below: a cut to one leaves two in use.
    let newest = parent.give(&ServerTerms { allowances: vec![seats("bot-creator", 1)], ..terms(&key(40)) }, key(40));
    let child = child.renewed(newest);
    parent.shows(&child);
    assert_eq!(children(&parent.desk())[0].counted[0], (id("bot-creator"), 2));
    // After the end of that license, with grace and extension, they are free.
    parent.now = time("2027-05-01T00:00:00Z");
    assert_eq!(children(&parent.desk())[0].counted[0], (id("bot-creator"), 0));
}

impl Portal {
    /// A machine whose token the ledger does not know.
    fn child_machine_request(&self, seed: u8) -> Station {
        Station::new(seed, postern_protocol::Digest::of(b"unknown"))
    }
}

#[test]
fn a_childs_ledger_is_one_and_goes_forward() {
    let mut parent = parent();
    let child = parent.give(&terms(&key(40)), key(40)).begun();
    let old = child.exported();
    let mut longer = child;
    longer.child_machine(41, "cr-1");
    parent.shows(&longer);
    assert_eq!(codes(decide_child_ledger(&parent.desk(), &old)), ["child-ledger-behind"]);
    // Another browser went on from the same place: two entries at one position.
    let bytes = longer.exported();
    let fork = Ledger::import(&longer.bundle, &longer.chain, &old, &Limits::DEFAULT).unwrap();
    longer.ledger = Some(fork);
    longer.now = longer.now.plus(60);
    longer.child_machine(42, "cr-1");
    longer.child_machine(43, "cr-1");
    assert_eq!(codes(decide_child_ledger(&parent.desk(), &longer.exported())), ["child-ledger-forked"]);
    // Somebody else's, a damaged one, and none at all.
    let stranger = Portal::new();
    assert_eq!(codes(decide_child_ledger(&parent.desk(), &stranger.exported())), ["child-ledger-foreign"]);
    let mut damaged = bytes.clone();
    let at = damaged.len() - 40;
    damaged[at] ^= 1;
    assert!(decide_child_ledger(&parent.desk(), &damaged).is_err());
    assert_eq!(codes(decide_child_ledger(&parent.desk(), b"")), ["file-empty"]);
    // The same once more changes nothing that counts.
    let counted = children(&parent.desk())[0].counted.clone();
    let again = decide_child_ledger(&parent.desk(), &bytes).unwrap();
    parent.carry_out(again);
    assert_eq!(children(&parent.desk())[0].counted, counted);
}

#[test]
fn a_child_is_suspended_resumed_and_revoked() {
    let mut parent = parent();
    let child = parent.give(&terms(&key(40)), key(40)).begun();
    let stand =
        |parent: &Portal, standing| decide_standing(&parent.desk(), &id("works"), standing, InstalledEffect::Stop);
    let suspended = stand(&parent, Standing::Suspended).unwrap();
    let outcome = parent.carry_out(suspended);
    let child = child.renewed(parent.child(&outcome, key(40)));
    let desk = |child: &Portal| {
        let revocations = child.bundle.tree.revocations().to_vec();
        codes(decide_token(&Desk { revocations: &revocations, ..child.desk() }, &id("cr-1"), id("t-9")))
    };
    assert_eq!(desk(&child), ["grant-suspended"]);
    assert_eq!(codes(stand(&parent, Standing::Suspended)), ["child-same"]);
    let resumed = decide_standing(&parent.desk(), &id("works"), Standing::Active, InstalledEffect::Keep).unwrap();
    let outcome = parent.carry_out(resumed);
    let child = child.renewed(parent.child(&outcome, key(40)));
    assert_eq!(desk(&child), [""; 0]);
    let revoked = stand(&parent, Standing::Revoked).unwrap();
    let outcome = parent.carry_out(revoked);
    let child = child.renewed(parent.child(&outcome, key(40)));
    assert_eq!(desk(&child), ["grant-revoked"]);
    assert_eq!(codes(stand(&parent, Standing::Active)), ["child-revoked"]);
    assert!(codes(decide(&parent, &terms(&key(40)))).contains(&"child-revoked"));
    assert_eq!(
        codes(decide_standing(&parent.desk(), &id("nobody"), Standing::Suspended, InstalledEffect::Stop)),
        ["child-unknown"]
    );
    // Its seats are free once its ledger has shown what its machines hold.
    assert_eq!(children(&parent.desk())[0].counted[0].1, 6);
    parent.shows(&child);
    assert_eq!(children(&parent.desk())[0].counted, []);
}

#[test]
fn stages_are_judged_at_every_instant() {
    let mut parent = parent();
    let stage =
        |steps: &[(&str, u64)]| ServerTerms { allowances: vec![stages("bot-creator", steps)], ..terms(&key(40)) };
    parent.give(
        &stage(&[("2026-12-01T00:00:00Z", 2), ("2027-01-01T00:00:00Z", 9), ("2027-02-01T00:00:00Z", 4)]),
        key(40),
    );
    let yard = |steps: &[(&str, u64)]| ServerTerms {
        id: id("yard"),
        license_count: Ceiling::Limited(1),
        releases: 0,
        clock_repairs: 0,
        subject: public(&key(41)),
        ..stage(steps)
    };
    // Six are free in February and one in January.
    assert!(decide(&parent, &yard(&[("2027-02-01T00:00:00Z", 6)])).is_ok());
    let refused = decide(&parent, &yard(&[("2026-12-01T00:00:00Z", 6)])).unwrap_err();
    assert_eq!(
        refused[0],
        Refusal::SeatsExceedFree {
            seat_type: id("bot-creator"),
            asked: 6,
            free: 1,
            elsewhere: 9,
            at: time("2027-01-01T00:00:00Z")
        }
    );
}

#[test]
fn whatever_exceeds_the_parent_is_refused_by_name() {
    let parent = parent();
    let refused = |change: &dyn Fn(&mut ServerTerms)| {
        let mut terms = terms(&key(40));
        change(&mut terms);
        decide(&parent, &terms)
            .unwrap_err()
            .iter()
            .map(|one| format!("{} {one}", one.code()))
            .collect::<Vec<_>>()
            .join("\n")
    };
    for (change, field) in [
        (&(|terms: &mut ServerTerms| terms.delegate = 3) as &dyn Fn(&mut ServerTerms), "rights.delegate"),
        (&|terms| terms.allowances = vec![seats("bot-creator", 11)], "allowances"),
        (&|terms| terms.allowances = vec![seats("bot-cook", 1)], "allowances"),
        (&|terms| terms.license_ids = vec![id("cr-9")], "installations"),
        (&|terms| terms.issue_until = time("2028-01-01T00:00:00Z"), "issue_until"),
        (&|terms| terms.run_until = Ceiling::Unlimited, "run_until"),
        (&|terms| terms.longest_session = Ceiling::Unlimited, "longest_session"),
        (&|terms| terms.license_count = Ceiling::Limited(6), "license_count"),
        (&|terms| terms.releases = 3, "rights.release_dead.quota"),
        (&|terms| terms.clock_repairs = 3, "rights.repair_clock.count"),
    ] {
        let text = refused(change);
        assert!(text.contains("child-exceeds") && text.contains(field), "{field}: {text}");
    }
    for (change, field) in [
        (&(|terms: &mut ServerTerms| terms.client_name = " ".into()) as &dyn Fn(&mut ServerTerms), "client_name"),
        (&|terms| terms.url = "http://licensing.example".into(), "url"),
        (&|terms| terms.contact = "x".repeat(300), "contact"),
        (&|terms| terms.approval = Some(("".into(), "R".into())), "approval"),
    ] {
        let text = refused(change);
        assert!(text.contains("child-text") && text.contains(field), "{field}: {text}");
    }
    let own = key(20);
    assert_eq!(codes(decide(&parent, &terms(&own))), ["child-own-key"]);
}

#[test]
fn nothing_to_change_is_said_and_a_raise_voids_nothing() {
    let mut parent = parent();
    parent.give(&terms(&key(40)), key(40));
    parent.now = parent.now.plus(DAY);
    assert_eq!(codes(decide(&parent, &terms(&key(40)))), ["child-same"]);
    let raise = decide(
        &parent,
        &ServerTerms { allowances: vec![seats("bot-creator", 7), seats("bot-runner", 8)], ..terms(&key(40)) },
    );
    let Event::Delegated(raised) = raise.unwrap().entry().event.clone() else { panic!() };
    assert_eq!((raised.child.serial, raised.min_serial), (2, 0));
    // The terms that a child has are those that it was given.
    let known = &children(&parent.desk())[0].delegated;
    assert_eq!(
        ServerTerms { license_ids: vec![], approval: None, ..ServerTerms::of(known, "Reseller, +44 20 0000") },
        ServerTerms { approval: None, ..terms(&key(40)) }
    );
    assert_eq!(decide(&Portal::new(), &terms(&key(40))).unwrap_err()[0].code(), "right-missing");
}

#[test]
fn another_ledger_goes_on_with_the_children() {
    let mut parent = parent();
    let child = parent.give(&terms(&key(40)), key(40)).begun();
    parent.shows(&child);
    let base = base_of_ledger(&parent.bundle, parent.ledger(), public(&key(21)), parent.now);
    assert_eq!((base.children.len(), base.seen.len()), (1, 1));
    let mut world = World { portal_key: key(21), ..World::new() };
    world.account.rights.delegate = 3;
    world.account.subject = public(&key(21));
    let mut next = Portal::without_ledger(world);
    next.load(|_, bundle| bundle.ledger_base = Some(base));
    let begun = begin_ledger(&next.desk()).unwrap();
    next.carry_out(begun);
    assert_eq!(children(&next.desk())[0].counted[0].1, 6);
}

/// Eight grants deep, at each depth every field that a child may ask for is refused beyond its parent; the last one
/// still licenses a machine.
#[test]
fn eight_deep_and_nowhere_beyond_the_parent() {
    let mut world = World::new();
    let grant = &mut world.account;
    grant.rights.delegate = 6;
    (grant.account, grant.license_type, grant.installations) =
        (Ceiling::Unlimited, Ceiling::Unlimited, Ceiling::Unlimited);
    grant.approval = Approval::Right(ApprovalRight::MayApprove);
    let mut portal = Portal::of(world);
    for depth in 3..=8_u64 {
        let leaf = portal.chain.leaf().get().clone();
        let key = key(150 + depth as u8);
        let seats_left = |allowances: &Ceiling<Vec<Allowance>>| allowances.limit().unwrap()[0].steps[0].quantity;
        let most = seats_left(&leaf.allowances);
        let last = depth == 8;
        let fits = ServerTerms {
            id: id(&format!("level-{depth}")),
            delegate: 8 - depth,
            allowances: vec![seats("bot-creator", most - 1)],
            approval: last.then(|| ("Air-gapped".into(), "R".into())),
            license_count: leaf.license_count,
            longest_session: leaf.longest_session,
            releases: leaf.rights.release_dead.quota,
            clock_repairs: leaf.rights.repair_clock.count,
            issue_until: leaf.issue_until,
            run_until: leaf.run_until,
            ..terms(&key)
        };
        type Widen = fn(&mut ServerTerms);
        let wider: [(Widen, &str); 8] = [
            (|terms| terms.delegate += 1, "rights.delegate"),
            (|terms| terms.allowances[0].steps[0].quantity += 2, "allowances"),
            (|terms| terms.issue_until = terms.issue_until.plus(1), "issue_until"),
            (|terms| terms.run_until = Ceiling::Unlimited, "run_until"),
            (|terms| terms.longest_session = Ceiling::Unlimited, "longest_session"),
            (|terms| terms.license_count = Ceiling::Unlimited, "license_count"),
            (|terms| terms.releases += 1, "rights.release_dead.quota"),
            (|terms| terms.clock_repairs += 1, "rights.repair_clock.count"),
        ];
        for (widen, field) in wider {
            let mut terms = fits.clone();
            widen(&mut terms);
            let refused = decide(&portal, &terms).unwrap_err();
            let named = |one: &Refusal| matches!(one, Refusal::Child(ChildRefusal::Exceeds { field: named, .. }) if *named == field);
            assert!(refused.iter().any(named), "depth {depth}, {field}: {refused:?}");
        }
        portal = portal.give(&fits, key).begun();
        assert_eq!(portal.chain.grants().len() as u64, depth);
    }
    // A ninth link has no right to hang from.
    let refused = decide(&portal, &ServerTerms { id: id("level-9"), ..terms(&key(170)) });
    assert!(codes(refused).contains(&"right-missing"));
    let mut machine = portal.child_machine(171, "level-8");
    let most = portal.chain.leaf().allowances.limit().unwrap()[0].steps[0].quantity;
    let choice = portal.until("2027-03-31T23:59:59Z", &[("bot-creator", most)]);
    assert_eq!(portal.answer_with(&machine.ask(portal.now), &choice).license.account, id("level-8"));
}
