//! Consumption: what a counter may still use up, under every limit above it; when its reset period moves on.
//!
//! Counters only count up. What was used in a period is the difference to where the counter stood when it began. The
//! period moves on with a license, not with the clock, and not before it has passed; so a portal that issues anew every
//! day gains its users nothing (design §5).

use std::fmt;

use postern_protocol::documents::{Ceiling, Consumption, License};
use postern_protocol::limits::MAX_INTEGER;
use postern_protocol::{Explain, Id, Time};
use serde::Serialize;

use super::clock::DOCUMENT_TOLERANCE;
use super::facts::{Consumed, Facts, InstalledLicense};
use super::permit::{Terms, UseError};
use crate::store::StateError;

/// How a counter stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Balance {
    /// Units used in the current period.
    pub used: u64,
    /// Units left before the limit.
    pub left: Ceiling<u64>,
    /// Units left in all: those before the limit, and those beyond it that are allowed and reported.
    pub left_with_overage: Ceiling<u64>,
}

impl Balance {
    fn after(&self, units: u64) -> Self {
        let less = |left: Ceiling<u64>| match left {
            Ceiling::Limited(left) => Ceiling::Limited(left.saturating_sub(units)),
            Ceiling::Unlimited => Ceiling::Unlimited,
        };
        Self {
            used: self.used.saturating_add(units),
            left: less(self.left),
            left_with_overage: less(self.left_with_overage),
        }
    }
}

/// A counter's state after a use of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spent {
    /// The counter's new row.
    pub(crate) row: Consumed,
    /// How it stands.
    pub balance: Balance,
}

/// Judges the use of some units.
///
/// # Errors
/// Why nothing is used up.
pub fn consume(
    facts: &Facts,
    terms: Option<&Terms>,
    counter: &Id,
    units: u64,
    now: Time,
) -> Result<Spent, ConsumeError> {
    let (installed, terms) = facts.installed.as_ref().zip(terms).ok_or(UseError::NoLicense)?;
    let license = installed.license.get();
    let Some(limits) = license.consumption.iter().find(|one| one.counter == *counter) else {
        let known = license.consumption.iter().map(|one| one.counter.clone()).collect();
        return Err(ConsumeError::UnknownCounter { counter: counter.clone(), known });
    };
    terms.full(now).map_err(UseError::from)?;
    if let Some(feature) = &limits.feature
        && !license.features.iter().any(|one| one.name == *feature)
    {
        return Err(ConsumeError::FeatureMissing { counter: counter.clone(), feature: feature.clone() });
    }
    let mut row = row(facts, installed, limits);
    let balance = balance(facts, installed, limits);
    let full = facts.consumed(counter).checked_add(units).is_none_or(|total| total > MAX_INTEGER);
    if full || !balance.left_with_overage.allows(units) {
        return Err(ConsumeError::LimitReached { counter: counter.clone(), units, balance });
    }
    // Checked above: the sum over all rows, of which this is one, does not overflow.
    row.total = row.total.saturating_add(units);
    Ok(Spent { row, balance: balance.after(units) })
}

/// How a counter of the license in force stands: under its own limit, and under that of every grant above it.
///
/// The license's own count begins at its base; the sum that the grants bound begins where this machine moved its period
/// on. Whichever leaves less counts.
pub fn balance(facts: &Facts, installed: &InstalledLicense, limits: &Consumption) -> Balance {
    let license = installed.license.get();
    let counter = &limits.counter;
    let base = license.consumption_base.iter().find(|base| base.counter == *counter).map_or(0, |base| base.total);
    let by_license = facts.consumed(counter).saturating_sub(base);
    let row = row(facts, installed, limits);
    let summed = row.total.saturating_sub(row.base);
    let above = installed.chain.grants().iter().filter_map(|grant| grant.consumption.limit());
    let above = above.flat_map(|list| list.iter().filter(|one| one.counter == *counter)).map(|one| (summed, one));
    let own = [(by_license, limits), (summed, limits)];
    let used = by_license.max(summed);
    let mut balance = Balance { used, left: Ceiling::Unlimited, left_with_overage: Ceiling::Unlimited };
    for (used, link) in own.into_iter().chain(above) {
        if let Ceiling::Limited(limit) = link.limit {
            balance.left = balance.left.min(Ceiling::Limited(limit.saturating_sub(used)));
            if let Ceiling::Limited(overage) = link.overage {
                let most = limit.saturating_add(overage).saturating_sub(used);
                balance.left_with_overage = balance.left_with_overage.min(Ceiling::Limited(most));
            }
        }
    }
    balance
}

