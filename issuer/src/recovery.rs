//! A restored or rebuilt machine that asks to be accepted as it is: what its request shows, what the ledger knows, what
//! accepting costs.

use postern_protocol::documents::{Checkpoint, CountedRight, ReleaseDead, Request};
use postern_protocol::{Time, Verified};

use crate::books::{Books, Device};
use crate::desk::Desk;

/// What accepting a machine as it is now means. Its request says what the machine shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// The highest sequence of its licenses in the ledger; 0 where there is none.
    pub sequence: u64,
    /// Its newest usage checkpoint in the ledger, and when it was told.
    pub told: Option<(Checkpoint, Time)>,
    /// What the entitlement allows.
    pub right: ReleaseDead,
    /// Machines that were released or accepted again under it.
    pub used: u64,
}

impl Recovery {
    pub(crate) fn of(desk: &Desk<'_>, books: &Books, request: &Verified<Request>) -> Option<Self> {
        request.recovers?;
        let device = books.devices.get(&request.device.key);
        Some(Self {
            sequence: device.map_or(0, |device| device.sequence),
            told: device.and_then(Device::told_last),
            right: desk.chain.leaf().rights.release_dead,
            used: books.spent(desk, CountedRight::ReleaseDead).len() as u64,
        })
    }
}

/// The sequence of a license for this request: the one after all that the machine installed. A machine that is accepted
/// again may have forgotten some, so there it is the one after all that anybody knows.
pub(crate) fn next_sequence(device: Option<&Device>, request: &Request, accept_fork: bool) -> u64 {
    let issued = device.filter(|_| accept_fork).map_or(0, |device| device.sequence.max(device.proved_sequence));
    request.installed.sequence.max(issued) + 1
}
