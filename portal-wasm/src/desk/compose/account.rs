//! The pages about an account: overview, tokens, ledger.

use postern_issuer::{Machine, TokenMade, decide_token, overview as figures};
use postern_protocol::documents::{Bundle, Event, LedgerEntry, Standing, TOKEN_HOURS};
use postern_protocol::{Chain, Id, Time, Verified};

use crate::desk::model::account::{Account, SHOWN};
use crate::desk::model::error::refused;
use crate::desk::model::flow::State;
use crate::desk::model::words;
use crate::screen::{
    Body, Cell, EntitlementView, Explained, FindView, LedgerView, OverviewView, Row, SeatSumView, Table, TokensView,
    Tone,
};
use crate::t;

pub(super) fn overview(state: &State) -> Body {
    let Some(account) = state.flow.account() else { return Body::Locked };
    let bundle = account.bundle();
    // With few entitlements a search is for their machines.
    let many = account.chains.len() > SHOWN;
    let (chains, found) = account.find(if many { &state.search } else { "" });
    let machine = if many { "" } else { state.search.trim() };
    let shown = chains.len();
    let (crowded, entitlements): (Vec<bool>, Vec<EntitlementView>) =
        chains.into_iter().map(|chain| entitlement(account, chain, machine, state.now)).unzip();
    let crowded = crowded.into_iter().any(|crowded| crowded);
    Body::Overview(OverviewView {
        account: words::label(bundle, &bundle.account).to_string(),
        at: words::instant(state.now).to_string(),
        find: match find(account.chains.len(), shown, found) {
            None if crowded => Some(FindView { count: t!("find-machine", shown = SHOWN).to_string() }),
            find => find,
        },
        entitlements,
    })
}

/// A search, where there are more than a page shows.
fn find(all: usize, shown: usize, found: usize) -> Option<FindView> {
    (all > SHOWN).then(|| FindView {
        count: if found > shown { t!("find-first", n = found, shown = shown) } else { t!("find-found", n = found) }
            .to_string(),
    })
}

/// An entitlement at a glance, with the machines whose key or license id contains a text; whether it has more machines
/// than are shown at once.
fn entitlement(account: &Account, chain: &Chain, machine: &str, now: Time) -> (bool, EntitlementView) {
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
    let seats = figures.seats.iter().map(|sum| SeatSumView {
        id: sum.seat_type.to_string(),
        name: words::label(bundle, &sum.seat_type).to_string(),
        bought: sum.bought.limit().copied(),
        allocated: sum.allocated,
        free: sum.free.limit().copied(),
    });
    let until = words::day(leaf.issue_until);
    let view = EntitlementView {
        name: t!("entitlement", name = words::label(bundle, &leaf.id)).to_string(),
        dates: t!("entitlement-dates", until = until, end = words::end(leaf.run_until)).to_string(),
        seats: seats.collect(),
        machines_title: title.to_string(),
        next_expiry: figures.next_expiry.map(|(end, device)| {
            let (day, left) = (words::day(end), words::from_now(now, end));
            t!("next-expiry", day = day, machine = device.short(), left = left).to_string()
        }),
        machines: machines(bundle, &figures.machines),
        refreshes: leaf.license_type.limit().is_some_and(|license_type| license_type.node_locked()),
        devices: figures.machines.iter().map(|one| (one.device.to_string(), one.license_id.to_string())).collect(),
        consumption: figures
            .consumption
            .iter()
            .map(|one| Row::new(words::label(bundle, &one.counter), t!("counter-total", n = one.total)))
            .collect(),
        tokens: token_table(bundle, &figures.tokens, now),
    };
    (count > SHOWN, view)
}

fn machines(bundle: &Bundle, machines: &[Machine]) -> Table {
    let line = |machine: &Machine| {
        let seats: Vec<(String, u64)> =
            machine.seats.iter().map(|(seat_type, n)| (words::label(bundle, seat_type).to_string(), *n)).collect();
        let state = match machine.proved {
            true => Cell::badge(Tone::Ok, t!("proved")),
            false => Cell::badge(Tone::Info, t!("not-proved")),
        };
        vec![
            Cell::code(machine.device.short()),
            Cell::plain(words::label(bundle, &machine.license_id)),
            Cell::plain(if seats.is_empty() { t!("holds-license").to_string() } else { words::seats(&seats) }),
            Cell::short(machine.ends_at.map_or_else(|| t!("unknown"), words::end)),
            state,
        ]
    };
    Table {
        head: heads([t!("machine"), t!("license-id"), t!("holds"), t!("end"), t!("state")]),
        lines: machines.iter().map(line).collect(),
    }
}

pub(super) fn tokens(state: &State) -> Body {
    let Some(account) = state.flow.account().filter(|account| account.ledger.is_some()) else { return Body::Locked };
    let bundle = account.bundle();
    let (mut open, mut closed) = (Vec::new(), Vec::new());
    let ids = account.license_ids();
    let wanted = state.search.trim().to_lowercase();
    let named = |id: &&Id| {
        wanted.is_empty() || id.as_str().contains(&wanted) || words::label(bundle, id).to_lowercase().contains(&wanted)
    };
    let found: Vec<&Id> = if ids.len() > SHOWN { ids.iter().filter(named).collect() } else { ids.iter().collect() };
    let find = find(ids.len(), found.len().min(SHOWN), found.len());
    for id in found.into_iter().take(SHOWN) {
        let name = words::label(bundle, id).to_string();
        match refusals(account, id, state.now) {
            refused if refused.is_empty() => open.push((id.to_string(), name)),
            refused => closed.push((name, refused)),
        }
    }
    let made: Vec<TokenMade> =
        account.chains.iter().take(SHOWN).flat_map(|chain| figures(&account.desk(chain, state.now)).tokens).collect();
    Body::Tokens(TokensView {
        hours: TOKEN_HOURS,
        find,
        open,
        closed,
        made: state.token.as_ref().map(|token| token.name.clone()),
        tokens: token_table(bundle, &made, state.now),
    })
}

