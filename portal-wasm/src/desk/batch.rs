//! Several files at once: bundles and ledgers are taken first, then everything is decided on what the one before made.
//! First as a rehearsal that nothing is kept of, then, when it is confirmed, for good: the same code does both.

use std::collections::HashSet;

use postern_protocol::{Digest, Kind};

use super::files::{download, read, stored_name};
use super::guide::collects;
use super::model::account::{Account, Way};
use super::model::batch::{Answer, Batch, Fate, Item, MOST, decide, earlier, handed_out_again, without_offers};
use super::model::change::Change;
use super::model::dropped::Dropped;
use super::model::error::PortalError;
use super::model::flow::{Flow, Told};
use super::model::pack::{Names, pack};
use super::model::shown::{Busy, Page};
use super::{Desk, Refused};
use crate::browser::desk::clock;
use crate::browser::desk::store::Store;
use crate::talk::{Content, Given};

/// Files that are decided between two turns of the worker.
const SLICE: usize = 8;

impl Desk {
    pub(super) async fn several(&self, given: Vec<Given>) -> Result<(), Refused> {
        let state = self.state();
        let own = state.flow.loaded().is_some_and(|loaded| loaded.way == Way::Credential);
        if own || state.page == Page::Inspect {
            return Err(PortalError::SeveralFiles.into());
        }
        if given.len() > MOST {
            return Err(PortalError::TooManyFiles { most: MOST as u64 }.into());
        }
        self.change(Change::Busy(Busy::Reading));
        if given.iter().all(|file| matches!(&file.content, Content::Bytes(_)))
            && state.guide.is_some()
            && let Ok(files) = given.iter().cloned().map(read).collect::<Result<Vec<_>, _>>()
            && files.iter().all(|file| collects(&state, file.kind))
        {
            return files.into_iter().try_for_each(|file| self.collect(file));
        }
        let mut items: Vec<Item> = given.into_iter().map(|file| Item::new(file.name.clone(), read(file))).collect();
        for item in items.iter_mut().filter(|item| item.kind() == Some(Kind::Bundle)) {
            let Some(dropped) = item.dropped.clone() else { continue };
            item.fate = taken(self.load_dropped(dropped.bytes.clone()).await);
        }
        if self.state().flow.loaded().is_none() {
            let bundle = items.into_iter().find(|item| item.kind() == Some(Kind::Bundle));
            return Err(match bundle.map(|item| item.fate) {
                Some(Fate::Refused(refused)) => refused,
                _ => PortalError::NeedsBundle.into(),
            });
        }
        self.change(Change::Several(Batch { items, pack: None }.into()));
        self.go_on().await
    }

    /// Goes on with several files as far as it can: they wait for a key and a ledger like any file.
    pub(super) async fn go_on(&self) -> Result<(), Refused> {
        let state = self.state();
        let Some(batch) = state.batch.filter(|batch| batch.pack.is_none()) else { return Ok(()) };
        let Some(account) = state.flow.account() else {
            self.change(Change::Told(Told::FilesWait));
            return Ok(());
        };
        let mut batch = (*batch).clone();
        let mut account = (**account).clone();
        for item in &mut batch.items {
            let Some(dropped) = item.dropped.clone() else { continue };
            if dropped.kind == Kind::LedgerEntry && item.fate == Fate::Waits {
                let imported = self.take_ledger(&account, &dropped.bytes).await;
                account = imported.as_ref().ok().cloned().unwrap_or(account);
                item.fate = taken(imported.map(drop));
            }
        }
        if account.ledger.is_none() {
            self.change(Change::Several(batch.into()));
            self.change(Change::Told(Told::FilesWait));
            return Ok(());
        }
        self.change(Change::Busy(Busy::Reading));
        let (_, batch, _) = self.decide_all(account.clone(), batch, None).await;
        self.change(Change::Batch(account.into(), batch.into()));
        Ok(())
    }

    /// Answers every file that the rehearsal said is answered, and hands all answers out as one file.
    pub(super) async fn answer_all(&self) -> Result<(), Refused> {
        let state = self.state();
        let (Flow::Batch(account), Some(batch)) = (&state.flow, state.batch) else { return Ok(()) };
        if batch.pack.is_some() {
            return Ok(());
        }
        self.change(Change::Busy(Busy::Signing));
        let lock = self.lock(account).await;
        let store = match self.unmoved(account).await {
            Ok(store) => store,
            Err(moved) => {
                self.go_on().await?;
                return Err(moved);
            }
        };
        let (account, mut batch, files) = self.decide_all((**account).clone(), (*batch).clone(), Some(&store)).await;
        drop(lock);
        let pack = pack(&account, &batch, &files, clock::now()).map_err(PortalError::PackFailed)?;
        batch.pack = Some(pack.clone());
        self.change(Change::Batch(account.into(), batch.into()));
        download(&pack.name, &pack.bytes);
        Ok(())
    }

