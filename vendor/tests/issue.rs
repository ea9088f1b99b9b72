//! Tokens and licenses without a browser, the ledger before the answer, and every refusal with nothing changed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use common::{PORTAL_PASSPHRASE, Ran, Vendor};
use postern_protocol::bundle_file::{VerifiedLedger, verify_ledger};
use postern_protocol::documents::*;
use postern_protocol::{Digest, File, Limits, Reader, UnderGrant, Verified};
use postern_testkit::{World, id, key, public, sign, time};

const LATER: &str = "2026-11-22T10:00:00Z";

/// A vendor's customer without a browser.
struct Office(Vendor);

impl Office {
    fn new() -> Self {
        Self(Vendor::with_bundle())
    }

    /// Under an entitlement that may release machines and repair clocks.
    fn with_rights() -> Self {
        let vendor = Vendor::ready();
        let account = include_str!("../examples/account.toml")
            .replace("# release_dead =", "release_dead =")
            .replace("# repair_clock =", "repair_clock =");
        vendor.write("account.toml", account);
        vendor.ok(&format!("bundle make account.toml {} --out acme.bundle", common::BUNDLE));
        Self(vendor)
    }

    /// Runs `token` or `issue` with the portal's passphrase.
    fn run(&self, command: &str) -> Ran {
        let line = format!("{command} --bundle acme.bundle --ledger acme.ledger --trust roots/trust.trust");
        let words: Vec<&str> = line.split(' ').map(|word| if word == "@" { common::NOW } else { word }).collect();
        self.0.run_with(&words, &[("POSTERN_PASSPHRASE", PORTAL_PASSPHRASE)])
    }

    fn ok(&self, command: &str) -> serde_json::Value {
        let ran = self.run(command);
        assert_eq!(ran.code, 0, "{command}: {}", ran.text);
        ran.out
    }

    /// Refused with this code, and nothing changes: no new file, the ledger byte for byte the same.
    fn refused(&self, command: &str, code: &str) -> Ran {
        let (names, ledger) = (self.0.names(), std::fs::read(self.0.path("acme.ledger")).ok());
        let ran = self.run(command);
        assert!(ran.codes().contains(&code), "{command}: {}", ran.text);
        assert_eq!(self.0.names(), names);
        assert_eq!(std::fs::read(self.0.path("acme.ledger")).ok(), ledger);
        ran
    }

    fn document<T: UnderGrant>(&self, name: &str) -> Verified<T> {
        let trust = self.0.trust("roots/trust.trust");
        let reader = Reader { trust: &trust, revocations: &[], limits: Limits::DEFAULT };
        reader.file::<T>(&self.0.read(name)).unwrap().document
    }

    fn ledger(&self) -> VerifiedLedger {
        let trust = self.0.trust("roots/trust.trust");
        verify_ledger(&self.0.read("acme.ledger"), &trust, &Limits::DEFAULT).unwrap()
    }

    /// Makes a token and the LFR of a machine that installed it.
    fn machine(&self, seed: u8, out: &str) -> Request {
        let token = self.document::<Enablement>("a.token");
        let request = Request {
            license_id: Some(id("cr-hamburg")),
            ledgers: vec![token.ledger],
            cycle: Cycle { cycle: 1, number: 1, first_generated_at: time(LATER), generated_at: time(LATER) },
            ..World::new().request(public(&key(seed)), Some(token.digest()))
        };
        self.write_request(&request, seed, out);
        request
    }

    fn write_request(&self, request: &Request, seed: u8, out: &str) {
        let file = File { documents: vec![sign(request, &[&key(seed)])], ..File::default() };
        self.0.write(out, file.to_bytes());
    }
}

const TOKEN: &str = "token --license cr-hamburg --at @";
const ISSUE: &str = "issue --request a.lfr --at 2026-11-22T11:00:00Z";

