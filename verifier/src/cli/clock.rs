//! `clock`: how the clock stands, the challenge, and the ticket that repairs it.

use std::path::Path;

use postern_protocol::{Time, describe};
use serde_json::json;

use super::failure::Failure;
use super::report::Report;
use super::state::{self, Output};
use super::table::{Style, pairs};

pub(super) fn show(directory: &Path, style: Style, now: Time) -> Result<Report, Failure> {
    let clock = state::open(directory)?.status(now)?.clock;
    let behind = clock.floor.since(now);
    let (state, next) = if behind == 0 {
        (style.good("trusted"), "")
    } else {
        let state =
            style.bad(&format!("behind by {}: what is limited in time cannot be used", describe::duration(behind)));
        (
            state,
            "\nNext: set this machine's clock right. If it is right, it was ahead before: make a challenge with\n\
                 'clock challenge', load it into the portal, and install the ticket with 'clock repair TICKET'.\n",
        )
    };
    let mut rows =
        vec![("Clock", state), ("It says", describe::time(now)), ("It must be at least", describe::time(clock.floor))];
    if clock.challenged {
        rows.push(("Challenge", "waits for its ticket: 'clock repair TICKET'".into()));
    }
    let json = json!({
        "at": now, "state": clock.state, "floor": clock.floor, "behind": behind, "challenged": clock.challenged,
    });
    Ok(Report::new(pairs(&rows) + next, &json))
}

pub(super) fn challenge(directory: &Path, output: &Path, now: Time) -> Result<Report, Failure> {
    let verifier = state::open(directory)?;
    let file = Output::begin(output)?;
    let made = verifier.clock_challenge(now)?;
    file.finish(&made.file).map_err(|failure| {
        failure.advising("Challenges before are void: make a new one with 'clock challenge', with another -o FILE.")
    })?;
    let text = format!(
        "The challenge is in {}; challenges before it are void.\n\n  This machine's clock says   {}\n  \
         It is sure that it is past  {}\n\n\
         Next: set this machine's clock right, load the file into the portal, bring the ticket back within a day,\n\
         and install it with 'clock repair TICKET'. A request that waits for its answer is void then.",
        output.display(),
        describe::time(now),
        describe::time(made.floor),
    );
    let json = json!({
        "file": output.display().to_string(), "digest": made.digest, "at": now, "floor": made.floor,
    });
    Ok(Report::new(text, &json))
}

pub(super) fn repair(directory: &Path, ticket: &Path, now: Time) -> Result<Report, Failure> {
    let repaired = state::open(directory)?.repair_clock(&state::read(ticket)?, now)?;
    let went = match repaired.back {
        0 => "it did not have to go back".into(),
        back => format!("it went back by {}, which the next request reports", describe::duration(back)),
    };
    let voided = if repaired.voided_request {
        "\nThe open request is void: make a new one with 'request' or 'activate --again'."
    } else {
        ""
    };
    let text =
        format!("The clock is repaired: this machine goes on from {}; {went}.{voided}", describe::time(repaired.time));
    let json = json!({ "time": repaired.time, "back": repaired.back, "voided_request": repaired.voided_request });
    Ok(Report::new(text, &json))
}
