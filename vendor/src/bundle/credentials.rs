//! The vendor's file of license keys and passwords: made once, kept by the vendor, never in a bundle. Lines are added to
//! it, and none is ever changed.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use postern_protocol::credential::{self, CredentialError, LicenseKey};
use postern_protocol::documents::Trust;
use postern_protocol::{Explain, PublicKey};
use zeroize::Zeroizing;

use super::licenses::Wanted;
use crate::fail::Fail;
use crate::files::{self, Access};
use crate::keys;

const HEAD: &str = "license_id,user,secret,public_key";
/// Characters of passwords: 32 that are not mistaken for one another, so each is worth 5 bits.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// Characters of a password: 80 bits (design §4).
const PASSWORD: usize = 16;

/// The credentials of an account's licenses.
pub(crate) struct Credentials {
    path: Option<PathBuf>,
    lines: Zeroizing<String>,
    known: HashMap<Wanted, PublicKey>,
    made: usize,
}

impl Credentials {
    /// Reads the file if it is there.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self, Fail> {
        let lines = match path.filter(|path| path.exists()) {
            Some(path) => {
                let bytes = Zeroizing::new(files::read(path)?);
                let text = std::str::from_utf8(&bytes).map_err(|_| CredentialsError::Line { line: 1 })?;
                Zeroizing::new(text.to_owned())
            }
            None => Zeroizing::new(format!("{HEAD}\n")),
        };
        let mut known = HashMap::new();
        let mut rows = lines.lines().enumerate();
        if rows.next().is_none_or(|(_, head)| head != HEAD) {
            return Err(CredentialsError::Line { line: 1 }.into());
        }
        for (index, line) in rows {
            let (wanted, key) = row(line).ok_or(CredentialsError::Line { line: index + 1 })?;
            known.insert(wanted, key);
        }
        Ok(Self { path: path.map(Path::to_path_buf), lines, known, made: 0 })
    }

    /// The public key of a credential that is known.
    pub(crate) fn get(&self, wanted: &Wanted) -> Option<PublicKey> {
        self.known.get(wanted).copied()
    }

    /// Makes every credential that is not known. Passwords take a moment each, shared by the processor's cores.
    pub(crate) fn make(&mut self, wanted: &[&Wanted], trust: &Trust) -> Result<(), Fail> {
        let missing: Vec<&Wanted> = wanted.iter().copied().filter(|one| !self.known.contains_key(*one)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        if self.path.is_none() {
            return Err(CredentialsError::NoFile { count: missing.len() }.into());
        }
        let odd = |one: &&&Wanted| one.user.as_deref().is_some_and(|user| user.contains([',', '"']));
        if let Some(user) = missing.iter().find(odd).and_then(|one| one.user.clone()) {
            return Err(CredentialsError::User { user }.into());
        }
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let share = missing.len().div_ceil(cores);
        let made = std::thread::scope(|scope| {
            let work = |chunk: &[&Wanted]| chunk.iter().map(|one| fresh(one, trust)).collect::<Vec<_>>();
            let workers: Vec<_> = missing.chunks(share).map(|chunk| scope.spawn(move || work(chunk))).collect();
            workers.into_iter().flat_map(|worker| worker.join().unwrap_or_default()).collect::<Vec<_>>()
        });
        for (one, made) in missing.iter().zip(made) {
            let (secret, key) = made?;
            let user = one.user.as_deref().unwrap_or_default();
            self.lines.push_str(&format!("{},{user},{},{key}\n", one.license_id, secret.as_str()));
            self.known.insert((*one).clone(), key);
            self.made += 1;
        }
        Ok(())
    }

    /// Writes the file with what was made. Before the bundle: a bundle whose keys nobody has would be worth nothing.
    pub(crate) fn save(&self) -> Result<Option<(&Path, usize)>, Fail> {
        match &self.path {
            Some(path) if self.made > 0 => {
                files::write(path, self.lines.as_bytes(), Access::OwnerOnly, true)?;
                Ok(Some((path, self.made)))
            }
            _ => Ok(None),
        }
    }
}

fn row(line: &str) -> Option<(Wanted, PublicKey)> {
    let mut cells = line.split(',');
    let (license_id, user, _, key) = (cells.next()?, cells.next()?, cells.next()?, cells.next()?);
    let user = Some(user.to_owned()).filter(|user| !user.is_empty());
    let end = cells.next().is_none();
    end.then_some((Wanted { license_id: license_id.parse().ok()?, user }, key.parse().ok()?))
}

/// A new secret and the public key that it stands for.
fn fresh(wanted: &Wanted, trust: &Trust) -> Result<(Zeroizing<String>, PublicKey), NotMade> {
    let secret = match wanted.user {
        None => LicenseKey::from_entropy(keys::random()?).to_text(),
        Some(_) => {
            let bytes = Zeroizing::new(keys::random::<PASSWORD>()?);
            let letters = bytes.iter().filter_map(|byte| ALPHABET.get(usize::from(byte % 32)).copied());
            Zeroizing::new(letters.map(char::from).collect())
        }
    };
    let key = credential::derive(trust, wanted.user.as_deref(), &secret)?;
    Ok((secret, keys::public(&key)))
}

/// Why a secret was not made.
#[derive(Clone, Copy, Debug)]
enum NotMade {
    Key,
    Credential(CredentialError),
}

impl From<keys::KeyError> for NotMade {
    fn from(_: keys::KeyError) -> Self {
        Self::Key
    }
}

impl From<CredentialError> for NotMade {
    fn from(error: CredentialError) -> Self {
        Self::Credential(error)
    }
}

impl From<NotMade> for Fail {
    fn from(error: NotMade) -> Self {
        match error {
            NotMade::Key => keys::KeyError::NoRandomness.into(),
            NotMade::Credential(error) => error.into(),
        }
    }
}

/// Why there are no credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CredentialsError {
    /// There is no file to keep new secrets in.
    NoFile {
        /// How many would be made.
        count: usize,
    },
    /// A line of the file is none.
    Line {
        /// Which, counted from 1.
        line: usize,
    },
    /// A user's name does not fit into the file.
    User {
        /// The name.
        user: String,
    },
}

impl fmt::Display for CredentialsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoFile { count } => {
                write!(f, "{count} license keys or passwords have to be made, and there is no file to keep them in.")
            }
            Self::Line { line } => write!(f, "Line {line} of the credentials file is none that this tool wrote."),
            Self::User { user } => write!(f, "The user '{user}' has a comma or a quotation mark in the name."),
        }
    }
}

impl Explain for CredentialsError {
    fn code(&self) -> &'static str {
        match self {
            Self::NoFile { .. } => "credentials-no-file",
            Self::Line { .. } => "credentials-line",
            Self::User { .. } => "credentials-user",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::NoFile { .. } => {
                "Name it with --credentials FILE, and keep it where you keep your customers' data.".into()
            }
            Self::Line { .. } => "Give the file as it was written; take no spreadsheet's copy of it.".into(),
            Self::User { .. } => "Write the user's name without them.".into(),
        }
    }
}
