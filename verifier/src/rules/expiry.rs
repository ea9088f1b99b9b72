//! How the license in force stands: notices before its end, grace, extension and policy after it, no cliffs.

use postern_protocol::Time;
use postern_protocol::documents::{AfterEnd, Ceiling, ExpiryPolicy, InstalledEffect, License};
use postern_protocol::revocation::{self, Hit};
use postern_protocol::time::DAY;
use serde::{Deserialize, Serialize};

use super::facts::{Facts, InstalledLicense};

/// Days before the end at which the machine gives notice.
pub const NOTICE_DAYS: [u64; 6] = [180, 90, 30, 14, 7, 1];

/// The dates of a license, and what became of them on this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dates {
    /// Its start.
    pub starts_at: Time,
    /// Its end.
    pub ends_at: Ceiling<Time>,
    /// What follows its end.
    pub policy: ExpiryPolicy,
    /// Whether its emergency extension was used.
    pub extended: bool,
    /// Seconds that the machine has run with it: however the clock is set, these are over.
    pub running: u64,
    /// What a revocation says that stopped it.
    pub stopped: Option<String>,
}

/// How a license stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing<'a> {
    /// It does not run yet.
    NotStarted {
        /// Its start.
        from: Time,
    },
    /// It runs.
    Active,
    /// It runs and ends within this many days.
    Notice {
        /// The notice that is due: one of [`NOTICE_DAYS`].
        days: u64,
    },
    /// It ended; full use goes on until then.
    Grace {
        /// The last instant of full use.
        until: Time,
    },
    /// It ended, and its grace and extension are over.
    Ended {
        /// When.
        at: Time,
        /// What its policy says.
        after: AfterEnd,
    },
    /// A suspension or revocation stopped it.
    Stopped {
        /// What the revocation says.
        why: &'a str,
    },
}

/// What users may do; later words are stricter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Use {
    /// Everything that is licensed.
    Full,
    /// Everything, with a warning.
    Warn,
    /// Reading only: no new seats, sessions or consumption.
    ReadOnly,
    /// Nothing.
    Lock,
}

impl Use {
    /// The stable word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Warn => "warn",
            Self::ReadOnly => "read-only",
            Self::Lock => "lock",
        }
    }
}

impl From<AfterEnd> for Use {
    fn from(after: AfterEnd) -> Self {
        match after {
            AfterEnd::Warn => Self::Warn,
            AfterEnd::ReadOnly => Self::ReadOnly,
            AfterEnd::Lock => Self::Lock,
        }
    }
}

impl Standing<'_> {
    /// The stable word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::NotStarted { .. } => "not-started",
            Self::Active => "active",
            Self::Notice { .. } => "notice",
            Self::Grace { .. } => "grace",
            Self::Ended { .. } => "ended",
            Self::Stopped { .. } => "stopped",
        }
    }

    /// What users may do.
    pub fn allows(self) -> Use {
        match self {
            Self::Active | Self::Notice { .. } | Self::Grace { .. } => Use::Full,
            Self::Ended { after, .. } => after.into(),
            Self::NotStarted { .. } | Self::Stopped { .. } => Use::Lock,
        }
    }
}

impl Dates {
    /// The dates of what is installed.
    pub fn of(facts: &Facts, installed: &InstalledLicense) -> Self {
        let license = installed.license.get();
        let digest = installed.license.digest();
        Self {
            starts_at: license.starts_at,
            ends_at: license.ends_at,
            policy: license.expiry,
            extended: facts.extensions.iter().any(|extension| extension.license == digest),
            running: facts.meter.as_ref().map_or(0, |meter| meter.running),
            stopped: revoked(facts, installed)
                .filter(|hit| hit.effect == InstalledEffect::Stop)
                .map(|hit| hit.to_string()),
        }
    }

    /// The license's own present: not before what the machine has run with it, however its clock is set.
    fn present(&self, now: Time) -> Time {
        now.max(self.starts_at.plus(self.running))
    }

    /// The last instant of full use.
    pub fn full_until(&self) -> Ceiling<Time> {
        let extension = if self.extended { self.policy.extension } else { Ceiling::Limited(0) };
        match (grace_until(self.ends_at, self.policy), extension) {
            (Ceiling::Limited(until), Ceiling::Limited(extension)) => Ceiling::Limited(until.plus(extension)),
            _ => Ceiling::Unlimited,
        }
    }

    /// How the license stands at an instant.
    pub fn standing(&self, now: Time) -> Standing<'_> {
        if let Some(why) = &self.stopped {
            return Standing::Stopped { why };
        }
        if now < self.starts_at {
            return Standing::NotStarted { from: self.starts_at };
        }
        let now = self.present(now);
        let Ceiling::Limited(end) = self.ends_at else { return Standing::Active };
        if now <= end {
            let left = end.since(now);
            return match NOTICE_DAYS.iter().rev().find(|days| left <= *days * DAY) {
                Some(days) => Standing::Notice { days: *days },
                None => Standing::Active,
            };
        }
        match self.full_until() {
            Ceiling::Limited(at) if now > at => Standing::Ended { at, after: self.policy.after_end },
            Ceiling::Limited(until) => Standing::Grace { until },
            Ceiling::Unlimited => Standing::Grace { until: Time::MAX },
        }
    }
}

/// The last instant of full use after the end, without an extension: never, where either is unlimited.
pub fn grace_until(ends_at: Ceiling<Time>, policy: ExpiryPolicy) -> Ceiling<Time> {
    match (ends_at, policy.grace) {
        (Ceiling::Limited(end), Ceiling::Limited(grace)) => Ceiling::Limited(end.plus(grace)),
        _ => Ceiling::Unlimited,
    }
}

/// Whether any of a license's dates can pass.
pub fn time_limited(license: &License) -> bool {
    matches!(license.ends_at, Ceiling::Limited(_))
}

/// The gravest that revocations say about what is installed: one that lets the license go on never hides one that stops
/// it.
pub fn revoked(facts: &Facts, installed: &InstalledLicense) -> Option<Hit> {
    let (device, license) = (Some(facts.device.key), Some(installed.license.digest()));
    revocation::standing(&installed.chain, &facts.revocations, device, license)
}
