//! Light and dark: the person's choice is kept; without one the system's preference holds. The
//! script in `index.html` colours the page before the first paint.

use web_sys::{Element, Storage};

use super::page::document;

const KEY: &str = "postern.theme";

/// How the page is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Dark text on light.
    Light,
    /// Light text on dark.
    Dark,
}

impl Theme {
    /// The value of `data-theme`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Self::Light => Self::Dark,
            Self::Dark => Self::Light,
        }
    }
}

/// What the person chose before, or else what the system prefers.
pub fn current() -> Theme {
    stored().unwrap_or_else(preferred)
}

/// Colours the page, and remembers it where the browser lets us.
pub fn choose(theme: Theme) {
    if let Some(root) = html() {
        let _ = root.set_attribute("data-theme", theme.name());
    }
    if let Some(storage) = storage() {
        let _ = storage.set_item(KEY, theme.name());
    }
}

fn stored() -> Option<Theme> {
    match storage()?.get_item(KEY).ok().flatten()?.as_str() {
        "light" => Some(Theme::Light),
        "dark" => Some(Theme::Dark),
        _ => None,
    }
}

fn preferred() -> Theme {
    let dark = web_sys::window()
        .and_then(|w| w.match_media("(prefers-color-scheme: dark)").ok().flatten())
        .is_some_and(|query| query.matches());
    if dark { Theme::Dark } else { Theme::Light }
}

fn html() -> Option<Element> {
    document()?.document_element()
}

fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}
