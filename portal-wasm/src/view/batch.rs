//! Several files: a table of what each is and what becomes of it, and one button for all.

use yew::prelude::*;

use super::ask::{Desk, use_desk};
use super::parts::{Heading, badge, button, note, refusal_list, table_card};
use crate::screen::{BatchRow, BatchView, Busy};
use crate::t;
use crate::talk::Ask;

/// Several files.
#[derive(Clone, PartialEq, Properties)]
pub struct BatchProps {
    /// What the desk knows of them.
    pub view: BatchView,
    /// What is going on.
    pub busy: Option<Busy>,
}

/// The fourth step for several files, and the fifth.
#[component]
pub fn Batch(props: &BatchProps) -> Html {
    let desk = use_desk();
    let view = &props.view;
    let busy = props.busy.is_some();
    let signing = (props.busy == Some(Busy::Signing)).then_some("is-busy");
    let rows = view.rows.iter().enumerate().map(|(index, line)| row(index, line, view.done, &desk));
    let table = html! {
        <table class="table batch">
            <thead>
                <tr>
                    <th scope="col">{ t!("file-name") }</th>
                    <th scope="col">{ t!("machine") }</th>
                    <th scope="col">{ t!("batch-fate") }</th>
                    if !view.done {
                        <th scope="col"><span class="visually-hidden">{ t!("actions") }</span></th>
                    }
                </tr>
            </thead>
            <tbody>{ for rows }</tbody>
        </table>
    };
    let act = desk.asks(Ask::AnswerAll);
    html! {
        <>
            <Heading title={view.title.clone()} lead={view.lead.clone()} />
            <p class="actions" data-batch="">
                if view.done {
                    { button("button", t!("download-again"), desk.asks(Ask::DownloadPack)) }
                    { button("button", t!("export"), desk.asks(Ask::ExportLedger)) }
                    { button("button button-primary push", t!("next-request"), desk.asks(Ask::Again)) }
                } else {
                    { button("button button-quiet", t!("back"), desk.asks(Ask::Again)) }
                    <button class={classes!("button", "button-primary", "push", signing)} type="button"
                        disabled={busy || !view.ready} onclick={act}>
                        { &view.act }
                    </button>
                }
            </p>
            { table_card(t!("batch-files"), note(&view.counts), table) }
        </>
    }
}

fn row(index: usize, row: &BatchRow, done: bool, desk: &Desk) -> Html {
    let (tone, word) = &row.state;
    html! {
        <tr data-file={row.file.clone()}>
            <th scope="row">
                <span class="file-name">{ &row.file }</span>
                <span class="small muted batch-kind">{ &row.kind }</span>
            </th>
            <td data-label={t!("machine")}>
                if row.machine.is_empty() { { "–" } } else { <code>{ &row.machine }</code> }
            </td>
            <td data-label={t!("batch-fate")}>
                <div class="batch-fate">
                    { badge(*tone, word.clone()) }
                    if !row.text.is_empty() {
                        <span>{ &row.text }</span>
                    }
                    if !row.refused.is_empty() {
                        { refusal_list(&row.refused, desk, None) }
                    }
                </div>
            </td>
            if !done {
                <td>
                    if row.open {
                    <button class="button button-small" type="button" onclick={desk.asks(Ask::Open(index as u64))}
                        aria-label={t!("batch-open-file", file = row.file)}>
                        { t!("batch-open") }
                    </button>
                    }
                </td>
            }
        </tr>
    }
}
