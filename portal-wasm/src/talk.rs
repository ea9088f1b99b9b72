//! What page and desk say to each other. The page asks, the desk (a worker) does, and says what to show.

use zeroize::Zeroizing;

use crate::screen::Screen;
use crate::wire::{Bytes, wire};

/// What the page asks of the desk. No `Debug` on purpose: it holds passphrases.
#[derive(Clone, PartialEq)]
pub enum Ask {
    /// The page opened; this is what the site answered for `brand.json`, and whether the page is dark.
    Start(Fetched, bool),
    /// Files were dropped or chosen.
    Files(Vec<Given>),
    /// Something was clicked: the command that the desk gave it.
    Command(Bytes),
    /// A form was sent: the command that the desk gave it, and what its fields hold.
    Submit(Bytes, Filled),
    /// A field changed: the name that the desk gave it, what is typed in it, and whether it is ticked.
    Edit(Bytes, String, bool),
    /// The page with this address, after `#`, is shown.
    Went(String),
    /// The page is dark now, or light.
    Dark(bool),
    /// What the site answered for a file that the desk asked for.
    Fetched(String, Fetched),
}

/// What a form's fields hold, in the order in which the desk named them. No `Debug`, and not to be kept.
#[derive(Clone, Default, PartialEq)]
pub struct Filled {
    /// What is no secret.
    pub plain: Vec<String>,
    /// Secrets; none if a plain field is blank.
    pub secret: Vec<Zeroizing<String>>,
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
    0 => Start(brand, dark), 1 => Files(files), 2 => Command(command), 3 => Submit(command, filled),
    4 => Edit(field, typed, ticked), 5 => Went(address), 6 => Dark(dark), 7 => Fetched(name, fetched),
});
wire!(struct Filled { plain, secret });
wire!(struct Given { name, content });
wire!(enum Content { 0 => Bytes(bytes), 1 => TooLarge(bytes), 2 => Unreadable(detail) });
wire!(enum Fetched { 0 => Found(bytes), 1 => Missing, 2 => Failed(detail) });
wire!(enum Tell { 0 => Show(screen), 1 => Save(name, bytes), 2 => Fetch(name), 3 => Measured(name, nanoseconds), 4 => Crashed(detail) });
