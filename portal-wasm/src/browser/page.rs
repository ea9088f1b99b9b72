//! The document around the app: where it mounts, what the build wrote into the page, its address, focus, fields.

use std::cell::Cell;

use js_sys::{Function, Object, Reflect};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Document, Element, Event, HtmlElement, HtmlInputElement};
use yew::AttrValue;
use zeroize::Zeroizing;

/// The element the app mounts into.
pub fn root() -> Option<Element> {
    document()?.get_element_by_id("app")
}

/// Takes away what `index.html` says while the portal opens.
pub fn opened() {
    if let Some(text) = document().and_then(|document| document.query_selector(".boot").ok().flatten()) {
        text.remove();
    }
}

/// The content of `<meta name=…>`, if the page has it.
pub fn meta(name: &str) -> Option<String> {
    document()?.query_selector(&format!("meta[name=\"{name}\"]")).ok().flatten()?.get_attribute("content")
}

/// The title in the browser's tab; empty: as it is.
pub fn set_title(title: &str) {
    if let Some(document) = document().filter(|_| !title.is_empty()) {
        document.set_title(title);
    }
}

/// The part of the address after `#`.
pub fn fragment() -> String {
    let hash = web_sys::window().and_then(|window| window.location().hash().ok()).unwrap_or_default();
    hash.trim_start_matches('#').to_owned()
}

/// Goes to another page of the app, unless it is there. No fragment means the first page, `/`.
pub fn go(address: &str) {
    let here = fragment();
    let there = address == if here.is_empty() { "/" } else { &here };
    if let Some(window) = web_sys::window().filter(|_| !there) {
        let _ = window.location().set_hash(address);
    }
}

/// Calls back whenever the fragment changes, for as long as the page lives.
pub fn on_fragment(mut changed: impl FnMut(String) + 'static) {
    let listener = Closure::<dyn FnMut()>::new(move || changed(fragment()));
    if let Some(window) = web_sys::window() {
        window.set_onhashchange(Some(listener.as_ref().unchecked_ref()));
    }
    listener.forget();
}

thread_local! {
    static STARTED: Cell<bool> = const { Cell::new(false) };
}

/// Moves focus to the heading of a new step; not to the first one, where a screen reader reads the page anyway.
pub fn focus_heading() {
    let heading = document().and_then(|document| document.query_selector("h1").ok().flatten());
    if STARTED.replace(true)
        && let Some(element) = heading.and_then(|heading| heading.dyn_into::<HtmlElement>().ok())
    {
        let _ = element.focus();
        if let Some(window) = web_sys::window() {
            window.scroll_to_with_x_and_y(0.0, 0.0);
        }
    }
}

/// Puts a text on the clipboard; whether it worked.
pub async fn copy(text: &str) -> bool {
    let Some(window) = web_sys::window() else { return false };
    let clipboard = window.navigator().clipboard();
    // Missing on plain http.
    !clipboard.is_undefined() && JsFuture::from(clipboard.write_text(text)).await.is_ok()
}

/// What a field holds after an event, and whether it is ticked.
pub fn typed(event: &Event) -> (String, bool) {
    let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
    input.map(|input| (input.value(), input.checked())).unwrap_or_default()
}

/// What the field with this id holds.
pub fn field(id: &str) -> String {
    input(id).map(|input| input.value()).unwrap_or_default()
}

/// Takes a secret out of the field with this id, and leaves the field empty.
pub fn take_secret(id: &str) -> Zeroizing<String> {
    let Some(input) = input(id) else { return Zeroizing::default() };
    let secret = Zeroizing::new(input.value());
    input.set_value("");
    secret
}

fn input(id: &str) -> Option<HtmlInputElement> {
    document()?.get_element_by_id(id)?.dyn_into().ok()
}

/// Adds a measure to the browser's timeline: something that ended now and took this many nanoseconds.
pub fn measure(name: &str, nanoseconds: u64) {
    let Some(performance) = web_sys::window().and_then(|window| window.performance()) else { return };
    let duration = nanoseconds as f64 / 1e6;
    let options = Object::new();
    for (key, value) in [("start", (performance.now() - duration).max(0.0)), ("duration", duration)] {
        let _ = Reflect::set(&options, &key.into(), &value.into());
    }
    // web-sys knows only the form with the names of marks. A browser that can't measure loses a figure, nothing else.
    if let Ok(measure) = Reflect::get(&performance, &"measure".into())
        && let Ok(measure) = measure.dyn_into::<Function>()
    {
        let _ = measure.call2(&performance, &name.into(), &options);
    }
}

/// Sets custom properties on the page's root: through the CSSOM, which the content security policy allows.
pub fn set_style(properties: &[(AttrValue, AttrValue)]) {
    let root = document().and_then(|document| document.document_element());
    let Some(style) = root.and_then(|root| root.dyn_into::<HtmlElement>().ok()).map(|root| root.style()) else {
        return;
    };
    for (name, value) in properties {
        let _ = style.set_property(name, value);
    }
}

/// The document, where there is one: not in a worker.
pub(crate) fn document() -> Option<Document> {
    web_sys::window()?.document()
}
