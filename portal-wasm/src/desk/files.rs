//! Any file that a person drops: what it is decides what happens.

use postern_protocol::bundle_file::Tree;
use postern_protocol::documents::Event;
use postern_protocol::walk::Walker;
use postern_protocol::{Digest, Id, Kind, Limits, PublicKey};

use super::guide::collects;
use super::load::SLICE;
use super::model::account::{Account, Way};
use super::model::change::Change;
use super::model::dropped::{Dropped, too_large};
use super::model::error::PortalError;
use super::model::flow::{Flow, Told};
use super::model::form::Asked;
use super::model::inspection::Inspection;
use super::model::matter::{Matter, What};
use super::model::shown::{Busy, Explained, Page};
use super::server::is_child_ledger;
use super::{Desk, Refused};
use crate::browser::desk::{clock, scope};
use crate::talk::{Content, Given, Tell};
use crate::wire::Bytes;

impl Desk {
    pub(super) async fn files(&self, given: Vec<Given>) -> Result<(), Refused> {
        let file = match <[Given; 1]>::try_from(given) {
            Ok([file]) => file,
            Err(given) if given.is_empty() => return Ok(()),
            Err(given) => return self.several(given).await,
        };
        self.change(Change::Busy(Busy::Reading));
        if let Content::Bytes(bytes) = &file.content
            && let Some(inspection) = Inspection::of_support(&file.name, &bytes.0)
        {
            self.change(Change::Inspected(inspection.into()));
            return Ok(());
        }
        self.take(read(file)?).await
    }

    pub(super) async fn take(&self, dropped: Dropped) -> Result<(), Refused> {
        let state = self.state();
        let to_look_at = state.page == Page::Inspect;
        let own = state.flow.loaded().is_some_and(|loaded| loaded.way == Way::Credential);
        match (dropped.kind, state.flow.account()) {
            (Kind::Request | Kind::Deactivation, _) if own && !to_look_at => self.wait_for_owner(dropped)?,
            _ if to_look_at => self.inspect(&dropped).await,
            (kind, _) if collects(&state, kind) => return self.collect(dropped),
            (Kind::Handover, _) => return self.receive(dropped).await,
            (Kind::Bundle, _) => {
                self.load_dropped(dropped.bytes).await?;
                return self.go_on().await;
            }
            (Kind::Request | Kind::Deactivation | Kind::LedgerEntry, _) if state.flow.loaded().is_none() => {
                return Err(PortalError::NeedsBundle.into());
            }
            (Kind::Request | Kind::Deactivation | Kind::LedgerEntry, None) => self.wait(dropped),
            (Kind::Request | Kind::Deactivation, Some(account)) if account.ledger.is_none() => self.wait(dropped),
            (Kind::Request | Kind::Deactivation, Some(account)) => return self.ask(&dropped, account),
            (Kind::LedgerEntry, Some(account)) if is_child_ledger(account, &dropped.file) => {
                return self.child_ledger(account, &dropped.bytes).await;
            }
            (Kind::LedgerEntry, Some(account)) => return self.import_ledger(account, &dropped.bytes).await,
            _ => self.inspect(&dropped).await,
        }
        Ok(())
    }

    /// Goes on with a request that came before the bundle was unlocked, or before there was a ledger.
    pub(super) fn ask_waiting(&self, account: &Account) -> Result<(), Refused> {
        match &self.state().waiting {
            Some(waiting) if waiting.kind != Kind::LedgerEntry && account.ledger.is_some() => {
                self.ask(waiting, account)
            }
            _ => Ok(()),
        }
    }

    /// Keeps the file of an end user's machine until they type what it belongs to. A damaged one is refused at once.
    fn wait_for_owner(&self, dropped: Dropped) -> Result<(), Refused> {
        match dropped.kind {
            Kind::Deactivation => dropped.deactivation().map(drop),
            _ => dropped.request().map(drop),
        }
        .map_err(|error| Explained::from(&error))?;
        self.change(Change::Locked);
        self.change(Change::Waits(dropped.into()));
        Ok(())
    }

    fn wait(&self, dropped: Dropped) {
        self.change(Change::Waits(dropped.into()));
        self.change(Change::Told(Told::FileWaits));
    }

