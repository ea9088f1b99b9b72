//! The usage chain has a length: a machine that is used for years does not fill its disk.
//!
//! What the records counted stands in the state, and what left the machine in the checkpoints that are kept for ever. So
//! the oldest records can go, in large steps, once there are more than anybody reads. Where the chain goes on from is
//! part of the state that the newest record seals: nobody else can shorten it unseen.

use rusqlite::{OptionalExtension, params};

use super::{StateError, Work, digest, stored};

/// How much of the usage chain is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct History {
    /// Records that are always kept: the newest.
    kept: u64,
    /// Records by which the chain is shortened at once.
    step: u64,
}

impl History {
    /// A million records, about 130 MB; a step of 65 536 takes half a second, once in as many uses.
    pub(super) const DEFAULT: Self = Self { kept: 1 << 20, step: 1 << 16 };
}

/// Where a shortened chain goes on: the last record that is gone, and its hash.
pub(super) type Cut = (u64, [u8; 32]);

impl Work<'_> {
    /// Shortens the chain, where it has grown by a step.
    pub(super) fn shorten(&mut self) -> Result<(), StateError> {
        let History { kept, step } = self.store.history;
        let count = self.facts()?.usage.count;
        // Counted from the first record, so that every handle and process shortens at the same places.
        if count <= kept || !count.is_multiple_of(step) {
            return Ok(());
        }
        let last = count - kept;
        self.writes += 1;
        let done = self.cut(last);
        self.spoiled |= done.is_err();
        done?;
        let seldom = digest::seldom(&self.tx)?;
        self.state()?.digest.seldom = seldom;
        self.save_snapshot()
    }

    fn cut(&self, last: u64) -> Result<(), StateError> {
        let sql = "SELECT hash FROM usage WHERE sequence = ?1";
        let hash: Option<[u8; 32]> = self.tx.query_row(sql, [stored(last)], |row| row.get(0)).optional()?;
        let hash = hash.ok_or_else(|| StateError::damaged(format!("usage record {last} is missing")))?;
        self.tx.execute(
            "INSERT OR REPLACE INTO shortened (id, sequence, hash) VALUES (1, ?1, ?2)",
            params![stored(last), hash],
        )?;
        self.tx.execute("DELETE FROM usage WHERE sequence BETWEEN 2 AND ?1", [stored(last)])?;
        Ok(())
    }
}

/// Where the chain goes on, if it was shortened.
pub(super) fn cut(connection: &rusqlite::Connection) -> Result<Option<Cut>, StateError> {
    let row = connection.query_row("SELECT sequence, hash FROM shortened", [], |row| {
        Ok((u64::try_from(row.get::<_, i64>(0)?).unwrap_or_default(), row.get(1)?))
    });
    Ok(row.optional()?)
}

#[cfg(test)]
mod tests {
    use postern_protocol::time::HOUR;
    use postern_testkit::{World, now};

    use super::*;
    use crate::store::Store;

    /// A store that keeps 40 records and has had 500.
    fn long_used() -> (tempfile::TempDir, Store) {
        let directory = tempfile::tempdir().unwrap();
        let (mut store, _) = Store::begin(&directory.path().join("state"), &World::new().trust_state(), now()).unwrap();
        store.history = History { kept: 40, step: 8 };
        (1..500).for_each(|hour| store.run_on(now().plus(hour * HOUR)).unwrap());
        (directory, store)
    }

    fn rows(store: &Store) -> i64 {
        let count = "SELECT count(*) FROM usage";
        store.read(|work| Ok::<_, StateError>(work.tx.query_row(count, [], |row| row.get(0))?)).unwrap()
    }

    #[test]
    fn a_long_chain_is_shortened_and_still_holds() {
        let (directory, store) = long_used();
        assert!((40..=50).contains(&rows(&store)), "{}", rows(&store));
        let mut sequences = Vec::new();
        assert_eq!(store.walk(|record| sequences.push(record.sequence)), Ok(500));
        assert_eq!(sequences.first(), Some(&1), "the first record names the chain");
        assert_eq!(sequences[1..], (500 - sequences.len() as u64 + 2..=500).collect::<Vec<_>>());
        drop(store);
        let again = Store::open(&directory.path().join("state")).unwrap();
        assert_eq!(again.read(|work| work.facts().map(|facts| facts.usage.count)), Ok(500));
    }

    #[test]
    fn nobody_else_shortens_it_unseen() {
        for sql in [
            "DELETE FROM usage WHERE sequence = (SELECT sequence + 1 FROM shortened)",
            "DELETE FROM shortened",
            "UPDATE shortened SET sequence = sequence + 1",
            "UPDATE shortened SET hash = zeroblob(32)",
        ] {
            let (directory, store) = long_used();
            drop(store);
            let state = directory.path().join("state");
            let connection = rusqlite::Connection::open(state.join("state.db")).unwrap();
            assert_eq!(connection.execute(sql, []).unwrap(), 1, "{sql}");
            let store = Store::open(&state).unwrap();
            assert!(matches!(store.walk(|_| {}), Err(StateError::Damaged { .. })), "{sql}");
        }
    }
}
