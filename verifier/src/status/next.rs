//! What happens next, with dates: the deadlines of the cycle, the end of the license, changes of its quantities.

use postern_protocol::Time;
use postern_protocol::documents::{AfterEnd, Ceiling, License};
use postern_protocol::time::DAY;
use serde::Serialize;

use crate::rules::cycle;
use crate::rules::expiry::{Dates, NOTICE_DAYS};
use crate::rules::facts::Facts;

/// Something that happens by itself, or has to be done by then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Next {
    /// When.
    pub at: Time,
    /// A stable word: `install-until`, `locks`, `starts`, `changes`, `notice`, `ends`, `grace-ends` or `session-ends`.
    pub event: &'static str,
    /// What, in words.
    pub text: String,
}

/// Days before something stops that count as soon.
const SOON: u64 = 30;

impl Next {
    /// Whether something stops soon unless somebody acts.
    pub(super) fn urgent(&self, now: Time) -> bool {
        matches!(self.event, "install-until" | "locks" | "ends" | "grace-ends") && self.at <= now.plus(SOON * DAY)
    }
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
    if let Some(at) = cycle::cycle_deadline(facts).filter(|_| facts.locks()) {
        push(at, "locks", "The machine locks unless an answer is installed by then.".into());
    }
    if let Some(installed) = &facts.installed {
        of_license(&installed.license, &Dates::of(facts, installed), now, &mut push);
    }
    for session in facts.live_sessions(now) {
        if let Some(until) = session.until {
            push(until, "session-ends", format!("The session of {} ends.", session.user));
        }
    }
    events.sort_by_key(|event| event.at);
    events
}

fn of_license(license: &License, dates: &Dates, now: Time, push: &mut impl FnMut(Time, &'static str, String)) {
    push(license.starts_at, "starts", "The license starts.".into());
    let end = license.ends_at.limit().copied().unwrap_or(Time::MAX);
    for allowance in &license.allocation {
        for step in allowance.steps.iter().filter(|step| step.from > license.starts_at && step.from <= end) {
            push(step.from, "changes", format!("{} {} seats from then on.", step.quantity, allowance.seat_type));
        }
    }
    // The next of the notices; the others follow from the end.
    if let Some(days) = NOTICE_DAYS.iter().find(|days| end < Time::MAX && end.minus(**days * DAY) > now) {
        push(end.minus(days * DAY), "notice", format!("{days} days are left: time to renew."));
    }
    let then = match license.expiry.after_end {
        AfterEnd::Warn => "use goes on with a warning",
        AfterEnd::ReadOnly => "use is limited to reading",
        AfterEnd::Lock => "use stops",
    };
    match dates.full_until() {
        Ceiling::Limited(until) if until > end => {
            push(end, "ends", "The license ends; full use goes on through its grace.".into());
            push(until, "grace-ends", format!("The grace ends; then {then}."));
        }
        Ceiling::Limited(_) => push(end, "ends", format!("The license ends; then {then}.")),
        Ceiling::Unlimited => push(end, "ends", "The license ends; full use goes on.".into()),
    }
}
