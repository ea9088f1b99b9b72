//! What the state says, read once per operation: all that the rules look at besides the time and the file.

use postern_protocol::documents::{
    Checkpoint, CyclePolicy, DeviceIdentity, Enablement, FingerprintPart, LedgerReference, License, Request,
    Revocations,
};
use postern_protocol::{Chain, Digest, Id, Time, TrustState, Verified};

/// Everything that the state says.
#[derive(Clone, Debug)]
pub struct Facts {
    /// This machine.
    pub device: DeviceIdentity,
    /// The trust, from the pinned root on.
    pub trust: TrustState,
    /// The newest revocations of each issuer.
    pub revocations: Vec<Verified<Revocations>>,
    /// The enablement token in force.
    pub enrollment: Option<Enrollment>,
    /// The ids of all tokens that were ever installed.
    pub tokens: Vec<Id>,
    /// The open life of a license.
    pub activation: Option<Id>,
    /// Lives that ended by deactivation.
    pub closed_activations: Vec<Id>,
    /// The newest request cycle.
    pub cycle: Option<CycleFacts>,
    /// The digests of all requests ever made.
    pub requests: Vec<Digest>,
    /// The license in force.
    pub installed: Option<InstalledLicense>,
    /// The highest sequence ever installed; 0 before the first.
    pub sequence: u64,
    /// The newest reference to each ledger.
    pub ledgers: Vec<LedgerReference>,
    /// Named seats in use, by seat type and user.
    pub seats: Vec<Seat>,
    /// The fingerprint when the license in force was installed.
    pub fingerprint: Vec<FingerprintPart>,
    /// Usage checkpoints that left the machine or were forgiven: count and head.
    pub heads: Vec<(u64, Digest)>,
    /// The end of the usage chain.
    pub usage: Checkpoint,
    /// The time of the newest usage record.
    pub last_seen: Time,
}

/// The enablement token in force.
#[derive(Clone, Debug)]
pub struct Enrollment {
    /// The token.
    pub token: Verified<Enablement>,
    /// The windows that its grant sets.
    pub cycle: CyclePolicy,
    /// When it was installed.
    pub enrolled_at: Time,
}

/// The newest request cycle.
#[derive(Clone, Debug)]
pub struct CycleFacts {
    /// Counted from 1.
    pub number: u64,
    /// When its first request was made.
    pub first_generated_at: Time,
    /// Whether it ended, by an install or by a new token after a lock.
    pub ended: bool,
    /// Its newest request.
    pub newest: Verified<Request>,
}

impl CycleFacts {
    /// The request that an answer may still be installed for.
    pub fn open_request(&self) -> Option<&Verified<Request>> {
        (!self.ended).then_some(&self.newest)
    }
}

/// The license in force.
#[derive(Clone, Debug)]
pub struct InstalledLicense {
    /// The license.
    pub license: Verified<License>,
    /// Its chain, as it was when it was installed.
    pub chain: Chain,
    /// When it was installed.
    pub installed_at: Time,
}

/// A named seat in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    /// The seat type.
    pub seat_type: Id,
    /// Who holds it.
    pub user: String,
    /// Since when.
    pub since: Time,
}

impl Facts {
    /// How many seats of a type are in use.
    pub fn used(&self, seat_type: &Id) -> u64 {
        self.holders(seat_type).count() as u64
    }

    /// Who holds seats of a type.
    pub fn holders(&self, seat_type: &Id) -> impl Iterator<Item = &Seat> {
        self.seats.iter().filter(move |seat| seat.seat_type == *seat_type)
    }
}
