//! An end user's own license: the license key, or user and password, is the key that issues it, as on a public portal.

use std::path::PathBuf;

use postern_issuer::{Decision, Desk, Refusal, begin_ledger, begin_own_ledger, self_service};
use postern_protocol::SecretKey;
use postern_protocol::credential::derive;
use postern_protocol::documents::{LedgerReference, Trust};

use crate::fail::Fail;
use crate::passphrase::Source;

#[derive(Debug, clap::Args)]
pub(crate) struct Own {
    /// Issue an end user's own license with its license key, or with user and password, which is asked for
    #[arg(long, conflicts_with = "portal_key")]
    own: bool,
    /// The user whose password it is; without one it is a license key
    #[arg(long, value_name = "NAME", requires = "own")]
    user: Option<String>,
    /// A file that holds the license key or the password; else POSTERN_SECRET or a prompt
    #[arg(long, value_name = "FILE", requires = "own")]
    secret_file: Option<PathBuf>,
}

impl Own {
    /// Whether an end user's own license is issued.
    pub(super) fn asked(&self) -> bool {
        self.own
    }

    /// The key that was asked for, if it was.
    pub(super) fn key(&self, trust: &Trust) -> Result<Option<SecretKey>, Fail> {
        if !self.own {
            return Ok(None);
        }
        let words = match &self.user {
            Some(user) => format!("Password of {user}: "),
            None => "License key: ".into(),
        };
        let secret = Source::of(self.secret_file.as_slice(), "POSTERN_SECRET").secret(&words)?;
        // What is no text is no license key and no password either.
        let typed = std::str::from_utf8(secret.bytes()).unwrap_or_default();
        Ok(Some(derive(trust, self.user.as_deref(), typed)?))
    }
}

/// The first entry: an end user's own ledger begins above all that the machines remember.
pub(super) fn begin(desk: &Desk<'_>, remembered: &[LedgerReference]) -> Result<Decision, Vec<Refusal>> {
    if self_service(desk.chain.leaf()) { begin_own_ledger(desk, remembered) } else { begin_ledger(desk) }
}
