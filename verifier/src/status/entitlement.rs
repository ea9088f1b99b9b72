//! What a license allows, for the before and after of an install.

use postern_protocol::documents::Ceiling;
use postern_protocol::{Digest, Time};
use serde::Serialize;

use super::SeatStatus;
use crate::rules::facts::Facts;

/// What a license allows, for a before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entitlement {
    /// The license's digest.
    pub license: Digest,
    /// Its number on this machine.
    pub sequence: u64,
    /// Its start.
    pub starts_at: Time,
    /// Its end.
    pub ends_at: Ceiling<Time>,
    /// Seats, by type.
    pub seats: Vec<SeatStatus>,
}

impl Entitlement {
    /// What the license in force allows at an instant, or at its start where that comes later.
    pub fn of(facts: &Facts, now: Time) -> Option<Self> {
        let license = &facts.installed.as_ref()?.license;
        Some(Self {
            license: license.digest(),
            sequence: license.sequence,
            starts_at: license.starts_at,
            ends_at: license.ends_at,
            seats: super::seats(facts, now.max(license.starts_at)),
        })
    }
}
