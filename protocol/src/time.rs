//! Instants as documents write them: `YYYY-MM-DDTHH:MM:SSZ`, UTC, whole seconds, no other form (design §3).

use std::fmt;
use std::str::FromStr;

use crate::text;

/// Seconds in an hour.
pub const HOUR: u64 = 3600;
/// Seconds in a day.
pub const DAY: u64 = 24 * HOUR;

/// An instant: whole seconds since 1970-01-01T00:00:00Z, up to the end of the year 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(u64);

impl Time {
    /// The first instant that documents can write.
    pub const MIN: Self = Self(0);
    /// The last instant that documents can write: 9999-12-31T23:59:59Z.
    pub const MAX: Self = Self(253_402_300_799);

    /// From seconds since the Unix epoch; later than the year 9999 becomes its last second.
    pub const fn from_unix(seconds: u64) -> Self {
        if seconds > Self::MAX.0 { Self::MAX } else { Self(seconds) }
    }

    /// Seconds since the Unix epoch.
    pub const fn unix(self) -> u64 {
        self.0
    }

    /// This many seconds later, at most [`Time::MAX`].
    pub const fn plus(self, seconds: u64) -> Self {
        Self::from_unix(self.0.saturating_add(seconds))
    }

    /// This many seconds earlier, at least [`Time::MIN`].
    pub const fn minus(self, seconds: u64) -> Self {
        Self(self.0.saturating_sub(seconds))
    }

    /// Seconds from `earlier` to this instant; zero if `earlier` is later.
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// 00:00:00Z of this instant's day.
    pub const fn day_start(self) -> Self {
        Self(self.0 - self.0 % DAY)
    }

    /// 23:59:59Z of this instant's day.
    pub const fn day_end(self) -> Self {
        Self(self.0 - self.0 % DAY + (DAY - 1))
    }

    /// The UTC day, `YYYY-MM-DD`.
    pub fn date(self) -> String {
        let (year, month, day) = civil(self.0 / DAY);
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// 00:00:00Z of a UTC day written `YYYY-MM-DD`; none for any other text.
    pub fn from_date(text: &str) -> Option<Self> {
        format!("{text}T00:00:00Z").parse().ok()
    }
}

/// The proleptic Gregorian date of a day counted from 1970-01-01 (after Howard Hinnant's `civil_from_days`).
fn civil(days: u64) -> (u64, u64, u64) {
    let z = days + 719_468;
    let (era, day_of_era) = (z / 146_097, z % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

/// The day, counted from 1970-01-01, of a date from 1970 on.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    let year = year - u64::from(month <= 2);
    let (era, year_of_era) = (year / 400, year % 400);
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (era * 146_097 + day_of_era).checked_sub(719_468)
}

impl fmt::Display for Time {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let second = self.0 % DAY;
        let (year, month, day) = civil(self.0 / DAY);
        let (hour, minute, second) = (second / HOUR, second / 60 % 60, second % 60);
        let two = |number: u64| [b'0' + (number / 10 % 10) as u8, b'0' + (number % 10) as u8];
        let ([y1, y2], [y3, y4], [mo1, mo2], [d1, d2]) = (two(year / 100), two(year), two(month), two(day));
        let ([h1, h2], [mi1, mi2], [s1, s2]) = (two(hour), two(minute), two(second));
        let text = [y1, y2, y3, y4, b'-', mo1, mo2, b'-', d1, d2, b'T', h1, h2, b':', mi1, mi2, b':', s1, s2, b'Z'];
        formatter.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl FromStr for Time {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Self, TimeError> {
        parse(text.as_bytes()).ok_or(TimeError)
    }
}

fn parse(text: &[u8]) -> Option<Time> {
    let text: &[u8; 20] = text.try_into().ok()?;
    let [y1, y2, y3, y4, b'-', mo1, mo2, b'-', d1, d2, b'T', h1, h2, b':', mi1, mi2, b':', s1, s2, b'Z'] = *text else {
        return None;
    };
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0u64, |sum, c| c.is_ascii_digit().then(|| sum * 10 + u64::from(c - b'0')))
    };
    let (year, month, day) = (number(&[y1, y2, y3, y4])?, number(&[mo1, mo2])?, number(&[d1, d2])?);
    let (hour, minute, second) = (number(&[h1, h2])?, number(&[mi1, mi2])?, number(&[s1, s2])?);
    if year < 1970 || !(1..=12).contains(&month) || day == 0 || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let count = days(year, month, day)?;
    // A day past its month's end comes out as a date of the next month.
    (civil(count) == (year, month, day)).then(|| Time(count * DAY + hour * HOUR + minute * 60 + second))
}

/// A text that is not an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeError;

impl fmt::Display for TimeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a time is written YYYY-MM-DDTHH:MM:SSZ, for example 2026-11-22T09:30:00Z")
    }
}

impl std::error::Error for TimeError {}

text::string_form!(Time, "a time YYYY-MM-DDTHH:MM:SSZ");

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_second_round_trips(seconds in 0..=Time::MAX.unix()) {
            let time = Time::from_unix(seconds);
            prop_assert_eq!(time.to_string().parse::<Time>(), Ok(time));
        }
    }

    #[test]
    fn known_instants_and_refused_forms() {
        assert_eq!("2000-02-29T12:00:00Z".parse::<Time>().map(Time::unix), Ok(951_825_600));
        assert_eq!("9999-12-31T23:59:59Z".parse(), Ok(Time::MAX));
        for bad in [
            "2023-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-01-32T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:60:00Z",
            "2026-01-01T00:00:60Z",
            "2026-01-01T00:00:00z",
            "2026-01-01T00:00:00+00:00",
            "2026-01-01T00:00:00.0Z",
            "2026-01-01 00:00:00Z",
            "1969-12-31T23:59:59Z",
            "+026-01-01T00:00:00Z",
            "2026-01-01T00:00:00",
            "",
        ] {
            assert_eq!(bad.parse::<Time>(), Err(TimeError), "{bad}");
        }
    }

    #[test]
    fn days_begin_and_end_in_utc() {
        let time: Time = "2026-11-22T09:30:00Z".parse().unwrap();
        assert_eq!(time.day_start().to_string(), "2026-11-22T00:00:00Z");
        assert_eq!(time.day_end().to_string(), "2026-11-22T23:59:59Z");
        assert_eq!(Time::from_date(&time.date()), Some(time.day_start()));
    }
}
