//! The parts of a machine's status: what the JSON says, field by field.

use postern_protocol::documents::{Ceiling, ExpiryPolicy, Feature, InstalledEffect, LicenseType, LockEffect};
use postern_protocol::revocation::Hit;
use postern_protocol::{Digest, Explain, Id, PublicKey, Time};
use serde::Serialize;

use crate::rules::consumption::Balance;
use crate::rules::facts::Fork;
use crate::rules::permit::UseError;

/// The pinned vendor root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrustStatus {
    /// The vendor.
    pub vendor: Id,
    /// The digest of the pinned trust document.
    pub root: Digest,
    /// The newest trust version known.
    pub number: u64,
}

/// What makes the machine this machine, since the license in force was installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FingerprintStatus {
    /// `same`, or `changed` where too many parts moved; `unknown` before the first license.
    pub state: &'static str,
    /// Parts that moved.
    pub moved: Vec<Id>,
    /// The parts that there were.
    pub parts: Vec<Id>,
    /// How many must match.
    pub required: u64,
}

/// The enablement token in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EnrollmentStatus {
    /// The token's id.
    pub token: Id,
    /// The account.
    pub account: Id,
    /// The license id.
    pub license_id: Id,
    /// When it was installed.
    pub enrolled_at: Time,
}

/// The credential that a machine activates its license with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ActivationStatus {
    /// Its public key.
    pub credential: PublicKey,
    /// The license id, where the user named one.
    pub license_id: Option<Id>,
}

/// The license in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LicenseStatus {
    /// `not-started`, `active`, `notice`, `grace`, `ended` or `stopped`.
    pub state: &'static str,
    /// What users may do now: `full`, `warn`, `read-only` or `lock`.
    pub r#use: &'static str,
    /// Why they may not do everything; `null` where they may.
    pub limited_by: Option<Reason>,
    /// What revocations say about it; `null` for nothing.
    pub revocation: Option<RevocationStatus>,
    /// Its digest.
    pub digest: Digest,
    /// The account.
    pub account: Id,
    /// The license id.
    pub license_id: Id,
    /// Its kind.
    pub license_type: LicenseType,
    /// The activation that it lives in.
    pub activation: Id,
    /// Its number on this machine.
    pub sequence: u64,
    /// When it was issued.
    pub issued_at: Time,
    /// When it was installed.
    pub installed_at: Time,
    /// Its start.
    pub starts_at: Time,
    /// Its end.
    pub ends_at: Ceiling<Time>,
    /// The last instant of full use after its end, an extension that was used included.
    pub full_until: Ceiling<Time>,
    /// What follows its end.
    pub expiry: ExpiryPolicy,
    /// `none`, `available` or `used`.
    pub extension: &'static str,
    /// Seconds that the machine has run with it; `null` where it cannot tell.
    pub running: Option<u64>,
    /// Features.
    pub features: Vec<Feature>,
}

/// Why the license may not be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// Its stable code.
    pub code: &'static str,
    /// What it is.
    pub message: String,
    /// What to do.
    pub advice: String,
}

impl Reason {
    pub(super) fn of(error: &UseError) -> Self {
        Self { code: error.code(), message: error.to_string(), advice: error.advice() }
    }
}

/// What revocations say about the license in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RevocationStatus {
    /// `grant-suspended`, `grant-revoked` or `grant-replaced`.
    pub code: &'static str,
    /// Whether the license goes on.
    pub effect: InstalledEffect,
    /// What is suspended, revoked or replaced.
    pub message: String,
    /// What to do.
    pub advice: String,
}

impl From<Hit> for RevocationStatus {
    fn from(hit: Hit) -> Self {
        Self { code: hit.code(), effect: hit.effect, message: hit.to_string(), advice: hit.advice() }
    }
}

/// Seats of one type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SeatStatus {
    /// The seat type.
    pub seat_type: Id,
    /// How many there are now.
    pub total: u64,
    /// How many are in use, those included that generic seats serve.
    pub used: u64,
    /// How many can be taken, generic ones that can serve this type included.
    pub free: u64,
    /// Who holds named ones.
    pub holders: Vec<Holder>,
    /// Floating sessions.
    pub sessions: Vec<SessionStatus>,
}

/// Who holds a named seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Holder {
    /// The user.
    pub user: String,
    /// Since when.
    pub since: Time,
}

/// A floating session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SessionStatus {
    /// Its id.
    pub id: Id,
    /// Who, or what for.
    pub user: String,
    /// Since when.
    pub since: Time,
    /// Its last instant; `null` where the license sets no longest session.
    pub until: Option<Time>,
}

/// A consumption counter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConsumptionStatus {
    /// The counter.
    pub counter: Id,
    /// The feature that it counts; `null` where it counts the license as a whole.
    pub feature: Option<Id>,
    /// Units per period.
    pub limit: Ceiling<u64>,
    /// Units in the current period and what is left.
    #[serde(flatten)]
    pub balance: Balance,
    /// When the period began; `null` where the license does not say.
    pub since: Option<Time>,
    /// Seconds after which a new license may begin a new period.
    pub reset_period: Ceiling<u64>,
}

/// The request cycle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CycleStatus {
    /// `none` (no request is open), `open` or `locked`.
    pub state: &'static str,
    /// What a lock does to the license in force.
    pub lock_effect: LockEffect,
    /// The newest cycle; 0 before the first.
    pub cycle: u64,
    /// The open cycle's newest request.
    pub request: Option<RequestStatus>,
}

/// The newest request of an open cycle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestStatus {
    /// Its digest.
    pub digest: Digest,
    /// Its number in the cycle.
    pub number: u64,
    /// Whether a time ticket has voided it: then a new one has to be made.
    pub void: bool,
    /// When the cycle's first request was made.
    pub first_generated_at: Time,
    /// When it was made.
    pub generated_at: Time,
    /// The last instant at which its answer can be installed.
    pub install_until: Time,
    /// The machine locks after this instant unless an answer was installed.
    pub locked_after: Option<Time>,
}

/// The clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClockStatus {
    /// `trusted` or `behind`.
    pub state: &'static str,
    /// The earliest time that the clock may show.
    pub floor: Time,
    /// Whether a challenge waits for its ticket.
    pub challenged: bool,
}

/// The usage chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UsageStatus {
    /// Records.
    pub records: u64,
    /// The proof that this store was rolled back or copied; `null` where there is none, or where it was accepted since.
    pub fork: Option<ForkStatus>,
}

/// A proof that the store was rolled back or copied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ForkStatus {
    /// The license that proves it.
    pub license: Digest,
    /// Records that its issuer has seen.
    pub seen: u64,
    /// When it was found.
    pub found_at: Time,
}

impl From<&Fork> for ForkStatus {
    fn from(fork: &Fork) -> Self {
        Self { license: fork.license, seen: fork.seen, found_at: fork.found_at }
    }
}
