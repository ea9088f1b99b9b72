//! Any file that a person drops: what it is decides what happens.

use postern_protocol::{Digest, File, Kind, Limits};

use super::{Refused, Tasks};
use crate::browser::clock;
use crate::browser::files::{self, Picked};
use crate::model::account::Account;
use crate::model::change::Change;
use crate::model::dropped::{Dropped, check_size};
use crate::model::error::{Explained, PortalError};
use crate::model::flow::{Busy, Flow, Notice, Told};
use crate::model::form::Asked;
use crate::model::inspection::Inspection;
use crate::model::page::Page;

impl Tasks {
    pub(super) async fn files(&self, picked: Vec<Picked>) -> Result<(), Refused> {
        let [file] = picked.as_slice() else {
            return if picked.is_empty() { Ok(()) } else { Err(PortalError::SeveralFiles.into()) };
        };
        check_size(file.size).map_err(|error| Explained::from(&error))?;
        self.tell(Change::Busy(Busy::Reading));
        let bytes = file.read().await.map_err(PortalError::FileUnreadable)?;
        let dropped = Dropped::read(file.name.clone(), bytes).map_err(|error| Explained::from(&error))?;
        self.take(dropped).await
    }

    async fn take(&self, dropped: Dropped) -> Result<(), Refused> {
        let state = self.state();
        let to_look_at = state.page == Page::Inspect;
        match (dropped.kind, state.flow.account()) {
            _ if to_look_at => self.inspect(&dropped),
            (Kind::Bundle, _) => return self.load_dropped(dropped.bytes).await,
            (Kind::Request | Kind::LedgerEntry, _) if state.flow.loaded().is_none() => {
                return Err(PortalError::NeedsBundle.into());
            }
            (Kind::Request | Kind::LedgerEntry, None) => self.wait(dropped),
            (Kind::Request, Some(account)) if account.ledger.is_none() => self.wait(dropped),
            (Kind::Request, Some(account)) => return self.ask(&dropped, account),
            (Kind::LedgerEntry, Some(account)) => return self.import_ledger(account, &dropped.bytes).await,
            _ => self.inspect(&dropped),
        }
        Ok(())
    }

    /// Goes on with a request that came before the bundle was unlocked, or before there was a ledger.
    pub(super) fn ask_waiting(&self, account: &Account) -> Result<(), Refused> {
        match &self.state().waiting {
            Some(waiting) if waiting.kind == Kind::Request && account.ledger.is_some() => self.ask(waiting, account),
            _ => Ok(()),
        }
    }

    fn wait(&self, dropped: Dropped) {
        self.tell(Change::Waits(dropped.into()));
        self.tell(Change::Told(Notice::Done(Told::FileWaits)));
    }

    /// Puts a request on the table.
    fn ask(&self, dropped: &Dropped, account: &Account) -> Result<(), Refused> {
        let request = dropped.request().map_err(|error| Explained::from(&error))?;
        let asked = Asked::new(dropped.name.clone(), request, account, clock::now())?;
        self.tell(Change::Asked(asked.into()));
        Ok(())
    }

    fn inspect(&self, dropped: &Dropped) {
        let state = self.state();
        let trust = state.flow.loaded().map(|loaded| loaded.verified.tree.trust());
        self.tell(Change::Inspected(Inspection::of(dropped, trust).into()));
    }

    /// Hands out a file that was issued before, once more.
    pub(super) async fn download_stored(&self, document: Digest) -> Result<(), Refused> {
        if let Flow::Done(_, issued) = self.state().flow
            && issued.document == Some(document)
        {
            return download(&issued.name, &issued.bytes);
        }
        let bytes = self.store().await?.file(document).await?.ok_or(PortalError::FileNotHere)?;
        let kind = File::parse(&bytes, &Limits::DEFAULT).ok().and_then(|file| file.kind());
        let name = if kind == Some(Kind::Enablement) { "enablement.token" } else { "license.olf" };
        download(name, &bytes)
    }
}

/// Lets the browser save a file.
pub(super) fn download(name: &str, bytes: &[u8]) -> Result<(), Refused> {
    files::download(name, bytes).map_err(|detail| PortalError::Download(detail).into())
}
