//! The seats of a license: a slider and a number for each type, what is free, and why a value is refused.

use yew::prelude::*;

use super::ask::use_desk;
use super::parts::{bar, problem};
use crate::browser::page;
use crate::screen::SeatView;
use crate::t;
use crate::talk::{Ask, Edit};

/// One seat type.
#[derive(Clone, PartialEq, Properties)]
pub struct SeatProps {
    /// What can be had of it.
    pub view: SeatView,
}

/// One seat type in the form. What is typed is kept here: the desk's answer may come after the next key.
#[component]
pub fn Seat(props: &SeatProps) -> Html {
    let desk = use_desk();
    let view = &props.view;
    let typed = use_state(|| view.proposed.clone());
    let oninput = {
        let (typed, seat_type) = (typed.clone(), view.id.clone());
        Callback::from(move |event: InputEvent| {
            let value = page::value(&event);
            desk.ask(Ask::Edit(Edit::Seats(seat_type.clone(), value.clone())));
            typed.set(value);
        })
    };
    let chosen = typed.trim().parse::<u64>().unwrap_or(0);
    let wrong = !view.errors.is_empty();
    let id = format!("seats-{}", view.id);
    let (help, error) = (format!("{id}-help"), format!("{id}-error"));
    html! {
        <li class={classes!("seat", wrong.then_some("is-invalid"))} data-seat={view.id.clone()}>
            <div class="seat-head">
                <label class="seat-name" for={id.clone()}>{ &view.name }</label>
                <p class="seat-free" id={help.clone()}>{ &view.help }</p>
            </div>
            <div class="seat-input">
                <input class="input number" {id} type="text" inputmode="numeric" autocomplete="off"
                    value={(*typed).clone()} oninput={oninput.clone()} aria-invalid={wrong.to_string()}
                    aria-describedby={format!("{error} {help}")} />
                if let Some(most) = view.free {
                    <input class="range" type="range" min="0" max={most.to_string()} step="1"
                        value={chosen.min(most).to_string()} {oninput} disabled={most == 0}
                        aria-label={t!("seat-slider", name = view.name)} />
                }
            </div>
            if let Some(total) = view.total {
                { bar(total, view.elsewhere, chosen) }
                <p class="bar-text">
                    { t!("seat-bar", total = total, held = view.elsewhere, this = chosen,
                        left = total.saturating_sub(view.elsewhere).saturating_sub(chosen)) }
                </p>
            }
            <div id={error} role="alert">{ for view.errors.iter().map(problem) }</div>
        </li>
    }
}
