//! The steps of each guide, as the account's state shows them.

use std::collections::BTreeSet;

use postern_issuer::Ledger;
use postern_protocol::documents::{Event, LedgerEntry};
use postern_protocol::{PublicKey, Verified};
use yew::AttrValue;

use super::{Begun, Guide, Plan, Step, Tool, ledger};
use crate::desk::model::account::Way;
use crate::desk::model::flow::{Flow, State};
use crate::desk::model::words;
use crate::t;

/// The steps of a guide as they stand.
pub fn plan(state: &State, begun: &Begun) -> Plan {
    match begun.guide {
        Guide::Lost => lost(state, begun),
        Guide::Restored => restored(state, begun),
        Guide::Dead => dead(state, begun),
        Guide::Key => key(state, begun),
        Guide::HandOver => hand_over(state, begun),
        Guide::Deputy => deputy(state, begun),
    }
}

fn lost(state: &State, begun: &Begun) -> Plan {
    let machines: BTreeSet<PublicKey> = state.collected.iter().filter_map(|one| one.device).collect();
    let known = known_machines(state);
    let found = begun.imported.map(|end| t!("lost-found", position = end));
    let packed = begun.packed.then(|| t!("lost-packed"));
    let renewed = renewed(state, begun);
    let epoch = base_epoch(state).filter(|epoch| *epoch > begun.epoch);
    let anew = ledger(state).filter(|ledger| ledger.id().epoch > begun.epoch);
    let steps = vec![
        Step::new(t!("lost-1"), found.clone().or(packed).or(renewed.clone()))
            .with(Tool::Collect(machines.len(), known.len())),
        Step::new(t!("lost-2"), renewed.clone()).with(Tool::Vendor(vendor(state, "--new-epoch --machine machines/*"))),
        Step::new(t!("lost-3"), epoch.map(|epoch| t!("lost-epoch", n = epoch + 1))).with(Tool::Drop).open(begun.packed),
        Step::new(t!("lost-4"), anew.map(|_| t!("lost-begun"))).with(begin(state)),
    ];
    let over = anew.map(|ledger| t!("lost-over", n = ledger.id().epoch + 1));
    match found {
        Some(_) => Plan { steps: steps.into_iter().take(1).collect(), over: Some(t!("lost-found-over")) },
        None => Plan { steps, over },
    }
}

fn restored(state: &State, begun: &Begun) -> Plan {
    let accepted = since(state, begun).find_map(|entry| match &entry.event {
        Event::Issued(issued) if issued.accepted_fork => Some((issued.device.key, entry.at)),
        _ => None,
    });
    let asks = match &state.flow {
        Flow::Allocate(_, asked) if asked.request.recovers.is_some() => Some(asked.request.device.key),
        _ => None,
    };
    let done = accepted.map(|(device, at)| t!("restored-done", machine = device.short(), at = words::instant(at)));
    let shown = asks.map(|device| t!("restored-asks", machine = device.short())).or(done.clone());
    let steps = vec![
        Step::new(t!("restored-1"), shown.clone()).with(Tool::Machine(REQUEST)),
        Step::new(t!("restored-2"), shown).with(Tool::Drop).open(true),
        Step::new(t!("restored-3"), done.clone()).with(Tool::Job),
    ];
    Plan { steps, over: done.map(|_| t!("restored-over")) }
}

/// What makes a request, whatever the license is.
const REQUEST: &str = "postern-verifier request -o request.lfr\npostern-verifier activate --again";

fn dead(state: &State, begun: &Begun) -> Plan {
    let released = since(state, begun).find_map(|entry| match &entry.event {
        Event::ReleasedDead { device, .. } => Some((entry.place.position, device.key, entry.at)),
        _ => None,
    });
    let replaced = released.and_then(|(position, dead, _)| {
        since(state, begun).find_map(|entry| match &entry.event {
            Event::Issued(issued) if entry.place.position > position && issued.device.key != dead => {
                Some(t!("dead-replaced", machine = issued.device.key.short(), at = words::instant(entry.at)))
            }
            _ => None,
        })
    });
    let done = released.map(|(_, device, at)| t!("dead-released", machine = device.short(), at = words::instant(at)));
    let steps = vec![
        Step::new(t!("dead-1"), done.clone()).with(Tool::Overview),
        Step::new(t!("dead-2"), replaced).with(Tool::Drop),
    ];
    Plan { steps, over: done.map(|_| t!("dead-over")) }
}

fn key(state: &State, begun: &Begun) -> Plan {
    let loaded = state.flow.loaded();
    let old = |key: &PublicKey| begun.keys.contains(&key.to_string());
    let made = state.keys.iter().rev().find(|key| !old(&key.public));
    let renewed = renewed(state, begun).filter(|_| loaded.is_some_and(|loaded| !loaded.subjects().iter().any(old)));
    let anew = ledger(state).filter(|ledger| !old(&ledger.id().key));
    let exported = begun.exported.map(|position| t!("key-exported", position = position));
    let closed = (ledger(state).is_none() && renewed.is_none()).then(|| t!("key-closed"));
    let code = made.map(|key| key.license_code());
    let command = format!(
        "portal_key = {{ license_code = \"{}\" }}\n\n{}",
        code.clone().unwrap_or_default(),
        vendor(state, &format!("--re-key --ledger {}.ledger", account_id(state)))
    );
    let steps = vec![
        Step::new(t!("key-1"), exported.or(closed).or(renewed.clone())).with(Tool::Export),
        Step::new(t!("key-2"), code.map(|_| t!("key-made"))).with(Tool::Codes),
        Step::new(t!("key-3"), renewed.clone()).with(Tool::Vendor(command)),
        Step::new(t!("key-4"), renewed).with(Tool::Drop).open(made.is_some()),
        Step::new(t!("key-5"), anew.map(|_| t!("lost-begun"))).with(begin(state)),
    ];
    Plan { steps, over: anew.map(|_| t!("key-over")) }
}