    /// Puts what a machine sends on the table.
    fn ask(&self, dropped: &Dropped, account: &Account) -> Result<(), Refused> {
        let (name, now) = (dropped.name.clone(), clock::now());
        let what = if dropped.kind == Kind::Deactivation {
            Ok(What::GivenBack(dropped.deactivation().map_err(|error| Explained::from(&error))?))
        } else {
            What::asked(dropped.request().map_err(|error| Explained::from(&error))?)
        };
        self.change(match what {
            Ok(what) => Change::Matter(Matter::new(name, what, account, now)?.into()),
            Err(request) => Change::Asked(Asked::new(name, request, account, now)?.into()),
        });
        Ok(())
    }

    /// Puts a machine of the ledger on the table.
    pub(super) fn machine(
        &self,
        device: &str,
        license_id: &str,
        what: impl Fn(PublicKey, Id) -> What,
    ) -> Result<(), Refused> {
        let account = self.account()?;
        let none = || Refused::from(PortalError::NoEntitlement { license_id: license_id.into() });
        let (device, id) = (device.parse().map_err(|_| none())?, license_id.parse().map_err(|_| none())?);
        let matter = Matter::new(String::new(), what(device, id), &account, clock::now())?;
        self.change(Change::Matter(matter.into()));
        Ok(())
    }

    /// Looks into a file, link by link.
    async fn inspect(&self, dropped: &Dropped) {
        let state = self.state();
        let tree = state.flow.loaded().map(|loaded| &loaded.verified.tree);
        let known = tree.map(Tree::revocations).unwrap_or_default();
        let mut walker = Walker::begin(&dropped.file, tree.map(Tree::trust), known, &Limits::DEFAULT);
        while walker.go_on(SLICE) {
            self.turn(walker.progress()).await;
        }
        self.change(Change::Inspected(Inspection::walked(dropped, walker.finish()).into()));
    }

    /// Hands out a file that was issued before, once more.
    pub(super) async fn download_stored(&self, document: Digest) -> Result<(), Refused> {
        if let Flow::Done(_, issued) = self.state().flow
            && issued.document == Some(document)
        {
            download(&issued.name, &issued.bytes);
            return Ok(());
        }
        let bytes = self.store().await?.file(document).await?.ok_or(PortalError::FileNotHere)?;
        let account = self.state().flow.account().cloned();
        download(&stored_name(account.as_deref(), document), &bytes);
        Ok(())
    }
}

/// Reads a file of any kind.
pub(super) fn read(file: Given) -> Result<Dropped, Refused> {
    let bytes = match file.content {
        Content::Bytes(bytes) => bytes.0,
        Content::TooLarge(bytes) => return Err(Explained::from(&too_large(bytes)).into()),
        Content::Unreadable(detail) => return Err(PortalError::FileUnreadable(detail).into()),
    };
    Ok(Dropped::read(file.name, bytes).map_err(|error| Explained::from(&error))?)
}

/// The name that a stored file is offered under: that of what the ledger says it is.
pub(super) fn stored_name(account: Option<&Account>, document: Digest) -> String {
    let ledger = account.and_then(|account| Some((account, account.ledger.as_ref()?)));
    let named = ledger.and_then(|(account, ledger)| {
        ledger.entries().iter().rev().find_map(|entry| match &entry.event {
            Event::TokenMade { token, .. } if *token == document => Some("enablement.token".into()),
            Event::ClockRepaired { ticket, .. } if *ticket == document => Some("clock.ticket".into()),
            Event::Settled { receipt, .. } if *receipt == document => Some("deactivation.receipt".into()),
            Event::Issued(issued) if issued.license == document => Some(match issued.request {
                None => "license_refresh.lic".into(),
                Some(_) if account.node_locked(&issued.license_id) => "license.lic".into(),
                Some(_) => "license.olf".to_owned(),
            }),
            Event::Delegated(one) if one.bundle == document => {
                let account = one.child.account.limit().unwrap_or(&one.child.id);
                Some(format!("{account}-{}.bundle", one.bundle_serial))
            }
            _ => None,
        })
    });
    named.unwrap_or_else(|| "license.olf".into())
}

/// Lets the browser save a file.
pub(super) fn download(name: &str, bytes: &[u8]) {
    scope::tell(&Tell::Save(name.into(), Bytes(bytes.to_vec())));
}
