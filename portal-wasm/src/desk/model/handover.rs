//! A handover file on the table: verified, its key still sealed.

use postern_issuer::Handed;
use postern_protocol::{PublicKey, Time};

use super::account::Loaded;
use super::shared::Shared;

/// What a handover file brings.
#[derive(Clone, Debug)]
pub struct Received {
    /// The bundle to go on with: the file's, or a newer one that is here already.
    pub loaded: Shared<Loaded>,
    /// The file's bundle, where it is to be stored.
    pub bundle: Option<Vec<u8>>,
    /// The ledger, and the document that binds it to the key.
    pub handed: Handed,
}

impl Received {
    /// The key that is handed over.
    pub fn key(&self) -> PublicKey {
        self.handed.ledger.id().key
    }

    /// The key as it is sealed.
    pub fn pem(&self) -> String {
        // The lines of the PEM, without their line feeds.
        self.handed.document.sealed_key.join("\n") + "\n"
    }

    /// Who handed over, to whom, and when, as the ledger's last entry says.
    pub fn said(&self) -> (&str, &str, Option<Time>) {
        let by = self.handed.ledger.entries().last().map_or("", |last| last.by.as_str());
        match self.handed.ledger.handed_over() {
            Some(handed) => (by, handed.to, Some(handed.at)),
            None => (by, "", None),
        }
    }
}
