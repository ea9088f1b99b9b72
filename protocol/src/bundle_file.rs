//! Bundle and ledger files: many documents under the same rules, verified as a tree of grants and a chain of entries.

use std::collections::{HashMap, HashSet};

use crate::chain::Chain;
use crate::chain_error::ChainError;
use crate::digest::Digest;
use crate::documents::{Bundle, Grant, Grantor, LedgerEntry, Parent, Revocations};
use crate::envelope::Envelope;
use crate::error::DocumentError;
use crate::file::File;
use crate::keys::{PublicKey, VerifyingKey};
use crate::kind::Kind;
use crate::limits::Limits;
use crate::merkle;
use crate::reader;
use crate::trust::TrustState;
use crate::under_grant::belongs;
use crate::verified::{Unverified, Verified};

/// Verified grants that hang from one root, in the file's order: parents before their children.
#[derive(Clone, Debug)]
pub struct Tree {
    trust: TrustState,
    grants: Vec<(Verified<Grant>, VerifyingKey)>,
    by_digest: HashMap<Digest, usize>,
    revocations: Vec<Verified<Revocations>>,
}

impl Tree {
    fn verify(trust: &TrustState, file: &File, limits: &Limits) -> Result<Self, ChainError> {
        let mut tree = Self {
            trust: trust.clone(),
            grants: Vec::with_capacity(file.grants.len()),
            by_digest: HashMap::with_capacity(file.grants.len()),
            revocations: Vec::new(),
        };
        let mut depths: Vec<usize> = Vec::with_capacity(file.grants.len());
        for envelope in &file.grants {
            // Which grant this one hangs from has to be read before its signature can be checked.
            let parent = match Unverified::<Grant>::new(envelope.clone())?.peek(limits)? {
                Grant { parent: Parent::Root, .. } => None,
                Grant { parent: Parent::Grant(digest), id, .. } => {
                    Some(*tree.by_digest.get(&digest).ok_or(ChainError::Broken { grant: id })?)
                }
            };
            let depth = 1 + parent.and_then(|index| depths.get(index)).copied().unwrap_or(0);
            if depth > limits.chain_depth {
                return Err(ChainError::TooDeep { limit: limits.chain_depth });
            }
            let above = parent.and_then(|index| tree.grants.get(index)).map(|(grant, key)| (grant, key));
            let grant = reader::link(&tree.trust, above, envelope.clone(), limits)?;
            let key = grant.subject.verifying().map_err(|_| ChainError::BadSubject { grant: grant.id.clone() })?;
            if tree.by_digest.insert(grant.digest(), tree.grants.len()).is_some() {
                return Err(DocumentError::Duplicate { line: file.trust.len() + tree.grants.len() + 1 }.into());
            }
            depths.push(depth);
            tree.grants.push((grant, key));
        }
        let subjects: Vec<_> = tree.grants.iter().map(|(grant, key)| (grant.subject, key)).collect();
        tree.revocations = reader::revocations(&tree.trust, &subjects, &file.revocations, limits)?;
        Ok(tree)
    }

    /// The trust that the grants hang from.
    pub fn trust(&self) -> &TrustState {
        &self.trust
    }

    /// Every grant, parents before their children.
    pub fn grants(&self) -> impl Iterator<Item = &Verified<Grant>> {
        self.grants.iter().map(|(grant, _)| grant)
    }

    /// Every revocation list.
    pub fn revocations(&self) -> &[Verified<Revocations>] {
        &self.revocations
    }

    /// The chain that ends at this grant.
    pub fn chain(&self, leaf: Digest) -> Option<Chain> {
        let mut path: Vec<(Verified<Grant>, VerifyingKey)> = Vec::new();
        let mut next = Some(leaf);
        while let Some(digest) = next {
            let (grant, key) = self.get(digest)?;
            path.push((grant.clone(), key.clone()));
            next = match grant.parent {
                Parent::Root => None,
                Parent::Grant(parent) => Some(parent),
            };
        }
        let (grants, keys): (Vec<_>, Vec<_>) = path.into_iter().rev().unzip();
        let on_path = |list: &&Verified<Revocations>| match list.issuer {
            Grantor::Root => true,
            Grantor::Key(issuer) => grants.iter().any(|grant| grant.subject == issuer),
        };
        let revocations = self.revocations.iter().filter(on_path).cloned().collect();
        Some(Chain::new(self.trust.clone(), grants, keys, revocations))
    }

