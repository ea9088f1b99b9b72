//! `support`: how this machine stands, for the vendor's help desk; no secrets, no user's name, no path of this machine.
//! Its form stands in `verifier/docs/support.md`.

use std::collections::VecDeque;
use std::path::Path;

use postern_protocol::describe::SUPPORT;
use postern_protocol::{Digest, Explain, File, Limits, Time};
use serde::Serialize;
use serde_json::{Value, json};

use super::anchor;
use super::failure::Failure;
use super::report::Report;
use super::state::{self, Output};
use super::usage::{Row, license_digest};
use crate::machine::{Machine, ThisMachine};
use crate::{StateError, Verifier};

/// How many of the newest usage records it carries.
const NEWEST: usize = 100;

/// Something that does not work, by its stable code.
#[derive(Debug, Serialize)]
struct Problem {
    /// What was tried.
    when: &'static str,
    code: &'static str,
    /// Left out where it could name a path.
    message: Option<String>,
}

impl Problem {
    fn of(when: &'static str, error: &dyn Explain) -> Self {
        Self { when, code: error.code(), message: Some(error.to_string()) }
    }

    fn state(when: &'static str, error: &StateError) -> Self {
        let pathless = matches!(error, StateError::Damaged { .. } | StateError::Database { .. });
        Self { when, code: error.code(), message: pathless.then(|| error.to_string()) }
    }
}

pub(super) fn support(directory: &Path, output: &Path, refused: Option<&Path>, now: Time) -> Result<Report, Failure> {
    let refused = refused.map(state::read).transpose()?;
    let file = Output::begin(output)?;
    let (bundle, problems) = match Verifier::open(anchor::anchor()?.as_ref(), directory) {
        Ok(verifier) => of(&verifier, refused.as_deref(), now),
        // Without a state there is nothing to tell.
        Err(error @ StateError::Missing { .. }) => return Err(error.into()),
        Err(error) => (json!({}), vec![Problem::state("open", &error)]),
    };
    let mut whole = json!({
        "kind": SUPPORT,
        "format": 1,
        "made_at": now,
        "program": {
            "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION"),
            "sqlite": rusqlite::version(), "os": std::env::consts::OS, "arch": std::env::consts::ARCH,
        },
        "fingerprint_parts": ThisMachine.parts().into_iter().map(|part| part.name).collect::<Vec<_>>(),
        "problems": &problems,
    });
    if let (Some(whole), Value::Object(bundle)) = (whole.as_object_mut(), bundle) {
        whole.extend(bundle);
    }
    let bytes = format!("{whole:#}\n");
    file.finish(bytes.as_bytes())?;
    let codes = problems.iter().map(|problem| problem.code).collect::<Vec<_>>();
    let text = format!(
        "The support file is in {}: plain text, without secrets and users' names.\n\n  SHA-256   {}\n  Problems  {}\n\n\
         Next: read it, or have 'explain {} --slip' signed, and send it to your vendor's help desk.",
        output.display(),
        Digest::of(bytes.as_bytes()),
        if codes.is_empty() { "none found".into() } else { codes.join(", ") },
        output.display(),
    );
    let json = json!({
        "file": output.display().to_string(), "sha256": Digest::of(bytes.as_bytes()), "problems": problems,
    });
    Ok(Report::new(text, &json))
}

/// What an open state tells, and what does not work with it.
fn of(verifier: &Verifier, refused: Option<&[u8]>, now: Time) -> (Value, Vec<Problem>) {
    let mut problems = Vec::new();
    let status = verifier.status_under_pseudonyms(now).map_err(|error| problems.push(Problem::state("status", &error)));
    let mut newest = VecDeque::with_capacity(NEWEST);
    let records = verifier.usage(|record| {
        if newest.len() == NEWEST {
            newest.pop_front();
        }
        newest.push_back(Row::of(&record).under(|user| verifier.pseudonym(user)));
    });
    if let Err(error) = &records {
        problems.push(Problem::state("audit", error));
    }
    if let Some(file) = refused
        && let Err(error) = verifier.rehearse_install(file, now)
    {
        // Its message may name who holds seats.
        problems.push(Problem { message: None, ..Problem::of("install", &error) });
    }
    if let Ok(status) = &status
        && let Some(reason) = status.license.as_ref().and_then(|license| license.limited_by.as_ref())
    {
        problems.push(Problem { when: "use", code: reason.code, message: Some(reason.message.clone()) });
    }
    let proofs = verifier.proofs().unwrap_or_default();
    let bundle = json!({
        "status": status.ok(),
        "usage": { "whole": records.is_ok(), "records": records.ok(), "newest": newest },
        "refused": refused.map(|file| json!({
            "sha256": Digest::of(file), "license": license_digest(file).ok(),
            "kind": File::parse(file, &Limits::DEFAULT).ok().and_then(|file| file.kind()),
        })),
        "proofs": proofs.iter().filter_map(|file| std::str::from_utf8(file).ok()).collect::<Vec<_>>(),
    });
    (bundle, problems)
}
