//! Why a license is not installed.

use std::fmt;

use postern_protocol::documents::{Checkpoint, LicenseType};
use postern_protocol::{ChainError, Explain, Id, PublicKey, Time};

use super::clock::ClockError;
use super::cycle::{Locked, NotEnrolled};
use super::permit::Moved;
use super::seats::Overuse;
use crate::store::StateError;

/// Why a license is not installed. Nothing changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InstallError {
    /// The state cannot be used.
    State(StateError),
    /// The file does not verify.
    File(ChainError),
    /// No token is installed.
    NotEnrolled(NotEnrolled),
    /// The clock stands in the way.
    Clock(ClockError),
    /// The cycle ran out.
    Locked(Locked),
    /// It is for another machine.
    OtherMachine {
        /// This machine's key.
        here: PublicKey,
        /// The license's.
        there: PublicKey,
    },
    /// It is for another life of this machine.
    OtherEpoch {
        /// This machine's epoch.
        here: u64,
        /// The license's.
        there: u64,
    },
    /// It is for another license id.
    OtherLicenseId {
        /// The license id here.
        expected: Id,
        /// The license id there.
        found: Id,
    },
    /// It is of a kind that this machine does not ask for.
    OtherType {
        /// The license's kind.
        found: LicenseType,
    },
    /// It refreshes a license, and none is installed.
    NothingToRefresh,
    /// It is for another life of the license on this machine.
    OtherActivation,
    /// That life of the license was ended by a deactivation.
    ActivationClosed,
    /// The administrator released this machine as dead.
    ReleasedAsDead,
    /// A newer one is or was installed.
    SequenceOld {
        /// The highest sequence installed.
        have: u64,
        /// The license's.
        found: u64,
    },
    /// Another license with the same place in the sequence was installed.
    SequenceConflict {
        /// The sequence.
        sequence: u64,
    },
    /// It is not the next one.
    SequenceGap {
        /// The highest sequence installed.
        have: u64,
        /// The license's.
        found: u64,
    },
    /// It answers a request that this machine did not make.
    RequestUnknown,
    /// It answers a request that a newer one has voided, or that was answered already.
    RequestSuperseded,
    /// It comes too late after the request.
    Window {
        /// The last instant at which it could be installed.
        until: Time,
    },
    /// It comes too late by what its issuer wrote into it.
    InstallBefore {
        /// The last instant at which it could be installed.
        until: Time,
    },
    /// The machine's time is before the issuing window of the license's grants.
    IssueWindow {
        /// The window's begin.
        from: Time,
    },
    /// The machine is not what it was when it asked.
    FingerprintChanged(Moved),
    /// The revocations that are known are too old.
    RevocationsStale {
        /// The grant that asks for fresh ones.
        grant: String,
    },
    /// The usage records here lack some that the issuer saw.
    UsageRolledBack {
        /// Records here.
        have: u64,
        /// How far the issuer saw the records of this chain go.
        seen: Checkpoint,
    },
    /// The issuer's ledger lacks entries that this machine knows.
    LedgerStale {
        /// The position that this machine knows.
        seen: u64,
        /// The position of this license.
        found: u64,
    },
    /// The issuer's ledger was begun anew since.
    LedgerReplaced,
    /// More seats are in use than it allows.
    SeatsInUse {
        /// Where, and by whom.
        over: Vec<Overuse>,
    },
}

passes_on!(InstallError {
    State: StateError,
    File: ChainError,
    NotEnrolled: NotEnrolled,
    Clock: ClockError,
    Locked: Locked,
});

impl InstallError {
    /// The error that this one passes on as it is.
    fn inner(&self) -> Option<&dyn Explain> {
        match self {
            Self::State(error) => Some(error),
            Self::File(error) => Some(error),
            Self::NotEnrolled(error) => Some(error),
            Self::Clock(error) => Some(error),
            Self::Locked(error) => Some(error),
            _ => None,
        }
    }
}

