//! Bundle, ledger and handover files: many documents under the same rules, verified as a tree of grants and a chain of
//! entries.

mod handover;
mod index;
mod steps;
mod tree;

use crate::chain_error::ChainError;
use crate::digest::Digest;
use crate::documents::{Bundle, LedgerEntry, LedgerReference, Parent};
use crate::envelope::Envelope;
use crate::error::DocumentError;
use crate::file::File;
use crate::kind::Kind;
use crate::limits::Limits;
use crate::merkle;
use crate::trust::TrustState;
use crate::under_grant::belongs;
use crate::verified::{Unverified, Verified};

pub(crate) use handover::handover_document;
pub use handover::{HandoverFile, VerifiedHandover, verify_handover};
pub use steps::BundleSteps;
pub use tree::Tree;

/// A verified bundle file.
#[derive(Clone, Debug)]
pub struct VerifiedBundle {
    /// The grants.
    pub tree: Tree,
    /// The bundle document.
    pub bundle: Verified<Bundle>,
}

/// Verifies a bundle file: every grant, the revocations, the bundle's signature and its table of contents.
///
/// Its dates are the caller's to judge. [`BundleSteps`] does the same in pieces.
///
/// # Errors
/// The first thing that does not hold.
pub fn verify_bundle(bytes: &[u8], trust: &TrustState, limits: &Limits) -> Result<VerifiedBundle, ChainError> {
    let mut steps = BundleSteps::begin(File::parse(bytes, limits)?, trust, limits)?;
    steps.go_on(usize::MAX)?;
    steps.finish()
}

/// Verifies the bundle document over a tree that holds every grant and revocation list of its file.
pub(crate) fn bundle_document(
    tree: &Tree,
    file: &File,
    envelope: &Envelope,
    limits: &Limits,
) -> Result<Verified<Bundle>, ChainError> {
    let unverified = Unverified::<Bundle>::new(envelope.clone())?;
    let trust = tree.trust();
    let bundle = match unverified.peek(limits)?.signed_under {
        Parent::Root => unverified.verify_threshold(trust.keys(), trust.threshold(), limits)?,
        Parent::Grant(digest) => {
            let key = tree.key(digest).ok_or(ChainError::OtherGrant { kind: Kind::Bundle })?;
            unverified.verify(key, limits)?
        }
    };
    if bundle.product != trust.current().product {
        return Err(ChainError::OtherProduct {
            expected: trust.current().product.clone(),
            found: bundle.product.clone(),
        });
    }
    tree.made_for(&bundle)?;
    let (count, merkle_root) = contents(file);
    if (bundle.count, bundle.merkle_root) != (count, merkle_root) {
        return Err(ChainError::Contents);
    }
    Ok(bundle)
}

/// The table of contents of a bundle file: how many documents stand before the bundle, and their Merkle root.
pub fn contents(file: &File) -> (u64, Digest) {
    let digests: Vec<[u8; 32]> = [&file.trust, &file.grants, &file.revocations]
        .into_iter()
        .flatten()
        .map(|envelope| *envelope.digest().as_bytes())
        .collect();
    (digests.len() as u64, Digest::from_bytes(merkle::root(&digests)))
}

/// A verified ledger file.
#[derive(Clone, Debug)]
pub struct VerifiedLedger {
    /// The grants that the entries were made under.
    pub tree: Tree,
    /// The entries, by ascending position, gapless.
    pub entries: Vec<Verified<LedgerEntry>>,
}

/// Verifies a ledger file: the grants, and every entry by the key of its ledger, each following the one before.
///
/// The key must be the subject of a grant in the file; an entry may name an older grant of it that the file lacks.
///
/// # Errors
/// The first thing that does not hold.
pub fn verify_ledger(bytes: &[u8], trust: &TrustState, limits: &Limits) -> Result<VerifiedLedger, ChainError> {
    verify_ledger_file(File::parse(bytes, limits)?, trust, limits)
}

/// Verifies like [`verify_ledger`] what was parsed before, under the same limits.
///
/// # Errors
/// The first thing that does not hold.
pub fn verify_ledger_file(file: File, trust: &TrustState, limits: &Limits) -> Result<VerifiedLedger, ChainError> {
    match file.documents.last().map(Envelope::kind) {
        Some(Kind::LedgerEntry) => {}
        Some(found) => return Err(DocumentError::WrongKind { expected: Kind::LedgerEntry, found }.into()),
        None => return Err(DocumentError::NoDocument.into()),
    }
    let tree = tree(&file, trust, limits)?;
    let mut entries: Vec<Verified<LedgerEntry>> = Vec::with_capacity(file.documents.len());
    for envelope in file.documents {
        entries.push(ledger_entry(&tree, entries.last(), envelope, limits)?);
    }
    Ok(VerifiedLedger { tree, entries })
}

/// Verifies a file that brings revocations to whoever reads it: a bundle, with all that it says, or a file of trust
/// documents, grants and revocations and nothing else.
///
/// # Errors
/// The first thing that does not hold; also where the file ends with anything else.
pub fn verify_revocations(file: File, trust: &TrustState, limits: &Limits) -> Result<Tree, ChainError> {
    match file.kind() {
        Some(Kind::Revocations) => tree(&file, trust, limits),
        _ => BundleSteps::begin(file, trust, limits)?.finish().map(|verified| verified.tree),
    }
}

/// Verifies what stands before the documents of a file.
fn tree(file: &File, trust: &TrustState, limits: &Limits) -> Result<Tree, ChainError> {
    let mut tree = Tree::new(trust.advance(&file.trust, limits)?);
    for (index, envelope) in file.grants.iter().enumerate() {
        tree.add(envelope, file.trust.len() + index + 1, limits)?;
    }
    for envelope in &file.revocations {
        tree.revoke(envelope, limits)?;
    }
    Ok(tree)
}

/// Verifies one ledger entry, which follows another or is the file's first.
pub(crate) fn ledger_entry(
    tree: &Tree,
    before: Option<&Verified<LedgerEntry>>,
    envelope: Envelope,
    limits: &Limits,
) -> Result<Verified<LedgerEntry>, ChainError> {
    let unverified = Unverified::<LedgerEntry>::new(envelope)?;
    let peeked = unverified.peek(limits)?;
    // Older entries name grants that were renewed since and that the file no longer carries; the key stays.
    let found = tree.get(peeked.grant).or_else(|| tree.with_subject(peeked.place.ledger.key));
    let (grant, key) = found.ok_or(ChainError::OtherGrant { kind: Kind::LedgerEntry })?;
    // Ledgers are long: what was read to find the key is not read again.
    let entry = unverified.verify_peeked(peeked, key)?;
    belongs(grant, entry.get())?;
    let follows = before.is_none_or(|before| entry.place == next_place(before));
    if !follows || entry.place.ledger.key != key.public() {
        return Err(ChainError::LedgerBroken { position: entry.place.position });
    }
    Ok(entry)
}

/// The place that follows an entry.
pub fn next_place(entry: &Verified<LedgerEntry>) -> LedgerReference {
    LedgerReference { ledger: entry.place.ledger, position: entry.place.position + 1, previous: entry.digest() }
}
