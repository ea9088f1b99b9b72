//! `trust`: the root keys of a product, threshold-signed by the old and the new ones.

use serde::{Deserialize, Serialize};

use super::{Extension, Version, document, unique};
use crate::id::Id;
use crate::keys::PublicKey;
use crate::kind::Kind;
use crate::time::Time;

/// Version N of a product's root of trust.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trust {
    /// Always `trust`.
    pub kind: Kind,
    /// The format version.
    pub version: Version,
    /// The product whose licenses this root stands for.
    pub product: Id,
    /// The vendor, as the vendor calls itself in ids.
    pub vendor: Id,
    /// The trust version N. N + 1 exactly follows N.
    pub number: u64,
    /// The root keys.
    pub keys: Vec<PublicKey>,
    /// How many of the keys must sign; at least 1.
    pub threshold: u64,
    /// How passwords become keys.
    pub key_derivation: KeyDerivation,
    /// When it was made.
    pub issued_at: Time,
    /// Optional extras.
    pub extensions: Vec<Extension>,
}

/// Argon2id parameters for user-and-password credentials (RFC 9106).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyDerivation {
    /// Memory, in KiB.
    pub argon2id_memory_kib: u64,
    /// Passes over the memory.
    pub argon2id_passes: u64,
    /// Lanes.
    pub argon2id_lanes: u64,
}

document!(Trust, Kind::Trust, check);

fn check(trust: &Trust) -> Result<(), String> {
    unique("the list of root keys", trust.keys.iter())?;
    if trust.number == 0 {
        return Err("trust versions begin at 1".into());
    }
    if trust.keys.len() > 16 {
        return Err("there are more than 16 root keys".into());
    }
    if trust.threshold == 0 || trust.threshold > trust.keys.len() as u64 {
        return Err(format!("a threshold of {} does not fit {} keys", trust.threshold, trust.keys.len()));
    }
    Ok(())
}
