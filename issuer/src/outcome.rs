//! Signing in two steps: bytes to sign, then files, each verified as its reader will before it is handed out.

use std::fmt;

use postern_protocol::bundle_file::verify_bundle;
use postern_protocol::documents::{Enablement, LedgerEntry, License, Receipt, TimeTicket};
use postern_protocol::{
    Chain, ChainError, Digest, Document, DocumentError, Envelope, Explain, File, Limits, Prepared, Reader, Signature,
    TrustError, TrustState, UnderGrant, Unverified, Verified,
};

use crate::decision::{Decision, Made};
use crate::ledger::Ledger;

/// A decision as bytes to sign with the portal's key.
#[derive(Clone, Debug)]
pub struct Preparation {
    decision: Decision,
    entry: Prepared,
}

/// What a signed decision comes to. Store `entries` before anybody sees `file`.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The file to hand out; none where only the ledger goes on.
    pub file: Option<File>,
    /// The name that the file is offered under; empty without a file.
    pub file_name: &'static str,
    /// The digest of the document in the file.
    pub document: Option<Digest>,
    /// The entries to append to the stored ledger.
    pub entries: Vec<Verified<LedgerEntry>>,
    /// The ledger with these entries.
    pub ledger: Ledger,
}

impl Preparation {
    pub(crate) fn new(decision: Decision) -> Self {
        let entry = Prepared::new(&decision.entry);
        Self { decision, entry }
    }

    fn documents(&self) -> Vec<&Prepared> {
        self.decision.made.as_ref().map(Made::documents).unwrap_or_default()
    }

    /// The messages to sign, in order: each gets one signature by the portal's key.
    pub fn messages(&self) -> Vec<Vec<u8>> {
        self.documents().into_iter().chain([&self.entry]).map(Prepared::to_sign).collect()
    }

    /// Puts the signatures in, and verifies the outcome with the code that its reader uses.
    ///
    /// # Errors
    /// A signature is missing or not the portal's, or the outcome would be refused by its reader. Nothing was issued.
    pub fn finish(self, signatures: &[Signature]) -> Result<Outcome, FinishError> {
        let documents = self.documents();
        let (of_entry, of_documents) = match signatures.split_last() {
            Some((entry, others)) if others.len() == documents.len() => (entry, others),
            _ => {
                let expected = documents.len() + 1;
                return Err(FinishError::SignatureCount { expected, found: signatures.len() });
            }
        };
        let Decision { chain, revocations, ledger, made, entry: decided, reader_trust, carried, .. } = &self.decision;
        let entry = Unverified::<LedgerEntry>::new(sign(&self.entry, chain, of_entry))?
            .verify(chain.subject(), &Limits::DEFAULT)?;
        if entry.get() != decided {
            return Err(FinishError::Differs);
        }
        let signed = documents.iter().zip(of_documents).map(|(document, signature)| sign(document, chain, signature));
        let mut signed: Vec<Envelope> = signed.collect();
        let file = signed.pop().map(|document| assembled(chain, *reader_trust, revocations, signed, Some(document)));
        if let Some((file, made)) = file.as_ref().zip(made.as_ref()) {
            let trust = reader_trust_state(chain, *reader_trust)?;
            match made {
                Made::License(license, _) => check::<License>(file, license, &trust, chain)?,
                Made::Token(token, _) => check::<Enablement>(file, token, &trust, chain)?,
                Made::Ticket(ticket, _) => check::<TimeTicket>(file, ticket, &trust, chain)?,
                Made::Receipt(receipt, _) => check::<Receipt>(file, receipt, &trust, chain)?,
                Made::Bundle(made) => {
                    let verified = verify_bundle(&file.to_bytes(), &trust, &Limits::DEFAULT)?;
                    if verified.bundle.get() != made.bundle.as_ref() {
                        return Err(FinishError::Differs);
                    }
                }
            }
        }
        Ok(Outcome {
            file,
            file_name: made.as_ref().map_or("", Made::file_name),
            document: made.as_ref().map(|made| made.prepared().digest()),
            ledger: match ledger {
                None => Ledger::begin(entry.clone(), carried.clone()),
                Some(ledger) => ledger.with(entry.clone(), carried.clone()),
            },
            entries: vec![entry],
        })
    }
}

