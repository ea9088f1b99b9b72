//! The page's side of the desk: starts its worker, asks it, hears it.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{ErrorEvent, MessageEvent, Worker};
use zeroize::Zeroizing;

use super::page;
use crate::talk::{Ask, Given, Tell};
use crate::wire;

/// The running desk; it ends with this.
pub struct DeskClient {
    worker: Worker,
    unsent: Unsent,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(ErrorEvent)>,
}

/// What was asked before the desk listened, which the browser would lose; none once it listens.
type Unsent = Rc<RefCell<Option<Vec<Zeroizing<Vec<u8>>>>>>;

impl DeskClient {
    /// Starts the worker whose address the build wrote into the page.
    ///
    /// # Errors
    /// Why there is no worker, in the browser's words.
    pub fn start(told: impl Fn(Tell) + Clone + 'static) -> Result<Self, String> {
        let address = page::meta("postern-worker").ok_or("the page names no worker")?;
        let worker = Worker::new(&address).map_err(|error| format!("{error:?}"))?;
        let unsent: Unsent = Rc::new(RefCell::new(Some(Vec::new())));
        let on_message = Closure::new({
            let (worker, unsent, told) = (worker.clone(), unsent.clone(), told.clone());
            move |event: MessageEvent| {
                // Whatever it says first says that it listens.
                for message in unsent.take().into_iter().flatten() {
                    post(&worker, &message);
                }
                let bytes = Uint8Array::new(&event.data()).to_vec();
                told(
                    wire::read(&bytes).unwrap_or_else(|| Tell::Crashed("the worker said something unreadable".into())),
                );
            }
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        let on_error = Closure::new(move |event: ErrorEvent| told(Tell::Crashed(event.message())));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        Ok(Self { worker, unsent, _on_message: on_message, _on_error: on_error })
    }

    /// Asks.
    pub fn ask(&self, ask: &Ask) {
        let message = match ask {
            // Files are no secrets, and wiping twenty megabytes would make the page wait.
            Ask::Files(files) if self.unsent.borrow().is_none() => {
                return post(&self.worker, &wire::write_into(ask, 4096 + files.iter().map(Given::size).sum::<usize>()));
            }
            _ => Zeroizing::new(wire::write(ask)),
        };
        match self.unsent.borrow_mut().as_mut() {
            Some(unsent) => unsent.push(message),
            None => post(&self.worker, &message),
        }
    }
}

fn post(worker: &Worker, message: &[u8]) {
    let bytes = Uint8Array::from(message);
    // Moved, not copied: no second copy of a passphrase stays in the page.
    let moved = Array::of1(&bytes.buffer());
    if let Err(error) = worker.post_message_with_transfer(&bytes, &moved) {
        web_sys::console::error_1(&error);
    }
}

impl Drop for DeskClient {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}
