//! One digest over everything in the state but the usage chain itself; each usage record names it.
//!
//! It has two halves. What changes seldom is hashed row by row, as a whole. What changes with every use is a sum: each
//! row adds a keyed hash of itself, so that one row changes in constant time however many there are. The key is derived
//! from the device's secret, so nobody without that can make rows that add up.

use postern_protocol::Digest;
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::usage::derived;
use super::{Keys, StateError};

/// Tables that change seldom, in a fixed order of rows. Of files the name suffices: it is the digest of the bytes.
const SELDOM: [&str; 20] = [
    "SELECT * FROM device ORDER BY id",
    "SELECT * FROM trust ORDER BY number",
    "SELECT digest, trust_number FROM files ORDER BY digest",
    "SELECT * FROM enablements ORDER BY ordinal",
    "SELECT * FROM activations ORDER BY id",
    "SELECT * FROM credentials ORDER BY ordinal",
    "SELECT * FROM variables ORDER BY name",
    "SELECT * FROM cycles ORDER BY number",
    "SELECT * FROM requests ORDER BY cycle, number",
    "SELECT * FROM licenses ORDER BY sequence",
    "SELECT * FROM revocations ORDER BY issuer",
    "SELECT * FROM ledgers ORDER BY key, epoch",
    "SELECT * FROM fingerprint ORDER BY part",
    "SELECT * FROM heads ORDER BY count, head",
    "SELECT * FROM challenges ORDER BY ordinal",
    "SELECT * FROM repairs ORDER BY ordinal",
    "SELECT * FROM extensions ORDER BY ancestor",
    "SELECT * FROM deactivations ORDER BY activation",
    "SELECT * FROM proofs ORDER BY license",
    "SELECT * FROM shortened ORDER BY id",
];

/// Tables that change with use; the order of rows does not matter.
const OFTEN: [(Table, &str); 4] = [
    (Table::Seats, "SELECT seat_type, user, since FROM seats"),
    (Table::Sessions, "SELECT id, seat_type, user, since, until, holder FROM sessions"),
    (Table::Consumption, "SELECT ancestor, counter, total, base, since FROM consumption"),
    (Table::Meter, "SELECT running, boot, uptime FROM meter"),
];

/// A table that changes with use.
#[derive(Clone, Copy, Debug)]
pub(super) enum Table {
    Seats = 1,
    Sessions = 2,
    Consumption = 3,
    Meter = 4,
}

/// The digest of a state, in its two halves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StateDigest {
    pub(super) seldom: Digest,
    pub(super) often: Sum,
}

impl StateDigest {
    /// Both halves as one.
    pub(super) fn whole(&self) -> Digest {
        let hasher = Sha256::new().chain_update(self.seldom.as_bytes());
        Digest::from_bytes(
            self.often.0.iter().fold(hasher, |h, lane| h.chain_update(lane.to_be_bytes())).finalize().into(),
        )
    }
}

/// The sum of rows' hashes, in four lanes modulo 2^64.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum([u64; 4]);

impl Sum {
    pub(super) fn add(&mut self, row: Self) {
        self.0.iter_mut().zip(row.0).for_each(|(lane, row)| *lane = lane.wrapping_add(row));
    }

    pub(super) fn take(&mut self, row: Self) {
        self.0.iter_mut().zip(row.0).for_each(|(lane, row)| *lane = lane.wrapping_sub(row));
    }
}

/// Hashes rows under a key of the device.
pub(super) struct RowHasher(Zeroizing<[u8; 32]>);

impl RowHasher {
    pub(super) fn new(seed: &[u8; 32]) -> Result<Self, StateError> {
        derived(seed, b"postern state row v1").map(Self)
    }

    /// The hash of one row, all of whose values are given in the table's order.
    pub(super) fn row(&self, table: Table, values: &[ValueRef<'_>]) -> Sum {
        let mut hasher = Sha256::new().chain_update(self.0.as_slice()).chain_update([table as u8]);
        values.iter().for_each(|value| absorb(&mut hasher, *value));
        // Hashed once more: a plain SHA-256 under a key in front could be extended by further values.
        let hash: [u8; 32] =
            Sha256::new().chain_update(self.0.as_slice()).chain_update(hasher.finalize()).finalize().into();
        let (lanes, _) = hash.as_chunks::<8>();
        let mut sum = Sum::default();
        sum.0.iter_mut().zip(lanes).for_each(|(lane, bytes)| *lane = u64::from_be_bytes(*bytes));
        sum
    }
}

/// The digest of the state as it is now, from all of its rows.
pub(super) fn whole(connection: &Connection, keys: &Keys) -> Result<StateDigest, StateError> {
    Ok(StateDigest { seldom: seldom(connection)?, often: often(connection, keys)? })
}

/// The half of the digest that is over what changes with use.
pub(super) fn often(connection: &Connection, keys: &Keys) -> Result<Sum, StateError> {
    often_with(connection, keys, |_, _| {})
}

/// The same, and what `see` takes from the rows on the way.
pub(super) fn often_with(
    connection: &Connection,
    keys: &Keys,
    mut see: impl FnMut(Table, &[ValueRef<'_>]),
) -> Result<Sum, StateError> {
    let mut often = Sum::default();
    for (table, sql) in OFTEN {
        rows(connection, sql, |row| {
            see(table, row);
            often.add(keys.rows.row(table, row));
        })?;
    }
    Ok(often)
}

/// The half of the digest that is over what changes seldom.
pub(super) fn seldom(connection: &Connection) -> Result<Digest, StateError> {
    let mut hasher = Sha256::new();
    for table in SELDOM {
        hasher.update([b'T']);
        rows(connection, table, |row| {
            hasher.update([b'R']);
            row.iter().for_each(|value| absorb(&mut hasher, *value));
        })?;
    }
    Ok(Digest::from_bytes(hasher.finalize().into()))
}

fn rows(connection: &Connection, sql: &str, mut each: impl FnMut(&[ValueRef<'_>])) -> Result<(), StateError> {
    let mut statement = connection.prepare_cached(sql)?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let values = (0..columns).map(|column| row.get_ref(column)).collect::<Result<Vec<_>, _>>()?;
        each(&values);
    }
    Ok(())
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
