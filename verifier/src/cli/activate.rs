//! `activate` and `report`: what a node-locked license sends to the portal.

use std::io::ErrorKind;
use std::path::Path;

use postern_protocol::{Id, Time, describe};
use serde_json::json;
use zeroize::Zeroizing;

use super::failure::Failure;
use super::operations::restored;
use super::report::Report;
use super::state::{self, Output};
use crate::outcome::Activation;
use crate::rules::activate::ActivateError;
use crate::status::ForkStatus;

/// Where the license key or password comes from: a file, or the terminal. Never an argument, which others could see.
#[derive(Clone, Copy)]
pub(super) struct Secret<'a> {
    pub(super) user: Option<&'a str>,
    pub(super) file: Option<&'a Path>,
}

/// What else is asked for.
#[derive(Clone, Copy)]
pub(super) struct With<'a> {
    pub(super) license_id: Option<&'a Id>,
    pub(super) again: bool,
    pub(super) names: bool,
}

impl Secret<'_> {
    fn read(self) -> Result<Zeroizing<String>, Failure> {
        let Some(file) = self.file else {
            let words = match self.user {
                Some(user) => format!("Password of {user}: "),
                None => "License key: ".into(),
            };
            let typed = rpassword::prompt_password(words);
            return typed.map(Zeroizing::new).map_err(|error| {
                Failure::usage(match error.kind() {
                    ErrorKind::UnexpectedEof | ErrorKind::Interrupted => "Nothing was typed.".into(),
                    _ => "There is no terminal to ask at; use --key-file, or --user and --password-file.".into(),
                })
            });
        };
        let bytes = Zeroizing::new(state::read(file)?);
        let text =
            std::str::from_utf8(&bytes).map_err(|_| Failure::usage(format!("{} is no text file.", file.display())))?;
        let line = text.strip_suffix('\n').unwrap_or(text);
        Ok(Zeroizing::new(line.strip_suffix('\r').unwrap_or(line).to_owned()))
    }
}

pub(super) fn activate(
    directory: &Path,
    output: &Path,
    secret: Secret<'_>,
    with: With<'_>,
    now: Time,
) -> Result<Report, Failure> {
    let verifier = state::open(directory)?;
    let typed = secret.read()?;
    let With { license_id, again, names } = with;
    let asked = Activation { user: secret.user, secret: &typed, license_id, again, names };
    let file = Output::begin(output)?;
    let made = match verifier.activate(&asked, now) {
        // Nothing is wrong where there is nothing to do.
        Err(error @ ActivateError::Already { .. }) => {
            let ActivateError::Already { license_id } = &error else { return Err(error.into()) };
            let text = format!("{error}\nNothing was asked for; 'activate --again' asks for it as it is now.");
            return Ok(Report::new(text, &json!({ "already_activated": true, "license_id": license_id })));
        }
        made => made?,
    };
    file.finish(&made.file)
        .map_err(|failure| failure.advising("The requests before are void: activate again, with another -o FILE."))?;
    let restored = made.fork.map(|fork| restored(&fork)).unwrap_or_default();
    let text = format!(
        "The request is in {}.\n{restored}\n  Install the answer by   {}\n\n\
         Next: drop it into the portal, bring license.lic back, and install it with 'install license.lic'.\n\
         'explain {}' shows what is in it; your license key or password is not.",
        output.display(),
        describe::time(made.install_until),
        output.display(),
    );
    let json = json!({
        "already_activated": false, "file": output.display().to_string(), "digest": made.digest, "cycle": made.cycle,
        "number": made.number, "install_until": made.install_until,
        "fork": made.fork.map(|fork| ForkStatus::from(&fork)),
    });
    Ok(Report::new(text, &json))
}

pub(super) fn report(directory: &Path, output: &Path, names: bool, now: Time) -> Result<Report, Failure> {
    let verifier = state::open(directory)?;
    let file = Output::begin(output)?;
    let made = verifier.report(names, now)?;
    file.finish(&made.file)?;
    let text = format!(
        "The report is in {}. It voids no request, and no answer comes back.\n\
         Next: drop it into the portal, which records it. 'explain {}' shows what is in it.",
        output.display(),
        output.display()
    );
    let json = json!({
        "file": output.display().to_string(), "digest": made.digest, "consumption": made.consumption,
    });
    Ok(Report::new(text, &json))
}
