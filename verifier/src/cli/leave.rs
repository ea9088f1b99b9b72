//! Giving the license back, and leaving the machine.

use std::path::Path;

use postern_protocol::{Digest, Time};
use serde_json::json;

use super::failure::Failure;
use super::report::Report;
use super::state::{self, Output};
use crate::rules::deactivate::DeactivateError;
use crate::rules::permit::UseError;
use crate::status::Status;

pub(super) fn deactivate(directory: &Path, output: &Path, yes: bool, now: Time) -> Result<Report, Failure> {
    let verifier = state::open(directory)?;
    if !yes && let Some(ends) = ends(&verifier.status(now)?) {
        return Err(Failure::unconfirmed(ends));
    }
    let file = Output::begin(output)?;
    let done = verifier.deactivate(now)?;
    file.finish(&done.file).map_err(given_back)?;
    let opening = if done.again {
        "The license was given back before; this is the same file again."
    } else {
        "The license is given back. Nothing is licensed on this machine any more."
    };
    let text = format!(
        "{opening}\n\n  File     {}\n  SHA-256  {}\n\n\
         Next: load the file into the portal; the seats are free for other machines then.",
        output.display(),
        Digest::of(&done.file),
    );
    let json = json!({ "file": output.display().to_string(), "sha256": Digest::of(&done.file), "again": done.again });
    Ok(Report::new(text, &json))
}

/// The file could not be written to its end, which shows only after the license was given back.
fn given_back(failure: Failure) -> Failure {
    failure.advising("The license is given back, and its file can be made again: repeat with another -o FILE.")
}

/// Gives the license back, and deletes the state only once the file that says so is on the disk.
pub(super) fn uninstall(directory: &Path, output: &Path, yes: bool, now: Time) -> Result<Report, Failure> {
    let verifier = state::open(directory)?;
    if !yes {
        let ends = ends(&verifier.status(now)?);
        let ends = ends.unwrap_or_else(|| "This deletes the state.".into());
        return Err(Failure::unconfirmed(format!("{ends} The machine's key is deleted with {}.", directory.display())));
    }
    let file = Output::begin(output)?;
    let given_back = match verifier.deactivate(now) {
        Ok(done) => {
            file.finish(&done.file).map_err(given_back)?;
            Some(Digest::of(&done.file))
        }
        // Nothing was ever licensed here: there is nothing to give back.
        Err(DeactivateError::Use(UseError::NoLicense)) => None,
        Err(error) => return Err(error.into()),
    };
    verifier.remove()?;
    let text = match given_back {
        Some(digest) => format!(
            "The license is given back, and the state is deleted from this machine.\n\n  File     {}\n  SHA-256  {digest}\n\n\
             Next: load the file into the portal; the seats are free for other machines then. It cannot be made again.",
            output.display(),
        ),
        None => "The state is deleted from this machine. No license was installed, so there is no file.".into(),
    };
    let file = given_back.map(|_| output.display().to_string());
    Ok(Report::new(text, &json!({ "file": file, "sha256": given_back, "removed": true })))
}

/// What giving the license back ends; nothing where there is none.
fn ends(status: &Status) -> Option<String> {
    let license = status.license.as_ref()?;
    let held: usize = status.seats.iter().map(|seat| seat.holders.len() + seat.sessions.len()).sum();
    let held = match held {
        0 => String::new(),
        held => format!(" The {held} seats and sessions in use end with it."),
    };
    Some(format!(
        "This gives the license {} back for good: no license that was issued for this machine works after that, and a \
         new one needs a new token and a new request.{held}",
        license.digest.short()
    ))
}
