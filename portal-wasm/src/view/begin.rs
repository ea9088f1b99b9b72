//! Between unlocking and the first request: where the ledger comes from is said explicitly.

use yew::prelude::*;

use super::drop_zone::DropZone;
use super::parts::{Heading, Icon, icons};
use super::portal::use_portal;
use crate::model::account::Account;
use crate::model::flow::Busy;
use crate::model::shared::Shared;
use crate::model::words;
use crate::t;
use crate::tasks::Intent;

/// The account without a ledger.
#[derive(Clone, PartialEq, Properties)]
pub struct BeginProps {
    /// The account.
    pub account: Shared<Account>,
}

/// The choice: import the ledger, or begin a new one.
#[component]
pub fn Begin(props: &BeginProps) -> Html {
    let portal = use_portal();
    let bundle = props.account.bundle();
    let busy = portal.state.busy == Some(Busy::Signing);
    html! {
        <>
            <Heading title={t!("begin-title")}
                lead={t!("begin-lead", account = words::label(bundle, &bundle.account))} />
            <div class="grid">
                <section class="card">
                    <div class="card-head"><h2>{ t!("begin-import-title") }</h2></div>
                    <div class="card-body">
                        <p>{ t!("begin-import") }</p>
                        if portal.state.brand.ledger.is_some() {
                            <p>{ t!("begin-site") }</p>
                            <button class="button button-primary" type="button"
                                onclick={portal.asks(Intent::SiteLedger)}>
                                { t!("begin-site-do") }
                            </button>
                        }
                        <DropZone title={t!("begin-drop")} hint={t!("begin-drop-hint")} />
                    </div>
                </section>
                <section class="card">
                    <div class="card-head"><h2>{ t!("begin-new-title") }</h2></div>
                    <div class="card-body">
                        <p>{ t!("begin-new") }</p>
                        <p class="small muted">{ t!("begin-new-why") }</p>
                        <button class={classes!("button", busy.then_some("is-busy"))} type="button" disabled={busy}
                            onclick={portal.asks(Intent::BeginLedger)}>
                            <Icon path={icons::BOOK} />
                            { t!("begin-new-do") }
                        </button>
                    </div>
                </section>
            </div>
        </>
    }
}
