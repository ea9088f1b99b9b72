//! What to do when something is lost or changes hands: guides that show their steps when they are opened.

use yew::prelude::*;

use super::ask::Desk;
use super::parts::{button, card, note};
use crate::t;
use crate::talk::Ask;

/// All guides.
pub fn guides(desk: &Desk) -> Html {
    let none = Html::default;
    let take_over = html! {
        <p class="actions">{ button("button button-small", t!("take-over"), desk.asks(Ask::TakeOver)) }</p>
    };
    let all = html! {
        <>
            { guide(t!("guide-lost"), &[t!("guide-lost-1"), t!("guide-lost-2"), t!("guide-lost-3"), t!("guide-lost-4")], none()) }
            { guide(t!("guide-restored"), &[t!("guide-restored-1"), t!("guide-restored-2"), t!("guide-restored-3")], none()) }
            { guide(t!("guide-dead"), &[t!("guide-dead-1"), t!("guide-dead-2"), t!("guide-dead-3")], none()) }
            { guide(t!("guide-key"), &[t!("guide-key-1"), t!("guide-key-2"), t!("guide-key-3")], none()) }
            { guide(t!("guide-hand"), &[t!("guide-hand-1"), t!("guide-hand-2"), t!("guide-hand-3")], take_over) }
        </>
    };
    card(t!("guides-title"), note(&t!("guides-note")), all)
}

fn guide(title: AttrValue, steps: &[AttrValue], more: Html) -> Html {
    html! {
        <details class="fold">
            <summary>{ title }</summary>
            <ol class="next">{ for steps.iter().map(|step| html! { <li>{ step }</li> }) }</ol>
            { more }
        </details>
    }
}
