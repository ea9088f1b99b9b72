//! The vendor's trust file, and what the vendor's root has signed.

use std::path::Path;

use postern_protocol::documents::{Grant, Parent};
use postern_protocol::{Chain, ChainError, DocumentError, File, Kind, Limits, Reader, TrustState};

use crate::fail::Fail;
use crate::files;

/// Reads a trust file: every version from the first on.
pub(crate) fn read(path: &Path) -> Result<TrustState, Fail> {
    let (_, file) = files::read_postern(path)?;
    Ok(of(&file)?)
}

/// The trust that a file brings along, beginning with its first trust document.
pub(crate) fn of(file: &File) -> Result<TrustState, ChainError> {
    let [first, later @ ..] = file.trust.as_slice() else {
        let found = file.kind().unwrap_or(Kind::Trust);
        return Err(DocumentError::WrongKind { expected: Kind::Trust, found }.into());
    };
    Ok(TrustState::begin(first.clone(), &Limits::DEFAULT)?.advance(later, &Limits::DEFAULT)?)
}

/// Verifies an operations grant: one grant, right below the root.
pub(crate) fn operations(file: File, trust: &TrustState) -> Result<Chain, ChainError> {
    let chain = Reader { trust, revocations: &[], limits: Limits::DEFAULT }.grants(file)?;
    match chain.leaf().get() {
        Grant { parent: Parent::Root, .. } => Ok(chain),
        below => Err(ChainError::Broken { grant: below.id.clone() }),
    }
}

/// Verifies an operations grant under the newest root version that signed it: after a rotation that is an older one.
pub(crate) fn operations_of_any_root(file: &File, trust: &TrustState) -> Result<Grant, ChainError> {
    let envelopes: Vec<_> = trust.history().iter().map(|trust| trust.envelope().clone()).collect();
    let version = |count: usize| -> Result<Grant, ChainError> {
        let (first, later) = envelopes.split_first().ok_or(DocumentError::NoDocument)?;
        let later = later.get(..count).unwrap_or_default();
        let trust = TrustState::begin(first.clone(), &Limits::DEFAULT)?.advance(later, &Limits::DEFAULT)?;
        operations(file.clone(), &trust).map(|chain| chain.leaf().get().clone())
    };
    let newest = operations(file.clone(), trust).map(|chain| chain.leaf().get().clone());
    newest.or_else(|error| (0..envelopes.len()).rev().find_map(|count| version(count).ok()).ok_or(error))
}
