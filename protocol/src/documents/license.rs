//! `license`: what one machine may use. An OLF, a node-locked license file and a refresh are all licenses.

use serde::{Deserialize, Serialize};

use super::{
    Allowance, Ceiling, Checkpoint, Consumption, CyclePolicy, DeviceIdentity, ExpiryPolicy, Extension, Feature,
    FingerprintPart, LedgerReference, LicenseType, Version, document, unique,
};
use crate::digest::Digest;
use crate::id::Id;
use crate::keys::PublicKey;
use crate::kind::Kind;
use crate::time::Time;

/// A license for one device, signed by the subject key of the last grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct License {
    /// Always `license`.
    pub kind: Kind,
    /// The format version.
    pub version: Version,
    /// The product.
    pub product: Id,
    /// The account.
    pub account: Id,
    /// The license id.
    pub license_id: Id,
    /// The kind of license.
    pub license_type: LicenseType,
    /// The grant that it is issued under.
    pub grant: Digest,
    /// The request that it answers; absent in a refresh.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub request: Option<Digest>,
    /// The device that it is for.
    pub device: DeviceIdentity,
    /// The activation that it lives in.
    pub activation: Id,
    /// Its place in the device's one sequence for the product.
    pub sequence: u64,
    /// The machine's fingerprint, copied from the request.
    pub fingerprint: FingerprintPolicy,
    /// Seats over time.
    pub allocation: Vec<Allowance>,
    /// Features.
    pub features: Vec<Feature>,
    /// Consumption counters and their limits.
    pub consumption: Vec<Consumption>,
    /// Where each counter stood when the current reset period began.
    pub consumption_base: Vec<ConsumptionBase>,
    /// Usable from this instant on …
    pub starts_at: Time,
    /// … until this one; what follows says `expiry`.
    pub ends_at: Ceiling<Time>,
    /// When it was issued.
    pub issued_at: Time,
    /// Not installable after this instant.
    pub install_before: Time,
    /// Longest session, in seconds.
    pub longest_session: Ceiling<u64>,
    /// Windows of the request cycle.
    pub cycle: CyclePolicy,
    /// What follows the end.
    pub expiry: ExpiryPolicy,
    /// The newest usage checkpoints that the ledger holds of this device, oldest first, at most 8.
    pub acknowledged: Vec<Checkpoint>,
    /// The ledger entry that records it.
    pub ledger: LedgerReference,
    /// Machines that were released as dead: they get no further files.
    pub tombstones: Vec<Tombstone>,
    /// A restored or rebuilt machine is accepted again.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub accept_fork: Option<AcceptFork>,
    /// Optional extras.
    pub extensions: Vec<Extension>,
}

/// The fingerprint and how much of it must still match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FingerprintPolicy {
    /// The parts.
    pub parts: Vec<FingerprintPart>,
    /// How many must match.
    pub required: u64,
}

/// Where a counter stood when its reset period began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsumptionBase {
    /// The counter.
    pub counter: Id,
    /// Its total then.
    pub total: u64,
    /// When the period began.
    pub since: Time,
}

/// A machine that was released as dead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tombstone {
    /// Its key.
    pub device: PublicKey,
    /// The activation that was closed.
    pub activation: Id,
    /// When.
    pub at: Time,
}

/// A restored or rebuilt machine's usage chain, accepted as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptFork {
    /// The chain that the machine showed.
    pub usage: Checkpoint,
}

document!(License, Kind::License, check);

fn check(license: &License) -> Result<(), String> {
    unique("the allocation", license.allocation.iter().map(|allowance| &allowance.seat_type))?;
    unique("features", license.features.iter().map(|feature| &feature.name))?;
    unique("consumption", license.consumption.iter().map(|counter| &counter.counter))?;
    unique("the consumption base", license.consumption_base.iter().map(|base| &base.counter))?;
    unique("the fingerprint", license.fingerprint.parts.iter().map(|part| &part.part))?;
    if license
        .allocation
        .iter()
        .any(|one| one.steps.is_empty() || !one.steps.array_windows().all(|[a, b]| a.from < b.from))
    {
        return Err("the steps of the allocation are missing or not ascending".into());
    }
    if license.sequence == 0 {
        return Err("sequences begin at 1".into());
    }
    if license.ends_at.limit().is_some_and(|end| *end < license.starts_at) {
        return Err("it ends before it starts".into());
    }
    if license.acknowledged.len() > 8 {
        return Err("more than 8 checkpoints are acknowledged".into());
    }
    if license.fingerprint.required > license.fingerprint.parts.len() as u64 {
        return Err("more fingerprint parts must match than there are".into());
    }
    Ok(())
}
