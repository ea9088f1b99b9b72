//! Keys: made in this browser, unlocked, used.

use std::rc::Rc;

use postern_protocol::{Kind, PublicKey, SecretKey};
use zeroize::Zeroizing;

use super::{Refused, Tasks};
use crate::browser::keys::{self, Signer};
use crate::browser::random;
use crate::model::account::{Account, Way};
use crate::model::change::Change;
use crate::model::error::PortalError;
use crate::model::flow::{Busy, Flow, Notice, Told};
use crate::model::keys::KeyHere;
use crate::work::Request;

impl Tasks {
    /// Makes a key: one that the browser keeps, or else one sealed under a passphrase.
    pub(super) async fn make_key(&self, passphrase: Zeroizing<String>) -> Result<(), Refused> {
        self.tell(Change::Busy(Busy::Unlocking));
        let store = self.store().await?;
        match keys::make().await {
            Some((public, key)) => store.put_kept_key(public, &key).await?,
            None => {
                let no_randomness = || Refused::from(PortalError::NoRandomness);
                let secret = Zeroizing::new(random::bytes::<32>().ok_or_else(no_randomness)?);
                let fresh = random::bytes::<32>().ok_or_else(no_randomness)?;
                let pem = self.derive(Request::seal_key(&secret, &passphrase, fresh)).await?;
                let pem = String::from_utf8_lossy(&pem).into_owned();
                let public = PublicKey::from_bytes(SecretKey::from_bytes(&secret).public_bytes());
                store.put_sealed_key(public, &pem).await?;
            }
        }
        self.tell(Change::Keys(store.keys().await?));
        self.tell(Change::Told(Notice::Done(Told::KeyMade)));
        Ok(())
    }

    /// Unlocks the loaded bundle, and goes on with the file that waited for it.
    pub(super) async fn unlock(&self, by: String, passphrase: Zeroizing<String>) -> Result<(), Refused> {
        let state = self.state();
        let Flow::Unlock(loaded) = &state.flow else { return Ok(()) };
        self.tell(Change::Busy(Busy::Unlocking));
        let (public, signer) = match &loaded.way {
            Way::NotHere => return Err(PortalError::KeyNotHere.into()),
            Way::Sealed(pem) => self.open_sealed(pem, &passphrase, &loaded.subjects()).await?,
            Way::Here(KeyHere { public, sealed: Some(pem) }) => {
                self.open_sealed(pem, &passphrase, std::slice::from_ref(public)).await?
            }
            Way::Here(KeyHere { public, sealed: None }) => {
                let kept = self.store().await?.kept_key(*public).await?;
                (*public, Signer::Kept(kept.ok_or(PortalError::KeyNotHere)?))
            }
        };
        let account = Account::open(loaded.clone(), public, by.trim().to_owned())?;
        *self.hands.signer.borrow_mut() = Some(Rc::new(signer));
        let with_ledger = self.with_stored_ledger(account.clone()).await;
        let opened = with_ledger.as_ref().ok().cloned().unwrap_or(account);
        self.tell(Change::Opened(opened.clone().into()));
        with_ledger?;
        match &state.waiting {
            Some(waiting) if waiting.kind == Kind::LedgerEntry => self.import_ledger(&opened, &waiting.bytes).await,
            _ => self.ask_waiting(&opened),
        }
    }

    async fn open_sealed(
        &self,
        pem: &str,
        passphrase: &str,
        expected: &[PublicKey],
    ) -> Result<(PublicKey, Signer), Refused> {
        let secret = self.derive(Request::open_key(pem, passphrase, expected)).await?;
        let seed = <&[u8; 32]>::try_from(secret.as_slice())
            .map_err(|_| PortalError::Worker("an answer of another length".into()))?;
        let key = SecretKey::from_bytes(seed);
        Ok((PublicKey::from_bytes(key.public_bytes()), Signer::Opened(Box::new(key))))
    }
}
