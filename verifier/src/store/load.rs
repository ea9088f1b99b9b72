//! Reading the state: checked against its newest usage record, every stored document verified again.

use std::str::FromStr;

use postern_protocol::UnderGrant;
use postern_protocol::documents::{
    Checkpoint, DeviceIdentity, Enablement, FingerprintPart, LedgerId, LedgerReference, License, Request, Revocations,
};
use postern_protocol::{
    Digest, Envelope, File, Kind, Limits, Reader, SecretKey, Time, TrustState, Unverified, Verified, VerifiedFile,
};
use rusqlite::{Connection, OptionalExtension, Params, Row};
use zeroize::Zeroizing;

use super::usage::{self, Sealed};
use super::{Newest, Secrets, StateError, Work};
use crate::rules::facts::{CycleFacts, Enrollment, Facts, InstalledLicense, Seat};

/// The machine's secrets.
pub(super) fn secrets(connection: &Connection) -> Result<Secrets, StateError> {
    connection
        .query_row("SELECT key, hiding_secret FROM device", [], |row| {
            let key = Zeroizing::new(row.get::<_, [u8; 32]>(0)?);
            Ok(Secrets { device: SecretKey::from_bytes(&key), hiding: Zeroizing::new(row.get(1)?) })
        })
        .map_err(StateError::from)
}