    /// The chains that a portal with this key issues under: of each grant identity the highest serial.
    pub fn chains_of(&self, subject: PublicKey) -> Vec<Chain> {
        let own = |grant: &&Verified<Grant>| grant.subject == subject;
        let newest = |grant: &&Verified<Grant>| {
            !self.grants().any(|other| {
                other.subject == subject
                    && other.id == grant.id
                    && other.parent == grant.parent
                    && other.serial > grant.serial
            })
        };
        self.grants().filter(own).filter(newest).filter_map(|grant| self.chain(grant.digest())).collect()
    }

    /// Whether a bundle's signer signed the grants that it brings, or a grant above them, for the bundle's account.
    ///
    /// Else anybody below the same root could sign a bundle for an account and its ledger base with it.
    fn made_for(&self, bundle: &Bundle) -> Result<(), ChainError> {
        let mut path = Vec::new();
        let mut next = bundle.signed_under;
        while let Parent::Grant(digest) = next {
            path.push(digest);
            next = self.get(digest).map_or(Parent::Root, |(grant, _)| grant.parent);
        }
        let mut below: HashSet<Parent> = HashSet::from([bundle.signed_under]);
        for grant in self.grants() {
            if below.contains(&grant.parent) {
                below.insert(Parent::Grant(grant.digest()));
                match grant.account.limit() {
                    Some(account) if *account != bundle.account => {
                        return Err(ChainError::OtherAccount {
                            expected: account.clone(),
                            found: bundle.account.clone(),
                        });
                    }
                    _ => {}
                }
            } else if !path.contains(&grant.digest()) {
                return Err(ChainError::OtherGrant { kind: Kind::Bundle });
            }
        }
        if below.len() > 1 { Ok(()) } else { Err(ChainError::OtherGrant { kind: Kind::Bundle }) }
    }

    fn with_subject(&self, subject: PublicKey) -> Option<&(Verified<Grant>, VerifyingKey)> {
        self.grants.iter().find(|(grant, _)| grant.subject == subject)
    }

    fn get(&self, grant: Digest) -> Option<&(Verified<Grant>, VerifyingKey)> {
        self.by_digest.get(&grant).and_then(|index| self.grants.get(*index))
    }

    fn key(&self, grant: Digest) -> Option<&VerifyingKey> {
        self.get(grant).map(|(_, key)| key)
    }
}

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
/// Its dates are the caller's to judge.
///
/// # Errors
/// The first thing that does not hold.
pub fn verify_bundle(bytes: &[u8], trust: &TrustState, limits: &Limits) -> Result<VerifiedBundle, ChainError> {
    let file = File::parse(bytes, limits)?;
    let envelope = file.document(Kind::Bundle)?.clone();
    let trust = trust.advance(&file.trust, limits)?;
    let tree = Tree::verify(&trust, &file, limits)?;
    let unverified = Unverified::<Bundle>::new(envelope)?;
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
    let (count, merkle_root) = contents(&file);
    if (bundle.count, bundle.merkle_root) != (count, merkle_root) {
        return Err(ChainError::Contents);
    }
    Ok(VerifiedBundle { tree, bundle })
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
    let file = File::parse(bytes, limits)?;
    match file.documents.first().map(Envelope::kind) {
        Some(Kind::LedgerEntry) => {}
        Some(found) => return Err(DocumentError::WrongKind { expected: Kind::LedgerEntry, found }.into()),
        None => return Err(DocumentError::NoDocument.into()),
    }
    let trust = trust.advance(&file.trust, limits)?;
    let tree = Tree::verify(&trust, &file, limits)?;
    let mut entries: Vec<Verified<LedgerEntry>> = Vec::with_capacity(file.documents.len());
    for envelope in &file.documents {
        let unverified = Unverified::<LedgerEntry>::new(envelope.clone())?;
        let LedgerEntry { grant, place, .. } = unverified.peek(limits)?;
        // Older entries name grants that were renewed since and that the file no longer carries; the key stays.
        let found = tree.get(grant).or_else(|| tree.with_subject(place.ledger.key));
        let (grant, key) = found.ok_or(ChainError::OtherGrant { kind: Kind::LedgerEntry })?;
        let entry = unverified.verify(key, limits)?;
        belongs(grant, entry.get())?;
        let follows = match entries.last() {
            Some(last) => entry.place == next_place(last),
            None => true,
        };
        if !follows || entry.place.ledger.key != key.public() {
            return Err(ChainError::LedgerBroken { position: entry.place.position });
        }
        entries.push(entry);
    }
    Ok(VerifiedLedger { tree, entries })
}

/// The place that follows an entry.
pub fn next_place(entry: &Verified<LedgerEntry>) -> crate::documents::LedgerReference {
    crate::documents::LedgerReference {
        ledger: entry.place.ledger,
        position: entry.place.position + 1,
        previous: entry.digest(),
    }
}
