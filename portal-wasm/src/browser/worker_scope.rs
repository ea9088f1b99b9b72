//! The worker's side: listens, runs, answers. The other side is `worker`.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};
use zeroize::Zeroizing;

use super::worker::number;
use crate::work::{Bytes, Kind, Request, WorkError};

/// Answers every request with `run`, for as long as the worker lives.
pub fn serve(run: fn(Request) -> Result<Bytes, WorkError>) {
    let Ok(scope) = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() else {
        web_sys::console::error_1(&"This program runs in a web worker only.".into());
        return;
    };
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new({
        let scope = scope.clone();
        move |event: MessageEvent| respond(&scope, &event, run)
    });
    scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
    send(&scope, &Array::of1(&0.into()), &Array::new());
}

fn respond(scope: &DedicatedWorkerGlobalScope, event: &MessageEvent, run: fn(Request) -> Result<Bytes, WorkError>) {
    let message = Array::from(&event.data());
    let id = message.get(0);
    match read(&message).map_or_else(|| Err(WorkError::Refused("portal-worker-message".into())), run) {
        Ok(bytes) => {
            let array = Uint8Array::from(bytes.as_slice());
            let moved = Array::of1(&array.buffer());
            send(scope, &Array::of3(&id, &0.into(), &array), &moved);
        }
        Err(error) => {
            let code = JsValue::from_str(error.code());
            send(scope, &Array::of3(&id, &1.into(), &code), &Array::new());
        }
    }
}

fn read(message: &Array) -> Option<Request> {
    let kind = Kind::from_number(u8::try_from(number(message, 1)?).ok()?)?;
    let array = Uint8Array::new(&message.get(2));
    let bytes = Zeroizing::new(array.to_vec());
    array.fill(0, 0, array.length());
    Request::decode(kind, &bytes)
}

fn send(scope: &DedicatedWorkerGlobalScope, message: &Array, moved: &Array) {
    if let Err(error) = scope.post_message_with_transfer(message, moved) {
        web_sys::console::error_1(&error);
    }
}
