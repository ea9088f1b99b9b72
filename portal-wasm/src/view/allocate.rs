//! Step 4: dates and quantities, with what is free and what would change, live.

use yew::prelude::*;

use super::ask::use_desk;
use super::parts::{Heading, badge, button, card, changes, problem, refusals, summary};
use super::seats::Seat;
use crate::browser::page;
use crate::screen::{AllocateView, Busy, Explained, ForkView, Tone};
use crate::t;
use crate::talk::{Ask, Edit};

/// A request and its choice.
#[derive(Clone, PartialEq, Properties)]
pub struct AllocateProps {
    /// What the desk knows of it.
    pub view: AllocateView,
    /// What is going on.
    pub busy: Option<Busy>,
}

/// The fourth step.
#[component]
pub fn Allocate(props: &AllocateProps) -> Html {
    let desk = use_desk();
    let view = &props.view;
    let request = html! {
        <>
            <p class="file-name">{ &view.file }</p>
            { summary(&view.request) }
        </>
    };
    html! {
        <>
            if view.activation {
                <Heading title={t!("activate-title", machine = view.machine)} lead={t!("activate-lead")} />
            } else {
                <Heading title={t!("allocate-title", machine = view.machine)} lead={t!("allocate-lead")} />
            }
            <div class="split">
                if view.refused.is_empty() {
                    // Another request begins with fresh fields.
                    <Form key={view.number.to_string()} view={view.clone()} busy={props.busy} />
                } else {
                    <section class="stack">
                        <h2>{ t!("allocate-refused", n = view.refused.len()) }</h2>
                        { refusals(&view.refused, &desk) }
                        <p class="actions">{ button("button", t!("another-request"), desk.asks(Ask::Again)) }</p>
                    </section>
                }
                { card(t!("request"), badge(Tone::Ok, t!("request-signed")), request) }
            </div>
        </>
    }
}

/// The fields, what changes, and the button.
#[component]
fn Form(props: &AllocateProps) -> Html {
    let desk = use_desk();
    let view = &props.view;
    let onsubmit = {
        let desk = desk.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            desk.ask(Ask::Issue);
        })
    };
    let busy = props.busy == Some(Busy::Signing);
    let seat = |seat: &crate::screen::SeatView| html! { <Seat key={seat.id.clone()} view={seat.clone()} /> };
    html! {
        <form class="card" {onsubmit}>
            <div class="card-head"><h2>{ if view.activation { t!("license") } else { t!("allocation") } }</h2></div>
            <div class="card-body">
                if let Some(fork) = &view.fork {
                    <Fork view={fork.clone()} />
                }
                <Days view={view.clone()} busy={None} />
                if !view.seats.is_empty() {
                    <hr class="rule" />
                    <ul class="seats">{ for view.seats.iter().map(seat) }</ul>
                    <ul class="legend" aria-hidden="true">
                        <li><span class="swatch swatch-held"></span>{ t!("legend-held") }</li>
                        <li><span class="swatch swatch-this"></span>{ t!("legend-this") }</li>
                        <li><span class="swatch swatch-free"></span>{ t!("legend-free") }</li>
                    </ul>
                }
                if !view.other_errors.is_empty() {
                    { refusals(&view.other_errors, &desk) }
                }
                if view.nothing {
                    <p class="muted">{ t!("choose-seats") }</p>
                }
                if let Some(change) = &view.change {
                    { changes(change) }
                }
                <p class="small muted">{ &view.windows }</p>
            </div>
            <div class="card-foot">
                { button("button button-quiet", t!("back"), desk.asks(Ask::Again)) }
                <button class={classes!("button", "button-primary", "push", busy.then_some("is-busy"))}
                    disabled={busy || view.change.is_none()}>
                    { t!("issue") }
                </button>
            </div>
        </form>
    }
}

/// What a restored machine shows.
#[derive(Clone, PartialEq, Properties)]
struct ForkProps {
    view: ForkView,
}

/// A restored machine: the fork in words, what accepting it costs, and the switch. Nothing is ticked beforehand.
#[component]
fn Fork(props: &ForkProps) -> Html {
    let desk = use_desk();
    let accepted = use_state(|| false);
    let onchange = {
        let accepted = accepted.clone();
        Callback::from(move |event: Event| {
            let ticked = page::checked(&event);
            desk.ask(Ask::Edit(Edit::AcceptFork(ticked)));
            accepted.set(ticked);
        })
    };
    html! {
        <div class="alert alert-warn" data-fork="">
            <p class="alert-title">{ t!("fork-title") }</p>
            <div class="alert-body">
                <p>{ t!("fork-what") }</p>
                { summary(&props.view.rows) }
                <p>{ t!("fork-find-out") }</p>
                <label class="check">
                    <input type="checkbox" checked={*accepted} {onchange} aria-describedby="fork-cost" />
                    <span>{ t!("fork-accept") }</span>
                </label>
                <p class="small" id="fork-cost">{ &props.view.cost }</p>
            </div>
        </div>
    }
}

/// First and last day. What is typed is kept here: the desk's answer may come after the next key.
#[component]
fn Days(props: &AllocateProps) -> Html {
    let desk = use_desk();
    let view = &props.view;
    let (start, end) = (use_state(|| view.start.clone()), use_state(|| view.end.clone()));
    let endless = use_state(|| view.latest.is_none());
    let on_day = |typed: &UseStateHandle<String>, edit: fn(String) -> Edit| {
        let (desk, typed) = (desk.clone(), typed.clone());
        Callback::from(move |event: InputEvent| {
            let day = page::value(&event);
            desk.ask(Ask::Edit(edit(day.clone())));
            typed.set(day);
        })
    };
    let on_endless = {
        let (desk, endless) = (desk.clone(), endless.clone());
        Callback::from(move |event: Event| {
            let ticked = page::checked(&event);
            desk.ask(Ask::Edit(Edit::Endless(ticked)));
            endless.set(ticked);
        })
    };
    let end_help = match &view.latest {
        Some(day) => t!("end-help", day = day),
        None => t!("end-help-endless"),
    };
    html! {
        <div class="fields">
            <div class={classes!("field", invalid(&view.start_errors))}>
                <label class="label" for="start">{ t!("start") }</label>
                <input class="input" id="start" type="date" value={(*start).clone()} oninput={on_day(&start, Edit::Start)}
                    min={view.earliest.clone()} max={view.latest.clone()} aria-describedby="start-help start-error" />
                <p class="field-help" id="start-help">{ t!("start-help", day = view.earliest) }</p>
                <div id="start-error" role="alert">{ for view.start_errors.iter().map(problem) }</div>
            </div>
            <div class={classes!("field", invalid(&view.end_errors))}>
                <label class="label" for="end">{ t!("end") }</label>
                <input class="input" id="end" type="date" value={(*end).clone()} oninput={on_day(&end, Edit::End)}
                    min={(*start).clone()} max={view.latest.clone()} disabled={*endless}
                    aria-describedby="end-help end-error" />
                <p class="field-help" id="end-help">{ end_help }</p>
                if view.latest.is_none() {
                    <label class="check">
                        <input type="checkbox" checked={*endless} onchange={on_endless} />
                        <span>{ t!("endless") }</span>
                    </label>
                }
                <div id="end-error" role="alert">{ for view.end_errors.iter().map(problem) }</div>
            </div>
        </div>
    }
}

fn invalid(errors: &[Explained]) -> Option<&'static str> {
    (!errors.is_empty()).then_some("is-invalid")
}
