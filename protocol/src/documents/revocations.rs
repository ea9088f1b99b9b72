//! `revocations`: what a grantor says about its descendants, and only about these.

use serde::{Deserialize, Serialize};

use super::{Extension, Grantor, Version, document};
use crate::digest::Digest;
use crate::id::Id;
use crate::keys::PublicKey;
use crate::kind::Kind;
use crate::text::words;
use crate::time::Time;

/// A grantor's whole current list; a higher serial replaces the one before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revocations {
    /// Always `revocations`.
    pub kind: Kind,
    /// The format version.
    pub version: Version,
    /// The product.
    pub product: Id,
    /// Who says so.
    pub issuer: Grantor,
    /// Counted up with every new list of this issuer.
    pub serial: u64,
    /// When it was made.
    pub issued_at: Time,
    /// The entries.
    pub entries: Vec<Entry>,
    /// Optional extras.
    pub extensions: Vec<Extension>,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What it is about.
    pub target: Target,
    /// How it stands.
    pub standing: Standing,
    /// Grants of a lower serial are void; 0 for none. Only for targets that are grants.
    pub min_serial: u64,
    /// What happens to licenses that are installed already.
    pub effect: InstalledEffect,
}

/// What an entry is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Target {
    /// A grant, by its identity.
    Grant {
        /// Who signed it.
        grantor: Grantor,
        /// Its id.
        id: Id,
    },
    /// Every grant of this subject key.
    Subject(PublicKey),
    /// A device.
    Device(PublicKey),
    /// One license.
    License(Digest),
}

words! {
    /// How a target stands.
    Standing {
        /// In force; an entry only for its `min_serial`, or a suspension lifted.
        Active = "active",
        /// Not for now.
        Suspended = "suspended",
        /// Never again.
        Revoked = "revoked",
    }
}

words! {
    /// What a suspension or revocation does to installed licenses.
    InstalledEffect {
        /// They go on until their end.
        Keep = "keep",
        /// They stop when the list reaches the machine.
        Stop = "stop",
    }
}

document!(Revocations, Kind::Revocations, check);

fn check(revocations: &Revocations) -> Result<(), String> {
    if revocations.serial == 0 {
        return Err("serials begin at 1".into());
    }
    if revocations.entries.iter().any(|entry| entry.min_serial > 0 && !matches!(entry.target, Target::Grant { .. })) {
        return Err("min_serial stands at a target that is no grant".into());
    }
    Ok(())
}
