//! The overview: bought, allocated, free; machines and what they hold until when.

use yew::prelude::*;

use super::ask::{Desk, use_desk};
use super::find::Find;
use super::parts::{Heading, bar, button, card, note, summary, table, table_card, table_with};
use crate::screen::{EntitlementView, OverviewView, SeatSumView};
use crate::t;
use crate::talk::Ask;

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
    let desk = use_desk();
    html! {
        <>
            <Heading title={view.account.clone()} lead={t!("overview-lead", at = view.at)} />
            if let Some(find) = &view.find {
                <Find view={find.clone()} />
            }
            { for view.entitlements.iter().map(|one| entitlement(one, &desk)) }
        </>
    }
}

fn entitlement(view: &EntitlementView, desk: &Desk) -> Html {
    let seats = html! { <ul class="seats">{ for view.seats.iter().map(seat) }</ul> };
    let machines = if view.machines.lines.is_empty() {
        html! { <p class="empty">{ t!("machines-none") }</p> }
    } else {
        table_with(&view.machines, t!("actions"), |index| acts(view, index, desk))
    };
    let next = view.next_expiry.as_deref().map(note).unwrap_or_default();
    html! {
        <>
            { card(view.name.clone(), note(&view.dates), seats) }
            { table_card(view.machines_title.clone(), next, machines) }
            if !view.consumption.is_empty() {
                { card(t!("consumption-told"), Html::default(), summary(&view.consumption)) }
            }
            if !view.tokens.lines.is_empty() {
                { table_card(t!("tokens"), Html::default(), table(&view.tokens)) }
            }
        </>
    }
}

/// What can be done for the machine of a line.
fn acts(view: &EntitlementView, index: usize, desk: &Desk) -> Html {
    let Some((device, license_id)) = view.devices.get(index).cloned() else { return Html::default() };
    let (again, dead) = (Ask::Refresh(device.clone(), license_id.clone()), Ask::Release(device, license_id));
    html! {
        <span class="actions">
            if view.refreshes {
                { button("button button-small", t!("refresh"), desk.asks(again)) }
            }
            { button("button button-small button-quiet", t!("release"), desk.asks(dead)) }
        </span>
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
