//! Time and durations on the command line and in account files.

use std::fmt;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

use postern_protocol::Time;
use postern_protocol::time::{DAY, HOUR};

/// The time that documents say they were made at.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct At {
    /// The time that documents say they were made at, as 2026-11-22T09:00:00Z or 2026-11-22; default: now
    #[arg(long, value_name = "TIME", value_parser = instant)]
    at: Option<Time>,
}

impl At {
    pub(crate) fn time(self) -> Time {
        self.at.unwrap_or_else(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            Time::from_unix(since.as_secs())
        })
    }
}

/// Reads a time, or a day's first second.
pub(crate) fn instant(text: &str) -> Result<Time, String> {
    text.parse().ok().or_else(|| Time::from_date(text)).ok_or_else(|| WRONG_TIME.into())
}

/// Reads a time, or a day's last second.
pub(crate) fn last_instant(text: &str) -> Result<Time, String> {
    text.parse().ok().or_else(|| Time::from_date(text).map(Time::day_end)).ok_or_else(|| WRONG_TIME.into())
}

const WRONG_TIME: &str = "a time is written 2026-11-22T09:00:00Z, a day 2026-11-22";

/// A duration as people write it: `48 hours`, `7 days`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span(pub(crate) u64);

impl FromStr for Span {
    type Err = WrongSpan;

    fn from_str(text: &str) -> Result<Self, WrongSpan> {
        let (number, unit) = text.trim().split_once(' ').ok_or(WrongSpan)?;
        let number: u64 = number.parse().map_err(|_| WrongSpan)?;
        let unit = match unit.trim() {
            "second" | "seconds" => 1,
            "minute" | "minutes" => 60,
            "hour" | "hours" => HOUR,
            "day" | "days" => DAY,
            "week" | "weeks" => 7 * DAY,
            _ => return Err(WrongSpan),
        };
        number.checked_mul(unit).filter(|seconds| *seconds <= LONGEST).map(Self).ok_or(WrongSpan)
    }
}

/// No document can name a later time, so nothing longer means anything.
const LONGEST: u64 = Time::MAX.unix();

/// A text that is no duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WrongSpan;

impl fmt::Display for WrongSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration is a whole number and seconds, minutes, hours, days or weeks, for example \"48 hours\"")
    }
}

impl std::error::Error for WrongSpan {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_a_number_and_a_unit() {
        for (text, seconds) in [("48 hours", 172_800), ("1 day", DAY), ("2 weeks", 14 * DAY), ("0 days", 0)] {
            assert_eq!(text.parse(), Ok(Span(seconds)), "{text}");
        }
        for text in ["48", "48h", "two days", "-1 days", "1.5 days", "1 year", "99999999999999999 weeks", ""] {
            assert_eq!(text.parse::<Span>(), Err(WrongSpan), "{text}");
        }
    }

    #[test]
    fn a_day_begins_and_ends() {
        let text = |time: Time| time.to_string();
        assert_eq!(instant("2026-11-22").map(text), Ok("2026-11-22T00:00:00Z".into()));
        assert_eq!(last_instant("2026-11-22").map(text), Ok("2026-11-22T23:59:59Z".into()));
        assert_eq!(last_instant("2026-11-22T09:00:00Z").map(text), Ok("2026-11-22T09:00:00Z".into()));
        assert!(instant("22.11.2026").is_err());
    }
}