    /// Hands out the answers once more.
    pub(super) fn download_pack(&self) {
        if let Some(pack) = self.state().batch.as_ref().and_then(|batch| batch.pack.as_ref()) {
            download(&pack.name, &pack.bytes);
        }
    }

    /// Opens one of several files as if it had come alone.
    pub(super) async fn open_one(&self, index: u64) -> Result<(), Refused> {
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        let item = self.state().batch.and_then(|batch| batch.items.get(index).cloned());
        match item.and_then(|item| item.dropped) {
            Some(dropped) => self.take((*dropped).clone()).await,
            None => Ok(()),
        }
    }

    /// Decides one file after the other, each on the ledger that the one before made. With a store every entry is kept
    /// before the next is decided; without one nothing is. What fails is refused alone.
    async fn decide_all(
        &self,
        mut account: Account,
        mut batch: Batch,
        store: Option<&Store>,
    ) -> (Account, Batch, Vec<(String, Vec<u8>)>) {
        let (mut files, mut names, mut made) = (Vec::new(), Names::default(), HashSet::<Digest>::new());
        let (order, all) = (batch.order(), batch.items.len());
        for (done, index) in order.into_iter().enumerate() {
            if done % SLICE == 0 {
                self.turn((done, all)).await;
            }
            let Some(item) = batch.items.get_mut(index) else { continue };
            if let (Fate::Again(again), Some(store)) = (&mut item.fate, store) {
                let Some(document) = again.document else { continue };
                match store.file(document).await {
                    Ok(Some(bytes)) => {
                        let name = names.of_answer(&item.name, &stored_name(Some(&account), document));
                        again.file = Some(name.clone());
                        files.push((name, bytes));
                    }
                    _ => item.fate = Fate::Refused(PortalError::FileNotHere.into()),
                }
                continue;
            }
            let Some(dropped) = item.dropped.clone().filter(|_| is_due(item, store)) else { continue };
            let mut answered = match self.decide_one(&account, &dropped, store).await {
                Ok(answered) => answered,
                Err(fate) => {
                    item.fate = self.known(fate, &made).await;
                    continue;
                }
            };
            if let Some(document) = answered.document.filter(|_| store.is_none()) {
                made.insert(document);
            }
            if let Some((name, bytes)) = answered.file.take() {
                let name = names.of_answer(&item.name, &name);
                answered.answer.file = Some(name.clone());
                files.push((name, bytes));
            }
            account = answered.account;
            item.fate = Fate::Answered(answered.answer);
        }
        (account, batch, files)
    }

    /// What was answered before is handed out again if its file is here. What this very rehearsal answers is not.
    async fn known(&self, fate: Fate, made: &HashSet<Digest>) -> Fate {
        match earlier(&fate) {
            Some(document) if made.contains(&document) => without_offers(fate),
            Some(document) if self.holds(document).await => handed_out_again(document),
            _ => fate,
        }
    }

    async fn holds(&self, document: Digest) -> bool {
        match self.store().await {
            Ok(store) => store.file(document).await.is_ok_and(|file| file.is_some()),
            Err(_) => false,
        }
    }

    async fn decide_one(&self, account: &Account, dropped: &Dropped, store: Option<&Store>) -> Result<Answered, Fate> {
        let (text, decision) = decide(dropped, account, clock::now())?;
        let position = decision.entry().place.position;
        let outcome = self.sign(decision).await.map_err(Fate::Refused)?;
        let mut answer = Answer { text, file: None, position: None };
        let document = outcome.document;
        let Some(store) = store else {
            // The signatures of a rehearsal end here.
            let account = account.with_ledger(Some(outcome.ledger));
            return Ok(Answered { account, answer, document, file: None });
        };
        let (account, issued) = self.keep(account, store, outcome, None).await.map_err(Fate::Refused)?;
        answer.position = Some(position);
        let file = issued.document.map(|_| (issued.name, issued.bytes));
        Ok(Answered { account, answer, document, file })
    }
}

/// What one file came to.
struct Answered {
    account: Account,
    answer: Answer,
    document: Option<Digest>,
    file: Option<(String, Vec<u8>)>,
}

/// Whether a file is to be decided: at a rehearsal what asks, for good what the rehearsal said is answered.
fn is_due(item: &Item, store: Option<&Store>) -> bool {
    match store {
        None => !matches!(item.kind(), Some(Kind::Bundle | Kind::LedgerEntry)),
        Some(_) => matches!(item.fate, Fate::Answered(_)),
    }
}

fn taken(result: Result<(), Refused>) -> Fate {
    result.map_or_else(Fate::Refused, |()| Fate::Taken)
}
