//! One digest over everything in the state but the usage chain itself; each usage record names it.

use postern_protocol::Digest;
use rusqlite::types::ValueRef;
use sha2::{Digest as _, Sha256};

use super::{StateError, Work};

/// Each table in a fixed order of rows. Of files the name suffices: it is the digest of the bytes.
const TABLES: [&str; 13] = [
    "SELECT * FROM device ORDER BY id",
    "SELECT * FROM trust ORDER BY number",
    "SELECT digest, trust_number FROM files ORDER BY digest",
    "SELECT * FROM enablements ORDER BY ordinal",
    "SELECT * FROM activations ORDER BY id",
    "SELECT * FROM cycles ORDER BY number",
    "SELECT * FROM requests ORDER BY cycle, number",
    "SELECT * FROM licenses ORDER BY sequence",
    "SELECT * FROM revocations ORDER BY issuer",
    "SELECT * FROM ledgers ORDER BY key, epoch",
    "SELECT * FROM seats ORDER BY seat_type, user",
    "SELECT * FROM fingerprint ORDER BY part",
    "SELECT * FROM heads ORDER BY count, head",
];

impl Work<'_> {
    /// The digest of the state as it is now.
    pub(crate) fn state_digest(&self) -> Result<Digest, StateError> {
        let mut hasher = Sha256::new();
        for table in TABLES {
            hasher.update([b'T']);
            let mut statement = self.tx.prepare_cached(table)?;
            let columns = statement.column_count();
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                hasher.update([b'R']);
                for column in 0..columns {
                    absorb(&mut hasher, row.get_ref(column)?);
                }
            }
        }
        Ok(Digest::from_bytes(hasher.finalize().into()))
    }
}

/// Every value with its type and length, so that no two states read alike.
fn absorb(hasher: &mut Sha256, value: ValueRef<'_>) {
    let mut bytes = |tag: u8, bytes: &[u8]| {
        hasher.update([tag]);
        hasher.update((bytes.len() as u64).to_be_bytes());
        hasher.update(bytes);
    };
    match value {
        ValueRef::Null => bytes(b'n', &[]),
        ValueRef::Integer(number) => bytes(b'i', &number.to_be_bytes()),
        ValueRef::Real(number) => bytes(b'r', &number.to_be_bytes()),
        ValueRef::Text(text) => bytes(b't', text),
        ValueRef::Blob(blob) => bytes(b'b', blob),
    }
}
