//! Issuing: read the newest ledger, decide, sign, store, and only then hand out the file.

use postern_issuer::{Decision, Outcome, decide_token};
use postern_protocol::{File, Id};

use super::files::download;
use super::ledger::{explain_all, lines};
use super::{Refused, Tasks};
use crate::browser::clock::{self, Measure};
use crate::browser::random;
use crate::browser::store::Store;
use crate::model::account::Account;
use crate::model::change::Change;
use crate::model::error::{Explained, PortalError};
use crate::model::flow::{Busy, Flow, Issued};
use crate::model::form::{Asked, Verdict};
use crate::model::shared::Shared;

/// What the bench reads: decide, sign and verify, without storage.
const MEASURE: &str = "postern:issue";

impl Tasks {
    /// Issues the license that the form describes.
    pub(super) async fn issue(&self) -> Result<(), Refused> {
        let Flow::Allocate(account, asked) = self.state().flow else { return Ok(()) };
        self.tell(Change::Busy(Busy::Signing));
        let lock = self.lock(&account).await;
        let store = self.unmoved(&account).await?;
        let measure = Measure::start(MEASURE);
        let decision = asked.decide(&account, clock::now()).map_err(|verdict| all_of(*verdict))?;
        let outcome = self.sign(decision).await?;
        drop(measure);
        let (account, issued) = self.keep(&account, &store, outcome, Some(asked)).await?;
        drop(lock);
        let (name, bytes) = (issued.name.clone(), issued.bytes.clone());
        self.tell(Change::Issued(account.into(), issued.into()));
        download(&name, &bytes)
    }

    /// Makes an enablement token.
    pub(super) async fn make_token(&self, license_id: Id) -> Result<(), Refused> {
        let account = self.account()?;
        self.tell(Change::Busy(Busy::Signing));
        let chain = account.chain(&license_id)?;
        let token = Id::from_entropy(random::bytes().ok_or(PortalError::NoRandomness)?);
        let lock = self.lock(&account).await;
        let store = self.unmoved(&account).await?;
        let decision = decide_token(&account.desk(&chain, clock::now()), &license_id, token)
            .map_err(|refusals| explain_all(&refusals))?;
        let outcome = self.sign(decision).await?;
        let (account, issued) = self.keep(&account, &store, outcome, None).await?;
        drop(lock);
        let (name, bytes) = (issued.name.clone(), issued.bytes.clone());
        self.tell(Change::TokenMade(account.into(), issued.into()));
        download(&name, &bytes)
    }

    /// Signs a decision and has the issuing core verify what came of it.
    pub(super) async fn sign(&self, decision: Decision) -> Result<Outcome, Refused> {
        let signer = self.signer()?;
        let preparation = decision.prepare();
        let signatures = signer.sign(&preparation.messages()).await.map_err(PortalError::KeyFailed)?;
        Ok(preparation.finish(&signatures).map_err(|error| Explained::from(&error))?)
    }

    /// Under the lock: refuses, with the new figures, if another tab has written meanwhile.
    async fn unmoved(&self, account: &Account) -> Result<Store, Refused> {
        let (store, moved) = self.newest(account).await?;
        match moved {
            None => Ok(store),
            Some(account) => {
                self.tell(Change::Opened(account.into()));
                Err(PortalError::LedgerMoved.into())
            }
        }
    }

    /// Stores the entries together with the file: nobody sees a file that the ledger does not know.
    async fn keep(
        &self,
        account: &Account,
        store: &Store,
        outcome: Outcome,
        asked: Option<Shared<Asked>>,
    ) -> Result<(Account, Issued), Refused> {
        let bytes = outcome.file.as_ref().map(File::to_bytes).unwrap_or_default();
        let file = outcome.document.map(|document| (document, bytes.as_slice()));
        store.append(outcome.ledger.id(), &lines(&outcome.entries), file).await?;
        let issued = Issued { name: outcome.file_name.into(), document: outcome.document, asked, bytes };
        Ok((account.with_ledger(Some(outcome.ledger)), issued))
    }
}

fn all_of(verdict: Verdict) -> Refused {
    let Verdict { start, end, seats, other, .. } = verdict;
    let seats = seats.into_iter().map(|(_, explained)| explained);
    other.into_iter().chain(start).chain(end).chain(seats).collect()
}
