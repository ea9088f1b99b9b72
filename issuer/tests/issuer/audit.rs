//! What the vendor finds in what comes back: each contradiction by its code, and none in honest accounts.

use std::collections::BTreeSet;

use postern_issuer::audit::*;
use postern_issuer::*;
use postern_protocol::documents::*;
use postern_protocol::{Digest, Explain, Limits, PublicKey, Unverified, Verified};
use postern_testkit::*;
use proptest::prelude::*;

use crate::portal::*;
use crate::refusals::{FIVE, world};

/// What was received of an account.
#[derive(Default)]
struct Post {
    branches: Vec<Vec<Verified<LedgerEntry>>>,
    requests: Vec<Verified<Request>>,
    deactivations: Vec<Verified<Deactivation>>,
}

impl Post {
    fn of(portals: &[&Portal]) -> Self {
        Self {
            branches: portals.iter().map(|portal| portal.ledger().entries().iter().cloned().collect()).collect(),
            ..Self::default()
        }
    }

    fn with(mut self, request: &Verified<Request>) -> Self {
        self.requests.push(request.clone());
        self
    }

    fn audit(&self, portal: &Portal) -> Audit {
        let base = portal.bundle.bundle.ledger_base.as_ref().map(|base| (base, portal.bundle.bundle.issued_at));
        audit(&Received {
            tree: &portal.bundle.tree,
            branches: &self.branches,
            base,
            requests: &self.requests,
            deactivations: &self.deactivations,
        })
    }

    fn codes(&self, portal: &Portal) -> Vec<&'static str> {
        self.audit(portal).findings.iter().map(Explain::code).collect()
    }
}

/// A second portal that works with the same key and went on from the same ledger.
fn twin(portal: &Portal) -> Portal {
    let mut twin = Portal::without_ledger(World { account: portal.world.account.clone(), ..World::new() });
    twin.ledger = portal.ledger.clone();
    twin.by = "B. Deputy".into();
    twin
}

fn given(machine: &AuditedMachine, seat_type: &str) -> u64 {
    let one = |license: &AuditedLicense| {
        license.allocation.iter().find(|one| one.seat_type == id(seat_type)).map_or(0, |one| one.at(now()))
    };
    machine.licenses.iter().map(one).max().unwrap_or(0)
}

#[test]
fn an_honest_account_has_no_findings() {
    let (mut portal, mut machine) = world(|_| {});
    let mut sent = Vec::new();
    for seats in [5, 2, 8] {
        let request = machine.ask(now());
        let answer = portal.answer(&request, &[("bot-creator", seats)]);
        machine.install(&answer);
        sent.push(request);
    }
    let mut second = portal.machine(31);
    sent.push(second.ask(now()));
    portal.answer(sent.last().unwrap(), &[("bot-creator", 2)]);
    let mut post = Post::of(&[&portal]);
    post.requests = sent;
    let audit = post.audit(&portal);
    assert_eq!(audit.findings, []);
    assert_eq!(audit.machines.len(), 2);
    let first = audit.machines.iter().find(|one| one.device.key == machine.public()).unwrap();
    assert_eq!(given(first, "bot-creator"), 8);
}

