//! The main job's steps.

use postern_issuer::{Change, Recovery, SeatRow};
use postern_protocol::describe::duration;
use postern_protocol::documents::{Ceiling, Event, Purpose, Request, SeatUse};
use postern_protocol::time::{DAY, HOUR};
use postern_protocol::{Digest, Time};

use super::{batch, matter, own};
use crate::desk::model::account::{Account, Loaded, Way};
use crate::desk::model::error::refused;
use crate::desk::model::flow::{Answered, Flow, Issued, State};
use crate::desk::model::form::Asked;
use crate::desk::model::matter::What;
use crate::desk::model::words;
use crate::screen::{AllocateView, BeginView, Body, ChangeView, DoneView, ForkView, Row, SeatView, UnlockView};
use crate::t;

pub(super) fn body(state: &State) -> Body {
    let name = |account: &Account| words::label(account.bundle(), &account.bundle().account).to_string();
    match &state.flow {
        Flow::Starting => Body::Starting,
        Flow::Stopped(error) => Body::Stopped(error.clone()),
        Flow::Load => Body::Load,
        Flow::Unlock(loaded) if loaded.way == Way::Credential => Body::Own(own::own(state, loaded)),
        Flow::Unlock(loaded) => Body::Unlock(unlock(loaded)),
        Flow::Begin(account) => {
            Body::Begin(BeginView { account: name(account), offered: state.brand.ledger.is_some() })
        }
        Flow::Ready(account) => Body::Ready(name(account)),
        Flow::Allocate(account, asked) => Body::Allocate(allocate(state, account, asked).into()),
        Flow::Matter(account, matter) => Body::Matter(matter::matter(state, account, matter).into()),
        Flow::Batch(account) => match &state.batch {
            Some(several) => Body::Batch(batch::batch(several)),
            None => Body::Ready(name(account)),
        },
        Flow::Done(account, issued) => match (&issued.answers, issued.document) {
            (Some(answers), Some(document)) => Body::Done(done(state, account, issued, answers, document)),
            _ => Body::Ready(name(account)),
        },
    }
}

fn unlock(loaded: &Loaded) -> UnlockView {
    let bundle = loaded.bundle();
    UnlockView {
        account: words::label(bundle, &bundle.account).to_string(),
        first_use: loaded.first_use.then(|| loaded.root().to_string()),
        sealed: match &loaded.way {
            Way::Sealed(_) => true,
            Way::Here(key) => key.sealed.is_some(),
            Way::Credential | Way::NotHere => false,
        },
        expected: if loaded.way == Way::NotHere { loaded.expected_codes() } else { Vec::new() },
        bundle: vec![
            Row::new(t!("account"), words::label(bundle, &bundle.account)),
            Row::new(t!("product"), words::label(bundle, &bundle.product)),
            Row::new(t!("serial"), bundle.serial),
            Row::new(t!("issued-at"), words::day(bundle.issued_at)),
            Row::new(t!("expires-at"), words::day(bundle.expires_at)),
            Row::new(t!("contact"), &bundle.contact),
            Row::code(t!("vendor-root"), loaded.root().short()),
        ],
    }
}

fn allocate(state: &State, account: &Account, asked: &Asked) -> AllocateView {
    let (examination, verdict) = (&asked.examination, asked.verdict.clone());
    let cycle = asked.chain.leaf().cycle;
    AllocateView {
        number: state.requests,
        activation: asked.request.purpose == Purpose::Activation,
        machine: asked.request.device.key.short(),
        file: asked.name.clone(),
        request: request(state.now, account, asked),
        // What no choice can help comes from the examination alone.
        refused: examination.refusals.iter().map(|one| refused(one, account.bundle())).collect(),
        start: examination.start_default.date(),
        end: examination.end_max.limit().map(|end| end.date()).unwrap_or_default(),
        earliest: examination.start_min.date(),
        latest: examination.end_max.limit().map(|end| end.date()),
        seats: asked.rows.iter().map(|row| seat(account, asked, row)).collect(),
        fork: examination.recovery.as_ref().map(|recovery| fork(asked.request.get(), recovery)),
        start_errors: verdict.start,
        end_errors: verdict.end,
        other_errors: verdict.other,
        nothing: verdict.nothing,
        change: verdict.change.as_ref().map(|change| ChangeView {
            release: release(account, asked.request.get(), change),
            ..self::change(account, change)
        }),
        windows: windows(asked, cycle.request_window / HOUR, cycle.cycle_window / DAY).to_string(),
    }
}

