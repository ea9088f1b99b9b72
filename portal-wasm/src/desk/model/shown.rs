//! What is shown of the state besides documents: which page, what is going on, errors in words.

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
    /// License servers.
    Servers,
    /// Any file in words.
    Inspect,
}

impl Page {
    /// Every page, in the order of the tabs.
    pub const ALL: [Self; 6] = [Self::Job, Self::Overview, Self::Token, Self::Servers, Self::Ledger, Self::Inspect];

    /// The page's address, after `#`.
    pub fn fragment(self) -> &'static str {
        match self {
            Self::Job => "/",
            Self::Overview => "/overview",
            Self::Token => "/token",
            Self::Servers => "/servers",
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

/// What a form shows besides what is typed in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// What is wrong with it, in words.
    pub wrong: Option<String>,
    /// Whether the passphrase can be read.
    pub revealed: bool,
    /// Whether an end user enters user and password, not a license key.
    pub by_user: bool,
    /// The License Code that was copied.
    pub copied: Option<String>,
}
