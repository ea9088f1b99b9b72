//! Writing what changes seldom. Each function writes what one rule decided; `record_change` closes the operation.

use postern_protocol::documents::{
    Checkpoint, Cycle, Enablement, FingerprintPart, Grantor, LedgerReference, License, Revocations, TimeTicket,
};
use postern_protocol::{Chain, Digest, Id, Prepared, Time, TrustState, Verified, VerifiedFile};
use rusqlite::{Connection, Transaction, params};

use super::usage::{self, Event, Record, Sealed};
use super::{Keys, StateError, Work, digest, file_name, stored};
use crate::rules::facts::{CredentialFacts, Extension};

/// Writes a new state: its device, its trust, its first record.
pub(super) fn first(tx: Transaction<'_>, keys: &Keys, trust: &TrustState, now: Time) -> Result<(), StateError> {
    tx.execute(
        "INSERT INTO device (id, key, public, epoch, hiding_secret) VALUES (1, ?1, ?2, 0, ?3)",
        params![keys.secrets.seed.as_slice(), keys.secrets.public.as_bytes(), keys.secrets.hiding.as_slice()],
    )?;
    save_trust(&tx, trust)?;
    let event = Event::Begun { root: trust.first().digest().into() };
    let begun = Record::new(vec![(now, event)], digest::whole(&tx, keys)?.whole());
    record(&tx, 1, &keys.sealer.seal(1, usage::before_the_first(), &begun)?)?;
    Ok(tx.commit()?)
}

/// Writes a usage record.
pub(super) fn record(connection: &Connection, sequence: u64, record: &Sealed) -> Result<(), StateError> {
    connection.prepare_cached("INSERT INTO usage (sequence, sealed, hash) VALUES (?1, ?2, ?3)")?.execute(params![
        stored(sequence),
        record.bytes,
        record.hash.as_bytes()
    ])?;
    Ok(())
}

fn save_trust(connection: &Connection, trust: &TrustState) -> Result<(), StateError> {
    for document in trust.history() {
        connection.execute(
            "INSERT OR IGNORE INTO trust (number, envelope) VALUES (?1, ?2)",
            params![stored(document.number), document.envelope().line()],
        )?;
    }
    Ok(())
}

