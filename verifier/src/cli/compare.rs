//! What an install changes: before and after, side by side.

use postern_protocol::documents::{Ceiling, InstalledEffect};
use postern_protocol::{Id, describe};

use super::table::{Align, COLUMNS, Style, table, wrap};
use crate::status::Entitlement;

/// What an install changes, side by side.
pub(super) fn before_after(before: Option<&Entitlement>, after: Option<&Entitlement>, style: Style) -> String {
    let of = |side: Option<&Entitlement>, say: &dyn Fn(&Entitlement) -> String| side.map_or("-".into(), say);
    let row =
        |label: &str, say: &dyn Fn(&Entitlement) -> String| vec![label.to_owned(), of(before, say), of(after, say)];
    let end = |one: &Entitlement| match one.ends_at {
        Ceiling::Limited(end) => describe::time(end),
        Ceiling::Unlimited => "without end".into(),
    };
    let stands = |one: &Entitlement| match one.revocation.as_ref().map(|revocation| revocation.effect) {
        None => "as licensed".into(),
        Some(InstalledEffect::Keep) => "goes on; nothing new".into(),
        Some(InstalledEffect::Stop) => "stopped".into(),
    };
    let seats = |side: &Entitlement, seat_type: &Id| {
        side.seats.iter().find(|seat| seat.seat_type == *seat_type).map_or(0, |seat| seat.total).to_string()
    };
    let mut rows = vec![
        row("Number", &|one| one.sequence.to_string()),
        row("Starts", &|one| describe::time(one.starts_at)),
        row("Ends", &end),
        row("Use", &stands),
    ];
    let mut types: Vec<&Id> =
        before.into_iter().chain(after).flat_map(|one| &one.seats).map(|s| &s.seat_type).collect();
    types.sort_unstable();
    types.dedup();
    rows.extend(types.into_iter().map(|seat_type| row(seat_type.as_str(), &|one| seats(one, seat_type))));
    let compared = table(style, &[("", Align::Left), ("Before", Align::Left), ("After", Align::Left)], &rows);
    match after.and_then(|after| after.revocation.as_ref()) {
        Some(why) => compared + "\n" + &wrap(&format!("{} {}", why.message, why.advice), COLUMNS).join("\n"),
        None => compared,
    }
}
