//! The command line tool: one fixed time per run, a report as text or JSON, stable exit codes.

mod anchor;
mod args;
mod failure;
mod inspect;
mod operations;
mod report;
mod state;
mod status;
mod table;

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};
use postern_protocol::Time;

use args::{Arguments, Command};
use failure::Failure;
use report::Report;
use table::Style;

/// The name that the program has unless a vendor gives it another.
const NAME: &str = "postern-verifier";

/// The command line of the program under this name, which its help uses.
pub fn command(name: &str) -> clap::Command {
    let command = Arguments::command();
    if name == NAME {
        return command;
    }
    let renamed = |command: clap::Command| match command.get_after_help().map(ToString::to_string) {
        Some(help) => command.after_help(help.replace(NAME, name)),
        None => command,
    };
    command.name(name.to_owned()).mut_subcommands(renamed)
}

/// The name of the program's file: a vendor may rename it.
fn called() -> Option<String> {
    let path = std::env::args_os().next()?;
    let name = Path::new(&path).file_name()?.to_str()?;
    Some(name.strip_suffix(std::env::consts::EXE_SUFFIX).unwrap_or(name).to_owned())
}

/// Runs the tool. The clock is asked once.
pub fn main(clock: fn() -> Result<Time, String>) -> ExitCode {
    let matches = command(called().as_deref().unwrap_or(NAME)).get_matches();
    let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let colour = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let outcome = clock().map_err(Failure::usage).and_then(|now| {
        let style = Style { colour: colour && std::io::stdout().is_terminal() };
        run(&arguments, style, now)
    });
    match outcome {
        Ok(report) => {
            let text = if arguments.json { report.json() } else { report.text };
            // Nobody is left to tell when the reader of a pipe has gone.
            let _ = std::io::stdout().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Err(failure) => {
            let style = Style { colour: colour && std::io::stderr().is_terminal() };
            let _ = if arguments.json {
                std::io::stdout().write_all(failure.json().as_bytes())
            } else {
                std::io::stderr().write_all(failure.text(style).as_bytes())
            };
            ExitCode::from(failure.exit)
        }
    }
}

fn run(arguments: &Arguments, style: Style, now: Time) -> Result<Report, Failure> {
    let state = || state::directory(arguments.state.as_deref());
    match &arguments.command {
        Command::Trust { file, expect } => operations::trust(&state()?, file, *expect, now),
        Command::Enroll { token } => operations::enroll(&state()?, token, now),
        Command::Request { output, names } => operations::request(&state()?, output, *names, now),
        Command::Install { file, dry_run } => operations::install(&state()?, file, *dry_run, style, now),
        Command::Status => status::status(&state()?, style, now),
        Command::Checkout { seat_type, user } => operations::checkout(&state()?, seat_type, user, now),
        Command::Release { seat_type, user } => operations::release(&state()?, seat_type, user, now),
        Command::Explain { file } => inspect::explain(file, style),
        Command::Verify { file, trust } => inspect::verify(file, trust.as_deref()),
    }
}
