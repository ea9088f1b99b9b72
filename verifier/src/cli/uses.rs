//! What applications and scripts use: features, named seats, floating sessions, consumption.

use std::path::Path;

use postern_protocol::documents::FeatureValue;
use postern_protocol::{Id, Time, describe};
use serde_json::json;

use super::failure::Failure;
use super::report::Report;
use super::state;
use crate::Balance;
use crate::rules::expiry::Use;
use crate::rules::seats::Change;

pub(super) fn check(directory: &Path, feature: &str, now: Time) -> Result<Report, Failure> {
    let granted = state::open(directory)?.check_once(feature, now)?;
    let value = match granted.value {
        FeatureValue::On => "on".to_owned(),
        FeatureValue::Number(number) => number.to_string(),
    };
    let care = match granted.allowed {
        Use::Full => "",
        Use::Warn => "\nUsers should be warned: 'status' says why.",
        Use::ReadOnly | Use::Lock => "\nOnly reading is allowed: 'status' says why.",
    };
    let text = format!("{feature} is licensed: {value}, use: {}{care}", granted.allowed.word());
    Ok(Report::new(text, &json!({ "feature": feature, "value": granted.value, "use": granted.allowed.word() })))
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

pub(super) fn begin_session(directory: &Path, seat_type: &Id, purpose: &str, now: Time) -> Result<Report, Failure> {
    let session = state::open(directory)?.begin_detached_session(seat_type, purpose, now)?;
    let end = session.until.map_or("when it is released".into(), describe::time);
    let text = format!(
        "The session runs.\n\n  Session  {}\n  Seat     {seat_type}\n  For      {}\n  Ends     {end}\n\n\
         Next: end it with 'release --session {}'.",
        session.id, session.user, session.id
    );
    let json = json!({
        "session": session.id, "seat_type": seat_type, "user": session.user, "since": session.since,
        "until": session.until,
    });
    Ok(Report::new(text, &json))
}

pub(super) fn end_session(directory: &Path, session: &Id, now: Time) -> Result<Report, Failure> {
    state::open(directory)?.end_session(session, now)?;
    Ok(Report::new(format!("The session {session} has ended."), &json!({ "session": session, "changed": true })))
}

pub(super) fn consume(directory: &Path, counter: &Id, units: u64, now: Time) -> Result<Report, Failure> {
    let balance = state::open(directory)?.consume(counter, units, now)?;
    let Balance { used, left, left_with_overage } = &balance;
    let beyond = if left == left_with_overage { String::new() } else { format!(" ({left_with_overage} with overage)") };
    let text = format!("{units} units of {counter} are used up: {used} in this period, {left} left{beyond}.");
    let json = json!({
        "counter": counter, "units": units, "used": used, "left": left, "left_with_overage": left_with_overage,
    });
    Ok(Report::new(text, &json))
}
