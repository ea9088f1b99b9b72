//! Beginning a ledger, explicitly: at the bundle's base, or empty; in self-service anew in each browser.

use postern_protocol::documents::{Event, LedgerId, LedgerReference};

use crate::decision::Decision;
use crate::desk::{Desk, self_service};
use crate::ledger::{Ledger, genesis};
use crate::ledger_error::LedgerError;
use crate::refusal::Refusal;
use crate::rules;
use crate::shown::gaps;

/// Decides to begin a ledger: one first entry, no file.
///
/// # Errors
/// Every reason against it, at once.
pub fn begin_ledger(desk: &Desk<'_>) -> Result<Decision, Vec<Refusal>> {
    let mut refusals = Vec::new();
    rules::desk(desk, None, &mut refusals);
    if desk.ledger.is_some() {
        refusals.push(Refusal::LedgerExists);
    }
    let base = desk.bundle.bundle.ledger_base.as_ref();
    if base.is_some_and(|base| base.next.ledger.key != desk.chain.leaf().subject) {
        refusals.push(Refusal::Ledger(LedgerError::OtherKey));
    }
    if refusals.is_empty() {
        let event = Event::Begun { bundle: desk.bundle.bundle.digest() };
        Ok(Decision::new(desk, None, None, event))
    } else {
        Err(refusals)
    }
}

/// Decides to begin the ledger of an end user who issues by their own key, in a browser that has none or an older one:
/// in an epoch above all that the machine remembers. One first entry, no file.
///
/// Nobody hands such a ledger from browser to browser. What a new one does not know it does not count either: how many
/// machines an end user's license runs on is bounded where its entitlement names them.
///
/// # Errors
/// Every reason against it, at once.
pub fn begin_own_ledger(desk: &Desk<'_>, remembered: &[LedgerReference]) -> Result<Decision, Vec<Refusal>> {
    let mut refusals = Vec::new();
    rules::desk(desk, None, &mut refusals);
    if !self_service(desk.chain.leaf()) {
        refusals.push(Refusal::NotSelfService);
    }
    if desk.ledger.is_some_and(|ledger| ledger.holds(remembered)) {
        refusals.push(Refusal::LedgerExists);
    }
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let key = desk.chain.leaf().subject;
    let own = remembered.iter().map(|seen| seen.ledger).filter(|ledger| ledger.key == key);
    let newest = own.chain(desk.ledger.map(Ledger::id)).map(|ledger| ledger.epoch).max();
    let ledger = LedgerId { key, epoch: newest.map_or(0, |epoch| epoch.saturating_add(1)) };
    let event = Event::Begun { bundle: desk.bundle.bundle.digest() };
    let place = LedgerReference { ledger, position: 1, previous: genesis() };
    Ok(Decision::at(desk, place, None, None, event))
}

impl Ledger {
    /// Whether this ledger holds everything that a machine remembers of it.
    pub fn holds(&self, remembered: &[LedgerReference]) -> bool {
        gaps(self, remembered).is_empty()
    }
}
