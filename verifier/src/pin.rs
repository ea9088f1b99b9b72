//! Pinning a vendor root: where a machine's state begins.

use std::fmt;
use std::path::Path;

use postern_protocol::{Digest, DocumentError, Explain, File, Id, Kind, Limits, Time, TrustError, TrustState};

use crate::rules::passes_on;
use crate::store::{StateError, Store};

/// A pinned vendor root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pinned {
    /// The product.
    pub product: Id,
    /// The vendor.
    pub vendor: Id,
    /// The digest of the pinned trust document, for people to compare.
    pub root: Digest,
    /// The newest trust version known.
    pub number: u64,
    /// Whether the state was made now; otherwise it was pinned to this root before.
    pub fresh: bool,
    /// Whether the caller said which root to expect; otherwise somebody has to compare the digest.
    pub expected: bool,
}

/// Makes the state in this directory and pins the root of a trust file: the one expected, or the file's first.
///
/// Later roots come only with answers, so another root than the pinned one is refused.
///
/// # Errors
/// The file is no trust file, does not hold the expected root, or the state is pinned to another root already.
pub fn pin(directory: &Path, file: &[u8], expected: Option<Digest>, now: Time) -> Result<Pinned, PinError> {
    let trust = read(file, expected)?;
    let (store, fresh) = Store::begin(directory, &trust, now)?;
    let known = store.read(|work| work.facts().map(|facts| facts.trust.clone()))?;
    let root = known.first().digest();
    if root != trust.first().digest() {
        return Err(PinError::OtherRoot { pinned: root, found: trust.first().digest() });
    }
    let current = known.current();
    Ok(Pinned {
        product: current.product.clone(),
        vendor: current.vendor.clone(),
        root,
        number: current.number,
        fresh,
        expected: expected.is_some(),
    })
}

/// The trust that a trust file carries, from the expected document on, or from its first.
///
/// # Errors
/// The file is no trust file, does not hold the expected root, or its steps do not hold.
pub fn read(file: &[u8], expected: Option<Digest>) -> Result<TrustState, PinError> {
    let file = File::parse(file, &Limits::DEFAULT)?;
    match file.kind() {
        Some(Kind::Trust) => {}
        Some(found) => return Err(DocumentError::WrongKind { expected: Kind::Trust, found }.into()),
        None => return Err(DocumentError::Empty.into()),
    }
    let start = match expected {
        Some(expected) => {
            let found = file.trust.iter().position(|envelope| envelope.digest() == expected);
            found.ok_or(TrustError::NotPinned { expected })?
        }
        None => 0,
    };
    let (first, later) = file.trust.iter().skip(start).collect::<Vec<_>>().split_first().map_or_else(
        || Err(DocumentError::NoDocument),
        |(first, later)| Ok(((*first).clone(), later.iter().map(|&one| one.clone()).collect::<Vec<_>>())),
    )?;
    Ok(TrustState::begin(first, &Limits::DEFAULT)?.advance(&later, &Limits::DEFAULT)?)
}

/// Why no root is pinned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PinError {
    /// The state cannot be used.
    State(StateError),
    /// The file cannot be read.
    File(DocumentError),
    /// The trust documents do not hold.
    Trust(TrustError),
    /// Another root is pinned here already.
    OtherRoot {
        /// The pinned root.
        pinned: Digest,
        /// The file's.
        found: Digest,
    },
}

passes_on!(PinError { State: StateError, File: DocumentError, Trust: TrustError });

impl fmt::Display for PinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State(error) => error.fmt(f),
            Self::File(error) => error.fmt(f),
            Self::Trust(error) => error.fmt(f),
            Self::OtherRoot { pinned, found } => {
                write!(f, "This state is pinned to the vendor root {pinned}; the file's root is {found}.")
            }
        }
    }
}

impl std::error::Error for PinError {}

impl Explain for PinError {
    fn code(&self) -> &'static str {
        match self {
            Self::State(error) => error.code(),
            Self::File(error) => error.code(),
            Self::Trust(error) => error.code(),
            Self::OtherRoot { .. } => "trust-pinned",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::State(error) => error.advice(),
            Self::File(error) => error.advice(),
            Self::Trust(error) => error.advice(),
            Self::OtherRoot { .. } => {
                "Newer roots of the same vendor come with licenses by themselves. For another product, name another \
                 directory with --state."
                    .into()
            }
        }
    }
}