/// How long an answer can be installed, and what comes after that.
fn windows(asked: &Asked, hours: u64, days: u64) -> yew::AttrValue {
    match asked.request.purpose {
        Purpose::Activation => t!("cycle-windows-activation", hours = hours, days = days),
        _ => t!("cycle-windows", hours = hours, days = days),
    }
}

/// A restored machine: what it shows, what the ledger knows, what accepting it costs.
fn fork(request: &Request, recovery: &Recovery) -> ForkView {
    let (installed, usage, right) = (request.installed, request.usage, recovery.right);
    let told = recovery
        .told
        .map_or_else(|| t!("none"), |(told, at)| t!("fork-records-told", n = told.count, at = words::instant(at)));
    let left = right.quota.saturating_sub(recovery.used);
    ForkView {
        rows: vec![
            Row::new(t!("fork-license-there"), installed.sequence),
            Row::new(t!("fork-license-here"), recovery.sequence),
            Row::new(t!("fork-records-there"), usage.count),
            Row::new(t!("fork-records-here"), told),
        ],
        cost: t!("fork-cost", left = left, quota = right.quota, cooldown = duration(right.cooldown)).to_string(),
    }
}

fn seat(account: &Account, asked: &Asked, row: &SeatRow) -> SeatView {
    SeatView {
        id: row.seat_type.to_string(),
        name: words::label(account.bundle(), &row.seat_type).to_string(),
        proposed: asked.proposed(&row.seat_type),
        total: row.ceiling.limit().copied(),
        elsewhere: row.held_elsewhere,
        free: row.free.limit().copied(),
        help: seat_help(row).to_string(),
        errors: asked.verdict.seat(&row.seat_type).cloned().collect(),
    }
}

