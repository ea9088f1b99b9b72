//! Answering a hundred files at once against a long ledger: what one file costs, after 6 000 entries and after 60 000.
//!
//! Each file is decided on the ledger that the one before made, signed, and verified as its reader will. The goal is
//! that ten times the entries cost a file at most half as much again; `cargo bench -p postern-issuer` prints the ratio.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::hint::black_box;
use std::time::Instant;

use criterion::Criterion;
use postern_issuer::*;
use postern_protocol::bundle_file::VerifiedBundle;
use postern_protocol::documents::{Counted, Installed, License, Purpose, Request};
use postern_protocol::{Chain, Kind, Limits, SecretKey, Time, Unverified, Verified};
use postern_testkit::many::{self, Issuer};
use postern_testkit::{World, id, now, public};

const FILES: usize = 100;
/// What each machine has in the ledger: its activation and reports.
const PER_MACHINE: usize = 6;
const ROUNDS: usize = 15;

fn main() {
    let tried = std::env::args().any(|argument| argument == "--test");
    let sizes: &[usize] = if tried { &[60] } else { &[6_000, 60_000] };
    let portals: Vec<Portal> = sizes.iter().map(|entries| Portal::with(*entries)).collect();
    if let ([short, long], false) = (portals.as_slice(), tried) {
        report(short, long);
    }
    let mut criterion = Criterion::default().configure_from_args();
    for portal in &portals {
        let name = format!("{FILES} files/{} entries", portal.ledger.entries().len());
        criterion.bench_function(&name, |bencher| bencher.iter(|| black_box(portal.answer_all())));
    }
    criterion.final_summary();
}

/// Both in turn, so that other work on the machine spoils both alike.
fn report(short: &Portal, long: &Portal) {
    let time = |portal: &Portal| {
        let start = Instant::now();
        black_box(portal.answer_all());
        start.elapsed().as_secs_f64() * 1e6 / FILES as f64
    };
    let (mut shorts, mut longs): (Vec<f64>, Vec<f64>) = (0..ROUNDS).map(|_| (time(short), time(long))).unzip();
    let median = |times: &mut Vec<f64>| *times.select_nth_unstable_by(ROUNDS / 2, f64::total_cmp).1;
    let (short_time, long_time) = (median(&mut shorts), median(&mut longs));
    println!(
        "a file of {FILES}: {short_time:.0} µs after {} entries, {long_time:.0} µs after {}, ratio {:.2}",
        short.ledger.entries().len(),
        long.ledger.entries().len(),
        long_time / short_time
    );
}

/// An administrator's portal with a ledger, and files that wait.
struct Portal {
    world: World,
    bundle: VerifiedBundle,
    ledger: Ledger,
    files: Vec<Verified<Request>>,
}

impl Portal {
    fn with(entries: usize) -> Self {
        let world = many::world(now());
        let machines = entries / PER_MACHINE;
        let file = many::bundle(&world, (machines + FILES).min(10_000), Issuer::Administrator, now(), |_, _| ());
        let bundle = many::verified(&file, &world);
        let chain = chains_of(&bundle, public(&world.portal_key)).remove(0);
        let begun = begin_ledger(&desk(&bundle, &chain, None, now())).unwrap();
        let ledger = signed(begun, &world.portal_key).ledger;
        let files = (0..FILES).map(|number| asked(&world, number, |_| ())).collect();
        let mut portal = Self { world, bundle, ledger, files };
        for number in FILES..(machines + FILES).min(10_000) {
            portal.live(number);
        }
        portal
    }

    /// A machine's life: it is activated, and reports now and then.
    fn live(&mut self, number: usize) {
        let outcome = self.answer(&self.ledger, &asked(&self.world, number, |_| ()));
        self.ledger = outcome.ledger;
        let made = outcome.file.unwrap();
        let license = made.document(Kind::License).unwrap();
        let read: License = serde_json::from_slice(license.payload()).unwrap();
        for report in 1..PER_MACHINE as u64 {
            let request = asked(&self.world, number, |request| {
                request.purpose = Purpose::Sync;
                request.account = Some(read.account.clone());
                request.license_id = Some(read.license_id.clone());
                request.installed = Installed { license: Some(license.digest()), sequence: read.sequence };
                request.ledgers = vec![read.ledger];
                request.usage = many::usage(report);
                request.consumption = vec![Counted { counter: id("pages"), total: report }];
            });
            let chain = find_chain(&self.bundle, public(&self.world.portal_key), &request).unwrap();
            let decision = decide_sync(&desk(&self.bundle, &chain, Some(&self.ledger), now()), &request).unwrap();
            self.ledger = signed(decision, &self.world.portal_key).ledger;
        }
    }

    /// Answers every file that waits, each on what the one before made.
    fn answer_all(&self) -> Ledger {
        self.files.iter().fold(self.ledger.clone(), |ledger, file| self.answer(&ledger, file).ledger)
    }

    fn answer(&self, ledger: &Ledger, request: &Verified<Request>) -> Outcome {
        let chain = find_chain(&self.bundle, public(&self.world.portal_key), request).unwrap();
        let desk = desk(&self.bundle, &chain, Some(ledger), now());
        let choice = examine(&desk, request).default_choice();
        signed(decide_license(&desk, request, &choice).unwrap(), &self.world.portal_key)
    }
}

fn desk<'a>(bundle: &'a VerifiedBundle, chain: &'a Chain, ledger: Option<&'a Ledger>, now: Time) -> Desk<'a> {
    Desk { bundle, chain, ledger, revocations: &[], by: "Ada Admin", now }
}

fn signed(decision: Decision, key: &SecretKey) -> Outcome {
    let preparation = decision.prepare();
    let signatures: Vec<_> = preparation.messages().iter().map(|message| key.sign(message)).collect();
    preparation.finish(&signatures).unwrap()
}

/// A request of the machine with this number, signed by the license key with it.
fn asked(world: &World, number: usize, change: impl FnOnce(&mut Request)) -> Verified<Request> {
    // Any other key will do for the machine's own.
    let device = many::credential(number + 1_000_000);
    let file = many::request(world, &device, &many::credential(number), now(), |request| {
        request.usage = many::usage(0);
        change(request);
    });
    let envelope = file.document(Kind::Request).unwrap().clone();
    Unverified::<Request>::new(envelope).unwrap().verify_by_named_signers(&Limits::DEFAULT).unwrap()
}
