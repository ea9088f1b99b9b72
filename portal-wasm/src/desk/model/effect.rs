//! What a decision does to its machine, in words: seats and end before and after, and who has to give seats back first.

use postern_issuer::{Change, Decision};
use postern_protocol::documents::{Bundle, Request, SeatUse};
use yew::AttrValue;

use super::words;
use crate::t;

/// What a decision gives, in a line: of a license each seat type and the end, before and after.
pub fn in_words(bundle: &Bundle, request: Option<&Request>, decision: &Decision) -> String {
    if decision.license().is_none() {
        return if decision.receipt().is_some() {
            t!("batch-receipt")
        } else if decision.ticket().is_some() {
            t!("batch-ticket")
        } else {
            t!("batch-recorded")
        }
        .to_string();
    }
    let change = decision.before_after();
    let mut parts: Vec<String> = change
        .seats
        .iter()
        .map(|one| {
            let name = words::label(bundle, &one.seat_type);
            t!("batch-seats", name = name, before = one.before, after = one.after).to_string()
        })
        .collect();
    if let Some(after) = change.end_after {
        let before = change.end_before.map_or_else(|| t!("none"), words::end);
        parts.push(t!("batch-end", before = before, after = words::end(after)).to_string());
    }
    let mut text = t!("batch-license", changes = parts.join("; ")).to_string();
    for line in request.into_iter().flat_map(|request| release(bundle, request, change)) {
        text = t!("batch-release", text = text, release = line).to_string();
    }
    text
}

/// Who has to give a seat back on the machine before the license can be installed there.
pub fn release(bundle: &Bundle, request: &Request, change: &Change) -> Vec<AttrValue> {
    let over = request.seats.iter().filter_map(|seat| {
        let after = change.seats.iter().find(|one| one.seat_type == seat.seat_type).map_or(0, |one| one.after);
        (seat.in_use > after).then(|| (seat, seat.in_use - after))
    });
    let line = |(seat, too_many): (&SeatUse, u64)| {
        let name = words::label(bundle, &seat.seat_type);
        let holders = seat.holders.join(", ");
        if holders.is_empty() {
            t!("release-first", n = too_many, name = name)
        } else {
            t!("release-first-of", n = too_many, name = name, holders = holders)
        }
    };
    over.map(line).collect()
}
