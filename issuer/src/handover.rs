//! Handing a ledger and its key over in one file, and taking them over from it.

use std::fmt;

use postern_protocol::bundle_file::{HandoverFile, VerifiedBundle};
use postern_protocol::describe::time;
use postern_protocol::documents::{Event, Handover, Sealed, Version};
use postern_protocol::{
    Chain, ChainError, DocumentError, Envelope, Explain, File, Kind, Limits, Prepared, Signature, Time, Verified,
};

use crate::decision::Decision;
use crate::desk::Desk;
use crate::ledger::{Comparison, Ledger};
use crate::ledger_error::LedgerError;
use crate::outcome::FinishError;
use crate::refusal::Refusal;
use crate::rules;

/// Decides that another administrator is to go on with the ledger. From this entry on nothing more is issued with it
/// until somebody takes it over; [`prepare_handover`] makes the file for them.
///
/// # Errors
/// Every reason against it, at once.
pub fn decide_handover(desk: &Desk<'_>, to: &str) -> Result<Decision, Vec<Refusal>> {
    let mut refusals = Vec::new();
    rules::desk(desk, None, &mut refusals);
    rules::recording(desk, &mut refusals);
    rules::name(to, &mut refusals);
    let Some(ledger) = desk.ledger.filter(|_| refusals.is_empty()) else { return Err(refusals) };
    Ok(Decision::new(desk, Some(ledger), None, Event::HandedOver { to: to.trim().into() }))
}

/// Decides that another administrator goes on with the ledger, under the grant that is current now. A ledger that was
/// handed over is gone on with only by whoever has the handover made for exactly this ledger.
///
/// # Errors
/// Every reason against it, at once.
pub fn decide_take_over(desk: &Desk<'_>, handover: Option<&Verified<Handover>>) -> Result<Decision, Vec<Refusal>> {
    let mut refusals = Vec::new();
    rules::desk(desk, None, &mut refusals);
    rules::ledger(desk, &mut refusals);
    let handed = |ledger: &&Ledger| handover.is_some_and(|handover| handover.ledger == ledger.next());
    if desk.ledger.filter(handed).is_none() {
        rules::not_handed_over(desk, &mut refusals);
    }
    let Some(ledger) = desk.ledger.filter(|_| refusals.is_empty()) else { return Err(refusals) };
    Ok(Decision::new(desk, Some(ledger), None, Event::TakenOver { grant: desk.chain.leaf().digest() }))
}

/// The file for whoever takes over, to be signed: the account's bundle file, every entry of the ledger, which was handed
/// over, and the key as it was sealed for them. Made again with another passphrase it is another file of the same
/// handover.
///
/// # Errors
/// Every reason against it, at once.
pub fn prepare_handover(
    desk: &Desk<'_>,
    bundle: File,
    sealed_key: Sealed,
) -> Result<HandoverPreparation, Vec<Refusal>> {
    let mut refusals = Vec::new();
    rules::desk(desk, None, &mut refusals);
    rules::ledger(desk, &mut refusals);
    let ledger = desk.ledger.filter(|ledger| ledger.handed_over().is_some());
    if desk.ledger.is_some() && ledger.is_none() {
        refusals.push(Refusal::NotHandedOver);
    }
    let Some(ledger) = ledger.filter(|_| refusals.is_empty()) else { return Err(refusals) };
    let decided = Handover {
        kind: Kind::Handover,
        version: Version,
        product: desk.bundle.bundle.product.clone(),
        account: desk.bundle.bundle.account.clone(),
        grant: desk.chain.leaf().digest(),
        bundle: desk.bundle.bundle.digest(),
        ledger: ledger.next(),
        sealed_key,
        made_at: desk.now,
        extensions: Vec::new(),
    };
    let entries = ledger.entries().iter().map(|entry| entry.envelope().clone()).collect();
    let (prepared, chain) = (Prepared::new(&decided), desk.chain.clone());
    Ok(HandoverPreparation { prepared, decided, chain, bundle, entries })
}

impl Ledger {
    /// What its last entry says, where that hands it over.
    pub fn handed_over(&self) -> Option<HandedOver<'_>> {
        let last = self.entries().last()?;
        match &last.event {
            Event::HandedOver { to } => Some(HandedOver { to, at: last.at }),
            _ => None,
        }
    }
}

/// That a ledger was handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandedOver<'a> {
    /// To whom, as typed.
    pub to: &'a str,
    /// When.
    pub at: Time,
}

/// A handover as bytes to sign with the portal's key.
#[derive(Clone, Debug)]
pub struct HandoverPreparation {
    prepared: Prepared,
    decided: Handover,
    chain: Chain,
    bundle: File,
    entries: Vec<Envelope>,
}

impl HandoverPreparation {
    /// The message to sign.
    pub fn message(&self) -> Vec<u8> {
        self.prepared.to_sign()
    }

