//! Commands that change the state.

use std::path::Path;

use postern_protocol::describe;
use postern_protocol::documents::Ceiling;
use postern_protocol::{Digest, Time};
use serde_json::json;

use super::anchor;
use super::compare::before_after;
use super::failure::Failure;
use super::report::Report;
use super::state::{self, Output};
use super::table::Style;
use crate::outcome::News;
use crate::pin::pin;
use crate::rules::facts::Fork;
use crate::status::{ForkStatus, Status};

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
             Next: activate with a license key, or user and password: 'activate'. For an installation, install an\n\
             enablement token with 'enroll TOKEN'.",
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
    let verifier = state::open(directory)?;
    let file = Output::begin(output)?;
    let made = verifier.request(names, now)?;
    file.finish(&made.file).map_err(|failure| {
        failure.advising("The requests before are void: make a new one with 'request', with another -o FILE.")
    })?;
    let voids = match made.number {
        1 => format!("This is the first request of cycle {}.", made.cycle),
        number => format!("This is request {number} of cycle {}; the ones before it are void.", made.cycle),
    };
    let restored = made.fork.map(|fork| restored(&fork)).unwrap_or_default();
    let text = format!(
        "The request is in {}.\n{voids}\n{restored}\n  Install the answer by   {}\n  The machine locks after {}\n\n\
         Next: load it into the portal, bring the answer back, and install it with 'install FILE'.\n\
         'explain {}' shows what is in it.",
        output.display(),
        describe::time(made.install_until),
        made.locked_after.map(describe::time).unwrap_or_default(),
        output.display(),
    );
    let json = json!({
        "file": output.display().to_string(), "digest": made.digest, "cycle": made.cycle, "number": made.number,
        "install_until": made.install_until, "locked_after": made.locked_after,
        "fork": made.fork.map(|fork| ForkStatus::from(&fork)),
    });
    Ok(Report::new(text, &json))
}

/// What a proof that the store was rolled back or copied means, and what has to be done about it.
pub(super) fn restored(fork: &Fork) -> String {
    format!(
        "\nThis machine was restored from a backup, or copied: since {} it is proved that {} usage records\n\
         have left it, and some of them are not here. So this request asks to accept the machine again.\n\
         Tell your license administrator why it was restored; they accept it in the portal, and that is counted.\n\
         If nobody restored or copied it, tell your vendor: 'audit --proofs DIR' writes the proof.\n",
        describe::time(fork.found_at),
        fork.seen,
    )
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
    let opening = match (&done.news, done.already_installed, dry_run) {
        (None, true, _) => "This license is installed already; nothing changed.",
        (None, false, true) => "This license can be installed. Nothing was changed; this is what it would change:",
        (None, false, false) => "The license is installed.",
        (Some(_), true, _) => "This file says nothing about this machine that is not known; nothing changed.",
        (Some(_), false, true) => "This file can be taken in. Nothing was changed; this is what it would change:",
        (Some(_), false, false) => "What this file says about this machine is known now.",
    };
    let news = done.news.as_ref().map(news).unwrap_or_default();
    let text = format!("{opening}\n{news}\n{}", before_after(done.before.as_ref(), done.after.as_ref(), style));
    let json = json!({
        "already_installed": done.already_installed, "news": done.news, "dry_run": dry_run, "before": done.before,
        "after": done.after,
    });
    Ok(Report::new(text, &json))
}

/// What a file of revocations brings, line by line.
fn news(news: &News) -> String {
    let lists = news.lists.iter().map(|list| {
        let issuer = describe::grantor(&list.issuer);
        format!("  Revocation list {} of {issuer}, made {}\n", list.serial, describe::time(list.issued_at))
    });
    let trust = news.trust.map(|number| format!("  Version {number} of the vendor's root\n"));
    lists.chain(trust).collect()
}

pub(super) fn extend(directory: &Path, yes: bool, now: Time) -> Result<Report, Failure> {
    let verifier = state::open(directory)?;
    let until = |status: &Status| status.license.as_ref().map(|license| license.full_until);
    if !yes {
        let until = until(&verifier.rehearse_extend(now)?).map_or("never".into(), describe_end);
        return Err(Failure::unconfirmed(format!(
            "The emergency extension would let the license go on until {until}. This machine has one, for good: a \
             renewal brings no second one under the same entitlement, and the next request reports it."
        )));
    }
    let until = until(&verifier.extend(now)?);
    let text = format!(
        "The emergency extension is used: the license goes on until {}.\n\
         Next: renew by then. Make a request with 'request' or 'activate --again' and install the answer.",
        until.map_or("never".into(), describe_end)
    );
    Ok(Report::new(text, &json!({ "full_until": until })))
}

fn describe_end(end: Ceiling<Time>) -> String {
    end.limit().map_or("for ever".into(), |end| describe::time(*end))
}