/// What the issuing core would say to a token for this license id now: it is asked, not second-guessed.
fn refusals(account: &Account, license_id: &Id, now: Time) -> Vec<Explained> {
    let chain = match account.chain(license_id) {
        Ok(chain) => chain,
        Err(error) => return vec![(&error).into()],
    };
    match decide_token(&account.desk(&chain, now), license_id, Id::from_entropy([0; 16])) {
        Ok(_) => Vec::new(),
        Err(refusals) => refusals.iter().map(|one| refused(one, account.bundle())).collect(),
    }
}

fn token_table(bundle: &Bundle, made: &[TokenMade], now: Time) -> Table {
    let line = |token: &TokenMade| {
        let state = match token.device {
            Some(device) => Cell::badge(Tone::Ok, t!("token-used-by", machine = device.short())),
            None if token.expires_at < now => Cell::badge(Tone::Warn, t!("token-expired")),
            None => Cell::badge(Tone::Info, t!("token-open", left = words::from_now(now, token.expires_at))),
        };
        vec![
            Cell::code(words::short(&token.id)),
            Cell::plain(words::label(bundle, &token.license_id)),
            Cell::short(words::instant(token.issued_at)),
            state,
        ]
    };
    Table {
        head: heads([t!("token"), t!("license-id"), t!("token-issued"), t!("state")]),
        lines: made.iter().rev().map(line).collect(),
    }
}

/// Ledger entries that the page shows, newest first; the export has all of them.
const ENTRIES_SHOWN: usize = 200;

pub(super) fn ledger(state: &State) -> Body {
    let account = state.flow.account();
    let Some((account, ledger)) = account.and_then(|account| Some((account, account.ledger.as_ref()?))) else {
        return Body::Locked;
    };
    let bundle = account.bundle();
    let head = ledger.entries().last().map(|entry| entry.digest().to_string());
    let line = |entry: &Verified<LedgerEntry>| {
        vec![
            Cell::plain(what(bundle, &entry.event)),
            Cell::short(words::instant(entry.at)),
            Cell::short(&entry.by),
            Cell::short(entry.place.position),
        ]
    };
    Body::Ledger(LedgerView {
        title: match ledger.entries().len() {
            n if n > ENTRIES_SHOWN => t!("entries-newest", n = n, shown = ENTRIES_SHOWN),
            n => t!("entries", n = n),
        }
        .to_string(),
        entries: Table {
            head: heads([t!("ledger-what"), t!("ledger-at"), t!("ledger-by"), t!("ledger-position")]),
            lines: ledger.entries().iter().rev().take(ENTRIES_SHOWN).map(line).collect(),
        },
        about: vec![
            Row::code(t!("ledger-key"), ledger.id().key.short()),
            Row::new(t!("ledger-epoch"), ledger.id().epoch),
            Row::code(t!("ledger-head"), head.unwrap_or_default()),
        ],
    })
}

/// An entry in words.
fn what(bundle: &Bundle, event: &Event) -> yew::AttrValue {
    match event {
        Event::Begun { .. } => t!("event-begun"),
        Event::TokenMade { id, license_id, .. } => {
            t!("event-token", token = words::short(id), license_id = words::label(bundle, license_id))
        }
        Event::Issued(issued) => {
            let seats: Vec<(String, u64)> = issued
                .allocation
                .iter()
                .map(|one| (words::label(bundle, &one.seat_type).to_string(), one.at(issued.starts_at)))
                .collect();
            let issued_text = t!(
                "event-issued",
                machine = issued.device.key.short(),
                license_id = words::label(bundle, &issued.license_id),
                seats = words::seats(&seats),
                start = words::day(issued.starts_at),
                end = words::end(issued.ends_at)
            );
            if issued.accepted_fork { t!("event-accepted", issued = issued_text) } else { issued_text }
        }
        Event::Settled { device, .. } => t!("event-settled", machine = device.key.short()),
        Event::Synced { device, .. } => t!("event-synced", machine = device.key.short()),
        Event::ReleasedDead { device, reason, .. } => {
            t!("event-released", machine = device.key.short(), reason = reason)
        }
        Event::ClockRepaired { device, back: 0, .. } => t!("event-clock", machine = device.key.short()),
        Event::ClockRepaired { device, back, .. } => {
            t!("event-clock-back", machine = device.key.short(), span = words::span(*back))
        }
        Event::TakenOver { .. } => t!("event-taken-over"),
        Event::Delegated(delegated) => match delegated.standing {
            Standing::Suspended => t!("event-server-suspended", client = words::client(&delegated.child)),
            Standing::Revoked => t!("event-server-revoked", client = words::client(&delegated.child)),
            Standing::Active => {
                let (grant, at) = (&delegated.child, delegated.child.issued_at);
                let each = grant.allowances.limit().into_iter().flatten();
                let seats: Vec<(String, u64)> =
                    each.map(|one| (words::label(bundle, &one.seat_type).to_string(), one.at(at))).collect();
                t!("event-server", client = words::client(grant), serial = grant.serial, seats = words::seats(&seats))
            }
        },
        Event::ChildSeen(seen) => t!("event-child-seen", client = &seen.child, n = seen.devices),
    }
}

fn heads<const N: usize>(texts: [yew::AttrValue; N]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}