    /// Puts the signature in, and reads the file as whoever takes over will.
    ///
    /// # Errors
    /// The signature is not the portal's, or the file would be refused: it is longer than a file may be, or its bundle
    /// is not the desk's. Nothing was handed out.
    pub fn finish(self, bundle: &VerifiedBundle, signature: &Signature) -> Result<File, FinishError> {
        let Self { prepared, decided, chain, bundle: bundle_file, entries } = self;
        let document = prepared.finish(&[(chain.subject().public(), *signature)]);
        let file = HandoverFile { bundle: bundle_file, entries, document }.into_file();
        let read = HandoverFile::take(File::parse(&file.to_bytes(), &Limits::DEFAULT)?)?;
        let same = read.bundle.documents.first().is_some_and(|one| one.digest() == bundle.bundle.digest());
        let handed = Handed::read(&read, bundle, &Limits::DEFAULT).map_err(|error| match error {
            HandoverError::Chain(error) => FinishError::WouldBeRefused(error),
            _ => FinishError::Differs,
        })?;
        if same && *handed.document.get() == decided { Ok(file) } else { Err(FinishError::Differs) }
    }
}

/// What a handover file brings, verified.
#[derive(Clone, Debug)]
pub struct Handed {
    /// Any path of the key that is handed over.
    pub chain: Chain,
    /// The ledger.
    pub ledger: Ledger,
    /// The document that binds bundle, ledger and sealed key.
    pub document: Verified<Handover>,
}

impl Handed {
    /// Verifies what stands behind the bundle of a handover file, which was verified before. The key stays sealed.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn read(file: &HandoverFile, bundle: &VerifiedBundle, limits: &Limits) -> Result<Self, HandoverError> {
        let key = file.peek(limits)?.ledger.ledger.key;
        let grant = bundle.tree.current(key).next().map(Verified::digest);
        let chain = grant.and_then(|grant| bundle.tree.chain(grant));
        let chain = chain.ok_or(ChainError::OtherGrant { kind: Kind::Handover })?;
        let ledger = Ledger::of(bundle, &chain, &file.entries, limits)?;
        let last = ledger.entries().last().ok_or(LedgerError::Empty)?;
        let document = file.verify(bundle, last, limits)?;
        Ok(Self { chain, ledger, document })
    }

    /// Whether this handover can still be taken over where `ours` is the ledger.
    ///
    /// # Errors
    /// Somebody took over already, or the ledger here is another.
    pub fn after(&self, ours: Option<&Ledger>) -> Result<(), HandoverError> {
        let Some(ours) = ours else { return Ok(()) };
        match ours.compare(&self.ledger) {
            Comparison::Same | Comparison::Older => Ok(()),
            Comparison::Forked { position } => Err(HandoverError::Forked { position }),
            Comparison::Newer => {
                let next = ours.entries().iter().find(|entry| entry.place == self.document.ledger);
                Err(match next {
                    Some(entry) => HandoverError::Used { at: entry.at, by: entry.by.clone() },
                    None => HandoverError::Stale,
                })
            }
        }
    }
}

/// Why a handover cannot be taken over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HandoverError {
    /// The file does not hold.
    Chain(ChainError),
    /// Its ledger is none to go on with.
    Ledger(LedgerError),
    /// Somebody went on with the ledger after this handover.
    Used {
        /// When.
        at: Time,
        /// Who, as typed.
        by: String,
    },
    /// The ledger here began later.
    Stale,
    /// The ledger here is another one.
    Forked {
        /// The first position at which they differ.
        position: u64,
    },
}

impl From<ChainError> for HandoverError {
    fn from(error: ChainError) -> Self {
        Self::Chain(error)
    }
}

impl From<DocumentError> for HandoverError {
    fn from(error: DocumentError) -> Self {
        Self::Chain(error.into())
    }
}

impl From<LedgerError> for HandoverError {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

impl fmt::Display for HandoverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chain(error) => error.fmt(f),
            Self::Ledger(error) => error.fmt(f),
            Self::Used { at, by } => write!(f, "This handover was taken over already: by {by}, {}.", time(*at)),
            Self::Stale => write!(f, "This handover is out of date: the ledger here was begun after it."),
            Self::Forked { position } => {
                write!(f, "From entry {position} on, the ledger in the handover file is another than the one here.")
            }
        }
    }
}

impl std::error::Error for HandoverError {}

impl Explain for HandoverError {
    fn code(&self) -> &'static str {
        match self {
            Self::Chain(error) => error.code(),
            Self::Ledger(error) => error.code(),
            Self::Used { .. } => "handover-used",
            Self::Stale => "handover-stale",
            Self::Forked { .. } => "handover-forked",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::Chain(error) => error.advice(),
            Self::Ledger(error) => error.advice(),
            Self::Used { .. } | Self::Stale => {
                "Go on with the ledger that is here, and delete the handover file.".into()
            }
            Self::Forked { .. } => {
                "Issue nothing. Two portals went on with one ledger: send both to your vendor, who decides.".into()
            }
        }
    }
}