#[test]
fn two_portals_that_issue_the_same_seats() {
    let (mut portal, mut machine) = world(|_| {});
    let mut other = portal.machine(31);
    let mut twin = twin(&portal);
    let position = portal.ledger().next().position;
    portal.answer(&machine.ask(now()), &[("bot-creator", 8)]);
    twin.now = now().plus(60);
    twin.answer(&other.ask(now()), &[("bot-creator", 7)]);
    let post = Post::of(&[&portal, &twin]);
    let audit = post.audit(&portal);
    let [Finding::Forked { position: at, sides, .. }, over] = audit.findings.as_slice() else {
        panic!("{:?}", audit.findings)
    };
    assert_eq!(*at, position);
    let named: Vec<_> = sides.iter().map(|side| (side.entry.entry, side.issued.clone())).collect();
    let entry = |portal: &Portal| portal.ledger().entries().last().unwrap().digest();
    let gave = |key: PublicKey, seats| vec![(key, vec![(id("bot-creator"), seats)])];
    assert_eq!(named, [(entry(&portal), gave(machine.public(), 8)), (entry(&twin), gave(other.public(), 7))]);
    let words = audit.findings[0].to_string();
    for part in [entry(&portal).short(), entry(&twin).short(), machine.public().short(), other.public().short()] {
        assert!(words.contains(&part), "{words} does not name {part}");
    }
    assert!(words.contains("8 bot-creator") && words.contains("7 bot-creator"), "{words}");
    assert!(matches!(over, Finding::OverIssued { given: 15, allowed: 10, seat_type: Some(_), .. }), "{over:?}");
    // Which file came first changes nothing.
    let turned = Post { branches: post.branches.iter().rev().cloned().collect(), ..Post::default() };
    assert_eq!(turned.audit(&portal).findings, audit.findings);

    // The next ledger counts what both gave.
    let branches = [portal.ledger().clone(), twin.ledger().clone()];
    let base = base_of_branches(&portal.bundle, &branches, public(&portal.world.portal_key), now());
    assert_eq!((base.next.ledger.epoch, base.next.position), (1, 1));
    let held: BTreeSet<_> = base.held.iter().map(|one| (one.device.key, one.allocation[0].at(now()))).collect();
    assert_eq!(held, BTreeSet::from([(machine.public(), 8), (other.public(), 7)]));
    portal.load(|_, bundle| bundle.ledger_base = Some(base.clone()));
    let after = post.audit(&portal);
    assert_eq!(after.machines.len(), 2, "what the base replaced counts no more by itself");
    assert_eq!(after.findings.iter().filter(|one| one.code() == "found-fork").count(), 1, "it stays proved");
}

#[test]
fn two_portals_that_begin_one_ledger() {
    let portal = Portal::new();
    let mut twin = Portal::without_ledger(World::new());
    twin.now = now().plus(60);
    twin.by = "B. Deputy".into();
    let begun = begin_ledger(&twin.desk()).unwrap();
    twin.carry_out(begun);
    let findings = Post::of(&[&portal, &twin]).audit(&portal).findings;
    assert!(matches!(&findings[..], [Finding::Forked { position: 1, .. }]), "{findings:?}");
    assert_eq!(Post::of(&[&portal, &portal]).codes(&portal), [""; 0], "the same ledger twice is one");
}

#[test]
fn one_request_and_one_token_answered_twice() {
    let (mut portal, mut machine) = world(|_| {});
    let mut twin = twin(&portal);
    let request = machine.ask(now());
    portal.answer(&request, FIVE);
    twin.now = now().plus(60);
    twin.answer(&request, FIVE);
    assert_eq!(Post::of(&[&portal, &twin]).codes(&portal), ["found-fork", "found-double-allocation"]);

    let (mut portal, mut machine) = world(|_| {});
    let mut twin = self::twin(&portal);
    let mut copy = Station::new(44, machine.request.enablement.unwrap());
    portal.answer(&machine.ask(now()), &[("bot-creator", 1)]);
    twin.now = now().plus(60);
    twin.answer(&copy.ask(now()), &[("bot-creator", 1)]);
    let findings = Post::of(&[&portal, &twin]).audit(&portal).findings;
    assert!(matches!(findings[1], Finding::IssuedTwice { token: true, .. }), "{findings:?}");
    assert_eq!(findings[1].devices().len(), 2);
}

#[test]
fn a_portal_that_does_not_count() {
    // It issues as if its bundle allowed more; what it says is under the real grant.
    let (mut portal, mut machine) = world(|_| {});
    let mut other = portal.machine(31);
    portal.answer(&machine.ask(now()), &[("bot-creator", 8)]);
    portal.answer(&other.ask(now()), &[("bot-creator", 2)]);
    let mut entries: Vec<_> = portal.ledger().entries().iter().cloned().collect();
    let last = entries.pop().unwrap();
    let mut forged = last.get().clone();
    let Event::Issued(issued) = &mut forged.event else { panic!("no license") };
    issued.allocation[0].steps[0].quantity = 6;
    let resign = |entry: &LedgerEntry| {
        let key = public(&portal.world.portal_key).import().unwrap();
        Unverified::new(sign(entry, &[&portal.world.portal_key])).unwrap().verify(&key, &Limits::DEFAULT).unwrap()
    };
    entries.push(resign(&forged));
    let findings = Post { branches: vec![entries], ..Post::default() }.audit(&portal).findings;
    assert!(matches!(findings[..], [Finding::OverIssued { given: 14, allowed: 10, .. }]), "{findings:?}");
    assert!(findings[0].to_string().contains("14"), "{}", findings[0]);
}

