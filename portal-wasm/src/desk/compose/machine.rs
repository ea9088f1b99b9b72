//! What requests and the ledger say of a machine, in rows.

use postern_issuer::{Machine, overview};
use postern_protocol::documents::{Consumption, Counted, Feature, FeatureValue, License, Request};
use postern_protocol::{Id, PublicKey};
use yew::AttrValue;

use super::parts::Row;
use crate::desk::model::account::Account;
use crate::desk::model::flow::State;
use crate::desk::model::words;
use crate::t;

/// What every request says.
pub(super) fn about(account: &Account, request: &Request, asks_for: AttrValue) -> Vec<Row> {
    let bundle = account.bundle();
    let of_account = request.account.as_ref().map_or_else(|| t!("request-no-account"), |id| words::label(bundle, id));
    vec![
        Row::code(t!("machine"), request.device.key.short()),
        Row::new(t!("account"), of_account),
        Row::new(t!("license-id"), words::asked_license(bundle, request)),
        Row::new(t!("asks-for"), asks_for),
    ]
}

/// What a machine of the ledger holds, and what it has told.
pub(super) fn held(state: &State, account: &Account, device: &PublicKey, license_id: &Id) -> Vec<Row> {
    let bundle = account.bundle();
    let mut rows =
        vec![Row::code(t!("machine"), device.short()), Row::new(t!("license-id"), words::label(bundle, license_id))];
    let figures = account.chain(license_id).ok().map(|chain| overview(&account.desk(&chain, state.now)));
    let Some(machine) = figures.and_then(|all| all.machines.into_iter().find(|one| one.device == *device)) else {
        return rows;
    };
    rows.push(Row::new(t!("holds"), seats(account, &machine)));
    rows.push(Row::new(t!("end"), machine.ends_at.map_or_else(|| t!("unknown"), words::end)));
    rows.push(Row::new(t!("told-at"), machine.told_at.map_or_else(|| t!("never"), words::instant)));
    rows.extend(counters(account, &machine.consumption));
    rows
}

pub(super) fn seats(account: &Account, machine: &Machine) -> String {
    let name = |seat_type: &Id| words::label(account.bundle(), seat_type).to_string();
    let seats: Vec<(String, u64)> = machine.seats.iter().map(|(seat_type, n)| (name(seat_type), *n)).collect();
    if seats.is_empty() { t!("holds-license").to_string() } else { words::seats(&seats) }
}

pub(super) fn counters(account: &Account, counted: &[Counted]) -> Vec<Row> {
    let row = |one: &Counted| {
        Row::new(t!("counter", name = words::label(account.bundle(), &one.counter)), t!("counter-total", n = one.total))
    };
    counted.iter().map(row).collect()
}

/// What a refresh carries besides seats and dates.
pub(super) fn entitlements(account: &Account, license: &License) -> Vec<Row> {
    let bundle = account.bundle();
    let feature = |one: &Feature| {
        let value = match one.value {
            FeatureValue::On => t!("feature-on"),
            FeatureValue::Number(number) => number.to_string().into(),
        };
        Row::new(t!("feature", name = words::label(bundle, &one.name)), value)
    };
    let counter = |one: &Consumption| {
        let base = license.consumption_base.iter().find(|base| base.counter == one.counter);
        let limit = one.limit.limit().map_or_else(|| t!("unlimited"), |limit| limit.to_string().into());
        let from = base.map_or(0, |base| base.total);
        Row::new(
            t!("counter", name = words::label(bundle, &one.counter)),
            t!("counter-limit", limit = limit, from = from),
        )
    };
    license.features.iter().map(feature).chain(license.consumption.iter().map(counter)).collect()
}
