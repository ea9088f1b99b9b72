//! `cargo xtask bench-portal`: issues licenses in Chromium, and prints how long that takes beside its floor; then loads
//! ten thousand licenses, and prints what held up the page.
//! `cargo xtask bench-verifier`: the verifier in process and as processes, beside their floors.

use crate::fail::{During, Result};
use crate::paths::Paths;
use crate::run::{check, command};
use crate::{portal, setup, test};

/// The task. The portal under test also measures its floor, so it is a build of its own, which no site gets.
pub(crate) fn portal(paths: &Paths) -> Result<()> {
    let paths = Paths { dist: paths.target.join("bench"), ..paths.clone() };
    portal::build_with(&paths, &["--features", "bench"])?;
    check(test::playwright(&paths)?.args(["bench", "many", "--reporter", "line"]).env("POSTERN_BENCH", "1"))
}

/// The programs that are timed, as static programs: nothing is looked up while they start.
const STATIC: &str = "x86_64-unknown-linux-musl";

/// The task. The program under test takes its time from the bench, so it is the one that is never shipped.
pub(crate) fn verifier(paths: &Paths) -> Result<()> {
    setup::musl(paths, STATIC)?;
    let package = ["-p", "postern-verifier", "--features", "test-clock"];
    check(
        command(paths, "cargo")
            .args(["build", "--release", "--target", STATIC, "--bin", "postern-verifier-test"])
            .args(["--example", "floor_empty", "--example", "floor_open"])
            .args(package)
            .env("CC_x86_64_unknown_linux_musl", "musl-gcc"),
    )?;
    let release = paths.target.join(STATIC).join("release");
    let programs = paths.target.join("bench-programs");
    std::fs::create_dir_all(&programs).during("making the folder of the programs to time")?;
    for name in ["postern-verifier-test", "examples/floor_empty", "examples/floor_open"] {
        let from = release.join(name);
        let to = programs.join(from.file_name().unwrap_or_default());
        std::fs::copy(&from, to).during(format_args!("copying {name}"))?;
    }
    check(
        command(paths, "cargo")
            .args(["bench", "--bench", "runtime", "--bench", "processes"])
            .args(package)
            .env("POSTERN_BENCH_PROGRAMS", programs),
    )
}
