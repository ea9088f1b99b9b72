//! The ledger as a value: restored, imported, compared; begun explicitly or at a bundle's base.

use postern_issuer::*;
use postern_protocol::bundle_file::verify_ledger;
use postern_protocol::documents::*;
use postern_protocol::{Digest, Explain, Limits, Verified};
use postern_testkit::*;

use crate::portal::*;

const SEATS: &[(&str, u64)] = &[("bot-creator", 5)];

fn lines(ledger: &Ledger) -> Vec<Vec<u8>> {
    ledger.entries().iter().map(|entry| entry.envelope().line().to_vec()).collect()
}

fn restore(portal: &Portal, lines: &[Vec<u8>]) -> Result<Ledger, LedgerError> {
    Ledger::restore(&portal.bundle, &portal.chain, lines, &Limits::DEFAULT)
}

fn code(result: Result<Ledger, LedgerError>) -> &'static str {
    result.map_or_else(|error| error.code(), |_| "")
}

/// A portal that has answered one machine.
fn used() -> (Portal, Station) {
    let mut portal = Portal::new();
    let mut machine = portal.machine(30);
    let answer = portal.answer(&machine.ask(now()), SEATS);
    machine.install(&answer);
    (portal, machine)
}

/// The entry with a change, signed by a key; its place and all that follows are the caller's.
fn forged(entry: &Verified<LedgerEntry>, seed: u8, change: impl FnOnce(&mut LedgerEntry)) -> Vec<u8> {
    let mut entry = entry.get().clone();
    change(&mut entry);
    sign(&entry, &[&key(seed)]).line().to_vec()
}

#[test]
fn a_ledger_is_restored_and_exported_as_it_was() {
    let (portal, mut machine) = used();
    let restored = restore(&portal, &lines(portal.ledger())).unwrap();
    assert_eq!(restored.compare(portal.ledger()), Comparison::Same);
    assert_eq!((restored.id(), restored.next()), (portal.ledger().id(), portal.ledger().next()));
    let file = portal.ledger().to_file(&portal.bundle, &portal.chain).to_bytes();
    let imported = Ledger::import(&portal.bundle, &portal.chain, &file, &Limits::DEFAULT).unwrap();
    assert_eq!(imported.entries(), portal.ledger().entries());
    let read = verify_ledger(&file, &portal.world.trust_state(), &Limits::DEFAULT).unwrap();
    assert!(read.entries.iter().eq(portal.ledger().entries()));
    // The same decision comes from it.
    let request = machine.ask(now());
    let desk = Desk { ledger: Some(&imported), ..portal.desk() };
    let choice = portal.until("2027-06-30T23:59:59Z", SEATS);
    let by_import = decide_license(&desk, &request, &choice).unwrap().prepare().messages();
    assert_eq!(by_import, decide_license(&portal.desk(), &request, &choice).unwrap().prepare().messages());
}

#[test]
fn an_export_outlives_a_renewed_grant() {
    let (mut portal, mut machine) = used();
    portal.renew(|grant| allow(grant, &[seats("bot-creator", 50)]));
    portal.answer(&machine.ask(now()), &[("bot-creator", 50)]);
    let file = portal.ledger().to_file(&portal.bundle, &portal.chain).to_bytes();
    assert!(Ledger::import(&portal.bundle, &portal.chain, &file, &Limits::DEFAULT).is_ok());
    let read = verify_ledger(&file, &portal.world.trust_state(), &Limits::DEFAULT).unwrap();
    assert_eq!(read.entries.len(), 4);
}

#[test]
fn comparisons() {
    let (mut portal, mut machine) = used();
    let older = portal.ledger().clone();
    let request = machine.ask(now());
    let (mut left, mut right) = (portal.decide(&request, SEATS), portal.decide(&request, &[("bot-creator", 6)]));
    let newer = portal.carry_out(left.take()).ledger;
    portal.ledger = Some(older.clone());
    let other = portal.carry_out(right.take()).ledger;
    assert_eq!(older.compare(&newer), Comparison::Older);
    assert_eq!(newer.compare(&older), Comparison::Newer);
    assert_eq!(newer.compare(&newer.clone()), Comparison::Same);
    assert_eq!(newer.compare(&other), Comparison::Forked { position: 4 });
    portal.token("one-more");
    assert_eq!(newer.compare(portal.ledger()), Comparison::Forked { position: 4 });
    let mut elsewhere = Portal::without_ledger(World::new());
    elsewhere.by = "Somebody else".into();
    let begun = begin_ledger(&elsewhere.desk()).unwrap();
    elsewhere.carry_out(begun);
    assert_eq!(newer.compare(elsewhere.ledger()), Comparison::Forked { position: 1 });
}

trait Take<T> {
    fn take(&mut self) -> T;
}

impl Take<Decision> for Result<Decision, Vec<Refusal>> {
    fn take(&mut self) -> Decision {
        std::mem::replace(self, Err(vec![])).unwrap()
    }
}

