//! What a license allows, for the before and after of an install.

use postern_protocol::documents::Ceiling;
use postern_protocol::{Digest, Id, Time};
use serde::Serialize;

use super::RevocationStatus;
use crate::rules::expiry;
use crate::rules::facts::Facts;
use crate::rules::seats::Seats;

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
    /// What revocations say about it; `null` for nothing.
    pub revocation: Option<RevocationStatus>,
    /// Seats, by type.
    pub seats: Vec<SeatTotal>,
}

/// Seats of one type, and how many are in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SeatTotal {
    /// The seat type.
    pub seat_type: Id,
    /// How many there are.
    pub total: u64,
    /// How many are in use.
    pub used: u64,
}

impl Entitlement {
    /// What the license in force allows at an instant, or at its start where that comes later.
    pub fn of(facts: &Facts, now: Time) -> Option<Self> {
        let installed = facts.installed.as_ref()?;
        let license = &installed.license;
        let seats = Seats::of(facts, Some(license), now.max(license.starts_at), now);
        let counts = seats.counts().iter();
        Some(Self {
            license: license.digest(),
            sequence: license.sequence,
            starts_at: license.starts_at,
            ends_at: license.ends_at,
            revocation: expiry::revoked(facts, installed).map(RevocationStatus::from),
            seats: counts
                .map(|count| SeatTotal { seat_type: count.seat_type.clone(), total: count.total, used: count.used })
                .collect(),
        })
    }
}
