//! How the license in force stands: notices before its end, grace and policy after it, no cliffs.

use postern_protocol::documents::{AfterEnd, Ceiling, InstalledEffect, License};
use postern_protocol::time::DAY;
use postern_protocol::{Time, revocation};

use super::facts::{Facts, InstalledLicense};

/// Days before the end at which the machine gives notice.
pub const NOTICE_DAYS: [u64; 6] = [180, 90, 30, 14, 7, 1];

/// How the license in force stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
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
        /// The last instant of the grace.
        until: Time,
    },
    /// It ended and its grace is over.
    Ended {
        /// When.
        at: Time,
        /// What its policy says.
        after: After,
    },
    /// A suspension or revocation stopped it.
    Stopped {
        /// What the revocation says.
        why: String,
    },
}

impl Standing {
    /// The stable word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::NotStarted { .. } => "not-started",
            Self::Active => "active",
            Self::Notice { .. } => "notice",
            Self::Grace { .. } => "grace",
            Self::Ended { .. } => "ended",
            Self::Stopped { .. } => "stopped",
        }
    }

    /// What users may do: `full`, `warn`, `read-only` or `lock`.
    pub fn use_allowed(&self) -> &'static str {
        match self {
            Self::Active | Self::Notice { .. } | Self::Grace { .. } => "full",
            Self::Ended { after, .. } => after.0.as_str(),
            Self::NotStarted { .. } | Self::Stopped { .. } => AfterEnd::Lock.as_str(),
        }
    }
}

/// What a license's policy says about its use after the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct After(pub AfterEnd);

impl After {
    /// Whether nobody may take a seat any more.
    pub fn stops_use(self) -> bool {
        self.0 > AfterEnd::Warn
    }
}

/// The last instant of full use after the end: never, where either is unlimited.
pub fn grace_until(license: &License) -> Ceiling<Time> {
    match (license.ends_at, license.expiry.grace) {
        (Ceiling::Limited(end), Ceiling::Limited(grace)) => Ceiling::Limited(end.plus(grace)),
        _ => Ceiling::Unlimited,
    }
}

/// How the license in force stands at an instant.
pub fn standing(facts: &Facts, installed: &InstalledLicense, now: Time) -> Standing {
    let license = installed.license.get();
    if let Some(why) = stopped(facts, installed) {
        return Standing::Stopped { why };
    }
    if now < license.starts_at {
        return Standing::NotStarted { from: license.starts_at };
    }
    let Ceiling::Limited(end) = license.ends_at else { return Standing::Active };
    if now <= end {
        let left = end.since(now);
        return match NOTICE_DAYS.iter().rev().find(|days| left <= *days * DAY) {
            Some(days) => Standing::Notice { days: *days },
            None => Standing::Active,
        };
    }
    match grace_until(license) {
        Ceiling::Limited(until) if now > until => Standing::Ended { at: until, after: After(license.expiry.after_end) },
        Ceiling::Limited(until) => Standing::Grace { until },
        Ceiling::Unlimited => Standing::Grace { until: Time::MAX },
    }
}

/// A revocation whose effect reaches what is installed.
fn stopped(facts: &Facts, installed: &InstalledLicense) -> Option<String> {
    let (device, license) = (Some(facts.device.key), Some(installed.license.digest()));
    // The gravest is heard first: one that lets the license go on never hides one that stops it.
    revocation::standing(&installed.chain, &facts.revocations, device, license)
        .filter(|hit| hit.effect == InstalledEffect::Stop)
        .map(|hit| hit.to_string())
}
