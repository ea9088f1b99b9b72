//! Recovery as guided steps: which guide is gone through, and which of its steps the account's state shows as done.

mod plans;

use postern_issuer::Ledger;
use postern_protocol::{PublicKey, Time};
use yew::AttrValue;

use super::account::Loaded;
use super::dropped::Dropped;
use super::flow::State;
use crate::t;
use crate::wire::wire;

pub use plans::plan;

/// What somebody is guided through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guide {
    /// The ledger is lost.
    Lost,
    /// A machine was restored or rebuilt.
    Restored,
    /// A machine is dead.
    Dead,
    /// The key is lost, or known to others.
    Key,
    /// Another administrator gets the ledger, with the key.
    HandOver,
    /// A deputy, who has the key, goes on with an exported ledger.
    Deputy,
}

impl Guide {
    /// Every guide.
    pub const ALL: [Self; 6] = [Self::Lost, Self::Restored, Self::Dead, Self::Key, Self::HandOver, Self::Deputy];

    /// What it is called.
    pub fn title(self) -> AttrValue {
        match self {
            Self::Lost => t!("guide-lost"),
            Self::Restored => t!("guide-restored"),
            Self::Dead => t!("guide-dead"),
            Self::Key => t!("guide-key"),
            Self::HandOver => t!("guide-hand"),
            Self::Deputy => t!("guide-deputy"),
        }
    }

    /// When it is the one that fits.
    pub fn when(self) -> AttrValue {
        match self {
            Self::Lost => t!("guide-lost-when"),
            Self::Restored => t!("guide-restored-when"),
            Self::Dead => t!("guide-dead-when"),
            Self::Key => t!("guide-key-when"),
            Self::HandOver => t!("guide-hand-when"),
            Self::Deputy => t!("guide-deputy-when"),
        }
    }
}

/// A guide that was begun, and how things were then: what was done since is told by the difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    /// Which.
    pub guide: Guide,
    /// When, as seconds since 1970.
    pub at: u64,
    /// The ledger's epoch then.
    pub epoch: u64,
    /// Where the ledger's next entry stood then; 0 without a ledger.
    pub position: u64,
    /// The bundle's serial then.
    pub serial: u64,
    /// The keys that the bundle was for then.
    pub keys: Vec<String>,
    /// Where the ledger ended when it was exported since.
    pub exported: Option<u64>,
    /// Where a ledger that was imported since ends.
    pub imported: Option<u64>,
    /// Whether the machines' files were packed since.
    pub packed: bool,
}

wire!(enum Guide { 0 => Lost, 1 => Restored, 2 => Dead, 3 => Key, 4 => HandOver, 5 => Deputy });
wire!(struct Begun { guide, at, epoch, position, serial, keys, exported, imported, packed });

impl Begun {
    /// Begins a guide in this state.
    pub fn new(guide: Guide, state: &State) -> Self {
        let loaded = state.flow.loaded();
        let ledger = ledger(state);
        let base = loaded.and_then(|loaded| loaded.bundle().ledger_base.as_ref());
        Self {
            guide,
            at: state.now.unix(),
            epoch: ledger.map(|ledger| ledger.id().epoch).or(base.map(|base| base.next.ledger.epoch)).unwrap_or(0),
            position: ledger.map_or(0, |ledger| ledger.next().position),
            serial: loaded.map_or(0, |loaded| loaded.bundle().serial),
            keys: loaded.map(|loaded| keys(loaded)).unwrap_or_default(),
            exported: None,
            imported: None,
            packed: false,
        }
    }

    /// When it was begun.
    pub fn time(&self) -> Time {
        Time::from_unix(self.at)
    }
}

/// A machine's file that is collected for the vendor.
#[derive(Clone, Debug)]
pub struct Collected {
    /// The file.
    pub file: Dropped,
    /// The machine that made it; none for a license file.
    pub device: Option<PublicKey>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What is to be done.
    pub text: AttrValue,
    /// What shows that it is done; none while it is not.
    pub done: Option<AttrValue>,
    /// What it is done with, here.
    pub tool: Option<Tool>,
    /// Whether it can be done now, though nothing shows here that the steps before are: others do them.
    pub open: bool,
}

/// What a step is done with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tool {
    /// A file is dropped.
    Drop,
    /// Files of machines are dropped, until they are packed: from so many machines, of so many that are known.
    Collect(usize, usize),
    /// The ledger is exported.
    Export,
    /// The vendor types this.
    Vendor(String),
    /// An operator types this at the machine.
    Machine(&'static str),
    /// The overview has the button.
    Overview,
    /// The main job goes on.
    Job,
    /// A key is made here.
    Codes,
    /// The handover file is made; or made again.
    HandOver(bool),
    /// The ledger says that this administrator goes on.
    TakeOver,
    /// The ledger is begun.
    Begin,
    /// Another guide leads on.
    Guide(Guide),
}

/// A guide's steps, and what is said once it is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The steps.
    pub steps: Vec<Step>,
    /// What came of it; none while it goes on.
    pub over: Option<AttrValue>,
}

impl Step {
    fn new(text: AttrValue, done: Option<AttrValue>) -> Self {
        Self { text, done, tool: None, open: false }
    }

    fn with(self, tool: Tool) -> Self {
        Self { tool: Some(tool), ..self }
    }

    fn open(self, open: bool) -> Self {
        Self { open, ..self }
    }
}

fn ledger(state: &State) -> Option<&Ledger> {
    state.flow.account().and_then(|account| account.ledger.as_ref())
}

fn keys(loaded: &Loaded) -> Vec<String> {
    loaded.subjects().iter().map(ToString::to_string).collect()
}
