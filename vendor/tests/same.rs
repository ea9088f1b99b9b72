//! The same inputs give the same bytes, whether a portal decides or `postern`: each kind of answer, and its ledger entry.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use common::office::{ACCOUNT, Office};
use common::{NOW, PORTAL_PASSPHRASE};
use postern_issuer::*;
use postern_protocol::documents::*;
use postern_protocol::{Chain, Document, File, Limits, Unverified, Verified, sealed_key};
use postern_testkit::{key, public, time};

fn received<T: Document + Signer>(office: &Office, name: &str) -> Verified<T> {
    let envelope = File::parse(&office.vendor.read(name), &Limits::DEFAULT).unwrap().documents.remove(0);
    Unverified::new(envelope).unwrap().verify_by_named_signers(&Limits::DEFAULT).unwrap()
}

/// Runs `postern` and has the portal's core decide the same on the ledger as it was: same file, same ledger.
fn same(office: &Office, command: &str, out: Option<&str>, decide: impl Fn(&Desk<'_>) -> Decision) {
    let before = office.vendor.read("acme.ledger");
    office.ok(command);
    let bundle = office.vendor.bundle("acme.bundle");
    let pem = bundle.bundle.sealed_key.as_ref().unwrap().join("\n");
    let portal = sealed_key::open(&pem, PORTAL_PASSPHRASE.as_bytes()).unwrap();
    let chain: Chain = chain_for(&bundle, public(&portal), &"seat-1".parse().unwrap()).unwrap();
    let ledger = Ledger::import(&bundle, &chain, &before, &Limits::DEFAULT).unwrap();
    let now = time(NOW);
    let desk = Desk { bundle: &bundle, chain: &chain, ledger: Some(&ledger), revocations: &[], by: "postern", now };
    let preparation = decide(&desk).prepare();
    let signatures: Vec<_> = preparation.messages().iter().map(|message| portal.sign(message)).collect();
    let outcome = preparation.finish(&signatures).unwrap();
    let file = outcome.file.map(|file| file.to_bytes());
    assert_eq!(file, out.map(|out| office.vendor.read(out)), "{command}");
    let after = Ledger::import(&bundle, &chain, &office.vendor.read("acme.ledger"), &Limits::DEFAULT).unwrap();
    assert_eq!(after.next(), outcome.ledger.next(), "{command}");
}

#[test]
fn each_answer_is_the_portals_byte_for_byte() {
    let rights = "rights = { repair_clock = { count = 1, max_back = \"1 day\" }, refresh = true, release_dead";
    let office = Office::of(&ACCOUNT.replace("rights = { release_dead", rights));
    // The ledger begins with another machine, so that all start from the same bytes.
    office.activation("seat-2", 31, "other.req", |_| {});
    office.ok("issue other.req --new-ledger --out other.lic");
    office.activation("seat-1", 30, "a.req", |_| {});
    same(&office, "issue a.req --out a.lic", Some("a.lic"), |desk| {
        let asked = received::<Request>(&office, "a.req");
        decide_license(desk, &asked, &examine(desk, &asked).default_choice()).unwrap()
    });
    let request = |name: &str, purpose, clock| {
        office.activation("seat-1", 30, name, |request| {
            office.installed("a.lic", request);
            (request.purpose, request.clock) = (purpose, clock);
        });
    };
    request("report.req", Purpose::Sync, None);
    same(&office, "issue report.req", None, |desk| decide_sync(desk, &received(&office, "report.req")).unwrap());
    let ahead = time(NOW).plus(3600);
    request("clock.req", Purpose::Clock, Some(ClockReading { now: ahead, floor: ahead }));
    same(&office, "issue clock.req --out a.ticket", Some("a.ticket"), |desk| {
        decide_clock(desk, &received(&office, "clock.req")).unwrap()
    });
    let device = public(&key(30));
    let refresh = format!("refresh --device {device} --move-base --out-dir new");
    let written = format!("new/seat-1-{}.lic", device.short());
    same(&office, &refresh, Some(&written), |desk| decide_refresh(desk, &device, true).unwrap());
    office.deactivation("a.lic", 30, "back.req");
    same(&office, "issue back.req --out a.receipt", Some("a.receipt"), |desk| {
        decide_settlement(desk, &received(&office, "back.req")).unwrap()
    });
}
