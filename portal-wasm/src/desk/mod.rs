//! The desk, inside its worker: what a person asked for, done step by step over documents, keys and storage.
//!
//! One `State` with one flow enum; every change goes through `State::apply`, and the page is told what to show.

pub mod compose;
pub mod model;

mod batch;
mod files;
#[cfg(feature = "bench")]
mod floor;
mod guide;
mod handover;
mod issue;
mod ledger;
mod load;
mod own;
mod server;
mod start;
mod unlock;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use futures_channel::oneshot;
use postern_protocol::{Digest, Id};
use wasm_bindgen_futures::spawn_local;

use crate::browser::desk::database::Failure;
use crate::browser::desk::keys::Signer;
use crate::browser::desk::store::Store;
use crate::browser::desk::{clock, scope};
use crate::talk::{Ask, Fetched, Filled, Given, Tell};
use crate::wire::{self, Bytes};
use model::account::Account;
use model::change::Change;
use model::command::{Command, Field};
use model::error::PortalError;
use model::flow::State;
use model::matter::What;
use model::shared::Shared;
use model::shown::{Explained, Page};

/// Runs the desk for as long as its worker lives.
pub fn run() {
    std::panic::set_hook(Box::new(|panic| scope::tell(&Tell::Crashed(panic.to_string()))));
    let desk = Desk::default();
    scope::listen(move |ask| desk.clone().hear(ask));
    // It listens: whatever was asked before is sent now.
    scope::tell(&Tell::Show(compose::screen(&State::default()).into()));
}

/// What is done one after the other.
enum Task {
    /// The page opened; what the site answered for the brand.
    Start(Fetched),
    /// Files were given.
    Files(Vec<Given>),
    /// Something was commanded, perhaps with a form.
    Command(Command, Filled),
}

/// Page and desk are one build: what the page hands back is what the desk gave it.
fn unreadable() {
    scope::tell(&Tell::Crashed("the page asked for something unreadable".into()));
}

/// Everything that can refuse a task: one or more reasons, in words.
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

/// A file that was asked for, and who waits for it.
type Fetching = (String, oneshot::Sender<Fetched>);

/// The desk. Clones share it.
#[derive(Clone, Default)]
struct Desk {
    state: Rc<RefCell<State>>,
    store: Rc<RefCell<Option<Store>>>,
    signer: Rc<RefCell<Option<Rc<Signer>>>>,
    fetching: Rc<RefCell<Vec<Fetching>>>,
    /// What was asked while something else was being done.
    tasks: Rc<RefCell<VecDeque<Task>>>,
    working: Rc<Cell<bool>>,
}

impl Desk {
    fn hear(self, ask: Ask) {
        match ask {
            Ask::Start(brand, dark) => {
                self.change(Change::Dark(dark));
                self.queue(Task::Start(brand));
            }
            Ask::Files(files) => self.queue(Task::Files(files)),
            Ask::Command(command) => self.command(&command, Filled::default()),
            Ask::Submit(command, filled) => self.command(&command, filled),
            Ask::Edit(field, typed, ticked) => match wire::read::<Field>(&field.0) {
                Some(field) => self.change(field.change(typed, ticked)),
                None => unreadable(),
            },
            Ask::Went(address) => {
                if let Some(page) = Page::of_fragment(&address) {
                    self.change(Change::Went(page));
                }
            }
            Ask::Dark(dark) => self.change(Change::Dark(dark)),
            Ask::Fetched(name, fetched) => self.fetched(&name, fetched),
        }
    }

    fn command(self, command: &Bytes, filled: Filled) {
        match wire::read(&command.0) {
            Some(Command::Dismiss) => self.change(Change::Dismissed),
            Some(Command::PutAway) => self.change(Change::PutAway),
            Some(Command::Reveal) => self.change(Change::Revealed),
            Some(Command::Copied(code)) => self.change(Change::Copied(code)),
            Some(Command::Lock) => {
                *self.signer.borrow_mut() = None;
                self.change(Change::Locked);
            }
            Some(command) => self.queue(Task::Command(command, filled)),
            None => unreadable(),
        }
    }

    fn queue(self, task: Task) {
        self.tasks.borrow_mut().push_back(task);
        if !self.working.replace(true) {
            spawn_local(self.work_off());
        }
    }

    /// Does what was asked, one after the other: a file that is dropped while its bundle loads waits for the bundle.
    async fn work_off(self) {
        while let Some(task) = self.next() {
            let worked = match task {
                Task::Start(brand) => self.start(brand).await,
                Task::Files(files) => self.files(files).await,
                Task::Command(command, filled) => self.work(command, filled).await,
            };
            if let Err(refused) = worked {
                self.change(Change::Refused(refused));
            }
            self.change(Change::Idle);
        }
        self.working.set(false);
    }

    fn next(&self) -> Option<Task> {
        self.tasks.borrow_mut().pop_front()
    }