#[test]
fn too_many_machines() {
    let mut portal = Portal::new();
    portal.renew(|grant| grant.license_count = Ceiling::Limited(2));
    let mut machines: Vec<Station> = (30..33).map(|seed| portal.machine(seed)).collect();
    let mut twin = twin(&portal);
    let one = &[("bot-creator", 1)];
    portal.answer(&machines[0].ask(now()), one);
    portal.answer(&machines[1].ask(now()), one);
    twin.now = now().plus(60);
    twin.answer(&machines[2].ask(now()), one);
    let findings = Post::of(&[&portal, &twin]).audit(&portal).findings;
    assert!(matches!(findings[1], Finding::OverIssued { seat_type: None, given: 3, allowed: 2, .. }), "{findings:?}");
}

#[test]
fn a_restored_ledger_is_caught_by_the_next_request() {
    let (mut portal, mut machine) = world(|_| {});
    let copy = portal.ledger.clone();
    let answer = portal.answer(&machine.ask(now()), FIVE);
    machine.install(&answer);
    let request = machine.ask(now());
    portal.ledger = copy;
    assert!(portal.codes(&request, FIVE).contains(&"ledger-stale"), "the portal itself refuses");
    let post = Post::of(&[&portal]).with(&request);
    let findings = post.audit(&portal).findings;
    let [Finding::LedgerBehind { device, remembered, last, .. }] = findings.as_slice() else { panic!("{findings:?}") };
    assert_eq!((*device, remembered.position, *last), (machine.public(), 3, 2));
    // Its portal goes on all the same, for another machine: now it has another entry there.
    let mut other = portal.machine(31);
    portal.answer(&other.ask(now()), &[("bot-creator", 1)]);
    assert_eq!(Post::of(&[&portal]).with(&request).codes(&portal), ["found-license-unrecorded"]);
    let next = machine.ask_with(now(), |request| {
        let place = request.ledgers[0];
        request.ledgers[0] = LedgerReference { position: place.position + 1, ..place };
    });
    assert_eq!(Post::of(&[&portal]).with(&next).codes(&portal), ["found-ledger-contradicted"]);
}

