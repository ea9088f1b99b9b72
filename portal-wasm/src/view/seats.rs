//! The seats of a license: a slider and a number for each type, what is free, and why a value is refused.

use postern_issuer::SeatRow;
use postern_protocol::Id;
use postern_protocol::documents::Ceiling;
use yew::prelude::*;

use super::parts::Bar;
use super::portal::use_portal;
use crate::browser::page;
use crate::model::error::Explained;
use crate::model::form::Edit;
use crate::t;
use crate::tasks::Intent;

/// One seat type.
#[derive(Clone, PartialEq, Properties)]
pub struct SeatProps {
    /// What can be had.
    pub row: SeatRow,
    /// Its name.
    pub name: AttrValue,
    /// What is typed.
    pub typed: AttrValue,
    /// What is wrong with that.
    pub problems: Vec<Explained>,
}

/// One seat type in the form.
#[component]
pub fn Seat(props: &SeatProps) -> Html {
    let portal = use_portal();
    let SeatProps { row, name, typed, problems } = props;
    let id = format!("seats-{}", row.seat_type);
    let (help, error) = (format!("{id}-help"), format!("{id}-error"));
    let chosen = typed.trim().parse::<u64>().unwrap_or(0);
    let oninput = typing(&portal.act, &row.seat_type);
    let described = if problems.is_empty() { help.clone() } else { format!("{error} {help}") };
    html! {
        <li class={classes!("seat", (!problems.is_empty()).then_some("is-invalid"))} data-seat={row.seat_type.to_string()}>
            <div class="seat-head">
                <label class="seat-name" for={id.clone()}>{ name }</label>
                <p class="seat-free" id={help}>{ free(row) }</p>
            </div>
            <div class="seat-input">
                <input class="input number" {id} type="text" inputmode="numeric" autocomplete="off" value={typed.clone()}
                    oninput={oninput.clone()} aria-invalid={(!problems.is_empty()).to_string()}
                    aria-describedby={described} />
                if let Ceiling::Limited(most) = row.free {
                    <input class="range" type="range" min="0" max={most.to_string()} step="1"
                        value={chosen.min(most).to_string()} {oninput} disabled={most == 0}
                        aria-label={t!("seat-slider", name = name)} />
                }
            </div>
            if let Ceiling::Limited(total) = row.ceiling {
                <Bar {total} held={row.held_elsewhere} this={chosen} />
                <p class="bar-text">
                    { t!("seat-bar", total = total, held = row.held_elsewhere, this = chosen,
                        left = total.saturating_sub(row.held_elsewhere).saturating_sub(chosen)) }
                </p>
            }
            if !problems.is_empty() {
                <div id={error} role="alert">
                    { for problems.iter().map(problem) }
                </div>
            }
        </li>
    }
}

fn typing(act: &Callback<Intent>, seat_type: &Id) -> Callback<InputEvent> {
    let (act, seat_type) = (act.clone(), seat_type.clone());
    Callback::from(move |event: InputEvent| {
        act.emit(Intent::Edit(Edit::Seats(seat_type.clone(), page::value(&event))));
    })
}

fn free(row: &SeatRow) -> AttrValue {
    let free = match row.free {
        Ceiling::Unlimited => t!("seat-unlimited"),
        Ceiling::Limited(free) => t!("seat-free", n = free),
    };
    match (row.held_by_this, row.in_use_there) {
        (0, 0) => free,
        (held, 0) => t!("seat-free-held", free = free, held = held),
        (held, used) => t!("seat-free-used", free = free, held = held, used = used),
    }
}

/// What is wrong with a field, beside it.
pub fn problem(error: &Explained) -> Html {
    html! {
        <p class="field-error" data-code={error.code}>
            { t!("what-and-do", what = error.what, advice = error.advice) }
        </p>
    }
}
