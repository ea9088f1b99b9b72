//! The page of an end user who answers the file of their own machine.

use postern_protocol::Kind;

use crate::desk::model::account::Loaded;
use crate::desk::model::flow::State;
use crate::desk::model::words;
use crate::screen::OwnView;

pub(super) fn own(state: &State, loaded: &Loaded) -> OwnView {
    let bundle = loaded.bundle();
    OwnView {
        product: words::label(bundle, &bundle.product).to_string(),
        first_use: loaded.first_use.then(|| loaded.root().to_string()),
        file: state.waiting.as_ref().map(|waiting| (waiting.name.clone(), waiting.kind == Kind::Deactivation)),
    }
}
