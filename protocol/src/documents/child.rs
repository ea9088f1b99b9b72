//! What a ledger says about child license servers: what was given to them, and what they showed to hold (seed 003).

use serde::{Deserialize, Serialize};

use super::{Allowance, Document, Grant, InstalledEffect, LedgerReference, Standing};
use crate::digest::Digest;
use crate::id::Id;
use crate::kind::Kind;

/// A child license server, made or changed. Each entry says all of it: the newest one of a child is how it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delegated {
    /// The child's grant. The same key signs the same bytes again, so the ledger alone is enough to make the child's
    /// bundle anew.
    pub child: Box<Grant>,
    /// Whether it is suspended or revoked.
    pub standing: Standing,
    /// Lower serials of its grant are void; 0 for none.
    pub min_serial: u64,
    /// What a suspension, revocation or `min_serial` does to licenses that are installed.
    pub effect: InstalledEffect,
    /// The serial of the newest revocations that the ledger's key has made; 0 for none.
    pub revocations: u64,
    /// The serial of the child's bundle.
    pub bundle_serial: u64,
    /// The child's bundle.
    pub bundle: Digest,
}

impl Delegated {
    /// A grant inside another document is held to what a grant of its own is.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.child.kind != Kind::Grant {
            return Err("a child is no grant".into());
        }
        self.child.check()
    }
}

/// A child's ledger as its parent saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChildSeen {
    /// The id of the child's grant.
    pub child: Id,
    /// The serial of the child's grant that its portal had loaded.
    pub serial: u64,
    /// Where its ledger goes on.
    pub next: LedgerReference,
    /// Seats that its machines, and its own children, could be using, over time.
    pub held: Vec<Allowance>,
    /// Devices that hold a live license.
    pub devices: u64,
}
