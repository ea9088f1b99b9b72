//! Credentials of licenses: kept from earlier bundles, or made here and written once, for the vendor alone.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use postern_protocol::credential::{Argon2Parameters, CredentialError, LicenseKey, derive_from_password};
use postern_protocol::documents::{Credential, CredentialKind, Grant, Trust};
use postern_protocol::{Explain, Id, PublicKey};
use zeroize::Zeroizing;

use super::licenses::{Node, Wanted};
use super::values::Key;
use crate::fail::Fail;
use crate::files::{self, Access};
use crate::{csv, keys};

/// The first line of a credentials file.
const HEADER: [&str; 5] = ["license_id", "from", "user", "credential", "key"];
/// Characters of a password: 100 bits, and none that is taken for another.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
/// Characters of a password: four groups of five.
const PASSWORD_LENGTH: usize = 20;

/// The credentials of each license, in the licenses' order, and the file of those that were made.
pub(crate) struct Issued {
    pub(crate) keys: Vec<Vec<Credential>>,
    pub(crate) file: Option<CredentialsFile>,
}

/// Secrets that exist nowhere else.
pub(crate) struct CredentialsFile {
    text: Zeroizing<String>,
    path: PathBuf,
    pub(crate) count: usize,
}

/// One credential to be made.
struct Order<'a> {
    license: usize,
    id: &'a Id,
    wanted: &'a Wanted,
}

/// A credential that was made.
struct Made {
    secret: Zeroizing<String>,
    key: PublicKey,
}

/// Keeps each credential that the last bundle has, and makes the others. `path` is where they will be written.
pub(crate) fn issue<'a>(
    nodes: &'a [Node],
    previous: impl Fn(&Id) -> Option<&'a Grant>,
    known: &Known,
    path: Option<&Path>,
    trust: &Trust,
) -> Result<Issued, Fail> {
    let (mut keys, mut orders) = (Vec::with_capacity(nodes.len()), Vec::new());
    for (license, node) in nodes.iter().enumerate() {
        let id = &node.entitlement.id;
        let before = previous(id).map(|grant| grant.credentials.as_slice()).unwrap_or_default();
        let given = node.entitlement.credentials.iter().map(|one| Credential { key: one.key.0, from: one.from });
        let mut own: Vec<Credential> = given.collect();
        known.names_all(id, before, &own, &node.wanted)?;
        for wanted in &node.wanted {
            match known.kept(id, wanted, before) {
                Some(key) => own.push(Credential { key, from: wanted.kind() }),
                None => orders.push(Order { license, id, wanted }),
            }
        }
        keys.push(own);
    }
    if orders.is_empty() {
        return Ok(Issued { keys, file: None });
    }
    let path = path.ok_or(CredentialsError::NoFile { count: orders.len() })?;
    // Never overwritten, whatever --force says: what it holds exists nowhere else.
    if path.symlink_metadata().is_ok() {
        return Err(CredentialsError::Exists { path: path.into() }.into());
    }
    let made = make_all(&orders, trust)?;
    let mut text = Zeroizing::new(String::with_capacity(orders.len() * 256));
    csv::write(&mut text, &HEADER);
    for (order, made) in orders.iter().zip(&made) {
        let user = match order.wanted {
            Wanted::Password(user) => user.as_str(),
            Wanted::LicenseKey => "",
        };
        let kind = order.wanted.kind();
        csv::write(&mut text, &[order.id.as_str(), kind.as_str(), user, &made.secret, &made.key.to_string()]);
        if let Some(own) = keys.get_mut(order.license) {
            own.push(Credential { key: made.key, from: kind });
        }
    }
    Ok(Issued { keys, file: Some(CredentialsFile { text, path: path.into(), count: orders.len() }) })
}

impl CredentialsFile {
    /// Writes the secrets for their owner only, where nothing is.
    pub(crate) fn write(&self) -> Result<(), Fail> {
        files::write(&self.path, self.text.as_bytes(), Access::OwnerOnly, false)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// Makes every credential; passwords cost what the trust document asks for, so all cores take part.
fn make_all(orders: &[Order<'_>], trust: &Trust) -> Result<Vec<Made>, Fail> {
    let parameters = Argon2Parameters::try_from(&trust.key_derivation)?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let work = || -> Result<Vec<(usize, Made)>, Fault> {
        let mut made = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(order) = orders.get(index) else { return Ok(made) };
            made.push((index, make(order.wanted, trust, &parameters)?));
        }
    };
    let shares = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores.min(orders.len())).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or(Err(Fault::Derivation(CredentialError::Derivation))))
            .collect::<Vec<_>>()
    });
    let mut made = Vec::with_capacity(orders.len());
    for share in shares {
        made.extend(share.map_err(Fail::from)?);
    }
    made.sort_unstable_by_key(|(index, _)| *index);
    Ok(made.into_iter().map(|(_, made)| made).collect())
}

/// Why a credential could not be made; passes between threads.
enum Fault {
    Derivation(CredentialError),
    Randomness(keys::KeyError),
}

impl From<Fault> for Fail {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Derivation(error) => error.into(),
            Fault::Randomness(error) => error.into(),
        }
    }
}

fn make(wanted: &Wanted, trust: &Trust, parameters: &Argon2Parameters) -> Result<Made, Fault> {
    let (vendor, product) = (trust.vendor.as_str(), trust.product.as_str());
    let (secret, key) = match wanted {
        Wanted::LicenseKey => {
            let entropy = Zeroizing::new(keys::random().map_err(Fault::Randomness)?);
            let key = LicenseKey::from_entropy(*entropy);
            (key.to_text(), key.derive(vendor, product))
        }
        Wanted::Password(user) => {
            let secret = password(&Zeroizing::new(keys::random().map_err(Fault::Randomness)?));
            let key = derive_from_password(vendor, product, user, &secret, parameters);
            (secret, key)
        }
    };
    Ok(Made { secret, key: keys::public(&key.map_err(Fault::Derivation)?) })
}

