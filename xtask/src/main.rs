//! Postern's development tasks: `cargo xtask <task>`.

mod bench;
mod demo;
mod dist;
mod fail;
mod fuzz;
mod page;
mod paths;
mod portal;
mod run;
mod serve;
mod setup;
mod size;
mod test;
mod tools;
mod worker;

use std::process::ExitCode;

use fail::{Fail, Result};
use lexopt::prelude::*;
use paths::Paths;

const HELP: &str = "\
Usage: cargo xtask <task>

  portal [--port N]  build everything, make the demo vendor and machine, serve the portal
  test               everything that has to pass, with its set-up
  build-portal       build the portal into dist/
  size               what a first visit transfers, against the budget
  dist [--trust FILE] [--name NAME]
                     build the release for target machines into target/dist; with --trust, its program trusts
                     this vendor's root and no other; with --name, it is called so
  bench-portal       how long issuing takes in Chromium, beside its floor
  bench-verifier     the verifier in process and as processes, beside their floors
  bench-vendor       imports of many ledgers, beside the bare rate of verifying
  vectors            write tests/vectors/ and the tables of docs/spec.md anew
  header             write the C library's header anew
  soak               the long versions of the tests, and of fuzzing
  fuzz [--seconds N] [--keep] [TARGET]
                     fuzz every target, or one, for 60 or N seconds each (needs a nightly toolchain);
                     --keep adds the inputs that reach more to fuzz/corpus
  tools              install what building the portal needs into target/tools
";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(fail) => {
            eprintln!("error: {fail}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let mut args = lexopt::Parser::from_env();
    let mut task = None;
    let mut trust: Option<std::path::PathBuf> = None;
    let mut name = dist::NAME.to_owned();
    let mut port = serve::DEFAULT_PORT;
    let mut fuzzing = fuzz::Options::default();
    while let Some(arg) = args.next()? {
        match arg {
            Long("port") => port = args.value()?.parse()?,
            Long("trust") => trust = Some(args.value()?.into()),
            Long("name") => name = args.value()?.string()?,
            Long("seconds") => fuzzing.seconds = Some(args.value()?.parse()?),
            Long("keep") => fuzzing.keep = true,
            Short('h') | Long("help") => {
                print!("{HELP}");
                return Ok(());
            }
            Value(value) if task.is_none() => task = Some(value.string()?),
            Value(value) if task.as_deref() == Some("fuzz") && fuzzing.target.is_none() => {
                fuzzing.target = Some(value.string()?);
            }
            other => return Err(other.unexpected().into()),
        }
    }
    let paths = Paths::find()?;
    match task.as_deref() {
        Some("tools") => tools::ensure(&paths).map(|_| ()),
        Some("build-portal") => portal::build(&paths),
        Some("portal") => demo::portal(&paths, port),
        Some("test") => test::all(&paths),
        Some("size") => size::table(&paths),
        Some("dist") => dist::build(&paths, trust.as_deref(), &name),
        Some("bench-portal") => bench::portal(&paths),
        Some("bench-verifier") => bench::verifier(&paths),
        Some("bench-vendor") => bench::vendor(&paths),
        Some("vectors") => test::vectors(&paths),
        Some("header") => test::header(&paths),
        Some("fuzz") => fuzz::run(&paths, &fuzzing),
        Some("soak") => test::soak(&paths),
        Some(other) => Err(Fail::new(format!("there is no task \"{other}\"\n\n{HELP}"))),
        None => Err(Fail::new(format!("no task given\n\n{HELP}"))),
    }
}
