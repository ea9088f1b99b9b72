//! Seats: named ones and floating sessions out of one number for each type; what is allowed now, who may take one.
//!
//! A `generic` seat serves a `dev` or an `exec` use where no seat of that type is free. Which seat serves whom is never
//! stored: what counts is that everybody fits.

use std::fmt;

use postern_protocol::documents::License;
use postern_protocol::{Explain, Id, Time};

use super::facts::{Facts, Seat, Session};
use super::permit::{Terms, UseError};
use crate::store::StateError;

/// The longest name of a user, in bytes.
pub const MOST_NAME_BYTES: usize = 128;

/// The seat type that serves the uses in [`SERVED`] as well (seed 003: "generic users").
const GENERIC: &str = "generic";
/// The seat types that a generic seat can serve: developers' and robots' executions.
const SERVED: [&str; 2] = ["dev", "exec"];

/// Seats of one type: how many a license allows, and how many are in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// The seat type.
    pub seat_type: Id,
    /// Seats that the license allows.
    pub total: u64,
    /// Seats in use, by named users and sessions, those that a generic seat serves included.
    pub used: u64,
}

/// The seats of a license on this machine at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seats(Vec<Count>);

impl Seats {
    /// Every type that the license has or somebody uses, by type.
    pub fn of(facts: &Facts, license: Option<&License>, at: Time, now: Time) -> Self {
        let allocation = || license.into_iter().flat_map(|license| &license.allocation);
        let in_use = || {
            let named = facts.seats.iter().map(|seat| &seat.seat_type);
            named.chain(facts.live_sessions(now).map(|session| &session.seat_type))
        };
        let mut types: Vec<&Id> = allocation().map(|one| &one.seat_type).chain(in_use()).collect();
        types.sort_unstable();
        types.dedup();
        let count = |seat_type: &Id| Count {
            seat_type: seat_type.clone(),
            total: allocation().find(|one| one.seat_type == *seat_type).map_or(0, |one| one.at(at)),
            used: in_use().filter(|used| *used == seat_type).count() as u64,
        };
        Self(types.into_iter().map(count).collect())
    }

    /// The types.
    pub fn counts(&self) -> &[Count] {
        &self.0
    }

    fn get(&self, seat_type: &str) -> (u64, u64) {
        self.0.iter().find(|one| one.seat_type.as_str() == seat_type).map_or((0, 0), |one| (one.total, one.used))
    }

    /// Generic seats that no generic use needs and that serve nobody else.
    fn spare(&self) -> u64 {
        let (total, used) = self.get(GENERIC);
        let over = SERVED.iter().map(|served| self.get(served)).map(|(total, used)| used.saturating_sub(total));
        total.saturating_sub(over.fold(used, u64::saturating_add))
    }

    /// Seats of a type that can still be taken.
    pub fn free(&self, seat_type: &Id) -> u64 {
        let (total, used) = self.get(seat_type.as_str());
        let own = total.saturating_sub(used);
        match seat_type.as_str() {
            GENERIC => self.spare(),
            served if SERVED.contains(&served) => own.saturating_add(self.spare()),
            _ => own,
        }
    }

    /// How many uses of a type must end so that everybody fits. Of uses that generic seats serve, generic ones count
    /// last: ending any of them helps.
    fn excess(&self, seat_type: &str) -> u64 {
        let (total, used) = self.get(seat_type);
        let own = used.saturating_sub(total);
        if seat_type != GENERIC && !SERVED.contains(&seat_type) {
            return own;
        }
        let (generic, generic_used) = self.get(GENERIC);
        let over: u64 =
            SERVED.iter().map(|served| self.get(served)).map(|(total, used)| used.saturating_sub(total)).sum();
        let lacking = over.saturating_add(generic_used).saturating_sub(generic);
        if seat_type == GENERIC { lacking.saturating_sub(over) } else { lacking.min(own) }
    }