/// The counter's row under the root-signed grant of the license in force; a new one where it was never used.
fn row(facts: &Facts, installed: &InstalledLicense, limits: &Consumption) -> Consumed {
    let (ancestor, counter) = (installed.ancestor(), &limits.counter);
    let found = facts.consumption.iter().find(|one| one.ancestor == *ancestor && one.counter == *counter);
    found.cloned().unwrap_or_else(|| Consumed {
        ancestor: ancestor.clone(),
        counter: counter.clone(),
        total: 0,
        base: 0,
        since: installed.license.issued_at,
    })
}

/// What an install makes of the sums under its root-signed grant: each counter of the license gets one, and a period
/// moves on where the license says so and it has passed.
pub fn moved_on(facts: &Facts, ancestor: &Id, license: &License, now: Time) -> Vec<Consumed> {
    let bases = license.consumption_base.iter();
    bases
        .filter_map(|base| {
            let limits = license.consumption.iter().find(|one| one.counter == base.counter)?;
            let here = facts.consumption.iter().find(|one| one.ancestor == *ancestor && one.counter == base.counter);
            let Some(here) = here else {
                let counter = base.counter.clone();
                return Some(Consumed { ancestor: ancestor.clone(), counter, total: 0, base: 0, since: base.since });
            };
            let period = limits.reset_period.limit()?;
            let passed = base.since >= here.since.plus(*period) && base.since <= now.plus(DOCUMENT_TOLERANCE);
            // What was used since the issuer learned of the total belongs to the new period.
            let later = facts.consumed(&base.counter).saturating_sub(base.total);
            let new_base = here.total.saturating_sub(later).max(here.base);
            passed.then(|| Consumed { base: new_base, since: base.since, ..here.clone() })
        })
        .collect()
}

/// Why nothing was consumed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConsumeError {
    /// The state cannot be used.
    State(StateError),
    /// The license may not be used.
    Use(UseError),
    /// The license has no such counter.
    UnknownCounter {
        /// The counter.
        counter: Id,
        /// Those that it has.
        known: Vec<Id>,
    },
    /// The counter counts a feature that the license does not have.
    FeatureMissing {
        /// The counter.
        counter: Id,
        /// The feature.
        feature: Id,
    },
    /// The limit and what may be used beyond it do not suffice.
    LimitReached {
        /// The counter.
        counter: Id,
        /// Units that were asked for.
        units: u64,
        /// How it stands.
        balance: Balance,
    },
}

passes_on!(ConsumeError { State: StateError, Use: UseError });

impl fmt::Display for ConsumeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State(error) => error.fmt(f),
            Self::Use(error) => error.fmt(f),
            Self::UnknownCounter { counter, .. } => write!(f, "The license has no counter '{counter}'."),
            Self::FeatureMissing { counter, feature } => {
                write!(f, "The counter '{counter}' counts the feature '{feature}', which the license does not have.")
            }
            Self::LimitReached { counter, units, balance } => write!(
                f,
                "{units} units of '{counter}' are more than are left: {} before the limit, {} in all.",
                balance.left, balance.left_with_overage
            ),
        }
    }
}

impl std::error::Error for ConsumeError {}

impl Explain for ConsumeError {
    fn code(&self) -> &'static str {
        match self {
            Self::State(error) => error.code(),
            Self::Use(error) => error.code(),
            Self::UnknownCounter { .. } => "counter-unknown",
            Self::FeatureMissing { .. } => "feature-missing",
            Self::LimitReached { .. } => "consumption-limit",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::State(error) => error.advice(),
            Self::Use(error) => error.advice(),
            Self::UnknownCounter { known, .. } if known.is_empty() => {
                "Ask your license administrator for a license with this counter.".into()
            }
            Self::UnknownCounter { known, .. } => {
                let known: Vec<_> = known.iter().map(Id::as_str).collect();
                format!("Choose one of: {}.", known.join(", "))
            }
            Self::FeatureMissing { .. } => "Ask your license administrator for a license with this feature.".into(),
            Self::LimitReached { .. } => {
                "Make a request with 'request' or 'activate --again' and install the answer: a new period or a higher limit comes with it."
                    .into()
            }
        }
    }
}
