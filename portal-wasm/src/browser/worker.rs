//! The page's side of the worker: `worker.derive(request).await`.
//!
//! A message is `[id, kind, bytes]`; an answer `[id, 0 | 1, bytes | code]`. The worker says
//! `[0]` once it listens: what is asked before that waits here.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use futures_channel::oneshot;
use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{ErrorEvent, MessageEvent};
use zeroize::Zeroizing;

use super::page;
use crate::work::{Bytes, Request, WorkError};

/// A running worker. Clones share it; it ends with the last of them.
#[derive(Clone)]
pub struct Worker {
    shared: Rc<Running>,
}

struct Running {
    worker: web_sys::Worker,
    state: Rc<RefCell<State>>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(ErrorEvent)>,
}

#[derive(Default)]
struct State {
    ready: bool,
    dead: Option<String>,
    last_id: u32,
    unsent: Vec<(u32, Request)>,
    waiting: BTreeMap<u32, oneshot::Sender<Result<Bytes, WorkError>>>,
}

impl Worker {
    /// Starts the worker whose address the build wrote into the page.
    pub fn start() -> Result<Self, WorkError> {
        let address =
            page::meta("postern-worker").ok_or_else(|| WorkError::Worker("the page names no worker".into()))?;
        let worker = web_sys::Worker::new(&address).map_err(|error| WorkError::Worker(format!("{error:?}")))?;
        let state = Rc::new(RefCell::new(State::default()));

        let on_message = Closure::new({
            let (worker, state) = (worker.clone(), state.clone());
            move |event: MessageEvent| receive(&worker, &state, &event)
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));

        let on_error = Closure::new({
            let state = state.clone();
            move |event: ErrorEvent| fail(&state, &event)
        });
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));

        Ok(Self { shared: Rc::new(Running { worker, state, _on_message: on_message, _on_error: on_error }) })
    }

    /// Whether it died: start another then.
    pub fn is_dead(&self) -> bool {
        self.shared.state.borrow().dead.is_some()
    }

    /// Asks, and waits for the answer without blocking the page.
    pub async fn derive(&self, request: Request) -> Result<Bytes, WorkError> {
        let answer = self.enqueue(request)?;
        match answer.await {
            Ok(answer) => answer,
            Err(oneshot::Canceled) => Err(WorkError::Worker("it was stopped".into())),
        }
    }

    /// Resolves when the worker answers at all.
    pub async fn ping(&self) -> Result<(), WorkError> {
        let sent = Zeroizing::new(b"ping".to_vec());
        let answer = self.derive(Request::Ping(sent.clone())).await?;
        if answer == sent { Ok(()) } else { Err(WorkError::Worker("it answers something else".into())) }
    }

    fn enqueue(&self, request: Request) -> Result<oneshot::Receiver<Result<Bytes, WorkError>>, WorkError> {
        let (sender, receiver) = oneshot::channel();
        let mut state = self.shared.state.borrow_mut();
        if let Some(detail) = &state.dead {
            return Err(WorkError::Worker(detail.clone()));
        }
        state.last_id = state.last_id.wrapping_add(1).max(1);
        let id = state.last_id;
        state.waiting.insert(id, sender);
        if state.ready {
            post(&self.shared.worker, id, &request)?;
        } else {
            state.unsent.push((id, request));
        }
        Ok(receiver)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}

fn post(worker: &web_sys::Worker, id: u32, request: &Request) -> Result<(), WorkError> {
    let bytes = Uint8Array::from(request.encode().as_slice());
    // Moved, not copied: no second copy of a passphrase stays in the page.
    let moved = Array::of1(&bytes.buffer());
    let message = Array::of3(&id.into(), &request.kind().number().into(), &bytes);
    worker.post_message_with_transfer(&message, &moved).map_err(|error| WorkError::Worker(format!("{error:?}")))
}

fn receive(worker: &web_sys::Worker, state: &RefCell<State>, event: &MessageEvent) {
    let message = Array::from(&event.data());
    let Some(id) = number(&message, 0) else {
        return;
    };
    let mut state = state.borrow_mut();
    if id == 0 {
        state.ready = true;
        for (id, request) in std::mem::take(&mut state.unsent) {
            if let Err(error) = post(worker, id, &request)
                && let Some(sender) = state.waiting.remove(&id)
            {
                let _ = sender.send(Err(error));
            }
        }
        return;
    }
    if let Some(sender) = state.waiting.remove(&id) {
        // Whoever asked may have gone: then nobody wants the answer.
        let _ = sender.send(answer(&message));
    }
}

fn answer(message: &Array) -> Result<Bytes, WorkError> {
    if number(message, 1) == Some(0) {
        let array = Uint8Array::new(&message.get(2));
        let bytes = Zeroizing::new(array.to_vec());
        array.fill(0, 0, array.length());
        return Ok(bytes);
    }
    let code = message.get(2).as_string();
    Err(WorkError::Refused(code.unwrap_or_else(|| "portal-worker".into())))
}

fn fail(state: &RefCell<State>, event: &ErrorEvent) {
    let detail = event.message();
    let mut state = state.borrow_mut();
    for (_, sender) in std::mem::take(&mut state.waiting) {
        let _ = sender.send(Err(WorkError::Worker(detail.clone())));
    }
    state.unsent.clear();
    state.dead = Some(detail);
}

pub(super) fn number(message: &Array, index: u32) -> Option<u32> {
    let value = message.get(index).as_f64()?;
    // Ids count up from one and kinds are small: whole and in range by construction.
    (value.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&value)).then_some(value as u32)
}
