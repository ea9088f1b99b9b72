//! A matter in words: what it is about, what is decided, what that changes and costs.

use postern_issuer::{ClockExamination, Machine, overview};
use postern_protocol::describe::duration;
use postern_protocol::documents::{
    ClockReading, Consumption, Counted, Deactivation, Feature, FeatureValue, License, Request,
};
use postern_protocol::{Id, PublicKey};

use super::job::change;
use crate::desk::model::account::Account;
use crate::desk::model::error::refused;
use crate::desk::model::flow::State;
use crate::desk::model::matter::{Matter, What};
use crate::desk::model::words;
use crate::screen::{Field, MatterView, Row};
use crate::t;

pub(super) fn matter(state: &State, account: &Account, matter: &Matter) -> MatterView {
    let machine = matter.what.device().short();
    let decision = matter.verdict.as_ref().ok();
    let mut view = MatterView {
        number: state.requests,
        file: matter.name.clone(),
        refused: matter.refusals().map(|one| refused(one, account.bundle())).collect(),
        ready: decision.is_some(),
        change: decision
            .map(|decision| decision.before_after())
            .filter(|it| it.end_after.is_some())
            .map(|it| change(account, it)),
        ..MatterView::default()
    };
    match &matter.what {
        What::Clock(request) => clock(&mut view, account, request, matter.clock.as_ref()),
        What::Report(request) => report(&mut view, account, request),
        What::GivenBack(given_back) => self::given_back(&mut view, state, account, given_back),
        What::Refresh { device, license_id, move_base } => {
            view.title = t!("refresh-title", machine = machine).to_string();
            view.lead = t!("refresh-lead").to_string();
            view.head = t!("refresh-head").to_string();
            view.about = held(state, account, device, license_id);
            // A counter without a reset period never begins anew.
            let periods = decision.and_then(|decision| decision.license()).is_some_and(|license| {
                license.consumption.iter().any(|counter| counter.reset_period.limit().is_some())
            });
            view.field = periods.then_some(Field::MoveBase(*move_base));
            view.rows = decision
                .and_then(|decision| decision.license())
                .map(|license| entitlements(account, license))
                .unwrap_or_default();
            view.notes = vec![t!("refresh-note").to_string()];
            if periods {
                view.notes.push(t!("move-base-note").to_string());
            }
            view.act = t!("refresh-act").to_string();
        }
        What::Release { device, license_id, .. } => {
            let right = matter.chain.leaf().rights.release_dead;
            view.title = t!("release-title", machine = machine).to_string();
            view.lead = t!("release-lead").to_string();
            view.head = t!("release-head").to_string();
            view.about = held(state, account, device, license_id);
            view.field = Some(Field::Reason);
            view.notes = vec![
                t!("release-note").to_string(),
                t!("release-cost", quota = right.quota, cooldown = duration(right.cooldown)).to_string(),
            ];
            view.act = t!("release-act").to_string();
        }
    }
    view.machine = machine;
    view
}

fn clock(view: &mut MatterView, account: &Account, request: &Request, clock: Option<&ClockExamination>) {
    let instant = |read: fn(&ClockReading) -> postern_protocol::Time| {
        request.clock.as_ref().map_or_else(|| t!("unknown"), |reading| words::instant(read(reading)))
    };
    view.title = t!("clock-title", machine = request.device.key.short()).to_string();
    view.lead = t!("clock-lead").to_string();
    view.head = t!("kind-time-ticket").to_string();
    view.about = about(account, request, t!("asks-for-time"));
    view.about.push(Row::new(t!("clock-there"), instant(|reading| reading.now)));
    view.about.push(Row::new(t!("clock-floor"), instant(|reading| reading.floor)));
    view.notes = vec![t!("clock-check").to_string(), t!("clock-limits").to_string()];
    view.act = t!("clock-make").to_string();
    let Some(examination) = clock else { return };
    let right = examination.right;
    view.rows = vec![
        Row::new(t!("clock-here"), t!("clock-here-at", at = words::instant(examination.time))),
        Row::new(t!("clock-change"), clock_change(request, examination)),
    ];
    if examination.back > 0 {
        let left = right.count.saturating_sub(examination.used);
        view.rows.push(Row::new(t!("clock-left"), t!("clock-left-of", left = left, count = right.count)));
        view.rows.push(Row::new(t!("clock-most"), duration(right.max_back)));
    }
}

/// What the ticket does to the machine's clock.
fn clock_change(request: &Request, examination: &ClockExamination) -> yew::AttrValue {
    let now = request.clock.map_or(examination.time, |reading| reading.now);
    if examination.back > 0 {
        t!("clock-back", span = words::span(examination.back))
    } else if now < examination.time {
        t!("clock-forward", span = words::span(examination.time.since(now)))
    } else {
        t!("clock-free")
    }
}

fn report(view: &mut MatterView, account: &Account, request: &Request) {
    view.title = t!("report-title", machine = request.device.key.short()).to_string();
    view.lead = t!("report-lead").to_string();
    view.head = t!("report-head").to_string();
    view.about = about(account, request, t!("asks-for-nothing"));
    view.rows = counters(account, &request.consumption);
    view.rows.push(Row::new(t!("usage-records"), request.usage.count));
    view.act = t!("report-act").to_string();
}

fn given_back(view: &mut MatterView, state: &State, account: &Account, given_back: &Deactivation) {
    let bundle = account.bundle();
    view.title = t!("given-back-title", machine = given_back.device.key.short()).to_string();
    view.lead = t!("given-back-lead").to_string();
    view.head = t!("given-back-head").to_string();
    view.about = vec![
        Row::code(t!("machine"), given_back.device.key.short()),
        Row::new(t!("account"), words::label(bundle, &given_back.account)),
        Row::new(t!("license-id"), words::label(bundle, &given_back.license_id)),
        Row::new(t!("given-back-at"), words::instant(given_back.deactivated_at)),
        Row::code(t!("license"), given_back.license.short()),
    ];
    let held = account.chain(&given_back.license_id).ok().map(|chain| overview(&account.desk(&chain, state.now)));
    let held = held.and_then(|figures| figures.machines.into_iter().find(|one| one.device == given_back.device.key));
    if let Some(machine) = held {
        view.rows.push(Row::new(t!("given-back-frees"), seats(account, &machine)));
    }
    view.rows.extend(counters(account, &given_back.consumption));
    view.rows.extend(given_back.variables.iter().map(|one| Row::new(t!("variable", name = one.name), &one.value)));
    view.notes = vec![t!("given-back-note").to_string()];
    view.act = t!("given-back-act").to_string();
}

/// What every request says.
fn about(account: &Account, request: &Request, asks_for: yew::AttrValue) -> Vec<Row> {
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
fn held(state: &State, account: &Account, device: &PublicKey, license_id: &Id) -> Vec<Row> {
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

fn seats(account: &Account, machine: &Machine) -> String {
    let name = |seat_type: &Id| words::label(account.bundle(), seat_type).to_string();
    let seats: Vec<(String, u64)> = machine.seats.iter().map(|(seat_type, n)| (name(seat_type), *n)).collect();
    if seats.is_empty() { t!("holds-license").to_string() } else { words::seats(&seats) }
}

fn counters(account: &Account, counted: &[Counted]) -> Vec<Row> {
    let row = |one: &Counted| {
        Row::new(t!("counter", name = words::label(account.bundle(), &one.counter)), t!("counter-total", n = one.total))
    };
    counted.iter().map(row).collect()
}

/// What a refresh carries besides seats and dates.
fn entitlements(account: &Account, license: &License) -> Vec<Row> {
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
