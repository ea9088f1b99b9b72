//! The overview: bought, allocated, free; machines and what they hold until when.

use yew::prelude::*;

use super::find::Find;
use super::parts::{Heading, bar, card, note, table, table_card};
use crate::screen::{EntitlementView, OverviewView, SeatSumView};
use crate::t;

/// The account at a glance.
#[derive(Clone, PartialEq, Properties)]
pub struct OverviewProps {
    /// Its figures.
    pub view: OverviewView,
}

/// The page.
#[component]
pub fn Overview(props: &OverviewProps) -> Html {
    let view = &props.view;
    html! {
        <>
            <Heading title={view.account.clone()} lead={t!("overview-lead", at = view.at)} />
            if let Some(find) = &view.find {
                <Find view={find.clone()} />
            }
            { for view.entitlements.iter().map(entitlement) }
        </>
    }
}

fn entitlement(view: &EntitlementView) -> Html {
    let seats = html! { <ul class="seats">{ for view.seats.iter().map(seat) }</ul> };
    let machines = if view.machines.lines.is_empty() {
        html! { <p class="empty">{ t!("machines-none") }</p> }
    } else {
        table(&view.machines)
    };
    let next = view.next_expiry.as_deref().map(note).unwrap_or_default();
    html! {
        <>
            { card(view.name.clone(), note(&view.dates), seats) }
            { table_card(view.machines_title.clone(), next, machines) }
            if !view.tokens.lines.is_empty() {
                { table_card(t!("tokens"), Html::default(), table(&view.tokens)) }
            }
        </>
    }
}

fn seat(sum: &SeatSumView) -> Html {
    let number = |limit: Option<u64>| limit.map_or_else(|| t!("unlimited"), |number| number.to_string().into());
    let figure = |label: AttrValue, value: AttrValue| html! { <div><dt>{ label }</dt><dd>{ value }</dd></div> };
    html! {
        <li class="seat" data-seat={sum.id.clone()}>
            <p class="seat-name">{ &sum.name }</p>
            <dl class="figures">
                { figure(t!("bought"), number(sum.bought)) }
                { figure(t!("allocated"), number(Some(sum.allocated))) }
                { figure(t!("free"), number(sum.free)) }
            </dl>
            if let Some(total) = sum.bought {
                { bar(total, 0, sum.allocated) }
            }
        </li>
    }
}
