//! Reading a file: from the pinned root through every grant to the document, each link within its parent.

use crate::chain::Chain;
use crate::chain_error::ChainError;
use crate::documents::{Grant, Grantor, Parent, Revocations};
use crate::envelope::Envelope;
use crate::error::DocumentError;
use crate::file::File;
use crate::keys::{PublicKey, VerifyingKey};
use crate::kind::Kind;
use crate::limits::Limits;
use crate::revocation;
use crate::trust::TrustState;
use crate::under_grant::{UnderGrant, check};
use crate::verified::{Unverified, Verified};
use crate::within;

/// A file whose chain and document hold.
#[derive(Clone, Debug)]
pub struct VerifiedFile<T> {
    /// The chain, with the trust that the file brought applied.
    pub chain: Chain,
    /// The document.
    pub document: Verified<T>,
}

/// What a reader knows before it reads a file.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// The trust that it has.
    pub trust: &'a TrustState,
    /// The newest revocations that it has, of any issuer.
    pub revocations: &'a [Verified<Revocations>],
    /// Limits on what it reads.
    pub limits: Limits,
}

impl Reader<'_> {
    /// Verifies a file: its lines, trust, every grant within its parent, nothing on the path revoked (nor the device
    /// that the document is for), and the document signed by the last grant's subject, with the right to make it and
    /// within the chain.
    ///
    /// Times are the caller's to judge.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn file<T: UnderGrant>(&self, bytes: &[u8]) -> Result<VerifiedFile<T>, ChainError> {
        self.parsed(File::parse(bytes, &self.limits)?)
    }

    /// Verifies like [`Reader::file`] what was parsed before, under the same limits.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn parsed<T: UnderGrant>(&self, file: File) -> Result<VerifiedFile<T>, ChainError> {
        self.standing(self.read_parsed(file, None)?)
    }

    /// Verifies like [`Reader::file`], without verifying again the grants of a chain that was verified before under the
    /// same root: those that stand in the file byte for byte, signatures and all.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn file_below<T: UnderGrant>(&self, bytes: &[u8], known: &Chain) -> Result<VerifiedFile<T>, ChainError> {
        self.standing(self.read(bytes, Some(known))?)
    }

    /// Refuses what is revoked: a link, the license, or the device that the document is for.
    fn standing<T: UnderGrant>(&self, verified: VerifiedFile<T>) -> Result<VerifiedFile<T>, ChainError> {
        let (device, digest) = (verified.document.device(), verified.document.digest());
        match revocation::standing(&verified.chain, self.revocations, device, Some(digest)) {
            Some(hit) => Err(ChainError::Revoked(hit)),
            None => Ok(verified),
        }
    }

    /// Verifies like [`Reader::file`], but lets revoked links pass: for what is installed already, on which
    /// revocations have an effect of their own.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn reopen<T: UnderGrant>(&self, bytes: &[u8]) -> Result<VerifiedFile<T>, ChainError> {
        self.read(bytes, None)
    }

    /// Verifies like [`Reader::reopen`], and like [`Reader::file_below`] where a chain is known.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn reopen_below<T: UnderGrant>(
        &self,
        bytes: &[u8],
        known: Option<&Chain>,
    ) -> Result<VerifiedFile<T>, ChainError> {
        self.read(bytes, known)
    }

    fn read<T: UnderGrant>(&self, bytes: &[u8], known: Option<&Chain>) -> Result<VerifiedFile<T>, ChainError> {
        self.read_parsed(File::parse(bytes, &self.limits)?, known)
    }

    fn read_parsed<T: UnderGrant>(&self, mut file: File, known: Option<&Chain>) -> Result<VerifiedFile<T>, ChainError> {
        let document = file.take_document(T::KIND)?;
        let trust = self.trust.advance(&file.trust, &self.limits)?;
        let chain = path(trust, file, known, &self.limits)?;
        let document = Unverified::<T>::new(document)?.verify(chain.subject(), &self.limits)?;
        check(&chain, document.get())?;
        Ok(VerifiedFile { chain, document })
    }

    /// Verifies a file that ends with its grants: an operations grant, or a grant on its way to its subject.
    ///
    /// # Errors
    /// The first thing that does not hold; also if the file carries a document.
    pub fn grants(&self, file: File) -> Result<Chain, ChainError> {
        if let Some(document) = file.documents.first() {
            return Err(DocumentError::WrongKind { expected: Kind::Grant, found: document.kind() }.into());
        }
        let trust = self.trust.advance(&file.trust, &self.limits)?;
        let chain = path(trust, file, None, &self.limits)?;
        match revocation::standing(&chain, self.revocations, None, None) {
            Some(hit) => Err(ChainError::Revoked(hit)),
            None => Ok(chain),
        }
    }
}

