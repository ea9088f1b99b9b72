//! Reading the state: checked against its newest usage record, every stored document verified again.

use std::str::FromStr;

use postern_protocol::bundle_file::verify_revocations;
use postern_protocol::documents::{
    Checkpoint, DeviceIdentity, Enablement, ExtensionUse, FingerprintPart, Grantor, LedgerId, LedgerReference, License,
    Request, Revocations, TimeTicket, Variable,
};
use postern_protocol::{
    Chain, Digest, Envelope, File, Kind, Limits, PublicKey, Reader, Time, TrustState, UnderGrant, Unverified, Verified,
    VerifiedFile,
};
use rusqlite::{Connection, OptionalExtension, Params, Row};
use zeroize::Zeroizing;

use super::digest::{self, StateDigest};
use super::usage::{self, Record};
use super::{Keys, Secrets, StateError, Work};
use crate::machine::Uptime;
use crate::rules::facts::{
    Challenge, Consumed, CredentialFacts, CycleFacts, Enrollment, Extension, Facts, Fork, InstalledLicense, Meter,
    Seat, Session,
};

/// The machine's secrets.
pub(super) fn secrets(connection: &Connection) -> Result<Secrets, StateError> {
    connection
        .query_row("SELECT key, public, hiding_secret FROM device", [], |row| {
            let (seed, public) = (Zeroizing::new(row.get(0)?), PublicKey::from_bytes(row.get(1)?));
            Ok(Secrets::stored(seed, public, Zeroizing::new(row.get(2)?)))
        })
        .map_err(StateError::from)
}

/// Everything that the state says, checked against the newest usage record; and its digest.
pub(super) fn load(connection: &Connection, keys: &Keys) -> Result<(Facts, StateDigest), StateError> {
    let load = Load(connection);
    let (newest, usage) = newest(connection, keys)?;
    let digest = digest::whole(connection, keys)?;
    if newest.state() != digest.whole() {
        return Err(StateError::damaged("it is not what the newest usage record left"));
    }
    let facts = load.facts(keys, newest.at(), usage)?;
    Ok((facts, digest))
}

/// The newest record, opened in its place, and the checkpoint that it ends.
pub(super) fn newest(connection: &Connection, keys: &Keys) -> Result<(Record, Checkpoint), StateError> {
    Load(connection).newest_record(keys)?.ok_or_else(|| StateError::damaged("the usage chain is empty"))
}

/// Reads one connection.
struct Load<'a>(&'a Connection);

