//! Imports of many ledgers against the bare rate of Ed25519 verification over all cores; `cargo xtask bench-vendor` prints
//! the ratio. The goal is 0.7, which is missed (decision 27). A quarter of the ledgers comes first: time is to be linear.
//!
//! Floor and program take turns, and both are counted in wall time and in processor time: where other programs run as
//! well, only the second says something. `POSTERN_BENCH_ACCOUNTS` asks for another number of accounts than 2 000.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use postern_protocol::{File, VerifyingKey};
use postern_testkit::ledgers::Account;
use postern_testkit::{World, public};

/// Entries of each ledger.
const ENTRIES: u64 = 100;
const ROUNDS: usize = 3;

fn main() {
    // `cargo test --benches` only asks whether it runs.
    let test = std::env::args().any(|argument| argument == "--test");
    let accounts =
        std::env::var("POSTERN_BENCH_ACCOUNTS").map_or(if test { 4 } else { 2000 }, |one| one.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let made = ledgers(folder.path(), accounts);
    let rounds = if test { 1 } else { ROUNDS };
    let mut floors = Vec::new();
    let mut ours = Vec::new();
    for round in 0..rounds {
        floors.push(measured(|| verify_all(&made, accounts * ENTRIES)));
        let registry = folder.path().join(format!("{round}.registry"));
        run(folder.path(), &["registry", "init", "--trust", "trust.trust", "--registry"], &registry);
        ours.push(measured(|| run(folder.path(), &["ledger", "import", "inbox", "--registry"], &registry)));
        std::fs::remove_file(registry).unwrap();
    }
    report("ledger import", "verify", accounts * ENTRIES, &floors, &ours);
    // The rate of a fourth of the ledgers, to be compared with that of all.
    let all = folder.path().join("inbox");
    for number in accounts / 4..accounts {
        std::fs::remove_file(all.join(format!("account-{number}.ledger"))).unwrap();
    }
    let registry = folder.path().join("few.registry");
    run(folder.path(), &["registry", "init", "--trust", "trust.trust", "--registry"], &registry);
    let few = measured(|| run(folder.path(), &["ledger", "import", "inbox", "--registry"], &registry));
    let floors = [measured(|| verify_all(&made, accounts / 4 * ENTRIES))];
    report("a fourth of it", "verify", accounts / 4 * ENTRIES, &floors, &[few]);
}

/// What is verified at the least: the bytes that were signed, the signature, the key.
struct Signed {
    key: VerifyingKey,
    messages: Vec<(Vec<u8>, [u8; 64])>,
}

fn ledgers(folder: &Path, accounts: u64) -> Vec<Signed> {
    std::fs::create_dir(folder.join("inbox")).unwrap();
    let trust = File { trust: vec![World::new().trust_envelope()], ..File::default() };
    std::fs::write(folder.join("trust.trust"), trust.to_bytes()).unwrap();
    let one = |number| {
        let account = Account::new(number);
        let file = account.ledger_file(ENTRIES, ENTRIES, "");
        std::fs::write(folder.join("inbox").join(format!("{}.ledger", account.id)), file.to_bytes()).unwrap();
        let messages = file.documents.iter().map(|entry| (entry.signed_bytes(), entry.signatures()[0].signature));
        Signed { key: public(&account.portal_key).import().unwrap(), messages: messages.collect() }
    };
    // Verifying takes the same time for all: some stand for the others.
    let some = (0..accounts).map(one).enumerate().filter(|(index, _)| *index < 64);
    some.map(|(_, signed)| signed).collect()
}

fn verify_all(made: &[Signed], count: u64) {
    let cores = cores();
    std::thread::scope(|scope| {
        for core in 0..cores {
            scope.spawn(move || {
                let own = count / cores + u64::from(core < count % cores);
                let all =
                    made.iter().cycle().flat_map(|one| one.messages.iter().map(move |message| (&one.key, message)));
                for (key, (message, signature)) in all.take(own as usize) {
                    assert!(key.verifies(message, signature));
                }
            });
        }
    });
}

fn cores() -> u64 {
    std::thread::available_parallelism().unwrap().get() as u64
}

fn run(folder: &Path, arguments: &[&str], registry: &Path) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_postern"));
    let done = command.args(arguments).arg(registry).current_dir(folder).stdout(Stdio::null()).status().unwrap();
    assert!(done.success());
}

/// Wall time, and processor time of this program and those that it waited for.
#[derive(Clone, Copy)]
struct Measured {
    wall: Duration,
    processor: Duration,
}

fn measured(what: impl FnOnce()) -> Measured {
    let (began, before) = (Instant::now(), processor());
    what();
    Measured { wall: began.elapsed(), processor: processor() - before }
}

/// proc(5): fields 14 to 17 of stat are user and system time, own and of children, in hundredths of a second.
fn processor() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields = stat.rsplit_once(')').unwrap().1.split_whitespace().skip(11).take(4);
    Duration::from_millis(10 * fields.map(|ticks| ticks.parse::<u64>().unwrap()).sum::<u64>())
}

fn report(name: &str, floor: &str, count: u64, floors: &[Measured], ours: &[Measured]) {
    let best = |all: &[Measured], part: fn(&Measured) -> Duration| all.iter().map(part).min().unwrap();
    for (how, part) in [("wall", (|one| one.wall) as fn(&Measured) -> Duration), ("processor", |one| one.processor)] {
        let (floor_time, own_time) = (best(floors, part), best(ours, part));
        let rate = |time: Duration| count as f64 / time.as_secs_f64();
        println!(
            "{name}, {how:9}: {:>8.0}/s, bare {floor} {:>8.0}/s over {} cores: {:.2}",
            rate(own_time),
            rate(floor_time),
            cores(),
            rate(own_time) / rate(floor_time)
        );
    }
}
