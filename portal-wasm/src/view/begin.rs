//! Between unlocking and a request: where the ledger comes from is said explicitly; then the request is dropped.

use yew::prelude::*;

use super::ask::use_desk;
use super::drop_zone::DropZone;
use super::parts::{Heading, button, card};
use crate::screen::{BeginView, Busy};
use crate::t;
use crate::talk::Ask;

/// The account without a ledger.
#[derive(Clone, PartialEq, Properties)]
pub struct BeginProps {
    /// The account.
    pub view: BeginView,
    /// What is going on.
    pub busy: Option<Busy>,
}

/// The choice: import the ledger, or begin a new one.
#[component]
pub fn Begin(props: &BeginProps) -> Html {
    let desk = use_desk();
    let import = html! {
        <>
            <p>{ t!("begin-import") }</p>
            if props.view.offered {
                <p>{ t!("begin-site") }</p>
                { button("button button-primary", t!("begin-site-do"), desk.asks(Ask::SiteLedger)) }
            }
            <DropZone title={t!("begin-drop")} hint={t!("begin-drop-hint")} busy={props.busy} />
        </>
    };
    let begin = html! {
        <>
            <p>{ t!("begin-new") }</p>
            <p class="small muted">{ t!("begin-new-why") }</p>
            { button("button", t!("begin-new-do"), desk.asks(Ask::BeginLedger)) }
        </>
    };
    html! {
        <>
            <Heading title={t!("begin-title")} lead={t!("begin-lead", account = props.view.account)} />
            <div class="grid">
                { card(t!("begin-import-title"), Html::default(), import) }
                { card(t!("begin-new-title"), Html::default(), begin) }
            </div>
        </>
    }
}

/// The account that is ready.
#[derive(Clone, PartialEq, Properties)]
pub struct ReadyProps {
    /// Its name.
    pub account: AttrValue,
    /// What is going on.
    pub busy: Option<Busy>,
}

/// The third step: ready for a request.
#[component]
pub fn Ready(props: &ReadyProps) -> Html {
    html! {
        <>
            <Heading title={t!("ready-title")} lead={t!("ready-lead", account = props.account)} />
            <DropZone title={t!("ready-drop")} hint={t!("ready-hint")} busy={props.busy} />
            <p class="small muted">{ t!("ready-token") }</p>
        </>
    }
}
