//! The account's portal key: made and sealed here, kept from the last bundle, or known by its License Code.

use postern_protocol::PublicKey;
use postern_protocol::documents::Sealed;

use super::previous::{Previous, PreviousError};
use super::spec::PortalKey;
use crate::fail::Fail;
use crate::keys;
use crate::passphrase::PortalPassphrase;

/// The portal's key as the bundle carries it.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    pub(crate) key: PublicKey,
    pub(crate) sealed: Option<Sealed>,
}

/// Finds or makes the portal's key.
pub(crate) fn subject(
    wanted: PortalKey,
    previous: Option<&Previous>,
    passphrase: &PortalPassphrase,
) -> Result<Subject, Fail> {
    match (wanted, previous) {
        (PortalKey::LicenseCode(code), None) => Ok(Subject { key: code.0, sealed: None }),
        (PortalKey::LicenseCode(code), Some(previous)) => match previous.subject()? {
            key if key == code.0 => Ok(Subject { key, sealed: None }),
            before => Err(PreviousError::OtherKey { before }.into()),
        },
        (PortalKey::Sealed, Some(previous)) => match previous.verified.bundle.sealed_key.clone() {
            Some(sealed) => Ok(Subject { key: previous.subject()?, sealed: Some(sealed) }),
            None => Err(PreviousError::KeyNotHere.into()),
        },
        (PortalKey::Sealed, None) => {
            let key = keys::make()?;
            let passphrase = passphrase.source().fresh("the account's portal key", 0, 1)?;
            let pem = keys::seal(&key, &passphrase)?;
            Ok(Subject { key: keys::public(&key), sealed: Some(pem.lines().map(str::to_owned).collect()) })
        }
    }
}
