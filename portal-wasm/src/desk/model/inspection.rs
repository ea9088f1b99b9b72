//! Looking into a file of any kind: what it says of itself, whether it verifies, what it is for.

use postern_protocol::bundle_file::{verify_bundle, verify_ledger};
use postern_protocol::describe::{Section, describe, support};
use postern_protocol::documents::{Deactivation, Enablement, License, Receipt, TimeTicket};
use postern_protocol::{ChainError, Digest, DocumentError, Explain, Kind, Limits, Reader, TrustState, Unverified};
use yew::AttrValue;

use super::dropped::Dropped;
use crate::screen::Explained;
use crate::t;

/// A file in words.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// Its name.
    pub name: String,
    /// What it is; none for a machine's support file.
    pub kind: Option<Kind>,
    /// The digest of the whole file, to compare on the other side of the gap.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: usize,
    /// Whether it verifies.
    pub standing: Standing,
    /// Every document in words.
    pub sections: Vec<Section>,
}

/// Whether a file verifies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It does, up to the vendor's root that is pinned here.
    Vendor,
    /// It is signed by the machine that it names; which machine that is, the ledger knows.
    Machine,
    /// It was not checked: no vendor root is known here yet.
    NoRoot,
    /// It was not checked: such a file is only checked as part of another one.
    OnlyInside,
    /// Nobody signs such a file.
    Unsigned,
    /// It does not.
    Refused(Explained),
}

impl Inspection {
    /// Looks into a file. `trust` is the vendor's root as far as it is known here.
    pub fn of(dropped: &Dropped, trust: Option<&TrustState>) -> Self {
        Self {
            name: dropped.name.clone(),
            kind: Some(dropped.kind),
            digest: Digest::of(&dropped.bytes),
            size: dropped.bytes.len(),
            standing: standing(dropped, trust),
            sections: describe(&dropped.file, &Limits::DEFAULT),
        }
    }

    /// Looks into a machine's support file; none for anything else.
    pub fn of_support(name: &str, bytes: &[u8]) -> Option<Self> {
        Some(Self {
            name: name.to_owned(),
            kind: None,
            digest: Digest::of(bytes),
            size: bytes.len(),
            standing: Standing::Unsigned,
            sections: vec![support(bytes)?],
        })
    }
}

fn standing(dropped: &Dropped, trust: Option<&TrustState>) -> Standing {
    let by_machine = match dropped.kind {
        Kind::Request => Some(dropped.request().map(|_| ())),
        Kind::Deactivation => Some(deactivation(dropped)),
        _ => None,
    };
    match (by_machine, trust) {
        (Some(Ok(())), _) => Standing::Machine,
        (Some(Err(error)), _) => Standing::Refused((&error).into()),
        (None, None) => Standing::NoRoot,
        (None, Some(trust)) => match under_root(dropped, trust) {
            Some(Ok(())) => Standing::Vendor,
            Some(Err(error)) => Standing::Refused(error),
            None => Standing::OnlyInside,
        },
    }
}

fn deactivation(dropped: &Dropped) -> Result<(), DocumentError> {
    let envelope = dropped.file.document(Kind::Deactivation)?.clone();
    Unverified::<Deactivation>::new(envelope)?.verify_by_named_signers(&Limits::DEFAULT).map(|_| ())
}

/// None for kinds that are checked only inside other files.
fn under_root(dropped: &Dropped, trust: &TrustState) -> Option<Result<(), Explained>> {
    fn told<T, E: Explain>(result: Result<T, E>) -> Result<(), Explained> {
        result.map(|_| ()).map_err(|error| (&error).into())
    }
    let (bytes, limits) = (dropped.bytes.as_slice(), &Limits::DEFAULT);
    let reader = Reader { trust, revocations: &[], limits: *limits };
    Some(match dropped.kind {
        Kind::Bundle => told(verify_bundle(bytes, trust, limits)),
        Kind::LedgerEntry => told(verify_ledger(bytes, trust, limits)),
        Kind::License => told(reader.file::<License>(bytes)),
        Kind::Enablement => told(reader.file::<Enablement>(bytes)),
        Kind::Receipt => told(reader.file::<Receipt>(bytes)),
        Kind::TimeTicket => told(reader.file::<TimeTicket>(bytes)),
        Kind::Trust => told(trust.advance(&dropped.file.trust, limits).map_err(ChainError::from)),
        _ => return None,
    })
}

/// What a kind of file is called.
pub fn kind_name(kind: Kind) -> AttrValue {
    match kind {
        Kind::Trust => t!("kind-trust"),
        Kind::Grant => t!("kind-grant"),
        Kind::Bundle => t!("kind-bundle"),
        Kind::Enablement => t!("kind-enablement"),
        Kind::Request => t!("kind-request"),
        Kind::License => t!("kind-license"),
        Kind::Deactivation => t!("kind-deactivation"),
        Kind::Receipt => t!("kind-receipt"),
        Kind::LedgerEntry => t!("kind-ledger"),
        Kind::Revocations => t!("kind-revocations"),
        Kind::TimeTicket => t!("kind-time-ticket"),
    }
}

/// What to do with a file of this kind.
pub fn kind_use(kind: Kind) -> AttrValue {
    match kind {
        Kind::Trust => t!("use-trust"),
        Kind::Grant | Kind::Revocations => t!("use-part"),
        Kind::Bundle => t!("use-bundle"),
        Kind::Enablement => t!("use-enablement"),
        Kind::Request => t!("use-request"),
        Kind::License => t!("use-license"),
        Kind::Deactivation => t!("use-deactivation"),
        Kind::Receipt => t!("use-receipt"),
        Kind::LedgerEntry => t!("use-ledger"),
        Kind::TimeTicket => t!("use-time-ticket"),
    }
}
