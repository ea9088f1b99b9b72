//! Keys: made in this browser, unlocked, used.

use std::rc::Rc;

use postern_protocol::sealed_key::{self, OpenError};
use postern_protocol::{Kind, PublicKey, SecretKey};
use yew::AttrValue;
use zeroize::Zeroizing;

use super::model::account::{Account, Way};
use super::model::change::Change;
use super::model::error::PortalError;
use super::model::flow::{Flow, Told};
use super::model::keys::KeyHere;
use super::model::shown::{Busy, Explained};
use super::{Desk, Refused};
use crate::browser::desk::keys::{self, Signer};
use crate::browser::desk::random;
use crate::t;
use crate::talk::Filled;

impl Desk {
    /// Makes a key: one that the browser keeps, or else one sealed under the passphrase of the form, typed twice.
    pub(super) async fn make_key(&self, filled: Filled) -> Result<(), Refused> {
        let mut secrets = filled.secret.into_iter();
        let (passphrase, again) = (secrets.next().unwrap_or_default(), secrets.next().unwrap_or_default());
        if let Some(wrong) = wrong_with(self.state().keeps_keys, &passphrase, &again) {
            self.change(Change::Wrong(wrong.to_string()));
            return Ok(());
        }
        self.change(Change::Busy(Busy::Unlocking));
        let store = self.store().await?;
        match keys::make().await {
            Some((public, key)) => store.put_kept_key(public, &key).await?,
            None => {
                let no_randomness = || Refused::from(PortalError::NoRandomness);
                let secret = Zeroizing::new(random::bytes::<32>().ok_or_else(no_randomness)?);
                let (salt, iv) = random::bytes().zip(random::bytes()).ok_or_else(no_randomness)?;
                let key = SecretKey::from_bytes(&secret);
                let pem =
                    sealed_key::seal(&key, passphrase.as_bytes(), salt, iv).map_err(|error| Explained::from(&error))?;
                let public = PublicKey::from_bytes(key.public_bytes());
                store.put_sealed_key(public, &pem).await?;
            }
        }
        self.change(Change::Keys(store.keys().await?));
        self.change(Change::Told(Told::KeyMade));
        Ok(())
    }

    /// Unlocks the loaded bundle, and goes on with the file that waited for it.
    pub(super) async fn unlock(&self, filled: Filled) -> Result<(), Refused> {
        let state = self.state();
        let Flow::Unlock(loaded) = &state.flow else { return Ok(()) };
        let by = filled.plain.into_iter().next().unwrap_or_default();
        if by.trim().is_empty() {
            self.change(Change::Wrong(t!("name-missing").to_string()));
            return Ok(());
        }
        let passphrase = filled.secret.into_iter().next().unwrap_or_default();
        self.change(Change::Busy(Busy::Unlocking));
        let (public, signer) = match &loaded.way {
            Way::NotHere | Way::Credential => return Err(PortalError::KeyNotHere.into()),
            Way::Sealed(pem) => open(pem, &passphrase, &loaded.subjects())?,
            Way::Here(KeyHere { public, sealed: Some(pem) }) => open(pem, &passphrase, std::slice::from_ref(public))?,
            Way::Here(KeyHere { public, sealed: None }) => {
                let kept = self.store().await?.kept_key(*public).await?;
                (*public, Signer::Kept(kept.ok_or(PortalError::KeyNotHere)?))
            }
        };
        let account = Account::open(loaded.clone(), public, by.trim().to_owned())?;
        *self.signer.borrow_mut() = Some(Rc::new(signer));
        let with_ledger = self.with_stored_ledger(account.clone()).await;
        let opened = with_ledger.as_ref().ok().cloned().unwrap_or(account);
        self.change(Change::Opened(opened.clone().into()));
        with_ledger?;
        // Not what waited when this began: another file may have come meanwhile.
        let waiting = self.state().waiting;
        match &waiting {
            Some(waiting) if waiting.kind == Kind::LedgerEntry => self.import_ledger(&opened, &waiting.bytes).await,
            _ => {
                self.ask_waiting(&opened)?;
                self.go_on().await
            }
        }
    }
}

/// The shortest passphrase that a key is sealed under, in characters.
const SHORTEST: usize = 12;

/// What is wrong with a new passphrase; where the browser keeps keys there is none.
pub(super) fn wrong_with(keeps_keys: bool, passphrase: &str, again: &str) -> Option<AttrValue> {
    if keeps_keys {
        return None;
    }
    if passphrase.chars().count() < SHORTEST {
        return Some(t!("passphrase-short", n = SHORTEST));
    }
    (passphrase != again).then(|| t!("passphrase-differs"))
}

/// Opens a sealed key, which must be one of these. Takes a second or so, in which the page goes on.
pub(super) fn open(pem: &str, passphrase: &str, expected: &[PublicKey]) -> Result<(PublicKey, Signer), Refused> {
    let explain = |error: OpenError| Explained::from(&error);
    let key = sealed_key::open(pem, passphrase.as_bytes()).map_err(explain)?;
    let public = PublicKey::from_bytes(key.public_bytes());
    // A damaged file can decrypt to another key than the entitlements name.
    if !expected.contains(&public) {
        return Err(explain(OpenError::OtherKey).into());
    }
    Ok((public, Signer::Opened(Box::new(key))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_passphrase_is_long_and_typed_twice() {
        let twelve = "correct hors";
        assert_eq!(wrong_with(false, twelve, twelve), None);
        assert_eq!(wrong_with(false, "correct hor", "correct hor"), Some(t!("passphrase-short", n = SHORTEST)));
        assert_eq!(wrong_with(false, twelve, "correct hort"), Some(t!("passphrase-differs")));
        assert_eq!(wrong_with(true, "", ""), None);
    }
}