impl fmt::Display for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State(_) | Self::File(_) | Self::NotEnrolled(_) | Self::Clock(_) | Self::Locked(_) => {
                self.inner().map_or(Ok(()), |error| error.fmt(f))
            }
            Self::OtherMachine { here, there } => {
                write!(f, "The license is for the machine {}; this is {}.", there.short(), here.short())
            }
            Self::OtherEpoch { here, there } => {
                write!(f, "The license is for epoch {there} of this machine; it is in epoch {here}.")
            }
            Self::OtherLicenseId { expected, found } => {
                write!(f, "The file is for the license id '{found}'; this machine is enrolled under '{expected}'.")
            }
            Self::OtherType { found } if found.node_locked() => {
                write!(f, "The license is one that is activated by key or user; this machine has an enablement token.")
            }
            Self::OtherType { .. } => {
                write!(f, "The license answers an LFR; this machine's license is activated by key or user.")
            }
            Self::NothingToRefresh => write!(f, "The file refreshes a license, and none is installed here."),
            Self::OtherActivation => {
                write!(f, "The license belongs to another activation than the one on this machine.")
            }
            Self::ActivationClosed => write!(f, "The license belongs to an activation that was deactivated here."),
            Self::ReleasedAsDead => write!(f, "The license administrator has released this machine as dead."),
            Self::SequenceOld { have, found } => {
                write!(f, "The license has number {found}; number {have} was installed here already.")
            }
            Self::SequenceConflict { sequence } => {
                write!(f, "Another license with number {sequence} was installed here already.")
            }
            Self::SequenceGap { have, found } => {
                write!(f, "The license has number {found}; the newest installed here is number {have}.")
            }
            Self::RequestUnknown => write!(f, "The license answers a request that this machine did not make."),
            Self::RequestSuperseded => {
                write!(f, "The license answers a request that is void: a newer one was made, or it was answered.")
            }
            Self::Window { until } => write!(f, "The license came too late: the request's time ended at {until}."),
            Self::InstallBefore { until } => write!(f, "The license could be installed until {until}."),
            Self::IssueWindow { from } => {
                write!(f, "Licenses under this entitlement are installed from {from} on, by this machine's clock.")
            }
            Self::FingerprintChanged(moved) => write!(f, "This machine has changed since the request: {moved}"),
            Self::RevocationsStale { grant } => {
                write!(f, "The entitlement '{grant}' asks for fresher revocations than this machine has.")
            }
            Self::UsageRolledBack { have, seen } => write!(
                f,
                "This machine's usage records were rolled back or the machine was copied: it has {have} records \
                 and lacks some of the {} that the issuer has seen.",
                seen.count
            ),
            Self::LedgerStale { seen, found } => write!(
                f,
                "The license was recorded at position {found} of a ledger that this machine has seen at {seen}."
            ),
            Self::LedgerReplaced => write!(f, "The license was recorded in a ledger that has been begun anew since."),
            Self::SeatsInUse { over } => {
                let over: Vec<_> = over.iter().map(Overuse::to_string).collect();
                write!(f, "More seats are in use than the license allows: {}.", over.join("; "))
            }
        }
    }
}

impl std::error::Error for InstallError {}

impl Explain for InstallError {
    fn code(&self) -> &'static str {
        match self {
            Self::State(_) | Self::File(_) | Self::NotEnrolled(_) | Self::Clock(_) | Self::Locked(_) => {
                self.inner().map_or("", Explain::code)
            }
            Self::OtherMachine { .. } => "machine-other",
            Self::OtherEpoch { .. } => "machine-epoch",
            Self::OtherLicenseId { .. } => "license-id-other",
            Self::OtherType { .. } => "license-type-other",
            Self::NothingToRefresh => "refresh-nothing",
            Self::OtherActivation => "activation-other",
            Self::ActivationClosed => "activation-closed",
            Self::ReleasedAsDead => "machine-released",
            Self::SequenceOld { .. } => "sequence-old",
            Self::SequenceConflict { .. } => "sequence-conflict",
            Self::SequenceGap { .. } => "sequence-gap",
            Self::RequestUnknown => "request-unknown",
            Self::RequestSuperseded => "request-superseded",
            Self::Window { .. } => "window-request",
            Self::InstallBefore { .. } => "install-before",
            Self::IssueWindow { .. } => "issue-window",
            Self::FingerprintChanged(_) => "fingerprint-changed",
            Self::RevocationsStale { .. } => "revocations-stale",
            Self::UsageRolledBack { .. } => "usage-rolled-back",
            Self::LedgerStale { .. } | Self::LedgerReplaced => "ledger-stale",
            Self::SeatsInUse { .. } => "seats-in-use",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::State(_) | Self::File(_) | Self::NotEnrolled(_) | Self::Clock(_) | Self::Locked(_) => {
                return self.inner().map(Explain::advice).unwrap_or_default();
            }
            Self::OtherMachine { .. } | Self::OtherLicenseId { .. } | Self::RequestUnknown => {
                "Install it on the machine that asked for it, or load this machine's own request into the portal."
            }
            Self::NothingToRefresh
            | Self::OtherType { .. }
            | Self::OtherActivation
            | Self::ActivationClosed
            | Self::OtherEpoch { .. } => "Make a new request here and load it into the portal.",
            Self::ReleasedAsDead => "Ask your license administrator; this machine has to be enrolled again.",
            Self::SequenceOld { .. } => "Keep what is installed. For a change, make a new request.",
            Self::SequenceConflict { .. } | Self::SequenceGap { .. } => {
                "Make a new request and load it into the portal with the newest ledger; tell your administrator."
            }
            Self::RequestSuperseded => {
                "Install the answer to the newest request, or make a new request and load it into the portal."
            }
            Self::Window { .. } | Self::InstallBefore { .. } => {
                "Make a new request, load it into the portal and install the answer in time."
            }
            Self::IssueWindow { .. } => "Check this machine's clock; if it is right, install the license then.",
            Self::FingerprintChanged(_) => "Make a new request on this machine as it is now.",
            Self::RevocationsStale { .. } => "Load your vendor's newest bundle into the portal and issue again.",
            Self::UsageRolledBack { .. } => {
                "Make a new request with 'request' or 'activate --again', which asks to accept the machine again, and tell your license \
                 administrator why it was restored or copied. If nobody did so, tell your vendor: 'audit --proofs DIR' \
                 writes the proof."
            }
            Self::LedgerStale { .. } | Self::LedgerReplaced => {
                "Load the newest ledger into the portal and issue again; tell your administrator."
            }
            Self::SeatsInUse { over } => {
                let commands: Vec<_> = over.iter().map(Overuse::advice).collect();
                return format!("Release seats first, then install again. {}", commands.join(" "));
            }
        }
        .into()
    }
}
