//! Self-service: an end user answers the file of their own machine with the key that their license key, or user and
//! password, stands for. The key is derived here, signs here, and is gone when the file is handed out.

use std::rc::Rc;

use postern_issuer::{Outcome, begin_own_ledger, decide_license, self_service};
use postern_protocol::credential::derive;
use postern_protocol::documents::Deactivation;
use postern_protocol::{Kind, PublicKey, Verified};

use super::files::download;
use super::ledger::{explain_all, lines, restore};
use super::model::account::Account;
use super::model::change::Change;
use super::model::dropped::Dropped;
use super::model::error::PortalError;
use super::model::flow::{Answered, Flow};
use super::model::form::Asked;
use super::model::matter::{Matter, What};
use super::model::shared::Shared;
use super::model::shown::{Busy, Explained};
use super::{Desk, Refused};
use crate::browser::desk::clock;
use crate::browser::desk::keys::Signer;
use crate::browser::desk::lock::Lock;
use crate::browser::desk::store::Store;
use crate::t;
use crate::talk::Filled;

impl Desk {
    /// Answers the file that waits, with what was typed: a license key where no user is named.
    pub(super) async fn own(&self, filled: Filled) -> Result<(), Refused> {
        let state = self.state();
        let Flow::Unlock(loaded) = &state.flow else { return Ok(()) };
        let waiting = state.waiting.clone().ok_or(PortalError::OwnFileMissing)?;
        let (user, secret) = (filled.plain.into_iter().next(), filled.secret.into_iter().next().unwrap_or_default());
        self.change(Change::Busy(Busy::Unlocking));
        // Argon2id takes a while, in which the page should say so.
        clock::turn().await;
        let trust = loaded.verified.tree.trust().current();
        let key = derive(trust, user.as_deref(), &secret).map_err(|error| Explained::from(&error))?;
        drop(secret);
        let by = user.unwrap_or_else(|| t!("own-by-key").to_string());
        let public = PublicKey::from_bytes(key.public_bytes());
        let account = Account::open(loaded.clone(), public, by).map_err(|_| PortalError::OwnUnknown)?;
        if !account.is_own() {
            return Err(PortalError::OwnUnknown.into());
        }
        *self.signer.borrow_mut() = Some(Rc::new(Signer::Opened(Box::new(key))));
        let answered = match waiting.kind {
            Kind::Deactivation => self.own_deactivation(account, &waiting).await,
            _ => self.own_activation(account, &waiting).await,
        };
        // Whatever came of it, the next file asks for the license key again.
        *self.signer.borrow_mut() = None;
        answered
    }

    async fn own_activation(&self, account: Account, waiting: &Dropped) -> Result<(), Refused> {
        let request = waiting.request().map_err(|error| Explained::from(&error))?;
        if request.credential != Some(account.subject) {
            return Err(PortalError::OwnOther.into());
        }
        self.change(Change::Busy(Busy::Signing));
        let lock = self.lock(&account).await;
        let store = self.store().await?;
        let mut account = with_own_ledger(&store, account).await?;
        if !account.ledger.as_ref().is_some_and(|ledger| ledger.holds(&request.ledgers)) {
            let chain = account.chain_of(&request)?;
            let begun = begin_own_ledger(&account.desk(&chain, clock::now()), &request.ledgers)
                .map_err(|refusals| explain_all(&account, &refusals))?;
            let begun = self.sign(begun).await?;
            store.append(begun.ledger.id(), &lines(&begun.entries), None).await?;
            account = account.with_ledger(Some(begun.ledger));
        }
        let mut asked = Asked::new(waiting.name.clone(), request, &account, clock::now())?;
        let decision = decide_license(
            &account.desk(&asked.chain, clock::now()),
            &asked.request,
            &asked.examination.default_choice(),
        )
        .map_err(|refusals| explain_all(&account, &refusals))?;
        // What is told at the end is what was decided, not what a form would have proposed.
        asked.verdict.change = Some(decision.before_after().clone());
        let outcome = self.sign(decision).await?;
        let answers = Answered::Request(Shared::new(asked));
        self.hand_out(&account, &store, outcome, answers, lock).await
    }

    async fn own_deactivation(&self, account: Account, waiting: &Dropped) -> Result<(), Refused> {
        let given_back: Verified<Deactivation> = waiting.deactivation().map_err(|error| Explained::from(&error))?;
        self.change(Change::Busy(Busy::Signing));
        let lock = self.lock(&account).await;
        let store = self.store().await?;
        let account = with_own_ledger(&store, account).await?;
        account.chain(&given_back.license_id).map_err(|_| PortalError::OwnOther)?;
        // A ledger that begins now would know nothing of what is given back.
        if !account.ledger.as_ref().is_some_and(|ledger| ledger.holds(&given_back.ledgers)) {
            return Err(PortalError::OwnElsewhere.into());
        }
        let matter = Matter::new(waiting.name.clone(), What::GivenBack(given_back), &account, clock::now())?;
        let outcome = self.sign(matter.decide(&account, clock::now())?).await?;
        let answers = Answered::Matter(Shared::new(matter));
        self.hand_out(&account, &store, outcome, answers, lock).await
    }

    async fn hand_out(
        &self,
        account: &Account,
        store: &Store,
        outcome: Outcome,
        answers: Answered,
        lock: Lock,
    ) -> Result<(), Refused> {
        let (account, issued) = self.keep(account, store, outcome, Some(answers)).await?;
        drop(lock);
        let (name, bytes) = (issued.name.clone(), issued.bytes.clone());
        self.change(Change::Issued(account.into(), issued.into()));
        download(&name, &bytes);
        Ok(())
    }
}

/// The newest of this key's ledgers that is stored here.
async fn with_own_ledger(store: &Store, account: Account) -> Result<Account, Refused> {
    let Some(newest) = store.newest_ledger(account.subject).await? else { return Ok(account) };
    let stored = store.ledger(newest).await?;
    let ledger = restore(&account, &stored)?;
    Ok(account.with_ledger(ledger))
}

impl Account {
    /// Whether this is an end user's own license.
    pub(super) fn is_own(&self) -> bool {
        self.chains.iter().all(|chain| self_service(chain.leaf()))
    }
}
