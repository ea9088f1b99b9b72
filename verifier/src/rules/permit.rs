//! Whether the license in force may be used now: one rule for seats, sessions, features and consumption.
//!
//! [`Terms`] are taken from the facts once; judging them takes no I/O and no memory. So a handle can keep them in memory
//! and answer at once, by the same rule as everything else.

use std::fmt;

use postern_protocol::documents::{FingerprintPart, LockEffect};
use postern_protocol::{Explain, Id, Time};
use serde::{Deserialize, Serialize};

use super::clock::{self, ClockError};
use super::cycle::{self, Locked};
use super::expiry::{self, Dates, Standing, Use};
use super::facts::Facts;

/// What judging the use of the license in force takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Its dates.
    pub dates: Dates,
    /// The earliest time that the clock may show; none where the license has no end and the clock does not matter.
    pub floor: Option<Time>,
    /// After which instant a lock takes effect, and which; none where a lock has none.
    lock: Option<(Time, Use)>,
    /// The parts that moved, where too many did.
    moved: Option<Moved>,
}

impl Terms {
    /// The terms of the license in force, on hardware as measured; none before the first license.
    pub fn of(facts: &Facts, measured: &[FingerprintPart]) -> Option<Self> {
        let installed = facts.installed.as_ref()?;
        let effect = match cycle::windows(facts).lock_effect {
            LockEffect::None => None,
            LockEffect::Warn => Some(Use::Warn),
            LockEffect::ReadOnly => Some(Use::ReadOnly),
            LockEffect::Lock => Some(Use::Lock),
        };
        Some(Self {
            dates: Dates::of(facts, installed),
            floor: expiry::time_limited(&installed.license).then(|| clock::floor(facts)),
            lock: cycle::cycle_deadline(facts).filter(|_| facts.locks()).zip(effect),
            moved: moved(&facts.fingerprint, facts.required, measured),
        })
    }

    /// Takes over what a use has changed: the time that was seen, and how long the machine has run.
    pub(crate) fn see(&mut self, facts: &Facts) {
        self.floor = self.floor.map(|_| clock::floor(facts));
        self.dates.running = facts.meter.as_ref().map_or(0, |meter| meter.running);
    }

    /// The same terms on hardware as measured now, after what was seen and run since.
    pub(crate) fn since(self, seen: Since<'_>) -> Self {
        let Since { last_seen, document, running, fingerprint, required, measured } = seen;
        Self {
            floor: self.floor.map(|_| clock::floor_of(last_seen, document)),
            dates: Dates { running, ..self.dates },
            moved: moved(fingerprint, required, measured),
            ..self
        }
    }

    /// What users may do at an instant, down to reading.
    ///
    /// # Errors
    /// Why they may do nothing.
    pub fn permit(&self, now: Time) -> Result<Use, Denied<'_>> {
        if let Some(moved) = &self.moved {
            return Err(Denied::OtherHardware(moved));
        }
        if let Some(floor) = self.floor.filter(|floor| now < *floor) {
            return Err(Denied::Clock { now, floor });
        }
        let standing = self.dates.standing(now);
        let by_dates = match standing {
            Standing::NotStarted { from } => return Err(Denied::NotStarted { from }),
            Standing::Stopped { why } => return Err(Denied::Stopped { why }),
            Standing::Ended { at, .. } if standing.allows() == Use::Lock => return Err(Denied::Ended { at }),
            standing => standing.allows(),
        };
        match self.lock {
            Some((deadline, Use::Lock)) if now > deadline => Err(Denied::Locked { deadline }),
            Some((deadline, effect)) if now > deadline => Ok(by_dates.max(effect)),
            _ => Ok(by_dates),
        }
    }

    /// Whether something new may be taken or used up at an instant: reading does not suffice.
    ///
    /// # Errors
    /// Why not.
    pub fn full(&self, now: Time) -> Result<(), Denied<'_>> {
        if self.permit(now)? <= Use::Warn {
            return Ok(());
        }
        Err(match (self.dates.standing(now), self.lock) {
            (standing @ Standing::Ended { at, .. }, _) if standing.allows() > Use::Warn => Denied::Ended { at },
            (_, Some((deadline, _))) => Denied::Locked { deadline },
            (_, None) => Denied::Ended { at: now },
        })
    }
}

/// What can have changed since terms were taken, while the license is the same.
pub(crate) struct Since<'a> {
    pub(crate) last_seen: Time,
    pub(crate) document: Time,
    pub(crate) running: u64,
    pub(crate) fingerprint: &'a [FingerprintPart],
    pub(crate) required: u64,
    pub(crate) measured: &'a [FingerprintPart],
}

