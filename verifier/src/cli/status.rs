//! `status` for people: how the machine stands, on a terminal of 80 columns.

use std::path::Path;

use postern_protocol::documents::{Ceiling, Feature, FeatureValue};
use postern_protocol::{Time, describe};

use super::failure::Failure;
use super::html;
use super::report::Report;
use super::state::{self, Output};
use super::table::{Align, COLUMNS, Style, pairs, table, wrap};
use crate::status::{ConsumptionStatus, CycleStatus, LicenseStatus, SeatStatus, Status};

/// Exit codes for monitoring.
const ATTENTION: u8 = 10;
const LIMITED: u8 = 11;

pub(super) fn status(
    directory: &Path,
    page: Option<&Path>,
    exit_code: bool,
    style: Style,
    now: Time,
) -> Result<Report, Failure> {
    let verifier = state::open(directory)?;
    let file = page.map(Output::begin).transpose()?;
    let status = verifier.status(now)?;
    let text = match file.zip(page) {
        Some((file, page)) => {
            file.finish(html::page(&status).as_bytes())?;
            format!("The license page is in {}. Users are named in it.", page.display())
        }
        None => text(&status, style),
    };
    let exit = match status.health {
        "limited" => LIMITED,
        "attention" => ATTENTION,
        _ => 0,
    };
    Ok(Report::new(text, &status).exits(if exit_code { exit } else { 0 }))
}

fn text(status: &Status, style: Style) -> String {
    let mut parts = vec![health(status, style), titled("Machine", &machine(status, style), style)];
    if let Some(license) = &status.license {
        parts.push(titled("License", &of_license(license, style), style));
    }
    if !status.seats.is_empty() {
        parts.push(titled("Seats", &of_seats(&status.seats, style), style));
    }
    if status.seats.iter().any(|seat| !seat.holders.is_empty()) {
        parts.push(titled("Who holds them", &of_holders(&status.seats, style), style));
    }
    if status.seats.iter().any(|seat| !seat.sessions.is_empty()) {
        parts.push(titled("Sessions", &of_sessions(&status.seats, style), style));
    }
    if !status.consumption.is_empty() {
        parts.push(titled("Consumption", &of_consumption(&status.consumption, style), style));
    }
    parts.push(titled("Request", &of_cycle(&status.cycle, style), style));
    if !status.next.is_empty() {
        let rows: Vec<_> = status.next.iter().map(|next| vec![describe::time(next.at), next.text.clone()]).collect();
        let columns = [("When", Align::Left), ("What", Align::Left)];
        parts.push(titled("What happens next", &table(style, &columns, &rows), style));
    }
    parts.join("\n")
}

fn titled(title: &str, body: &str, style: Style) -> String {
    format!("{}\n{body}", style.title(title))
}

/// The one line that many read, and what to do where it is not good.
fn health(status: &Status, style: Style) -> String {
    let line = match status.health {
        "ok" => style.good("OK: everything that is licensed can be used."),
        "attention" => style.care("ATTENTION"),
        _ => style.bad("LIMITED: not everything that is licensed can be used."),
    };
    let why = status.why.iter().flat_map(|why| [&why.message, &why.advice]).flat_map(|text| wrap(text, COLUMNS));
    std::iter::once(line).chain(why).map(|line| line + "\n").collect()
}

