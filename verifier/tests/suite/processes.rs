//! Several processes on one state directory, killed at any moment: what was acknowledged is there, nothing twice.
//!
//! The workers are this test program again, running one ignored test. `POSTERN_SOAK` asks for 200 rounds.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;

use postern_testkit::{id, now};
use postern_verifier::{Event, Verifier};
use proptest::prelude::RngExt;
use proptest::test_runner::{RngAlgorithm, TestRng};

use crate::plant::{Hardware, Plant};

const WORKERS: usize = 3;
const STATE: &str = "POSTERN_TEST_WORKER_STATE";
const NAME: &str = "POSTERN_TEST_WORKER_NAME";

/// Uses the state without an end, and says each use once it is acknowledged.
#[test]
#[ignore = "a worker of the tests below"]
fn worker() {
    let Some(state) = std::env::var_os(STATE) else { return };
    let name = std::env::var(NAME).unwrap();
    let verifier = Verifier::open_on(None, Path::new(&state), Some(Box::new(Hardware::new()))).unwrap();
    let say = |what: String| {
        let mut out = std::io::stdout().lock();
        // The reader is gone only when the test is over.
        if writeln!(out, "did {what}").and_then(|()| out.flush()).is_err() {
            std::process::exit(0);
        }
    };
    for round in 0_u64.. {
        verifier.consume(&id("pages"), 1 + round % 3, now()).unwrap();
        say(format!("consume {}", 1 + round % 3));
        let user = format!("{name} {}", round % 2);
        if verifier.checkout(&id("bot-creator"), &user, now()).is_ok() {
            say(format!("checkout {user}"));
        }
        if let Ok(session) = verifier.begin_session(&id("bot-creator"), &name, now()) {
            say(format!("begin {}", session.id));
            if round % 4 != 0 {
                verifier.end_session(&session.id, now()).unwrap();
                say(format!("end {}", session.id));
            }
        }
        if round % 3 == 0 && verifier.release(&id("bot-creator"), &user, now()).is_ok() {
            say(format!("release {user}"));
        }
    }
}

struct Worker {
    child: Child,
    said: JoinHandle<Vec<String>>,
}

impl Worker {
    /// Starts one that is killed once it has said this many things.
    fn start(plant: &Plant, name: &str, after: usize) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "processes::worker", "--ignored", "--nocapture"])
            .env(STATE, plant.state())
            .env(NAME, name)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let mut killer = Killer { pid: child.id().to_string(), after };
        // It reads on after the kill: what was said before it counts.
        let said = std::thread::spawn(move || {
            let lines =
                out.lines().map_while(Result::ok).filter_map(|line| Some(line.strip_prefix("did ")?.to_owned()));
            lines.inspect(|_| killer.count()).collect()
        });
        Self { child, said }
    }

    fn end(mut self) -> Vec<String> {
        let status = self.child.wait().unwrap();
        assert!(!status.success(), "a worker ended by itself");
        self.said.join().unwrap()
    }
}

struct Killer {
    pid: String,
    after: usize,
}

impl Killer {
    fn count(&mut self) {
        self.after = self.after.wrapping_sub(1);
        if self.after == 0 {
            let killed = Command::new("kill").args(["-KILL", &self.pid]).status().unwrap();
            assert!(killed.success());
        }
    }
}

/// What the workers acknowledged, in all rounds.
#[derive(Default)]
struct Acknowledged {
    units: u64,
    begun: BTreeSet<String>,
    ended: BTreeSet<String>,
    /// Whether each user has a seat, by what was said last.
    seats: BTreeMap<String, bool>,
}

