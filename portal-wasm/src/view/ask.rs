//! How components reach the desk.

use yew::prelude::*;

use crate::talk::Ask;

/// The context that `App` provides: asks the desk.
#[derive(Clone, PartialEq)]
pub struct Desk(pub Callback<Ask>);

impl Desk {
    /// Asks.
    pub fn ask(&self, ask: Ask) {
        self.0.emit(ask);
    }

    /// A callback that always asks for the same.
    pub fn asks(&self, ask: Ask) -> Callback<MouseEvent> {
        let desk = self.0.clone();
        Callback::from(move |_| desk.emit(ask.clone()))
    }
}

/// The desk; where there is none, one that hears nothing.
#[hook]
pub fn use_desk() -> Desk {
    use_context::<Desk>().unwrap_or_else(|| Desk(Callback::noop()))
}
