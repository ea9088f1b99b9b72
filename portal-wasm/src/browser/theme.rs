//! Light and dark: the person's choice is kept; without one the system's preference holds. The
//! script in `index.html` colours the page before the first paint.

use web_sys::Storage;

use super::page::document;

const KEY: &str = "postern.theme";

/// Whether the page is dark: what the person chose before, or else what the system prefers.
pub fn is_dark() -> bool {
    stored().unwrap_or_else(preferred)
}

/// Makes a light page dark and a dark one light, and remembers it where the browser lets us. Whether it is dark now.
pub fn switch() -> bool {
    let dark = !is_dark();
    let name = if dark { "dark" } else { "light" };
    if let Some(root) = document().and_then(|document| document.document_element()) {
        let _ = root.set_attribute("data-theme", name);
    }
    if let Some(storage) = storage() {
        let _ = storage.set_item(KEY, name);
    }
    dark
}

fn stored() -> Option<bool> {
    match storage()?.get_item(KEY).ok().flatten()?.as_str() {
        "light" => Some(false),
        "dark" => Some(true),
        _ => None,
    }
}

fn preferred() -> bool {
    web_sys::window()
        .and_then(|w| w.match_media("(prefers-color-scheme: dark)").ok().flatten())
        .is_some_and(|query| query.matches())
}

fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}
