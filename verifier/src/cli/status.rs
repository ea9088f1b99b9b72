//! `status`, and the before and after of an install, as tables.

use std::path::Path;

use postern_protocol::describe;
use postern_protocol::documents::{Ceiling, FeatureValue};
use postern_protocol::{Id, Time};

use super::failure::Failure;
use super::report::Report;
use super::table::{Align, Style, pairs, table};
use crate::status::{CycleStatus, Entitlement, LicenseStatus, SeatStatus, Status};

pub(super) fn status(directory: &Path, style: Style, now: Time) -> Result<Report, Failure> {
    let status = super::state::open(directory)?.status(now)?;
    Ok(Report::new(text(&status, style), &status))
}

fn text(status: &Status, style: Style) -> String {
    let mut parts = vec![machine(status, style)];
    if let Some(license) = &status.license {
        parts.push(format!("{}\n{}", style.title("License"), of_license(license, style)));
    }
    if !status.seats.is_empty() {
        parts.push(format!("{}\n{}", style.title("Seats"), of_seats(&status.seats, style)));
    }
    parts.push(format!("{}\n{}", style.title("Request"), of_cycle(&status.cycle, style)));
    if !status.next.is_empty() {
        let rows: Vec<_> = status.next.iter().map(|next| vec![describe::time(next.at), next.text.clone()]).collect();
        let columns = [("When", Align::Left), ("What", Align::Left)];
        parts.push(format!("{}\n{}", style.title("What happens next"), table(style, &columns, &rows)));
    }
    parts.join("\n")
}

fn machine(status: &Status, style: Style) -> String {
    let mut rows = vec![("Product", status.product.to_string()), ("Machine", status.machine.key.short())];
    match &status.enrollment {
        Some(enrollment) => {
            rows.push(("Account", enrollment.account.to_string()));
            rows.push(("License id", enrollment.license_id.to_string()));
        }
        None => rows.push(("Enrolled", style.care("no: install an enablement token with 'enroll TOKEN'"))),
    }
    if status.license.is_none() {
        rows.push(("License", style.care("none")));
    }
    if status.clock.state != "trusted" {
        let floor = describe::time(status.clock.floor);
        rows.push(("Clock", style.bad(&format!("behind: it must be at least {floor}"))));
    }
    pairs(&rows)
}

fn of_license(license: &LicenseStatus, style: Style) -> String {
    let state = match license.state {
        "active" => style.good("active"),
        "notice" => style.care("active, ends soon"),
        "grace" => style.care("ended, in grace"),
        "not-started" => style.care("not started"),
        "stopped" => {
            style.bad(&format!("stopped. {}", license.limited_by.as_ref().map_or("", |reason| &reason.message)))
        }
        other => style.bad(&format!("{other}, use: {}", license.r#use)),
    };
    let mut rows = vec![
        ("State", state),
        ("Type", license.license_type.to_string()),
        ("Number", format!("{} ({})", license.sequence, license.digest.short())),
        ("Valid", validity(license.starts_at, license.ends_at)),
        ("Installed", describe::time(license.installed_at)),
    ];
    for feature in &license.features {
        let value = match feature.value {
            FeatureValue::On => "on".into(),
            FeatureValue::Number(number) => number.to_string(),
        };
        rows.push(("Feature", format!("{}: {value}", feature.name)));
    }
    pairs(&rows)
}

fn validity(from: Time, until: Ceiling<Time>) -> String {
    match until {
        Ceiling::Limited(until) => format!("{} to {}", describe::time(from), describe::time(until)),
        Ceiling::Unlimited => format!("from {}, without end", describe::time(from)),
    }
}

fn of_seats(seats: &[SeatStatus], style: Style) -> String {
    let holders = |seat: &SeatStatus| seat.holders.iter().map(|one| one.user.as_str()).collect::<Vec<_>>().join(", ");
    let rows: Vec<_> = seats
        .iter()
        .map(|seat| {
            vec![
                seat.seat_type.to_string(),
                seat.total.to_string(),
                seat.used.to_string(),
                seat.free.to_string(),
                holders(seat),
            ]
        })
        .collect();
    let right = Align::Right;
    let columns = [("Type", Align::Left), ("Total", right), ("Used", right), ("Free", right), ("Held by", Align::Left)];
    table(style, &columns, &rows)
}

fn of_cycle(cycle: &CycleStatus, style: Style) -> String {
    let Some(request) = &cycle.request else { return pairs(&[("State", "none open".into())]) };
    if cycle.state == "locked" {
        return pairs(&[
            ("State", style.bad(&format!("locked since {}", describe::time(request.locked_after)))),
            ("To unlock", "install a new enablement token with 'enroll TOKEN'".into()),
        ]);
    }
    pairs(&[
        ("State", format!("waiting for the answer to request {} of cycle {}", request.number, cycle.cycle)),
        ("Install by", describe::time(request.install_until)),
        ("Locks after", describe::time(request.locked_after)),
    ])
}

/// What an install changes, side by side.
pub(super) fn before_after(before: Option<&Entitlement>, after: Option<&Entitlement>, style: Style) -> String {
    let of = |side: Option<&Entitlement>, say: &dyn Fn(&Entitlement) -> String| side.map_or("-".into(), say);
    let row =
        |label: &str, say: &dyn Fn(&Entitlement) -> String| vec![label.to_owned(), of(before, say), of(after, say)];
    let end = |one: &Entitlement| match one.ends_at {
        Ceiling::Limited(end) => describe::time(end),
        Ceiling::Unlimited => "without end".into(),
    };
    let seats = |side: &Entitlement, seat_type: &Id| {
        side.seats.iter().find(|seat| seat.seat_type == *seat_type).map_or(0, |seat| seat.total).to_string()
    };
    let mut rows = vec![
        row("Number", &|one| one.sequence.to_string()),
        row("Starts", &|one| describe::time(one.starts_at)),
        row("Ends", &end),
    ];
    let mut types: Vec<&Id> =
        before.into_iter().chain(after).flat_map(|one| &one.seats).map(|s| &s.seat_type).collect();
    types.sort_unstable();
    types.dedup();
    rows.extend(types.into_iter().map(|seat_type| row(seat_type.as_str(), &|one| seats(one, seat_type))));
    table(style, &[("", Align::Left), ("Before", Align::Left), ("After", Align::Left)], &rows)
}
