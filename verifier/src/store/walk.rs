//! Walking the usage chain from its first record: for the audit, and for exports.

use postern_protocol::{Digest, Time};

use super::usage::{self, Event};
use super::{StateError, Store, connection, shorten};

/// One thing that the usage chain records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageRecord {
    /// The record that holds it, counted from 1: uses that shared a commit share a record.
    pub sequence: u64,
    /// When.
    pub at: Time,
    /// What happened.
    pub event: Event,
}

impl Store {
    /// Opens every record, in order, beside whatever else goes on; says how many there are.
    ///
    /// The records are checked against each other, and the newest against the state.
    pub(crate) fn walk(&self, mut each: impl FnMut(UsageRecord)) -> Result<u64, StateError> {
        let connection = connection::open(&self.directory)?;
        let tx = connection.unchecked_transaction()?;
        let mut statement = tx.prepare("SELECT sequence, sealed, hash FROM usage ORDER BY sequence")?;
        let mut rows = statement.query([])?;
        let (mut count, mut previous, mut scratch) = (0, usage::before_the_first(), Vec::new());
        let cut = shorten::cut(&tx)?;
        while let Some(row) = rows.next()? {
            let expected = count + 1;
            if row.get::<_, i64>(0)? != super::stored(expected) {
                return Err(StateError::damaged(format!("usage record {expected} is missing")));
            }
            let sealed = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
            let hash = Digest::from_bytes(row.get(2)?);
            let record = self.keys.sealer.open(expected, previous, sealed, hash, &mut scratch)?;
            record.into_entries().for_each(|(at, event)| each(UsageRecord { sequence: expected, at, event }));
            (count, previous) = match cut {
                Some((last, hash)) if expected == 1 => (last, Digest::from_bytes(hash)),
                _ => (expected, hash),
            };
        }
        drop(rows);
        drop(statement);
        super::load::load(&tx, &self.keys)?;
        Ok(count)
    }
}
