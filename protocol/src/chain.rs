//! A verified path of grants from the root to whoever issues.

use crate::documents::{Grant, Grantor, Revocations};
use crate::envelope::Envelope;
use crate::file::File;
use crate::keys::VerifyingKey;
use crate::time::Time;
use crate::trust::TrustState;
use crate::verified::Verified;

/// A verified path of grants, root side first, never empty.
#[derive(Clone, Debug)]
pub struct Chain {
    trust: TrustState,
    grants: Vec<Verified<Grant>>,
    /// Their subject keys.
    keys: Vec<VerifyingKey>,
    revocations: Vec<Verified<Revocations>>,
}

impl Chain {
    pub(crate) fn new(
        trust: TrustState,
        grants: Vec<Verified<Grant>>,
        keys: Vec<VerifyingKey>,
        revocations: Vec<Verified<Revocations>>,
    ) -> Self {
        Self { trust, grants, keys, revocations }
    }

    /// The trust that the chain rests on.
    pub fn trust(&self) -> &TrustState {
        &self.trust
    }

    /// The grants, root side first.
    pub fn grants(&self) -> &[Verified<Grant>] {
        &self.grants
    }

    /// The last grant: the one that documents are issued under.
    #[allow(clippy::indexing_slicing)] // every constructor is given at least one grant
    pub fn leaf(&self) -> &Verified<Grant> {
        &self.grants[self.grants.len() - 1]
    }

    /// The first grant, the one that the root signed.
    pub fn root_signed(&self) -> &Verified<Grant> {
        self.grants.first().unwrap_or_else(|| self.leaf())
    }

    /// The last grant's subject key.
    #[allow(clippy::indexing_slicing)] // every constructor is given a key for each grant
    pub fn subject(&self) -> &VerifyingKey {
        &self.keys[self.keys.len() - 1]
    }

    /// Every grant with its subject key, root side first.
    pub(crate) fn links(&self) -> impl Iterator<Item = (&Verified<Grant>, &VerifyingKey)> {
        self.grants.iter().zip(&self.keys)
    }

    /// The revocations that came with the chain.
    pub fn revocations(&self) -> &[Verified<Revocations>] {
        &self.revocations
    }

    /// Who signed the grant at this index.
    pub fn grantor(&self, index: usize) -> Grantor {
        match index.checked_sub(1).and_then(|parent| self.grants.get(parent)) {
            Some(parent) => Grantor::Key(parent.subject),
            None => Grantor::Root,
        }
    }

    /// When licenses may be issued: inside the windows of every link.
    pub fn issue_window(&self) -> (Time, Time) {
        let from = self.grants.iter().map(|grant| grant.issue_from).max().unwrap_or(Time::MAX);
        let until = self.grants.iter().map(|grant| grant.issue_until).min().unwrap_or(Time::MIN);
        (from, until)
    }

    /// A file that carries a document issued under this chain to a reader at this trust version.
    pub fn file(&self, document: Envelope, reader_trust: u64) -> File {
        File {
            trust: self.trust.after(reader_trust).map(|trust| trust.envelope().clone()).collect(),
            grants: self.grants.iter().map(|grant| grant.envelope().clone()).collect(),
            revocations: self.revocations.iter().map(|list| list.envelope().clone()).collect(),
            documents: vec![document],
        }
    }
}