impl Load<'_> {
    fn facts(&self, keys: &Keys, last_seen: Time, usage: Checkpoint) -> Result<Facts, StateError> {
        let trust = self.trust()?;
        let installed = self.installed(&trust)?;
        let known = installed.as_ref().map(|(installed, _)| &installed.chain);
        let epoch = self.one("SELECT epoch FROM device", |row| number(row, 0))?.unwrap_or_default();
        Ok(Facts {
            device: DeviceIdentity { key: keys.secrets.device_key(), epoch },
            revocations: self.revocations(&trust, installed.as_ref())?,
            enrollment: self.enrollment(&trust, known)?,
            tokens: self.all("SELECT token FROM enablements", [], |row| parsed(row, 0))?,
            activation: self.one("SELECT id FROM activations WHERE closed_at IS NULL", |row| parsed(row, 0))?,
            closed_activations: self
                .all("SELECT id FROM activations WHERE closed_at IS NOT NULL", [], |row| parsed(row, 0))?,
            credential: self.one(
                "SELECT c.key, c.license_id FROM credentials c JOIN activations a ON a.id = c.activation
                 WHERE a.closed_at IS NULL ORDER BY c.ordinal DESC LIMIT 1",
                |row| {
                    let license_id = optional(row, 1)?.then(|| parsed(row, 1)).transpose()?;
                    Ok(CredentialFacts { key: parsed(row, 0)?, license_id })
                },
            )?,
            cycle: self.cycle()?,
            requests: self.all("SELECT digest FROM requests", [], |row| parsed(row, 0))?,
            installed: installed.map(|(installed, _)| installed),
            sequence: self.one("SELECT coalesce(max(sequence), 0) FROM licenses", |row| number(row, 0))?.unwrap_or(0),
            ledgers: self.all("SELECT key, epoch, position, previous FROM ledgers ORDER BY key, epoch", [], |row| {
                Ok(LedgerReference {
                    ledger: LedgerId { key: parsed(row, 0)?, epoch: number(row, 1)? },
                    position: number(row, 2)?,
                    previous: parsed(row, 3)?,
                })
            })?,
            fingerprint: self.all("SELECT part, hmac FROM fingerprint ORDER BY part", [], |row| {
                Ok(FingerprintPart { part: parsed(row, 0)?, hmac: parsed(row, 1)? })
            })?,
            required: self
                .one("SELECT required FROM licenses WHERE replaced_at IS NULL", |row| number(row, 0))?
                .unwrap_or_default(),
            variables: self.all("SELECT name, value FROM variables ORDER BY name", [], |row| {
                Ok(Variable { name: parsed(row, 0)?, value: row.get(1)? })
            })?,
            heads: self.all("SELECT count, head FROM heads", [], |row| Ok((number(row, 0)?, parsed(row, 1)?)))?,
            fork: self.fork()?,
            challenge: self.challenge()?,
            repairs: self
                .all("SELECT grantor, grant_id FROM repairs", [], |row| Ok((parsed(row, 0)?, parsed(row, 1)?)))?,
            extensions: self.all("SELECT ancestor, used_at, license FROM extensions ORDER BY ancestor", [], |row| {
                let told = ExtensionUse { grantor: Grantor::Root, grant: parsed(row, 0)?, at: time(row, 1)? };
                Ok(Extension { told, license: parsed(row, 2)? })
            })?,
            seats: self.all("SELECT seat_type, user, since FROM seats ORDER BY seat_type, user", [], |row| {
                Ok(Seat { seat_type: parsed(row, 0)?, user: row.get(1)?, since: time(row, 2)? })
            })?,
            sessions: self.all(
                "SELECT id, seat_type, user, since, until, holder FROM sessions ORDER BY id",
                [],
                |row| {
                    Ok(Session {
                        id: parsed(row, 0)?,
                        seat_type: parsed(row, 1)?,
                        user: row.get(2)?,
                        since: time(row, 3)?,
                        until: optional(row, 4)?.then(|| time(row, 4)).transpose()?,
                        holder: optional(row, 5)?.then(|| parsed(row, 5)).transpose()?,
                    })
                },
            )?,
            consumption: self.all(
                "SELECT ancestor, counter, total, base, since FROM consumption ORDER BY ancestor, counter",
                [],
                |row| {
                    Ok(Consumed {
                        ancestor: parsed(row, 0)?,
                        counter: parsed(row, 1)?,
                        total: number(row, 2)?,
                        base: number(row, 3)?,
                        since: time(row, 4)?,
                    })
                },
            )?,
            meter: self.one("SELECT running, boot, uptime FROM meter", |row| {
                Ok(Meter { running: number(row, 0)?, upto: Uptime { boot: parsed(row, 1)?, seconds: number(row, 2)? } })
            })?,
            usage,
            last_seen,
            trust,
        })
    }

    fn newest_record(&self, keys: &Keys) -> Result<Option<(Record, Checkpoint)>, StateError> {
        // One statement: preparing a second one for the first record takes longer than finding it.
        let sql = "SELECT sequence, sealed, hash, (SELECT hash FROM usage WHERE sequence = 1)
                   FROM usage ORDER BY sequence DESC LIMIT 2";
        let rows = self.all(sql, [], |row| {
            let genesis = optional(row, 3)?.then(|| hash(row, 3)).transpose()?;
            Ok((number(row, 0)?, row.get::<_, Vec<u8>>(1)?, hash(row, 2)?, genesis))
        })?;
        let Some((count, sealed, head, genesis)) = rows.first() else { return Ok(None) };
        let previous = rows.get(1).map_or_else(usage::before_the_first, |(_, _, before, _)| *before);
        let record = keys.sealer.open(*count, previous, sealed, *head, &mut Vec::new())?;
        let genesis = genesis.ok_or_else(|| StateError::damaged("the usage chain has lost its first record"))?;
        Ok(Some((record, Checkpoint { genesis, count: *count, head: *head })))
    }

    fn fork(&self) -> Result<Option<Fork>, StateError> {
        // What an answer has accepted stands in `heads`.
        let sql = "SELECT license, count, found_at FROM proofs p
                   WHERE NOT EXISTS (SELECT 1 FROM heads h WHERE h.count = p.count AND h.head = p.head)
                   ORDER BY found_at DESC LIMIT 1";
        self.one(sql, |row| Ok(Fork { license: parsed(row, 0)?, seen: number(row, 1)?, found_at: time(row, 2)? }))
    }

    fn challenge(&self) -> Result<Option<Challenge>, StateError> {
        let sql = "SELECT nonce, answered FROM challenges ORDER BY ordinal DESC LIMIT 1";
        let newest = self.one(sql, |row| Ok((Challenge { nonce: parsed(row, 0)? }, row.get::<_, bool>(1)?)))?;
        Ok(newest.filter(|(_, answered)| !answered).map(|(challenge, _)| challenge))
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
        TrustState::reopen(first.clone(), &Limits::DEFAULT)
            .and_then(|trust| trust.advance(later, &Limits::DEFAULT))
            .map_err(damaged)
    }

    /// The trust at a version, of which the current one is at hand.
    fn trust_then(&self, trust: &TrustState, number: u64) -> Result<TrustState, StateError> {
        if number == trust.current().number { Ok(trust.clone()) } else { self.trust_at(number) }
    }

    /// A stored file, verified as it was when it was accepted. Revocations since then have their own effect; grants that
    /// a known chain has are not verified twice.
    fn reopen<T: UnderGrant>(
        &self,
        trust: &TrustState,
        file: &str,
        known: Option<&Chain>,
    ) -> Result<VerifiedFile<T>, StateError> {
        let (bytes, number) = self.file(file)?;
        let then = self.trust_then(trust, number)?;
        let reader = Reader { trust: &then, revocations: &[], limits: Limits::DEFAULT };
        reader.reopen_below(&bytes, known).map_err(damaged)
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

    fn enrollment(&self, trust: &TrustState, known: Option<&Chain>) -> Result<Option<Enrollment>, StateError> {
        let sql = "SELECT file, enrolled_at FROM enablements ORDER BY ordinal DESC LIMIT 1";
        let Some((file, enrolled_at)) = self.one(sql, |row| Ok((row.get::<_, String>(0)?, time(row, 1)?)))? else {
            return Ok(None);
        };
        let verified = self.reopen::<Enablement>(trust, &file, known)?;
        Ok(Some(Enrollment { chain: verified.chain, token: verified.document, enrolled_at }))
    }

    fn cycle(&self) -> Result<Option<CycleFacts>, StateError> {
        let sql = "SELECT c.number, c.first_generated_at, c.ended_at IS NOT NULL, c.voided, r.file
                   FROM cycles c JOIN requests r ON r.cycle = c.number
                   ORDER BY c.number DESC, r.number DESC LIMIT 1";
        let row = self
            .one(sql, |row| Ok((number(row, 0)?, time(row, 1)?, row.get(2)?, row.get(3)?, row.get::<_, String>(4)?)))?;
        let Some((number, first_generated_at, ended, voided, file)) = row else { return Ok(None) };
        let newest = match ended {
            true => None,
            false => Some(own_request(&self.file(&file)?.0).map_err(damaged)?),
        };
        Ok(Some(CycleFacts { number, first_generated_at, ended, voided, newest }))
    }

    /// The license in force, and the name of its file.
    fn installed(&self, trust: &TrustState) -> Result<Option<(InstalledLicense, String)>, StateError> {
        let sql = "SELECT file, installed_at FROM licenses WHERE replaced_at IS NULL";
        let Some((file, installed_at)) = self.one(sql, |row| Ok((row.get::<_, String>(0)?, time(row, 1)?)))? else {
            return Ok(None);
        };
        let verified = self.reopen::<License>(trust, &file, None)?;
        Ok(Some((InstalledLicense { license: verified.document, chain: verified.chain, installed_at }, file)))
    }

    fn revocations(
        &self,
        trust: &TrustState,
        installed: Option<&(InstalledLicense, String)>,
    ) -> Result<Vec<Verified<Revocations>>, StateError> {
        let sql = "SELECT digest, file FROM revocations ORDER BY issuer";
        let lists = self.all(sql, [], |row| Ok((parsed::<Digest>(row, 0)?, row.get::<_, String>(1)?)))?;
        let known = installed.map(|(installed, _)| &installed.chain);
        lists
            .into_iter()
            .map(|(digest, file)| {
                let lists = match installed.filter(|(_, name)| *name == file) {
                    Some((installed, _)) => installed.chain.revocations().to_vec(),
                    None => self.lists_of(trust, &file, known)?,
                };
                let list = lists.into_iter().find(|list| list.digest() == digest);
                list.ok_or_else(|| StateError::damaged("a stored revocation list is missing"))
            })
            .collect()
    }

    /// The revocation lists of a stored file of any kind that brings some.
    fn lists_of(
        &self,
        trust: &TrustState,
        name: &str,
        known: Option<&Chain>,
    ) -> Result<Vec<Verified<Revocations>>, StateError> {
        let (bytes, number) = self.file(name)?;
        let file = File::parse(&bytes, &Limits::DEFAULT).map_err(damaged)?;
        let chain = match file.kind() {
            Some(Kind::Revocations) => {
                let tree = verify_revocations(file, &self.trust_then(trust, number)?, &Limits::DEFAULT);
                return Ok(tree.map_err(damaged)?.revocations().to_vec());
            }
            Some(Kind::Enablement) => self.reopen::<Enablement>(trust, name, known)?.chain,
            Some(Kind::TimeTicket) => self.reopen::<TimeTicket>(trust, name, known)?.chain,
            _ => self.reopen::<License>(trust, name, known)?.chain,
        };
        Ok(chain.revocations().to_vec())
    }

    fn all<T, P: Params>(
        &self,
        sql: &str,
        params: P,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StateError> {
        let mut statement = self.0.prepare_cached(sql)?;
        let rows = statement.query_map(params, read)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn one<T>(&self, sql: &str, read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>) -> Result<Option<T>, StateError> {
        Ok(self.0.prepare_cached(sql)?.query_row([], read).optional()?)
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

fn hash(row: &Row<'_>, column: usize) -> rusqlite::Result<Digest> {
    row.get::<_, [u8; 32]>(column).map(Digest::from_bytes)
}

fn optional(row: &Row<'_>, column: usize) -> rusqlite::Result<bool> {
    Ok(row.get_ref(column)? != rusqlite::types::ValueRef::Null)
}

impl Work<'_> {
    /// The file of the newest deactivation.
    pub(crate) fn newest_deactivation(&self) -> Result<Option<Vec<u8>>, StateError> {
        let sql = "SELECT d.file FROM deactivations d JOIN activations a ON a.id = d.activation
                   ORDER BY a.closed_at DESC, a.rowid DESC LIMIT 1";
        let load = Load(&self.tx);
        let name = load.one(sql, |row| row.get::<_, String>(0))?;
        name.map(|name| load.file(&name).map(|(bytes, _)| bytes)).transpose()
    }

    /// The files that prove that this store was rolled back or copied.
    pub(crate) fn proofs(&self) -> Result<Vec<Vec<u8>>, StateError> {
        let load = Load(&self.tx);
        let names =
            load.all("SELECT file FROM proofs ORDER BY found_at, license", [], |row| row.get::<_, String>(0))?;
        names.iter().map(|name| load.file(name).map(|(bytes, _)| bytes)).collect()
    }
}
