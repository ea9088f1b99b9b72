//! The overview: bought, allocated, free; machines and what they hold until when.

use postern_issuer::{Machine, Overview, SeatSum, overview};
use postern_protocol::documents::{Bundle, Ceiling};
use postern_protocol::{Chain, Time};
use yew::prelude::*;

use super::parts::{Bar, Heading};
use super::portal::use_portal;
use super::token::{Locked, tokens};
use crate::model::words;
use crate::t;

/// The page.
#[component]
pub fn OverviewPage() -> Html {
    let portal = use_portal();
    let Some(account) = portal.state.flow.account() else {
        return html! { <Locked title={t!("tab-overview")} /> };
    };
    let bundle = account.bundle();
    let now = portal.state.now;
    let section = |chain: &Chain| {
        let figures = overview(&account.desk(chain, now));
        html! { <>{ entitlement(bundle, chain, &figures, now) }</> }
    };
    html! {
        <>
            <Heading title={words::label(bundle, &bundle.account)} lead={t!("overview-lead", at = words::instant(now))} />
            { for account.chains.iter().map(section) }
        </>
    }
}

fn entitlement(bundle: &Bundle, chain: &Chain, figures: &Overview, now: Time) -> Html {
    let leaf = chain.leaf();
    html! {
        <>
            <section class="card">
                <div class="card-head">
                    <h2>{ t!("entitlement", name = words::label(bundle, &leaf.id)) }</h2>
                    <span class="card-note">
                        { t!("entitlement-dates", until = words::day(leaf.issue_until), end = words::end(leaf.run_until)) }
                    </span>
                </div>
                <div class="card-body">
                    <ul class="seats">{ for figures.seats.iter().map(|sum| seat(bundle, sum)) }</ul>
                </div>
            </section>
            <section class="card card-flush">
                <div class="card-head">
                    <h2>{ t!("machines", n = figures.machines.len()) }</h2>
                    if let Some((end, device)) = figures.next_expiry {
                        <span class="card-note">
                            { t!("next-expiry", day = words::day(end), machine = device.short(),
                                left = words::from_now(now, end)) }
                        </span>
                    }
                </div>
                <div class="card-body">
                    if figures.machines.is_empty() {
                        <p class="empty">{ t!("machines-none") }</p>
                    } else {
                        { machines(bundle, &figures.machines) }
                    }
                </div>
            </section>
            if !figures.tokens.is_empty() {
                <section class="card card-flush">
                    <div class="card-head"><h2>{ t!("tokens") }</h2></div>
                    <div class="card-body">{ tokens(bundle, &figures.tokens, now) }</div>
                </section>
            }
        </>
    }
}

fn seat(bundle: &Bundle, sum: &SeatSum) -> Html {
    let number = |ceiling: Ceiling<u64>| match ceiling {
        Ceiling::Unlimited => t!("unlimited"),
        Ceiling::Limited(number) => number.to_string().into(),
    };
    html! {
        <li class="seat" data-seat={sum.seat_type.to_string()}>
            <div class="seat-head"><p class="seat-name">{ words::label(bundle, &sum.seat_type) }</p></div>
            <dl class="figures">
                <div><dt>{ t!("bought") }</dt><dd>{ number(sum.bought) }</dd></div>
                <div><dt>{ t!("allocated") }</dt><dd>{ sum.allocated }</dd></div>
                <div><dt>{ t!("free") }</dt><dd>{ number(sum.free) }</dd></div>
            </dl>
            if let Ceiling::Limited(total) = sum.bought {
                <Bar {total} this={sum.allocated} />
            }
        </li>
    }
}

fn machines(bundle: &Bundle, machines: &[Machine]) -> Html {
    let line = |machine: &Machine| {
        let seats: Vec<String> = machine
            .seats
            .iter()
            .map(|(seat_type, n)| t!("in-use-seats", n = n, name = words::label(bundle, seat_type)).to_string())
            .collect();
        let (badge, state) = match machine.proved {
            true => ("badge-ok", t!("proved")),
            false => ("badge-info", t!("not-proved")),
        };
        html! {
            <tr>
                <th scope="row"><code>{ machine.device.short() }</code></th>
                <td data-label={t!("license-id")}>{ words::label(bundle, &machine.license_id) }</td>
                <td data-label={t!("holds")}>{ seats.join(", ") }</td>
                <td data-label={t!("end")}>{ machine.ends_at.map_or_else(|| t!("unknown"), words::end) }</td>
                <td data-label={t!("state")}><span class={classes!("badge", badge)}>{ state }</span></td>
            </tr>
        }
    };
    html! {
        <table class="table">
            <thead>
                <tr>
                    <th scope="col">{ t!("machine") }</th>
                    <th scope="col">{ t!("license-id") }</th>
                    <th scope="col">{ t!("holds") }</th>
                    <th scope="col">{ t!("end") }</th>
                    <th scope="col">{ t!("state") }</th>
                </tr>
            </thead>
            <tbody>{ for machines.iter().map(line) }</tbody>
        </table>
    }
}
