//! What the state says, read once and kept while nobody else writes: all that the rules look at besides the time and
//! the file.

use postern_protocol::documents::{
    Checkpoint, DeviceIdentity, Enablement, ExtensionUse, FingerprintPart, Grantor, LedgerReference, License, Request,
    Revocations, Variable,
};
use postern_protocol::{Chain, Digest, Id, PublicKey, Time, TrustState, Verified};

use crate::machine::Uptime;

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
    /// The credential that the open life was asked for with.
    pub credential: Option<CredentialFacts>,
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
    /// The fingerprint when the license in force, or the one that it refreshes, was installed.
    pub fingerprint: Vec<FingerprintPart>,
    /// How many of its parts must match.
    pub required: u64,
    /// Device variables, by name.
    pub variables: Vec<Variable>,
    /// Usage checkpoints that left the machine or were forgiven: count and head.
    pub heads: Vec<(u64, Digest)>,
    /// The newest proof that this store was rolled back or copied, until an answer accepts the machine again.
    pub fork: Option<Fork>,
    /// The newest clock challenge, while it can be answered.
    pub challenge: Option<Challenge>,
    /// Repairs that set the clock's floor back, each by the identity of the grant that allowed it.
    pub repairs: Vec<(Grantor, Id)>,
    /// Emergency extensions, by root-signed grant.
    pub extensions: Vec<Extension>,
    /// Named seats in use, by seat type and user.
    pub seats: Vec<Seat>,
    /// Floating sessions, by id; also those whose time is over until somebody else needs the seat.
    pub sessions: Vec<Session>,
    /// Consumption, by root-signed grant and counter.
    pub consumption: Vec<Consumed>,
    /// How long the machine ran with the license in force.
    pub meter: Option<Meter>,
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
    /// Its chain, as it was when it was installed.
    pub chain: Chain,
    /// When it was installed.
    pub enrolled_at: Time,
}

/// The credential that an activation was asked for with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialFacts {
    /// Its public key.
    pub key: PublicKey,
    /// The license id, where the user named one.
    pub license_id: Option<Id>,
}

/// How this machine comes to its licenses.
#[derive(Clone, Copy, Debug)]
pub enum Way<'a> {
    /// By an enablement token and the request cycle.
    Token(&'a Enrollment),
    /// By a license key, or user and password.
    Credential(&'a CredentialFacts),
}

/// The newest request cycle.
#[derive(Clone, Debug)]
pub struct CycleFacts {
    /// Counted from 1.
    pub number: u64,
    /// When its first request was made.
    pub first_generated_at: Time,
    /// Whether it ended: by an install, a new token after a lock, a time ticket or a deactivation.
    pub ended: bool,
    /// Whether its newest request can no longer be answered: a time ticket voided it.
    pub voided: bool,
    /// Its newest request; not read any more once it ended.
    pub newest: Option<Verified<Request>>,
}

impl CycleFacts {
    /// The request that an answer may still be installed for.
    pub fn open_request(&self) -> Option<&Verified<Request>> {
        self.newest.as_ref().filter(|_| !self.ended && !self.voided)
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

impl InstalledLicense {
    /// The id of the grant that the root signed: what sums and spent extensions are kept under.
    pub fn ancestor(&self) -> &Id {
        &self.chain.root_signed().id
    }
}

/// A proof that this store was rolled back or copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fork {
    /// The license that proves it.
    pub license: Digest,
    /// Records that its issuer has seen and this store does not have.
    pub seen: u64,
    /// When it was found.
    pub found_at: Time,
}

/// A clock challenge that waits for its ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// Its nonce.
    pub nonce: Id,
}

/// An emergency extension that was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// What requests tell of it.
    pub told: ExtensionUse,
    /// The license that it was spent on.
    pub license: Digest,
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

/// A floating session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: Id,
    /// The seat type that was asked for.
    pub seat_type: Id,
    /// Who, or what for.
    pub user: String,
    /// Since when.
    pub since: Time,
    /// Its last instant; none where the license sets no longest session.
    pub until: Option<Time>,
    /// The lock file of the process that holds it; none for one that only its end or a release ends.
    pub holder: Option<Id>,
}

impl Session {
    /// Whether it still runs.
    pub fn live(&self, now: Time) -> bool {
        self.until.is_none_or(|until| now <= until)
    }
}

/// What was consumed of one counter under one root-signed grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consumed {
    /// The root-signed grant.
    pub ancestor: Id,
    /// The counter.
    pub counter: Id,
    /// Units in all.
    pub total: u64,
    /// Units in all when the current reset period began.
    pub base: u64,
    /// When it began.
    pub since: Time,
}

/// How long the machine ran with the license in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meter {
    /// Seconds.
    pub running: u64,
    /// Up to this uptime.
    pub upto: Uptime,
}

impl Facts {
    /// How this machine comes to its licenses; none before the first token or activation.
    pub fn way(&self) -> Option<Way<'_>> {
        let credential = self.credential.as_ref().map(Way::Credential);
        credential.or_else(|| self.enrollment.as_ref().map(Way::Token))
    }

    /// Whether a passed request cycle locks this machine. One that activates just begins another.
    pub fn locks(&self) -> bool {
        !matches!(self.way(), Some(Way::Credential(_)))
    }

    /// Who holds named seats of a type.
    pub fn holders(&self, seat_type: &Id) -> impl Iterator<Item = &Seat> {
        self.seats.iter().filter(move |seat| seat.seat_type == *seat_type)
    }

    /// The floating sessions that run.
    pub fn live_sessions(&self, now: Time) -> impl Iterator<Item = &Session> {
        self.sessions.iter().filter(move |session| session.live(now))
    }

    /// The root-signed grant above what is installed.
    pub fn ancestor(&self) -> Option<&Id> {
        self.installed.as_ref().map(InstalledLicense::ancestor)
    }

    /// Units of a counter since the usage chain began, whatever they were consumed under.
    pub fn consumed(&self, counter: &Id) -> u64 {
        self.consumption.iter().filter(|one| one.counter == *counter).fold(0, |sum, one| sum.saturating_add(one.total))
    }
}
