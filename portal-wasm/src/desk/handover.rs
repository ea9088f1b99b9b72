//! Handing the ledger over in one file, and taking over from one. A file is verified whole before its passphrase is
//! asked for, and everything that it brings is stored at once.

use std::rc::Rc;

use postern_issuer::{Handed, HandoverError, Ledger, decide_handover, decide_take_over, prepare_handover};
use postern_protocol::bundle_file::HandoverFile;
use postern_protocol::{Envelope, File, Limits, sealed_key};

use super::files::download;
use super::ledger::{explain_all, lines};
use super::load::Standing;
use super::model::account::Account;
use super::model::change::Change;
use super::model::dropped::Dropped;
use super::model::error::PortalError;
use super::model::flow::{Flow, Told};
use super::model::handover::Received;
use super::model::shown::{Busy, Explained};
use super::unlock::{open, wrong_with};
use super::{Desk, Refused};
use crate::browser::desk::keys::Signer;
use crate::browser::desk::store::{Brought, BundlePlace, Store};
use crate::browser::desk::{clock, random};
use crate::t;
use crate::talk::Filled;

impl Desk {
    /// Makes the file for whoever the form names, under its passphrase, typed twice. A ledger that was handed over
    /// already keeps its last entry: then it is the same handover, with another passphrase.
    pub(super) async fn hand_over(&self, filled: Filled) -> Result<(), Refused> {
        let account = self.account()?;
        let again = account.ledger.as_ref().is_some_and(|ledger| ledger.handed_over().is_some());
        let to = filled.plain.into_iter().next().unwrap_or_default();
        let mut secrets = filled.secret.into_iter();
        let (passphrase, repeated) = (secrets.next().unwrap_or_default(), secrets.next().unwrap_or_default());
        let nobody = (!again && to.trim().is_empty()).then(|| t!("handover-to-missing"));
        if let Some(wrong) = nobody.or_else(|| wrong_with(false, &passphrase, &repeated)) {
            self.change(Change::Wrong(wrong.to_string()));
            return Ok(());
        }
        self.change(Change::Busy(Busy::Signing));
        let signer = self.signer()?;
        // A key that the browser keeps is never asked for: its page says what to do instead.
        let Signer::Opened(key) = &*signer else { return Err(PortalError::KeyNotHere.into()) };
        let chain = account.any_chain().cloned().ok_or(PortalError::KeyNotHere)?;
        let (salt, iv) = random::bytes().zip(random::bytes()).ok_or(PortalError::NoRandomness)?;
        let pem = sealed_key::seal(key, passphrase.as_bytes(), salt, iv).map_err(|error| Explained::from(&error))?;
        let lock = self.lock(&account).await;
        let store = self.unmoved(&account).await?;
        let (mut account, mut entries) = ((*account).clone(), Vec::new());
        if !again {
            let decision = decide_handover(&account.desk(&chain, clock::now()), &to)
                .map_err(|refusals| explain_all(&account, &refusals))?;
            let outcome = self.sign(decision).await?;
            account = account.with_ledger(Some(outcome.ledger));
            entries = outcome.entries;
        }
        let bundle = bundle_file(&store, &account).await?;
        let sealed = pem.lines().map(str::to_owned).collect();
        let preparation = prepare_handover(&account.desk(&chain, clock::now()), bundle, sealed)
            .map_err(|refusals| explain_all(&account, &refusals))?;
        let signature = key.sign(&preparation.message());
        let file = preparation.finish(&account.loaded.verified, &signature).map_err(|error| Explained::from(&error))?;
        if !entries.is_empty() {
            store.append(account.ledger_id(), &lines(&entries), None).await?;
        }
        drop(lock);
        let name = format!("{}.handover", account.bundle().account);
        self.change(Change::Opened(account.into()));
        self.change(Change::Told(Told::HandedOver));
        download(&name, &file.to_bytes());
        Ok(())
    }

