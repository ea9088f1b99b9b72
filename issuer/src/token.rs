//! Deciding an enablement token: who may make one, for which license id.

use postern_protocol::documents::{Enablement, Event, Version};
use postern_protocol::{Id, Kind, Prepared};

use crate::books::Books;
use crate::decision::{Decision, Made};
use crate::desk::Desk;
use crate::refusal::Refusal;
use crate::rules::{self, Right};

/// Decides an enablement token for a license id. `token` is its new id, made of 128 random bits.
///
/// # Errors
/// Every reason against it, at once.
pub fn decide_token(desk: &Desk<'_>, license_id: &Id, token: Id) -> Result<Decision, Vec<Refusal>> {
    let mut refusals = Vec::new();
    rules::desk(desk, None, &mut refusals);
    rules::issuing(desk, Right::Enable, Some(license_id), &mut refusals);
    if Books::read(desk.bundle, desk.ledger).tokens.values().any(|made| made.id == token) {
        refusals.push(Refusal::TokenIdTaken { token: token.clone() });
    }
    let Some(ledger) = desk.ledger.filter(|_| refusals.is_empty()) else { return Err(refusals) };
    let leaf = desk.chain.leaf();
    let enablement = Enablement {
        kind: Kind::Enablement,
        version: Version,
        product: leaf.product.clone(),
        account: desk.bundle.bundle.account.clone(),
        id: token.clone(),
        license_id: license_id.clone(),
        grant: leaf.digest(),
        issued_at: desk.now,
        ledger: ledger.next(),
        extensions: Vec::new(),
    };
    let prepared = Prepared::new(&enablement);
    let event =
        Event::TokenMade { token: prepared.digest(), id: token, license_id: license_id.clone(), issued_at: desk.now };
    Ok(Decision::new(desk, Some(ledger), Some(Made::Token(Box::new(enablement), prepared)), event))
}
