//! Everything that the page shows. Where the person stands is one enum, the flow; what moves it is `change`.

use postern_protocol::{Digest, Time};

use super::account::{Account, Loaded};
use super::batch::Batch;
use super::brand::Brand;
use super::dropped::Dropped;
use super::form::Asked;
use super::handover::Received;
use super::inspection::Inspection;
use super::keys::KeyHere;
use super::matter::Matter;
use super::recovery::{Begun, Collected};
use super::server::ServerDraft;
use super::shared::Shared;
use super::shown::{Busy, Draft, Explained, Page};

/// Everything that the page shows.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// When the last thing happened: the page's time.
    pub now: Time,
    /// Whose portal it is.
    pub brand: Shared<Brand>,
    /// Which page is shown.
    pub page: Page,
    /// How far the main job is.
    pub flow: Flow,
    /// What is going on.
    pub busy: Option<Busy>,
    /// How much of it is done, out of how much, where that can be told.
    pub progress: Option<(u64, u64)>,
    /// What became of the last file or step.
    pub notice: Option<Notice>,
    /// Keys that were made in this browser.
    pub keys: Shared<Vec<KeyHere>>,
    /// Whether this browser can keep keys that never leave it.
    pub keeps_keys: bool,
    /// A file that came before the portal was ready for it.
    pub waiting: Option<Shared<Dropped>>,
    /// Several files that came at once, until they are answered or put away.
    pub batch: Option<Shared<Batch>>,
    /// The guide that is gone through.
    pub guide: Option<Begun>,
    /// Files of machines that are collected for the vendor.
    pub collected: Shared<Vec<Collected>>,
    /// The file on the inspect page.
    pub inspected: Option<Shared<Inspection>>,
    /// The token that was made last.
    pub token: Option<Shared<Issued>>,
    /// A license server on the table of its page.
    pub server: Option<Shared<ServerDraft>>,
    /// The license server's bundle that was made last.
    pub given: Option<Shared<Issued>>,
    /// What is searched for among many entitlements.
    pub search: String,
    /// What the form on the page shows besides what is typed.
    pub draft: Draft,
    /// Whether the page is dark.
    pub dark: bool,
    /// How many requests were put on the table.
    pub requests: u64,
}

impl Default for State {
    fn default() -> Self {
        Self {
            now: Time::MIN,
            // Nameless until the site has answered: no other name flashes up before the vendor's.
            brand: Brand { name: String::new(), ..Brand::default() }.into(),
            page: Page::Job,
            flow: Flow::Starting,
            busy: None,
            progress: None,
            notice: None,
            keys: Vec::new().into(),
            keeps_keys: false,
            waiting: None,
            batch: None,
            guide: None,
            collected: Vec::new().into(),
            inspected: None,
            token: None,
            server: None,
            given: None,
            search: String::new(),
            draft: Draft::default(),
            dark: false,
            requests: 0,
        }
    }
}

/// How far the main job is.
#[derive(Clone, Debug, PartialEq)]
pub enum Flow {
    /// The page reads what it has.
    Starting,
    /// It can't go on: the brand file or the browser's storage.
    Stopped(Explained),
    /// No bundle yet.
    Load,
    /// A bundle, and no key yet.
    Unlock(Shared<Loaded>),
    /// A handover file, before its passphrase; and where the person stood before it came.
    TakeOver(Shared<Received>, Box<Flow>),
    /// A key, and no ledger yet.
    Begin(Shared<Account>),
    /// Ready for a request.
    Ready(Shared<Account>),
    /// A request, and a choice to make.
    Allocate(Shared<Account>, Shared<Asked>),
    /// A matter without dates and seats to choose.
    Matter(Shared<Account>, Shared<Matter>),
    /// Several files, which are answered together.
    Batch(Shared<Account>),
    /// The answer is issued.
    Done(Shared<Account>, Shared<Issued>),
}

impl Flow {
    /// The unlocked account.
    pub fn account(&self) -> Option<&Shared<Account>> {
        match self {
            Self::Begin(account)
            | Self::Ready(account)
            | Self::Allocate(account, _)
            | Self::Matter(account, _)
            | Self::Batch(account)
            | Self::Done(account, _) => Some(account),
            Self::Starting | Self::Stopped(_) | Self::Load | Self::Unlock(_) | Self::TakeOver(..) => None,
        }
    }

    /// The bundle.
    pub fn loaded(&self) -> Option<&Shared<Loaded>> {
        match self {
            Self::Unlock(loaded) => Some(loaded),
            Self::TakeOver(received, _) => Some(&received.loaded),
            other => other.account().map(|account| &account.loaded),
        }
    }
}

/// What became of the last file or step.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// It was refused, for all these reasons.
    Refused(Vec<Explained>),
    /// It was done.
    Done(Told),
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// A bundle was loaded over an older one.
    BundleRenewed,
    /// The bundle was loaded already.
    BundleSame,
    /// A ledger was imported.
    LedgerImported,
    /// A file waits for the bundle to be unlocked.
    FileWaits,
    /// Several files wait for the bundle to be unlocked.
    FilesWait,
    /// A key was made.
    KeyMade,
    /// A machine's report is in the ledger.
    Recorded,
    /// A machine was released as dead.
    Released,
    /// The ledger says that another administrator goes on with it.
    TakenOver,
    /// A license server's ledger is in the ledger.
    ChildSeen,
    /// The ledger says that it was handed over.
    HandedOver,
}

/// A file that was issued.
#[derive(Clone, Debug)]
pub struct Issued {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The document in it.
    pub document: Option<Digest>,
    /// What it answers; none for a token.
    pub answers: Option<Answered>,
}

/// What was answered.
#[derive(Clone, Debug)]
pub enum Answered {
    /// A request, with a license.
    Request(Shared<Asked>),
    /// A matter, with a file.
    Matter(Shared<Matter>),
}
