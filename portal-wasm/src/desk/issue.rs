//! Issuing: read the newest ledger, decide, sign, store, and only then hand out the file.

use postern_issuer::{Decision, Outcome, decide_take_over, decide_token};
use postern_protocol::{File, Id};

use super::files::download;
use super::ledger::{explain_all, lines};
use super::model::account::Account;
use super::model::change::Change;
use super::model::error::PortalError;
use super::model::flow::{Answered, Flow, Issued, Told};
use super::model::matter::What;
use super::model::shown::{Busy, Explained};
use super::{Desk, Refused};
use crate::browser::desk::keys::Signer;
use crate::browser::desk::random;
use crate::browser::desk::store::Store;
use crate::browser::desk::{clock, scope};
use crate::talk::Tell;

impl Desk {
    /// Issues the license that the form describes.
    pub(super) async fn issue(&self) -> Result<(), Refused> {
        let Flow::Allocate(account, asked) = self.state().flow else { return Ok(()) };
        self.change(Change::Busy(Busy::Signing));
        let lock = self.lock(&account).await;
        let store = self.unmoved(&account).await?;
        let began = clock::ticks();
        let decision = asked.decide(&account, clock::now()).map_err(|verdict| verdict.all())?;
        let outcome = self.sign(decision).await?;
        let took = clock::ticks() - began;
        #[cfg(feature = "bench")]
        self.measure_floor(&asked.chain, &outcome).await?;
        let (account, issued) = self.keep(&account, &store, outcome, Some(Answered::Request(asked))).await?;
        drop(lock);
        let (name, bytes) = (issued.name.clone(), issued.bytes.clone());
        self.change(Change::Issued(account.into(), issued.into()));
        // What the bench reads: decide, sign and verify, without storage. The page's timeline is the one that is read.
        scope::tell(&Tell::Measured("postern:issue".into(), (took * 1e6) as u64));
        download(&name, &bytes);
        Ok(())
    }

    /// Carries out the matter on the table, and hands out its file if it has one.
    pub(super) async fn carry_out(&self) -> Result<(), Refused> {
        let Flow::Matter(account, matter) = self.state().flow else { return Ok(()) };
        self.change(Change::Busy(Busy::Signing));
        let lock = self.lock(&account).await;
        let store = self.unmoved(&account).await?;
        let outcome = self.sign(matter.decide(&account, clock::now())?).await?;
        let told = match matter.what {
            What::Release { .. } => Told::Released,
            _ => Told::Recorded,
        };
        let (account, issued) = self.keep(&account, &store, outcome, Some(Answered::Matter(matter))).await?;
        drop(lock);
        if issued.document.is_none() {
            self.change(Change::Again);
            self.change(Change::Opened(account.into()));
            self.change(Change::Told(told));
            return Ok(());
        }
        let (name, bytes) = (issued.name.clone(), issued.bytes.clone());
        self.change(Change::Issued(account.into(), issued.into()));
        download(&name, &bytes);
        Ok(())
    }

    /// Has the ledger say that whoever unlocked goes on with it.
    pub(super) async fn take_over(&self) -> Result<(), Refused> {
        let account = self.account()?;
        self.change(Change::Busy(Busy::Signing));
        let chain = account.any_chain().cloned().ok_or(PortalError::KeyNotHere)?;
        let lock = self.lock(&account).await;
        let store = self.unmoved(&account).await?;
        let decision = decide_take_over(&account.desk(&chain, clock::now()), None)
            .map_err(|refusals| explain_all(&account, &refusals))?;
        let outcome = self.sign(decision).await?;
        let (account, _) = self.keep(&account, &store, outcome, None).await?;
        drop(lock);
        self.change(Change::Opened(account.into()));
        self.change(Change::Told(Told::TakenOver));
        Ok(())
    }

    /// Makes an enablement token.
    pub(super) async fn make_token(&self, license_id: Id) -> Result<(), Refused> {
        let account = self.account()?;
        self.change(Change::Busy(Busy::Signing));
        let chain = account.chain(&license_id)?;
        let token = Id::from_entropy(random::bytes().ok_or(PortalError::NoRandomness)?);
        let lock = self.lock(&account).await;
        let store = self.unmoved(&account).await?;
        let decision = decide_token(&account.desk(&chain, clock::now()), &license_id, token)
            .map_err(|refusals| explain_all(&account, &refusals))?;
        let outcome = self.sign(decision).await?;
        let (account, issued) = self.keep(&account, &store, outcome, None).await?;
        drop(lock);
        let (name, bytes) = (issued.name.clone(), issued.bytes.clone());
        self.change(Change::TokenMade(account.into(), issued.into()));
        download(&name, &bytes);
        Ok(())
    }

    /// Signs a decision and has the issuing core verify what came of it.
    pub(super) async fn sign(&self, decision: Decision) -> Result<Outcome, Refused> {
        self.sign_by(&*self.signer()?, decision).await
    }

    /// Signs a decision with a key that is not the unlocked one yet.
    pub(super) async fn sign_by(&self, signer: &Signer, decision: Decision) -> Result<Outcome, Refused> {
        let preparation = decision.prepare();
        let signatures = signer.sign(&preparation.messages()).await.map_err(PortalError::KeyFailed)?;
        Ok(preparation.finish(&signatures).map_err(|error| Explained::from(&error))?)
    }

    /// Under the lock: refuses, with the new figures, if another tab has written meanwhile.
    pub(super) async fn unmoved(&self, account: &Account) -> Result<Store, Refused> {
        let (store, moved) = self.newest(account).await?;
        match moved {
            None => Ok(store),
            Some(account) => {
                self.change(Change::Opened(account.into()));
                Err(PortalError::LedgerMoved.into())
            }
        }
    }

    /// Stores the entries together with the file: nobody sees a file that the ledger does not know.
    pub(super) async fn keep(
        &self,
        account: &Account,
        store: &Store,
        outcome: Outcome,
        answers: Option<Answered>,
    ) -> Result<(Account, Issued), Refused> {
        let bytes = outcome.file.as_ref().map(File::to_bytes).unwrap_or_default();
        let file = outcome.document.map(|document| (document, bytes.as_slice()));
        store.append(outcome.ledger.id(), &lines(&outcome.entries), file).await?;
        let issued = Issued { name: outcome.file_name.into(), document: outcome.document, answers, bytes };
        Ok((account.with_ledger(Some(outcome.ledger)), issued))
    }
}