impl Work<'_> {
    /// Everything that the state says.
    pub(crate) fn load(&self) -> Result<Facts, StateError> {
        let newest = self.newest_record()?.ok_or_else(|| StateError::damaged("the usage chain is empty"))?;
        if newest.record.state != self.state_digest()? {
            return Err(StateError::damaged("it is not what the newest usage record left"));
        }
        let trust = self.trust()?;
        Ok(Facts {
            device: DeviceIdentity {
                key: self.secrets.device_key(),
                epoch: self.one("SELECT epoch FROM device", |row| number(row, 0))?.unwrap_or_default(),
            },
            revocations: self.revocations(&trust)?,
            enrollment: self.enrollment(&trust)?,
            tokens: self.all("SELECT token FROM enablements", [], |row| parsed(row, 0))?,
            activation: self.one("SELECT id FROM activations WHERE closed_at IS NULL", |row| parsed(row, 0))?,
            closed_activations: self
                .all("SELECT id FROM activations WHERE closed_at IS NOT NULL", [], |row| parsed(row, 0))?,
            cycle: self.cycle()?,
            requests: self.all("SELECT digest FROM requests", [], |row| parsed(row, 0))?,
            installed: self.installed(&trust)?,
            sequence: self.one("SELECT coalesce(max(sequence), 0) FROM licenses", |row| number(row, 0))?.unwrap_or(0),
            ledgers: self.all("SELECT key, epoch, position, previous FROM ledgers ORDER BY key, epoch", [], |row| {
                Ok(LedgerReference {
                    ledger: LedgerId { key: parsed(row, 0)?, epoch: number(row, 1)? },
                    position: number(row, 2)?,
                    previous: parsed(row, 3)?,
                })
            })?,
            seats: self.all("SELECT seat_type, user, since FROM seats ORDER BY seat_type, user", [], |row| {
                Ok(Seat { seat_type: parsed(row, 0)?, user: row.get(1)?, since: time(row, 2)? })
            })?,
            fingerprint: self.all("SELECT part, hmac FROM fingerprint ORDER BY part", [], |row| {
                Ok(FingerprintPart { part: parsed(row, 0)?, hmac: parsed(row, 1)? })
            })?,
            heads: self.all("SELECT count, head FROM heads", [], |row| Ok((number(row, 0)?, parsed(row, 1)?)))?,
            usage: newest.checkpoint,
            last_seen: newest.record.at,
            trust,
        })
    }

    /// The newest usage record, opened in its place.
    pub(crate) fn newest_record(&self) -> Result<Option<Newest>, StateError> {
        let rows =
            self.all("SELECT sequence, nonce, sealed, hash FROM usage ORDER BY sequence DESC LIMIT 2", [], sealed)?;
        let Some((count, newest)) = rows.first() else { return Ok(None) };
        let previous = rows.get(1).map_or_else(usage::before_the_first, |(_, before)| before.hash);
        let record = self.sealer.open(*count, previous, newest)?;
        let genesis = self.one("SELECT hash FROM usage WHERE sequence = 1", |row| digest(row, 0))?;
        let genesis = genesis.ok_or_else(|| StateError::damaged("the usage chain has lost its first record"))?;
        Ok(Some(Newest { record, checkpoint: Checkpoint { genesis, count: *count, head: newest.hash } }))
    }

    /// Opens every usage record from the first on; says how many there are.
    pub(crate) fn audit(&self) -> Result<u64, StateError> {
        let mut statement = self.tx.prepare("SELECT sequence, nonce, sealed, hash FROM usage ORDER BY sequence")?;
        let mut rows = statement.query([])?;
        let (mut count, mut previous) = (0, usage::before_the_first());
        while let Some(row) = rows.next()? {
            let (sequence, stored) = sealed(row)?;
            if sequence != count + 1 {
                return Err(StateError::damaged(format!("usage record {} is missing", count + 1)));
            }
            self.sealer.open(sequence, previous, &stored)?;
            (count, previous) = (sequence, stored.hash);
        }
        Ok(count)
    }

    fn trust(&self) -> Result<TrustState, StateError> {
        self.trust_at(u64::MAX >> 1)
    }

    /// The trust as it was at this version.
    fn trust_at(&self, number: u64) -> Result<TrustState, StateError> {
        let lines: Vec<Vec<u8>> = self.all(
            "SELECT envelope FROM trust WHERE number <= ?1 ORDER BY number",
            [super::stored(number)],
            |row| row.get(0),
        )?;
        let envelopes = lines
            .iter()
            .map(|line| Envelope::parse(line, &Limits::DEFAULT))
            .collect::<Result<Vec<_>, _>>()
            .map_err(damaged)?;
        let (first, later) = envelopes.split_first().ok_or_else(|| StateError::damaged("no vendor root is pinned"))?;
        TrustState::begin(first.clone(), &Limits::DEFAULT)
            .and_then(|trust| trust.advance(later, &Limits::DEFAULT))
            .map_err(damaged)
    }

    /// A stored file, verified as it was when it was accepted. Revocations since then have their own effect.
    fn reopen<T: UnderGrant>(&self, trust: &TrustState, file: &str) -> Result<VerifiedFile<T>, StateError> {
        let (bytes, number) = self.file(file)?;
        let then = if number == trust.current().number { trust.clone() } else { self.trust_at(number)? };
        Reader { trust: &then, revocations: &[], limits: Limits::DEFAULT }.reopen(&bytes).map_err(damaged)
    }

    /// A stored file's bytes, and the trust version that it was accepted under.
    fn file(&self, name: &str) -> Result<(Vec<u8>, u64), StateError> {
        let sql = "SELECT bytes, trust_number FROM files WHERE digest = ?1";
        let (bytes, number): (Vec<u8>, u64) = self
            .all(sql, [name], |row| Ok((row.get(0)?, number(row, 1)?)))?
            .pop()
            .ok_or_else(|| StateError::damaged("a stored file is missing"))?;
        if super::file_name(&bytes) == name {
            Ok((bytes, number))
        } else {
            Err(StateError::damaged("a stored file was changed"))
        }
    }

    fn enrollment(&self, trust: &TrustState) -> Result<Option<Enrollment>, StateError> {
        let sql = "SELECT file, enrolled_at FROM enablements ORDER BY ordinal DESC LIMIT 1";
        let Some((file, enrolled_at)) = self.one(sql, |row| Ok((row.get::<_, String>(0)?, time(row, 1)?)))? else {
            return Ok(None);
        };
        let verified = self.reopen::<Enablement>(trust, &file)?;
        Ok(Some(Enrollment { cycle: verified.chain.leaf().cycle, token: verified.document, enrolled_at }))
    }

    fn cycle(&self) -> Result<Option<CycleFacts>, StateError> {
        let sql = "SELECT c.number, c.first_generated_at, c.ended_at IS NOT NULL, r.file
                   FROM cycles c JOIN requests r ON r.cycle = c.number
                   ORDER BY c.number DESC, r.number DESC LIMIT 1";
        let row = self.one(sql, |row| Ok((number(row, 0)?, time(row, 1)?, row.get(2)?, row.get::<_, String>(3)?)))?;
        let Some((number, first_generated_at, ended, file)) = row else { return Ok(None) };
        let (bytes, _) = self.file(&file)?;
        let newest = own_request(&bytes).map_err(damaged)?;
        Ok(Some(CycleFacts { number, first_generated_at, ended, newest }))
    }

    fn installed(&self, trust: &TrustState) -> Result<Option<InstalledLicense>, StateError> {
        let sql = "SELECT file, installed_at FROM licenses WHERE replaced_at IS NULL";
        let Some((file, installed_at)) = self.one(sql, |row| Ok((row.get::<_, String>(0)?, time(row, 1)?)))? else {
            return Ok(None);
        };
        let verified = self.reopen::<License>(trust, &file)?;
        Ok(Some(InstalledLicense { license: verified.document, chain: verified.chain, installed_at }))
    }

    fn revocations(&self, trust: &TrustState) -> Result<Vec<Verified<Revocations>>, StateError> {
        let sql = "SELECT digest, file FROM revocations ORDER BY issuer";
        let lists = self.all(sql, [], |row| Ok((parsed::<Digest>(row, 0)?, row.get::<_, String>(1)?)))?;
        lists
            .into_iter()
            .map(|(digest, file)| {
                let (bytes, _) = self.file(&file)?;
                let kind = File::parse(&bytes, &Limits::DEFAULT).map_err(damaged)?.kind();
                let chain = match kind {
                    Some(Kind::Enablement) => self.reopen::<Enablement>(trust, &file)?.chain,
                    _ => self.reopen::<License>(trust, &file)?.chain,
                };
                let list = chain.revocations().iter().find(|list| list.digest() == digest).cloned();
                list.ok_or_else(|| StateError::damaged("a stored revocation list is missing"))
            })
            .collect()
    }

    fn all<T, P: Params>(
        &self,
        sql: &str,
        params: P,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StateError> {
        let mut statement = self.tx.prepare_cached(sql)?;
        let rows = statement.query_map(params, read)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn one<T>(&self, sql: &str, read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>) -> Result<Option<T>, StateError> {
        Ok(self.tx.prepare_cached(sql)?.query_row([], read).optional()?)
    }
}

/// A request that this machine made, from its file.
fn own_request(bytes: &[u8]) -> Result<Verified<Request>, postern_protocol::DocumentError> {
    let envelope = File::parse(bytes, &Limits::DEFAULT)?.document(Kind::Request)?.clone();
    Unverified::<Request>::new(envelope)?.verify_by_named_signers(&Limits::DEFAULT)
}

fn damaged(error: impl std::fmt::Display) -> StateError {
    StateError::damaged(format!("a stored document does not hold ({error})"))
}

fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, number))
}

fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Time> {
    number(row, column).map(Time::from_unix)
}

/// A value that documents write as one string.
fn parsed<T: FromStr>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    text.parse().map_err(|_| rusqlite::Error::InvalidColumnType(column, text, rusqlite::types::Type::Text))
}

fn digest(row: &Row<'_>, column: usize) -> rusqlite::Result<Digest> {
    row.get::<_, [u8; 32]>(column).map(Digest::from_bytes)
}

fn sealed(row: &Row<'_>) -> rusqlite::Result<(u64, Sealed)> {
    Ok((number(row, 0)?, Sealed { nonce: row.get(1)?, sealed: row.get(2)?, hash: digest(row, 3)? }))
}