    /// Whether a license with these seats knows a type, by itself or through generic seats.
    fn knows(license: &License, seat_type: &Id) -> bool {
        let has = |name: &str| license.allocation.iter().any(|one| one.seat_type.as_str() == name);
        has(seat_type.as_str()) || (SERVED.contains(&seat_type.as_str()) && has(GENERIC))
    }
}

/// Seat types of which more are in use than a license allows at an instant.
pub fn overuse(facts: &Facts, license: &License, at: Time, now: Time) -> Vec<Overuse> {
    let seats = Seats::of(facts, Some(license), at, now);
    let over = |count: &Count| {
        let excess = seats.excess(count.seat_type.as_str());
        (excess > 0).then(|| Overuse {
            seat_type: count.seat_type.clone(),
            allowed: count.total,
            excess,
            holders: holders(facts, &count.seat_type, now),
        })
    };
    seats.counts().iter().filter_map(over).collect()
}

/// Who uses seats of a type, in words: users, then sessions.
fn holders(facts: &Facts, seat_type: &Id, now: Time) -> Vec<String> {
    let sessions = facts.live_sessions(now).filter(|session| session.seat_type == *seat_type);
    let named = facts.holders(seat_type).map(|seat| seat.user.clone());
    named.chain(sessions.map(|session| format!("{} (session {})", session.user, session.id))).collect()
}

/// A seat type of which more are in use than allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overuse {
    /// The seat type.
    pub seat_type: Id,
    /// How many are allowed.
    pub allowed: u64,
    /// How many must be released.
    pub excess: u64,
    /// Who holds one.
    pub holders: Vec<String>,
}

impl Overuse {
    /// What to release.
    pub fn advice(&self) -> String {
        let (count, seat_type) = (self.excess, &self.seat_type);
        format!(
            "Release {count} of the {seat_type} seats with 'release {seat_type} --user NAME' or 'release --session ID'."
        )
    }
}

impl fmt::Display for Overuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (used, seat_type, allowed) = (self.holders.len(), &self.seat_type, self.allowed);
        write!(f, "{used} {seat_type} in use, {allowed} allowed; held by {}", self.holders.join(", "))
    }
}

/// A user's name as it is stored: trimmed, not empty, printable, at most [`MOST_NAME_BYTES`].
///
/// # Errors
/// [`SeatError::Name`].
pub fn user_name(name: &str) -> Result<String, SeatError> {
    let name = name.trim();
    // What no signed text may hold, or a request that names users could not be made.
    let deceives =
        |c: char| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    if name.is_empty() || name.len() > MOST_NAME_BYTES || name.chars().any(deceives) {
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
pub fn checkout(
    facts: &Facts,
    terms: Option<&Terms>,
    seat_type: &Id,
    user: &str,
    now: Time,
) -> Result<Change, SeatError> {
    let license = usable(facts, terms, seat_type, now)?;
    if facts.holders(seat_type).any(|seat| seat.user == user) {
        return Ok(Change::None);
    }
    one_free(facts, license, seat_type, now)?;
    Ok(Change::Made)
}

/// Judges a floating session; says until when it may run, if its license sets that.
///
/// # Errors
/// Why no session begins.
pub fn begin_session(
    facts: &Facts,
    terms: Option<&Terms>,
    seat_type: &Id,
    now: Time,
) -> Result<Option<Time>, SeatError> {
    let license = usable(facts, terms, seat_type, now)?;
    one_free(facts, license, seat_type, now)?;
    Ok(license.longest_session.limit().map(|longest| now.plus(*longest)))
}

/// The license, where it may be used now and has seats of this type.
fn usable<'a>(facts: &'a Facts, terms: Option<&Terms>, seat_type: &Id, now: Time) -> Result<&'a License, SeatError> {
    let (installed, terms) = facts.installed.as_ref().zip(terms).ok_or(UseError::NoLicense)?;
    let license = installed.license.get();
    if !Seats::knows(license, seat_type) {
        let known = license.allocation.iter().map(|one| one.seat_type.clone()).collect();
        return Err(SeatError::UnknownType { seat_type: seat_type.clone(), known });
    }
    terms.full(now).map_err(UseError::from)?;
    Ok(license)
}

