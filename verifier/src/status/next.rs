//! What happens next, with dates: the deadlines of the cycle, the end of the license, changes of its quantities.

use postern_protocol::Time;
use postern_protocol::documents::{AfterEnd, Ceiling, License};
use serde::Serialize;

use crate::rules::facts::Facts;
use crate::rules::{cycle, expiry};

/// Something that happens by itself, or has to be done by then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Next {
    /// When.
    pub at: Time,
    /// A stable word: `install-until`, `locks`, `starts`, `changes`, `ends` or `grace-ends`.
    pub event: &'static str,
    /// What, in words.
    pub text: String,
}

/// What happens after an instant, soonest first.
pub(super) fn next(facts: &Facts, now: Time) -> Vec<Next> {
    let mut events = Vec::new();
    let mut push = |at: Time, event, text: String| {
        if at >= now && at < Time::MAX {
            events.push(Next { at, event, text });
        }
    };
    if let Some(at) = cycle::answer_deadline(facts) {
        push(at, "install-until", "Last moment to install the answer to the newest request.".into());
    }
    if let Some(at) = cycle::cycle_deadline(facts) {
        push(at, "locks", "The machine locks unless an answer was installed by then.".into());
    }
    if let Some(installed) = &facts.installed {
        of_license(&installed.license, &mut push);
    }
    events.sort_by_key(|event| event.at);
    events
}

fn of_license(license: &License, push: &mut impl FnMut(Time, &'static str, String)) {
    push(license.starts_at, "starts", "The license starts.".into());
    let end = license.ends_at.limit().copied().unwrap_or(Time::MAX);
    for allowance in &license.allocation {
        for step in allowance.steps.iter().filter(|step| step.from > license.starts_at && step.from <= end) {
            push(step.from, "changes", format!("{} {} seats from then on.", step.quantity, allowance.seat_type));
        }
    }
    let then = match license.expiry.after_end {
        AfterEnd::Warn => "use goes on with a warning",
        AfterEnd::ReadOnly => "use is limited to reading",
        AfterEnd::Lock => "use stops",
    };
    match expiry::grace_until(license) {
        Ceiling::Limited(until) if until > end => {
            push(end, "ends", "The license ends; full use goes on through its grace.".into());
            push(until, "grace-ends", format!("The grace ends; then {then}."));
        }
        Ceiling::Limited(_) => push(end, "ends", format!("The license ends; then {then}.")),
        Ceiling::Unlimited => push(end, "ends", "The license ends; full use goes on.".into()),
    }
}