    async fn work(&self, command: Command, filled: Filled) -> Result<(), Refused> {
        match command {
            Command::Again => {
                self.change(Change::Again);
                // Of several files some may be decided otherwise now.
                self.go_on().await
            }
            Command::SiteLedger => self.site_ledger().await,
            Command::MakeKey => self.make_key(filled).await,
            Command::Unlock => self.unlock(filled).await,
            Command::Own => self.own(filled).await,
            Command::BeginLedger => self.begin_ledger().await,
            Command::ExportLedger => self.export_ledger().await,
            Command::Issue => self.issue().await,
            Command::CarryOut => self.carry_out().await,
            Command::AnswerAll => self.answer_all().await,
            Command::Open(index) => self.open_one(index).await,
            Command::DownloadPack => {
                self.download_pack();
                Ok(())
            }
            Command::Refresh(device, license_id) => self.machine(&device, &license_id, |device, license_id| {
                What::Refresh { device, license_id, move_base: false }
            }),
            Command::Release(device, license_id) => self.machine(&device, &license_id, |device, license_id| {
                What::Release { device, license_id, reason: String::new() }
            }),
            Command::TakeOver => self.take_over().await,
            Command::Guide(guide) => self.guide(Some(guide)).await,
            Command::LeaveGuide => self.guide(None).await,
            Command::Pack => self.pack_collected().await,
            Command::HandOver => self.hand_over(filled).await,
            Command::TakeHanded => self.take_handed(filled).await,
            Command::MakeToken(license_id) => match license_id.parse::<Id>() {
                Ok(license_id) => self.make_token(license_id).await,
                Err(_) => Err(PortalError::NoEntitlement { license_id }.into()),
            },
            Command::Download(document) => match document.parse::<Digest>() {
                Ok(document) => self.download_stored(document).await,
                Err(()) => Err(PortalError::FileNotHere.into()),
            },
            Command::NewServer(under) => self.new_server(&under),
            Command::ChangeServer(id) => self.change_server(&id),
            Command::StandServer(id, standing) => self.stand_server(&id, &standing),
            Command::RenewServer(id) => self.renew_server(&id).await,
            Command::GiveServer => self.give_server().await,
            Command::CloseServer => {
                self.change(Change::Server(None));
                Ok(())
            }
            Command::AddStage(seat_type) => {
                self.change(Change::Stage(seat_type, None));
                Ok(())
            }
            Command::RemoveStage(seat_type, index) => {
                self.change(Change::Stage(seat_type, usize::try_from(index).ok()));
                Ok(())
            }
            Command::Lock | Command::PutAway | Command::Dismiss | Command::Reveal | Command::Copied(_) => Ok(()),
        }
    }

    /// Changes the state, and has the page show it.
    fn change(&self, change: Change) {
        let screen = {
            let mut state = self.state.borrow_mut();
            state.apply(clock::now(), change);
            compose::screen(&state)
        };
        scope::tell(&Tell::Show(screen.into()));
    }

    fn state(&self) -> State {
        self.state.borrow().clone()
    }

    fn account(&self) -> Result<Shared<Account>, Refused> {
        self.state.borrow().flow.account().cloned().ok_or_else(|| PortalError::KeyNotHere.into())
    }

    fn signer(&self) -> Result<Rc<Signer>, Refused> {
        self.signer.borrow().clone().ok_or_else(|| PortalError::KeyNotHere.into())
    }

    async fn store(&self) -> Result<Store, Refused> {
        if let Some(store) = self.store.borrow().clone() {
            return Ok(store);
        }
        let store = Store::open().await?;
        *self.store.borrow_mut() = Some(store.clone());
        Ok(store)
    }

    /// A file of the site. The page fetches it, under its policy; the desk talks to no network.
    async fn fetch(&self, name: &str) -> Result<Vec<u8>, Refused> {
        let (sender, receiver) = oneshot::channel();
        self.fetching.borrow_mut().push((name.to_owned(), sender));
        scope::tell(&Tell::Fetch(name.to_owned()));
        let refused = |detail: String| PortalError::SiteFile { name: name.into(), detail }.into();
        match receiver.await {
            Ok(Fetched::Found(bytes)) => Ok(bytes.0),
            Ok(Fetched::Missing) => Err(refused("404".into())),
            Ok(Fetched::Failed(detail)) => Err(refused(detail)),
            Err(oneshot::Canceled) => Err(refused("-".into())),
        }
    }

    fn fetched(&self, name: &str, fetched: Fetched) {
        let mut fetching = self.fetching.borrow_mut();
        if let Some(index) = fetching.iter().position(|(waits, _)| waits == name) {
            let (_, sender) = fetching.swap_remove(index);
            // Whoever asked may have gone: then nobody wants the answer.
            let _ = sender.send(fetched);
        }
    }
}
