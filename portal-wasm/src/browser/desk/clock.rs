//! The clock. Everything else is told the time.

use postern_protocol::Time;

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
