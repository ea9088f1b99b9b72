//! Step 4 for a matter without dates and seats: what it is about, what it changes and costs, and one button.

use yew::prelude::*;

use super::ask::use_desk;
use super::parts::{Heading, badge, button, card, changes, refusals, summary};
use crate::browser::page;
use crate::screen::{Busy, Field, MatterView, Tone};
use crate::t;
use crate::talk::{Ask, Edit};

/// A matter.
#[derive(Clone, PartialEq, Properties)]
pub struct MatterProps {
    /// What the desk knows of it.
    pub view: MatterView,
    /// What is going on.
    pub busy: Option<Busy>,
}

/// The fourth step, where nothing is allocated.
#[component]
pub fn Matter(props: &MatterProps) -> Html {
    let desk = use_desk();
    let view = &props.view;
    let about = html! {
        <>
            if !view.file.is_empty() {
                <p class="file-name">{ &view.file }</p>
            }
            { summary(&view.about) }
        </>
    };
    let beside = if view.file.is_empty() { Html::default() } else { badge(Tone::Ok, t!("request-signed")) };
    let leave = if view.file.is_empty() { t!("back") } else { t!("another-request") };
    let title = if view.file.is_empty() { t!("machine") } else { t!("dropped-file") };
    html! {
        <>
            <Heading title={view.title.clone()} lead={view.lead.clone()} />
            <div class="split">
                if view.refused.is_empty() {
                    <Form key={view.number.to_string()} view={view.clone()} busy={props.busy} />
                } else {
                    <section class="stack">
                        <h2>{ t!("matter-refused", n = view.refused.len()) }</h2>
                        { refusals(&view.refused, &desk) }
                        <p class="actions">{ button("button", leave, desk.asks(Ask::Again)) }</p>
                    </section>
                }
                { card(title, beside, about) }
            </div>
        </>
    }
}

/// What is decided, what is to be filled in, and the button.
#[component]
fn Form(props: &MatterProps) -> Html {
    let desk = use_desk();
    let view = &props.view;
    let busy = props.busy == Some(Busy::Signing);
    let onsubmit = {
        let desk = desk.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            desk.ask(Ask::CarryOut);
        })
    };
    html! {
        <form class="card" {onsubmit}>
            <div class="card-head"><h2>{ &view.head }</h2></div>
            <div class="card-body">
                if !view.rows.is_empty() {
                    { summary(&view.rows) }
                }
                if let Some(field) = view.field {
                    <Fill {field} />
                }
                if let Some(change) = &view.change {
                    { changes(change) }
                }
                { for view.notes.iter().map(|note| html! { <p class="small muted">{ note }</p> }) }
            </div>
            <div class="card-foot">
                { button("button button-quiet", t!("back"), desk.asks(Ask::Again)) }
                <button class={classes!("button", "button-primary", "push", busy.then_some("is-busy"))}
                    disabled={busy || !view.ready}>
                    { &view.act }
                </button>
            </div>
        </form>
    }
}

/// What is to be filled in.
#[derive(Clone, PartialEq, Properties)]
struct FillProps {
    field: Field,
}

/// A switch or a line of text. What is typed is kept here: the desk's answer may come after the next key.
#[component]
fn Fill(props: &FillProps) -> Html {
    let desk = use_desk();
    let typed = use_state(String::new);
    match props.field {
        Field::MoveBase(checked) => {
            let onchange =
                Callback::from(move |event: Event| desk.ask(Ask::Edit(Edit::MoveBase(page::checked(&event)))));
            html! {
                <label class="check">
                    <input type="checkbox" {checked} {onchange} />
                    <span>{ t!("move-base") }</span>
                </label>
            }
        }
        Field::Reason => {
            let oninput = {
                let typed = typed.clone();
                Callback::from(move |event: InputEvent| {
                    let text = page::value(&event);
                    desk.ask(Ask::Edit(Edit::Reason(text.clone())));
                    typed.set(text);
                })
            };
            html! {
                <div class="field">
                    <label class="label" for="reason">{ t!("reason") }</label>
                    <input class="input" id="reason" type="text" maxlength="256" autocomplete="off"
                        value={(*typed).clone()} {oninput} aria-describedby="reason-help" />
                    <p class="field-help" id="reason-help">{ t!("reason-help") }</p>
                </div>
            }
        }
    }
}