impl Acknowledged {
    fn hear(&mut self, line: &str) {
        let (what, of) = line.split_once(' ').unwrap();
        match what {
            "consume" => self.units += of.parse::<u64>().unwrap(),
            "begin" => drop(self.begun.insert(of.to_owned())),
            "end" => drop(self.ended.insert(of.to_owned())),
            "checkout" | "release" => drop(self.seats.insert(of.to_owned(), what == "checkout")),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn whatever_is_killed_nothing_acknowledged_is_lost_and_nothing_counted_twice() {
    let rounds = if std::env::var_os("POSTERN_SOAK").is_some() { 200 } else { 20 };
    let mut random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let plant = Plant::counting();
    let mut acknowledged = Acknowledged::default();
    for round in 0..rounds {
        let workers: Vec<_> = (0..WORKERS)
            .map(|worker| Worker::start(&plant, &format!("worker {worker}"), random.random_range(1..40)))
            .collect();
        for worker in workers {
            worker.end().iter().for_each(|line| acknowledged.hear(line));
        }
        compare(&plant, &acknowledged, (round + 1) * WORKERS as u64);
    }
    assert!(acknowledged.units > 0 && !acknowledged.begun.is_empty() && !acknowledged.seats.is_empty());
    // The sessions of the dead are reclaimed as soon as somebody needs the seat.
    for user in plant.verifier.status(now()).unwrap().seats[0].holders.clone() {
        plant.verifier.release(&id("bot-creator"), &user.user, now()).unwrap();
    }
    for _ in 0..5 {
        plant.verifier.begin_session(&id("bot-creator"), "the living", now()).unwrap();
    }
}

/// Each killed worker may have done one thing that it could no longer say.
fn compare(plant: &Plant, acknowledged: &Acknowledged, unsaid: u64) {
    let (mut units, mut begun, mut ended) = (0, BTreeSet::new(), BTreeSet::new());
    let mut seats = BTreeSet::new();
    plant
        .another()
        .usage(|record| match record.event {
            Event::Consumed { units: some, .. } => units += some,
            Event::SessionBegun { session, .. } => drop(begun.insert(session.to_string())),
            Event::SessionEnded { session, .. } => assert!(ended.insert(session.to_string()), "ended twice"),
            Event::CheckedOut { user, .. } => assert!(seats.insert(user), "one seat, taken twice"),
            Event::Released { user, .. } => assert!(seats.remove(&user), "released, but not taken"),
            _ => {}
        })
        .unwrap();
    assert!((acknowledged.units..=acknowledged.units + 3 * unsaid).contains(&units));
    assert!(acknowledged.begun.is_subset(&begun) && begun.len() as u64 <= acknowledged.begun.len() as u64 + unsaid);
    assert!(acknowledged.ended.is_subset(&ended));
    let status = plant.another().status(now()).unwrap();
    assert_eq!(status.consumption[0].balance.used, units, "the counter is what its records say");
    let [creators] = status.seats.as_slice() else { panic!() };
    assert!(creators.used <= creators.total, "{creators:?}");
    let holders: BTreeSet<String> = creators.holders.iter().map(|holder| holder.user.clone()).collect();
    assert_eq!(holders, seats, "the seats are what their records say");
    let running: BTreeSet<String> = creators.sessions.iter().map(|session| session.id.to_string()).collect();
    assert_eq!(running, begun.difference(&ended).cloned().collect(), "and so are the sessions");
    let differing = acknowledged.seats.iter().filter(|(user, has)| holders.contains(*user) != **has).count();
    assert!(differing as u64 <= unsaid);
}

#[test]
fn threads_of_several_handles_share_one_state() {
    let plant = Plant::counting();
    let second = plant.another();
    let each = 25;
    std::thread::scope(|scope| {
        for thread in 0..16 {
            let verifier = if thread % 2 == 0 { &plant.verifier } else { &second };
            scope.spawn(move || {
                for _ in 0..each {
                    verifier.consume(&id("pages"), 1, now()).unwrap();
                }
            });
        }
    });
    for verifier in [&plant.verifier, &second, &plant.another()] {
        let status = verifier.status(now()).unwrap();
        assert_eq!(status.consumption[0].balance.used, 16 * each);
    }
    let mut consumed = 0;
    plant.verifier.usage(|record| consumed += u64::from(matches!(record.event, Event::Consumed { .. }))).unwrap();
    assert_eq!(consumed, 16 * each);
}

#[test]
fn one_that_is_refused_beside_others_fails_alone() {
    let plant = Plant::licensed();
    let outcomes: Vec<bool> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..16)
            .map(|thread| {
                let plant = &plant;
                scope.spawn(move || {
                    let user = format!("user {thread}");
                    plant.verifier.checkout(&id("bot-creator"), &user, now()).is_ok()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(outcomes.iter().filter(|done| **done).count(), 5);
    assert_eq!(plant.another().status(now()).unwrap().seats[0].used, 5);
}
