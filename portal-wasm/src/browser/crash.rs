//! The error page: when the app panics, the page says so in plain words, with the technical
//! detail to pass on. It is markup that `index.html` brings along, because after a panic nothing
//! of Yew can be relied on.

use std::panic::PanicHookInfo;

use super::page::document;

/// The panic hook: the console gets the message, the page the error section.
pub fn show(panic: &PanicHookInfo<'_>) {
    show_text(&panic.to_string());
}

/// Shows the error section with this detail.
pub fn show_text(detail: &str) {
    web_sys::console::error_1(&detail.into());
    let Some(document) = document() else { return };
    if let Some(app) = document.get_element_by_id("app") {
        // A failure to hide leaves both visible: still readable.
        let _ = app.set_attribute("hidden", "");
    }
    if let Some(text) = document.get_element_by_id("crash-detail") {
        text.set_text_content(Some(detail));
    }
    if let Some(section) = document.get_element_by_id("crash") {
        let _ = section.remove_attribute("hidden");
        let _ = section.set_attribute("role", "alert");
    }
}
