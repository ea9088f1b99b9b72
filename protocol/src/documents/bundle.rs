//! `bundle`: the signed table of contents of a bundle file, and where its account's ledger begins.

use serde::{Deserialize, Serialize};

use super::{
    Allowance, Ceiling, ChildSeen, Counted, Delegated, DeviceIdentity, Extension, Grantor, LedgerReference, Parent,
    Tombstone, Version, document, unique,
};
use crate::digest::Digest;
use crate::id::Id;
use crate::keys::PublicKey;
use crate::kind::Kind;
use crate::text::words;
use crate::time::Time;

/// Everything a portal needs for one account. Signed by whoever signed its grants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// Always `bundle`.
    pub kind: Kind,
    /// The format version.
    pub version: Version,
    /// The product.
    pub product: Id,
    /// The account.
    pub account: Id,
    /// The grant whose subject signs the bundle and its grants.
    pub signed_under: Parent,
    /// Counted up with every new bundle of the account.
    pub serial: u64,
    /// When it was made.
    pub issued_at: Time,
    /// Not to be used after this instant.
    pub expires_at: Time,
    /// How many documents the file lists before this one.
    pub count: u64,
    /// The Merkle root (RFC 9162 §2.1) over the digests of these documents, in the file's order.
    pub merkle_root: Digest,
    /// Where the ledger begins or goes on; absent for an account that begins with an empty ledger.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ledger_base: Option<LedgerBase>,
    /// The newest revocations of each issuer.
    pub revocations: Vec<RevocationSerial>,
    /// The portal's subject key, sealed under a passphrase (PKCS#8 PEM, design §4).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sealed_key: Option<Sealed>,
    /// Names that people read for the ids in the grants.
    pub labels: Vec<Label>,
    /// Whom the customer asks: a name, an address, a telephone number.
    pub contact: String,
    /// Optional extras.
    pub extensions: Vec<Extension>,
}

/// A sealed private key: the lines of its PEM, each within the bound on strings.
pub type Sealed = Vec<String>;

/// The state that a ledger goes on from, reconciled by the vendor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerBase {
    /// The next entry's place: its ledger, position and the digest of the entry before.
    pub next: LedgerReference,
    /// What each device holds.
    pub held: Vec<DeviceHolding>,
    /// Consumption that was settled.
    pub settled: Vec<SettledTotal>,
    /// Child license servers, as they stand.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub children: Vec<Delegated>,
    /// What these showed to hold.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub seen: Vec<ChildSeen>,
    /// Machines that were released as dead.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub tombstones: Vec<Tombstone>,
    /// What was spent of rights that have a count, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub spent: Vec<SpentRight>,
}

impl LedgerBase {
    /// A base from which the next entry stands here, and nobody holds anything.
    pub fn empty(next: LedgerReference) -> Self {
        Self { next, held: vec![], settled: vec![], tombstones: vec![], spent: vec![], children: vec![], seen: vec![] }
    }
}

/// What a device holds at a ledger base.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceHolding {
    /// The device.
    pub device: DeviceIdentity,
    /// The license id.
    pub license_id: Id,
    /// The license.
    pub license: Digest,
    /// Its activation.
    pub activation: Id,
    /// Its sequence.
    pub sequence: u64,
    /// Its seats.
    pub allocation: Vec<Allowance>,
    /// When its seats are free again by themselves: its end, grace and extension.
    pub usable_until: Ceiling<Time>,
}

/// Consumption of one device that was settled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettledTotal {
    /// The device.
    pub device: DeviceIdentity,
    /// The usage chain that counted.
    pub genesis: Digest,
    /// Its counters.
    pub consumption: Vec<Counted>,
}

/// One use of a right that has a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpentRight {
    /// The right.
    pub right: CountedRight,
    /// The grant that it was used under.
    pub grant: Digest,
    /// The device that it was used for.
    pub device: PublicKey,
    /// When.
    pub at: Time,
}

words! {
    /// A right that a grant allows a number of times.
    CountedRight {
        /// Machines released as dead, or accepted again as they are.
        ReleaseDead = "release-dead",
        /// Clock repairs backward.
        RepairClock = "repair-clock",
    }
}

/// The serial of an issuer's newest revocations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevocationSerial {
    /// The issuer.
    pub issuer: Grantor,
    /// The serial.
    pub serial: u64,
}

/// A name that people read for an id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// The id.
    pub id: Id,
    /// The name.
    pub text: String,
}

document!(Bundle, Kind::Bundle, check);

fn check(bundle: &Bundle) -> Result<(), String> {
    unique("the labels", bundle.labels.iter().map(|label| &label.id))?;
    unique("the revocation serials", bundle.revocations.iter().map(|one| &one.issuer))?;
    if bundle.serial == 0 {
        return Err("serials begin at 1".into());
    }
    // A ledger that began elsewhere could be written, and never be read again.
    let begins = |next: LedgerReference| next.position > 1 || next.position == 1 && next.previous == Digest::of(b"");
    if bundle.ledger_base.as_ref().is_some_and(|base| !begins(base.next)) {
        return Err("ledger positions begin at 1, after no entry".into());
    }
    bundle.ledger_base.iter().flat_map(|base| &base.children).try_for_each(Delegated::check)
}
