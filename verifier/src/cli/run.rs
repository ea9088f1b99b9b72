//! `run`: a floating session around a command, which keeps its own input, output, signals and exit code.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::{Command, ExitStatus};

use postern_protocol::{Id, Time};

use super::failure::Failure;
use super::report::Report;
use super::state;

/// No session began. Other numbers would be taken for the command's own; env(1) and timeout(1) use this one.
const NO_SESSION: u8 = 125;

pub(super) fn run(
    directory: &Path,
    seat_type: &Id,
    purpose: Option<&str>,
    command: &[OsString],
    now: Time,
    clock: fn() -> Result<Time, String>,
) -> Result<Report, Failure> {
    let (program, arguments) = command.split_first().ok_or_else(|| Failure::usage("There is no command.".into()))?;
    let name = || Path::new(program).file_name().unwrap_or(OsStr::new("run")).to_string_lossy().into_owned();
    let purpose = purpose.map_or_else(name, str::to_owned);
    let begun = state::open(directory).and_then(|verifier| {
        let session = verifier.begin_session(seat_type, &purpose, now)?;
        Ok((verifier, session))
    });
    let (verifier, session) = begun.map_err(|failure| failure.exits(NO_SESSION))?;
    let mut command = Command::new(program);
    command.args(arguments);
    let outcome = attend(&mut command);
    // It may be over already. Where this fails, the session is reclaimed: the process that holds it is gone.
    let _ = verifier.end_session(&session.id, clock().unwrap_or(now));
    let status = outcome.map_err(|error| Failure::command(program, &error))?;
    Ok(Report::silent().exits(exit_code(status)))
}

/// Runs a command to its end, and passes on the signals that ask it to end: it must not outlive its session.
#[cfg(unix)]
fn attend(command: &mut Command) -> std::io::Result<ExitStatus> {
    use rustix::process::{Pid, Signal, kill_process};
    use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM};

    // Caught before there is a child whose end could be missed.
    let mut signals = signal_hook::iterator::Signals::new([SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM])?;
    let mut child = command.spawn()?;
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    for signal in signals.forever() {
        let pass_on = match signal {
            SIGTERM => Some(Signal::TERM),
            SIGHUP => Some(Signal::HUP),
            // A terminal sends these to the command as well.
            _ => None,
        };
        // The child was not waited for yet: the number is still its own.
        if let Some((pid, signal)) = pid.zip(pass_on) {
            let _ = kill_process(pid, signal);
        }
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
    }
    child.wait()
}

#[cfg(not(unix))]
fn attend(command: &mut Command) -> std::io::Result<ExitStatus> {
    command.status()
}

/// The command's exit code; 128 and the signal's number where a signal ended it, as shells say it.
fn exit_code(status: ExitStatus) -> u8 {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status).map(|signal| signal + 128);
    #[cfg(not(unix))]
    let signal = None;
    status.code().or(signal).and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
}