#[test]
fn a_token_and_a_license_with_their_ledger() {
    let office = Office::new();
    let told = office.ok(&format!("{TOKEN} --new-ledger --out a.token"));
    let token = office.document::<Enablement>("a.token");
    assert_eq!(told["id"], token.id.as_str());
    assert_eq!((token.license_id.as_str(), token.issued_at), ("cr-hamburg", time(common::NOW)));
    let ledger = office.ledger();
    assert!(matches!(ledger.entries[0].event, Event::Begun { .. }));
    assert!(matches!(&ledger.entries[1].event, Event::TokenMade { token: digest, .. } if *digest == token.digest()));

    let request = office.machine(30, "a.lfr");
    let told = office.ok(&format!("{ISSUE} --seats bot-creator=5,bot-runner=3 --end 2027-03-31 --by Anna --out a.olf"));
    let license = office.document::<License>("a.olf");
    assert_eq!((license.device, &license.activation, license.sequence), (request.device, &request.activation, 1));
    let seats: Vec<_> = license.allocation.iter().map(|one| (one.seat_type.as_str(), one.steps[0].quantity)).collect();
    assert_eq!(seats, [("bot-creator", 5), ("bot-runner", 3)]);
    assert_eq!(license.starts_at, time("2026-11-22T00:00:00Z"));
    assert_eq!(license.ends_at, Ceiling::Limited(time("2027-03-31T23:59:59Z")));
    assert_eq!(told["seats"][0]["after"], 5);
    let ledger = office.ledger();
    assert_eq!(ledger.entries.len(), 3);
    assert_eq!(ledger.entries[2].by, "Anna");
    let Event::Issued(issued) = &ledger.entries[2].event else { panic!("{:?}", ledger.entries[2].event) };
    assert_eq!(issued.license, license.digest());
    assert_eq!(license.ledger, ledger.entries[2].place);

    // The same request again, and what is left for another machine.
    office.refused(&format!("{ISSUE} --seats bot-creator=1 --out again.olf"), "request-used");
    office.ok(&format!("{TOKEN} --out b.token"));
    std::fs::copy(office.0.path("b.token"), office.0.path("a.token")).unwrap();
    office.machine(31, "a.lfr");
    let ran = office.refused(&format!("{ISSUE} --seats bot-creator=6,bot-runner=30 --out b.olf"), "seats-exceed-free");
    assert!(ran.codes().len() >= 2, "all refusals come at once: {}", ran.text);
    office.ok(&format!("{ISSUE} --seats bot-creator=5 --out b.olf"));
}

#[test]
fn without_dates_a_license_lasts_as_long_as_it_may() {
    let office = Office::new();
    office.ok(&format!("{TOKEN} --new-ledger --out a.token"));
    office.machine(30, "a.lfr");
    office.refused(&format!("{ISSUE} --seats bot-creator=5 --end unlimited --out a.olf"), "end-too-late");
    office.refused(&format!("{ISSUE} --seats bot-creator=5 --start 2026-11-01 --out a.olf"), "start-too-early");
    office.ok(&format!("{ISSUE} --seats bot-creator=5 --out a.olf"));
    let license = office.document::<License>("a.olf");
    assert_eq!(license.ends_at, Ceiling::Limited(time("2027-06-30T23:59:59Z")));
}

