//! Files in and out: what a person drops or chooses, and what is downloaded.

use js_sys::{Array, Uint8Array};
use postern_protocol::Limits;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, DragEvent, Event, FileList, HtmlAnchorElement, HtmlInputElement, Url};

use super::page::document;
use crate::talk::{Content, Given};
use crate::wire::Bytes;

/// A file that a person gave, not read yet.
#[derive(Clone, Debug)]
pub struct Picked {
    name: String,
    size: usize,
    file: web_sys::File,
}

/// No Postern file is larger (`Limits::collection_bytes`): what is, is refused unread.
const LARGEST: usize = Limits::DEFAULT.collection_bytes;

impl Picked {
    /// Reads it, unless it is too large to be any Postern file.
    async fn read(self) -> Given {
        let content = if self.size > LARGEST {
            Content::TooLarge(self.size as u64)
        } else {
            match JsFuture::from(self.file.array_buffer()).await {
                Ok(buffer) => Content::Bytes(Bytes(Uint8Array::new(&buffer).to_vec())),
                Err(error) => Content::Unreadable(format!("{error:?}")),
            }
        };
        Given { name: self.name, content }
    }
}

/// Reads every file, in order.
pub async fn read_all(picked: Vec<Picked>) -> Vec<Given> {
    let mut given = Vec::with_capacity(picked.len());
    for file in picked {
        given.push(file.read().await);
    }
    given
}

/// The files chosen in an `<input type=file>`. Clears the input, so that the same file can be chosen again.
pub fn chosen(event: &Event) -> Vec<Picked> {
    let Some(input) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) else {
        return Vec::new();
    };
    let files = picked(input.files());
    input.set_value("");
    files
}

/// What listens to an event of dragging.
type Handler = Closure<dyn FnMut(DragEvent)>;

/// Takes files dropped anywhere on the page, as long as it lives.
pub struct DropTarget {
    handlers: Vec<(&'static str, Handler)>,
}

impl DropTarget {
    /// Listens. `over` hears whether files hover over the page.
    pub fn listen(over: impl Fn(bool) + 'static, dropped: impl Fn(Vec<Picked>) + 'static) -> Self {
        let over = std::rc::Rc::new(over);
        let (enter, leave) = (over.clone(), over.clone());
        let handlers: Vec<(_, Handler)> = vec![
            (
                "dragover",
                Closure::new(move |event: DragEvent| {
                    // Without this the browser would open the file instead.
                    event.prevent_default();
                    enter(true);
                }),
            ),
            (
                "dragleave",
                Closure::new(move |event: DragEvent| {
                    // Leaving the window, not one element for the next.
                    if event.related_target().is_none() {
                        leave(false);
                    }
                }),
            ),
            (
                "drop",
                Closure::new(move |event: DragEvent| {
                    event.prevent_default();
                    over(false);
                    let files = picked(event.data_transfer().and_then(|data| data.files()));
                    if !files.is_empty() {
                        dropped(files);
                    }
                }),
            ),
        ];
        if let Some(document) = document() {
            for (name, handler) in &handlers {
                let _ = document.add_event_listener_with_callback(name, handler.as_ref().unchecked_ref());
            }
        }
        Self { handlers }
    }
}

impl Drop for DropTarget {
    fn drop(&mut self) {
        let Some(document) = document() else { return };
        for (name, handler) in &self.handlers {
            let _ = document.remove_event_listener_with_callback(name, handler.as_ref().unchecked_ref());
        }
    }
}

fn picked(files: Option<FileList>) -> Vec<Picked> {
    let Some(files) = files else { return Vec::new() };
    (0..files.length())
        .filter_map(|index| files.get(index))
        .map(|file| Picked { name: file.name(), size: file.size() as usize, file })
        .collect()
}

/// Lets the browser save bytes under a name. Says what failed.
pub fn download(name: &str, bytes: &[u8]) -> Result<(), String> {
    let text = |error: wasm_bindgen::JsValue| format!("{error:?}");
    let options = BlobPropertyBag::new();
    options.set_type("application/octet-stream");
    let parts = Array::of1(&Uint8Array::from(bytes));
    let blob = Blob::new_with_u8_array_sequence_and_options(&parts, &options).map_err(text)?;
    let address = Url::create_object_url_with_blob(&blob).map_err(text)?;
    let document = document().ok_or("there is no document")?;
    let link: HtmlAnchorElement =
        document.create_element("a").map_err(text)?.dyn_into().map_err(|_| "the browser made no link".to_owned())?;
    link.set_href(&address);
    link.set_download(name);
    link.click();
    revoke_later(address);
    Ok(())
}

/// Frees the bytes once the browser has certainly begun to save them.
fn revoke_later(address: String) {
    let revoke = Closure::once_into_js(move || {
        let _ = Url::revoke_object_url(&address);
    });
    if let Some(window) = web_sys::window() {
        let _ = window.set_timeout_with_callback_and_timeout_and_arguments_0(revoke.unchecked_ref(), 60_000);
    }
}
