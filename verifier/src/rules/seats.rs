//! Named seats: what is allowed now, what is in use, who may take one.

use std::fmt;

use postern_protocol::documents::{Ceiling, License, LockEffect};
use postern_protocol::{Explain, Id, Time};

use super::clock::{self, ClockError};
use super::cycle::{self, Locked};
use super::expiry::{self, Standing};
use super::facts::{Facts, Seat};
use crate::store::StateError;

/// The longest name of a user, in bytes.
pub const MOST_NAME_BYTES: usize = 128;

/// Seats of one type that a license allows at an instant; none for a type that it does not have.
pub fn allowed(license: &License, seat_type: &Id, at: Time) -> Option<u64> {
    license.allocation.iter().find(|one| one.seat_type == *seat_type).map(|one| one.at(at))
}

/// Seat types of which more are in use than a license allows.
pub fn overuse(facts: &Facts, license: &License, at: Time) -> Vec<Overuse> {
    let mut types: Vec<&Id> = facts.seats.iter().map(|seat| &seat.seat_type).collect();
    types.dedup();
    types
        .into_iter()
        .filter_map(|seat_type| {
            let allowed = allowed(license, seat_type, at).unwrap_or(0);
            let holders: Vec<String> = facts.holders(seat_type).map(|seat| seat.user.clone()).collect();
            (holders.len() as u64 > allowed).then(|| Overuse { seat_type: seat_type.clone(), allowed, holders })
        })
        .collect()
}

/// A seat type of which more are in use than allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overuse {
    /// The seat type.
    pub seat_type: Id,
    /// How many are allowed.
    pub allowed: u64,
    /// Who holds one.
    pub holders: Vec<String>,
}

impl Overuse {
    /// How many must be released.
    pub fn excess(&self) -> u64 {
        (self.holders.len() as u64).saturating_sub(self.allowed)
    }

    /// What to release.
    pub fn advice(&self) -> String {
        let count = self.excess();
        format!("Release {count} of the {} seats with 'release {} --user NAME'.", self.seat_type, self.seat_type)
    }
}

impl fmt::Display for Overuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} in use, {} allowed; held by {}",
            self.holders.len(),
            self.seat_type,
            self.allowed,
            self.holders.join(", ")
        )
    }
}

/// A user's name as it is stored: trimmed, not empty, printable, at most [`MOST_NAME_BYTES`].
///
/// # Errors
/// [`SeatError::Name`].
pub fn user_name(name: &str) -> Result<String, SeatError> {
    let name = name.trim();
    if name.is_empty() || name.len() > MOST_NAME_BYTES || name.chars().any(char::is_control) {
        Err(SeatError::Name)
    } else {
        Ok(name.to_owned())
    }
}

/// What a checkout or release does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The seat changes hands.
    Made,
    /// It is so already.
    None,
}

/// Judges a checkout by a user whose name is normalised.
///
/// # Errors
/// Why the user gets no seat.
pub fn checkout(facts: &Facts, seat_type: &Id, user: &str, now: Time) -> Result<Change, SeatError> {
    let installed = facts.installed.as_ref().ok_or(SeatError::NoLicense)?;
    let license = installed.license.get();
    let Some(total) = allowed(license, seat_type, now) else {
        let known = license.allocation.iter().map(|one| one.seat_type.clone()).collect();
        return Err(SeatError::UnknownType { seat_type: seat_type.clone(), known });
    };
    if matches!(license.ends_at, Ceiling::Limited(_)) {
        clock::trusted(facts, now)?;
    }
    match expiry::standing(facts, installed, now) {
        Standing::NotStarted { from } => return Err(SeatError::NotStarted { from }),
        Standing::Ended { at, after } if after.stops_use() => return Err(SeatError::Ended { at }),
        Standing::Stopped { why } => return Err(SeatError::Stopped { why }),
        _ => {}
    }
    if cycle::windows(facts).lock_effect >= LockEffect::ReadOnly {
        cycle::not_locked(facts, now)?;
    }
    let mut holders = facts.holders(seat_type);
    if holders.any(|seat| seat.user == user) {
        return Ok(Change::None);
    }
    if facts.used(seat_type) < total {
        return Ok(Change::Made);
    }
    let holders = facts.holders(seat_type).map(|seat| seat.user.clone()).collect();
    Err(SeatError::AllTaken { seat_type: seat_type.clone(), total, holders })
}

