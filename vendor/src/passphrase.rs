//! Passphrases: from a prompt, a file or an environment variable, never from an argument.

use std::fmt;
use std::path::PathBuf;

use postern_protocol::Explain;
use zeroize::Zeroizing;

use crate::fail::Fail;
use crate::files;

/// A passphrase: wiped when dropped, never printed.
pub(crate) struct Passphrase(Zeroizing<Vec<u8>>);

impl Passphrase {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(..)")
    }
}

/// Where the passphrases of one kind of key come from: files first, then the variable, then the terminal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'a> {
    files: &'a [PathBuf],
    variable: &'static str,
}

/// The passphrases of the vendor's own keys.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct VendorPassphrase {
    /// A file with the passphrase; given once for every key, or once for each in the keys' order
    #[arg(long, value_name = "FILE")]
    passphrase_file: Vec<PathBuf>,
}

impl VendorPassphrase {
    pub(crate) fn source(&self) -> Source<'_> {
        Source { files: &self.passphrase_file, variable: "POSTERN_PASSPHRASE" }
    }
}

/// The passphrase of an account's portal key, which the customer's administrator will type.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct PortalPassphrase {
    /// A file with the passphrase of the account's portal key; else POSTERN_PORTAL_PASSPHRASE or a prompt
    #[arg(long, value_name = "FILE")]
    portal_passphrase_file: Option<PathBuf>,
}

impl PortalPassphrase {
    pub(crate) fn source(&self) -> Source<'_> {
        Source { files: self.portal_passphrase_file.as_slice(), variable: "POSTERN_PORTAL_PASSPHRASE" }
    }
}

/// The passphrase of a handover, which its maker chooses for whoever takes over.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct HandoverPassphrase {
    /// A file with the handover's passphrase; else POSTERN_HANDOVER_PASSPHRASE or a prompt
    #[arg(long, value_name = "FILE")]
    handover_passphrase_file: Option<PathBuf>,
}

impl HandoverPassphrase {
    pub(crate) fn source(&self) -> Source<'_> {
        Source { files: self.handover_passphrase_file.as_slice(), variable: "POSTERN_HANDOVER_PASSPHRASE" }
    }
}

impl<'a> Source<'a> {
    /// A secret that comes from these files, or else from this variable.
    pub(crate) fn of(files: &'a [PathBuf], variable: &'static str) -> Self {
        Self { files, variable }
    }

    /// A secret that is no passphrase of a key; `words` ask for it.
    pub(crate) fn secret(self, words: &str) -> Result<Passphrase, Fail> {
        match self.given(0, 1)? {
            Some(given) => Ok(given),
            None => Ok(prompt(words, self.variable)?),
        }
    }

    /// The passphrase of an existing key: the `index`th of `count`.
    pub(crate) fn existing(self, what: &str, index: usize, count: usize) -> Result<Passphrase, Fail> {
        match self.given(index, count)? {
            Some(given) => Ok(given),
            None => Ok(prompt(&format!("Passphrase of {what}: "), self.variable)?),
        }
    }

    /// The passphrase of a key that is being made: the `index`th of `count`. A typed one is asked for twice.
    pub(crate) fn fresh(self, what: &str, index: usize, count: usize) -> Result<Passphrase, Fail> {
        if let Some(given) = self.given(index, count)? {
            return Ok(given);
        }
        let first = prompt(&format!("New passphrase for {what}: "), self.variable)?;
        let again = prompt("The same again: ", self.variable)?;
        Ok(agreed(first, &again)?)
    }

    fn given(self, index: usize, count: usize) -> Result<Option<Passphrase>, Fail> {
        let file = match self.files {
            [] => None,
            [only] => Some(only),
            several if several.len() == count => several.get(index),
            several => return Err(PassphraseError::Count { files: several.len(), keys: count }.into()),
        };
        if let Some(file) = file {
            let bytes = Zeroizing::new(files::read(file)?);
            let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            return Ok(Some(Passphrase(Zeroizing::new(line.to_vec()))));
        }
        Ok(std::env::var_os(self.variable)
            .map(|value| Passphrase(Zeroizing::new(std::os::unix::ffi::OsStringExt::into_vec(value)))))
    }
}

fn agreed(first: Passphrase, again: &Passphrase) -> Result<Passphrase, PassphraseError> {
    if first.bytes() == again.bytes() { Ok(first) } else { Err(PassphraseError::Mismatch) }
}

fn prompt(words: &str, variable: &'static str) -> Result<Passphrase, PassphraseError> {
    let typed = rpassword::prompt_password(words).map_err(|_| PassphraseError::Missing { variable })?;
    Ok(Passphrase(Zeroizing::new(typed.into_bytes())))
}

/// Why there is no passphrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PassphraseError {
    /// None was given and there is no terminal to ask at.
    Missing {
        /// The variable that it could have been in.
        variable: &'static str,
    },
    /// The two typed ones differ.
    Mismatch,
    /// Several files, but not one for each key.
    Count {
        /// Files given.
        files: usize,
        /// Keys to open or seal.
        keys: usize,
    },
}

impl fmt::Display for PassphraseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { .. } => write!(f, "No passphrase was given, and there is no terminal to ask at."),
            Self::Mismatch => write!(f, "The two passphrases are not the same; no key was made."),
            Self::Count { files, keys } => write!(f, "{files} passphrase files were given for {keys} keys."),
        }
    }
}

impl Explain for PassphraseError {
    fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "passphrase-missing",
            Self::Mismatch => "passphrase-mismatch",
            Self::Count { .. } => "passphrase-files-count",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::Missing { variable } => {
                format!("Name a file that holds it (see --help), or set the environment variable {variable}.")
            }
            Self::Mismatch => "Repeat the command and type the same passphrase twice.".into(),
            Self::Count { .. } => "Give one file for all keys, or one for each key in the keys' order.".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_passphrase_is_typed_twice_alike() {
        let typed = |text: &str| Passphrase(Zeroizing::new(text.as_bytes().to_vec()));
        assert_eq!(agreed(typed("lantern"), &typed("lantern")).unwrap().bytes(), b"lantern");
        assert_eq!(agreed(typed("lantern"), &typed("Lantern")).unwrap_err(), PassphraseError::Mismatch);
        assert_eq!(format!("{:?}", typed("lantern")), "Passphrase(..)");
    }
}
