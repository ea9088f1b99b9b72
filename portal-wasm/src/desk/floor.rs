//! The floor of an issue, for `cargo xtask bench-portal`: its signatures, made and verified once more and nothing else.

use postern_issuer::Outcome;
use postern_protocol::{Chain, Envelope, Verified};

use super::model::error::PortalError;
use super::{Desk, Refused};
use crate::browser::desk::{clock, scope};
use crate::talk::Tell;

impl Desk {
    /// Measures what no way of issuing can save.
    pub(super) async fn measure_floor(&self, chain: &Chain, outcome: &Outcome) -> Result<(), Refused> {
        let documents = outcome.file.iter().flat_map(|file| &file.documents);
        let entries = outcome.entries.iter().map(Verified::envelope);
        let messages: Vec<_> = documents.chain(entries).map(Envelope::signed_bytes).collect();
        let signer = self.signer()?;
        let began = clock::ticks();
        let signatures = signer.sign(&messages).await.map_err(PortalError::KeyFailed)?;
        let hold = messages.iter().zip(&signatures).all(|(message, made)| chain.subject().verifies(message, made));
        let took = clock::ticks() - began;
        // A floor without its verifications is none.
        if hold {
            scope::tell(&Tell::Measured("postern:floor".into(), (took * 1e6) as u64));
        }
        Ok(())
    }
}
