//! The pages and steps, each with what it shows.

use super::{Explained, Row, Section, Table, Tone};
use crate::wire::wire;

/// A page or step.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Body {
    /// The desk reads what it has.
    #[default]
    Starting,
    /// Nothing can go on.
    Stopped(Explained),
    /// Step 1: no bundle yet.
    Load,
    /// Step 2: a bundle to unlock.
    Unlock(UnlockView),
    /// An end user's own machine.
    Own(OwnView),
    /// Step 2 goes on: no ledger yet.
    Begin(BeginView),
    /// Step 3: ready for a request of this account.
    Ready(String),
    /// Step 4: a choice to make.
    Allocate(Box<AllocateView>),
    /// Step 4 of a matter without dates and seats to choose.
    Matter(Box<MatterView>),
    /// Step 4 and 5 of several files.
    Batch(BatchView),
    /// Step 5: the answer is issued.
    Done(DoneView),
    /// The overview.
    Overview(OverviewView),
    /// Enablement tokens.
    Tokens(TokensView),
    /// The ledger.
    Ledger(LedgerView),
    /// A file in words, if one was dropped.
    Inspect(Option<InspectView>),
    /// A page that needs an unlocked account.
    Locked,
}

impl Body {
    /// The step of the main job, counted from 1; none on other pages.
    pub fn step(&self) -> Option<usize> {
        match self {
            Self::Starting | Self::Load => Some(1),
            Self::Unlock(_) | Self::Begin(_) => Some(2),
            Self::Ready(_) => Some(3),
            Self::Batch(view) => Some(if view.done { 5 } else { 4 }),
            Self::Allocate(_) | Self::Matter(_) => Some(4),
            Self::Done(view) => (!view.own).then_some(5),
            _ => None,
        }
    }
}

/// A bundle to unlock.
#[derive(Clone, Debug, PartialEq)]
pub struct UnlockView {
    /// The account's name.
    pub account: String,
    /// The vendor's root, if it was pinned only now.
    pub first_use: Option<String>,
    /// Whether a passphrase is needed.
    pub sealed: bool,
    /// The License Codes that the bundle is for, if none of them is here.
    pub expected: Vec<String>,
    /// What the bundle says.
    pub bundle: Vec<Row>,
}

/// An end user's own machine.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnView {
    /// The product's name.
    pub product: String,
    /// The vendor's root, if it was pinned only now.
    pub first_use: Option<String>,
    /// The file that waits, and whether it gives a license back.
    pub file: Option<(String, bool)>,
}

/// An account without a ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct BeginView {
    /// The account's name.
    pub account: String,
    /// Whether the site offers a ledger.
    pub offered: bool,
}

/// A request on the table.
#[derive(Clone, Debug, PartialEq)]
pub struct AllocateView {
    /// Counts up with every request: fields begin anew.
    pub number: u64,
    /// Whether a license key or password asks, and not an installation.
    pub activation: bool,
    /// The machine's short name.
    pub machine: String,
    /// The request's file.
    pub file: String,
    /// The request in words.
    pub request: Vec<Row>,
    /// Reasons that no choice can help.
    pub refused: Vec<Explained>,
    /// The first day that is proposed.
    pub start: String,
    /// The last day that is proposed.
    pub end: String,
    /// The earliest first day.
    pub earliest: String,
    /// The latest last day; none if there need not be one.
    pub latest: Option<String>,
    /// Each seat type.
    pub seats: Vec<SeatView>,
    /// What accepting a restored machine means, if it asks for that.
    pub fork: Option<ForkView>,
    /// What is wrong with the first day.
    pub start_errors: Vec<Explained>,
    /// What is wrong with the last day.
    pub end_errors: Vec<Explained>,
    /// What else is wrong.
    pub other_errors: Vec<Explained>,
    /// No seat was chosen yet.
    pub nothing: bool,
    /// What changes on the machine, if the choice holds.
    pub change: Option<ChangeView>,
    /// How long an answer can be installed.
    pub windows: String,
}

/// A restored or rebuilt machine that asks to be accepted as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct ForkView {
    /// What it shows and what the ledger knows.
    pub rows: Vec<Row>,
    /// What accepting it costs, in words.
    pub cost: String,
}

