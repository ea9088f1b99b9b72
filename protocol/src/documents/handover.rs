//! `handover`: what an administrator gives to the next one, in one file with the bundle and the whole ledger.

use serde::{Deserialize, Serialize};

use super::{Extension, LedgerReference, Sealed, Version, document};
use crate::digest::Digest;
use crate::id::Id;
use crate::kind::Kind;
use crate::time::Time;

/// The last line of a handover file: binds the bundle, the ledger and the sealed key before it together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handover {
    /// Always `handover`.
    pub kind: Kind,
    /// The format version.
    pub version: Version,
    /// The product.
    pub product: Id,
    /// The account.
    pub account: Id,
    /// The grant whose subject key signs, and is handed over.
    pub grant: Digest,
    /// The bundle in the file.
    pub bundle: Digest,
    /// Where the ledger in the file goes on; the entry before says that it was handed over.
    pub ledger: LedgerReference,
    /// The subject key, sealed under the handover's own passphrase (PKCS#8 PEM, §4).
    pub sealed_key: Sealed,
    /// When it was made, by the portal's clock.
    pub made_at: Time,
    /// Optional extras.
    pub extensions: Vec<Extension>,
}

document!(Handover, Kind::Handover, check);

fn check(handover: &Handover) -> Result<(), String> {
    if handover.sealed_key.is_empty() {
        return Err("the sealed key is missing".into());
    }
    Ok(())
}
