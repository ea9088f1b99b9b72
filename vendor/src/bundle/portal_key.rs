//! The account's portal key: made and sealed here, kept from the last bundle, or known by its License Code.

use postern_protocol::documents::Sealed;
use postern_protocol::{PublicKey, SecretKey};

use super::previous::{Previous, PreviousError};
use super::spec::PortalKey;
use crate::fail::Fail;
use crate::keys;
use crate::passphrase::PortalPassphrase;

/// The portal's key before any passphrase is asked for.
#[derive(Debug)]
pub(crate) struct Subject {
    /// None where every license is an end user's own.
    pub(crate) key: Option<PublicKey>,
    secret: Secret,
}

#[derive(Debug)]
enum Secret {
    /// In the customer's browser.
    Elsewhere,
    /// Sealed already, in the last bundle.
    Sealed(Sealed),
    /// Made just now.
    Fresh(SecretKey),
}

impl Subject {
    /// Finds or makes the portal's key.
    pub(crate) fn find(wanted: PortalKey, previous: Option<&Previous>) -> Result<Self, Fail> {
        match (wanted, previous) {
            (PortalKey::None, _) => Ok(Self { key: None, secret: Secret::Elsewhere }),
            (PortalKey::LicenseCode(code), None) => Ok(Self { key: Some(code.0), secret: Secret::Elsewhere }),
            (PortalKey::LicenseCode(code), Some(previous)) => match previous.subject()? {
                key if key == code.0 => Ok(Self { key: Some(key), secret: Secret::Elsewhere }),
                before => Err(PreviousError::OtherKey { before }.into()),
            },
            (PortalKey::Sealed, Some(previous)) => match previous.verified.bundle.sealed_key.clone() {
                Some(sealed) => Ok(Self { key: Some(previous.subject()?), secret: Secret::Sealed(sealed) }),
                None => Err(PreviousError::KeyNotHere.into()),
            },
            (PortalKey::Sealed, None) => {
                let key = keys::make()?;
                Ok(Self { key: Some(keys::public(&key)), secret: Secret::Fresh(key) })
            }
        }
    }

    /// The key as the bundle carries it, if it does; a fresh one is sealed now.
    pub(crate) fn seal(self, passphrase: &PortalPassphrase) -> Result<Option<Sealed>, Fail> {
        match self.secret {
            Secret::Elsewhere => Ok(None),
            Secret::Sealed(sealed) => Ok(Some(sealed)),
            Secret::Fresh(key) => {
                let passphrase = passphrase.source().fresh("the account's portal key", 0, 1)?;
                Ok(Some(keys::seal(&key, &passphrase)?.lines().map(str::to_owned).collect()))
            }
        }
    }
}