/// A file under a chain. What was signed before the document is the grant and the list that a bundle carries.
pub(crate) fn assembled(
    chain: &Chain,
    reader_trust: u64,
    revocations: &[Envelope],
    before: Vec<Envelope>,
    document: Option<Envelope>,
) -> File {
    let mut before = before.into_iter();
    let (grant, list) = (before.next(), before.next());
    File {
        trust: chain.trust().after(reader_trust).map(|trust| trust.envelope().clone()).collect(),
        grants: chain.grants().iter().map(|one| one.envelope().clone()).chain(grant).collect(),
        revocations: revocations.iter().cloned().chain(list).collect(),
        documents: document.into_iter().collect(),
    }
}

fn sign(prepared: &Prepared, chain: &Chain, signature: &Signature) -> Envelope {
    prepared.finish(&[(chain.subject().public(), *signature)])
}

/// Reads the file back as its reader will, and compares. The chain's own grants were verified with the bundle.
fn check<T: UnderGrant + Document + PartialEq>(
    file: &File,
    made: &T,
    trust: &TrustState,
    chain: &Chain,
) -> Result<(), FinishError> {
    let reader = Reader { trust, revocations: &[], limits: Limits::DEFAULT };
    let verified = reader.file_below::<T>(&file.to_bytes(), chain)?;
    if verified.document.get() == made { Ok(()) } else { Err(FinishError::Differs) }
}

/// The reader's trust, as far back as the portal can know it: the file must bring the reader from there to here.
fn reader_trust_state(chain: &Chain, number: u64) -> Result<TrustState, FinishError> {
    let trust = chain.trust();
    let held = trust.history().iter().find(|one| one.number == number).unwrap_or_else(|| trust.first());
    if held.digest() == trust.current().digest() {
        return Ok(trust.clone());
    }
    Ok(TrustState::begin(held.envelope().clone(), &Limits::DEFAULT)?)
}

/// Why a signed decision is not handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FinishError {
    /// Too few or too many signatures.
    SignatureCount {
        /// How many messages there were.
        expected: usize,
        /// How many signatures came.
        found: usize,
    },
    /// The reader of the file would refuse it.
    WouldBeRefused(ChainError),
    /// What was read back is not what was decided.
    Differs,
}

impl From<ChainError> for FinishError {
    fn from(error: ChainError) -> Self {
        Self::WouldBeRefused(error)
    }
}

impl From<DocumentError> for FinishError {
    fn from(error: DocumentError) -> Self {
        Self::WouldBeRefused(error.into())
    }
}

impl From<TrustError> for FinishError {
    fn from(error: TrustError) -> Self {
        Self::WouldBeRefused(error.into())
    }
}

impl fmt::Display for FinishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SignatureCount { expected, found } => {
                write!(f, "{found} signatures were made where {expected} are due.")
            }
            Self::WouldBeRefused(ChainError::Document(DocumentError::SignatureInvalid { .. })) => {
                write!(f, "The key that signed is not the portal key that the entitlement names.")
            }
            Self::WouldBeRefused(error) => write!(f, "The file was checked before handing it out and failed: {error}"),
            Self::Differs => write!(f, "The file was checked before handing it out and does not say what was decided."),
        }
    }
}

impl std::error::Error for FinishError {}

impl Explain for FinishError {
    fn code(&self) -> &'static str {
        match self {
            Self::SignatureCount { .. } => "finish-signature-count",
            Self::WouldBeRefused(ChainError::Document(DocumentError::SignatureInvalid { .. })) => "finish-other-key",
            Self::WouldBeRefused(_) => "finish-refused",
            Self::Differs => "finish-differs",
        }
    }

    fn advice(&self) -> String {
        match self.code() {
            "finish-other-key" => "Unlock with the key that belongs to this bundle. Nothing was issued.".into(),
            _ => "Nothing was issued. Tell your vendor what you did and send them this message.".into(),
        }
    }
}
