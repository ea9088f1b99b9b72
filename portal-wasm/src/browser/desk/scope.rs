//! The worker's scope: hears what the page asks, and tells it what to show.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};
use zeroize::Zeroizing;

use crate::talk::{Ask, Tell};
use crate::wire;

/// The worker's global scope; none outside of a worker.
pub fn global() -> Option<DedicatedWorkerGlobalScope> {
    js_sys::global().dyn_into().ok()
}

/// Hears what the page asks, for as long as the worker lives.
pub fn listen(mut heard: impl FnMut(Ask) + 'static) {
    let Some(scope) = global() else { return };
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let array = Uint8Array::new(&event.data());
        let bytes = Zeroizing::new(array.to_vec());
        // It may hold a passphrase.
        array.fill(0, 0, array.length());
        match wire::read(&bytes) {
            Some(ask) => heard(ask),
            None => tell(&Tell::Crashed("the page asked for something unreadable".into())),
        }
    });
    scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
}

/// Tells the page something.
pub fn tell(told: &Tell) {
    let Some(scope) = global() else { return };
    let bytes = Uint8Array::from(wire::write(told).as_slice());
    // Moved, not copied: files can be large.
    let moved = Array::of1(&bytes.buffer());
    if let Err(error) = scope.post_message_with_transfer(&bytes, &moved) {
        web_sys::console::error_1(&error);
    }
}

/// The folder that the portal lies in: portals in different folders of one host keep apart what they store.
pub fn folder() -> String {
    let path = global().map(|scope| scope.location().pathname()).unwrap_or_default();
    path.rsplit_once('/').map_or_else(|| "/".into(), |(folder, _)| format!("{folder}/"))
}
