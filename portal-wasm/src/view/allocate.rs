//! Step 4: dates and quantities, with what is free and what would change, live.

use postern_issuer::{Change, SeatChange};
use postern_protocol::documents::Ceiling;
use yew::prelude::*;

use super::parts::{Heading, Refusals};
use super::portal::use_portal;
use super::request::{RequestCard, RequestProps, windows};
use super::seats::{Seat, problem};
use crate::browser::page;
use crate::model::account::Account;
use crate::model::error::Explained;
use crate::model::flow::Busy;
use crate::model::form::{Asked, Edit};
use crate::model::words;
use crate::t;
use crate::tasks::Intent;

/// The fourth step.
#[component]
pub fn Allocate(props: &RequestProps) -> Html {
    let portal = use_portal();
    let RequestProps { account, asked } = props;
    let machine = asked.request.device.key.short();
    // What no choice can help comes from the examination alone.
    let refused: Vec<Explained> = asked
        .examination
        .refusals
        .iter()
        .map(|refusal| Explained::from(refusal).with_earlier(refusal.earlier_answer()))
        .collect();
    html! {
        <>
            <Heading title={t!("allocate-title", machine = machine)} lead={t!("allocate-lead")} />
            <div class="split">
                if refused.is_empty() {
                    <Form account={account.clone()} asked={asked.clone()} />
                } else {
                    <section class="stack">
                        <h2>{ t!("allocate-refused", n = refused.len()) }</h2>
                        <Refusals errors={refused} />
                        <p class="actions">
                            <button class="button" type="button" onclick={portal.asks(Intent::Again)}>
                                { t!("another-request") }
                            </button>
                        </p>
                    </section>
                }
                <RequestCard account={account.clone()} asked={asked.clone()} />
            </div>
        </>
    }
}

/// The fields, what changes, and the button.
#[component]
fn Form(props: &RequestProps) -> Html {
    let portal = use_portal();
    let RequestProps { account, asked } = props;
    let verdict = &asked.verdict;
    let onsubmit = {
        let act = portal.act.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            act.emit(Intent::Issue);
        })
    };
    let busy = portal.state.busy == Some(Busy::Signing);
    let ready = verdict.change.is_some();
    html! {
        <form class="card" {onsubmit}>
            <div class="card-head"><h2>{ t!("allocation") }</h2></div>
            <div class="card-body">
                <Days account={account.clone()} asked={asked.clone()} />
                <hr class="rule" />
                <ul class="seats">
                    {
                        for asked.rows.iter().map(|row| html! {
                            <Seat key={row.seat_type.to_string()} row={row.clone()}
                                name={words::label(account.bundle(), &row.seat_type)}
                                typed={typed(asked, row)}
                                problems={verdict.seat(&row.seat_type).cloned().collect::<Vec<_>>()} />
                        })
                    }
                </ul>
                <ul class="legend" aria-hidden="true">
                    <li><span class="swatch swatch-held"></span>{ t!("legend-held") }</li>
                    <li><span class="swatch swatch-this"></span>{ t!("legend-this") }</li>
                    <li><span class="swatch swatch-free"></span>{ t!("legend-free") }</li>
                </ul>
                if !verdict.other.is_empty() {
                    <Refusals errors={verdict.other.clone()} />
                }
                if verdict.nothing {
                    <p class="muted">{ t!("choose-seats") }</p>
                }
                if let Some(change) = &verdict.change {
                    { changes(account, change) }
                }
            </div>
            <div class="card-foot">
                <button class="button button-quiet" type="button" onclick={portal.asks(Intent::Again)}>
                    { t!("back") }
                </button>
                <button class={classes!("button", "button-primary", "push", busy.then_some("is-busy"))}
                    disabled={busy || !ready}>
                    { t!("issue") }
                </button>
            </div>
            <p class="card-after small muted">{ windows(asked) }</p>
        </form>
    }
}

fn typed(asked: &Asked, row: &postern_issuer::SeatRow) -> AttrValue {
    let typed = asked.form.seats.iter().find(|(seat_type, _)| *seat_type == row.seat_type);
    typed.map(|(_, typed)| typed.clone()).unwrap_or_default().into()
}