/// A matter without dates and seats to choose.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MatterView {
    /// Counts up with every matter: fields begin anew.
    pub number: u64,
    /// The machine's short name.
    pub machine: String,
    /// The title.
    pub title: String,
    /// One sentence below it.
    pub lead: String,
    /// The file that it came in; empty without one.
    pub file: String,
    /// What it is about, in words.
    pub about: Vec<Row>,
    /// Why it can't be done.
    pub refused: Vec<Explained>,
    /// The title of what is decided.
    pub head: String,
    /// What is decided, in words.
    pub rows: Vec<Row>,
    /// What is to be filled in.
    pub field: Option<Field>,
    /// What changes on the machine.
    pub change: Option<ChangeView>,
    /// What else is to be known.
    pub notes: Vec<String>,
    /// The button's text.
    pub act: String,
    /// Whether it can be carried out now.
    pub ready: bool,
}

/// Several files.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchView {
    /// The title.
    pub title: String,
    /// One sentence below it.
    pub lead: String,
    /// How many there are and what becomes of them, in words.
    pub counts: String,
    /// Each file.
    pub rows: Vec<BatchRow>,
    /// The button's text.
    pub act: String,
    /// Whether there is anything to answer.
    pub ready: bool,
    /// Whether they are answered.
    pub done: bool,
}

/// One of several files.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchRow {
    /// Its name.
    pub file: String,
    /// What it is.
    pub kind: String,
    /// The machine's short name; empty where nothing is answered.
    pub machine: String,
    /// What becomes of it: one word.
    pub state: (Tone, String),
    /// The same in more words.
    pub text: String,
    /// Why it is refused.
    pub refused: Vec<Explained>,
    /// Whether it can be opened alone.
    pub open: bool,
}

/// What is to be filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Whether the consumption counters begin anew.
    MoveBase(bool),
    /// Why a machine is released.
    Reason,
}

/// One seat type of a license.
#[derive(Clone, Debug, PartialEq)]
pub struct SeatView {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The quantity that is proposed.
    pub proposed: String,
    /// What is bought; none: unlimited.
    pub total: Option<u64>,
    /// What other machines hold.
    pub elsewhere: u64,
    /// The most that can be chosen; none: unlimited.
    pub free: Option<u64>,
    /// What is free and what is there, in words.
    pub help: String,
    /// What is wrong with the quantity.
    pub errors: Vec<Explained>,
}

/// What a license changes on its machine.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangeView {
    /// Each seat type: name, before, after.
    pub seats: Vec<(String, (u64, u64))>,
    /// The end before and after.
    pub end: Option<(String, String)>,
    /// Who has to give a seat back first, in words.
    pub release: Vec<String>,
}

/// An issued license or time ticket.
#[derive(Clone, Debug, PartialEq)]
pub struct DoneView {
    /// What was issued for which machine.
    pub title: String,
    /// The machine's short name.
    pub machine: String,
    /// What is to be done there.
    pub act: String,
    /// The command that does it.
    pub command: String,
    /// The file's name.
    pub file: String,
    /// The document's digest.
    pub document: String,
    /// Until when it can be installed, or what else is to be known.
    pub deadline: Option<String>,
    /// What changes on the machine.
    pub change: Option<ChangeView>,
    /// The file in figures.
    pub figures: Vec<Row>,
    /// Whether it is an end user's own machine: then there are no steps, and nobody asks for their ledger.
    pub own: bool,
}

/// The account at a glance.
#[derive(Clone, Debug, PartialEq)]
pub struct OverviewView {
    /// The account's name.
    pub account: String,
    /// As of when.
    pub at: String,
    /// A search, where there are many.
    pub find: Option<FindView>,
    /// Each entitlement that is shown.
    pub entitlements: Vec<EntitlementView>,
}

/// A search among many.
#[derive(Clone, Debug, PartialEq)]
pub struct FindView {
    /// How many there are, in words.
    pub count: String,
}

/// An entitlement at a glance.
#[derive(Clone, Debug, PartialEq)]
pub struct EntitlementView {
    /// Its name.
    pub name: String,
    /// Its dates, in words.
    pub dates: String,
    /// Each seat type.
    pub seats: Vec<SeatSumView>,
    /// The machines' title.
    pub machines_title: String,
    /// When the next license ends, in words.
    pub next_expiry: Option<String>,
    /// Machines and what they hold.
    pub machines: Table,
    /// Whether its machines can be refreshed: installations ask by themselves.
    pub refreshes: bool,
    /// The key and license id of each line's machine.
    pub devices: Vec<(String, String)>,
    /// What all machines have told of each counter.
    pub consumption: Vec<Row>,
    /// Tokens that were made.
    pub tokens: Table,
}