/// Judges a release. A seat can always be given back: whatever the clock or the license says.
///
/// # Errors
/// [`SeatError::NotHeld`] where the user holds no such seat.
pub fn release(facts: &Facts, seat_type: &Id, user: &str) -> Result<(), SeatError> {
    let held = |seat: &Seat| seat.user == user;
    if facts.holders(seat_type).any(held) {
        Ok(())
    } else {
        Err(SeatError::NotHeld { seat_type: seat_type.clone(), user: user.to_owned() })
    }
}

/// Why a seat is not taken or released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeatError {
    /// The state cannot be used.
    State(StateError),
    /// The clock stands in the way.
    Clock(ClockError),
    /// The machine is locked, and the license says that a lock stops use.
    Locked(Locked),
    /// Nothing is installed.
    NoLicense,
    /// The license has no such seat type.
    UnknownType {
        /// The seat type.
        seat_type: Id,
        /// Those that it has.
        known: Vec<Id>,
    },
    /// The name is empty, too long or not printable.
    Name,
    /// Every seat is taken.
    AllTaken {
        /// The seat type.
        seat_type: Id,
        /// How many there are.
        total: u64,
        /// Who holds them.
        holders: Vec<String>,
    },
    /// The license does not run yet.
    NotStarted {
        /// It starts then.
        from: Time,
    },
    /// The license ended, its grace is over, and its policy stops use.
    Ended {
        /// When the grace was over.
        at: Time,
    },
    /// The license was suspended or revoked.
    Stopped {
        /// What the revocation says.
        why: String,
    },
    /// The user holds no such seat.
    NotHeld {
        /// The seat type.
        seat_type: Id,
        /// The user.
        user: String,
    },
}

passes_on!(SeatError { State: StateError, Clock: ClockError, Locked: Locked });

impl fmt::Display for SeatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State(error) => error.fmt(f),
            Self::Clock(error) => error.fmt(f),
            Self::Locked(error) => error.fmt(f),
            Self::NoLicense => write!(f, "No license is installed on this machine."),
            Self::UnknownType { seat_type, .. } => write!(f, "The license has no seats of the type '{seat_type}'."),
            Self::Name => write!(f, "The user's name is empty, too long or not printable."),
            Self::AllTaken { seat_type, total, holders } if *total > 0 => {
                write!(f, "All {total} {seat_type} seats are taken, by {}.", holders.join(", "))
            }
            Self::AllTaken { seat_type, .. } => write!(f, "The license has no {seat_type} seats now."),
            Self::NotStarted { from } => write!(f, "The license starts at {from}."),
            Self::Ended { at } => write!(f, "The license ended, and its grace was over at {at}."),
            Self::Stopped { why } => write!(f, "The license was stopped. {why}"),
            Self::NotHeld { seat_type, user } => write!(f, "{user} holds no {seat_type} seat."),
        }
    }
}

impl std::error::Error for SeatError {}

impl Explain for SeatError {
    fn code(&self) -> &'static str {
        match self {
            Self::State(error) => error.code(),
            Self::Clock(error) => error.code(),
            Self::Locked(error) => error.code(),
            Self::NoLicense => "license-none",
            Self::UnknownType { .. } => "seat-type-unknown",
            Self::Name => "user-name-invalid",
            Self::AllTaken { .. } => "seats-taken",
            Self::NotStarted { .. } => "license-not-started",
            Self::Ended { .. } => "license-ended",
            Self::Stopped { .. } => "license-stopped",
            Self::NotHeld { .. } => "seat-not-held",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::State(error) => error.advice(),
            Self::Clock(error) => error.advice(),
            Self::Locked(error) => error.advice(),
            Self::NoLicense => "Make a request with 'request' and install the answer.".into(),
            Self::UnknownType { known, .. } => {
                let known: Vec<_> = known.iter().map(Id::as_str).collect();
                format!("Choose one of: {}.", known.join(", "))
            }
            Self::Name => format!("Give a name of 1 to {MOST_NAME_BYTES} bytes on one line."),
            Self::AllTaken { .. } => "Release a seat with 'release', or request more seats.".into(),
            Self::NotStarted { .. } => "Wait for the start, or ask your administrator for an earlier one.".into(),
            Self::Ended { .. } => "Renew: make a request with 'request' and install the answer.".into(),
            Self::Stopped { .. } => "Ask your license administrator or your vendor.".into(),
            Self::NotHeld { .. } => "'status' shows who holds which seats.".into(),
        }
    }
}
