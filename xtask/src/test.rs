//! `cargo xtask test`: everything that has to pass, in order, with its set-up. Also `vectors` and
//! `soak`.

use std::process::Command;

use crate::fail::{Fail, Result};
use crate::paths::Paths;
use crate::run::{check, command};
use crate::{fuzz, portal, setup, tools};

/// The verifier's test-only program, which takes its time from the tests. No shipped program does.
const TEST_CLOCK: &str = "postern-verifier/test-clock";

type Step = (&'static str, fn(&Paths) -> Result<()>);

const STEPS: &[Step] = &[
    ("format", format),
    ("clippy", clippy),
    ("clippy for the browser", clippy_wasm),
    ("clippy for other systems", clippy_elsewhere),
    ("tests", tests),
    ("tests of the release", release),
    ("portal", portal::build),
    ("browser tests", browser),
    ("tests with others' tools", interop),
];

/// Runs every step, also after a failure, and sums up.
pub(crate) fn all(paths: &Paths) -> Result<()> {
    let mut results = Vec::new();
    for (name, step) in STEPS {
        println!("\n== {name}");
        let result = step(paths);
        if let Err(fail) = &result {
            println!("== {name}: FAILED: {fail}");
        }
        results.push((name, result.is_ok()));
    }
    println!("\n== summary");
    for (name, passed) in &results {
        println!("{} {name}", if *passed { "passed" } else { "FAILED" });
    }
    let passed = results.iter().filter(|(_, passed)| *passed).count();
    let failed = results.len() - passed;
    if failed > 0 {
        eprintln!("error: {failed} of {} steps failed", results.len());
    }
    println!("{passed} passed, {failed} failed");
    if failed == 0 {
        Ok(())
    } else {
        // Said above: the summary stays the last line.
        std::process::exit(1)
    }
}

/// `cargo xtask vectors`: writes tests/vectors/ and the tables of docs/spec.md anew.
pub(crate) fn vectors(paths: &Paths) -> Result<()> {
    cargo(paths, &["run", "--quiet", "-p", "postern-tests", "--bin", "vectors"])?;
    cargo(paths, &["run", "--quiet", "-p", "postern-testkit", "--example", "spec"])
}

/// `cargo xtask header`: writes the C library's header anew.
pub(crate) fn header(paths: &Paths) -> Result<()> {
    cargo(paths, &["run", "--quiet", "-p", "postern-capi", "--example", "header"])
}

/// Seconds for each fuzz target in `soak`.
const FUZZ_SECONDS: u64 = 600;

/// `cargo xtask soak`: the long versions, optimised; then the fuzz targets.
pub(crate) fn soak(paths: &Paths) -> Result<()> {
    let mut command = command(paths, "cargo");
    command
        .args(["test", "--release", "--workspace", "--features", TEST_CLOCK, "--", "--include-ignored"])
        .env("POSTERN_SOAK", "1");
    check(&mut command)?;
    fuzz::run(paths, &fuzz::Options { seconds: Some(FUZZ_SECONDS), ..fuzz::Options::default() })
}

fn format(paths: &Paths) -> Result<()> {
    cargo(paths, &["fmt", "--all", "--check"])
}

fn clippy(paths: &Paths) -> Result<()> {
    cargo(paths, &["clippy", "--workspace", "--all-targets", "--features", TEST_CLOCK, "--", "-D", "warnings"])
}

fn clippy_wasm(paths: &Paths) -> Result<()> {
    tools::ensure(paths)?;
    cargo(
        paths,
        &[
            "clippy",
            "-p",
            "postern-protocol",
            "-p",
            "postern-issuer",
            "-p",
            "postern-portal",
            "--features",
            "postern-portal/bench",
            "--target",
            "wasm32-unknown-unknown",
            "--",
            "-D",
            "warnings",
        ],
    )
}

/// The verifier for Windows and macOS, where no test runs.
fn clippy_elsewhere(paths: &Paths) -> Result<()> {
    for target in ["x86_64-pc-windows-gnu", "aarch64-apple-darwin"] {
        setup::rust_target(paths, target)?;
        cargo(
            paths,
            &[
                "clippy",
                "-p",
                "postern-verifier",
                "--no-default-features",
                "--features",
                "cli",
                "--target",
                target,
                "--",
                "-D",
                "warnings",
            ],
        )?;
    }
    Ok(())
}

fn tests(paths: &Paths) -> Result<()> {
    cargo(paths, &["test", "--workspace", "--features", TEST_CLOCK])
}

/// What `dist` makes; these tests call it.
fn release(paths: &Paths) -> Result<()> {
    cargo(paths, &["test", "-p", "postern-capi", "--test", "suite", "--", "--ignored", "distribution::"])
}

fn browser(paths: &Paths) -> Result<()> {
    check(&mut playwright(paths)?)
}

/// Playwright over the site that `paths` names, with everything that it needs.
pub(crate) fn playwright(paths: &Paths) -> Result<Command> {
    programs(paths)?;
    setup::npm(paths, &paths.e2e())?;
    let chromium = setup::chromium(paths)?;
    let mut command = with_programs(paths, "npx");
    command.args(["playwright", "test"]).current_dir(paths.e2e());
    if let Some(chromium) = chromium {
        command.env("POSTERN_CHROMIUM", chromium);
    }
    Ok(command)
}

fn interop(paths: &Paths) -> Result<()> {
    let folder = paths.interop();
    let requirements = folder.join("requirements.txt");
    if !requirements.is_file() {
        return Err(Fail::new("tests/interop/requirements.txt is missing"));
    }
    programs(paths)?;
    if folder.join("package-lock.json").is_file() {
        setup::npm(paths, &folder)?;
    }
    let python = setup::python(paths, &requirements)?;
    check(
        with_programs(paths, &python.to_string_lossy())
            .args(["-m", "pytest", "-q", "-p", "no:cacheprovider"])
            .arg(&folder),
    )
}

/// The native programs that the end-to-end tests call.
fn programs(paths: &Paths) -> Result<()> {
    cargo(paths, &["build", "--release", "-p", "postern", "-p", "postern-verifier", "--bins"])?;
    // Plays machines on which something went wrong.
    let examples = ["--example", "machine", "--example", "activation", "--example", "many"];
    cargo(paths, &[&["build", "--release", "-p", "postern-testkit"][..], &examples].concat())
}

/// A command that finds those programs by `POSTERN_BIN`, and the site by `POSTERN_DIST`.
fn with_programs(paths: &Paths, program: &str) -> Command {
    let mut command = command(paths, program);
    command.env("POSTERN_BIN", paths.release()).env("POSTERN_DIST", &paths.dist);
    command
}

fn cargo(paths: &Paths, args: &[&str]) -> Result<()> {
    check(command(paths, "cargo").args(args))
}
