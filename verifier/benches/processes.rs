//! The command line as processes, each against its floor measured in the same run.
//!
//! - `verify FILE`: at most 1.5 × an empty process, which is missed (decision 24); and, without a goal, beside one that
//!   only verifies as many signatures over the same messages;
//! - `check FEATURE`: at most 1.5 × a process that only opens the database.
//!
//! `cargo xtask bench-verifier` builds all of them as static programs and runs this with `POSTERN_BENCH_PROGRAMS`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs, dead_code)]

#[path = "../tests/suite/plant.rs"]
mod plant;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use postern_protocol::{Envelope, File, Limits, SecretKey};
use postern_testkit::{World, now, sign};
use tempfile::TempDir;

const ROUNDS: usize = 500;

const GOAL: &str = "; goal: at most 1.5";

fn main() {
    let Some(programs) = std::env::var_os("POSTERN_BENCH_PROGRAMS").map(PathBuf::from) else {
        println!("processes: set POSTERN_BENCH_PROGRAMS, or run `cargo xtask bench-verifier`");
        return;
    };
    let desk = Desk::new(programs);
    let verify = ["verify", "license.olf", "--trust", "root.trust"];
    compare("verify", "an empty process", &desk, &verify, "floor_empty", GOAL);
    compare("verify", "one that only verifies as many signatures", &desk, &verify, "floor_verify", "");
    compare("check", "one that only opens the database", &desk, &["check", "api-tasks"], "floor_open", GOAL);
}

/// A licensed machine, and the programs.
struct Desk {
    programs: PathBuf,
    directory: TempDir,
}

impl Desk {
    fn new(programs: PathBuf) -> Self {
        let desk = Self { programs, directory: TempDir::new().unwrap() };
        let world = World::new();
        let write = |name: &str, bytes: &[u8]| std::fs::write(desk.path(name), bytes).unwrap();
        write("root.trust", &plant::trust_file(&world));
        write("a.token", &world.file(sign(&world.token("t-1"), &[&world.portal_key])).to_bytes());
        for step in [&["trust", "root.trust"][..], &["enroll", "a.token"], &["request"]] {
            assert!(desk.command("postern-verifier-test", step).status().unwrap().success(), "{step:?}");
        }
        let request = std::fs::read(desk.path("request.lfr")).unwrap();
        let license = plant::answer(&world, &request, &[("bot-creator", 2)], now());
        write("license.olf", &world.file(sign(&license, &[&world.portal_key])).to_bytes());
        assert!(desk.command("postern-verifier-test", &["install", "license.olf"]).status().unwrap().success());
        write(
            "signatures",
            &signatures(&[&plant::trust_file(&world), &std::fs::read(desk.path("license.olf")).unwrap()]),
        );
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(Path::new(&self.programs).join(program));
        command
            .args(arguments)
            .current_dir(self.directory.path())
            .env("POSTERN_STATE", self.path("state"))
            .env("POSTERN_TEST_NOW", now().to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command
    }
}

/// What every line of these files says, signed anew: a key, a signature, the message's length, the message.
fn signatures(files: &[&[u8]]) -> Vec<u8> {
    let files = files.iter().map(|bytes| File::parse(bytes, &Limits::DEFAULT).unwrap());
    let messages = files.flat_map(|file| file.envelopes().map(Envelope::signed_bytes).collect::<Vec<_>>());
    let signed = messages.zip(1..).flat_map(|(message, number)| {
        let key = SecretKey::from_bytes(&[number; 32]);
        let length = u32::try_from(message.len()).unwrap().to_be_bytes();
        [&key.public_bytes()[..], &key.sign(&message), &length, &message].concat()
    });
    signed.collect()
}

/// Both take turns, so that other work on the machine spoils some runs of either, and hardly their medians.
fn compare(name: &str, floor_name: &str, desk: &Desk, arguments: &[&str], floor: &str, goal: &str) {
    let time = |command: &mut Command| {
        let began = Instant::now();
        assert!(command.status().unwrap().success());
        began.elapsed().as_secs_f64() * 1e6
    };
    let (mut ours, mut least): (Vec<f64>, Vec<f64>) = (0..ROUNDS)
        .map(|_| (time(&mut desk.command("postern-verifier-test", arguments)), time(&mut desk.command(floor, &[]))))
        .unzip();
    let mut at = |part: usize| {
        let at = |times: &mut Vec<f64>| *times.select_nth_unstable_by(ROUNDS / part, f64::total_cmp).1;
        (at(&mut ours), at(&mut least))
    };
    let (fast_ours, fast_least) = at(10);
    let (ours, least) = at(2);
    println!(
        "{name}: {ours:.0} µs against {least:.0} µs of {floor_name}, ratio {:.2} (of medians; {:.2} of the fastest \
         tenths{goal})",
        ours / least,
        fast_ours / fast_least
    );
}
