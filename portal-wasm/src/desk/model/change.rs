//! What can happen, and how it moves the state. Pure.

use postern_protocol::{Kind, Time};

use super::account::{Account, Loaded, Way};
use super::batch::Batch;
use super::brand::Brand;
use super::command::Edit;
use super::dropped::Dropped;
use super::flow::{Flow, Issued, Notice, State, Told};
use super::form::Asked;
use super::handover::Received;
use super::inspection::Inspection;
use super::keys::KeyHere;
use super::matter::Matter;
use super::recovery::{Begun, Collected};
use super::server::ServerDraft;
use super::shared::Shared;
use super::shown::{Busy, Draft, Explained, Page};

/// What happened.
#[derive(Clone, Debug)]
pub enum Change {
    /// The brand is known.
    Started {
        /// The brand.
        brand: Shared<Brand>,
        /// Whether this browser can keep keys that never leave it.
        keeps_keys: bool,
    },
    /// Nothing can go on.
    Stopped(Explained),
    /// There is no bundle.
    NoBundle,
    /// Keys were read or made.
    Keys(Vec<KeyHere>),
    /// Something takes a moment.
    Busy(Busy),
    /// So much of it is done, out of so much.
    Progress(u64, u64),
    /// It is over.
    Idle,
    /// A bundle was verified.
    Loaded(Shared<Loaded>),
    /// An account was unlocked, or its ledger changed.
    Opened(Shared<Account>),
    /// A file came too early.
    Waits(Shared<Dropped>),
    /// A handover file was verified.
    Received(Shared<Received>),
    /// It was put away.
    PutAway,
    /// Several files came.
    Several(Shared<Batch>),
    /// A guide is gone through, or none any more.
    Guided(Option<Begun>),
    /// Files of machines were collected for the vendor.
    Collected(Vec<Collected>),
    /// It was decided what becomes of several files.
    Batch(Shared<Account>, Shared<Batch>),
    /// A request was examined.
    Asked(Shared<Asked>),
    /// A matter was examined.
    Matter(Shared<Matter>),
    /// The form changed.
    Edited(Edit),
    /// A file was issued.
    Issued(Shared<Account>, Shared<Issued>),
    /// A token was made.
    TokenMade(Shared<Account>, Shared<Issued>),
    /// A license server is put on the table of its page, or put away.
    Server(Option<ServerDraft>),
    /// A stage of a license server's seat type is added, or the one with this index goes.
    Stage(String, Option<usize>),
    /// A license server was made or changed.
    ServerMade(Shared<Account>, Shared<Issued>),
    /// A file was looked into.
    Inspected(Shared<Inspection>),
    /// A form can't be sent as it is: why.
    Wrong(String),
    /// The passphrase can be read, or not any more.
    Revealed,
    /// An end user enters user and password, or a license key.
    ByUser(bool),
    /// A License Code was copied.
    Copied(String),
    /// The page became dark, or light.
    Dark(bool),
    /// Something is searched for.
    Searched(String),
    /// Another page.
    Went(Page),
    /// Back to the next request.
    Again,
    /// The key was put away.
    Locked,
    /// Something was done.
    Told(Told),
    /// Something was refused.
    Refused(Vec<Explained>),
    /// The notice was read.
    Dismissed,
}

impl State {
    /// The state after something happened.
    pub fn apply(&mut self, now: Time, change: Change) {
        self.now = now;
        match change {
            Change::Started { brand, keeps_keys } => {
                self.brand = brand;
                self.keeps_keys = keeps_keys;
            }
            Change::Stopped(error) => self.flow = Flow::Stopped(error),
            Change::NoBundle => self.flow = Flow::Load,
            Change::Keys(keys) => self.keys(keys),
            Change::Busy(busy) => {
                self.busy = Some(busy);
                self.notice = None;
                self.draft.wrong = None;
            }
            Change::Progress(done, all) => self.progress = Some((done, all)),
            Change::Idle => (self.busy, self.progress) = (None, None),
            Change::Loaded(loaded) => self.step(Flow::Unlock(loaded)),
            Change::Opened(account) => self.opened(account),
            Change::Waits(dropped) => self.waiting = Some(dropped),
            Change::Received(received) => self.received(received),
            Change::PutAway => {
                if let Flow::TakeOver(_, before) = &self.flow {
                    self.step((**before).clone());
                }
            }
            Change::Several(batch) => self.batch = Some(batch),
            Change::Guided(guide) => {
                self.guide = guide;
                self.draft = Draft::default();
            }
            Change::Collected(files) => self.collected = files.into(),
            Change::Batch(account, batch) => {
                self.batch = Some(batch);
                self.step(Flow::Batch(account));
            }
            Change::Asked(asked) => self.asked(asked),
            Change::Matter(matter) => self.matter(matter),
            Change::Edited(edit) => self.edited(&edit),
            Change::Issued(account, issued) => {
                self.waiting = None;
                self.step(Flow::Done(account, issued));
            }
            Change::TokenMade(account, issued) => {
                self.opened(account);
                self.token = Some(issued);
            }
            Change::Server(draft) => {
                (self.server, self.given, self.notice) = (draft.map(Shared::new), None, None);
            }
            Change::Stage(seat_type, less) => self.stage(&seat_type, less),
            Change::ServerMade(account, issued) => {
                self.server = None;
                self.opened(account);
                self.given = Some(issued);
            }
            Change::Inspected(inspection) => {
                self.inspected = Some(inspection);
                self.page = Page::Inspect;
            }
            Change::Wrong(why) => self.draft.wrong = Some(why),
            Change::Revealed => self.draft.revealed = !self.draft.revealed,
            Change::ByUser(users) => self.draft.by_user = users,
            Change::Copied(code) => self.draft.copied = Some(code),
            Change::Dark(dark) => self.dark = dark,
            Change::Searched(text) => self.search = text,
            Change::Went(page) => {
                if page != self.page {
                    self.notice = None;
                    self.search.clear();
                }
                self.page = page;
            }
            Change::Again => self.again(),
            Change::Locked => self.locked(),
            Change::Told(told) => self.notice = Some(Notice::Done(told)),
            Change::Refused(errors) => {
                self.notice = Some(Notice::Refused(errors));
                // What was looked into before is another file: its "verified" must not stand below this refusal.
                self.inspected = None;
            }
            Change::Dismissed => self.notice = None,
        }
    }

