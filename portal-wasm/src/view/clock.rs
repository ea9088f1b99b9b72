//! Step 4 for a clock challenge: what the time ticket changes on the machine, what it costs, and one button.

use yew::prelude::*;

use super::ask::use_desk;
use super::parts::{Heading, badge, button, card, refusals, summary};
use crate::screen::{Busy, ClockView, Tone};
use crate::t;
use crate::talk::Ask;

/// A clock challenge.
#[derive(Clone, PartialEq, Properties)]
pub struct ClockProps {
    /// What the desk knows of it.
    pub view: ClockView,
    /// What is going on.
    pub busy: Option<Busy>,
}

/// The fourth step, where a machine asks for the time.
#[component]
pub fn Clock(props: &ClockProps) -> Html {
    let desk = use_desk();
    let view = &props.view;
    let busy = props.busy == Some(Busy::Signing);
    let request = html! {
        <>
            <p class="file-name">{ &view.file }</p>
            { summary(&view.request) }
        </>
    };
    html! {
        <>
            <Heading title={t!("clock-title", machine = view.machine)} lead={t!("clock-lead")} />
            <div class="split">
                if view.refused.is_empty() {
                    <section class="card">
                        <div class="card-head"><h2>{ t!("kind-time-ticket") }</h2></div>
                        <div class="card-body">
                            { summary(&view.repair) }
                            <p>{ t!("clock-check") }</p>
                            <p class="small muted">{ t!("clock-limits") }</p>
                        </div>
                        <div class="card-foot">
                            { button("button button-quiet", t!("back"), desk.asks(Ask::Again)) }
                            <button class={classes!("button", "button-primary", "push", busy.then_some("is-busy"))}
                                type="button" disabled={busy} onclick={desk.asks(Ask::MakeTicket)}>
                                { t!("clock-make") }
                            </button>
                        </div>
                    </section>
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
