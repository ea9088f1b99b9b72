//! Writing the state. Each function writes what one rule decided; `record` closes the operation.

use postern_protocol::documents::{Checkpoint, Enablement, FingerprintPart, LedgerReference, License};
use postern_protocol::{Chain, Id, Prepared, Time, TrustState, VerifiedFile};
use rusqlite::params;

use super::usage::Sealed;
use super::{StateError, Work, file_name, stored};

impl Work<'_> {
    pub(super) fn save_device(&self) -> Result<(), StateError> {
        self.tx.execute(
            "INSERT INTO device (id, key, epoch, hiding_secret) VALUES (1, ?1, 0, ?2)",
            params![self.secrets.device.expose(), self.secrets.hiding.as_slice()],
        )?;
        Ok(())
    }

    pub(super) fn save_trust(&self, trust: &TrustState) -> Result<(), StateError> {
        for document in trust.history() {
            self.tx.execute(
                "INSERT OR IGNORE INTO trust (number, envelope) VALUES (?1, ?2)",
                params![stored(document.number), document.envelope().line()],
            )?;
        }
        Ok(())
    }

    pub(super) fn save_record(&self, sequence: u64, record: &Sealed) -> Result<(), StateError> {
        self.tx
            .prepare_cached("INSERT INTO usage (sequence, nonce, sealed, hash) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![stored(sequence), record.nonce.as_slice(), record.sealed, record.hash.as_bytes()])?;
        Ok(())
    }

    /// Installs a token: it is in force now, with the trust and revocations that its file brought.
    pub(crate) fn save_enablement(
        &self,
        file: &VerifiedFile<Enablement>,
        bytes: &[u8],
        now: Time,
    ) -> Result<(), StateError> {
        let name = self.save_file(bytes, &file.chain)?;
        let token = &file.document;
        self.tx.execute(
            "INSERT INTO enablements (token, digest, enrolled_at, file) VALUES (?1, ?2, ?3, ?4)",
            params![token.id.as_str(), token.digest().to_string(), stored(now.unix()), name],
        )?;
        self.save_ledger(&token.ledger)
    }

    pub(crate) fn open_activation(&self, id: &Id, now: Time) -> Result<(), StateError> {
        self.tx.execute(
            "INSERT INTO activations (id, opened_at) VALUES (?1, ?2)",
            params![id.as_str(), stored(now.unix())],
        )?;
        Ok(())
    }

    /// Ends the open cycle, if there is one.
    pub(crate) fn end_cycle(&self, by: CycleEnd, now: Time) -> Result<(), StateError> {
        let by = match by {
            CycleEnd::Install => "install",
            CycleEnd::Token => "token",
        };
        self.tx.execute(
            "UPDATE cycles SET ended_at = ?1, ended_by = ?2 WHERE ended_at IS NULL",
            params![stored(now.unix()), by],
        )?;
        Ok(())
    }

    /// Keeps a request that was made, and the checkpoint that leaves the machine with it.
    pub(crate) fn save_request(
        &self,
        cycle: &postern_protocol::documents::Cycle,
        prepared: &Prepared,
        usage: &Checkpoint,
        bytes: &[u8],
        trust_number: u64,
    ) -> Result<(), StateError> {
        self.tx.execute(
            "INSERT OR IGNORE INTO cycles (number, first_generated_at) VALUES (?1, ?2)",
            params![stored(cycle.cycle), stored(cycle.first_generated_at.unix())],
        )?;
        self.insert_file(bytes, trust_number)?;
        self.tx.execute(
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

    /// Installs a license in place of the one before.
    pub(crate) fn save_license(
        &self,
        file: &VerifiedFile<License>,
        bytes: &[u8],
        fingerprint: &[FingerprintPart],
        now: Time,
    ) -> Result<(), StateError> {
        let name = self.save_file(bytes, &file.chain)?;
        let license = &file.document;
        let at = stored(now.unix());
        self.tx.execute("UPDATE licenses SET replaced_at = ?1 WHERE replaced_at IS NULL", params![at])?;
        self.tx.execute(
            "INSERT INTO licenses (sequence, digest, activation, installed_at, file) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![stored(license.sequence), license.digest().to_string(), license.activation.as_str(), at, name],
        )?;
        self.tx.execute("UPDATE device SET epoch = ?1", params![stored(license.device.epoch)])?;
        self.tx.execute("DELETE FROM fingerprint", [])?;
        for part in fingerprint {
            self.tx.execute(
                "INSERT INTO fingerprint (part, hmac) VALUES (?1, ?2)",
                params![part.part.as_str(), part.hmac.to_string()],
            )?;
        }
        self.save_ledger(&license.ledger)
    }

    /// Keeps a checkpoint: one that leaves the machine, or one of a branch that an answer forgave.
    pub(crate) fn save_head(&self, usage: &Checkpoint, forgiven: bool) -> Result<(), StateError> {
        self.tx.execute(
            "INSERT OR IGNORE INTO heads (count, head, forgiven) VALUES (?1, ?2, ?3)",
            params![stored(usage.count), usage.head.to_string(), forgiven],
        )?;
        Ok(())
    }

    pub(crate) fn take_seat(&self, seat_type: &Id, user: &str, now: Time) -> Result<(), StateError> {
        self.tx.execute(
            "INSERT INTO seats (seat_type, user, since) VALUES (?1, ?2, ?3)",
            params![seat_type.as_str(), user, stored(now.unix())],
        )?;
        Ok(())
    }

    pub(crate) fn free_seat(&self, seat_type: &Id, user: &str) -> Result<(), StateError> {
        self.tx.execute("DELETE FROM seats WHERE seat_type = ?1 AND user = ?2", params![seat_type.as_str(), user])?;
        Ok(())
    }

    /// Stores an accepted file, and the trust and revocations that it brought.
    fn save_file(&self, bytes: &[u8], chain: &Chain) -> Result<String, StateError> {
        self.save_trust(chain.trust())?;
        self.insert_file(bytes, chain.trust().current().number)?;
        let name = file_name(bytes);
        for list in chain.revocations() {
            self.tx.execute(
                "INSERT INTO revocations (issuer, serial, digest, file) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (issuer) DO UPDATE
                 SET serial = excluded.serial, digest = excluded.digest, file = excluded.file
                 WHERE excluded.serial > serial",
                params![list.issuer.to_string(), stored(list.serial), list.digest().to_string(), name],
            )?;
        }
        Ok(name)
    }

    fn insert_file(&self, bytes: &[u8], trust_number: u64) -> Result<(), StateError> {
        self.tx.execute(
            "INSERT OR IGNORE INTO files (digest, trust_number, bytes) VALUES (?1, ?2, ?3)",
            params![file_name(bytes), stored(trust_number), bytes],
        )?;
        Ok(())
    }

    fn save_ledger(&self, reference: &LedgerReference) -> Result<(), StateError> {
        self.tx.execute(
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
}