/// First and last day.
#[component]
fn Days(props: &RequestProps) -> Html {
    let portal = use_portal();
    let asked = &props.asked;
    let (form, examination, verdict) = (&asked.form, &asked.examination, &asked.verdict);
    let on_day = |edit: fn(String) -> Edit| {
        let act = portal.act.clone();
        Callback::from(move |event: InputEvent| act.emit(Intent::Edit(edit(page::value(&event)))))
    };
    let on_endless = {
        let act = portal.act.clone();
        Callback::from(move |event: Event| act.emit(Intent::Edit(Edit::Endless(page::checked(&event)))))
    };
    let latest = examination.end_max.limit().map(|end| end.date());
    html! {
        <div class="fields">
            <div class={classes!("field", (!verdict.start.is_empty()).then_some("is-invalid"))}>
                <label class="label" for="start">{ t!("start") }</label>
                <input class="input" id="start" type="date" value={form.start.clone()} oninput={on_day(Edit::Start)}
                    min={examination.start_min.date()} max={latest.clone()} aria-describedby="start-help" />
                <p class="field-help" id="start-help">{ t!("start-help", day = words::day(examination.start_min)) }</p>
                <div role="alert">{ for verdict.start.iter().map(problem) }</div>
            </div>
            <div class={classes!("field", (!verdict.end.is_empty()).then_some("is-invalid"))}>
                <label class="label" for="end">{ t!("end") }</label>
                <input class="input" id="end" type="date" value={form.end.clone()} oninput={on_day(Edit::End)}
                    min={form.start.clone()} max={latest} disabled={form.endless} aria-describedby="end-help" />
                <p class="field-help" id="end-help">
                    {
                        match examination.end_max {
                            Ceiling::Limited(end) => t!("end-help", day = words::day(end)),
                            Ceiling::Unlimited => t!("end-help-endless"),
                        }
                    }
                </p>
                if examination.may_be_endless() {
                    <label class="check">
                        <input type="checkbox" checked={form.endless} onchange={on_endless} />
                        <span>{ t!("endless") }</span>
                    </label>
                }
                <div role="alert">{ for verdict.end.iter().map(problem) }</div>
            </div>
        </div>
    }
}

/// Seats and end before and after.
pub fn changes(account: &Account, change: &Change) -> Html {
    let line = |one: &SeatChange| {
        let SeatChange { seat_type, before, after } = one;
        let (class, delta, text) = match after.cmp(before) {
            std::cmp::Ordering::Greater => ("is-up", "delta-up", t!("delta-up", n = after - before)),
            std::cmp::Ordering::Less => ("is-down", "delta-down", t!("delta-down", n = before - after)),
            std::cmp::Ordering::Equal => ("is-same", "delta-same", t!("delta-same")),
        };
        html! {
            <tr>
                <th scope="row">{ words::label(account.bundle(), seat_type) }</th>
                <td class="num diff-before" data-label={t!("before")}>{ before }</td>
                <td class={classes!("num", "diff-after", class)} data-label={t!("after")}>
                    <span>{ after }<span class={classes!("delta", delta)}>{ text }</span></span>
                </td>
            </tr>
        }
    };
    html! {
        <div class="table-wrap">
            <table class="table diff">
                <caption>{ t!("changes") }</caption>
                <thead>
                    <tr>
                        <th scope="col">{ t!("seat-type") }</th>
                        <th scope="col" class="num">{ t!("before") }</th>
                        <th scope="col" class="num">{ t!("after") }</th>
                    </tr>
                </thead>
                <tbody>
                    { for change.seats.iter().map(line) }
                    if let Some(after) = change.end_after {
                        <tr>
                            <th scope="row">{ t!("end") }</th>
                            <td class="num diff-before" data-label={t!("before")}>
                                { change.end_before.map_or_else(|| t!("none"), words::end) }
                            </td>
                            <td class="num diff-after" data-label={t!("after")}>{ words::end(after) }</td>
                        </tr>
                    }
                </tbody>
            </table>
        </div>
    }
}
