//! License servers: put on the table, made, changed, suspended, resumed, revoked, renewed; and their ledgers.

use postern_issuer::{Decision, decide_child_ledger, decide_renewal};
use postern_protocol::documents::Standing;
use postern_protocol::{Envelope, File};

use super::files::download;
use super::ledger::explain_all;
use super::model::account::Account;
use super::model::change::Change;
use super::model::error::PortalError;
use super::model::flow::Told;
use super::model::server::{ServerDraft, Stand, Terms, delegating, server, servers};
use super::model::shown::Busy;
use super::{Desk, Refused};
use crate::browser::desk::clock;

impl Desk {
    /// Puts a new license server on the table.
    pub(super) fn new_server(&self, under: &str) -> Result<(), Refused> {
        let account = self.account()?;
        let chain = delegating(&account).find(|chain| chain.leaf().id.as_str() == under);
        let chain = chain.ok_or_else(|| PortalError::NoServer { id: under.into() })?;
        let terms = Terms::new(chain, &account, clock::now());
        self.change(Change::Server(Some(ServerDraft::Terms(Box::new(terms)))));
        Ok(())
    }

    /// Puts the terms of a license server on the table.
    pub(super) fn change_server(&self, id: &str) -> Result<(), Refused> {
        let (account, now) = (self.account()?, clock::now());
        let (chain, known) = server(&account, id, now)?;
        let terms = Terms::change(chain, known, &account, now);
        self.change(Change::Server(Some(ServerDraft::Terms(Box::new(terms)))));
        Ok(())
    }

    /// Puts on the table how a license server is to stand.
    pub(super) fn stand_server(&self, id: &str, standing: &str) -> Result<(), Refused> {
        let account = self.account()?;
        let (_, known) = server(&account, id, clock::now())?;
        let standing: Standing = standing.parse().map_err(|_| PortalError::NoServer { id: id.into() })?;
        let stop = standing != Standing::Active;
        self.change(Change::Server(Some(ServerDraft::Stand(Box::new(Stand { known, standing, stop })))));
        Ok(())
    }

    /// Carries out what is on the table, and hands out the bundle.
    pub(super) async fn give_server(&self) -> Result<(), Refused> {
        let Some(draft) = self.state().server.clone() else { return Ok(()) };
        self.hand_out_server(|account| draft.decide(account, clock::now())).await
    }

    /// Makes the bundle of a license server anew.
    pub(super) async fn renew_server(&self, id: &str) -> Result<(), Refused> {
        self.hand_out_server(|account| {
            let (chain, known) = server(account, id, clock::now())?;
            decide_renewal(&account.desk(chain, clock::now()), &known.delegated.child.id)
                .map_err(|refusals| explain_all(account, &refusals))
        })
        .await
    }

    async fn hand_out_server(&self, decide: impl Fn(&Account) -> Result<Decision, Refused>) -> Result<(), Refused> {
        let account = self.account()?;
        self.change(Change::Busy(Busy::Signing));
        let lock = self.lock(&account).await;
        let store = self.unmoved(&account).await?;
        let decision = decide(&account)?;
        let name = decision.bundle().map(|bundle| format!("{}-{}.bundle", bundle.account, bundle.serial));
        let outcome = self.sign(decision).await?;
        let (account, mut issued) = self.keep(&account, &store, outcome, None).await?;
        drop(lock);
        issued.name = name.unwrap_or(issued.name);
        let (name, bytes) = (issued.name.clone(), issued.bytes.clone());
        self.change(Change::ServerMade(account.into(), issued.into()));
        download(&name, &bytes);
        Ok(())
    }

    /// Records the ledger that a license server showed.
    pub(super) async fn child_ledger(&self, account: &Account, bytes: &[u8]) -> Result<(), Refused> {
        self.change(Change::Busy(Busy::Signing));
        let chain = account.any_chain().ok_or(PortalError::KeyNotHere)?;
        let lock = self.lock(account).await;
        let store = self.unmoved(account).await?;
        let decision = decide_child_ledger(&account.desk(chain, clock::now()), bytes)
            .map_err(|refusals| explain_all(account, &refusals))?;
        let outcome = self.sign(decision).await?;
        let (account, _) = self.keep(account, &store, outcome, None).await?;
        drop(lock);
        self.change(Change::Opened(account.into()));
        self.change(Change::Told(Told::ChildSeen));
        Ok(())
    }
}

/// Whether a ledger file says that a license server of this account wrote it. That is a hint, and verified later.
pub(super) fn is_child_ledger(account: &Account, file: &File) -> bool {
    let signatures = file.documents.first().map(Envelope::signatures).unwrap_or_default();
    let hints = signatures.iter().filter_map(|signature| signature.key_id.as_deref());
    let known = servers(account, clock::now());
    hints.into_iter().any(|hint| known.iter().any(|(_, one)| one.delegated.child.subject.key_id() == hint))
}
