//! Postern's documents and the rules between them: envelope, strict JSON, keys, grants, `within`, chain verification.
//!
//! Pure: no clock, no randomness, no I/O. Time and random bytes come in as arguments, so the portal (WebAssembly),
//! the verifier and the vendor tool share this one implementation. The normative text is `docs/spec.md`.
//!
//! The way through: bytes → [`File`] → [`Envelope`] → [`Reader`] → [`Verified`]. Only verification makes a [`Verified`].

pub mod bundle_file;
pub mod chain;
pub mod chain_error;
pub mod credential;
pub mod describe;
pub mod digest;
pub mod documents;
pub mod envelope;
pub mod error;
pub mod explain;
pub mod file;
pub mod id;
pub mod keys;
pub mod kind;
pub mod license_code;
pub mod limits;
pub mod merkle;
pub mod reader;
pub mod revocation;
pub mod sealed_key;
pub mod strict;
pub mod text;
pub mod time;
pub mod trust;
pub mod under_grant;
pub mod verified;
pub mod walk;
pub mod within;

pub use chain::Chain;
pub use chain_error::ChainError;
pub use digest::Digest;
pub use documents::Document;
pub use envelope::{Envelope, Prepared};
pub use error::DocumentError;
pub use explain::Explain;
pub use file::File;
pub use id::Id;
pub use keys::{PublicKey, Signature, VerifyingKey};
pub use kind::Kind;
pub use limits::Limits;
pub use reader::{Reader, VerifiedFile};
pub use sealed_key::SecretKey;
pub use time::Time;
pub use trust::{TrustAnchor, TrustError, TrustState};
pub use under_grant::UnderGrant;
pub use verified::{Unverified, Verified};
