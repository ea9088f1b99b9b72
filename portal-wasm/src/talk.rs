//! What page and desk say to each other. The page asks, the desk (a worker) does, and says what to show.

use zeroize::Zeroizing;

use crate::screen::{Page, Screen};
use crate::wire::{Bytes, wire};

/// What the page asks of the desk. No `Debug` on purpose: it holds passphrases.
#[derive(Clone, PartialEq)]
pub enum Ask {
    /// The page opened; this is what the site answered for `brand.json`.
    Start(Fetched),
    /// Files were dropped or chosen.
    Files(Vec<Given>),
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
    /// The file of an end user's machine shall be answered.
    Own {
        /// The user that was typed; none for a license key.
        user: Option<String>,
        /// The password, or the license key.
        secret: Zeroizing<String>,
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
    /// The matter on the table shall be carried out.
    CarryOut,
    /// Every one of several files that can be answered shall be.
    AnswerAll,
    /// The file with this index of several shall be opened alone.
    Open(u64),
    /// The answers to several files shall be downloaded again.
    DownloadPack,
    /// A machine shall be refreshed: its key, and what it holds its license under.
    Refresh(String, String),
    /// A machine shall be released as dead: its key, and what it holds its license under.
    Release(String, String),
    /// The ledger shall say that another administrator goes on with it.
    TakeOver,
    /// A token for this license id shall be made.
    MakeToken(String),
    /// The file of the document with this digest shall be downloaded again.
    Download(String),
    /// The next request, please.
    Again,
    /// These entitlements are searched for.
    Search(String),
    /// Another page is shown.
    Went(Page),
    /// The notice was read.
    Dismiss,
    /// What the site answered for a file that the desk asked for.
    Fetched(String, Fetched),
}

/// A change of one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Another first day.
    Start(String),
    /// Another last day.
    End(String),
    /// No last day, or one after all.
    Endless(bool),
    /// Another number of seats of a type.
    Seats(String, String),
    /// The restored machine is accepted as it is, or not after all.
    AcceptFork(bool),
    /// The machine's consumption counters begin anew, or not after all.
    MoveBase(bool),
    /// Another reason for releasing a machine.
    Reason(String),
}

/// A file that a person gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Given {
    /// Its name.
    pub name: String,
    /// What is in it.
    pub content: Content,
}

impl Given {
    /// How many bytes it brings along.
    pub fn size(&self) -> usize {
        match &self.content {
            Content::Bytes(bytes) => self.name.len() + bytes.0.len(),
            Content::TooLarge(_) | Content::Unreadable(_) => self.name.len(),
        }
    }
}

/// What is in a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// These bytes.
    Bytes(Bytes),
    /// So many bytes that it was not read.
    TooLarge(u64),
    /// The browser could not read it; its reason.
    Unreadable(String),
}

/// What came of asking the site for a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Fetched {
    /// The file.
    Found(Bytes),
    /// There is no such file.
    Missing,
    /// The site does not answer; why, in the browser's words.
    Failed(String),
}

/// What the desk tells the page.
#[derive(Clone, Debug, PartialEq)]
pub enum Tell {
    /// Show this.
    Show(Box<Screen>),
    /// Let the browser save this file.
    Save(String, Bytes),
    /// Ask the site for this file: only the page, under its policy, talks to the site.
    Fetch(String),
    /// What this names took this many nanoseconds.
    Measured(String, u64),
    /// The desk met an error that it did not expect.
    Crashed(String),
}

wire!(enum Ask {
    0 => Start(brand), 1 => Files(files), 2 => SiteLedger, 3 => MakeKey(passphrase), 4 => Unlock { by, passphrase },
    5 => Lock, 6 => BeginLedger, 7 => ExportLedger, 8 => Edit(edit), 9 => Issue, 10 => MakeToken(license_id),
    11 => Download(document), 12 => Again, 13 => Went(page), 14 => Dismiss, 15 => Fetched(name, fetched), 16 => CarryOut,
    17 => Refresh(device, license_id), 18 => Release(device, license_id), 19 => TakeOver,
    20 => AnswerAll, 21 => Open(index), 22 => DownloadPack, 40 => Search(text), 41 => Own { user, secret },
});
wire!(enum Edit { 0 => Start(day), 1 => End(day), 2 => Endless(yes), 3 => Seats(seat_type, typed), 4 => AcceptFork(yes), 5 => MoveBase(yes), 6 => Reason(typed) });
wire!(struct Given { name, content });
wire!(enum Content { 0 => Bytes(bytes), 1 => TooLarge(bytes), 2 => Unreadable(detail) });
wire!(enum Fetched { 0 => Found(bytes), 1 => Missing, 2 => Failed(detail) });
wire!(enum Tell { 0 => Show(screen), 1 => Save(name, bytes), 2 => Fetch(name), 3 => Measured(name, nanoseconds), 4 => Crashed(detail) });