#[test]
fn a_clock_challenge_is_answered_with_a_ticket() {
    let office = Office::with_rights();
    office.ok(&format!("{TOKEN} --new-ledger --out a.token"));
    let request = office.machine(30, "a.lfr");
    let ahead = |hours: u64| {
        let floor = time("2026-11-22T11:00:00Z").plus(hours * 3600);
        let clock = Some(ClockReading { now: floor, floor });
        let nonce = id(&format!("challenge-{hours}"));
        office.write_request(&Request { purpose: Purpose::Clock, clock, nonce, ..request.clone() }, 30, "clock.req");
    };
    let answer = "issue --request clock.req --at 2026-11-22T11:00:00Z";
    ahead(2);
    office.refused(&format!("{answer} --seats bot-creator=1 --out clock.ticket"), "clock-takes-no-choice");
    office.refused(&format!("{answer} --accept-fork --out clock.ticket"), "clock-takes-no-choice");
    let told = office.ok(&format!("{answer} --out clock.ticket"));
    assert_eq!(
        (&told["back"], &told["repairs"]["used"], &told["repairs"]["count"]),
        (&7200.into(), &1.into(), &2.into())
    );
    let ticket = office.document::<TimeTicket>("clock.ticket");
    assert_eq!((ticket.device, ticket.nonce.as_str()), (request.device, "challenge-2"));
    assert_eq!(ticket.time, time("2026-11-22T11:00:00Z"));
    let last = office.ledger().entries.pop().unwrap();
    let repaired =
        matches!(last.event, Event::ClockRepaired { ticket: digest, back: 7200, .. } if digest == ticket.digest());
    assert!(repaired, "{:?}", last.event);

    office.refused(&format!("{answer} --out again.ticket"), "request-used");
    ahead(25);
    office.refused(&format!("{answer} --out far.ticket"), "clock-too-far-back");
    ahead(24);
    office.ok(&format!("{answer} --out second.ticket"));
    ahead(1);
    office.refused(&format!("{answer} --out third.ticket"), "clock-repairs-spent");
    ahead(0);
    assert_eq!(office.ok(&format!("{answer} --out forward.ticket"))["back"], 0);

    // Every tool says what it is, and that it holds.
    let inspected = office.0.ok("inspect clock.ticket --trust roots/trust.trust").to_string();
    assert!(inspected.contains("time-ticket") && inspected.contains("Time ticket for machine"), "{inspected}");
}

#[test]
fn a_clock_is_repaired_only_with_the_right() {
    let office = Office::new();
    office.ok(&format!("{TOKEN} --new-ledger --out a.token"));
    let request = office.machine(30, "a.lfr");
    let clock = Some(ClockReading { now: time(LATER), floor: time(LATER) });
    office.write_request(&Request { purpose: Purpose::Clock, clock, ..request }, 30, "clock.req");
    office.refused("issue --request clock.req --out clock.ticket --at 2026-11-22T11:00:00Z", "right-missing");
}

#[test]
fn a_restored_machine_is_accepted_only_when_asked_to() {
    let office = Office::with_rights();
    office.ok(&format!("{TOKEN} --new-ledger --out a.token"));
    let request = office.machine(30, "a.lfr");
    let seats = "--seats bot-creator=5";
    office.refused(&format!("{ISSUE} {seats} --accept-fork --out a.olf"), "request-recovers-not");
    assert_eq!(office.ok(&format!("{ISSUE} {seats} --out a.olf"))["accepted_fork"], false);
    let license = office.document::<License>("a.olf");
    let restored = Request {
        recovers: Some(license.digest()),
        nonce: id("restored"),
        usage: Checkpoint { genesis: Digest::of(b"another"), ..request.usage },
        ..request
    };
    office.write_request(&restored, 30, "a.lfr");
    office.refused(&format!("{ISSUE} {seats} --out b.olf"), "request-recovers");
    let told = office.ok(&format!("{ISSUE} {seats} --accept-fork --out b.olf"));
    assert_eq!((&told["accepted_fork"], &told["epoch"]), (&true.into(), &1.into()));
    let accepted = office.document::<License>("b.olf");
    assert_eq!(accepted.accept_fork, Some(AcceptFork { usage: restored.usage }));
    assert_eq!((accepted.device.epoch, accepted.sequence), (1, 2));
}

#[test]
fn without_seats_no_license() {
    let office = Office::new();
    office.ok(&format!("{TOKEN} --new-ledger --out a.token"));
    office.machine(30, "a.lfr");
    office.refused(&format!("{ISSUE} --out a.olf"), "seats-none");
}