fn machine(status: &Status, style: Style) -> String {
    let mut rows = vec![
        ("Product", format!("{}, by {}", status.product, status.trust.vendor)),
        ("Machine", status.machine.key.short()),
    ];
    match (&status.enrollment, &status.license, status.activation.is_some()) {
        (_, Some(license), true) => {
            rows.push(("Account", format!("{}, license id {}", license.account, license.license_id)));
        }
        (_, None, true) => rows.push(("Account", style.care("known when the activation's answer is installed"))),
        (Some(enrollment), ..) => {
            rows.push(("Account", format!("{}, license id {}", enrollment.account, enrollment.license_id)));
        }
        (None, ..) => {
            rows.push(("Account", style.care("none: 'activate' with a license key, or 'enroll TOKEN'")));
        }
    }
    let clock = &status.clock;
    rows.push((
        "Clock",
        match clock.state {
            "trusted" => style.good("trusted"),
            _ => style.bad(&format!("behind: it must be at least {}", describe::time(clock.floor))),
        },
    ));
    if clock.challenged {
        rows.push(("", "a challenge waits for its ticket: 'clock repair TICKET'".into()));
    }
    rows.push(("Hardware", hardware(status, style)));
    rows.push(("Usage", format!("{} records", status.usage.records)));
    if let Some(fork) = &status.usage.fork {
        let proved = format!("restored or copied, proved {}: make a request", describe::time(fork.found_at));
        rows.push(("", style.bad(&proved)));
    }
    pairs(&rows)
}

fn hardware(status: &Status, style: Style) -> String {
    let fingerprint = &status.fingerprint;
    let moved: Vec<_> = fingerprint.moved.iter().map(|part| part.as_str()).collect();
    let of = format!("{} of {} parts must match", fingerprint.required, fingerprint.parts.len());
    match (fingerprint.state, moved.is_empty()) {
        ("unknown", _) => "not compared before the first license".into(),
        ("changed", _) => style.bad(&format!("changed: {} ({of})", moved.join(", "))),
        (_, true) => style.good("unchanged"),
        (_, false) => style.care(&format!("still recognised; changed: {} ({of})", moved.join(", "))),
    }
}

fn of_license(license: &LicenseStatus, style: Style) -> String {
    let state = match (license.state, license.r#use) {
        ("active", "full") => style.good("active"),
        ("notice", "full") => style.care("active, ends soon"),
        ("grace", "full") => style.care("ended, in grace"),
        ("not-started", _) => style.care("not started"),
        ("stopped", _) => style.bad("stopped by a revocation"),
        (state, allowed) => style.bad(&format!("{state}; use: {allowed}")),
    };
    let mut rows = vec![
        ("State", state),
        ("Type", license.license_type.to_string()),
        ("Number", format!("{} ({})", license.sequence, license.digest.short())),
        ("Valid", validity(license.starts_at, license.ends_at)),
    ];
    if let Some(revocation) = &license.revocation {
        rows.push(("Revocation", style.bad(&revocation.message)));
    }
    if let Ceiling::Limited(_) = license.ends_at {
        rows.extend(after_end(license).into_iter().zip(["After that", "Extension"]).map(|(text, label)| (label, text)));
    }
    rows.push(("Installed", describe::time(license.installed_at)));
    if let Some(running) = license.running.filter(|running| *running >= 60) {
        rows.push(("Running", format!("{} with it", describe::duration(running - running % 60))));
    }
    let labels = std::iter::once("Features").chain(std::iter::repeat(""));
    rows.extend(labels.zip(license.features.iter().map(feature)));
    pairs(&rows)
}

/// What follows the end, and how the emergency extension stands.
pub(super) fn after_end(license: &LicenseStatus) -> [String; 2] {
    let expiry = &license.expiry;
    let lasts = |time: Ceiling<u64>| time.limit().map_or("unlimited".into(), |seconds| describe::duration(*seconds));
    let extension = match license.extension {
        "available" => format!("{}, once, with 'extend'", lasts(expiry.extension)),
        word => word.to_owned(),
    };
    let grace = match expiry.grace {
        Ceiling::Limited(0) => String::new(),
        grace => format!("{} of grace, then ", lasts(grace)),
    };
    [format!("{grace}{}", expiry.after_end), extension]
}

pub(super) fn feature(feature: &Feature) -> String {
    match feature.value {
        FeatureValue::On => format!("{}: on", feature.name),
        FeatureValue::Number(number) => format!("{}: {number}", feature.name),
    }
}

