//! Dates, durations and names as people read them.

use postern_protocol::describe::duration;
use postern_protocol::documents::{Bundle, Ceiling, Grant, Request};
use postern_protocol::{Id, Time};
use yew::AttrValue;

use crate::t;

/// The name of an id, if the bundle has one for it.
pub fn label(bundle: &Bundle, id: &Id) -> AttrValue {
    let text = bundle.labels.iter().find(|label| label.id == *id).map(|label| label.text.clone());
    text.unwrap_or_else(|| id.to_string()).into()
}

/// The client of a license server.
pub fn client(grant: &Grant) -> &str {
    grant.server.as_ref().map_or_else(|| grant.id.as_str(), |server| &server.client_name)
}

/// The name of the license id that a request names; without one its credential tells.
pub fn asked_license(bundle: &Bundle, request: &Request) -> AttrValue {
    request.license_id.as_ref().map_or_else(|| t!("license-id-by-credential"), |license_id| label(bundle, license_id))
}

/// A UTC day and time to the minute: `2026-11-22 09:00 UTC`.
pub fn instant(time: Time) -> AttrValue {
    let text = time.to_string();
    t!("instant", date = time.date(), time = text.get(11..16).unwrap_or_default())
}

/// A UTC day.
pub fn day(time: Time) -> AttrValue {
    time.date().into()
}

/// A UTC day, or that there is none.
pub fn end(end: Ceiling<Time>) -> AttrValue {
    match end {
        Ceiling::Unlimited => t!("without-end"),
        Ceiling::Limited(time) => day(time),
    }
}

/// How long from `now` to a later instant, in the largest unit that says enough.
pub fn from_now(now: Time, later: Time) -> AttrValue {
    const HOUR: u64 = 3600;
    const DAY: u64 = 24 * HOUR;
    let seconds = later.since(now);
    if later <= now {
        t!("from-now-past")
    } else if seconds >= 2 * DAY {
        t!("from-now-days", n = seconds / DAY)
    } else if seconds >= HOUR {
        t!("from-now-hours", n = seconds / HOUR)
    } else {
        t!("from-now-minutes", n = (seconds / 60).max(1))
    }
}

/// A length of time, to the minute where that says enough.
pub fn span(seconds: u64) -> String {
    duration(if seconds < 3600 { seconds } else { seconds - seconds % 60 })
}

/// Seats of several types in one line.
pub fn seats(seats: &[(String, u64)]) -> String {
    let parts: Vec<String> =
        seats.iter().map(|(name, quantity)| t!("in-use-seats", n = quantity, name = name).to_string()).collect();
    parts.join(", ")
}

/// The first characters of a random id, for people to compare at a glance.
pub fn short(id: &Id) -> &str {
    id.as_str().get(..8).unwrap_or(id.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_people_write_them() {
        let now: Time = "2026-11-22T09:00:00Z".parse().unwrap();
        assert_eq!(instant(now).as_str(), "2026-11-22 09:00 UTC");
        assert_eq!(from_now(now, now.plus(30)).as_str(), "in 1 minute");
        assert_eq!(from_now(now, now.plus(47 * 3600)).as_str(), "in 47 hours");
        assert_eq!(from_now(now, now.plus(48 * 3600)).as_str(), "in 2 days");
        assert_eq!(from_now(now, now).as_str(), "past");
        assert_eq!(span(59), "59 seconds");
        assert_eq!(span(3 * 3600 + 61), "3 hours 1 minute");
        assert_eq!(end(Ceiling::Unlimited).as_str(), "without end");
    }
}
