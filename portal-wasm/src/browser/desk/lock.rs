//! Web Locks: one tab at a time reads the newest ledger, decides, signs and writes.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::scope::global;

/// A held lock; dropping it lets the next tab go on.
pub struct Lock {
    release: Option<Function>,
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let Some(release) = self.release.take() {
            let _ = release.call0(&JsValue::UNDEFINED);
        }
    }
}

/// Waits for the lock of this name.
///
/// Where the browser has no locks (plain http) nothing is held: the store still refuses a second entry at a position.
pub async fn acquire(name: &str) -> Lock {
    let Some((granted, release)) = request(name) else { return Lock { release: None } };
    let granted = JsFuture::from(granted).await.is_ok();
    Lock { release: granted.then_some(release) }
}

fn request(name: &str) -> Option<(Promise, Function)> {
    let navigator = global()?.navigator();
    let locks = Reflect::get(&navigator, &"locks".into()).ok().filter(|locks| !locks.is_undefined())?;
    let request = Reflect::get(&locks, &"request".into()).ok()?.dyn_into::<Function>().ok()?;

    let mut release = None;
    let held = Promise::new(&mut |resolve, _| release = Some(resolve));
    let granted = Promise::new(&mut |resolve, reject| {
        let held = held.clone();
        let on_granted = Closure::once_into_js(move |_lock: JsValue| -> JsValue {
            let _ = resolve.call0(&JsValue::UNDEFINED);
            // The browser holds the lock until this promise resolves.
            held.into()
        });
        if request.call2(&locks, &name.into(), &on_granted).is_err() {
            let _ = reject.call0(&JsValue::UNDEFINED);
        }
    });
    Some((granted, release?))
}