/// Fingerprint parts that moved since the license in force was installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// Which.
    pub parts: Vec<Id>,
    /// How many match.
    pub matching: u64,
    /// How many must.
    pub required: u64,
}

impl fmt::Display for Moved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<_> = self.parts.iter().map(Id::as_str).collect();
        let Self { matching, required, .. } = self;
        write!(f, "{matching} of {required} needed parts match; changed: {}.", parts.join(", "))
    }
}

/// Too many parts moved between two measurements.
pub fn moved(then: &[FingerprintPart], required: u64, measured: &[FingerprintPart]) -> Option<Moved> {
    let (same, changed): (Vec<_>, Vec<_>) = then.iter().partition(|part| measured.contains(part));
    let matching = same.len() as u64;
    let parts = || changed.iter().map(|part| part.part.clone()).collect();
    (matching < required).then(|| Moved { parts: parts(), matching, required })
}

/// Why the license may not be used, as long as its terms are there to say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied<'a> {
    /// See [`UseError::OtherHardware`].
    OtherHardware(&'a Moved),
    /// See [`UseError::Clock`].
    Clock {
        /// What the clock says.
        now: Time,
        /// The earliest time that it may show.
        floor: Time,
    },
    /// See [`UseError::NotStarted`].
    NotStarted {
        /// It starts then.
        from: Time,
    },
    /// See [`UseError::Ended`].
    Ended {
        /// When full use was over.
        at: Time,
    },
    /// See [`UseError::Stopped`].
    Stopped {
        /// What the revocation says.
        why: &'a str,
    },
    /// See [`UseError::Locked`].
    Locked {
        /// The instant after which the machine was locked.
        deadline: Time,
    },
}

impl From<Denied<'_>> for UseError {
    fn from(denied: Denied<'_>) -> Self {
        match denied {
            Denied::OtherHardware(moved) => Self::OtherHardware(moved.clone()),
            Denied::Clock { now, floor } => Self::Clock(ClockError::Behind { now, floor }),
            Denied::NotStarted { from } => Self::NotStarted { from },
            Denied::Ended { at } => Self::Ended { at },
            Denied::Stopped { why } => Self::Stopped { why: why.to_owned() },
            Denied::Locked { deadline } => Self::Locked(Locked { deadline }),
        }
    }
}

/// Why the license may not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UseError {
    /// No license is installed.
    NoLicense,
    /// This is not the machine that the license was installed on.
    OtherHardware(Moved),
    /// The clock stands in the way.
    Clock(ClockError),
    /// The license does not run yet.
    NotStarted {
        /// It starts then.
        from: Time,
    },
    /// The license ended, its grace is over, and its policy stops use.
    Ended {
        /// When full use was over.
        at: Time,
    },
    /// The license was suspended or revoked.
    Stopped {
        /// What the revocation says.
        why: String,
    },
    /// The cycle ran out, and the license says that this stops use.
    Locked(Locked),
}

impl fmt::Display for UseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoLicense => write!(f, "No license is installed on this machine."),
            Self::OtherHardware(moved) => {
                write!(f, "This is not the machine that the license was installed on: {moved}")
            }
            Self::Clock(error) => error.fmt(f),
            Self::NotStarted { from } => write!(f, "The license starts at {from}."),
            Self::Ended { at } => write!(f, "The license ended, and its grace was over at {at}."),
            Self::Stopped { why } => write!(f, "The license was stopped. {why}"),
            Self::Locked(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for UseError {}

impl Explain for UseError {
    fn code(&self) -> &'static str {
        match self {
            Self::NoLicense => "license-none",
            Self::OtherHardware(_) => "machine-changed",
            Self::Clock(error) => error.code(),
            Self::NotStarted { .. } => "license-not-started",
            Self::Ended { .. } => "license-ended",
            Self::Stopped { .. } => "license-stopped",
            Self::Locked(error) => error.code(),
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::NoLicense => "Make a request with 'request' or 'activate' and install the answer.".into(),
            Self::OtherHardware(_) => {
                "Undo the change of hardware, or make a new request with 'request' or 'activate --again' and install the answer. A copy of \
                 another machine's state needs a token and a license of its own."
                    .into()
            }
            Self::Clock(error) => error.advice(),
            Self::NotStarted { .. } => "Wait for the start, or ask your administrator for an earlier one.".into(),
            Self::Ended { .. } => "Renew: make a request with 'request' or 'activate --again' and install the answer.".into(),
            Self::Stopped { .. } => "Ask your license administrator or your vendor.".into(),
            Self::Locked(error) => error.advice(),
        }
    }
}
