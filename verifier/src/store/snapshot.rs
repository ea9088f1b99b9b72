//! The sealed snapshot: what a program needs of the license in force that asks once and ends.
//!
//! Verifying a chain takes longer than starting a process. The state without an application's anchor rests on the seal of
//! its newest record, the pinned root with it; so does the snapshot, which names the digest of everything but uses that
//! it was taken from. One that does not fit the newest record is not used. Where an anchor is compiled in, the license is
//! verified from there each time.

use postern_protocol::Time;
use postern_protocol::documents::{Feature, FingerprintPart};
use rusqlite::types::ValueRef;
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::digest::{StateDigest, Table};
use super::usage::Hash;
use super::{StateError, Store, Work, digest, load};
use crate::rules::clock;
use crate::rules::permit::{Since, Terms};

/// What binds the snapshot to its place among all that is sealed.
const PLACE: &[u8] = b"postern snapshot v1";

/// What is sealed.
#[derive(Serialize, Deserialize)]
struct Snapshot {
    /// The digest of everything but uses.
    seldom: Hash,
    license: Option<License>,
}

#[derive(Serialize, Deserialize)]
struct License {
    terms: Terms,
    features: Vec<Feature>,
    /// When the newest document that is installed was issued.
    document: Time,
    fingerprint: Vec<FingerprintPart>,
    required: u64,
}

/// The license in force by the snapshot: its terms now, and its features. Absent before the first license.
pub(crate) type InForce = Option<(Terms, Vec<Feature>)>;

impl Work<'_> {
    /// Takes the snapshot of what a change has left.
    pub(super) fn save_snapshot(&mut self) -> Result<(), StateError> {
        let state = self.state()?;
        let facts = &state.facts;
        let license = facts.installed.as_ref().zip(state.terms.clone()).map(|(installed, terms)| License {
            terms,
            features: installed.license.features.clone(),
            document: clock::newest_document(facts),
            fingerprint: facts.fingerprint.clone(),
            required: facts.required,
        });
        let snapshot = Snapshot { seldom: state.digest.seldom.into(), license };
        let plain = serde_json::to_vec(&snapshot).map_err(|error| StateError::damaged(error.to_string()))?;
        let sealed = self.keys.sealer.seal_bytes(PLACE, plain)?;
        self.writes += 1;
        self.tx.execute("INSERT OR REPLACE INTO snapshot (id, sealed) VALUES (1, ?1)", params![sealed])?;
        Ok(())
    }

    /// The license in force by the snapshot; none where there is no snapshot of this very state.
    fn snapshot(&self) -> Result<Option<InForce>, StateError> {
        let row = self.tx.query_row("SELECT sealed FROM snapshot", [], |row| row.get::<_, Vec<u8>>(0));
        let mut plain = Vec::new();
        let opened = row.optional()?.and_then(|sealed| self.keys.sealer.open_bytes(PLACE, &sealed, &mut plain));
        let Some(snapshot) = opened.and_then(|()| serde_json::from_slice::<Snapshot>(&plain).ok()) else {
            return Ok(None);
        };
        let (newest, _) = load::newest(&self.tx, self.keys)?;
        let mut running = 0;
        let often = digest::often_with(&self.tx, self.keys, |table, row| {
            if let (Table::Meter, Some(ValueRef::Integer(seconds))) = (table, row.first()) {
                running = u64::try_from(*seconds).unwrap_or_default();
            }
        })?;
        if (StateDigest { seldom: snapshot.seldom.into(), often }).whole() != newest.state() {
            return Ok(None);
        }
        Ok(Some(snapshot.license.map(|license| {
            let terms = license.terms.since(Since {
                last_seen: newest.at(),
                document: license.document,
                running,
                fingerprint: &license.fingerprint,
                required: license.required,
                measured: &self.store.measured_enough(&license.fingerprint, license.required),
            });
            (terms, license.features)
        })))
    }
}

impl Store {
    /// The license in force, read as briefly as it can be.
    pub(crate) fn in_force(&self) -> Result<InForce, StateError> {
        self.read(|work| {
            if let Some(in_force) = work.snapshot()? {
                return Ok(in_force);
            }
            let (facts, terms) = work.facts_and_terms()?;
            Ok(facts.installed.as_ref().zip(terms).map(|(one, terms)| (terms.clone(), one.license.features.clone())))
        })
    }
}
