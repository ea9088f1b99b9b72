//! The main job, step by step: load, unlock, drop the request, allocate, done.

use yew::prelude::*;

use super::allocate::Allocate;
use super::begin::Begin;
use super::done::Done;
use super::drop_zone::DropZone;
use super::load::Load;
use super::parts::Heading;
use super::portal::use_portal;
use super::unlock::Unlock;
use crate::model::flow::Flow;
use crate::model::words;
use crate::t;

/// The stepper and the current step.
#[component]
pub fn Job() -> Html {
    let portal = use_portal();
    html! {
        <>
            <Stepper current={portal.state.flow.step()} />
            {
                match &portal.state.flow {
                    Flow::Starting | Flow::Stopped(_) => html! { <span class="skeleton skeleton-block"></span> },
                    Flow::Load => html! { <Load /> },
                    Flow::Unlock(loaded) => html! { <Unlock loaded={loaded.clone()} /> },
                    Flow::Begin(account) => html! { <Begin account={account.clone()} /> },
                    Flow::Ready(_) => html! { <Ready /> },
                    Flow::Allocate(account, asked) => html! {
                        <Allocate account={account.clone()} asked={asked.clone()} />
                    },
                    Flow::Done(account, issued) => html! {
                        <Done account={account.clone()} issued={issued.clone()} />
                    },
                }
            }
        </>
    }
}

/// Where the person stands.
#[derive(Clone, Copy, PartialEq, Properties)]
struct StepperProps {
    current: usize,
}

/// The five steps.
#[component]
fn Stepper(props: &StepperProps) -> Html {
    let steps = [t!("step-load"), t!("step-unlock"), t!("step-request"), t!("step-allocate"), t!("step-done")];
    let step = |(index, label): (usize, AttrValue)| {
        let number = index + 1;
        let class = match number.cmp(&props.current) {
            std::cmp::Ordering::Less => "is-done",
            std::cmp::Ordering::Equal => "is-current",
            std::cmp::Ordering::Greater => "is-todo",
        };
        let current = (number == props.current).then_some("step");
        html! {
            <li class={classes!("step", class)} aria-current={current}>
                <span class="step-mark">{ number }</span>
                <span class="step-label">{ label }</span>
            </li>
        }
    };
    html! { <ol class="stepper" aria-label={t!("steps")}>{ for steps.into_iter().enumerate().map(step) }</ol> }
}

/// Ready for a request.
#[component]
fn Ready() -> Html {
    let portal = use_portal();
    let Some(account) = portal.state.flow.account() else { return html! {} };
    let bundle = account.bundle();
    html! {
        <>
            <Heading title={t!("ready-title")}
                lead={t!("ready-lead", account = words::label(bundle, &bundle.account))} />
            <DropZone title={t!("ready-drop")} hint={t!("ready-hint")} />
            <p class="small muted">{ t!("ready-token") }</p>
        </>
    }
}
