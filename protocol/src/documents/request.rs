//! `request`: what a machine asks for, and everything it tells with it. Signed by the device key.

use serde::{Deserialize, Serialize};

use super::{
    Checkpoint, Counted, DeviceIdentity, Extension, FingerprintPart, Grantor, LedgerReference, RevocationSerial,
    Signer, Variable, Version, document, unique,
};
use crate::digest::Digest;
use crate::id::Id;
use crate::keys::PublicKey;
use crate::kind::Kind;
use crate::text::words;
use crate::time::Time;

/// A machine's request. An LFR is a request with purpose `lfr`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Always `request`.
    pub kind: Kind,
    /// The format version.
    pub version: Version,
    /// What is asked for.
    pub purpose: Purpose,
    /// The product.
    pub product: Id,
    /// The account, as the enablement's grant named it; absent where the machine does not know it yet.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub account: Option<Id>,
    /// The license id; absent in an activation where the machine does not know it yet: its credential tells.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub license_id: Option<Id>,
    /// The enablement token that this installation was enabled with.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub enablement: Option<Digest>,
    /// The asking device.
    pub device: DeviceIdentity,
    /// The activation that the answer will live in: one life of one license on one device.
    pub activation: Id,
    /// Where in its request cycle the machine stands.
    pub cycle: Cycle,
    /// 128 random bits, in hexadecimal: no two requests are alike.
    pub nonce: Id,
    /// The machine's fingerprint.
    pub fingerprint: Vec<FingerprintPart>,
    /// What is installed.
    pub installed: Installed,
    /// The newest trust version that the machine has.
    pub trust_number: u64,
    /// The newest revocations that the machine has.
    pub revocations: Vec<RevocationSerial>,
    /// Every ledger reference that the machine knows, the newest of each ledger.
    pub ledgers: Vec<LedgerReference>,
    /// How far the usage chain has come.
    pub usage: Checkpoint,
    /// Consumption since the chain began.
    pub consumption: Vec<Counted>,
    /// Seats in use.
    pub seats: Vec<SeatUse>,
    /// Emergency extensions that were used.
    pub extensions_used: Vec<ExtensionUse>,
    /// Device variables.
    pub variables: Vec<Variable>,
    /// What the machine's verifier can read.
    pub understands: Understands,
    /// The credential that signs besides the device, where the license asks for one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub credential: Option<PublicKey>,
    /// The clock, in a request of purpose `clock`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub clock: Option<ClockReading>,
    /// The license of a machine that was restored or rebuilt and asks to be accepted again.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub recovers: Option<Digest>,
    /// Optional extras.
    pub extensions: Vec<Extension>,
}

words! {
    /// What a request asks for.
    Purpose {
        /// An Offline License File: the LFR.
        Lfr = "lfr",
        /// An activation by key or user.
        Activation = "activation",
        /// Only settling what was used.
        Sync = "sync",
        /// A time ticket.
        Clock = "clock",
    }
}

/// Where in its request cycle a machine stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cycle {
    /// The cycle, counted from 1 for each device.
    pub cycle: u64,
    /// The request within the cycle, counted from 1. A newer one voids all before it.
    pub number: u64,
    /// When the cycle's first request was generated, by the machine's clock.
    pub first_generated_at: Time,
    /// When this request was generated, by the machine's clock.
    pub generated_at: Time,
}

impl Cycle {
    /// Whether this request is newer than another of the same device.
    pub fn newer_than(&self, other: &Self) -> bool {
        (self.cycle, self.number) > (other.cycle, other.number)
    }
}

/// What a machine has installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Installed {
    /// The installed license; absent before the first.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub license: Option<Digest>,
    /// The highest sequence ever installed; 0 before the first.
    pub sequence: u64,
}

/// Seats of one type in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeatUse {
    /// The seat type.
    pub seat_type: Id,
    /// Seats held.
    pub in_use: u64,
    /// Who holds them: pseudonyms, or names where the operator chose to send them.
    pub holders: Vec<String>,
}

/// An emergency extension that was used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExtensionUse {
    /// Who signed the root-signed ancestor that it was spent under: always `root`, kept with the id as its identity.
    pub grantor: Grantor,
    /// The id of that ancestor.
    pub grant: Id,
    /// When.
    pub at: Time,
}

/// What a machine's verifier can read: issuers write the newest of these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Understands {
    /// Document format versions.
    pub versions: Vec<u64>,
    /// Extensions.
    pub extensions: Vec<Id>,
}

/// A machine's clock, as it distrusts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockReading {
    /// What the clock says.
    pub now: Time,
    /// The newest time that the machine is sure of.
    pub floor: Time,
}

document!(Request, Kind::Request, check);

impl Signer for Request {
    fn signers(&self) -> Vec<PublicKey> {
        std::iter::once(self.device.key).chain(self.credential).collect()
    }
}

fn check(request: &Request) -> Result<(), String> {
    unique("the fingerprint", request.fingerprint.iter().map(|part| &part.part))?;
    unique("consumption", request.consumption.iter().map(|counted| &counted.counter))?;
    unique("seats", request.seats.iter().map(|seat| &seat.seat_type))?;
    let Cycle { cycle, number, first_generated_at, generated_at } = request.cycle;
    if cycle == 0 || number == 0 || first_generated_at > generated_at {
        return Err("the request cycle is inconsistent".into());
    }
    let activation = request.purpose == Purpose::Activation;
    if request.license_id.is_none() && (!activation || request.credential.is_none()) {
        return Err("it names no license id, and it is no activation with a credential that tells it".into());
    }
    if (request.purpose == Purpose::Clock) != request.clock.is_some() {
        return Err("the clock's reading belongs to requests of purpose 'clock' and only to these".into());
    }
    if !request.understands.versions.contains(&1) {
        return Err("the machine does not read format version 1".into());
    }
    Ok(())
}