    /// Verifies a handover file, and asks for its passphrase if it can be taken over here.
    pub(super) async fn receive(&self, dropped: Dropped) -> Result<(), Refused> {
        let parts = HandoverFile::take(dropped.file).map_err(|error| Explained::from(&error))?;
        let bytes = parts.bundle.to_bytes();
        let (loaded, standing) = self.beside_stored(&bytes).await?;
        let handed = Handed::read(&parts, &loaded.verified, &Limits::DEFAULT).map_err(|error| explain(&error))?;
        let (loaded, bundle) = match standing {
            Standing::Older(stored) => (*stored, None),
            Standing::Stored => (loaded, None),
            Standing::New => (loaded, Some(bytes)),
        };
        let received = Received { loaded: loaded.into(), bundle, handed };
        let ours = ours(&self.store().await?, &received).await?;
        received.handed.after(ours.as_ref()).map_err(|error| explain(&error))?;
        self.change(Change::Received(received.into()));
        Ok(())
    }

    /// Takes over what is on the table, with the name and the passphrase of the form.
    pub(super) async fn take_handed(&self, filled: Filled) -> Result<(), Refused> {
        let Flow::TakeOver(received, _) = self.state().flow else { return Ok(()) };
        let by = filled.plain.into_iter().next().unwrap_or_default();
        if by.trim().is_empty() {
            self.change(Change::Wrong(t!("name-missing").to_string()));
            return Ok(());
        }
        let passphrase = filled.secret.into_iter().next().unwrap_or_default();
        self.change(Change::Busy(Busy::Unlocking));
        clock::turn().await;
        let pem = received.pem();
        let (public, signer) = open(&pem, &passphrase, &[received.key()])?;
        let account = Account::open(received.loaded.clone(), public, by.trim().to_owned())?;
        let account = account.with_ledger(Some(received.handed.ledger.clone()));
        let lock = self.lock(&account).await;
        let store = self.store().await?;
        // Another tab may have taken over meanwhile.
        let ours = ours(&store, &received).await?;
        received.handed.after(ours.as_ref()).map_err(|error| explain(&error))?;
        let chain = account.any_chain().cloned().ok_or(PortalError::KeyNotHere)?;
        let decision = decide_take_over(&account.desk(&chain, clock::now()), Some(&received.handed.document))
            .map_err(|refusals| explain_all(&account, &refusals))?;
        let outcome = self.sign_by(&signer, decision).await?;
        let known = ours.map_or(0, |ledger| ledger.next().position);
        let new: Vec<_> = outcome.ledger.entries().iter().filter(|one| one.place.position >= known).cloned().collect();
        let bundle = account.bundle();
        let place = BundlePlace { product: &bundle.product, account: &bundle.account, serial: bundle.serial };
        let brought = Brought {
            bundle: received.bundle.as_deref().map(|bytes| (place, bytes, account.loaded.root())),
            key: (public, &pem),
            ledger: (outcome.ledger.id(), &lines(&new)),
        };
        store.bring(brought).await?;
        drop(lock);
        *self.signer.borrow_mut() = Some(Rc::new(signer));
        let keys = store.keys().await?;
        let account = Account { loaded: account.loaded.with_keys(&keys).into(), ..account.clone() };
        let account = account.with_ledger(Some(outcome.ledger));
        self.change(Change::Keys(keys));
        self.change(Change::Opened(account.clone().into()));
        self.change(Change::Told(Told::TakenOver));
        self.ask_waiting(&account)?;
        self.go_on().await
    }
}

/// The newest ledger of the key that is stored here.
async fn ours(store: &Store, received: &Received) -> Result<Option<Ledger>, Refused> {
    let Some(newest) = store.newest_ledger(received.key()).await? else { return Ok(None) };
    let account = Account::open(received.loaded.clone(), received.key(), String::new())?;
    super::ledger::restore(&account, &store.ledger(newest).await?)
}

/// The account's bundle as it is stored.
async fn bundle_file(store: &Store, account: &Account) -> Result<File, Refused> {
    let bundle = account.bundle();
    let digest = account.loaded.verified.bundle.digest();
    for bytes in store.bundles(&bundle.product, &bundle.account).await?.into_iter().rev() {
        let file = File::parse(&bytes, &Limits::DEFAULT).map_err(|error| Explained::from(&error))?;
        if file.documents.last().map(Envelope::digest) == Some(digest) {
            return Ok(file);
        }
    }
    Err(PortalError::FileNotHere.into())
}

fn explain(error: &HandoverError) -> Explained {
    Explained::from(error)
}