fn one_free(facts: &Facts, license: &License, seat_type: &Id, now: Time) -> Result<(), SeatError> {
    let seats = Seats::of(facts, Some(license), now, now);
    if seats.free(seat_type) > 0 {
        return Ok(());
    }
    let (total, _) = seats.get(seat_type.as_str());
    Err(SeatError::AllTaken { seat_type: seat_type.clone(), total, holders: holders(facts, seat_type, now) })
}

/// Judges a release. A seat can always be given back: whatever the clock or the license says.
///
/// # Errors
/// [`SeatError::NotHeld`] where the user holds no such seat.
pub fn release<'a>(facts: &'a Facts, seat_type: &Id, user: &str) -> Result<&'a Seat, SeatError> {
    let held = facts.holders(seat_type).find(|seat| seat.user == user);
    held.ok_or_else(|| SeatError::NotHeld { seat_type: seat_type.clone(), user: user.to_owned() })
}

/// Judges the end of a session: like a release, always possible.
///
/// # Errors
/// [`SeatError::NoSession`] where no such session runs.
pub fn end_session<'a>(facts: &'a Facts, session: &Id, now: Time) -> Result<&'a Session, SeatError> {
    let live = facts.live_sessions(now).find(|one| one.id == *session);
    live.ok_or_else(|| SeatError::NoSession { session: session.clone() })
}

/// Why a seat is not taken or released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeatError {
    /// The state cannot be used.
    State(StateError),
    /// The license may not be used.
    Use(UseError),
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
    /// The user holds no such seat.
    NotHeld {
        /// The seat type.
        seat_type: Id,
        /// The user.
        user: String,
    },
    /// No such session runs.
    NoSession {
        /// The session.
        session: Id,
    },
}

passes_on!(SeatError { State: StateError, Use: UseError });

impl fmt::Display for SeatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State(error) => error.fmt(f),
            Self::Use(error) => error.fmt(f),
            Self::UnknownType { seat_type, .. } => write!(f, "The license has no seats of the type '{seat_type}'."),
            Self::Name => write!(f, "The user's name is empty, too long or not printable."),
            Self::AllTaken { seat_type, total, holders } if !holders.is_empty() => {
                write!(f, "All {total} {seat_type} seats are taken, by {}.", holders.join(", "))
            }
            Self::AllTaken { seat_type, .. } => write!(f, "The license has no {seat_type} seats now."),
            Self::NotHeld { seat_type, user } => write!(f, "{user} holds no {seat_type} seat."),
            Self::NoSession { session } => write!(f, "No session {session} runs: it has ended, or there was none."),
        }
    }
}

impl std::error::Error for SeatError {}

impl Explain for SeatError {
    fn code(&self) -> &'static str {
        match self {
            Self::State(error) => error.code(),
            Self::Use(error) => error.code(),
            Self::UnknownType { .. } => "seat-type-unknown",
            Self::Name => "user-name-invalid",
            Self::AllTaken { .. } => "seats-taken",
            Self::NotHeld { .. } => "seat-not-held",
            Self::NoSession { .. } => "session-unknown",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::State(error) => error.advice(),
            Self::Use(error) => error.advice(),
            Self::UnknownType { known, .. } => {
                let known: Vec<_> = known.iter().map(Id::as_str).collect();
                format!("Choose one of: {}.", known.join(", "))
            }
            Self::Name => format!("Give a name of 1 to {MOST_NAME_BYTES} bytes on one line."),
            Self::AllTaken { .. } => "Release a seat with 'release', or request more seats.".into(),
            Self::NotHeld { .. } | Self::NoSession { .. } => "'status' shows who holds which seats.".into(),
        }
    }
}
