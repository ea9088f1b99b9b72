//! The command line tool: one fixed time per run, a report as text or JSON, stable exit codes.

mod activate;
mod anchor;
mod args;
mod clock;
mod compare;
mod explain;
mod failure;
mod html;
mod inspect;
mod leave;
mod operations;
mod parse;
mod report;
mod run;
mod state;
mod status;
mod support;
mod table;
mod usage;
mod uses;
mod variable;

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::CommandFactory;
use postern_protocol::Time;

use args::{Arguments, Check, Clock, Command, Format, Usage, Verify};
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
    renamed(command.name(name.to_owned()), name)
}

/// The commands' own help, and that of commands below them.
fn renamed(command: clap::Command, name: &str) -> clap::Command {
    let command = match command.get_after_help().map(ToString::to_string) {
        Some(help) => command.after_help(help.replace(NAME, name)),
        None => command,
    };
    command.mut_subcommands(|command| renamed(command, name))
}

/// The name of the program's file: a vendor may rename it.
fn called() -> Option<String> {
    let path = std::env::args_os().next()?;
    let name = Path::new(&path).file_name()?.to_str()?;
    Some(name.strip_suffix(std::env::consts::EXE_SUFFIX).unwrap_or(name).to_owned())
}

/// Runs the tool. The clock is asked once.
pub fn main(clock: fn() -> Result<Time, String>) -> ExitCode {
    let arguments = parse::arguments(|| command(called().as_deref().unwrap_or(NAME)));
    let colour = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let outcome = clock().map_err(Failure::usage).and_then(|now| {
        let style = Style { colour: colour && std::io::stdout().is_terminal() };
        run(&arguments, style, now, clock)
    });
    match outcome {
        Ok(report) => {
            let text = if arguments.general.json { report.json() } else { report.text.clone() };
            // Nobody is left to tell when the reader of a pipe has gone.
            let _ = std::io::stdout().write_all(text.as_bytes());
            ExitCode::from(report.exit)
        }
        Err(failure) => {
            let style = Style { colour: colour && std::io::stderr().is_terminal() };
            let _ = if arguments.general.json {
                std::io::stdout().write_all(failure.json().as_bytes())
            } else {
                std::io::stderr().write_all(failure.text(style).as_bytes())
            };
            ExitCode::from(failure.exit)
        }
    }
}

fn run(arguments: &Arguments, style: Style, now: Time, clock: fn() -> Result<Time, String>) -> Result<Report, Failure> {
    let state = || state::directory(arguments.general.state.as_deref());
    match &arguments.command {
        Command::Trust { file, expect } => operations::trust(&state()?, file, *expect, now),
        Command::Enroll { token } => operations::enroll(&state()?, token, now),
        Command::Request { output, names } => operations::request(&state()?, output, *names, now),
        Command::Activate { user, key_file, password_file, license, output, again, names } => {
            let secret =
                activate::Secret { user: user.as_deref(), file: key_file.as_deref().or(password_file.as_deref()) };
            let with = activate::With { license_id: license.as_ref(), again: *again, names: *names };
            activate::activate(&state()?, output, secret, with, now)
        }
        Command::Report { output, names } => activate::report(&state()?, output, *names, now),
        Command::Variable { command } => variable::run(&state()?, command, now),
        Command::Install { file, dry_run } => operations::install(&state()?, file, *dry_run, style, now),
        Command::Status { html, exit_code } => status::status(&state()?, html.as_deref(), *exit_code, style, now),
        Command::Check(Check { feature }) => uses::check(&state()?, feature, now),
        Command::Checkout { seat_type, user: Some(user), .. } => uses::checkout(&state()?, seat_type, user, now),
        Command::Checkout { seat_type, purpose, .. } => uses::begin_session(&state()?, seat_type, purpose, now),
        Command::Release { seat_type: Some(seat_type), user: Some(user), .. } => {
            uses::release(&state()?, seat_type, user, now)
        }
        Command::Release { session: Some(session), .. } => uses::end_session(&state()?, session, now),
        Command::Release { .. } => Err(Failure::usage("Nothing to release is named.".into())),
        Command::Run { seat, purpose, command } => run::run(&state()?, seat, purpose.as_deref(), command, now, clock),
        Command::Consume { counter, units } => uses::consume(&state()?, counter, *units, now),
        Command::Extend { yes } => operations::extend(&state()?, *yes, now),
        Command::Clock { command: None } => clock::show(&state()?, style, now),
        Command::Clock { command: Some(Clock::Challenge { output }) } => clock::challenge(&state()?, output, now),
        Command::Clock { command: Some(Clock::Repair { ticket }) } => clock::repair(&state()?, ticket, now),
        Command::Deactivate { output, yes } => leave::deactivate(&state()?, output, *yes, now),
        Command::Audit { proofs } => usage::audit(&state()?, proofs.as_deref()),
        Command::Usage { command: Usage::Export { format, output } } => {
            let format = if arguments.general.json && output.is_none() { Format::Json } else { *format };
            usage::export(&state()?, format, output.as_deref())
        }
        Command::Support { output, refused } => support::support(&state()?, output, refused.as_deref(), now),
        Command::Uninstall { output, yes } => leave::uninstall(&state()?, output, *yes, now),
        Command::Explain { file, slip } => explain::explain(file, *slip, style),
        Command::Verify(Verify { file, trust }) => inspect::verify(file, trust.as_deref()),
    }
}