fn validity(from: Time, until: Ceiling<Time>) -> String {
    match until {
        Ceiling::Limited(until) => format!("{} to {}", describe::time(from), describe::time(until)),
        Ceiling::Unlimited => format!("from {}, without end", describe::time(from)),
    }
}

fn of_seats(seats: &[SeatStatus], style: Style) -> String {
    let row = |seat: &SeatStatus| {
        vec![seat.seat_type.to_string(), seat.total.to_string(), seat.used.to_string(), seat.free.to_string()]
    };
    let right = Align::Right;
    let columns = [("Type", Align::Left), ("Total", right), ("Used", right), ("Free", right)];
    table(style, &columns, &seats.iter().map(row).collect::<Vec<_>>())
}

fn of_holders(seats: &[SeatStatus], style: Style) -> String {
    let rows: Vec<_> = seats
        .iter()
        .flat_map(|seat| {
            let row = |holder: &crate::status::Holder| {
                vec![seat.seat_type.to_string(), describe::time(holder.since), holder.user.clone()]
            };
            seat.holders.iter().map(row)
        })
        .collect();
    table(style, &[("Type", Align::Left), ("Since", Align::Left), ("User", Align::Left)], &rows)
}

fn of_sessions(seats: &[SeatStatus], style: Style) -> String {
    let rows: Vec<_> = seats
        .iter()
        .flat_map(|seat| {
            let row = |session: &crate::status::SessionStatus| {
                vec![
                    session.id.to_string(),
                    seat.seat_type.to_string(),
                    session.until.map_or("-".into(), describe::time),
                    session.user.clone(),
                ]
            };
            seat.sessions.iter().map(row)
        })
        .collect();
    let left = Align::Left;
    table(style, &[("Session", left), ("Type", left), ("Ends", left), ("For", left)], &rows)
}

fn of_consumption(counters: &[ConsumptionStatus], style: Style) -> String {
    let row = |one: &ConsumptionStatus| {
        vec![
            one.counter.to_string(),
            one.balance.used.to_string(),
            one.limit.to_string(),
            one.balance.left.to_string(),
            overage_left(one),
            period(one),
        ]
    };
    let right = Align::Right;
    let columns = [
        ("Counter", Align::Left),
        ("Used", right),
        ("Limit", right),
        ("Left", right),
        ("Overage left", right),
        ("Period", Align::Left),
    ];
    table(style, &columns, &counters.iter().map(row).collect::<Vec<_>>())
}

/// What may be used beyond the limit.
pub(super) fn overage_left(one: &ConsumptionStatus) -> String {
    match (one.balance.left_with_overage, one.balance.left) {
        (Ceiling::Limited(all), Ceiling::Limited(left)) => all.saturating_sub(left).to_string(),
        (all, _) => all.to_string(),
    }
}

pub(super) fn period(one: &ConsumptionStatus) -> String {
    let since = one.since.map(|since| format!("since {}", since.date())).unwrap_or_default();
    match one.reset_period {
        Ceiling::Limited(period) => format!("{since}, {}", describe::duration(period)),
        Ceiling::Unlimited => since,
    }
}

fn of_cycle(cycle: &CycleStatus, style: Style) -> String {
    let Some(request) = &cycle.request else { return pairs(&[("State", "none waits for an answer".into())]) };
    if cycle.state == "locked" {
        return pairs(&[
            (
                "State",
                style.bad(&format!("locked since {}", request.locked_after.map(describe::time).unwrap_or_default())),
            ),
            ("To unlock", "install a new enablement token with 'enroll TOKEN'".into()),
        ]);
    }
    let state = match request.void {
        true => style.care(&format!("request {} of cycle {} is void: make a new one", request.number, cycle.cycle)),
        false => format!("waiting for the answer to request {} of cycle {}", request.number, cycle.cycle),
    };
    let mut rows = vec![("State", state), ("Install by", describe::time(request.install_until))];
    rows.extend(request.locked_after.map(|at| ("Locks after", describe::time(at))));
    pairs(&rows)
}
