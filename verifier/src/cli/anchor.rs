//! The vendor's root, compiled into the program by `cargo xtask dist --trust FILE`.

use postern_protocol::{Digest, TrustAnchor, TrustError};

use super::failure::Failure;

/// What was compiled in, if anything was. What cannot be read is no reason to trust any root.
pub(super) fn anchor() -> Result<Option<TrustAnchor>, Failure> {
    let anchor = option_env!("POSTERN_TRUST_ANCHOR").map(str::parse).transpose();
    anchor.map_err(|error| Failure::usage(format!("This program was built with a bad POSTERN_TRUST_ANCHOR: {error}.")))
}

/// The root to expect in a trust file: the one compiled in, and no other; else the one asked for, if any.
pub(super) fn expected(asked: Option<Digest>) -> Result<Option<Digest>, Failure> {
    match (anchor()?, asked) {
        (Some(anchor), Some(asked)) if anchor.root != asked => {
            Err(TrustError::NotPinned { expected: anchor.root }.into())
        }
        (Some(anchor), _) => Ok(Some(anchor.root)),
        (None, asked) => Ok(asked),
    }
}