/// Seats of one type at a glance.
#[derive(Clone, Debug, PartialEq)]
pub struct SeatSumView {
    /// The type's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What is bought; none: unlimited.
    pub bought: Option<u64>,
    /// What is allocated.
    pub allocated: u64,
    /// What is free; none: unlimited.
    pub free: Option<u64>,
}

/// Enablement tokens.
#[derive(Clone, Debug, PartialEq)]
pub struct TokensView {
    /// How many hours a token can be installed.
    pub hours: u64,
    /// A search, where there are many license ids.
    pub find: Option<FindView>,
    /// License ids that a token can be made for: id and name.
    pub open: Vec<(String, String)>,
    /// License ids that no token can be made for: name and reasons.
    pub closed: Vec<(String, Vec<Explained>)>,
    /// The file name of the token that was made last.
    pub made: Option<String>,
    /// Tokens that were made.
    pub tokens: Table,
}

/// The ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct LedgerView {
    /// How many entries there are, in words.
    pub title: String,
    /// The entries, newest first.
    pub entries: Table,
    /// The ledger in figures.
    pub about: Vec<Row>,
}

/// A file in words.
#[derive(Clone, Debug, PartialEq)]
pub struct InspectView {
    /// The kind's id.
    pub kind: String,
    /// The kind's name.
    pub name: String,
    /// What to do with it.
    pub purpose: String,
    /// Whether it verifies: one word.
    pub badge: (Tone, String),
    /// Why it does not.
    pub refused: Vec<Explained>,
    /// The file in figures.
    pub figures: Vec<Row>,
    /// What its chain hangs from.
    pub top: String,
    /// Its chain, root side first.
    pub chain: Vec<LinkView>,
    /// How many links are not drawn, in words.
    pub more: Option<String>,
    /// Every document that is drawn.
    pub sections: Vec<Section>,
}

/// A link of a file's chain.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkView {
    /// Its line in the file.
    pub line: u64,
    /// How deep it hangs, from 1.
    pub depth: u64,
    /// What it is.
    pub title: String,
    /// Whether it holds: one word.
    pub badge: (Tone, String),
    /// Why it does not.
    pub refused: Vec<Explained>,
    /// What it allows.
    pub allows: Vec<Row>,
}

wire!(enum Body {
    0 => Starting, 1 => Stopped(error), 2 => Load, 3 => Unlock(view), 4 => Begin(view), 5 => Ready(account),
    6 => Allocate(view), 7 => Done(view), 8 => Overview(view), 9 => Tokens(view), 10 => Ledger(view),
    11 => Inspect(view), 12 => Locked, 13 => Matter(view), 14 => Batch(view), 30 => Own(view),
});
wire!(struct UnlockView { account, first_use, sealed, expected, bundle });
wire!(struct OwnView { product, first_use, file });
wire!(struct BeginView { account, offered });
wire!(struct AllocateView {
    number, activation, machine, file, request, refused, start, end, earliest, latest, seats, fork, start_errors, end_errors,
    other_errors, nothing, change, windows,
});
wire!(struct SeatView { id, name, proposed, total, elsewhere, free, help, errors });
wire!(struct ChangeView { seats, end, release });
wire!(struct ForkView { rows, cost });
wire!(struct MatterView {
    number, machine, title, lead, file, about, refused, head, rows, field, change, notes, act, ready,
});
wire!(struct BatchView { title, lead, counts, rows, act, ready, done });
wire!(struct BatchRow { file, kind, machine, state, text, refused, open });
wire!(enum Field { 0 => MoveBase(yes), 1 => Reason });
wire!(struct DoneView { title, machine, act, command, file, document, deadline, change, figures, own });
wire!(struct OverviewView { account, at, find, entitlements });
wire!(struct FindView { count });
wire!(struct EntitlementView { name, dates, seats, machines_title, next_expiry, machines, refreshes, devices, consumption, tokens });
wire!(struct SeatSumView { id, name, bought, allocated, free });
wire!(struct TokensView { hours, find, open, closed, made, tokens });
wire!(struct LedgerView { title, entries, about });
wire!(struct InspectView { kind, name, purpose, badge, refused, figures, top, chain, more, sections });
wire!(struct LinkView { line, depth, title, badge, refused, allows });
