//! Answering an LFR or an activation: every rule about the request, then the license that answers it.

use postern_protocol::Verified;
use postern_protocol::documents::{LicenseType, Purpose, Request};

use crate::books::Books;
use crate::choice::Choice;
use crate::decision::Decision;
use crate::desk::{Desk, license_id};
use crate::examine::examine;
use crate::license;
use crate::refusal::Refusal;
use crate::request_rules::Rules;
use crate::rules::{self, Right};
use crate::spent;

/// Decides an LFR or an activation with a choice of dates and quantities.
///
/// # Errors
/// Every reason against it, at once.
pub fn decide_license(desk: &Desk<'_>, request: &Verified<Request>, choice: &Choice) -> Result<Decision, Vec<Refusal>> {
    let examination = examine(desk, request);
    let mut refusals = examination.refusals.clone();
    refusals.extend(examination.judge(choice));
    match (desk.ledger, license_id(desk.chain.leaf(), request)) {
        (Some(ledger), Some(license_id)) if refusals.is_empty() => {
            Ok(license::decide(desk, ledger, request, license_id, choice, &examination))
        }
        _ => Err(refusals),
    }
}

/// Every reason against answering a request that does not depend on the choice.
pub(crate) fn refusals(desk: &Desk<'_>, books: &Books, request: &Verified<Request>) -> Vec<Refusal> {
    let leaf = desk.chain.leaf();
    let mut refusals = Vec::new();
    rules::desk(desk, Some(request.device.key), &mut refusals);
    rules::issuing(desk, Right::Issue, license_id(leaf, request), &mut refusals);
    let rules = Rules::new(desk, books, request);
    let due = match leaf.license_type.limit() {
        // Refused whatever it asks for, and the reason is not what it asks for.
        Some(LicenseType::Subscription) => request.purpose,
        Some(license_type) if license_type.node_locked() => Purpose::Activation,
        _ => Purpose::Lfr,
    };
    rules.addressed(due, &mut refusals);
    rules.in_time(&mut refusals);
    rules.device(&mut refusals);
    rules.credential(&mut refusals);
    rules.room(&mut refusals);
    rules.memory(&mut refusals);
    if !rules.unanswered(&mut refusals) {
        // Nothing more is to be said of its order or its price.
    } else if rules.recovering() {
        rules.not_voided(&mut refusals);
        spent::release(desk, books, &mut refusals);
    } else if rules.is_newest(&mut refusals) {
        rules.not_rolled_back(&mut refusals);
    }
    rules.token(&mut refusals);
    rules.token_age(&mut refusals);
    refusals
}
