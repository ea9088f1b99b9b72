//! Verified grants that hang from one root, added one by one.

use std::collections::{HashMap, HashSet};

use super::index::Index;
use crate::chain::Chain;
use crate::chain_error::ChainError;
use crate::digest::Digest;
use crate::documents::{Bundle, Grant, Grantor, Parent, Revocations};
use crate::envelope::Envelope;
use crate::error::DocumentError;
use crate::file::File;
use crate::id::Id;
use crate::keys::{PublicKey, VerifyingKey};
use crate::kind::Kind;
use crate::limits::Limits;
use crate::reader;
use crate::trust::TrustState;
use crate::verified::{Unverified, Verified};

/// Verified grants that hang from one root, in the file's order: parents before their children.
#[derive(Clone, Debug)]
pub struct Tree {
    trust: TrustState,
    grants: Vec<(Verified<Grant>, VerifyingKey)>,
    depths: Vec<usize>,
    by_digest: HashMap<Digest, usize>,
    index: Index,
    revocations: Vec<Verified<Revocations>>,
}

impl Tree {
    pub(crate) fn new(trust: TrustState) -> Self {
        Self {
            trust,
            grants: Vec::new(),
            depths: Vec::new(),
            by_digest: HashMap::new(),
            index: Index::default(),
            revocations: Vec::new(),
        }
    }

    /// Verifies the grant on this line of the file below those that were added before it.
    pub(crate) fn add(&mut self, envelope: &Envelope, line: usize, limits: &Limits) -> Result<(), ChainError> {
        // Which grant this one hangs from has to be read before its signature can be checked.
        let parent = match Unverified::<Grant>::new(envelope.clone())?.peek(limits)? {
            Grant { parent: Parent::Root, .. } => None,
            Grant { parent: Parent::Grant(digest), id, .. } => {
                Some(*self.by_digest.get(&digest).ok_or(ChainError::Broken { grant: id })?)
            }
        };
        let depth = 1 + parent.and_then(|index| self.depths.get(index)).copied().unwrap_or(0);
        if depth > limits.chain_depth {
            return Err(ChainError::TooDeep { limit: limits.chain_depth });
        }
        let above = parent.and_then(|index| self.grants.get(index)).map(|(grant, key)| (grant, key));
        let grantor = above.map_or(Grantor::Root, |(grant, _)| Grantor::Key(grant.subject));
        let (grant, key) = reader::step(&self.trust, above, envelope.clone(), limits)?;
        let position = self.grants.len();
        if self.by_digest.contains_key(&grant.digest()) {
            return Err(DocumentError::Duplicate { line }.into());
        }
        self.by_digest.insert(grant.digest(), position);
        self.index.add(position, &grant, grantor);
        self.depths.push(depth);
        self.grants.push((grant, key));
        Ok(())
    }

    /// Verifies one revocation list, by the root or by a subject that was added before.
    pub(crate) fn revoke(&mut self, envelope: &Envelope, limits: &Limits) -> Result<(), ChainError> {
        let key = |issuer: PublicKey| self.with_subject(issuer).map(|(_, key)| key);
        let list = reader::revocation_list(&self.trust, key, envelope, limits)?;
        self.revocations.push(list);
        Ok(())
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

    /// A file with some of the revocation lists and the grants that their issuers' keys stand in, for a reader who has
    /// the trust.
    pub fn revocations_file(&self, lists: &[&Verified<Revocations>]) -> File {
        let mut needed = HashSet::new();
        for list in lists {
            let issuer = match list.issuer {
                Grantor::Root => None,
                Grantor::Key(key) => self.with_subject(key),
            };
            let mut next = issuer.map(|(grant, _)| grant);
            while let Some(grant) = next.filter(|grant| needed.insert(grant.digest())) {
                next = match grant.parent {
                    Parent::Root => None,
                    Parent::Grant(parent) => self.grant(parent),
                };
            }
        }
        let grants = self.grants().filter(|grant| needed.contains(&grant.digest()));
        File {
            grants: grants.map(|grant| grant.envelope().clone()).collect(),
            revocations: lists.iter().map(|list| list.envelope().clone()).collect(),
            ..File::default()
        }
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
        self.current(subject).filter_map(|grant| self.chain(grant.digest())).collect()
    }

    /// The grants that a portal with this key issues under: of each grant identity the highest serial, in the file's
    /// order. A renewed parent does not make a grant another one.
    pub fn current(&self, subject: PublicKey) -> impl Iterator<Item = &Verified<Grant>> {
        self.current_at(self.index.subject(subject))
    }

    /// The current grants, of any subject, that list this license id.
    pub fn for_license_id(&self, license_id: &Id) -> impl Iterator<Item = &Verified<Grant>> {
        self.current_at(self.index.license_id(license_id))
    }

    /// The current grants, of any subject, that this credential must sign requests for.
    pub fn for_credential(&self, credential: PublicKey) -> impl Iterator<Item = &Verified<Grant>> {
        self.current_at(self.index.credential(credential))
    }

    fn current_at<'a>(&'a self, positions: &'a [usize]) -> impl Iterator<Item = &'a Verified<Grant>> {
        let at = |position: &usize| {
            let (grant, _) = self.grants.get(*position)?;
            let grantor = self.grantor(grant)?;
            self.index.is_current(*position, grant, grantor).then_some(grant)
        };
        positions.iter().filter_map(at)
    }

    /// Who signed a grant of this tree; none for a grant whose parent is not in it.
    pub fn grantor(&self, grant: &Grant) -> Option<Grantor> {
        match grant.parent {
            Parent::Root => Some(Grantor::Root),
            Parent::Grant(parent) => self.get(parent).map(|(parent, _)| Grantor::Key(parent.subject)),
        }
    }

    /// The grant with this digest.
    pub fn grant(&self, digest: Digest) -> Option<&Verified<Grant>> {
        self.get(digest).map(|(grant, _)| grant)
    }

    /// Whether a bundle's signer signed the grants that it brings, or a grant above them, for the bundle's account.
    ///
    /// Else anybody below the same root could sign a bundle for an account and its ledger base with it.
    pub(super) fn made_for(&self, bundle: &Bundle) -> Result<(), ChainError> {
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

    pub(super) fn with_subject(&self, subject: PublicKey) -> Option<&(Verified<Grant>, VerifyingKey)> {
        self.index.subject(subject).first().and_then(|first| self.grants.get(*first))
    }

    pub(super) fn get(&self, grant: Digest) -> Option<&(Verified<Grant>, VerifyingKey)> {
        self.by_digest.get(&grant).and_then(|index| self.grants.get(*index))
    }

    pub(super) fn key(&self, grant: Digest) -> Option<&VerifyingKey> {
        self.get(grant).map(|(_, key)| key)
    }
}
