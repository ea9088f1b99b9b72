//! The clock. Everything else is told the time.

use postern_protocol::Time;

/// Now, by this computer's clock, in whole seconds.
pub fn now() -> Time {
    let seconds = js_sys::Date::now() / 1000.0;
    // Negative before 1970, where the cast stops at zero.
    Time::from_unix(seconds as u64)
}

/// Measures what happens until it is dropped, as `performance.measure(name)`: for the bench and the browser's tools.
pub struct Measure {
    name: &'static str,
    start: f64,
}

impl Measure {
    /// Starts.
    pub fn start(name: &'static str) -> Self {
        Self { name, start: performance().map_or(0.0, |performance| performance.now()) }
    }
}

impl Drop for Measure {
    fn drop(&mut self) {
        let Some(performance) = performance() else { return };
        let options = js_sys::Object::new();
        for (key, value) in [("start", self.start), ("end", performance.now())] {
            let _ = js_sys::Reflect::set(&options, &key.into(), &value.into());
        }
        // web-sys knows only the form with the names of marks, which are coarser than a time.
        if let Ok(measure) = js_sys::Reflect::get(&performance, &"measure".into())
            && let Ok(measure) = wasm_bindgen::JsCast::dyn_into::<js_sys::Function>(measure)
        {
            // A browser that can't measure loses a figure, nothing else.
            let _ = measure.call2(&performance, &self.name.into(), &options);
        }
    }
}

fn performance() -> Option<web_sys::Performance> {
    web_sys::window()?.performance()
}
