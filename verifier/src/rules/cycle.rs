//! The request cycle: its windows, its deadlines, and the lock that is computed and never stored.

use std::fmt;

use postern_protocol::documents::CyclePolicy;
use postern_protocol::{Explain, Time};

use super::facts::Facts;

/// The windows in force: the earlier of the defaults (seeds 001 and 002), the enrolled grant's and the installed
/// license's; of the lock's effects the strictest.
pub fn windows(facts: &Facts) -> CyclePolicy {
    let enrolled = facts.enrollment.as_ref().map(|enrollment| enrollment.chain.leaf().cycle);
    let installed = facts.installed.as_ref().map(|installed| installed.license.cycle);
    enrolled.into_iter().chain(installed).fold(CyclePolicy::default(), |a, b| CyclePolicy {
        request_window: a.request_window.min(b.request_window),
        cycle_window: a.cycle_window.min(b.cycle_window),
        lock_effect: a.lock_effect.max(b.lock_effect),
    })
}

/// The last instant of the open cycle: after it, a machine with a token is locked.
pub fn cycle_deadline(facts: &Facts) -> Option<Time> {
    let cycle = facts.cycle.as_ref().filter(|cycle| !cycle.ended)?;
    Some(cycle.first_generated_at.plus(windows(facts).cycle_window))
}

/// The last instant at which an answer to the newest request can be installed.
pub fn answer_deadline(facts: &Facts) -> Option<Time> {
    let request = facts.cycle.as_ref()?.open_request()?;
    let by_request = request.cycle.generated_at.plus(windows(facts).request_window);
    cycle_deadline(facts).map(|by_cycle| by_cycle.min(by_request))
}

/// The last instant of the open cycle, if it is over.
pub fn passed(facts: &Facts, now: Time) -> Option<Time> {
    cycle_deadline(facts).filter(|deadline| now > *deadline)
}

/// Refuses where the cycle ran out without an install, and that locks the machine.
///
/// # Errors
/// [`Locked`].
pub fn not_locked(facts: &Facts, now: Time) -> Result<(), Locked> {
    match passed(facts, now).filter(|_| facts.locks()) {
        Some(deadline) => Err(Locked { deadline }),
        None => Ok(()),
    }
}

/// The cycle ran out without an install: no requests and no installs until a new token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Locked {
    /// The instant after which the machine was locked.
    pub deadline: Time,
}

impl fmt::Display for Locked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "This machine is locked: no license was installed by {}.", self.deadline)
    }
}

impl std::error::Error for Locked {}

impl Explain for Locked {
    fn code(&self) -> &'static str {
        "machine-locked"
    }
    fn advice(&self) -> String {
        "Download a new enablement token from the portal, install it with 'enroll', then make a new request. \
         What is installed goes on unless your license says otherwise."
            .into()
    }
}

/// No enablement token is installed, and nothing was activated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotEnrolled;

impl fmt::Display for NotEnrolled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "No enablement token is installed on this machine, and no license was activated.")
    }
}

impl std::error::Error for NotEnrolled {}

impl Explain for NotEnrolled {
    fn code(&self) -> &'static str {
        "not-enrolled"
    }
    fn advice(&self) -> String {
        "Activate with your license key, or user and password: 'activate'. For an installation, download an enablement \
         token from the portal and install it with 'enroll TOKEN'."
            .into()
    }
}
