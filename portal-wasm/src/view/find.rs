//! A search among more entitlements than a page shows.

use yew::prelude::*;

use super::ask::use_desk;
use crate::browser::page;
use crate::screen::FindView;
use crate::t;
use crate::talk::Ask;

/// What is searched for, and what was found.
#[derive(Clone, PartialEq, Properties)]
pub struct FindProps {
    /// The search.
    pub view: FindView,
}

/// The field, and how many there are.
#[component]
pub fn Find(props: &FindProps) -> Html {
    let desk = use_desk();
    let oninput = Callback::from(move |event: InputEvent| desk.ask(Ask::Search(page::value(&event))));
    // What is typed is the field's own: an answer that comes late must not take letters back.
    html! {
        <div class="field">
            <label class="label" for="find">{ t!("find") }</label>
            <input class="input" id="find" type="search" autocomplete="off" maxlength="200"
                aria-describedby="find-count" {oninput} />
            <p class="field-help" id="find-count" role="status">{ &props.view.count }</p>
        </div>
    }
}