impl Work<'_> {
    /// The transaction, to write to.
    fn writing(&mut self) -> &Transaction<'_> {
        self.writes += 1;
        &self.tx
    }

    /// Installs a token: it is in force now, with the trust and revocations that its file brought.
    pub(crate) fn save_enablement(
        &mut self,
        file: &VerifiedFile<Enablement>,
        bytes: &[u8],
        now: Time,
    ) -> Result<(), StateError> {
        let name = self.save_file(bytes, &file.chain)?;
        let token = &file.document;
        self.writing().execute(
            "INSERT INTO enablements (token, digest, enrolled_at, file) VALUES (?1, ?2, ?3, ?4)",
            params![token.id.as_str(), token.digest().to_string(), stored(now.unix()), name],
        )?;
        self.save_ledger(&token.ledger)
    }

    pub(crate) fn open_activation(&mut self, id: &Id, now: Time) -> Result<(), StateError> {
        self.writing().execute(
            "INSERT INTO activations (id, opened_at) VALUES (?1, ?2)",
            params![id.as_str(), stored(now.unix())],
        )?;
        Ok(())
    }

    /// The credential that the activation is asked for with from now on.
    pub(crate) fn save_credential(&mut self, activation: &Id, credential: &CredentialFacts) -> Result<(), StateError> {
        self.writing().execute(
            "INSERT INTO credentials (activation, key, license_id) VALUES (?1, ?2, ?3)",
            params![activation.as_str(), credential.key.to_string(), credential.license_id.as_ref().map(Id::as_str)],
        )?;
        Ok(())
    }

    /// The open activation is no longer asked for with a credential.
    pub(crate) fn forget_credential(&mut self) -> Result<(), StateError> {
        self.writing().execute(
            "DELETE FROM credentials WHERE activation IN (SELECT id FROM activations WHERE closed_at IS NULL)",
            [],
        )?;
        Ok(())
    }

    /// Sets a device variable, or removes it.
    pub(crate) fn save_variable(&mut self, name: &Id, value: Option<&str>) -> Result<(), StateError> {
        match value {
            Some(value) => self.writing().execute(
                "INSERT OR REPLACE INTO variables (name, value) VALUES (?1, ?2)",
                params![name.as_str(), value],
            )?,
            None => self.writing().execute("DELETE FROM variables WHERE name = ?1", [name.as_str()])?,
        };
        Ok(())
    }

    /// Ends the open cycle, if there is one.
    pub(crate) fn end_cycle(&mut self, by: CycleEnd, now: Time) -> Result<(), StateError> {
        let by = match by {
            CycleEnd::Install => "install",
            CycleEnd::Token => "token",
            CycleEnd::Late => "late",
            CycleEnd::Ticket => "ticket",
            CycleEnd::Deactivation => "deactivation",
        };
        self.writing().execute(
            "UPDATE cycles SET ended_at = ?1, ended_by = ?2 WHERE ended_at IS NULL",
            params![stored(now.unix()), by],
        )?;
        Ok(())
    }

    /// Keeps a request that was made, and the checkpoint that leaves the machine with it.
    pub(crate) fn save_request(
        &mut self,
        cycle: &Cycle,
        prepared: &Prepared,
        usage: &Checkpoint,
        bytes: &[u8],
        trust_number: u64,
    ) -> Result<(), StateError> {
        self.writing().execute(
            "INSERT INTO cycles (number, first_generated_at) VALUES (?1, ?2)
             ON CONFLICT (number) DO UPDATE SET voided = 0",
            params![stored(cycle.cycle), stored(cycle.first_generated_at.unix())],
        )?;
        self.insert_file(bytes, trust_number)?;
        self.writing().execute(
            "INSERT INTO requests (cycle, number, digest, generated_at, file) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                stored(cycle.cycle),
                stored(cycle.number),
                prepared.digest().to_string(),
                stored(cycle.generated_at.unix()),
                file_name(bytes)
            ],
        )?;
        self.save_head(usage, false)
    }

    /// Installs a license in place of the one before, on hardware as measured; a refresh, which nobody measured for,
    /// stays bound to what the one before is bound to.
    pub(crate) fn save_license(
        &mut self,
        file: &VerifiedFile<License>,
        bytes: &[u8],
        measured: Option<&[FingerprintPart]>,
        required: u64,
        now: Time,
    ) -> Result<(), StateError> {
        let name = self.save_file(bytes, &file.chain)?;
        let license = &file.document;
        let at = stored(now.unix());
        self.writing().execute("UPDATE licenses SET replaced_at = ?1 WHERE replaced_at IS NULL", params![at])?;
        self.writing().execute(
            "INSERT INTO licenses (sequence, digest, activation, installed_at, required, file)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                stored(license.sequence),
                license.digest().to_string(),
                license.activation.as_str(),
                at,
                stored(required),
                name
            ],
        )?;
        self.writing().execute("UPDATE device SET epoch = ?1", params![stored(license.device.epoch)])?;
        if measured.is_some() {
            self.writing().execute("DELETE FROM fingerprint", [])?;
        }
        for part in measured.unwrap_or_default() {
            self.writing().execute(
                "INSERT INTO fingerprint (part, hmac) VALUES (?1, ?2)",
                params![part.part.as_str(), part.hmac.to_string()],
            )?;
        }
        self.save_ledger(&license.ledger)
    }

    /// Keeps a checkpoint: one that leaves the machine, or one of a branch that an answer forgave.
    pub(crate) fn save_head(&mut self, usage: &Checkpoint, forgiven: bool) -> Result<(), StateError> {
        self.writing().execute(
            "INSERT OR IGNORE INTO heads (count, head, forgiven) VALUES (?1, ?2, ?3)",
            params![stored(usage.count), usage.head.to_string(), forgiven],
        )?;
        Ok(())
    }

    /// Keeps a clock challenge and the checkpoint that leaves the machine with it.
    pub(crate) fn save_challenge(
        &mut self,
        nonce: &Id,
        prepared: &Prepared,
        usage: &Checkpoint,
    ) -> Result<(), StateError> {
        self.writing().execute(
            "INSERT INTO challenges (nonce, digest) VALUES (?1, ?2)",
            params![nonce.as_str(), prepared.digest().to_string()],
        )?;
        self.save_head(usage, false)
    }

    /// Takes a ticket: its challenge is answered, and the open request void.
    pub(crate) fn save_ticket(
        &mut self,
        file: &VerifiedFile<TimeTicket>,
        bytes: &[u8],
        back: Option<(&Grantor, &Id, u64)>,
    ) -> Result<(), StateError> {
        self.save_file(bytes, &file.chain)?;
        self.writing()
            .execute("UPDATE challenges SET answered = 1 WHERE nonce = ?1", [file.document.nonce.as_str()])?;
        self.writing().execute("UPDATE cycles SET voided = 1 WHERE ended_at IS NULL", [])?;
        if let Some((grantor, id, seconds)) = back {
            self.writing().execute(
                "INSERT INTO repairs (grantor, grant_id, back) VALUES (?1, ?2, ?3)",
                params![grantor.to_string(), id.as_str(), stored(seconds)],
            )?;
        }
        self.save_ledger(&file.document.ledger)
    }

    pub(crate) fn save_extension(&mut self, extension: &Extension) -> Result<(), StateError> {
        let Extension { told, license } = extension;
        self.writing().execute(
            "INSERT INTO extensions (ancestor, license, used_at) VALUES (?1, ?2, ?3)",
            params![told.grant.as_str(), license.to_string(), stored(told.at.unix())],
        )?;
        Ok(())
    }

    /// Closes an activation, and keeps the document that says so.
    pub(crate) fn save_deactivation(
        &mut self,
        activation: &Id,
        bytes: &[u8],
        trust_number: u64,
        now: Time,
    ) -> Result<(), StateError> {
        self.insert_file(bytes, trust_number)?;
        let at = stored(now.unix());
        self.writing().execute("UPDATE licenses SET replaced_at = ?1 WHERE replaced_at IS NULL", params![at])?;
        self.writing()
            .execute("UPDATE activations SET closed_at = ?1 WHERE id = ?2", params![at, activation.as_str()])?;
        self.writing().execute(
            "INSERT INTO deactivations (activation, file) VALUES (?1, ?2)",
            params![activation.as_str(), file_name(bytes)],
        )?;
        Ok(())
    }

    /// Keeps the license that proves that this store was rolled back or copied.
    pub(crate) fn save_proof(
        &mut self,
        license: Digest,
        seen: &Checkpoint,
        bytes: &[u8],
        trust_number: u64,
        now: Time,
    ) -> Result<(), StateError> {
        self.insert_file(bytes, trust_number)?;
        self.writing().execute(
            "INSERT OR IGNORE INTO proofs (license, count, head, found_at, file) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                license.to_string(),
                stored(seen.count),
                seen.head.to_string(),
                stored(now.unix()),
                file_name(bytes)
            ],
        )?;
        Ok(())
    }

    /// Keeps newer trust.
    pub(crate) fn save_newer_trust(&mut self, trust: &TrustState) -> Result<(), StateError> {
        save_trust(self.writing(), trust)
    }

    /// Stores an accepted file, and the trust and revocations that it brought.
    fn save_file(&mut self, bytes: &[u8], chain: &Chain) -> Result<String, StateError> {
        self.save_lists(bytes, chain.trust(), chain.revocations())
    }

    /// Stores a file, and the trust and revocation lists out of it.
    pub(crate) fn save_lists(
        &mut self,
        bytes: &[u8],
        trust: &TrustState,
        lists: &[Verified<Revocations>],
    ) -> Result<String, StateError> {
        self.save_newer_trust(trust)?;
        self.insert_file(bytes, trust.current().number)?;
        let name = file_name(bytes);
        for list in lists {
            self.writing().execute(
                "INSERT INTO revocations (issuer, serial, digest, file) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (issuer) DO UPDATE
                 SET serial = excluded.serial, digest = excluded.digest, file = excluded.file
                 WHERE excluded.serial > serial",
                params![list.issuer.to_string(), stored(list.serial), list.digest().to_string(), name],
            )?;
        }
        Ok(name)
    }

    fn insert_file(&mut self, bytes: &[u8], trust_number: u64) -> Result<(), StateError> {
        self.writing().execute(
            "INSERT OR IGNORE INTO files (digest, trust_number, bytes) VALUES (?1, ?2, ?3)",
            params![file_name(bytes), stored(trust_number), bytes],
        )?;
        Ok(())
    }

    fn save_ledger(&mut self, reference: &LedgerReference) -> Result<(), StateError> {
        self.writing().execute(
            "INSERT INTO ledgers (key, epoch, position, previous) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (key, epoch) DO UPDATE
             SET position = excluded.position, previous = excluded.previous
             WHERE excluded.position > position",
            params![
                reference.ledger.key.to_string(),
                stored(reference.ledger.epoch),
                stored(reference.position),
                reference.previous.to_string()
            ],
        )?;
        Ok(())
    }
}

/// What ends a request cycle.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CycleEnd {
    /// A license was installed.
    Install,
    /// A new token was installed on a locked machine.
    Token,
    /// It ran out on a machine that nothing locks.
    Late,
    /// The clock was repaired to before its begin.
    Ticket,
    /// The activation was closed.
    Deactivation,
}
