//! One exact path of grants, walked link by link.

use crate::chain::Chain;
use crate::chain_error::ChainError;
use crate::documents::{Enablement, Grant, License, Receipt, Revocations, TimeTicket};
use crate::envelope::Envelope;
use crate::error::DocumentError;
use crate::file::File;
use crate::keys::{PublicKey, VerifyingKey};
use crate::kind::Kind;
use crate::limits::Limits;
use crate::reader::{self, Reader};
use crate::trust::TrustState;
use crate::under_grant::UnderGrant;
use crate::verified::Verified;

/// One path of grants, as far as it was walked and holds.
#[derive(Debug)]
pub(super) struct Path {
    trust: TrustState,
    grants: Vec<Verified<Grant>>,
    keys: Vec<VerifyingKey>,
    revocations: Vec<Verified<Revocations>>,
}

impl Path {
    pub(super) fn new(trust: TrustState) -> Self {
        Self { trust, grants: Vec::new(), keys: Vec::new(), revocations: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.grants.len()
    }

    pub(super) fn add(&mut self, envelope: &Envelope, limits: &Limits) -> Result<(), ChainError> {
        if self.grants.len() >= limits.chain_depth {
            return Err(ChainError::TooDeep { limit: limits.chain_depth });
        }
        let above = self.grants.last().zip(self.keys.last());
        let (grant, key) = reader::step(&self.trust, above, envelope.clone(), limits)?;
        self.grants.push(grant);
        self.keys.push(key);
        Ok(())
    }

    pub(super) fn revoke(&mut self, envelope: &Envelope, limits: &Limits) -> Result<(), ChainError> {
        let pairs = || self.grants.iter().zip(&self.keys);
        let key = |issuer: PublicKey| pairs().find(|(grant, _)| grant.subject == issuer).map(|(_, key)| key);
        let list = reader::revocation_list(&self.trust, key, envelope, limits)?;
        self.revocations.push(list);
        Ok(())
    }

    /// The chain of the first so many grants; none of no grants.
    pub(super) fn chain(&self, length: usize) -> Option<Chain> {
        let grants = self.grants.get(..length).filter(|grants| !grants.is_empty())?.to_vec();
        let keys = self.keys.get(..length)?.to_vec();
        Some(Chain::new(self.trust.clone(), grants, keys, self.revocations.clone()))
    }

    /// The document at the end, as whoever it is for would read the whole file.
    pub(super) fn document(
        &self,
        file: &File,
        kind: Kind,
        known: &[Verified<Revocations>],
        limits: &Limits,
    ) -> Result<(), ChainError> {
        let reader = Reader { trust: &self.trust, revocations: known, limits: *limits };
        let (bytes, chain) = (file.to_bytes(), self.chain(self.len()));
        match kind {
            Kind::License => read::<License>(&reader, &bytes, chain.as_ref()),
            Kind::Enablement => read::<Enablement>(&reader, &bytes, chain.as_ref()),
            Kind::Receipt => read::<Receipt>(&reader, &bytes, chain.as_ref()),
            Kind::TimeTicket => read::<TimeTicket>(&reader, &bytes, chain.as_ref()),
            found => Err(DocumentError::WrongKind { expected: Kind::License, found }.into()),
        }
    }
}

fn read<T: UnderGrant>(reader: &Reader<'_>, bytes: &[u8], known: Option<&Chain>) -> Result<(), ChainError> {
    match known {
        Some(known) => reader.file_below::<T>(bytes, known).map(drop),
        None => reader.file::<T>(bytes).map(drop),
    }
}
