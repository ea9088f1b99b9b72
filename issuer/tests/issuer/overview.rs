//! The account at a glance.

use postern_issuer::*;
use postern_protocol::documents::*;
use postern_testkit::*;

use crate::portal::*;

#[test]
fn bought_allocated_and_free() {
    let mut portal = Portal::new();
    let empty = overview(&portal.desk());
    let sum = |seat_type: &str, bought, allocated| SeatSum {
        seat_type: id(seat_type),
        bought: Ceiling::Limited(bought),
        allocated,
        given: 0,
        free: Ceiling::Limited(bought - allocated),
    };
    assert_eq!(empty.seats, [sum("bot-creator", 10, 0), sum("bot-runner", 20, 0)]);
    assert_eq!((empty.machines.len(), empty.tokens.len(), empty.next_expiry), (0, 0, None));
    let (mut a, mut b) = (portal.machine(30), portal.machine(31));
    let large = portal.answer(&a.ask(now()), &[("bot-creator", 6)]);
    a.install(&large);
    let cut = portal.answer(&a.ask(now()), &[("bot-creator", 2), ("bot-runner", 1)]);
    let soon = portal.until("2026-12-01T23:59:59Z", &[("bot-runner", 4)]);
    portal.answer_with(&b.ask(now()), &soon);
    let view = overview(&portal.desk());
    assert_eq!(view.seats, [sum("bot-creator", 10, 6), sum("bot-runner", 20, 5)]);
    let first = view.machines.iter().find(|machine| machine.device == a.public()).unwrap();
    assert_eq!((first.license, first.proved), (cut.digest, false));
    assert_eq!(first.seats, [(id("bot-creator"), 6), (id("bot-runner"), 1)]);
    assert_eq!(first.ends_at, Some(Ceiling::Limited(time("2027-06-30T23:59:59Z"))));
    assert_eq!(view.next_expiry, Some((time("2026-12-01T23:59:59Z"), b.public())));
    let devices: Vec<_> = view.tokens.iter().map(|token| (token.id.as_str(), token.device)).collect();
    assert!(devices.contains(&("token-30", Some(a.public()))) && devices.contains(&("token-31", Some(b.public()))));
    // Past its end the machine holds on through grace and extension; then it is gone from the list.
    portal.now = time("2026-12-10T00:00:00Z");
    let later = overview(&portal.desk());
    assert_eq!(later.seats[1], sum("bot-runner", 20, 5));
    assert_eq!(later.next_expiry, Some((time("2027-06-30T23:59:59Z"), a.public())));
    portal.now = time("2026-12-23T00:00:00Z");
    assert_eq!(overview(&portal.desk()).machines.len(), 1);
}

#[test]
fn without_a_ledger_the_base_is_what_is_known() {
    let mut portal = Portal::without_ledger(World::new());
    let ledger = LedgerId { key: public(&portal.world.portal_key), epoch: 0 };
    let held = DeviceHolding {
        device: DeviceIdentity { key: public(&key(50)), epoch: 0 },
        license_id: id("cr-1"),
        license: postern_protocol::Digest::of(b"license"),
        activation: id("a"),
        sequence: 1,
        allocation: vec![seats("bot-creator", 3)],
        usable_until: Ceiling::Unlimited,
    };
    let next = LedgerReference { ledger, position: 9, previous: postern_protocol::Digest::of(b"entry 8") };
    portal.load(|_, bundle| {
        bundle.ledger_base = Some(LedgerBase { held: vec![held], ..LedgerBase::empty(next) });
    });
    let view = overview(&portal.desk());
    assert_eq!(view.seats[0].allocated, 3);
    assert_eq!((view.machines[0].ends_at, view.machines[0].usable_until), (None, Ceiling::Unlimited));
}