fn hand_over(state: &State, begun: &Begun) -> Plan {
    let stays = state.flow.loaded().is_some_and(|loaded| matches!(&loaded.way, Way::Here(key) if key.sealed.is_none()));
    if stays {
        return Plan { steps: vec![Step::new(t!("hand-stays"), None).with(Tool::Guide(Guide::Key))], over: None };
    }
    let handed = since(state, begun).find_map(|entry| match &entry.event {
        Event::HandedOver { to } => Some((to, entry.at)),
        _ => None,
    });
    // What was handed over before this guide was begun is made again here.
    let now = ledger(state).and_then(Ledger::handed_over);
    let handed = handed.map(|(to, at)| (to.as_str(), at)).or(now.map(|handed| (handed.to, handed.at)));
    let taken = since(state, begun).find_map(|entry| match &entry.event {
        Event::TakenOver { .. } => Some(t!("hand-taken", by = entry.by, at = words::instant(entry.at))),
        _ => None,
    });
    let done = handed.map(|(to, at)| t!("hand-done", to = to, at = words::instant(at)));
    let mut send = Step::new(t!("hand-2"), taken.clone());
    if now.is_some() {
        send = send.with(Tool::HandOver(true));
    }
    let steps = vec![
        Step::new(t!("hand-1"), done.clone()).with(Tool::HandOver(false)),
        send,
        Step::new(t!("hand-3"), taken.clone()),
    ];
    let over = taken.map(|_| t!("hand-back")).or(done.map(|_| t!("hand-over")));
    Plan { steps, over }
}

fn deputy(state: &State, begun: &Begun) -> Plan {
    let imported = begun.imported.map(|end| t!("lost-found", position = end));
    let taken = since(state, begun).find_map(|entry| match &entry.event {
        Event::TakenOver { .. } => Some(t!("hand-taken", by = entry.by, at = words::instant(entry.at))),
        _ => None,
    });
    let end = ledger(state).and_then(|ledger| ledger.entries().last());
    let text = match end {
        Some(end) => {
            t!("deputy-1-ends", position = end.place.position, by = end.by, at = words::instant(end.at))
        }
        None => t!("deputy-1"),
    };
    let mut record = Step::new(t!("deputy-2"), taken.clone());
    if end.is_some() {
        record = record.with(Tool::TakeOver).open(true);
    }
    let steps = vec![Step::new(text, imported.or(taken.clone())).with(Tool::Drop), record];
    Plan { steps, over: taken.map(|_| t!("deputy-over")) }
}

/// What was entered since the guide was begun; all of it, where the ledger was begun anew.
fn since<'a>(state: &'a State, begun: &Begun) -> impl Iterator<Item = &'a Verified<LedgerEntry>> {
    let from = match ledger(state) {
        Some(ledger) if ledger.id().epoch == begun.epoch => begun.position,
        _ => 0,
    };
    ledger(state).into_iter().flat_map(Ledger::entries).filter(move |entry| entry.place.position >= from)
}

/// That a newer bundle is here than when the guide was begun.
fn renewed(state: &State, begun: &Begun) -> Option<AttrValue> {
    let bundle = state.flow.loaded()?.bundle();
    (bundle.serial > begun.serial)
        .then(|| t!("guide-renewed", serial = bundle.serial, at = words::instant(bundle.issued_at)))
}

fn base_epoch(state: &State) -> Option<u64> {
    state.flow.loaded()?.bundle().ledger_base.as_ref().map(|base| base.next.ledger.epoch)
}

/// How the ledger is begun: here, or once the bundle is unlocked.
fn begin(state: &State) -> Tool {
    if matches!(state.flow, Flow::Begin(_)) { Tool::Begin } else { Tool::Job }
}

/// Machines that the bundle's base or the ledger knows.
fn known_machines(state: &State) -> BTreeSet<PublicKey> {
    let base = state.flow.loaded().and_then(|loaded| loaded.bundle().ledger_base.as_ref());
    let held = base.into_iter().flat_map(|base| &base.held).map(|held| held.device.key);
    let issued = ledger(state).into_iter().flat_map(Ledger::entries).filter_map(|entry| match &entry.event {
        Event::Issued(issued) => Some(issued.device.key),
        _ => None,
    });
    held.chain(issued).collect()
}

fn account_id(state: &State) -> String {
    state.flow.loaded().map(|loaded| loaded.bundle().account.to_string()).unwrap_or_default()
}

/// What the vendor types to make the next bundle.
fn vendor(state: &State, how: &str) -> String {
    let account = account_id(state);
    format!(
        "postern renew account.toml --previous {account}.bundle {how} \\\n  --trust roots/trust.trust --ops-key \
         ops/ops.pem --ops-grant ops/ops.grant --out {account}-next.bundle"
    )
}
