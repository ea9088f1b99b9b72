//! A ledger that goes on under another key: machines that are dead stay dead, and what was spent stays spent.

use postern_issuer::*;
use postern_protocol::documents::*;
use postern_protocol::time::{DAY, HOUR};
use postern_testkit::*;

use crate::clock::challenge;
use crate::node_locked::account;
use crate::portal::*;
use crate::refusals::{FIVE, world};

/// The portal of the same account under a new key, with the base that the vendor made of the ledger before.
fn rekeyed(before: &Portal) -> Portal {
    let base = base_of_ledger(&before.bundle, before.ledger(), public(&key(21)), before.now);
    let mut world = World { portal_key: key(21), ..World::new() };
    world.account = Grant { subject: public(&key(21)), serial: 2, ..before.world.account.clone() };
    let mut portal = Portal::without_ledger(world);
    portal.now = before.now;
    portal.load(|_, bundle| bundle.ledger_base = Some(base));
    let begun = begin_ledger(&portal.desk()).unwrap();
    portal.carry_out(begun);
    portal
}

fn release(portal: &mut Portal, machine: &Station) {
    let decision = decide_release(&portal.desk(), &machine.public(), "burnt").unwrap();
    portal.carry_out(decision);
}

#[test]
fn a_dead_machine_stays_dead_and_its_release_spent() {
    let mut portal = account(|grant| grant.license_count = Ceiling::Limited(4));
    let mut dead = portal.activated(30);
    let (second, third) = (portal.activated(31), portal.activated(32));
    release(&mut portal, &dead);
    let mut next = rekeyed(&portal);
    assert_eq!(next.live(), 2);
    // Asked and refused as in the ledger before.
    assert_eq!(codes(decide_refresh(&next.desk(), &dead.public(), false)), ["machine-released"]);
    let request = dead.activate(&next);
    assert_eq!(codes(next.activation(&request)), ["activation-closed", "machine-released"]);
    let given_back = dead.give_back(&next);
    assert_eq!(codes(decide_settlement(&next.desk(), &given_back)), ["activation-closed", "machine-released"]);
    assert_eq!(next.refreshed(&second, false).license.tombstones[0].device, dead.public());
    // One release of two is spent, and its cooldown runs.
    assert_eq!(codes(decide_release(&next.desk(), &second.public(), "burnt")), ["release-too-soon"]);
    next.now = next.now.plus(2 * DAY);
    release(&mut next, &second);
    next.now = next.now.plus(2 * DAY);
    assert_eq!(codes(decide_release(&next.desk(), &third.public(), "burnt")), ["releases-spent"]);
    // And once more, from a ledger that has it from its base.
    let again = rekeyed(&next);
    assert_eq!(again.live(), 1);
    assert_eq!(codes(decide_release(&again.desk(), &third.public(), "burnt")), ["releases-spent"]);
    assert_eq!(codes(decide_refresh(&again.desk(), &dead.public(), false)), ["machine-released"]);
}

#[test]
fn a_base_inside_the_ledger_counts_nothing_twice() {
    let mut portal = account(|grant| grant.license_count = Ceiling::Limited(4));
    let (dead, second, third) = (portal.activated(30), portal.activated(31), portal.activated(32));
    release(&mut portal, &dead);
    let base = base_of_ledger(&portal.bundle, portal.ledger(), public(&portal.world.portal_key), portal.now);
    assert_eq!((base.tombstones.len(), base.spent.len(), base.next), (1, 1, portal.ledger().next()));
    portal.load(|_, bundle| bundle.ledger_base = Some(base));
    portal.now = portal.now.plus(2 * DAY);
    release(&mut portal, &second);
    portal.now = portal.now.plus(2 * DAY);
    assert_eq!(codes(decide_release(&portal.desk(), &third.public(), "burnt")), ["releases-spent"]);
    assert_eq!(portal.live(), 1);
}

#[test]
fn clock_repairs_stay_spent() {
    let (mut portal, mut machine) = world(|_| {});
    let first = portal.answer(&machine.ask(now()), FIVE);
    machine.install(&first);
    let repair = |portal: &mut Portal, machine: &mut Station| {
        let decision = decide_clock(&portal.desk(), &challenge(machine, HOUR)).unwrap();
        portal.carry_out(decision);
    };
    repair(&mut portal, &mut machine);
    let mut next = rekeyed(&portal);
    repair(&mut next, &mut machine);
    assert_eq!(codes(decide_clock(&next.desk(), &challenge(&mut machine, HOUR))), ["clock-repairs-spent"]);
}

#[test]
fn what_any_branch_of_a_fork_says_is_said() {
    let mut portal = account(|grant| grant.license_count = Ceiling::Limited(4));
    let (both, one, other) = (portal.activated(30), portal.activated(31), portal.activated(32));
    release(&mut portal, &both);
    portal.now = portal.now.plus(2 * DAY);
    let common = portal.ledger().clone();
    release(&mut portal, &one);
    let left = portal.ledger.replace(common).unwrap();
    release(&mut portal, &other);
    let branches = [left, portal.ledger().clone()];
    let base = base_of_branches(&portal.bundle, &branches, public(&portal.world.portal_key), portal.now);
    let dead: Vec<_> = base.tombstones.iter().map(|stone| stone.device).collect();
    assert!([&both, &one, &other].iter().all(|machine| dead.contains(&machine.public())) && dead.len() == 3);
    assert_eq!(base.spent.len(), 3, "the release of the common part counts once");
    portal.load(|_, bundle| bundle.ledger_base = Some(base));
    portal.ledger = None;
    let begun = begin_ledger(&portal.desk()).unwrap();
    portal.carry_out(begun);
    // Each branch still counted the machine that the other released: both are held, and get nothing.
    assert_eq!(portal.live(), 2);
    for machine in [&both, &one, &other] {
        assert_eq!(codes(decide_refresh(&portal.desk(), &machine.public(), false)), ["machine-released"]);
    }
}
