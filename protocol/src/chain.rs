//! Chain verification: from the pinned root through every grant to the document, each link within its parent.

use std::fmt;

use crate::digest::Digest;
use crate::documents::{Approval, Grantor, LedgerReference};
use crate::documents::{Document, Enablement, Grant, LedgerEntry, License, Parent, Receipt, Revocations, TimeTicket};
use crate::envelope::{Envelope, Kind};
use crate::error::DocumentError;
use crate::explain::Explain;
use crate::file::File;
use crate::id::Id;
use crate::keys::{PublicKey, VerifyingKey};
use crate::limits::Limits;
use crate::revocation::{self, Hit};
use crate::time::Time;
use crate::trust::{TrustError, TrustState};
use crate::verified::{Unverified, Verified};
use crate::within::{self, Excess};

/// A verified path of grants, root side first, never empty.
#[derive(Clone, Debug)]
pub struct Chain {
    trust: TrustState,
    grants: Vec<Verified<Grant>>,
    subject: VerifyingKey,
    revocations: Vec<Verified<Revocations>>,
}

impl Chain {
    pub(crate) fn new(
        trust: TrustState,
        grants: Vec<Verified<Grant>>,
        subject: VerifyingKey,
        revocations: Vec<Verified<Revocations>>,
    ) -> Self {
        Self { trust, grants, subject, revocations }
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
    pub fn subject(&self) -> &VerifyingKey {
        &self.subject
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

/// A document that a grant's subject signs.
pub trait UnderGrant: Document {
    /// The grant that it says it is issued under.
    fn grant(&self) -> Digest;
    /// Its product.
    fn product(&self) -> &Id;
    /// Its account; none for documents that have none.
    fn account(&self) -> Option<&Id>;
    /// The device that it gives something to; none for documents that give nothing to one.
    fn device(&self) -> Option<PublicKey>;
    /// Where it stands in its issuer's ledger.
    fn ledger(&self) -> &LedgerReference;
    /// Whether the last grant gives the right to make it.
    fn has_right(&self, leaf: &Grant) -> bool;
    /// Everything in which it exceeds the chain.
    fn excesses(&self, _chain: &Chain) -> Vec<Excess> {
        Vec::new()
    }
}

macro_rules! under_grant {
    ($type:ty, $ledger:ident, $account:expr, $device:expr, $right:expr $(, $excesses:path)?) => {
        impl UnderGrant for $type {
            fn grant(&self) -> Digest {
                self.grant
            }
            fn product(&self) -> &Id {
                &self.product
            }
            fn account(&self) -> Option<&Id> {
                let account: fn(&$type) -> Option<&Id> = $account;
                account(self)
            }
            fn device(&self) -> Option<PublicKey> {
                let device: fn(&$type) -> Option<PublicKey> = $device;
                device(self)
            }
            fn ledger(&self) -> &LedgerReference {
                &self.$ledger
            }
            fn has_right(&self, leaf: &Grant) -> bool {
                let right: fn(&$type, &Grant) -> bool = $right;
                right(self, leaf)
            }
            $(fn excesses(&self, chain: &Chain) -> Vec<Excess> {
                $excesses(self, chain)
            })?
        }
    };
}

under_grant!(
    License,
    ledger,
    |license| Some(&license.account),
    |license| Some(license.device.key),
    |license, leaf| if license.request.is_some() { leaf.rights.issue } else { leaf.rights.refresh },
    within::license_excesses
);
under_grant!(
    Enablement,
    ledger,
    |token| Some(&token.account),
    |_| None,
    |_, leaf| { leaf.rights.enable && matches!(leaf.approval, Approval::Approved { .. }) },
    within::enablement_excesses
);
// A receipt takes back; also a revoked machine's seats must be settled.
under_grant!(Receipt, ledger, |receipt| Some(&receipt.account), |_| None, |_, leaf| leaf.rights.issue
    || leaf.rights.refresh);
under_grant!(TimeTicket, ledger, |_| None, |ticket| Some(ticket.device.key), |_, leaf| leaf.rights.repair_clock.count
    > 0);
under_grant!(LedgerEntry, place, |entry| Some(&entry.account), |_| None, |_, _| true);

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
        let verified = self.reopen::<T>(bytes)?;
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
        let mut file = File::parse(bytes, &self.limits)?;
        let document = file.take_document(T::KIND)?;
        let trust = self.trust.advance(&file.trust, &self.limits)?;
        let chain = path(trust, file, &self.limits)?;
        let document = Unverified::<T>::new(document)?.verify(&chain.subject, &self.limits)?;
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
        let chain = path(trust, file, &self.limits)?;
        match revocation::standing(&chain, self.revocations, None, None) {
            Some(hit) => Err(ChainError::Revoked(hit)),
            None => Ok(chain),
        }
    }
}

/// Whether a document signed by a chain's subject is one that this chain allows.
///
/// # Errors
/// Another grant, product or account is named, the right is missing, or the document exceeds the chain.
pub(crate) fn check<T: UnderGrant>(chain: &Chain, document: &T) -> Result<(), ChainError> {
    let leaf = chain.leaf();
    if document.grant() != leaf.digest() {
        return Err(ChainError::OtherGrant { kind: T::KIND });
    }
    belongs(leaf, document)?;
    let ledger = document.ledger().ledger.key;
    if ledger != leaf.subject {
        // Devices bring ledger references back: a foreign one would make an honest portal look rolled back.
        let detail = format!("the ledger of {} where {} signs", ledger.short(), leaf.subject.short());
        return Err(ChainError::DocumentExceeds { kind: T::KIND, excesses: vec![Excess { field: "ledger", detail }] });
    }
    if !document.has_right(leaf) {
        return Err(ChainError::NoRight { kind: T::KIND, grant: leaf.id.clone() });
    }
    match document.excesses(chain) {
        excesses if excesses.is_empty() => Ok(()),
        excesses => Err(ChainError::DocumentExceeds { kind: T::KIND, excesses }),
    }
}

/// Whether a document names its grant's product and account.
pub(crate) fn belongs<T: UnderGrant>(grant: &Grant, document: &T) -> Result<(), ChainError> {
    if document.product() != &grant.product {
        return Err(ChainError::OtherProduct { expected: grant.product.clone(), found: document.product().clone() });
    }
    match (document.account(), grant.account.limit()) {
        (Some(found), Some(expected)) if found != expected => {
            Err(ChainError::OtherAccount { expected: expected.clone(), found: found.clone() })
        }
        _ => Ok(()),
    }
}

/// Verifies the exact path of grants of a file, and its revocations.
fn path(trust: TrustState, file: File, limits: &Limits) -> Result<Chain, ChainError> {
    if file.grants.len() > limits.chain_depth {
        return Err(ChainError::TooDeep { limit: limits.chain_depth });
    }
    let mut grants: Vec<Verified<Grant>> = Vec::with_capacity(file.grants.len());
    let mut keys: Vec<VerifyingKey> = Vec::with_capacity(file.grants.len());
    for envelope in file.grants {
        let grant = link(&trust, grants.last().zip(keys.last()), envelope, limits)?;
        keys.push(grant.subject.verifying().map_err(|_| ChainError::BadSubject { grant: grant.id.clone() })?);
        grants.push(grant);
    }
    let subject = keys.last().cloned().ok_or(DocumentError::NoDocument)?;
    let pairs: Vec<_> = grants.iter().map(|grant| grant.subject).zip(&keys).collect();
    let revocations = revocation::verify(&trust, &pairs, &file.revocations, limits)?;
    Ok(Chain { trust, grants, subject, revocations })
}

/// Verifies one grant under its parent, or under the root where there is none.
pub(crate) fn link(
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

/// Why a file's chain does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChainError {
    /// A document cannot be read or is not signed by whom it must be.
    Document(DocumentError),
    /// The trust documents do not hold.
    Trust(TrustError),
    /// The first grant is not signed by enough of the pinned root's keys.
    NotSignedByRoot,
    /// More grants than a chain may have.
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// A grant hangs from another parent than the one before it.
    Broken {
        /// The grant's id.
        grant: Id,
    },
    /// A grant's subject key is not acceptable.
    BadSubject {
        /// The grant's id.
        grant: Id,
    },
    /// A grant allows more than its parent.
    GrantExceeds {
        /// The grant's id.
        grant: Id,
        /// Every field in which it does.
        excesses: Vec<Excess>,
    },
    /// The document allows more than its chain.
    DocumentExceeds {
        /// What the document is.
        kind: Kind,
        /// Every field in which it does.
        excesses: Vec<Excess>,
    },
    /// The document names another grant than the chain's last.
    OtherGrant {
        /// What the document is.
        kind: Kind,
    },
    /// The document is for another product.
    OtherProduct {
        /// The product here.
        expected: Id,
        /// The product there.
        found: Id,
    },
    /// The document is for another account.
    OtherAccount {
        /// The grant's account.
        expected: Id,
        /// The document's.
        found: Id,
    },
    /// The grant does not give the right to make such a document.
    NoRight {
        /// What the document is.
        kind: Kind,
        /// The grant's id.
        grant: Id,
    },
    /// Revocations by somebody who is not on the path.
    ForeignRevocations,
    /// Something on the path is suspended or revoked.
    Revoked(Hit),
    /// The bundle's table of contents does not match the file.
    Contents,
    /// The ledger's entries do not follow one another.
    LedgerBroken {
        /// The position where the chain breaks.
        position: u64,
    },
}

impl From<DocumentError> for ChainError {
    fn from(error: DocumentError) -> Self {
        Self::Document(error)
    }
}

impl From<TrustError> for ChainError {
    fn from(error: TrustError) -> Self {
        Self::Trust(error)
    }
}

impl fmt::Display for ChainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |excesses: &[Excess]| excesses.iter().map(Excess::to_string).collect::<Vec<_>>().join("; ");
        match self {
            Self::Document(error) => error.fmt(f),
            Self::Trust(error) => error.fmt(f),
            Self::NotSignedByRoot => {
                write!(f, "The first grant is not signed by the vendor root that is trusted here.")
            }
            Self::TooDeep { limit } => write!(f, "The chain has more than {limit} grants."),
            Self::Broken { grant } => write!(f, "The grant '{grant}' does not hang from the grant before it."),
            Self::BadSubject { grant } => write!(f, "The key that the grant '{grant}' names is not acceptable."),
            Self::GrantExceeds { grant, excesses } => {
                write!(f, "The grant '{grant}' allows more than the one above it: {}.", list(excesses))
            }
            Self::DocumentExceeds { kind, excesses } => {
                write!(f, "The {kind} allows more than its grant: {}.", list(excesses))
            }
            Self::OtherGrant { kind } => write!(f, "The {kind} was issued under another grant than the file carries."),
            Self::OtherProduct { expected, found } => {
                write!(f, "The file is for the product '{found}'; this is '{expected}'.")
            }
            Self::OtherAccount { expected, found } => {
                write!(f, "The file is for the account '{found}'; its grant is for '{expected}'.")
            }
            Self::NoRight { kind, grant } => {
                write!(f, "The grant '{grant}' does not allow its holder to make a {kind}.")
            }
            Self::ForeignRevocations => write!(f, "The file carries revocations by somebody who may not revoke here."),
            Self::Revoked(hit) => hit.fmt(f),
            Self::Contents => write!(f, "The bundle's table of contents does not match what the file holds."),
            Self::LedgerBroken { position } => write!(f, "The ledger's chain breaks at position {position}."),
        }
    }
}

