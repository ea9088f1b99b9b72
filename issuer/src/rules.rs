//! What must hold whatever is issued: bundle, path, time, rights, ledger.

use postern_protocol::documents::{Approval, Ceiling, Grant, Grantor, LicenseType, Revocations};
use postern_protocol::time::DAY;
use postern_protocol::{Id, PublicKey, Verified, revocation};

use crate::desk::Desk;
use crate::ledger::Ledger;
use crate::ledger_error::LedgerError;
use crate::refusal::Refusal;

/// Seconds by which the portal's and a machine's clock may differ from times in documents (design §5).
pub(crate) const CLOCK_TOLERANCE: u64 = DAY;

/// The longest name of whoever decides, in characters.
const NAME_CHARACTERS: usize = 128;

/// What every ledger entry needs, its first one too.
pub(crate) fn desk(desk: &Desk<'_>, device: Option<PublicKey>, refusals: &mut Vec<Refusal>) {
    let (leaf, bundle) = (desk.chain.leaf(), &desk.bundle.bundle);
    if leaf.product != bundle.product {
        refusals.push(Refusal::OtherProduct { expected: bundle.product.clone(), found: leaf.product.clone() });
    }
    if let Ceiling::Limited(account) = &leaf.account
        && *account != bundle.account
    {
        refusals.push(Refusal::OtherAccount { expected: bundle.account.clone(), found: account.clone() });
    }
    if desk.now > bundle.expires_at {
        refusals.push(Refusal::BundleExpired { at: bundle.expires_at });
    }
    let recorded = desk.ledger.and_then(|ledger| ledger.entries().last()).map(|entry| entry.at);
    let known = bundle.issued_at.max(leaf.issued_at).max(recorded.unwrap_or(leaf.issued_at));
    if desk.now.plus(CLOCK_TOLERANCE) < known {
        refusals.push(Refusal::ClockBehind { now: desk.now, known });
    }
    if let Some(hit) = revocation::standing(desk.chain, desk.revocations, device, None) {
        refusals.push(Refusal::Revoked(hit));
    }
    name(desk.by, refusals);
}

/// A name that the ledger can hold.
pub(crate) fn name(name: &str, refusals: &mut Vec<Refusal>) {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARACTERS || name.chars().any(char::is_control) {
        refusals.push(Refusal::Name);
    }
}

/// There is a ledger to go on with, it is this key's, and nobody else was given it.
pub(crate) fn recording(desk: &Desk<'_>, refusals: &mut Vec<Refusal>) {
    ledger(desk, refusals);
    not_handed_over(desk, refusals);
}

/// The ledger was not handed over, or whoever has it went on with it.
pub(crate) fn not_handed_over(desk: &Desk<'_>, refusals: &mut Vec<Refusal>) {
    if let Some(handed) = desk.ledger.and_then(Ledger::handed_over) {
        refusals.push(Refusal::HandedOver { to: handed.to.into(), at: handed.at });
    }
}

/// There is a ledger, and it is this key's.
pub(crate) fn ledger(desk: &Desk<'_>, refusals: &mut Vec<Refusal>) {
    match desk.ledger {
        None => refusals.push(Refusal::LedgerMissing),
        Some(ledger) if ledger.id().key != desk.chain.leaf().subject => {
            refusals.push(Refusal::Ledger(LedgerError::OtherKey));
        }
        Some(ledger) => refusals.extend(ledger.check_beginning(desk.bundle).err().map(Refusal::Ledger)),
    }
}

/// Now lies in the issuing window of every link.
pub(crate) fn issue_window(desk: &Desk<'_>, refusals: &mut Vec<Refusal>) {
    let (from, until) = desk.chain.issue_window();
    if !(from..=until).contains(&desk.now) {
        refusals.push(Refusal::IssueWindow { from, until, now: desk.now });
    }
}

/// What every file needs that gives a machine something.
pub(crate) fn issuing(desk: &Desk<'_>, right: Right, license_id: Option<&Id>, refusals: &mut Vec<Refusal>) {
    let leaf = desk.chain.leaf();
    recording(desk, refusals);
    issue_window(desk, refusals);
    if let Err(grant) = revocation::fresh(desk.chain, desk.revocations, desk.now) {
        refusals.push(Refusal::RevocationsStale { grant });
    }
    // What is bound to one machine is offline by its own switch, below; the account's approval is for installations.
    if !node_locked(leaf) && !matches!(leaf.approval, Approval::Approved { .. }) {
        let contact = desk.bundle.bundle.contact.clone();
        refusals.push(Refusal::NotApproved { account: desk.bundle.bundle.account.clone(), contact });
    }
    let (granted, right) = match right {
        Right::Issue => (leaf.rights.issue, "issue"),
        Right::Enable => (leaf.rights.enable, "enable"),
        Right::Refresh => (leaf.rights.refresh, "refresh"),
        Right::RepairClock => (leaf.rights.repair_clock.count > 0, "repair-clock"),
    };
    if !granted {
        refusals.push(Refusal::RightMissing { right });
    }
    if !leaf.allow_offline_activation {
        refusals.push(Refusal::OfflineNotAllowed);
    }
    if leaf.license_type == Ceiling::Limited(LicenseType::Subscription) {
        refusals.push(Refusal::Subscription);
    }
    match (&leaf.installations, license_id) {
        (_, None) => refusals.push(Refusal::LicenseIdMissing),
        (Ceiling::Limited(list), Some(license_id)) if !list.iter().any(|one| one.license_id == *license_id) => {
            refusals.push(Refusal::LicenseIdUnknown { license_id: license_id.clone() });
        }
        _ => {}
    }
}

/// Whether licenses under this grant are bound to one machine by an activation.
pub(crate) fn node_locked(leaf: &Grant) -> bool {
    leaf.license_type.limit().is_some_and(|license_type| license_type.node_locked())
}

/// The right that a file needs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Right {
    Issue,
    Refresh,
    Enable,
    RepairClock,
}

/// The newest revocations of each issuer on the path, each once: what travels in a file.
pub(crate) fn revocations<'a>(desk: &Desk<'a>) -> Vec<&'a Verified<Revocations>> {
    let mut lists = revocation::newest(desk.chain.revocations(), desk.revocations);
    let mut issuers: Vec<Grantor> = Vec::new();
    lists.retain(|list| {
        let on_path = match list.issuer {
            Grantor::Root => true,
            Grantor::Key(key) => desk.chain.grants().iter().any(|grant| grant.subject == key),
        };
        let first = !issuers.contains(&list.issuer);
        issuers.push(list.issuer);
        on_path && first
    });
    lists
}
