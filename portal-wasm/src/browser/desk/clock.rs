//! The clock. Everything else is told the time.

use postern_protocol::Time;

use js_sys::Promise;
use wasm_bindgen_futures::JsFuture;

use super::scope::global;

/// Now, by this computer's clock, in whole seconds.
pub fn now() -> Time {
    let seconds = js_sys::Date::now() / 1000.0;
    // Negative before 1970, where the cast stops at zero.
    Time::from_unix(seconds as u64)
}

/// Milliseconds since the worker started, finer than [`now`]; for measuring.
pub fn ticks() -> f64 {
    global().and_then(|scope| scope.performance()).map_or(0.0, |performance| performance.now())
}

/// Lets whatever else was asked of the worker come first: a turn of its event loop, not a length of time.
pub async fn turn() {
    let turn = Promise::new(&mut |resolve, _| {
        if let Some(scope) = global() {
            // If no timer can be set nobody waits for one.
            let set = scope.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, 0);
            if set.is_err() {
                let _ = resolve.call0(&wasm_bindgen::JsValue::UNDEFINED);
            }
        }
    });
    let _ = JsFuture::from(turn).await;
}
