//! Why the portal does not issue: every reason, with its stable code.

use postern_protocol::documents::{DeviceIdentity, Purpose};
use postern_protocol::revocation::Hit;
use postern_protocol::{Digest, Explain, Id, PublicKey, Time};

use crate::child_refusal::ChildRefusal;
use crate::ledger_error::LedgerError;

/// One reason why nothing is issued. A decision gives all of them at once.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // fields are named for what they are; each variant says what happened
pub enum Refusal {
    // The desk: bundle, entitlement, ledger, time.
    /// No ledger was begun or imported.
    LedgerMissing,
    /// There is a ledger already.
    LedgerExists,
    /// The ledger was handed over, and nobody has taken it over here.
    HandedOver { to: String, at: Time },
    /// A handover is to be made of a ledger that was not handed over.
    NotHandedOver,
    /// Only an end user's own ledger begins anew in a browser.
    NotSelfService,
    /// The ledger is none to go on with under this bundle.
    Ledger(LedgerError),
    /// The bundle's time is over.
    BundleExpired { at: Time },
    /// This computer's clock is behind what it has signed or loaded before.
    ClockBehind { now: Time, known: Time },
    /// Not inside the issuing window of every link.
    IssueWindow { from: Time, until: Time, now: Time },
    /// A link or the device is suspended, revoked or replaced.
    Revoked(Hit),
    /// The revocations are too old for the grant.
    RevocationsStale { grant: String },
    /// Offline licensing is not approved for the account.
    NotApproved { account: Id, contact: String },
    /// The grant does not give the right.
    RightMissing { right: &'static str },
    /// The grant does not allow offline licenses.
    OfflineNotAllowed,
    /// Subscriptions are bound to a payment and never go offline.
    Subscription,
    /// Whoever decides gave no usable name.
    Name,
    /// Another product's.
    OtherProduct { expected: Id, found: Id },
    /// Another account's.
    OtherAccount { expected: Id, found: Id },
    /// The grant does not list the license id.
    LicenseIdUnknown { license_id: Id },
    /// The request names no license id, and the grant has several or any.
    LicenseIdMissing,
    /// The reason for a release is empty or too long.
    Reason,
    /// An installation's license changes by requests alone.
    RefreshInstallation,
    /// The ledger knows nothing of the machine.
    MachineUnknown { device: PublicKey },
    /// The machine holds no license.
    MachineHoldsNothing { device: PublicKey },
    /// A token with this id was made before.
    TokenIdTaken { token: Id },

    // The request.
    /// It asks for something else.
    Purpose { due: Purpose, found: Purpose },
    /// Answered before; the stored file is the answer.
    Used { answer: Digest },
    /// The deactivation was settled before; the stored receipt is the answer.
    Settled { receipt: Digest },
    /// The report was recorded before.
    Recorded { at: Time },
    /// The machine has told of later use before.
    UsageOlder { at: Time },
    /// The ledger knows of no such license of this machine.
    DeactivationUnknown { license: Digest },
    /// The device made a newer request.
    Superseded { cycle: u64, number: u64 },
    /// Older than the request window.
    RequestExpired { since: Time },
    /// The request cycle began too long ago: the machine is locked.
    CycleExpired { since: Time },
    /// From the future.
    RequestFuture { generated_at: Time, now: Time },
    /// A restored or rebuilt machine asks to be accepted again, and nobody has chosen to.
    Recovers,
    /// It was chosen to accept a machine that does not ask for it.
    RecoversNot,
    /// As many machines were released or accepted again as the grant allows.
    ReleasesSpent { quota: u64 },
    /// The last machine was released or accepted again too short a time ago.
    ReleaseTooSoon { until: Time },
    /// The device was released as dead.
    MachineReleased { at: Time },
    /// The grant names devices and this is none of them.
    MachineNotNamed { device: PublicKey },
    /// The device is in another life than the ledger knows.
    MachineEpoch { known: u64, found: DeviceIdentity },
    /// The device shows an older state than it showed before.
    MachineRolledBack { detail: String },
    /// As many devices hold live licenses as the grant allows.
    MachinesTooMany { limit: u64 },
    /// The activation was given back.
    ActivationClosed { activation: Id },
    /// The grant asks for a credential and the request has none.
    CredentialMissing,
    /// The credential is none of the grant's.
    CredentialUnknown,
    /// The device knows more of this ledger than the portal.
    LedgerStale { detail: String },
    /// The device knows another entry at a position of this ledger.
    LedgerForked { position: u64 },
    /// The device knows a later life of this ledger.
    LedgerEpoch { known: u64, found: u64 },
    /// The device knows newer revocations or a newer root than the bundle.
    BundleBehindMachine { what: &'static str },
    /// The device's root version is too old to be brought up by this bundle.
    TrustGap { machine: u64, first: u64 },
    /// The device names no enablement token and is not known otherwise.
    TokenMissing,
    /// The token is not in the ledger.
    TokenUnknown { token: Digest },
    /// The token is for another license id.
    TokenOtherLicense { license_id: Id },
    /// Another device showed the token first.
    TokenOtherMachine { device: PublicKey },
    /// The request is older than the token that it names.
    TokenNewerThanRequest { issued_at: Time },

    // The clock.
    /// Every backward repair that the grant allows was made.
    ClockRepairsSpent { count: u64 },
    /// Further back than the grant allows at a time.
    ClockTooFarBack { back: u64, max_back: u64 },

    // The choice.
    /// Before today or the grant's start.
    StartTooEarly { earliest: Time },
    /// Ends before it starts.
    EndBeforeStart,
    /// Ends before now.
    EndPast { now: Time },
    /// Ends after the grant.
    EndTooLate { latest: Time },
    /// Longer than the grant allows.
    DurationTooLong { longest: u64, latest: Time },
    /// Not a seat type of the grant.
    SeatTypeUnknown { seat_type: Id },
    /// Chosen twice.
    SeatTypeTwice { seat_type: Id },
    /// Beyond what was bought, at some instant of the license.
    SeatsExceedGrant { seat_type: Id, asked: u64, allowed: u64, at: Time },
    /// Beyond what other devices leave, at some instant of the license.
    SeatsExceedFree { seat_type: Id, asked: u64, free: u64, elsewhere: u64, at: Time },
    /// No seat at all.
    SeatsNone,

    /// Something about a child license server.
    Child(ChildRefusal),
}

impl Refusal {
    /// The digest of the document that already answers this request: the portal offers its stored file.
    pub fn earlier_answer(&self) -> Option<Digest> {
        match self {
            Self::Used { answer } | Self::Settled { receipt: answer } => Some(*answer),
            _ => None,
        }
    }

    pub(crate) fn stable_code(&self) -> &'static str {
        match self {
            Self::LedgerMissing => "ledger-missing",
            Self::LedgerExists => "ledger-exists",
            Self::HandedOver { .. } => "ledger-handed-over",
            Self::NotHandedOver => "ledger-not-handed-over",
            Self::NotSelfService => "not-self-service",
            Self::Ledger(error) => error.code(),
            Self::BundleExpired { .. } => "bundle-expired",
            Self::ClockBehind { .. } => "portal-clock-behind",
            Self::IssueWindow { .. } => "issue-window",
            Self::Revoked(hit) => hit.code(),
            Self::RevocationsStale { .. } => "revocations-stale",
            Self::NotApproved { .. } => "approval-missing",
            Self::RightMissing { .. } => "right-missing",
            Self::OfflineNotAllowed => "offline-not-allowed",
            Self::Subscription => "subscription-offline",
            Self::Name => "name-unusable",
            Self::OtherProduct { .. } => "product-other",
            Self::OtherAccount { .. } => "account-other",
            Self::LicenseIdUnknown { .. } => "license-id-unknown",
            Self::LicenseIdMissing => "license-id-missing",
            Self::Reason => "reason-unusable",
            Self::RefreshInstallation => "refresh-installation",
            Self::MachineUnknown { .. } => "machine-unknown",
            Self::MachineHoldsNothing { .. } => "machine-holds-nothing",
            Self::TokenIdTaken { .. } => "token-id-taken",
            Self::Purpose { .. } => "request-purpose",
            Self::Used { .. } => "request-used",
            Self::Settled { .. } => "deactivation-settled",
            Self::Recorded { .. } => "report-recorded",
            Self::UsageOlder { .. } => "usage-older",
            Self::DeactivationUnknown { .. } => "deactivation-unknown",
            Self::Superseded { .. } => "request-superseded",
            Self::RequestExpired { .. } => "request-expired",
            Self::CycleExpired { .. } => "cycle-expired",
            Self::RequestFuture { .. } => "request-future",
            Self::Recovers => "request-recovers",
            Self::RecoversNot => "request-recovers-not",
            Self::ReleasesSpent { .. } => "releases-spent",
            Self::ReleaseTooSoon { .. } => "release-too-soon",
            Self::MachineReleased { .. } => "machine-released",
            Self::MachineNotNamed { .. } => "machine-not-named",
            Self::MachineEpoch { .. } => "machine-epoch",
            Self::MachineRolledBack { .. } => "machine-rolled-back",
            Self::MachinesTooMany { .. } => "machines-too-many",
            Self::ActivationClosed { .. } => "activation-closed",
            Self::CredentialMissing => "credential-missing",
            Self::CredentialUnknown => "credential-unknown",
            Self::LedgerStale { .. } => "ledger-stale",
            Self::LedgerForked { .. } => "ledger-forked",
            Self::LedgerEpoch { .. } => "ledger-epoch-old",
            Self::BundleBehindMachine { .. } => "bundle-behind-machine",
            Self::TrustGap { .. } => "trust-gap",
            Self::TokenMissing => "token-missing",
            Self::TokenUnknown { .. } => "token-unknown",
            Self::TokenOtherLicense { .. } => "token-other-license",
            Self::TokenOtherMachine { .. } => "token-other-machine",
            Self::TokenNewerThanRequest { .. } => "token-newer-than-request",
            Self::ClockRepairsSpent { .. } => "clock-repairs-spent",
            Self::ClockTooFarBack { .. } => "clock-too-far-back",
            Self::StartTooEarly { .. } => "start-too-early",
            Self::EndBeforeStart => "end-before-start",
            Self::EndPast { .. } => "end-past",
            Self::EndTooLate { .. } => "end-too-late",
            Self::DurationTooLong { .. } => "duration-too-long",
            Self::SeatTypeUnknown { .. } => "seat-type-unknown",
            Self::SeatTypeTwice { .. } => "seat-type-twice",
            Self::SeatsExceedGrant { .. } => "seats-exceed-grant",
            Self::SeatsExceedFree { .. } => "seats-exceed-free",
            Self::SeatsNone => "seats-none",
            Self::Child(refusal) => refusal.code(),
        }
    }
}
