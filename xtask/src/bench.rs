//! `cargo xtask bench-portal`: issues licenses in Chromium, and prints how long that takes beside its floor; then loads
//! ten thousand licenses, and prints what held up the page.
//! `cargo xtask bench-verifier`: the verifier in process and as processes, beside their floors.
//! `cargo xtask bench-vendor`: imports of many ledgers, beside the bare rate of verifying.

use crate::fail::{During, Result};
use crate::paths::Paths;
use crate::run::{check, command};
use crate::{dist, portal, setup, test};

/// The task. The portal under test also measures its floor, so it is a build of its own, which no site gets.
pub(crate) fn portal(paths: &Paths) -> Result<()> {
    let paths = Paths { dist: paths.target.join("bench"), ..paths.clone() };
    portal::build_with(&paths, &["--features", "bench"])?;
    check(test::playwright(&paths)?.args(["bench", "many", "--reporter", "line"]).env("POSTERN_BENCH", "1"))
}

/// The programs that are timed, as static programs: nothing is looked up while they start.
const STATIC: &str = "x86_64-unknown-linux-musl";

/// The least that a process can do, as examples of the verifier.
const FLOORS: [&str; 3] = ["floor_empty", "floor_open", "floor_verify"];

/// The task. All are built as the release is. The program under test takes its time from the bench, so it is the one that is never shipped.
pub(crate) fn verifier(paths: &Paths) -> Result<()> {
    setup::musl(paths, STATIC)?;
    let package = ["-p", "postern-verifier", "--features", "test-clock"];
    check(
        command(paths, "cargo")
            .args(["build", "--profile", dist::PROFILE, "--target", STATIC, "--bin", "postern-verifier-test"])
            .args(FLOORS.iter().flat_map(|floor| ["--example", floor]))
            .args(package)
            .env("CC_x86_64_unknown_linux_musl", "musl-gcc"),
    )?;
    let built = paths.target.join(STATIC).join(dist::PROFILE);
    let programs = paths.target.join("bench-programs");
    std::fs::create_dir_all(&programs).during("making the folder of the programs to time")?;
    let floors = FLOORS.iter().map(|floor| (built.join("examples").join(floor), *floor));
    for (from, name) in floors.chain([(built.join("postern-verifier-test"), "postern-verifier-test")]) {
        std::fs::copy(&from, programs.join(name)).during(format_args!("copying {name}"))?;
    }
    check(
        command(paths, "cargo")
            .args(["bench", "--bench", "runtime", "--bench", "processes"])
            .args(package)
            .env("POSTERN_BENCH_PROGRAMS", programs),
    )
}

/// The task.
pub(crate) fn vendor(paths: &Paths) -> Result<()> {
    check(command(paths, "cargo").args(["bench", "-p", "postern", "--bench", "bulk"]))
}
