//! Loading a bundle: verified up to the vendor's root, never an older one, and stored.

use postern_protocol::{File, Limits};

use super::model::account::{self, Account, Loaded, Opening, Root};
use super::model::change::Change;
use super::model::error::PortalError;
use super::model::flow::Told;
use super::model::keys::KeyHere;
use super::model::shared::Shared;
use super::model::shown::Explained;
use super::{Desk, Refused};
use crate::browser::desk::clock;
use crate::browser::desk::store::BundlePlace;

/// Documents that are verified between two turns of the worker: a few dozen milliseconds.
pub(super) const SLICE: usize = 256;

/// What became of looking for a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// It was loaded.
    Bundle,
    /// There was none.
    Nothing,
}

/// How a bundle stands to the newest that is stored of its account.
#[derive(Clone, Debug)]
pub(super) enum Standing {
    /// It is that one.
    Stored,
    /// It follows that one, or is the first.
    New,
    /// It is older than this one.
    Older(Box<Loaded>),
}

impl Desk {
    /// Loads the bundle that a person dropped.
    pub(super) async fn load_dropped(&self, bytes: Vec<u8>) -> Result<(), Refused> {
        let before = self.state();
        let old = before.flow.loaded().map(|loaded| loaded.verified.bundle.digest());
        let unlocked = before.flow.account().cloned();

        let loaded = self.verify_and_store(&bytes).await?;
        let same = old == Some(loaded.verified.bundle.digest());
        if same {
            self.change(Change::Told(Told::BundleSame));
            return Ok(());
        }
        let reopened = match unlocked {
            Some(account) => self.reopen(&account, &loaded).await?,
            None => None,
        };
        match reopened {
            // The same key goes on without being unlocked again.
            Some(account) => self.change(Change::Opened(account.into())),
            None => {
                *self.signer.borrow_mut() = None;
                self.change(Change::Loaded(loaded.into()));
            }
        }
        if old.is_some() {
            self.change(Change::Told(Told::BundleRenewed));
        }
        Ok(())
    }

    /// Loads a bundle while the page opens.
    pub(super) async fn load(&self, bytes: Vec<u8>) -> Result<Taken, Refused> {
        let loaded = self.verify_and_store(&bytes).await?;
        self.change(Change::Loaded(loaded.into()));
        Ok(Taken::Bundle)
    }

    async fn verify_and_store(&self, bytes: &[u8]) -> Result<Loaded, Refused> {
        let (loaded, standing) = self.beside_stored(bytes).await?;
        match standing {
            Standing::Stored => {}
            Standing::Older(stored) => {
                let (stored, found) = (stored.bundle().serial, loaded.bundle().serial);
                return Err(PortalError::BundleOlder { stored, found }.into());
            }
            Standing::New => {
                let bundle = loaded.bundle();
                let place = BundlePlace { product: &bundle.product, account: &bundle.account, serial: bundle.serial };
                self.store().await?.put_bundle(place, bytes, loaded.root()).await?;
            }
        }
        Ok(loaded)
    }

    /// Verifies a bundle up to the root that is known here, and says how it stands to the newest that is stored.
    pub(super) async fn beside_stored(&self, bytes: &[u8]) -> Result<(Loaded, Standing), Refused> {
        let store = self.store().await?;
        let keys = store.keys().await?;
        let file = File::parse(bytes, &Limits::DEFAULT).map_err(|error| Explained::from(&error))?;
        let product = account::product(&file)?;
        let root = match (self.state().brand.trust_root, store.pin(&product).await?) {
            (Some(given), _) => Root::Pinned(given),
            (None, Some(pinned)) => Root::Pinned(pinned),
            (None, None) => Root::FirstUse,
        };
        let loaded = self.verify(file.clone(), root.clone(), &keys).await?;
        let bundle = loaded.bundle();
        let newest = store.bundles(&bundle.product, &bundle.account).await?.pop();
        if newest.as_deref() == Some(bytes) {
            return Ok((loaded, Standing::Stored));
        }
        Ok(match self.stored(newest, root).await {
            Some(stored) if stored.verified.bundle.digest() == loaded.verified.bundle.digest() => {
                (loaded, Standing::Stored)
            }
            Some(stored) if stored.bundle().serial >= loaded.bundle().serial => {
                (loaded, Standing::Older(stored.with_keys(&keys).into()))
            }
            // Once more, from the root versions that are known already: none of them may be taken back.
            Some(stored) => {
                let known = Root::Known(stored.verified.tree.trust().clone());
                (self.verify(file, known, &keys).await?, Standing::New)
            }
            None => (loaded, Standing::New),
        })
    }

    /// Verifies a bundle piece by piece, telling the page how far it is; it can be asked other things meanwhile.
    async fn verify(&self, file: File, root: Root, keys: &[KeyHere]) -> Result<Loaded, Refused> {
        let mut opening = Opening::begin(file, root)?;
        while opening.go_on(SLICE)? {
            self.turn(opening.progress()).await;
        }
        Ok(opening.finish(keys)?)
    }

    /// Between two pieces of long work.
    pub(super) async fn turn(&self, (done, all): (usize, usize)) {
        self.change(Change::Progress(done as u64, all as u64));
        clock::turn().await;
    }

    /// The stored bundle, if it still verifies under this root.
    async fn stored(&self, bytes: Option<Vec<u8>>, root: Root) -> Option<Loaded> {
        let file = File::parse(&bytes?, &Limits::DEFAULT).ok()?;
        self.verify(file, root, &[]).await.ok()
    }

    /// The unlocked account under another bundle, if that is for the same key.
    async fn reopen(&self, account: &Account, loaded: &Loaded) -> Result<Option<Account>, Refused> {
        let loaded = Shared::new(loaded.clone());
        let same = account.bundle().account == loaded.bundle().account;
        match Account::open(loaded, account.subject, account.by.clone()) {
            Ok(opened) if same => self.with_stored_ledger(opened).await.map(Some),
            _ => Ok(None),
        }
    }
}