impl std::error::Error for ChainError {}

impl Explain for ChainError {
    fn code(&self) -> &'static str {
        match self {
            Self::Document(error) => error.code(),
            Self::Trust(error) => error.code(),
            Self::NotSignedByRoot => "chain-other-root",
            Self::TooDeep { .. } => "chain-too-deep",
            Self::Broken { .. } => "chain-broken",
            Self::BadSubject { .. } => "key-invalid",
            Self::GrantExceeds { .. } => "grant-exceeds-parent",
            Self::DocumentExceeds { .. } => "document-exceeds-grant",
            Self::OtherGrant { .. } => "grant-other",
            Self::OtherProduct { .. } => "product-other",
            Self::OtherAccount { .. } => "account-other",
            Self::NoRight { .. } => "right-missing",
            Self::ForeignRevocations => "revocations-foreign",
            Self::Revoked(hit) => hit.code(),
            Self::Contents => "bundle-contents",
            Self::LedgerBroken { .. } => "ledger-broken",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::Document(error) => error.advice(),
            Self::Trust(error) => error.advice(),
            Self::Revoked(hit) => hit.advice(),
            Self::NotSignedByRoot | Self::OtherProduct { .. } | Self::OtherAccount { .. } => {
                "Check that the file is from your vendor and for this product and account.".into()
            }
            Self::Contents | Self::LedgerBroken { .. } => {
                "Copy the original file again. If it fails again, ask whoever made it for a new one.".into()
            }
            _ => "Do not use this file, and tell your vendor: whoever made it went past what they were granted.".into(),
        }
    }
}
