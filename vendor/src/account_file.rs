//! The account file by itself: from its bytes to the grants of a bundle.

use postern_protocol::documents::Grant;
use postern_protocol::{Chain, Explain, PublicKey, Time};

use crate::bundle;

/// The grants that an account file asks for below an operations grant, for this portal key.
///
/// # Errors
/// Everything that is wrong with the file, found at once.
pub fn grants(
    bytes: Vec<u8>,
    operations: &Chain,
    subject: PublicKey,
    now: Time,
) -> Result<Vec<Grant>, Vec<Box<dyn Explain>>> {
    bundle::grants_of(bytes, operations, subject, now).map_err(|fail| fail.errors)
}
