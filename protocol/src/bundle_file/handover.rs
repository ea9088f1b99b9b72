//! Handover files: a bundle's lines, every entry of the ledger, and the document that binds the two to the sealed key.

use super::{VerifiedBundle, ledger_entry, next_place, verify_bundle};
use crate::chain_error::ChainError;
use crate::digest::Digest;
use crate::documents::{Event, Handover, LedgerEntry};
use crate::envelope::Envelope;
use crate::error::DocumentError;
use crate::file::File;
use crate::kind::Kind;
use crate::limits::Limits;
use crate::trust::TrustState;
use crate::under_grant::belongs;
use crate::verified::{Unverified, Verified};

use super::tree::Tree;

/// The parts of a handover file, as received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandoverFile {
    /// The bundle file, byte for byte.
    pub bundle: File,
    /// Every entry of the ledger.
    pub entries: Vec<Envelope>,
    /// The handover document.
    pub document: Envelope,
}

impl HandoverFile {
    /// Takes a handover file apart.
    ///
    /// # Errors
    /// It is another file.
    pub fn take(file: File) -> Result<Self, DocumentError> {
        let kind = file.kind();
        let File { trust, grants, revocations, documents } = file;
        let mut documents = documents.into_iter();
        match (documents.next(), documents.next_back(), kind) {
            (Some(bundle), Some(document), Some(Kind::Handover)) => {
                let bundle = File { trust, grants, revocations, documents: vec![bundle] };
                Ok(Self { bundle, entries: documents.collect(), document })
            }
            (_, _, Some(found)) => Err(DocumentError::WrongKind { expected: Kind::Handover, found }),
            (_, _, None) => Err(DocumentError::NoDocument),
        }
    }

    /// The parts as one file again.
    pub fn into_file(self) -> File {
        let Self { mut bundle, entries, document } = self;
        bundle.documents.extend(entries);
        bundle.documents.push(document);
        bundle
    }

    /// What the document says, unverified: enough to find the key that must have signed it.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn peek(&self, limits: &Limits) -> Result<Handover, DocumentError> {
        Unverified::<Handover>::new(self.document.clone())?.peek(limits)
    }

    /// Verifies the document over the bundle and the last entry of the ledger, which were verified before.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn verify(
        &self,
        bundle: &VerifiedBundle,
        last: &Verified<LedgerEntry>,
        limits: &Limits,
    ) -> Result<Verified<Handover>, ChainError> {
        handover_document(&bundle.tree, bundle.bundle.digest(), Some(last), &self.document, limits)
    }
}

/// A verified handover file.
#[derive(Clone, Debug)]
pub struct VerifiedHandover {
    /// The bundle.
    pub bundle: VerifiedBundle,
    /// The entries, by ascending position, gapless.
    pub entries: Vec<Verified<LedgerEntry>>,
    /// The document that binds them.
    pub document: Verified<Handover>,
}

/// Verifies a handover file: the bundle, every entry, and that they are what was handed over. The key stays sealed.
///
/// # Errors
/// The first thing that does not hold.
pub fn verify_handover(bytes: &[u8], trust: &TrustState, limits: &Limits) -> Result<VerifiedHandover, ChainError> {
    let file = HandoverFile::take(File::parse(bytes, limits)?)?;
    let bundle = verify_bundle(&file.bundle.to_bytes(), trust, limits)?;
    let mut entries: Vec<Verified<LedgerEntry>> = Vec::with_capacity(file.entries.len());
    for envelope in file.entries {
        entries.push(ledger_entry(&bundle.tree, entries.last(), envelope, limits)?);
    }
    let document = handover_document(&bundle.tree, bundle.bundle.digest(), entries.last(), &file.document, limits)?;
    Ok(VerifiedHandover { bundle, entries, document })
}

/// Verifies the document over the verified parts before it.
pub(crate) fn handover_document(
    tree: &Tree,
    bundle: Digest,
    last: Option<&Verified<LedgerEntry>>,
    envelope: &Envelope,
    limits: &Limits,
) -> Result<Verified<Handover>, ChainError> {
    let unverified = Unverified::<Handover>::new(envelope.clone())?;
    let (grant, key) =
        tree.get(unverified.peek(limits)?.grant).ok_or(ChainError::OtherGrant { kind: Kind::Handover })?;
    let handover = unverified.verify(key, limits)?;
    belongs(grant, handover.get())?;
    let ends = last.filter(|last| matches!(last.event, Event::HandedOver { .. })).map(next_place);
    let whole = handover.bundle == bundle && ends == Some(handover.ledger);
    if whole && handover.ledger.ledger.key == key.public() { Ok(handover) } else { Err(ChainError::HandoverParts) }
}
