//! Guides: begun, left, and what they collect. Which one is gone through survives the page.

use postern_protocol::Kind;

use super::files::download;
use super::model::change::Change;
use super::model::dropped::Dropped;
use super::model::error::PortalError;
use super::model::flow::State;
use super::model::pack::{Names, zip};
use super::model::recovery::{Begun, Collected, Guide};
use super::model::shown::{Explained, Page};
use super::{Desk, Refused};
use crate::wire;

impl Desk {
    /// Begins a guide, or leaves the one that is gone through.
    pub(super) async fn guide(&self, guide: Option<Guide>) -> Result<(), Refused> {
        let begun = guide.map(|guide| Begun::new(guide, &self.state()));
        self.change(Change::Collected(Vec::new()));
        self.keep_guide(begun).await?;
        // A guide that is left to begin another stays on its page; one that is over leads nowhere.
        self.change(Change::Went(Page::Ledger));
        Ok(())
    }

    /// The guide that was gone through when the page was closed.
    pub(super) async fn stored_guide(&self) -> Result<(), Refused> {
        let stored = self.store().await?.guide().await?;
        // An older portal may have written it in another form: then the guide is begun anew.
        self.change(Change::Guided(stored.as_deref().and_then(wire::read)));
        Ok(())
    }

    /// Something was done that the guide remembers.
    pub(super) async fn guided(&self, done: impl FnOnce(&mut Begun)) -> Result<(), Refused> {
        let Some(mut begun) = self.state().guide else { return Ok(()) };
        done(&mut begun);
        self.keep_guide(Some(begun)).await
    }

    async fn keep_guide(&self, begun: Option<Begun>) -> Result<(), Refused> {
        self.store().await?.put_guide(begun.as_ref().map(wire::write).as_deref()).await?;
        self.change(Change::Guided(begun));
        Ok(())
    }

    /// Takes the file of a machine into what the vendor gets. The same machine's newer file stands beside its older one:
    /// the vendor's tool knows which counts.
    pub(super) fn collect(&self, dropped: Dropped) -> Result<(), Refused> {
        let device = match dropped.kind {
            Kind::Request => Some(dropped.request().map_err(|error| Explained::from(&error))?.device.key),
            _ => None,
        };
        let mut collected = (*self.state().collected).clone();
        let digest = |file: &Dropped| file.file.documents.last().map(|document| document.digest());
        if !collected.iter().any(|one: &Collected| digest(&one.file) == digest(&dropped)) {
            collected.push(Collected { file: dropped, device });
        }
        self.change(Change::Collected(collected));
        Ok(())
    }

    /// Hands out what was collected as one file.
    pub(super) async fn pack_collected(&self) -> Result<(), Refused> {
        let State { collected, flow, now, .. } = self.state();
        let mut names = Names::default();
        let extension = |kind| if kind == Kind::License { "olf" } else { "lfr" };
        let files: Vec<_> = collected
            .iter()
            .map(|one| (names.of_answer(&one.file.name, extension(one.file.kind)), one.file.bytes.clone()))
            .collect();
        let bytes = zip(files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())));
        let bytes = bytes.map_err(PortalError::PackFailed)?;
        let account = flow.loaded().map(|loaded| loaded.bundle().account.to_string()).unwrap_or_default();
        download(&format!("{account}-machines-{}.zip", now.date()), &bytes);
        self.guided(|begun| begun.packed = true).await
    }
}

/// Whether this file is collected: while the guide for a lost ledger is open.
pub(super) fn collects(state: &State, kind: Kind) -> bool {
    let lost = state.guide.as_ref().is_some_and(|begun| begun.guide == Guide::Lost);
    lost && state.page == Page::Ledger && matches!(kind, Kind::Request | Kind::License)
}
