//! Every document of Postern, version 1, field by field (design §3; normative text: `docs/spec.md`).

mod bundle;
mod child;
mod common;
mod grant;
mod handover;
mod ledger;
mod license;
mod request;
mod revocations;
mod small;
mod terms;
mod trust;

pub use bundle::{
    Bundle, CountedRight, DeviceHolding, Label, LedgerBase, RevocationSerial, Sealed, SettledTotal, SpentRight,
};
pub use child::{ChildSeen, Delegated};
pub use common::{
    Ceiling, Checkpoint, Counted, DeviceIdentity, Extension, FingerprintPart, Grantor, LedgerId, LedgerReference,
    Parent, Variable, Version,
};
pub use grant::{
    Approval, ApprovalRight, Credential, CredentialKind, Devices, Grant, Installation, ReleaseDead, RepairClock,
    Rights, Server, Share,
};
pub use handover::Handover;
pub use ledger::{Event, Issued, LedgerEntry};
pub use license::{AcceptFork, ConsumptionBase, FingerprintPolicy, License, Tombstone};
pub use request::{ClockReading, Cycle, ExtensionUse, Installed, Purpose, Request, SeatUse, Understands};
pub use revocations::{Entry, InstalledEffect, Revocations, Standing, Target};
pub use small::{Deactivation, Enablement, Receipt, TimeTicket};
pub use terms::{
    AfterEnd, Allowance, Consumption, CyclePolicy, ExpiryPolicy, Feature, FeatureValue, LicenseType, LockEffect, Step,
};
pub use trust::{KeyDerivation, Trust};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::keys::PublicKey;
use crate::kind::Kind;

/// Hours that an enablement token is valid from its issue (seed 001).
pub const TOKEN_HOURS: u64 = 24;

/// What every document can tell.
pub trait Document: Serialize + DeserializeOwned {
    /// The kind of every document of this type.
    const KIND: Kind;
    /// The kind that this document's own field says.
    fn kind(&self) -> Kind;
    /// Optional extras.
    fn extensions(&self) -> &[Extension];
    /// What types cannot say: order, uniqueness and consistency inside the document. The text says what is wrong.
    ///
    /// # Errors
    /// What is inconsistent, for people.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

/// A document that names the keys that must have signed it: a machine's own documents.
pub trait Signer {
    /// Every key that must have signed.
    fn signers(&self) -> Vec<PublicKey>;
}

macro_rules! document {
    ($type:ty, $kind:expr $(, $check:path)?) => {
        impl $crate::documents::Document for $type {
            const KIND: $crate::Kind = $kind;
            fn kind(&self) -> $crate::Kind {
                self.kind
            }
            fn extensions(&self) -> &[$crate::documents::Extension] {
                &self.extensions
            }
            $(fn check(&self) -> Result<(), String> {
                $check(self)
            })?
        }
    };
}
pub(crate) use document;

/// Refuses a list in which two entries have the same name.
pub(crate) fn unique<'a, T: std::fmt::Display + Ord + 'a>(
    what: &str,
    names: impl Iterator<Item = &'a T>,
) -> Result<(), String> {
    let mut seen: Vec<&T> = names.collect();
    seen.sort_unstable();
    match seen.array_windows().find(|[a, b]| a == b) {
        Some([name, _]) => Err(format!("{what} lists '{name}' twice")),
        None => Ok(()),
    }
}
