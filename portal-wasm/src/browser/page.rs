//! The document around the app: where it mounts, and what the build wrote into the page.

use web_sys::{Document, Element};

/// The element the app mounts into. Its fallback text is removed, because Yew adds to what is
/// there.
pub fn root() -> Option<Element> {
    let root = document()?.get_element_by_id("app")?;
    root.set_text_content(None);
    Some(root)
}

/// The content of `<meta name=…>`, if the page has it.
pub fn meta(name: &str) -> Option<String> {
    document()?.query_selector(&format!("meta[name=\"{name}\"]")).ok().flatten()?.get_attribute("content")
}

/// The document, where there is one: not in a worker.
pub(crate) fn document() -> Option<Document> {
    web_sys::window()?.document()
}
