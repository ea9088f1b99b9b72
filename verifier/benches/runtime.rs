//! What applications ask of a machine all day, each against its floor measured in the same run.
//!
//! - `check`: under 100 ns, without allocation;
//! - `consume`, one thread: at most 1.15 × a bare SQLite commit of the same rows; 32 threads: at least 10 × its rate;
//! - opening: a million records within 1.5 × the time of a thousand;
//! - `audit`: at least 400 000 records a second.
//!
//! `cargo bench -p postern-verifier` prints the ratios. The million takes two minutes to make (seconds with `TMPDIR` on
//! a disk in memory, where commits cost nothing and the ratios of `consume` mean nothing); `--quick` leaves it out,
//! `--threads` does only what many threads share.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs, dead_code)]

#[path = "../tests/suite/plant.rs"]
mod plant;

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use plant::Plant;
use postern_testkit::{id, now};
use rusqlite::{Connection, TransactionBehavior, params};

/// Rounds of one thread's commits: each of the two takes turns.
const ROUNDS: usize = 2_000;

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick" || argument == "--test");
    if std::env::args().any(|argument| argument == "--threads") {
        return threads(if std::env::var_os("LONG").is_some() { 6000 } else { 400 });
    }
    check();
    one_thread(if quick { 20 } else { ROUNDS });
    threads(if quick { 10 } else { 400 });
    if !quick {
        open_and_audit();
    }
}

fn check() {
    let plant = Plant::counting();
    let now = now();
    plant.verifier.check("api-tasks", now).unwrap();
    let rounds = 2_000_000_u32;
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    let began = Instant::now();
    for _ in 0..rounds {
        black_box(plant.verifier.check(black_box("api-tasks"), now)).unwrap();
    }
    let took = began.elapsed() / rounds;
    // The thread that keeps the license true may allocate now and then; a check never does.
    let allocations = ALLOCATIONS.load(Ordering::Relaxed) - before;
    println!(
        "check: {took:?}, {:.6} allocations each (goal: under 100 ns, none)",
        allocations as f64 / f64::from(rounds)
    );
}

fn one_thread(rounds: usize) {
    let plant = Plant::counting();
    let floor = Floor::new(&plant);
    let mut ours = Vec::with_capacity(rounds);
    let mut bare = Vec::with_capacity(rounds);
    for round in 0..rounds + 20 {
        let a = time(|| use_up(&plant));
        let b = time(|| floor.commit(round as i64));
        if round >= 20 {
            ours.push(a);
            bare.push(b);
        }
    }
    let (ours, bare) = (median(&mut ours), median(&mut bare));
    println!(
        "consume, one thread: {ours:.1} µs against {bare:.1} µs of a bare commit, ratio {:.3} (goal: at most 1.15)",
        ours / bare
    );
}

fn threads(each: usize) {
    let plant = Plant::counting();
    let rate = |threads: usize, each: usize| {
        let began = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| (0..each).for_each(|_| use_up(&plant)));
            }
        });
        (threads * each) as f64 / began.elapsed().as_secs_f64()
    };
    let mut ratios: Vec<(f64, f64, f64)> = (0..3)
        .map(|_| {
            let one = rate(1, each * 2);
            let many = rate(32, each);
            (many / one, one, many)
        })
        .collect();
    ratios.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (ratio, one, many) = ratios[1];
    println!("consume: {one:.0}/s in one thread, {many:.0}/s in 32, ratio {ratio:.1} (goal: at least 10)");
}

fn open_and_audit() {
    let few = Plant::counting();
    fill(&few, 1_000);
    let many = Plant::counting();
    fill(&many, 1_000_000);
    let open = |plant: &Plant| {
        let mut times: Vec<f64> = (0..200)
            .map(|_| {
                time(|| {
                    let verifier = plant.another();
                    assert!(verifier.status(now()).unwrap().usage.records > 0);
                })
            })
            .collect();
        median(&mut times)
    };
    let (a, b) = (open(&few), open(&many));
    println!(
        "open: {a:.0} µs with a thousand records, {b:.0} µs with a million, ratio {:.2} (goal: at most 1.5)",
        b / a
    );
    let size = |plant: &Plant| std::fs::metadata(plant.state().join("state.db")).unwrap().len();
    println!("state: {} KiB and {} KiB", size(&few) / 1024, size(&many) / 1024);
    let mut rates: Vec<f64> = (0..5)
        .map(|_| {
            let began = processor_time();
            let records = many.verifier.audit().unwrap();
            records as f64 / (processor_time() - began)
        })
        .collect();
    println!("audit: {:.0} records in a second of one core (goal: at least 400 000)", median(&mut rates));
}

fn use_up(plant: &Plant) {
    black_box(plant.verifier.consume(&id("pages"), 1, now()).unwrap());
}

/// Uses a counter until there are this many records. In one thread: uses that share a commit would share a record.
fn fill(plant: &Plant, records: u64) {
    (0..records).for_each(|_| use_up(plant));
}

/// The least that any durable consumption costs: the same rows, in a bare SQLite commit with `synchronous=FULL`.
struct Floor {
    connection: std::cell::RefCell<Connection>,
    _directory: tempfile::TempDir,
}

impl Floor {
    fn new(plant: &Plant) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let connection = Connection::open(directory.path().join("floor.db")).unwrap();
        connection.pragma_update(None, "journal_mode", "WAL").unwrap();
        connection.pragma_update(None, "synchronous", "FULL").unwrap();
        let schema = plant::database(&plant.state());
        let tables: Vec<String> = schema
            .prepare("SELECT sql FROM sqlite_master WHERE name IN ('usage', 'consumption') AND type = 'table'")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        tables.iter().for_each(|table| connection.execute_batch(table).unwrap());
        Self { connection: connection.into(), _directory: directory }
    }

    fn commit(&self, round: i64) {
        let sealed = [7_u8; 104];
        let mut connection = self.connection.borrow_mut();
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
        tx.prepare_cached("INSERT INTO usage (sequence, sealed, hash) VALUES (?1, ?2, ?3)")
            .unwrap()
            .execute(params![round + 1, sealed.as_slice(), &[8_u8; 32]])
            .unwrap();
        tx.prepare_cached(
            "INSERT INTO consumption (ancestor, counter, total, base, since) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (ancestor, counter) DO UPDATE
             SET total = excluded.total, base = excluded.base, since = excluded.since",
        )
        .unwrap()
        .execute(params!["operations", "pages", round, 0, 1_795_338_000_i64])
        .unwrap();
        tx.commit().unwrap();
    }
}

/// Seconds of one core that this thread has used.
fn processor_time() -> f64 {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    used.tv_sec as f64 + used.tv_nsec as f64 / 1e9
}

fn time(run: impl FnOnce()) -> f64 {
    let began = Instant::now();
    run();
    Duration::as_secs_f64(&began.elapsed()) * 1e6
}

fn median(times: &mut [f64]) -> f64 {
    let middle = times.len() / 2;
    *times.select_nth_unstable_by(middle, f64::total_cmp).1
}

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

/// Counts allocations.
struct Counting;

#[allow(unsafe_code)] // an allocator cannot be written without; this one only counts
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;