#[test]
fn machines_that_went_back_and_machines_that_are_two() {
    let (mut portal, mut machine) = world(|_| {});
    machine.request.usage.count = 40;
    let first = machine.ask(now());
    let answer = portal.answer(&first, FIVE);
    machine.install(&answer);
    let post = || Post::of(&[&portal]);
    let later = |change: fn(&mut Request)| {
        let mut copy = Station { key: key(30), request: machine.request.clone() };
        copy.ask_with(now().plus(HOUR), change)
    };
    let fine = later(|_| {});
    assert_eq!(post().with(&fine).codes(&portal), [""; 0]);
    let back = later(|request| request.usage.count = 7);
    assert_eq!(post().with(&back).codes(&portal), ["found-rolled-back"]);
    // What the machine sent is a better proof than what the ledger says of it.
    let Finding::MachineRolledBack { before, .. } = &post().with(&first).with(&back).audit(&portal).findings[0] else {
        panic!("another finding")
    };
    assert_eq!((before.witness, before.records), (first.digest(), 41));
    let head = later(|request| (request.usage.head, request.usage.count) = (Digest::of(b"another"), 41));
    let chain = later(|request| request.usage.genesis = Digest::of(b"another"));
    let number = later(|request| request.nonce = id("another"));
    let by = |request: &Verified<Request>| {
        post()
            .with(&fine)
            .with(request)
            .audit(&portal)
            .findings
            .iter()
            .map(|one| match one {
                Finding::MachineCloned { by, .. } => *by,
                other => panic!("{other:?}"),
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(by(&head), [Contradiction::Records, Contradiction::Number]);
    assert_eq!(by(&chain), [Contradiction::Chain, Contradiction::Number]);
    assert_eq!(by(&number), [Contradiction::Number]);
}

#[test]
fn a_machine_that_was_accepted_has_been_dealt_with() {
    let (mut portal, mut machine) = world(|_| {});
    machine.request.usage.count = 40;
    let first = machine.ask(now());
    let answer = portal.answer(&first, FIVE);
    machine.install(&answer);
    machine.request.usage.count = 7;
    let request = machine.ask_with(now().plus(HOUR), |request| request.recovers = request.installed.license);
    let choice = Choice { accept_fork: true, ..portal.until("2027-06-30T23:59:59Z", FIVE) };
    assert_eq!(Post::of(&[&portal]).with(&request).codes(&portal), ["found-rolled-back"]);
    portal.answer_with(&request, &choice);
    assert_eq!(Post::of(&[&portal]).with(&first).with(&request).codes(&portal), [""; 0]);
}

#[test]
fn what_no_portal_settled() {
    let (mut portal, mut machine) = world(|_| {});
    let answer = portal.answer(&machine.ask(now()), FIVE);
    machine.install(&answer);
    machine.request.consumption = vec![Counted { counter: id("pages"), total: 900 }];
    let request = machine.ask(now());
    let findings = Post::of(&[&portal]).with(&request).audit(&portal).findings;
    let [Finding::Unsettled { deactivation: false, counters, .. }] = findings.as_slice() else {
        panic!("{findings:?}")
    };
    assert_eq!((counters[0].told, counters[0].recorded), (900, 0));
    portal.answer(&request, FIVE);
    assert_eq!(Post::of(&[&portal]).with(&request).codes(&portal), [""; 0], "recorded since");
}

#[test]
fn branches_end_where_nothing_follows() {
    let (mut portal, mut machine) = world(|_| {});
    let mut twin = twin(&portal);
    portal.answer(&machine.ask(now()), FIVE);
    twin.now = now().plus(60);
    twin.token("another");
    let links = |portal: &Portal| -> Vec<Link> {
        portal.ledger().entries().iter().map(|entry| Link { entry: entry.digest(), place: entry.place }).collect()
    };
    let digests = |portal: &Portal| -> Vec<Digest> { links(portal).iter().map(|link| link.entry).collect() };
    let all = [links(&twin), links(&portal)].concat();
    let found: BTreeSet<_> = branches(&all).into_iter().collect();
    assert_eq!(found, BTreeSet::from([digests(&portal), digests(&twin)]));
    // Without its middle a ledger is two.
    let mut torn = links(&portal);
    torn.remove(1);
    assert_eq!(branches(&torn).len(), 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if std::env::var_os("POSTERN_SOAK").is_some() { 2000 } else { 48 }))]

    /// Whatever an honest portal and honest machines do, nothing is found; whatever two portals do, only what they did.
    #[test]
    fn honest_lives_have_no_findings(steps in prop::collection::vec((0..3usize, 0..12u64, 0..3u8), 1..24)) {
        let mut portal = Portal::new();
        let mut machines: Vec<Station> = (30..33).map(|seed| portal.machine(seed)).collect();
        let mut sent = Vec::new();
        for (which, seats, what) in steps {
            portal.now = portal.now.plus(HOUR);
            let machine = &mut machines[which];
            machine.request.usage.count += seats;
            let request = machine.ask(portal.now);
            let choice = [("bot-creator", seats)];
            if portal.decide(&request, &choice).is_ok() {
                sent.push(request.clone());
                let answer = portal.answer(&request, &choice);
                if what > 0 {
                    machine.install(&answer);
                }
            }
        }
        let mut post = Post::of(&[&portal]);
        post.requests = sent;
        prop_assert_eq!(post.audit(&portal).findings, []);
    }
}
