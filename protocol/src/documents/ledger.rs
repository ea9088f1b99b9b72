//! `ledger-entry`: one link of a portal's hash-chained, signed ledger.

use serde::{Deserialize, Serialize};

use super::{
    Allowance, Ceiling, Checkpoint, ChildSeen, Counted, Cycle, Delegated, DeviceIdentity, Extension, Installed,
    LedgerReference, Variable, Version, document,
};
use crate::digest::Digest;
use crate::id::Id;
use crate::kind::Kind;
use crate::time::Time;

/// One entry. Two different entries at one position of one ledger prove a fork.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerEntry {
    /// Always `ledger-entry`.
    pub kind: Kind,
    /// The format version.
    pub version: Version,
    /// The product.
    pub product: Id,
    /// The account.
    pub account: Id,
    /// Where it stands: ledger, position, the digest of the entry before.
    pub place: LedgerReference,
    /// The grant whose subject key signs it.
    pub grant: Digest,
    /// What happened.
    pub event: Event,
    /// When, by the issuer's clock.
    pub at: Time,
    /// Who, as typed at unlock; unverified.
    pub by: String,
    /// Optional extras.
    pub extensions: Vec<Extension>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[allow(clippy::large_enum_variant)] // most entries are the large one
pub enum Event {
    /// The ledger begins: from the base of this bundle, or empty under it.
    Begun {
        /// The bundle.
        bundle: Digest,
    },
    /// An enablement token was made.
    TokenMade {
        /// The enablement document.
        token: Digest,
        /// The token's id.
        id: Id,
        /// The license id.
        license_id: Id,
        /// When it was made; it can be installed for 24 hours from then.
        issued_at: Time,
    },
    /// A license was issued: an answer to a request, or a refresh.
    Issued(Issued),
    /// A deactivation was settled and its seats are free.
    Settled {
        /// The deactivation.
        deactivation: Digest,
        /// The receipt that answers it.
        receipt: Digest,
        /// The device.
        device: DeviceIdentity,
        /// The license id.
        license_id: Id,
        /// The activation that ended.
        activation: Id,
        /// The end of the usage chain.
        usage: Checkpoint,
        /// Final consumption.
        consumption: Vec<Counted>,
        /// Device variables, as the machine told them.
        variables: Vec<Variable>,
    },
    /// A request told usage and consumption and got no license.
    Synced {
        /// The request.
        request: Digest,
        /// The device.
        device: DeviceIdentity,
        /// What was installed.
        installed: Installed,
        /// The usage chain.
        usage: Checkpoint,
        /// Consumption.
        consumption: Vec<Counted>,
    },
    /// A dead machine was released; it may run on until its license's end.
    ReleasedDead {
        /// The device.
        device: DeviceIdentity,
        /// The activation that was closed.
        activation: Id,
        /// Why.
        reason: String,
    },
    /// A machine's clock was repaired.
    ClockRepaired {
        /// The request.
        request: Digest,
        /// The time ticket that answers it.
        ticket: Digest,
        /// The device.
        device: DeviceIdentity,
        /// Seconds that the clock's floor went back; 0 for a repair forward.
        back: u64,
    },
    /// The ledger was handed over: only whoever takes it over goes on with it.
    HandedOver {
        /// To whom, as typed; unverified.
        to: String,
    },
    /// Another administrator or key goes on with the ledger.
    TakenOver {
        /// The new grant.
        grant: Digest,
    },
    /// A child license server was made or changed.
    Delegated(Delegated),
    /// A child license server showed its ledger.
    ChildSeen(ChildSeen),
}

/// A license as its ledger entry remembers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issued {
    /// The license.
    pub license: Digest,
    /// The request that it answers; absent for a refresh.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub request: Option<Digest>,
    /// Where the request stood in its cycle; absent for a refresh.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cycle: Option<Cycle>,
    /// The token that the request showed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub enablement: Option<Digest>,
    /// What the request proved to be installed; absent for a refresh.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub proved: Option<Installed>,
    /// The license id.
    pub license_id: Id,
    /// The device.
    pub device: DeviceIdentity,
    /// The activation.
    pub activation: Id,
    /// The sequence.
    pub sequence: u64,
    /// Seats over time.
    pub allocation: Vec<Allowance>,
    /// Its start.
    pub starts_at: Time,
    /// Its end.
    pub ends_at: Ceiling<Time>,
    /// When its seats are free again by themselves: its end, grace and extension.
    pub usable_until: Ceiling<Time>,
    /// Not installable after this instant.
    pub install_before: Time,
    /// The usage chain that the request showed; absent for a refresh.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub usage: Option<Checkpoint>,
    /// Consumption that the request told.
    pub consumption: Vec<Counted>,
    /// A restored or rebuilt machine was accepted again.
    pub accepted_fork: bool,
}

document!(LedgerEntry, Kind::LedgerEntry, check);

fn check(entry: &LedgerEntry) -> Result<(), String> {
    if entry.place.position == 0 {
        return Err("ledger positions begin at 1".into());
    }
    match &entry.event {
        Event::Delegated(delegated) => delegated.check(),
        _ => Ok(()),
    }
}
