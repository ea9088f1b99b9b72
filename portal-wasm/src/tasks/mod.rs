//! What the portal does when a person asks for something: browser and model brought together, step by step.

mod files;
mod issue;
mod ledger;
mod load;
mod start;
mod unlock;

use std::cell::RefCell;
use std::rc::Rc;

use postern_protocol::{Digest, Id};
use yew::platform::spawn_local;
use yew::{Callback, UseReducerDispatcher};
use zeroize::Zeroizing;

use crate::browser::clock;
use crate::browser::database::Failure;
use crate::browser::files::Picked;
use crate::browser::keys::Signer;
use crate::browser::page;
use crate::browser::store::Store;
use crate::browser::worker::Worker;
use crate::model::account::Account;
use crate::model::change::{Action, Change};
use crate::model::error::{Explained, PortalError};
use crate::model::flow::{Notice, State};
use crate::model::form::Edit;
use crate::model::page::Page;
use crate::model::shared::Shared;
use crate::work::{Bytes, Request};

/// What a person asks for.
#[derive(Clone, Debug)]
pub enum Intent {
    /// The page opened.
    Start,
    /// Files were dropped or chosen.
    Files(Vec<Picked>),
    /// The ledger that the site offers shall be imported.
    SiteLedger,
    /// A key shall be made in this browser; with a passphrase where the browser can't keep one itself.
    MakeKey(Zeroizing<String>),
    /// The bundle shall be unlocked.
    Unlock {
        /// The name that was typed.
        by: String,
        /// The passphrase; empty for a key that the browser keeps.
        passphrase: Zeroizing<String>,
    },
    /// The key shall be put away.
    Lock,
    /// A new ledger shall begin.
    BeginLedger,
    /// The ledger shall be exported.
    ExportLedger,
    /// A field of the allocation changed.
    Edit(Edit),
    /// The license shall be issued.
    Issue,
    /// A token for this license id shall be made.
    MakeToken(Id),
    /// A file that was issued before shall be downloaded again.
    Download(Digest),
    /// A text shall go on the clipboard.
    Copy(String),
    /// The next request, please.
    Again,
    /// Another page.
    Go(Page),
    /// The notice was read.
    Dismiss,
}

/// Everything that can go wrong in a task: one or more reasons, in words.
type Refused = Vec<Explained>;

impl From<PortalError> for Refused {
    fn from(error: PortalError) -> Self {
        vec![(&error).into()]
    }
}

impl From<Explained> for Refused {
    fn from(error: Explained) -> Self {
        vec![error]
    }
}

impl From<Failure> for Refused {
    fn from(Failure(detail): Failure) -> Self {
        PortalError::Storage(detail).into()
    }
}

/// What tasks work with besides the state. Clones share it.
#[derive(Clone)]
pub struct Tasks {
    hands: Rc<Hands>,
    dispatcher: UseReducerDispatcher<State>,
}

/// What must not be in the state: handles of the browser, and the unlocked key.
#[derive(Default)]
pub struct Hands {
    /// The state as it was rendered last.
    state: RefCell<State>,
    store: RefCell<Option<Store>>,
    worker: RefCell<Option<Worker>>,
    signer: RefCell<Option<Rc<Signer>>>,
}

impl Hands {
    /// Tells the tasks the newest state.
    pub fn saw(&self, state: &State) {
        *self.state.borrow_mut() = state.clone();
    }
}

impl Tasks {
    /// Tasks that report to this dispatcher.
    pub fn new(hands: Rc<Hands>, dispatcher: UseReducerDispatcher<State>) -> Self {
        Self { hands, dispatcher }
    }

    /// The callback that components ask through.
    pub fn callback(self) -> Callback<Intent> {
        Callback::from(move |intent| self.clone().run(intent))
    }

    fn run(self, intent: Intent) {
        match intent {
            Intent::Edit(edit) => self.tell(Change::Edited(edit)),
            Intent::Again => self.tell(Change::Again),
            Intent::Dismiss => self.tell(Change::Dismissed),
            Intent::Go(to) => page::go(to.fragment()),
            Intent::Lock => {
                *self.hands.signer.borrow_mut() = None;
                self.tell(Change::Locked);
            }
            other => spawn_local(async move {
                if let Err(refused) = self.work(other).await {
                    self.tell(Change::Told(Notice::Refused(refused)));
                }
                self.tell(Change::Idle);
            }),
        }
    }

    async fn work(&self, intent: Intent) -> Result<(), Refused> {
        match intent {
            Intent::Start => self.start().await,
            Intent::Files(files) => self.files(files).await,
            Intent::SiteLedger => self.site_ledger().await,
            Intent::MakeKey(passphrase) => self.make_key(passphrase).await,
            Intent::Unlock { by, passphrase } => self.unlock(by, passphrase).await,
            Intent::BeginLedger => self.begin_ledger().await,
            Intent::ExportLedger => self.export_ledger().await,
            Intent::Issue => self.issue().await,
            Intent::MakeToken(license_id) => self.make_token(license_id).await,
            Intent::Download(document) => self.download_stored(document).await,
            Intent::Copy(text) => {
                page::copy(&text).await;
                Ok(())
            }
            Intent::Edit(_) | Intent::Again | Intent::Dismiss | Intent::Go(_) | Intent::Lock => Ok(()),
        }
    }

    fn tell(&self, change: Change) {
        self.dispatcher.dispatch(Action { now: clock::now(), change });
    }

    fn state(&self) -> State {
        self.hands.state.borrow().clone()
    }

    fn account(&self) -> Result<Shared<Account>, Refused> {
        self.state().flow.account().cloned().ok_or_else(|| PortalError::KeyNotHere.into())
    }

    fn signer(&self) -> Result<Rc<Signer>, Refused> {
        self.hands.signer.borrow().clone().ok_or_else(|| PortalError::KeyNotHere.into())
    }

    async fn store(&self) -> Result<Store, Refused> {
        if let Some(store) = self.hands.store.borrow().clone() {
            return Ok(store);
        }
        let store = Store::open().await?;
        *self.hands.store.borrow_mut() = Some(store.clone());
        Ok(store)
    }

    /// Has the worker compute something; a dead worker is replaced.
    async fn derive(&self, request: Request) -> Result<Bytes, Refused> {
        let running = self.hands.worker.borrow().clone().filter(|worker| !worker.is_dead());
        let worker = match running {
            Some(worker) => worker,
            None => Worker::start().map_err(|error| error.explained())?,
        };
        *self.hands.worker.borrow_mut() = Some(worker.clone());
        worker.derive(request).await.map_err(|error| error.explained().into())
    }
}
