//! What the page shows: plain values that the desk composes and the page renders. No documents, no keys.

mod body;
mod frame;

pub use body::{
    AllocateView, BatchRow, BatchView, BeginView, Body, ChangeView, DoneView, EntitlementView, Field, FindView,
    ForkView, InspectView, LedgerView, LinkView, MatterView, OverviewView, OwnView, SeatSumView, SeatView, TokensView,
    UnlockView,
};
pub use frame::{Brand, Busy, Explained, Frame, Notice, Page, Tone, Who};

use crate::wire::wire;

/// Everything on the page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Screen {
    /// What is around every page.
    pub frame: Frame,
    /// The page itself.
    pub body: Body,
}

/// One line of a summary.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What it is about.
    pub label: String,
    /// What it says.
    pub value: Cell,
}

/// A value in a summary or table.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// The text.
    pub text: String,
    /// How it looks.
    pub look: Look,
}

/// How a value looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Look {
    /// As text.
    Plain,
    /// As text on one line.
    Short,
    /// As a code: a key, a digest.
    Code,
    /// As a state.
    Badge(Tone),
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// The columns' names.
    pub head: Vec<String>,
    /// The lines; the first cell of each names it.
    pub lines: Vec<Vec<Cell>>,
}

/// A title with lines below it.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// The title.
    pub title: String,
    /// The lines.
    pub rows: Vec<Row>,
}

wire!(struct Screen { frame, body });
wire!(struct Row { label, value });
wire!(struct Cell { text, look });
wire!(enum Look { 0 => Plain, 1 => Short, 2 => Code, 3 => Badge(tone) });
wire!(struct Table { head, lines });
wire!(struct Section { title, rows });

impl Cell {
    /// A text.
    pub fn plain(text: impl ToString) -> Self {
        Self { text: text.to_string(), look: Look::Plain }
    }

    /// A text on one line.
    pub fn short(text: impl ToString) -> Self {
        Self { text: text.to_string(), look: Look::Short }
    }

    /// A code.
    pub fn code(text: impl ToString) -> Self {
        Self { text: text.to_string(), look: Look::Code }
    }

    /// A state.
    pub fn badge(tone: Tone, text: impl ToString) -> Self {
        Self { text: text.to_string(), look: Look::Badge(tone) }
    }
}

impl Row {
    /// A line with a text.
    pub fn new(label: impl ToString, value: impl ToString) -> Self {
        Self { label: label.to_string(), value: Cell::plain(value) }
    }

    /// A line with a code.
    pub fn code(label: impl ToString, value: impl ToString) -> Self {
        Self { label: label.to_string(), value: Cell::code(value) }
    }
}
