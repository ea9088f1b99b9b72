//! Whether a file holds, how far down, and against what.

use postern_protocol::bundle_file::{verify_bundle, verify_ledger};
use postern_protocol::documents::{
    Deactivation, Document, Enablement, Grant, License, Parent, Receipt, Request, Signer, TimeTicket,
};
use postern_protocol::{
    ChainError, Digest, DocumentError, Envelope, File, Kind, Limits, Reader, TrustState, UnderGrant, Unverified,
};

use crate::trust;

/// What a file was verified against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Against {
    /// The root of the trust file that was given.
    GivenRoot(Digest),
    /// The root that the file brings itself.
    OwnRoot(Digest),
    /// The machine's key that the document names.
    NamedSigner,
}

/// Whether a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// All of it does.
    Holds(Against),
    /// The document on this line, counted from 1, does not; all before it do.
    Fails {
        /// Against what.
        against: Against,
        /// Which line.
        line: usize,
        /// Why.
        error: ChainError,
    },
    /// It carries no root, and none was given.
    NotChecked,
}

impl Verdict {
    /// Whether the document on this line, counted from 1, holds; none if nobody can tell.
    pub(crate) fn of_line(&self, line: usize) -> Option<bool> {
        match self {
            Self::Holds(_) => Some(true),
            Self::Fails { line: failing, .. } => match line.cmp(failing) {
                std::cmp::Ordering::Less => Some(true),
                std::cmp::Ordering::Equal => Some(false),
                std::cmp::Ordering::Greater => None,
            },
            Self::NotChecked => None,
        }
    }
}

/// Judges a file.
pub(crate) fn judge(file: &File, given: Option<&TrustState>) -> Verdict {
    if let [machine] = file.documents.as_slice()
        && matches!(machine.kind(), Kind::Request | Kind::Deactivation)
    {
        return verdict(Against::NamedSigner, machine_document(file, machine));
    }
    let (trust, against) = match (given, file.trust.first()) {
        (Some(given), _) => (given.clone(), Against::GivenRoot(given.anchor().root)),
        (None, Some(first)) => match TrustState::begin(first.clone(), &Limits::DEFAULT) {
            Ok(own) => (own, Against::OwnRoot(first.digest())),
            Err(error) => return verdict(Against::OwnRoot(first.digest()), Err((1, error.into()))),
        },
        (None, None) => return Verdict::NotChecked,
    };
    verdict(against, from_root(file, &trust, given.is_some()))
}

type Failure = (usize, ChainError);

fn verdict(against: Against, result: Result<(), Failure>) -> Verdict {
    match result {
        Ok(()) => Verdict::Holds(against),
        Err((line, error)) => Verdict::Fails { against, line, error },
    }
}

/// A machine's file holds one document and nothing else.
fn machine_document(file: &File, document: &Envelope) -> Result<(), Failure> {
    fn check<T: Document + Signer>(document: &Envelope) -> Result<(), DocumentError> {
        Unverified::<T>::new(document.clone())?.verify_by_named_signers(&Limits::DEFAULT).map(drop)
    }
    if let Some(first) = file.envelopes().next().filter(|first| first.kind() != document.kind()) {
        return Err((1, DocumentError::Extra { line: 1, found: first.kind() }.into()));
    }
    let checked = match document.kind() {
        Kind::Deactivation => check::<Deactivation>(document),
        _ => check::<Request>(document),
    };
    checked.map_err(|error| (1, error.into()))
}

/// Down from the root: trust, each grant, and what they carry; the first line that does not hold.
fn from_root(file: &File, trust: &TrustState, pinned: bool) -> Result<(), Failure> {
    let limits = Limits::DEFAULT;
    let mut state = trust.clone();
    for (index, envelope) in file.trust.iter().enumerate() {
        // A file that begins with another root than the pinned one is not an older version of it.
        let foreign = pinned && index == 0 && !trust.history().iter().any(|known| known.digest() == envelope.digest());
        state = match state.advance(std::slice::from_ref(envelope), &limits) {
            Ok(_) if foreign && file.kind() == Some(Kind::Trust) => {
                let expected = trust.anchor().root;
                return Err((1, postern_protocol::TrustError::NotPinned { expected }.into()));
            }
            Ok(next) => next,
            Err(error) => return Err((index + 1, error.into())),
        };
    }
    let reader = Reader { trust: &state, revocations: &[], limits };
    let above = file.trust.len();
    for (index, grant) in file.grants.iter().enumerate() {
        reader
            .grants(File { grants: path_to(&file.grants, index, grant), ..File::default() })
            .map_err(|error| (above + index + 1, error))?;
    }
    let line = above + file.grants.len() + 1;
    whole(file, &reader).map_err(|error| (line, error))
}

/// The grants from the root to this one, in a file that lists many or exactly a path.
fn path_to(grants: &[Envelope], index: usize, grant: &Envelope) -> Vec<Envelope> {
    let mut path = vec![grant.clone()];
    let mut below = grant;
    // Parents stand before their children, so this comes to an end.
    for above in grants.iter().take(index).rev() {
        let parent = serde_json::from_slice::<Grant>(below.payload()).map(|grant| grant.parent);
        if parent.is_ok_and(|parent| parent == Parent::Grant(above.digest())) {
            path.insert(0, above.clone());
            below = above;
        }
    }
    path
}

/// The file as its reader would take it.
fn whole(file: &File, reader: &Reader<'_>) -> Result<(), ChainError> {
    fn document<T: UnderGrant>(bytes: &[u8], reader: &Reader<'_>) -> Result<(), ChainError> {
        reader.file::<T>(bytes).map(drop)
    }
    let bytes = file.to_bytes();
    match file.kind() {
        Some(Kind::License) => document::<License>(&bytes, reader),
        Some(Kind::Enablement) => document::<Enablement>(&bytes, reader),
        Some(Kind::Receipt) => document::<Receipt>(&bytes, reader),
        Some(Kind::TimeTicket) => document::<TimeTicket>(&bytes, reader),
        Some(Kind::Bundle) => verify_bundle(&bytes, reader.trust, &reader.limits).map(drop),
        Some(Kind::LedgerEntry) => verify_ledger(&bytes, reader.trust, &reader.limits).map(drop),
        Some(Kind::Trust) => trust::of(file).map(drop),
        _ => reader.grants(file.clone()).map(drop),
    }
}
