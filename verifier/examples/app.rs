//! A licensed application: what it may do, it asks the verifier; what it is refused, it explains.
//!
//! ```sh
//! cargo run -p postern-verifier --example app -- STATE
//! ```

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use postern_protocol::documents::FeatureValue;
use postern_protocol::{Explain, Id, Time};
use postern_verifier::{StateError, Use, Verifier};

/// The product, and the vendor's root as `postern root new` printed it. State of any other root is refused.
const ANCHOR: &str = "automation@sha256:bff0d2dfea4a2ac1362fc10c42c5b4e3fee4fb0556fb5339a1303942ca7da302";

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let Some(directory) = std::env::args_os().nth(1) else {
        eprintln!("usage: app STATE");
        return ExitCode::FAILURE;
    };
    match run(Path::new(&directory), clock(), &mut std::io::stdout()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

fn clock() -> Time {
    Time::from_unix(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs())
}

/// Opens the state once; all threads of an application share the verifier.
pub(crate) fn run(directory: &Path, now: Time, out: &mut impl Write) -> Result<(), Failure> {
    let verifier = match Verifier::open(Some(&ANCHOR.parse()?), directory) {
        Ok(verifier) => verifier,
        Err(StateError::Missing { .. }) => {
            writeln!(out, "This is a trial: no license was set up on this machine.")?;
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    match verifier.check("api-tasks", now) {
        Ok(granted) => {
            match granted.allowed {
                Use::Full => {}
                Use::Warn => writeln!(out, "The license has ended; please renew it.")?,
                Use::ReadOnly | Use::Lock => {
                    writeln!(out, "The license has ended; what is there can be read.")?;
                    return Ok(());
                }
            }
            let at_once = match granted.value {
                FeatureValue::Number(number) => number,
                FeatureValue::On => u64::MAX,
            };
            print_pages(&verifier, at_once.min(3), now, out)
        }
        Err(refusal) => explain(&refusal, out),
    }
}

/// The work: a seat for as long as it takes, and each page paid for before it is printed.
fn print_pages(verifier: &Verifier, pages: u64, now: Time, out: &mut impl Write) -> Result<(), Failure> {
    let (runner, counter): (Id, Id) = ("bot-runner".parse()?, "pages".parse()?);
    let session = match verifier.begin_session(&runner, "nightly run", now) {
        Ok(session) => session,
        Err(refusal) => return explain(&refusal, out),
    };
    for page in 1..=pages {
        match verifier.consume(&counter, 1, now) {
            Ok(balance) => writeln!(out, "Page {page}; {} are left.", balance.left)?,
            Err(refusal) => {
                explain(&refusal, out)?;
                break;
            }
        }
    }
    Ok(verifier.end_session(&session.id, now)?)
}

/// A refusal is no fault of the program: it says what happened, what to do, and a code for the help desk.
fn explain(refusal: &impl Explain, out: &mut impl Write) -> Result<(), Failure> {
    Ok(writeln!(out, "{refusal}\n{}\n({})", refusal.advice(), refusal.code())?)
}