/// A password of 100 random bits: five of each byte.
fn password(entropy: &[u8; PASSWORD_LENGTH]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(PASSWORD_LENGTH + 3));
    for (index, byte) in entropy.iter().enumerate() {
        if index > 0 && index % 5 == 0 {
            text.push('-');
        }
        text.push(ALPHABET.get(usize::from(byte & 31)).copied().map_or('a', char::from));
    }
    text
}

/// Whose credentials earlier files say that keys are. A bundle names no users.
#[derive(Debug, Default)]
pub(crate) struct Known(HashMap<Id, Vec<(String, PublicKey)>>);

impl Known {
    /// Reads credentials files that were written with earlier bundles.
    pub(crate) fn read(paths: &[PathBuf]) -> Result<Self, Fail> {
        let mut known = Self::default();
        for path in paths {
            let bytes = Zeroizing::new(files::read(path)?);
            let unreadable = |line| CredentialsError::Unreadable { path: path.clone(), line };
            let text = std::str::from_utf8(&bytes).map_err(|_| unreadable(1))?;
            let rows = csv::read(text).map_err(unreadable)?;
            let Some(((_, header), rows)) = rows.split_first() else { return Err(unreadable(1).into()) };
            if header != &HEADER {
                return Err(unreadable(1).into());
            }
            for (line, row) in rows {
                let [id, _, user, _, key] = row.as_slice() else { return Err(unreadable(*line).into()) };
                let (Ok(id), Ok(key)) = (id.parse(), key.parse::<Key>()) else { return Err(unreadable(*line).into()) };
                known.0.entry(id).or_default().push((user.clone(), key.0));
            }
        }
        Ok(known)
    }

    /// The key that the last bundle has for this credential.
    fn kept(&self, id: &Id, wanted: &Wanted, before: &[Credential]) -> Option<PublicKey> {
        let mut listed = before.iter().filter(|one| one.from == wanted.kind()).map(|one| one.key);
        match wanted {
            Wanted::LicenseKey => listed.next(),
            Wanted::Password(user) => {
                let theirs = self.0.get(id)?;
                listed.find(|key| theirs.iter().any(|(known, own)| known == user && own == key))
            }
        }
    }

    /// Refuses where the last bundle has a password that nobody says whose it is: its user would get a new one.
    fn names_all(
        &self,
        id: &Id,
        before: &[Credential],
        given: &[Credential],
        wanted: &[Wanted],
    ) -> Result<(), CredentialsError> {
        let of_users = || before.iter().filter(|one| one.from == CredentialKind::User);
        let named = |key: &PublicKey| {
            let known = self.0.get(id).is_some_and(|theirs| theirs.iter().any(|(_, own)| own == key));
            known || given.iter().any(|one| one.key == *key)
        };
        let asks = wanted.iter().any(|one| one.kind() == CredentialKind::User);
        if asks && of_users().next().is_some() && !of_users().all(|one| named(&one.key)) {
            return Err(CredentialsError::Whose { license_id: id.clone() });
        }
        Ok(())
    }
}

/// Why credentials can be neither kept nor made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CredentialsError {
    /// Some have to be made, and nothing says where they go.
    NoFile {
        /// How many.
        count: usize,
    },
    /// The file that they go to is there already.
    Exists {
        /// Which.
        path: PathBuf,
    },
    /// A file is no credentials file of this tool.
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Its line.
        line: usize,
    },
    /// The last bundle has passwords, and nobody says whose.
    Whose {
        /// The license.
        license_id: Id,
    },
}

impl fmt::Display for CredentialsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoFile { count } => {
                write!(f, "{count} license keys or passwords have to be made, and no file takes them.")
            }
            Self::Exists { path } => {
                write!(f, "{} is there already; it was not touched, and nothing was made.", path.display())
            }
            Self::Unreadable { path, line } => {
                write!(f, "Line {line} of {} is not as this tool writes credentials.", path.display())
            }
            Self::Whose { license_id } => {
                write!(f, "The license '{license_id}' has passwords already, and a bundle does not say whose they are.")
            }
        }
    }
}

impl Explain for CredentialsError {
    fn code(&self) -> &'static str {
        match self {
            Self::NoFile { .. } => "credentials-file-missing",
            Self::Exists { .. } => "credentials-file-exists",
            Self::Unreadable { .. } => "credentials-file-unreadable",
            Self::Whose { .. } => "credentials-whose",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::NoFile { .. } => "Give --credentials FILE: they are written there, once, and nowhere else.",
            Self::Exists { .. } => {
                "Choose another name. Credentials files are never overwritten, not even with --force: \
                 what they hold exists nowhere else."
            }
            Self::Unreadable { .. } => "Give the file as 'postern bundle make --credentials' wrote it.",
            Self::Whose { .. } => {
                "Give the credentials file of the earlier bundle with --known; or write each password's key under \
                 credentials; or give --new-credentials with this license id to make all of them anew."
            }
        }
        .into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_use_all_of_their_alphabet_and_no_twins() {
        let unique: std::collections::HashSet<_> = ALPHABET.iter().collect();
        assert_eq!(unique.len(), 32);
        assert!(!ALPHABET.iter().any(|symbol| b"il1o".contains(symbol)));
        let mut entropy = [0; PASSWORD_LENGTH];
        entropy.iter_mut().zip(0..).for_each(|(byte, value)| *byte = value + 224);
        assert_eq!(password(&entropy).as_str(), "abcde-fghjk-mnpqr-stuvw");
    }
}
