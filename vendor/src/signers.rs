//! Root keys that sign together: opened, known to the current root, enough of them.

use std::fmt;
use std::path::PathBuf;

use postern_protocol::{Explain, PublicKey, SecretKey, TrustState};

use crate::fail::Fail;
use crate::keys;
use crate::passphrase::Source;

/// Opens root keys and checks that they are different keys of the current root, at least its threshold of them.
///
/// `count` is how many keys the whole command opens or makes; these are the first.
pub(crate) fn open(
    trust: &TrustState,
    paths: &[PathBuf],
    passphrases: Source<'_>,
    count: usize,
) -> Result<Vec<SecretKey>, Fail> {
    let root = trust.current();
    let needed = root.threshold;
    // Nobody wants to type passphrases first and hear then that a key is missing.
    if (paths.len() as u64) < needed {
        return Err(SignerError::TooFew { given: paths.len(), needed }.into());
    }
    let mut signers: Vec<SecretKey> = Vec::with_capacity(paths.len());
    for (index, path) in paths.iter().enumerate() {
        let key = keys::open(path, passphrases, index, count)?;
        let public = keys::public(&key);
        if !root.keys.contains(&public) {
            return Err(SignerError::Foreign { path: path.clone(), key: public, version: root.number }.into());
        }
        if !signers.iter().any(|other| keys::public(other) == public) {
            signers.push(key);
        }
    }
    if (signers.len() as u64) < needed {
        return Err(SignerError::TooFew { given: signers.len(), needed }.into());
    }
    Ok(signers)
}

/// The flags that name root keys.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct RootKeys {
    /// The vendor's trust file
    #[arg(long, value_name = "FILE")]
    pub(crate) trust: PathBuf,
    /// A root key that signs; give as many as the threshold asks for
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) root_key: Vec<PathBuf>,
}

/// Why the given root keys do not sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SignerError {
    /// Fewer different keys than the threshold.
    TooFew {
        /// Different keys given.
        given: usize,
        /// The threshold.
        needed: u64,
    },
    /// A key that the current root does not list.
    Foreign {
        /// Its file.
        path: PathBuf,
        /// Its public half.
        key: PublicKey,
        /// The current root version.
        version: u64,
    },
}

impl fmt::Display for SignerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFew { given, needed } => {
                write!(f, "The root signs with {needed} different keys; {given} were given.")
            }
            Self::Foreign { path, key, version } => {
                write!(f, "{} holds the key {key}, which root version {version} does not list.", path.display())
            }
        }
    }
}

impl Explain for SignerError {
    fn code(&self) -> &'static str {
        match self {
            Self::TooFew { .. } => "root-keys-too-few",
            Self::Foreign { .. } => "root-key-foreign",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::TooFew { .. } => "Give --root-key once for each of the keys that sign.".into(),
            Self::Foreign { .. } => {
                "Take the key files that were made with this trust file; after a rotation, the new ones.".into()
            }
        }
    }
}
