//! Consumption: what the ledger records, and where each counter's reset period began.

use std::collections::BTreeMap;

use postern_protocol::documents::{Checkpoint, Consumption, ConsumptionBase, Counted};
use postern_protocol::{Digest, Id, Time};

use crate::books::{Device, Told};

/// How many usage checkpoints a license acknowledges (design §6).
const ACKNOWLEDGED: usize = 8;

/// Totals to record: of each counter the larger of what was recorded for this usage chain and what the machine tells now.
pub(crate) fn recorded(device: Option<&Device>, genesis: Digest, tells: &[Counted]) -> Vec<Counted> {
    let told = told(device, genesis).flat_map(|told| &told.consumption);
    let mut totals: Vec<Counted> = Vec::new();
    for one in told.chain(tells) {
        match totals.iter_mut().find(|total| total.counter == one.counter) {
            Some(total) => total.total = total.total.max(one.total),
            None => totals.push(one.clone()),
        }
    }
    totals.sort_by(|a, b| a.counter.cmp(&b.counter));
    totals
}

/// What one machine told of each counter, over all its usage chains; by counter.
pub(crate) fn recorded_totals(device: &Device) -> Vec<Counted> {
    let mut chains: Vec<Digest> = device.told.iter().map(|told| told.genesis).collect();
    chains.sort_unstable();
    chains.dedup();
    summed(chains.into_iter().flat_map(|genesis| recorded(Some(device), genesis, &[])))
}

/// Of each counter the larger total: two branches know one machine each up to another time.
pub(crate) fn larger(one: &[Counted], other: &[Counted]) -> Vec<Counted> {
    let mut totals: BTreeMap<&Id, u64> = BTreeMap::new();
    for counted in one.iter().chain(other) {
        let total = totals.entry(&counted.counter).or_default();
        *total = counted.total.max(*total);
    }
    totals.into_iter().map(|(counter, total)| Counted { counter: counter.clone(), total }).collect()
}

/// Counters added up.
pub(crate) fn summed(each: impl Iterator<Item = Counted>) -> Vec<Counted> {
    let mut sums: BTreeMap<Id, u64> = BTreeMap::new();
    for one in each {
        let sum = sums.entry(one.counter).or_default();
        *sum = sum.saturating_add(one.total);
    }
    sums.into_iter().map(|(counter, total)| Counted { counter, total }).collect()
}

/// Where each counter's current reset period began. The first begins with the first license; a later one begins with
/// the first request after the period before has passed, at the total that this request told. Every step can be read
/// in the ledger, so each ledger gives one answer.
pub(crate) fn bases(
    device: Option<&Device>,
    genesis: Digest,
    counters: &[Consumption],
    tells: Option<(Time, &[Counted])>,
) -> Vec<ConsumptionBase> {
    let history: Vec<(Time, &[Counted], bool)> = told(device, genesis)
        .map(|told| (told.at, told.consumption.as_slice(), told.usage.is_none()))
        .chain(tells.map(|(now, totals)| (now, totals, false)))
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
                // What the vendor settled in the bundle's base, or a refresh moved the base past, is behind the device.
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

/// Where each counter's period began, after a refresh that begins them anew at these totals; or as before.
pub(crate) fn bases_moved(
    device: Option<&Device>,
    genesis: Digest,
    counters: &[Consumption],
    moved: Option<(Time, &[Counted])>,
) -> Vec<ConsumptionBase> {
    match moved {
        None => bases(device, genesis, counters, None),
        Some((since, totals)) => counters
            .iter()
            .map(|one| ConsumptionBase { counter: one.counter.clone(), total: total(totals, &one.counter), since })
            .collect(),
    }
}

/// The newest checkpoints of a usage chain, with the one that a request shows now, oldest first.
///
/// A machine that is accepted as it is reads the other branch's too, once: after that its history is what it told since.
pub(crate) fn acknowledged(
    device: Option<&Device>,
    genesis: Digest,
    shown: Option<Checkpoint>,
    accept_fork: bool,
) -> Vec<Checkpoint> {
    let all: Vec<&Told> = told(device, genesis).collect();
    let since = if accept_fork { 0 } else { all.iter().rposition(|told| told.accepted).unwrap_or(0) };
    let mut checkpoints: Vec<Checkpoint> =
        all.into_iter().skip(since).filter_map(|told| told.usage).chain(shown).collect();
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