/// Verifies the exact path of grants of a file, and its revocations.
fn path(trust: TrustState, file: File, known: Option<&Chain>, limits: &Limits) -> Result<Chain, ChainError> {
    if file.grants.len() > limits.chain_depth {
        return Err(ChainError::TooDeep { limit: limits.chain_depth });
    }
    let mut grants: Vec<Verified<Grant>> = Vec::with_capacity(file.grants.len());
    let mut keys: Vec<VerifyingKey> = Vec::with_capacity(file.grants.len());
    let known = known.filter(|known| known.trust().current().digest() == trust.current().digest());
    // A grant is known only below known ones: what hangs from another parent was verified for that parent.
    let mut known = known.into_iter().flat_map(Chain::links);
    let mut all_known = true;
    for envelope in file.grants {
        let same = known.next().filter(|(grant, _)| all_known && grant.envelope() == &envelope);
        all_known = same.is_some();
        let (grant, key) = match same {
            Some((grant, key)) => (grant.clone(), key.clone()),
            None => step(&trust, grants.last().zip(keys.last()), envelope, limits)?,
        };
        keys.push(key);
        grants.push(grant);
    }
    if grants.is_empty() {
        return Err(DocumentError::NoDocument.into());
    }
    let pairs: Vec<_> = grants.iter().map(|grant| grant.subject).zip(&keys).collect();
    let key = |issuer: PublicKey| pairs.iter().find(|(subject, _)| *subject == issuer).map(|(_, key)| *key);
    let lists = file.revocations.iter().map(|envelope| revocation_list(&trust, key, envelope, limits));
    let revocations = lists.collect::<Result<_, _>>()?;
    Ok(Chain::new(trust, grants, keys, revocations))
}

/// Verifies one grant under its parent, or under the root where there is none, and takes its subject key.
pub(crate) fn step(
    trust: &TrustState,
    parent: Option<(&Verified<Grant>, &VerifyingKey)>,
    envelope: Envelope,
    limits: &Limits,
) -> Result<(Verified<Grant>, VerifyingKey), ChainError> {
    let grant = link(trust, parent, envelope, limits)?;
    let key = grant.subject.verifying().map_err(|_| ChainError::BadSubject { grant: grant.id.clone() })?;
    Ok((grant, key))
}

fn link(
    trust: &TrustState,
    parent: Option<(&Verified<Grant>, &VerifyingKey)>,
    envelope: Envelope,
    limits: &Limits,
) -> Result<Verified<Grant>, ChainError> {
    let unverified = Unverified::<Grant>::new(envelope)?;
    let (grant, expected, excesses) = match parent {
        Some((parent, key)) => {
            let grant = unverified.verify(key, limits)?;
            let excesses = within::within(parent, &grant);
            (grant, Parent::Grant(parent.digest()), excesses)
        }
        None => {
            let grant =
                unverified.verify_threshold(trust.keys(), trust.threshold(), limits).map_err(|error| match error {
                    DocumentError::SignatureInvalid { .. } => ChainError::NotSignedByRoot,
                    other => other.into(),
                })?;
            let excesses = within::within_root(trust.current(), &grant);
            (grant, Parent::Root, excesses)
        }
    };
    if grant.parent != expected {
        return Err(ChainError::Broken { grant: grant.id.clone() });
    }
    if !excesses.is_empty() {
        return Err(ChainError::GrantExceeds { grant: grant.id.clone(), excesses });
    }
    Ok(grant)
}

/// Verifies one revocation list, by the root or by a subject on the path, whose key `key` finds.
pub(crate) fn revocation_list<'a>(
    trust: &TrustState,
    key: impl Fn(PublicKey) -> Option<&'a VerifyingKey>,
    envelope: &Envelope,
    limits: &Limits,
) -> Result<Verified<Revocations>, ChainError> {
    let unverified = Unverified::<Revocations>::new(envelope.clone())?;
    let list = match unverified.peek(limits)?.issuer {
        Grantor::Root => unverified.verify_threshold(trust.keys(), trust.threshold(), limits)?,
        Grantor::Key(issuer) => unverified.verify(key(issuer).ok_or(ChainError::ForeignRevocations)?, limits)?,
    };
    if list.product != trust.current().product {
        return Err(ChainError::OtherProduct {
            expected: trust.current().product.clone(),
            found: list.product.clone(),
        });
    }
    Ok(list)
}
