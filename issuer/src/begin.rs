//! Beginning a ledger, explicitly: at the bundle's base, or empty.

use postern_protocol::documents::Event;

use crate::decision::Decision;
use crate::desk::Desk;
use crate::ledger_error::LedgerError;
use crate::refusal::Refusal;
use crate::rules;

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
