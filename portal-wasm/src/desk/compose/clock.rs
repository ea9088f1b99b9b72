//! A clock challenge in words: the machine's clock, what it is sure of, what the ticket changes, what that costs.

use postern_protocol::describe::duration;
use postern_protocol::documents::ClockReading;

use crate::desk::model::account::Account;
use crate::desk::model::challenge::Challenge;
use crate::desk::model::error::refused;
use crate::desk::model::words;
use crate::screen::{ClockView, Row};
use crate::t;

pub(super) fn clock(account: &Account, challenge: &Challenge) -> ClockView {
    let (request, bundle, examination) = (&challenge.request, account.bundle(), &challenge.examination);
    let reading = request.clock;
    let instant = |read: fn(&ClockReading) -> postern_protocol::Time| {
        reading.as_ref().map_or_else(|| t!("unknown"), |reading| words::instant(read(reading)))
    };
    let right = examination.right;
    let mut repair = vec![
        Row::new(t!("clock-here"), t!("clock-here-at", at = words::instant(examination.time))),
        Row::new(t!("clock-change"), change(challenge)),
    ];
    if examination.back > 0 {
        let left = right.count.saturating_sub(examination.used);
        repair.push(Row::new(t!("clock-left"), t!("clock-left-of", left = left, count = right.count)));
        repair.push(Row::new(t!("clock-most"), duration(right.max_back)));
    }
    ClockView {
        machine: request.device.key.short(),
        file: challenge.name.clone(),
        request: vec![
            Row::code(t!("machine"), request.device.key.short()),
            Row::new(
                t!("account"),
                request.account.as_ref().map_or_else(|| t!("request-no-account"), |id| words::label(bundle, id)),
            ),
            Row::new(t!("license-id"), words::asked_license(bundle, request)),
            Row::new(t!("asks-for"), t!("asks-for-time")),
            Row::new(t!("clock-there"), instant(|reading| reading.now)),
            Row::new(t!("clock-floor"), instant(|reading| reading.floor)),
        ],
        refused: examination.refusals.iter().map(|one| refused(one, account.bundle())).collect(),
        repair,
    }
}

/// What the ticket does to the machine's clock.
fn change(challenge: &Challenge) -> yew::AttrValue {
    let examination = &challenge.examination;
    let now = challenge.request.clock.map_or(examination.time, |reading| reading.now);
    if examination.back > 0 {
        t!("clock-back", span = words::span(examination.back))
    } else if now < examination.time {
        t!("clock-forward", span = words::span(examination.time.since(now)))
    } else {
        t!("clock-free")
    }
}
