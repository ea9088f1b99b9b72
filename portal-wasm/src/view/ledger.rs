//! The ledger in words, with export and import.

use yew::prelude::*;

use super::ask::use_desk;
use super::drop_zone::DropZone;
use super::guides::guides;
use super::parts::{Heading, button, card, note, summary, table, table_card};
use crate::screen::{Busy, LedgerView};
use crate::t;
use crate::talk::Ask;

/// The ledger.
#[derive(Clone, PartialEq, Properties)]
pub struct LedgerProps {
    /// Its entries.
    pub view: LedgerView,
    /// What is going on.
    pub busy: Option<Busy>,
}

/// The page.
#[component]
pub fn Ledger(props: &LedgerProps) -> Html {
    let desk = use_desk();
    let view = &props.view;
    let import = html! {
        <>
            <p>{ t!("import") }</p>
            <DropZone title={t!("begin-drop")} hint={t!("begin-drop-hint")} busy={props.busy} />
        </>
    };
    html! {
        <>
            <Heading title={t!("tab-ledger")} lead={t!("ledger-lead")}>
                <p class="actions">
                    { button("button button-primary", t!("export"), desk.asks(Ask::ExportLedger)) }
                </p>
            </Heading>
            { table_card(view.title.clone(), note(&t!("ledger-newest-first")), table(&view.entries)) }
            <div class="split">
                { card(t!("import-title"), Html::default(), import) }
                { card(t!("ledger-about"), Html::default(), summary(&view.about)) }
            </div>
            { guides(&desk) }
        </>
    }
}