#[test]
fn what_is_no_ledger_to_go_on_with() {
    let (portal, _) = used();
    let all = lines(portal.ledger());
    let entries = portal.ledger().entries();
    assert_eq!(code(restore(&portal, &[])), "ledger-empty");
    assert_eq!(code(restore(&portal, &all[1..])), "ledger-no-beginning");
    assert_eq!(code(restore(&portal, &[all[0].clone(), all[2].clone()])), "ledger-broken");
    assert_eq!(code(restore(&portal, &[all[0].clone(), all[0].clone()])), "ledger-broken");
    assert_eq!(code(restore(&portal, &[b"{}".to_vec()])), "file-unreadable");
    assert_eq!(code(restore(&portal, &[forged(&entries[0], 21, |_| {})])), "ledger-other-key");
    let theirs = forged(&entries[0], 20, |entry| entry.place.ledger.key = public(&key(21)));
    assert_eq!(code(restore(&portal, &[theirs])), "ledger-other-key");
    let other = forged(&entries[0], 20, |entry| entry.account = id("other"));
    assert_eq!(code(restore(&portal, &[other])), "ledger-other-account");
    let middle = forged(&entries[0], 20, |entry| entry.place.position = 7);
    assert_eq!(code(restore(&portal, &[middle])), "bundle-older-than-ledger");
    let changed = forged(&entries[1], 20, |entry| entry.by = "Somebody else".into());
    assert_eq!(code(restore(&portal, &[all[0].clone(), changed, all[2].clone()])), "ledger-broken");
    let import = |file: &[u8]| code(Ledger::import(&portal.bundle, &portal.chain, file, &Limits::DEFAULT));
    assert_eq!(import(b""), "file-empty");
    assert_eq!(import(&portal.world.bundle_file().to_bytes()), "kind-wrong");
}

#[test]
fn every_damaged_entry_is_refused() {
    let (portal, _) = used();
    let all = lines(portal.ledger());
    for (line, position) in [(0, 60), (1, 60), (2, 60), (2, 400)] {
        let mut damaged = all.clone();
        damaged[line][position] ^= 1;
        assert!(restore(&portal, &damaged).is_err(), "line {line}, byte {position}");
    }
}

/// A base that goes on from a ledger, with one holding of a machine that it does not know.
fn base(next: LedgerReference, device: DeviceIdentity) -> LedgerBase {
    let holding = DeviceHolding {
        device,
        license_id: id("cr-1"),
        license: Digest::of(b"old license"),
        activation: id("activation-50"),
        sequence: 7,
        allocation: vec![seats("bot-creator", 6)],
        usable_until: Ceiling::Limited(time("2027-03-01T00:00:00Z")),
    };
    let consumption = vec![Counted { counter: id("pages"), total: 50_000 }];
    let settled = SettledTotal { device, genesis: Digest::of(b"genesis"), consumption };
    LedgerBase { held: vec![holding], settled: vec![settled], ..LedgerBase::empty(next) }
}

#[test]
fn a_new_ledger_begins_at_the_bundles_base() {
    let world = World::new();
    let device = DeviceIdentity { key: public(&key(50)), epoch: 0 };
    let ledger = LedgerId { key: public(&world.portal_key), epoch: 1 };
    let next = LedgerReference { ledger, position: 40, previous: Digest::of(b"entry 39") };
    let mut portal = Portal::without_ledger(world);
    portal.load(|_, bundle| bundle.ledger_base = Some(base(next, device)));
    let begun = begin_ledger(&portal.desk()).unwrap();
    portal.carry_out(begun);
    assert_eq!(portal.ledger().entries()[0].place, next);
    assert_eq!(restore(&portal, &lines(portal.ledger())).unwrap().compare(portal.ledger()), Comparison::Same);
    // What the base says is held is held; the machine counts as enabled; its number goes on.
    let mut other = portal.machine(30);
    assert_eq!(portal.free(&other.ask(now()), "bot-creator"), 4);
    let mut known = Station::new(50, Digest::of(b"token of the old ledger"));
    known.request.installed = Installed { license: Some(Digest::of(b"old license")), sequence: 7 };
    known.request.consumption = vec![Counted { counter: id("pages"), total: 49_000 }];
    let request = known.ask(now());
    let answer = portal.answer(&request, &[("bot-creator", 2)]);
    assert_eq!(answer.license.sequence, 8);
    assert_eq!(answer.license.consumption_base[0].total, 50_000);
    let more = known.ask_with(now(), |request| request.installed = Installed { license: None, sequence: 9 });
    assert_eq!(portal.codes(&more, SEATS), ["ledger-stale"]);
    // A ledger of the life before is closed, and one of this life is too new for the bundle before.
    let mut before = Portal::new();
    assert_eq!(code(restore(&portal, &lines(before.ledger()))), "ledger-replaced");
    assert_eq!(code(restore(&before, &lines(portal.ledger()))), "bundle-older-than-ledger");
    assert_eq!(before.ledger().compare(portal.ledger()), Comparison::Older);
    assert_eq!(portal.ledger().compare(before.ledger()), Comparison::Newer);
    before.load(|_, bundle| bundle.ledger_base = Some(base(next, device)));
    let mut fresh = Station::new(31, Digest::of(b"no token"));
    assert_eq!(before.codes(&fresh.ask(now()), &[("bot-creator", 1)]), ["ledger-replaced", "token-unknown"]);
}