    fn step(&mut self, flow: Flow) {
        self.flow = flow;
        self.page = Page::Job;
        self.draft = Draft::default();
    }

    fn keys(&mut self, keys: Vec<KeyHere>) {
        if let Flow::Unlock(loaded) = &self.flow {
            self.flow = Flow::Unlock(loaded.with_keys(&keys).into());
        }
        self.keys = keys.into();
    }

    fn stage(&mut self, seat_type: &str, less: Option<usize>) {
        let draft = self.server.as_deref().zip(self.flow.account()).and_then(|(draft, account)| match draft {
            ServerDraft::Terms(terms) => {
                let mut terms = terms.as_ref().clone();
                terms.stage(seat_type, less);
                Some(ServerDraft::Terms(Box::new(terms.judged(account, self.now))))
            }
            ServerDraft::Stand(_) => None,
        });
        if let Some(draft) = draft {
            self.server = Some(draft.into());
        }
    }

    fn received(&mut self, received: Shared<Received>) {
        let before = match &self.flow {
            Flow::TakeOver(_, before) => before.clone(),
            other => Box::new(other.clone()),
        };
        self.step(Flow::TakeOver(received, before));
    }

    /// The account as it is now; a request that is on the table is examined anew.
    fn opened(&mut self, account: Shared<Account>) {
        self.server = self.server.as_ref().map(|draft| draft.again(&account, self.now).into());
        if account.ledger.is_some() && self.waiting.as_ref().is_some_and(|waiting| waiting.kind == Kind::LedgerEntry) {
            self.waiting = None;
        }
        self.flow = match &self.flow {
            _ if account.ledger.is_none() => Flow::Begin(account),
            Flow::Allocate(_, asked) => {
                let asked = asked.again(&account, self.now);
                Flow::Allocate(account, asked.into())
            }
            Flow::Matter(_, matter) => {
                let matter = matter.again(&account, self.now);
                Flow::Matter(account, matter.into())
            }
            Flow::Done(_, issued) => Flow::Done(account, issued.clone()),
            Flow::Batch(_) => Flow::Batch(account),
            _ => Flow::Ready(account),
        };
    }

    fn asked(&mut self, asked: Shared<Asked>) {
        if let Some(account) = self.flow.account() {
            self.waiting = None;
            self.requests += 1;
            self.step(Flow::Allocate(account.clone(), asked));
        }
    }

    fn matter(&mut self, matter: Shared<Matter>) {
        if let Some(account) = self.flow.account() {
            self.waiting = None;
            self.requests += 1;
            self.step(Flow::Matter(account.clone(), matter));
        }
    }

    fn edited(&mut self, edit: &Edit) {
        if let (Edit::Server(field, typed, ticked), Some(draft), Some(account)) =
            (edit, &self.server, self.flow.account())
        {
            self.server = Some(draft.edited(field, typed, *ticked, account, self.now).into());
            return;
        }
        self.flow = match &self.flow {
            Flow::Allocate(account, asked) => {
                Flow::Allocate(account.clone(), asked.edited(edit, account, self.now).into())
            }
            Flow::Matter(account, matter) => {
                Flow::Matter(account.clone(), matter.edited(edit, account, self.now).into())
            }
            _ => return,
        };
    }

    fn again(&mut self) {
        match self.flow.account() {
            // The next machine of an end user asks for its license key again.
            Some(account) if account.loaded.way == Way::Credential => self.locked(),
            Some(account) if account.ledger.is_some() => {
                let account = account.clone();
                if matches!(self.flow, Flow::Batch(_)) {
                    self.batch = None;
                }
                // One of several files was opened alone: back to the others.
                self.step(match self.batch {
                    Some(_) => Flow::Batch(account),
                    None => Flow::Ready(account),
                });
            }
            _ => {}
        }
        self.notice = None;
    }

    fn locked(&mut self) {
        (self.server, self.given) = (None, None);
        if let Some(loaded) = self.flow.loaded() {
            self.step(Flow::Unlock(loaded.clone()));
        }
        self.waiting = None;
        self.batch = None;
        self.token = None;
    }
}
