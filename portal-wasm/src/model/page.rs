//! The pages and their addresses.

use super::brand::Brand;

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

    /// Whether the brand has this page.
    pub fn is_on(self, brand: &Brand) -> bool {
        match self {
            Self::Job | Self::Ledger => true,
            Self::Overview => brand.pages.overview,
            Self::Token => brand.pages.token,
            Self::Inspect => brand.pages.inspect,
        }
    }
}
