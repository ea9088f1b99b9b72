//! `enablement`, `deactivation`, `receipt` and `time-ticket`.

use serde::{Deserialize, Serialize};

use super::{
    Checkpoint, Counted, DeviceIdentity, Extension, LedgerReference, Signer, TOKEN_HOURS, Variable, Version, document,
};
use crate::digest::Digest;
use crate::id::Id;
use crate::keys::PublicKey;
use crate::kind::Kind;
use crate::time::{HOUR, Time};

/// A token that enables offline licensing on one machine: valid 24 h from its issue, installed once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enablement {
    /// Always `enablement`.
    pub kind: Kind,
    /// The format version.
    pub version: Version,
    /// The product.
    pub product: Id,
    /// The account.
    pub account: Id,
    /// The token's own id.
    pub id: Id,
    /// The license id that the machine will ask under.
    pub license_id: Id,
    /// The approved grant that it is made under.
    pub grant: Digest,
    /// When it was made.
    pub issued_at: Time,
    /// The ledger entry that records it.
    pub ledger: LedgerReference,
    /// Optional extras.
    pub extensions: Vec<Extension>,
}

impl Enablement {
    /// The last instant at which it can be installed.
    pub fn expires_at(&self) -> Time {
        self.issued_at.plus(TOKEN_HOURS * HOUR)
    }
}

/// A machine gives its license back. Signed by the device key, once; the same bytes can be exported again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deactivation {
    /// Always `deactivation`.
    pub kind: Kind,
    /// The format version.
    pub version: Version,
    /// The product.
    pub product: Id,
    /// The account.
    pub account: Id,
    /// The license id.
    pub license_id: Id,
    /// The device.
    pub device: DeviceIdentity,
    /// The activation that ends here; every license that carries it is closed, seen or not.
    pub activation: Id,
    /// The license that was installed.
    pub license: Digest,
    /// The highest sequence ever installed.
    pub sequence: u64,
    /// The end of the usage chain.
    pub usage: Checkpoint,
    /// Final consumption.
    pub consumption: Vec<Counted>,
    /// Device variables.
    pub variables: Vec<Variable>,
    /// Every ledger reference that the machine knows.
    pub ledgers: Vec<LedgerReference>,
    /// When, by the machine's clock.
    pub deactivated_at: Time,
    /// Optional extras.
    pub extensions: Vec<Extension>,
}

/// What was settled after a deactivation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// Always `receipt`.
    pub kind: Kind,
    /// The format version.
    pub version: Version,
    /// The product.
    pub product: Id,
    /// The account.
    pub account: Id,
    /// The license id.
    pub license_id: Id,
    /// The grant whose subject settled it.
    pub grant: Digest,
    /// The device.
    pub device: DeviceIdentity,
    /// The activation that ended.
    pub activation: Id,
    /// The deactivation that was settled.
    pub deactivation: Digest,
    /// Consumption as recorded.
    pub consumption: Vec<Counted>,
    /// When.
    pub settled_at: Time,
    /// The ledger entry that records it.
    pub ledger: LedgerReference,
    /// Optional extras.
    pub extensions: Vec<Extension>,
}

/// The time, as an answer to a machine's clock challenge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeTicket {
    /// Always `time-ticket`.
    pub kind: Kind,
    /// The format version.
    pub version: Version,
    /// The product.
    pub product: Id,
    /// The grant with the right `repair-clock`.
    pub grant: Digest,
    /// The device.
    pub device: DeviceIdentity,
    /// The nonce of the request that it answers.
    pub nonce: Id,
    /// The time.
    pub time: Time,
    /// The ledger entry that records it.
    pub ledger: LedgerReference,
    /// Optional extras.
    pub extensions: Vec<Extension>,
}

document!(Enablement, Kind::Enablement);
document!(Deactivation, Kind::Deactivation);
document!(Receipt, Kind::Receipt);
document!(TimeTicket, Kind::TimeTicket);

impl Signer for Deactivation {
    fn signers(&self) -> Vec<PublicKey> {
        vec![self.device.key]
    }
}
