//! How times, durations, quantities and references read in a description.

use crate::documents::{
    Allowance, Ceiling, Checkpoint, Consumption, Counted, CyclePolicy, DeviceIdentity, ExpiryPolicy, Feature,
    FeatureValue, FingerprintPart, Installed, LedgerReference, LockEffect, Variable,
};
use crate::time::{DAY, HOUR, Time};

/// An instant as people write it: `2026-11-22 09:00 UTC`.
pub fn time(time: Time) -> String {
    let text = time.to_string();
    let minutes = text.get(11..16).unwrap_or_default();
    format!("{} {minutes} UTC", time.date())
}

/// A number of seconds in the largest units that say it exactly: `7 days`, `36 hours`, `1 hour 30 minutes`.
pub fn duration(seconds: u64) -> String {
    // Windows of up to two days are spoken of in hours.
    let (days, rest) = if seconds > 2 * DAY || seconds == DAY { (seconds / DAY, seconds % DAY) } else { (0, seconds) };
    let units = [(days, "day"), (rest / HOUR, "hour"), (rest / 60 % 60, "minute"), (rest % 60, "second")];
    let parts: Vec<String> = units
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") })
        .collect();
    if parts.is_empty() { "none".into() } else { parts.join(" ") }
}

/// Seats of one type over time: `bot-creator: 10`, or `bot-creator: 10 from …, 5 from …`.
pub fn seats(allowance: &Allowance) -> String {
    let steps: Vec<String> =
        allowance.steps.iter().map(|step| format!("{} from {}", step.quantity, time(step.from))).collect();
    format!("{}: {}", allowance.seat_type, steps.join(", "))
}

pub(super) fn all_seats(allowances: &[Allowance]) -> String {
    if allowances.is_empty() { "no seats".into() } else { joined(allowances.iter().map(seats)) }
}

pub(super) fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join("; ")
}

pub(super) fn ceiling<T: Copy>(ceiling: Ceiling<T>, words: impl FnOnce(T) -> String) -> String {
    match ceiling {
        Ceiling::Unlimited => "unlimited".into(),
        Ceiling::Limited(limit) => words(limit),
    }
}

pub(super) fn yes(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}

pub(super) fn device(device: &DeviceIdentity) -> String {
    match device.epoch {
        0 => device.key.to_string(),
        epoch => format!("{}, life {} of this machine", device.key, epoch + 1),
    }
}

pub(super) fn place(place: &LedgerReference) -> String {
    let epoch = match place.ledger.epoch {
        0 => String::new(),
        epoch => format!(", begun anew {epoch} times"),
    };
    format!("position {} of the ledger of {}{epoch}, after entry {}", place.position, place.ledger.key, place.previous)
}

pub(super) fn checkpoint(checkpoint: &Checkpoint) -> String {
    format!("{} records, newest {}, first {}", checkpoint.count, checkpoint.head, checkpoint.genesis)
}

pub(super) fn counted(counted: &Counted) -> String {
    format!("{}: {}", counted.counter, counted.total)
}

pub(super) fn variable(variable: &Variable) -> String {
    format!("{} = {}", variable.name, variable.value)
}

pub(super) fn fingerprint(part: &FingerprintPart) -> String {
    format!("{}: {} (hidden under a secret of the machine)", part.part, part.hmac)
}

pub(super) fn installed(installed: &Installed) -> String {
    match installed.license {
        Some(license) => format!("license {license}, highest sequence {}", installed.sequence),
        None if installed.sequence == 0 => "nothing yet".into(),
        None => format!("nothing now, highest sequence {}", installed.sequence),
    }
}

pub(super) fn feature(feature: &Feature) -> String {
    match feature.value {
        FeatureValue::On => format!("{}: on", feature.name),
        FeatureValue::Number(number) => format!("{}: {number}", feature.name),
    }
}

pub(super) fn consumption(counter: &Consumption) -> String {
    let of = counter.feature.as_ref().map(|feature| format!(" of {feature}")).unwrap_or_default();
    let period = match counter.reset_period {
        Ceiling::Unlimited => "in all".into(),
        Ceiling::Limited(seconds) => format!("every {}", duration(seconds)),
    };
    format!("{}{of}: {} {period}, {} beyond that", counter.counter, counter.limit, counter.overage)
}

pub(super) fn cycle(cycle: &CyclePolicy) -> String {
    format!(
        "within {} of the newest request and {} of the first",
        duration(cycle.request_window),
        duration(cycle.cycle_window)
    )
}

pub(super) fn lock_effect(cycle: &CyclePolicy) -> &'static str {
    match cycle.lock_effect {
        LockEffect::None => "the installed license goes on working",
        LockEffect::Warn => "the installed license works and warns",
        LockEffect::ReadOnly => "the installed license allows only reading",
        LockEffect::Lock => "the installed license stops",
    }
}

pub(super) fn expiry(expiry: &ExpiryPolicy) -> String {
    format!(
        "grace {}, then {}; one emergency extension: {}",
        ceiling(expiry.grace, duration),
        expiry.after_end,
        ceiling(expiry.extension, duration)
    )
}
