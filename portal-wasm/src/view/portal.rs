//! What every component can reach: the state, and the callback to ask for things.

use yew::prelude::*;

use crate::model::flow::State;
use crate::tasks::Intent;

/// The context that `App` provides.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Portal {
    /// The state.
    pub state: State,
    /// Asks for something.
    pub act: Callback<Intent>,
}

impl Portal {
    /// A callback that always asks for the same.
    pub fn asks<E: 'static>(&self, intent: Intent) -> Callback<E> {
        let act = self.act.clone();
        Callback::from(move |_: E| act.emit(intent.clone()))
    }
}

/// The portal around a component; outside of one, an empty one that hears nothing.
#[hook]
pub fn use_portal() -> Portal {
    use_context::<Portal>().unwrap_or_default()
}
