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
    /// None where end users issue every license.
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
        let before = previous.and_then(Previous::subject);
        match (wanted, before) {
            (PortalKey::None, None) => Ok(Self { key: None, secret: Secret::Elsewhere }),
            (PortalKey::None, Some(_)) => Err(PreviousError::KeyThere.into()),
            (PortalKey::LicenseCode(code), Some(before)) if before != code.0 => {
                Err(PreviousError::OtherKey { before }.into())
            }
            (PortalKey::LicenseCode(code), _) => Ok(Self { key: Some(code.0), secret: Secret::Elsewhere }),
            (PortalKey::Sealed, Some(before)) => {
                match previous.and_then(|previous| previous.verified.bundle.sealed_key.clone()) {
                    Some(sealed) => Ok(Self { key: Some(before), secret: Secret::Sealed(sealed) }),
                    None => Err(PreviousError::KeyNotHere.into()),
                }
            }
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
