//! What is around every page: brand, pages, who is there, what is going on.

use crate::wire::wire;

/// What is around every page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frame {
    /// Whose portal it is.
    pub brand: Brand,
    /// The page that is shown.
    pub page: Page,
    /// The pages that can be gone to; none before there is anything to see.
    pub tabs: Vec<Page>,
    /// Who unlocked what.
    pub who: Option<Who>,
    /// What is going on.
    pub busy: Option<Busy>,
    /// How much of it is done, out of how much, where that can be told.
    pub progress: Option<(u64, u64)>,
    /// What became of the last file or step.
    pub notice: Option<Notice>,
    /// The License Codes of the keys in this browser.
    pub codes: Vec<String>,
    /// Whether this browser can keep keys that never leave it.
    pub keeps_keys: bool,
}

/// Whose portal it is, checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Brand {
    /// Its name.
    pub name: String,
    /// Who runs it.
    pub organization: Option<String>,
    /// The address of its logo, on this site.
    pub logo: Option<String>,
    /// One line under the first page's title.
    pub tagline: String,
    /// Whom to ask, in one line.
    pub contact: Option<String>,
    /// Links: text and address.
    pub links: Vec<(String, String)>,
    /// Custom properties to set on the page.
    pub colours: Vec<(String, String)>,
}

/// Who unlocked which account.
#[derive(Clone, Debug, PartialEq)]
pub struct Who {
    /// The name that was typed.
    pub by: String,
    /// The account's name.
    pub account: String,
}

/// The pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Page {
    /// The main job.
    #[default]
    Job,
    /// Bought, allocated, free.
    Overview,
    /// Enablement tokens.
    Token,
    /// The ledger.
    Ledger,
    /// Any file in words.
    Inspect,
}

impl Page {
    /// Every page, in the order of the tabs.
    pub const ALL: [Self; 5] = [Self::Job, Self::Overview, Self::Token, Self::Ledger, Self::Inspect];

    /// The page's address, after `#`.
    pub fn fragment(self) -> &'static str {
        match self {
            Self::Job => "/",
            Self::Overview => "/overview",
            Self::Token => "/token",
            Self::Ledger => "/ledger",
            Self::Inspect => "/inspect",
        }
    }

    /// The page of an address; none for anchors inside a page.
    pub fn of_fragment(fragment: &str) -> Option<Self> {
        let fragment = if fragment.is_empty() { "/" } else { fragment };
        Self::ALL.into_iter().find(|page| page.fragment() == fragment)
    }
}

/// What is going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Busy {
    /// A file is read.
    Reading,
    /// A key is derived or used.
    Unlocking,
    /// Something is signed and stored.
    Signing,
}

/// What became of the last file or step.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// It was refused, for all these reasons.
    Refused(Vec<Explained>),
    /// It was done.
    Done(Tone, String),
}

/// An error in words, ready to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// What happened.
    pub what: String,
    /// What to do.
    pub advice: String,
    /// The stable code.
    pub code: String,
    /// The license that answered a request before: its file can be had again.
    pub earlier: Option<String>,
}

/// How good or bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Good.
    Ok,
    /// To be known.
    Info,
    /// To be watched.
    Warn,
    /// Bad.
    Danger,
}

wire!(struct Frame { brand, page, tabs, who, busy, progress, notice, codes, keeps_keys });
wire!(struct Brand { name, organization, logo, tagline, contact, links, colours });
wire!(struct Who { by, account });
wire!(enum Page { 0 => Job, 1 => Overview, 2 => Token, 3 => Ledger, 4 => Inspect });
wire!(enum Busy { 0 => Reading, 1 => Unlocking, 2 => Signing });
wire!(enum Notice { 0 => Refused(errors), 1 => Done(tone, text) });
wire!(struct Explained { what, advice, code, earlier });
wire!(enum Tone { 0 => Ok, 1 => Info, 2 => Warn, 3 => Danger });