#[test]
fn a_ledger_begins_only_when_asked_to() {
    let office = Office::new();
    office.refused(&format!("{TOKEN} --out a.token"), "ledger-file-missing");
    office.ok(&format!("{TOKEN} --new-ledger --out a.token"));
    office.refused(&format!("{TOKEN} --new-ledger --out b.token"), "ledger-file-exists");
    office.0.write("acme.ledger", "");
    office.refused(&format!("{TOKEN} --out b.token"), "file-empty");
    std::fs::copy(office.0.path("acme.bundle"), office.0.path("acme.ledger")).unwrap();
    office.refused(&format!("{TOKEN} --out b.token"), "kind-wrong");
}

#[test]
fn a_locked_ledger_is_left_alone() {
    let office = Office::new();
    office.ok(&format!("{TOKEN} --new-ledger --out a.token"));
    let held = std::fs::File::open(office.0.path("acme.ledger")).unwrap();
    held.lock().unwrap();
    office.refused(&format!("{TOKEN} --out b.token"), "ledger-file-busy");
    drop(held);
    office.ok(&format!("{TOKEN} --out b.token"));
}

#[test]
fn an_answer_that_cannot_be_written_leaves_the_ledger_as_it_was() {
    let office = Office::new();
    office.ok(&format!("{TOKEN} --new-ledger --out a.token"));
    let ran = office.refused(&format!("{TOKEN} --out nowhere/b.token"), "output-unwritable");
    assert_eq!(ran.code, 3);
    office.refused(&format!("{TOKEN} --out a.token"), "output-exists");
}

#[test]
fn refusals_of_the_desk() {
    let office = Office::new();
    office.refused("token --license other --new-ledger --out a.token --at @", "license-id-unknown");
    office.refused("token --license cr-hamburg --new-ledger --out a.token --at 2027-06-15", "issue-window");
    let wrong = office.0.run_with(
        &[
            "token",
            "--license",
            "cr-hamburg",
            "--new-ledger",
            "--out",
            "a.token",
            "--bundle",
            "acme.bundle",
            "--ledger",
            "acme.ledger",
        ],
        &[("POSTERN_PASSPHRASE", "wrong")],
    );
    assert_eq!((wrong.code, wrong.codes()), (1, vec!["sealed-key-passphrase-wrong"]));
    assert!(!office.0.path("acme.ledger").exists());

    office.ok(&format!("{TOKEN} --new-ledger --out a.token"));
    office.0.write("a.lfr", office.0.read("a.token"));
    office.refused(&format!("{ISSUE} --seats bot-creator=1 --out a.olf"), "kind-wrong");
    let request = office.machine(30, "a.lfr");
    office.write_request(&Request { license_id: Some(id("other")), ..request }, 30, "a.lfr");
    office.refused(&format!("{ISSUE} --seats bot-creator=1 --out a.olf"), "license-id-unknown");
    let line = office.run(&format!("{ISSUE} --seats bot-creator --out a.olf"));
    assert_eq!(line.code, 2, "{}", line.text);
}

#[test]
fn a_key_that_the_bundle_does_not_carry_comes_from_its_file() {
    let vendor = Vendor::ready();
    vendor.ok("root new --product automation --vendor northwind --keys 1 --threshold 1 --out portal --at @");
    let code = vendor.ok("license-code portal/root-1.pem")["license_code"].as_str().unwrap().to_owned();
    let account = include_str!("../examples/account.toml")
        .replace("portal_key = \"sealed\"", &format!("portal_key = {{ license_code = \"{code}\" }}"));
    vendor.write("account.toml", account);
    vendor.ok(&format!("bundle make account.toml {} --out acme.bundle", common::BUNDLE));
    let token =
        "token --license cr-hamburg --new-ledger --out a.token --at @ --bundle acme.bundle --ledger acme.ledger";
    vendor.refused(token, "portal-key-missing");
    vendor.refused(&format!("{token} --portal-key roots/root-1.pem"), "portal-key-other");
    vendor.ok(&format!("{token} --portal-key portal/root-1.pem"));
}
