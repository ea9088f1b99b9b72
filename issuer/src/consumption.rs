//! Consumption: what the ledger records, and where each counter's reset period began.

use postern_protocol::documents::{Checkpoint, Consumption, ConsumptionBase, Counted, Request};
use postern_protocol::{Digest, Id, Time};

use crate::books::{Device, Told};

/// How many usage checkpoints a license acknowledges (design §6).
const ACKNOWLEDGED: usize = 8;

/// Totals to record: of each counter the larger of what was recorded for this usage chain and what the request tells.
pub(crate) fn recorded(device: Option<&Device>, request: &Request) -> Vec<Counted> {
    let told = told(device, request.usage.genesis).flat_map(|told| &told.consumption);
    let mut totals: Vec<Counted> = Vec::new();
    for one in told.chain(&request.consumption) {
        match totals.iter_mut().find(|total| total.counter == one.counter) {
            Some(total) => total.total = total.total.max(one.total),
            None => totals.push(one.clone()),
        }
    }
    totals.sort_by(|a, b| a.counter.cmp(&b.counter));
    totals
}

/// Where each counter's current reset period began. The first begins with the first license; a later one begins with
/// the first request after the period before has passed, at the total that this request told. Every step can be read
/// in the ledger, so each ledger gives one answer.
pub(crate) fn bases(
    device: Option<&Device>,
    request: &Request,
    counters: &[Consumption],
    now: Time,
) -> Vec<ConsumptionBase> {
    let history: Vec<(Time, &[Counted], bool)> = told(device, request.usage.genesis)
        .map(|told| (told.at, told.consumption.as_slice(), told.usage.is_none()))
        .chain([(now, request.consumption.as_slice(), false)])
        .collect();
    let base = |counter: &Consumption| {
        let mut base: Option<ConsumptionBase> = None;
        for (at, totals, settled) in &history {
            let total = total(totals, &counter.counter);
            let passed = |since: Time| {
                counter.reset_period.limit().is_some_and(|period| at.since(since) >= *period && *at > since)
            };
            let begin = |total| ConsumptionBase { counter: counter.counter.clone(), total, since: *at };
            base = match base {
                // What the vendor settled in the bundle's base is behind the device.
                _ if *settled => Some(begin(total)),
                None => Some(begin(0)),
                Some(base) if passed(base.since) => Some(begin(total.max(base.total))),
                kept => kept,
            };
        }
        base
    };
    counters.iter().filter_map(base).collect()
}

/// The newest checkpoints of the request's usage chain, this request's included, oldest first.
///
/// A machine that is accepted as it is reads the other branch's too, once: after that its history is what it told since.
pub(crate) fn acknowledged(device: Option<&Device>, request: &Request, accept_fork: bool) -> Vec<Checkpoint> {
    let all: Vec<&Told> = told(device, request.usage.genesis).collect();
    let since = if accept_fork { 0 } else { all.iter().rposition(|told| told.accepted).unwrap_or(0) };
    let mut checkpoints: Vec<Checkpoint> =
        all.into_iter().skip(since).filter_map(|told| told.usage).chain([request.usage]).collect();
    checkpoints.dedup();
    let surplus = checkpoints.len().saturating_sub(ACKNOWLEDGED);
    checkpoints.split_off(surplus)
}

fn told(device: Option<&Device>, genesis: Digest) -> impl Iterator<Item = &Told> {
    device.into_iter().flat_map(|device| &device.told).filter(move |told| told.genesis == genesis)
}

fn total(totals: &[Counted], counter: &Id) -> u64 {
    totals.iter().find(|one| one.counter == *counter).map_or(0, |one| one.total)
}