fn seat_help(row: &SeatRow) -> yew::AttrValue {
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

/// The request in words: what it is, who it is from, what is installed and used there.
fn request(now: Time, account: &Account, asked: &Asked) -> Vec<Row> {
    let (request, bundle) = (asked.request.get(), account.bundle());
    let cycle = request.cycle;
    let install_by = install_by(asked);
    let of_account = request.account.as_ref().map_or_else(|| t!("request-no-account"), |id| words::label(bundle, id));
    vec![
        Row::code(t!("machine"), request.device.key.short()),
        Row::new(t!("account"), of_account),
        Row::new(t!("license-id"), license_id(account, asked)),
        Row::new(
            t!("asks-for"),
            match request.purpose {
                _ if request.recovers.is_some() => t!("asks-for-recovery"),
                Purpose::Activation => t!("asks-for-activation"),
                _ => t!("asks-for-license"),
            },
        ),
        Row::new(t!("request-number"), t!("request-number-of", number = cycle.number, cycle = cycle.cycle)),
        Row::new(t!("request-made"), words::instant(cycle.generated_at)),
        Row::new(
            t!("install-by"),
            t!("instant-and-left", at = words::instant(install_by), left = words::from_now(now, install_by)),
        ),
        Row::new(t!("installed"), installed(request)),
        Row::new(t!("in-use"), in_use(request, account)),
    ]
}

/// The license that is asked for: the one that the request names, or the only one that its credential activates.
fn license_id(account: &Account, asked: &Asked) -> yew::AttrValue {
    match (&asked.request.license_id, asked.chain.leaf().installations.limit().map(Vec::as_slice)) {
        (None, Some([only])) => words::label(account.bundle(), &only.license_id),
        _ => words::asked_license(account.bundle(), asked.request.get()),
    }
}

/// Until when an answer can be installed: the end of the request's window or of its cycle.
fn install_by(asked: &Asked) -> Time {
    let (cycle, policy) = (asked.request.cycle, asked.chain.leaf().cycle);
    let by_request = cycle.generated_at.plus(policy.request_window);
    by_request.min(cycle.first_generated_at.plus(policy.cycle_window))
}

fn installed(request: &Request) -> yew::AttrValue {
    match &request.installed.license {
        None => t!("installed-nothing"),
        Some(license) => t!("installed-license", sequence = request.installed.sequence, license = license.short()),
    }
}

fn in_use(request: &Request, account: &Account) -> String {
    let used = request.seats.iter().filter(|seat| seat.in_use > 0);
    let parts: Vec<(String, u64)> =
        used.map(|seat| (words::label(account.bundle(), &seat.seat_type).to_string(), seat.in_use)).collect();
    if parts.is_empty() { t!("in-use-nothing").to_string() } else { words::seats(&parts) }
}

/// Who has to give a seat back on the machine before the license can be installed there.
fn release(account: &Account, request: &Request, change: &Change) -> Vec<String> {
    let over = request.seats.iter().filter_map(|seat| {
        let after = change.seats.iter().find(|one| one.seat_type == seat.seat_type).map_or(0, |one| one.after);
        (seat.in_use > after).then(|| (seat, seat.in_use - after))
    });
    let line = |(seat, too_many): (&SeatUse, u64)| {
        let name = words::label(account.bundle(), &seat.seat_type);
        let holders = seat.holders.join(", ");
        if holders.is_empty() {
            t!("release-first", n = too_many, name = name).to_string()
        } else {
            t!("release-first-of", n = too_many, name = name, holders = holders).to_string()
        }
    };
    over.map(line).collect()
}

pub(super) fn change(account: &Account, change: &Change) -> ChangeView {
    let name = |one| words::label(account.bundle(), one).to_string();
    ChangeView {
        release: Vec::new(),
        seats: change.seats.iter().map(|one| (name(&one.seat_type), (one.before, one.after))).collect(),
        end: change.end_after.map(|after| {
            let before = change.end_before.map_or_else(|| t!("none"), words::end);
            (before.to_string(), words::end(after).to_string())
        }),
    }
}

fn done(state: &State, account: &Account, issued: &Issued, answers: &Answered, document: Digest) -> DoneView {
    let entry = account.ledger.as_ref().and_then(|ledger| {
        ledger.entries().iter().rev().find_map(|entry| match &entry.event {
            Event::Issued(issued) if issued.license == document => {
                Some((entry.place.position, Some(issued.install_before)))
            }
            Event::ClockRepaired { ticket, .. } if *ticket == document => Some((entry.place.position, None)),
            Event::Settled { receipt, .. } if *receipt == document => Some((entry.place.position, None)),
            _ => None,
        })
    });
    let name = &issued.name;
    let (machine, title, act, command, change, deadline) = match answers {
        Answered::Request(asked) => {
            let machine = asked.request.device.key.short();
            let until = entry.and_then(|(_, until)| until);
            let deadline =
                until.map(|at| t!("done-deadline", at = words::instant(at), left = words::from_now(state.now, at)));
            let title = t!("done-title", machine = machine);
            (
                machine,
                title,
                t!("done-install"),
                t!("done-command", name = name),
                asked.verdict.change.as_ref(),
                deadline,
            )
        }
        Answered::Matter(matter) => {
            let machine = matter.what.device().short();
            let change = matter.verdict.as_ref().ok().map(|decision| decision.before_after());
            let change = change.filter(|change| change.end_after.is_some());
            let (title, act, command, then) = match &matter.what {
                What::GivenBack(_) => (
                    t!("given-back-done-title", machine = machine),
                    t!("given-back-done-act"),
                    t!("given-back-done-command", name = name),
                    Some(t!("given-back-done-then")),
                ),
                What::Refresh { .. } => (
                    t!("refresh-done-title", machine = machine),
                    t!("done-install"),
                    t!("done-command", name = name),
                    None,
                ),
                _ => (
                    t!("clock-done-title", machine = machine),
                    t!("clock-done-act"),
                    t!("clock-done-command", name = name),
                    Some(t!("clock-done-then")),
                ),
            };
            let until = entry.and_then(|(_, until)| until);
            let then = then.or_else(|| {
                until.map(|at| t!("done-deadline", at = words::instant(at), left = words::from_now(state.now, at)))
            });
            (machine, title, act, command, change, then)
        }
    };
    DoneView {
        title: title.to_string(),
        machine,
        act: act.to_string(),
        command: command.to_string(),
        file: name.clone(),
        document: document.to_string(),
        deadline: deadline.map(|text| text.to_string()),
        change: change.map(|change| self::change(account, change)),
        figures: vec![
            Row::new(t!("file-name"), name),
            Row::new(t!("file-size"), t!("bytes", n = issued.bytes.len())),
            Row::code(t!("file-digest"), Digest::of(&issued.bytes)),
            Row::new(t!("ledger-position"), entry.map(|(position, _)| position.to_string()).unwrap_or_default()),
        ],
        own: account.loaded.way == Way::Credential,
    }
}
