//! The overview: bought, allocated, free; machines and what they hold until when.

use postern_issuer::{Machine, SeatSum, overview as figures};
use postern_protocol::documents::{Bundle, Ceiling};
use postern_protocol::{Chain, Time};
use yew::AttrValue;

use super::parts::{Row, Tone, badge, bar, button, card, code, find, note, short, summary, table, table_card};
use super::sheet::Sheet;
use super::tokens::{count, locked, token_table};
use crate::desk::model::account::{Account, SHOWN};
use crate::desk::model::command::Command;
use crate::desk::model::flow::State;
use crate::desk::model::shown::Page;
use crate::desk::model::words;
use crate::screen::{Attr, Element, Node, Tag};
use crate::t;

pub(super) fn overview(state: &State) -> Sheet {
    let Some(account) = state.flow.account() else { return locked(Page::Overview) };
    let bundle = account.bundle();
    // With few entitlements a search is for their machines.
    let many = account.chains.len() > SHOWN;
    let (chains, found) = account.find(if many { &state.search } else { "" });
    let machine = if many { "" } else { state.search.trim() };
    let shown = chains.len();
    let (crowded, entitlements): (Vec<bool>, Vec<Node>) =
        chains.into_iter().map(|chain| entitlement(account, chain, machine, state.now)).unzip();
    let count = match count(account.chains.len(), shown, found) {
        None if crowded.contains(&true) => Some(t!("find-machine", shown = SHOWN)),
        count => count,
    };
    let lead = t!("overview-lead", at = words::instant(state.now));
    Sheet::new("overview", words::label(bundle, &bundle.account), lead)
        .with(count.map(|count| find(&state.search, count)))
        .with(entitlements)
}

/// An entitlement at a glance, with the machines whose key or license id contains a text; whether it has more machines
/// than are shown at once.
fn entitlement(account: &Account, chain: &Chain, machine: &str, now: Time) -> (bool, Node) {
    let (bundle, leaf) = (account.bundle(), chain.leaf());
    let mut figures = figures(&account.desk(chain, now));
    let count = figures.machines.len();
    let wanted = machine.to_lowercase();
    figures.machines.retain(|one| {
        one.device.to_string().contains(&wanted)
            || one.license_id.as_str().contains(&wanted)
            || words::label(bundle, &one.license_id).to_lowercase().contains(&wanted)
    });
    figures.machines.truncate(SHOWN);
    let title = if figures.machines.len() < count {
        t!("machines-some", n = count, shown = figures.machines.len())
    } else {
        t!("machines", n = count)
    };
    let until = words::day(leaf.issue_until);
    let dates = t!("entitlement-dates", until = until, end = words::end(leaf.run_until));
    let name = t!("entitlement", name = words::label(bundle, &leaf.id));
    let seats = Tag::Ul.class("seats").each(figures.seats.iter().map(|sum| seat(bundle, sum)));
    let next = figures.next_expiry.map(|(end, device)| {
        let (day, left) = (words::day(end), words::from_now(now, end));
        note(t!("next-expiry", day = day, machine = device.short(), left = left))
    });
    // Installations ask by themselves.
    let refreshes = leaf.license_type.limit().is_some_and(|license_type| license_type.node_locked());
    let told: Vec<Row> = figures
        .consumption
        .iter()
        .map(|one| Row::new(words::label(bundle, &one.counter), t!("counter-total", n = one.total)))
        .collect();
    let consumption = (!told.is_empty()).then(|| card(t!("consumption-told"), Node::none(), summary(told)));
    let tokens = token_table(bundle, &figures.tokens, now);
    let newest = leaf.server.as_ref().filter(|server| !server.suppress_pings && !server.url.is_empty()).map(|server| {
        let link = Tag::A.with(t!("server-newest")).set(Attr::Href, server.url.clone()).set(Attr::Rel, "noreferrer");
        Tag::P.class("small").with(link)
    });
    let view = Node::Group(vec![
        card(name, note(dates), vec![Node::from(seats), newest.into()]).into(),
        table_card(title, next, machines(bundle, &figures.machines, refreshes)).into(),
        consumption.into(),
        tokens.into(),
    ]);
    (count > SHOWN, view)
}

fn machines(bundle: &Bundle, machines: &[Machine], refreshes: bool) -> Element {
    if machines.is_empty() {
        return Tag::P.class("empty").with(t!("machines-none"));
    }
    let line = |machine: &Machine| {
        let seats: Vec<(String, u64)> =
            machine.seats.iter().map(|(seat_type, n)| (words::label(bundle, seat_type).to_string(), *n)).collect();
        let state = match machine.proved {
            true => badge(Tone::Ok, t!("proved")),
            false => badge(Tone::Info, t!("not-proved")),
        };
        [
            code(machine.device.short()).into(),
            words::label(bundle, &machine.license_id).into(),
            if seats.is_empty() { t!("holds-license").into() } else { words::seats(&seats).into() },
            short(machine.ends_at.map_or_else(|| t!("unknown"), words::end)).into(),
            state.into(),
            acts(machine, refreshes).into(),
        ]
    };
    let heads = [t!("machine"), t!("license-id"), t!("holds"), t!("end"), t!("state"), t!("actions")];
    table(heads, machines.iter().map(line))
}

/// What can be done for a machine.
fn acts(machine: &Machine, refreshes: bool) -> Element {
    let (device, license_id) = (machine.device.to_string(), machine.license_id.to_string());
    let refresh = refreshes.then(|| {
        let refresh = Command::Refresh(device.clone(), license_id.clone());
        button("button button-small", t!("refresh"), &refresh)
    });
    let release = Command::Release(device, license_id);
    let release = button("button button-small button-quiet", t!("release"), &release);
    Tag::Td.with(Tag::Span.class("actions").with(refresh).with(release))
}

fn seat(bundle: &Bundle, sum: &SeatSum) -> Element {
    let number =
        |limit: Ceiling<u64>| limit.limit().map_or_else(|| t!("unlimited"), |number| number.to_string().into());
    let figure = |label: AttrValue, value: AttrValue| Tag::Div.with(Tag::Dt.with(label)).with(Tag::Dd.with(value));
    let figures = Tag::Dl
        .class("figures")
        .with(figure(t!("bought"), number(sum.bought)))
        .with(figure(t!("allocated"), sum.allocated.to_string().into()))
        .with((sum.given > 0).then(|| figure(t!("given"), sum.given.to_string().into())))
        .with(figure(t!("free"), number(sum.free)));
    Tag::Li
        .class("seat")
        .set(Attr::DataSeat, sum.seat_type.to_string())
        .with(Tag::P.class("seat-name").with(words::label(bundle, &sum.seat_type)))
        .with(figures)
        .with(sum.bought.limit().map(|total| bar(*total, sum.given, sum.allocated)))
}
