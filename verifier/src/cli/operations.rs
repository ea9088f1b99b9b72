//! Commands that change the state.

use std::path::Path;

use postern_protocol::describe;
use postern_protocol::{Digest, Id, Time};
use serde_json::json;

use super::anchor;
use super::failure::Failure;
use super::report::Report;
use super::state;
use super::status::before_after;
use super::table::Style;
use crate::pin::pin;
use crate::rules::seats::Change;

pub(super) fn trust(directory: &Path, file: &Path, expect: Option<Digest>, now: Time) -> Result<Report, Failure> {
    let pinned = pin(directory, &state::read(file)?, anchor::expected(expect)?, now)?;
    let compare = if pinned.expected {
        String::new()
    } else {
        format!(
            "Compare this digest with the one that your vendor published; use --expect to have it compared:\n  {}\n",
            pinned.root
        )
    };
    let text = if pinned.fresh {
        format!(
            "The root of {} for the product '{}' is pinned on this machine.\n{compare}\
             Next: install an enablement token with 'enroll TOKEN'.",
            pinned.vendor, pinned.product
        )
    } else {
        format!("This root was pinned before; nothing changed.\n{compare}")
    };
    let json = json!({
        "product": pinned.product, "vendor": pinned.vendor, "root": pinned.root, "number": pinned.number,
        "fresh": pinned.fresh, "compared": pinned.expected,
    });
    Ok(Report::new(text, &json))
}

pub(super) fn enroll(directory: &Path, token: &Path, now: Time) -> Result<Report, Failure> {
    let enrolled = state::open(directory)?.enroll(&state::read(token)?, now)?;
    let unlocked = if enrolled.unlocked { "The machine is unlocked.\n" } else { "" };
    let text = format!(
        "The token is installed: account '{}', license id '{}'.\n{unlocked}Next: make a request with 'request'.",
        enrolled.account, enrolled.license_id
    );
    let json = json!({
        "account": enrolled.account, "license_id": enrolled.license_id, "unlocked": enrolled.unlocked,
    });
    Ok(Report::new(text, &json))
}

pub(super) fn request(directory: &Path, output: &Path, names: bool, now: Time) -> Result<Report, Failure> {
    let made = state::open(directory)?.request(names, now)?;
    state::write(output, &made.file)?;
    let voids = match made.number {
        1 => format!("This is the first request of cycle {}.", made.cycle),
        number => format!("This is request {number} of cycle {}; the ones before it are void.", made.cycle),
    };
    let text = format!(
        "The request is in {}.\n{voids}\n\n  Install the answer by   {}\n  The machine locks after {}\n\n\
         Next: load it into the portal, bring the answer back, and install it with 'install FILE'.\n\
         'explain {}' shows what is in it.",
        output.display(),
        describe::time(made.install_until),
        describe::time(made.locked_after),
        output.display(),
    );
    let json = json!({
        "file": output.display().to_string(), "digest": made.digest, "cycle": made.cycle, "number": made.number,
        "install_until": made.install_until, "locked_after": made.locked_after,
    });
    Ok(Report::new(text, &json))
}

pub(super) fn install(
    directory: &Path,
    file: &Path,
    dry_run: bool,
    style: Style,
    now: Time,
) -> Result<Report, Failure> {
    let verifier = state::open(directory)?;
    let bytes = state::read(file)?;
    let done = if dry_run { verifier.rehearse_install(&bytes, now)? } else { verifier.install(&bytes, now)? };
    let opening = match (done.already_installed, dry_run) {
        (true, _) => "This license is installed already; nothing changed.",
        (false, true) => "This license can be installed. Nothing was changed; this is what it would change:",
        (false, false) => "The license is installed.",
    };
    let text = format!("{opening}\n\n{}", before_after(done.before.as_ref(), done.after.as_ref(), style));
    let json = json!({
        "already_installed": done.already_installed, "dry_run": dry_run, "before": done.before, "after": done.after,
    });
    Ok(Report::new(text, &json))
}

pub(super) fn checkout(directory: &Path, seat_type: &Id, user: &str, now: Time) -> Result<Report, Failure> {
    let change = state::open(directory)?.checkout(seat_type, user, now)?;
    let user = user.trim();
    let text = match change {
        Change::Made => format!("{user} has a {seat_type} seat."),
        Change::None => format!("{user} has a {seat_type} seat already."),
    };
    Ok(Report::new(text, &json!({ "seat_type": seat_type, "user": user, "changed": change == Change::Made })))
}

pub(super) fn release(directory: &Path, seat_type: &Id, user: &str, now: Time) -> Result<Report, Failure> {
    state::open(directory)?.release(seat_type, user, now)?;
    let user = user.trim();
    let text = format!("The {seat_type} seat of {user} is free.");
    Ok(Report::new(text, &json!({ "seat_type": seat_type, "user": user, "changed": true })))
}