#[test]
fn a_base_inside_the_ledger_settles_what_came_before() {
    let (mut portal, mut machine) = used();
    let next = portal.ledger().next();
    let device = DeviceIdentity { key: public(&key(50)), epoch: 0 };
    let early = lines(portal.ledger());
    portal.load(|_, bundle| bundle.ledger_base = Some(base(next, device)));
    let mut other = portal.machine(31);
    // The base knows of six seats on the machine 50, and of none on the first one.
    assert_eq!(portal.free(&other.ask(now()), "bot-creator"), 4);
    let all = lines(portal.ledger());
    assert!(restore(&portal, &all).is_ok());
    assert!(restore(&portal, &early).is_ok());
    assert_eq!(code(restore(&portal, &early[..2])), "ledger-behind-bundle");
    // What happened before stays known: requests are answered once, and a license that the base dropped is gone.
    assert_eq!(portal.codes(&machine.ask(now()), &[("bot-creator", 1)]), ["machine-rolled-back"]);
    let forked = LedgerReference { previous: Digest::of(b"another history"), ..next };
    portal.load(|_, bundle| bundle.ledger_base = Some(base(forked, device)));
    assert_eq!(code(restore(&portal, &all)), "ledger-forked-from-bundle");
    let request = other.ask(now());
    assert!(portal.codes(&request, &[("bot-creator", 1)]).contains(&"ledger-forked-from-bundle"));
    let theirs = LedgerReference { ledger: LedgerId { key: public(&key(21)), epoch: 0 }, ..next };
    portal.load(|_, bundle| bundle.ledger_base = Some(base(theirs, device)));
    assert_eq!(code(restore(&portal, &all)), "ledger-other-key");
    portal.ledger = None;
    assert_eq!(codes(begin_ledger(&portal.desk())), ["ledger-other-key"]);
}

/// Goes on with entries that later parts of the product make, signed by the portal.
fn append(portal: &mut Portal, event: Event) {
    let ledger = portal.ledger();
    let mut entry = ledger.entries()[0].get().clone();
    (entry.place, entry.event, entry.at) = (ledger.next(), event, portal.now);
    let mut all = lines(ledger);
    all.push(sign(&entry, &[&portal.world.portal_key]).line().to_vec());
    portal.ledger = Some(restore(portal, &all).unwrap());
}

#[test]
fn a_settled_deactivation_frees_its_seats_and_closes_its_activation() {
    let (mut portal, mut machine) = used();
    let mut other = portal.machine(31);
    assert_eq!(portal.free(&other.ask(now()), "bot-creator"), 5);
    let settled = Event::Settled {
        deactivation: Digest::of(b"deactivation"),
        receipt: Digest::of(b"receipt"),
        device: machine.request.device,
        license_id: id("cr-1"),
        activation: machine.request.activation.clone(),
        usage: machine.request.usage,
        consumption: vec![],
        variables: vec![],
    };
    append(&mut portal, settled);
    assert_eq!(portal.free(&other.ask(now()), "bot-creator"), 10);
    machine.request.installed.license = None;
    assert_eq!(portal.codes(&machine.ask(now()), SEATS), ["activation-closed"]);
    machine.request.activation = id("the-next-life");
    assert_eq!(portal.answer(&machine.ask(now()), SEATS).license.sequence, 2);
}

#[test]
fn a_released_machine_gets_nothing_and_travels_as_a_tombstone() {
    let (mut portal, mut machine) = used();
    let mut other = portal.machine(31);
    let (device, activation) = (machine.request.device, machine.request.activation.clone());
    append(&mut portal, Event::ReleasedDead { device, activation: activation.clone(), reason: "Burnt".into() });
    assert_eq!(portal.codes(&machine.ask(now()), SEATS), ["activation-closed", "machine-released"]);
    let answer = portal.answer(&other.ask(now()), &[("bot-creator", 10)]);
    assert_eq!(answer.license.tombstones, [Tombstone { device: device.key, activation, at: now() }]);
}

#[test]
fn a_sync_proves_what_is_installed_but_voids_nothing() {
    let (mut portal, mut machine) = used();
    let mut other = portal.machine(31);
    let raised = portal.answer(&machine.ask(now()), &[("bot-creator", 8)]);
    let synced = |installed, usage| Event::Synced {
        request: Digest::of(b"sync"),
        device: DeviceIdentity { key: public(&key(30)), epoch: 0 },
        installed,
        usage,
        consumption: vec![],
    };
    let before = machine.request.installed;
    append(&mut portal, synced(before, machine.request.usage));
    assert_eq!(portal.free(&other.ask(now()), "bot-creator"), 2);
    machine.install(&raised);
    let cut = portal.answer(&machine.ask(now()), &[("bot-creator", 1)]);
    machine.install(&cut);
    assert_eq!(portal.free(&other.ask(now()), "bot-creator"), 2);
    append(&mut portal, synced(machine.request.installed, machine.request.usage));
    assert_eq!(portal.free(&other.ask(now()), "bot-creator"), 9);
}
