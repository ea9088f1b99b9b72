//! Installing a license: everything that must hold, in the order in which a person can act on it (design §5).

use std::cmp::Ordering;

use postern_protocol::documents::{Checkpoint, FingerprintPart, License};
use postern_protocol::{ChainError, Id, Time, VerifiedFile, revocation};

use super::facts::{Enrollment, Facts, Way};
use super::install_error::InstallError;
use super::seats::{self, Overuse};
use super::{clock, cycle, permit};

/// How far past the high-water a refresh may lie: files get lost on the way.
pub const MOST_SKIPPED: u64 = 1024;

/// What to do with a license that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// This very license is in force: nothing to do.
    AlreadyInstalled,
    /// It replaces what is in force.
    Install,
}

/// Judges a verified license file against what this machine is, has asked, has installed and uses.
///
/// # Errors
/// The first rule that it breaks.
pub fn judge(
    facts: &Facts,
    file: &VerifiedFile<License>,
    measured: &[FingerprintPart],
    now: Time,
) -> Result<Verdict, InstallError> {
    let license = file.document.get();
    for_this_machine(facts, license)?;
    let in_force = facts.installed.as_ref().map(|installed| installed.license.digest());
    if in_force == Some(file.document.digest()) {
        return Ok(Verdict::AlreadyInstalled);
    }
    same_branch(facts, license)?;
    newer(facts, license)?;
    clock::not_from_the_future(license.issued_at, now)?;
    clock::trusted(facts, now)?;
    cycle::not_locked(facts, now)?;
    answers(facts, license)?;
    in_time(facts, file, now)?;
    same_hardware(facts, license, measured)?;
    fresh_revocations(facts, file, now)?;
    same_ledger(facts, license)?;
    match reduction(facts, license, now) {
        over if over.is_empty() => Ok(Verdict::Install),
        over => Err(InstallError::SeatsInUse { over }),
    }
}

/// The license is for this machine, this account and license id, and this life of it.
fn for_this_machine(facts: &Facts, license: &License) -> Result<(), InstallError> {
    if facts.closed_activations.contains(&license.activation) {
        return Err(InstallError::ActivationClosed);
    }
    let way = facts.way().ok_or(cycle::NotEnrolled)?;
    if license.device.key != facts.device.key {
        return Err(InstallError::OtherMachine { here: facts.device.key, there: license.device.key });
    }
    // An answer that accepts a restored machine begins its next epoch.
    let next = license.accept_fork.is_some() && license.device.epoch == facts.device.epoch + 1;
    if license.device.epoch != facts.device.epoch && !next {
        return Err(InstallError::OtherEpoch { here: facts.device.epoch, there: license.device.epoch });
    }
    asked_for(facts, way, license)?;
    if facts.activation.as_ref() != Some(&license.activation) {
        return Err(InstallError::OtherActivation);
    }
    let dead = |id: &Id| *id == license.activation;
    if license.tombstones.iter().any(|stone| stone.device == facts.device.key && dead(&stone.activation)) {
        return Err(InstallError::ReleasedAsDead);
    }
    Ok(())
}

/// The license is of the kind that this machine asks for, and under the account and license id that it knows.
fn asked_for(facts: &Facts, way: Way<'_>, license: &License) -> Result<(), InstallError> {
    if license.license_type.node_locked() != matches!(way, Way::Credential(_)) {
        return Err(InstallError::OtherType { found: license.license_type });
    }
    let installed = facts.installed.as_ref().map(|installed| installed.license.get());
    let (account, license_id) = match way {
        Way::Token(Enrollment { token, .. }) => (Some(&token.account), Some(&token.license_id)),
        Way::Credential(credential) => (
            installed.map(|license| &license.account),
            installed.map(|license| &license.license_id).or(credential.license_id.as_ref()),
        ),
    };
    if let Some(expected) = account.filter(|account| **account != license.account) {
        let (expected, found) = (expected.clone(), license.account.clone());
        return Err(ChainError::OtherAccount { expected, found }.into());
    }
    if let Some(expected) = license_id.filter(|license_id| **license_id != license.license_id) {
        let (expected, found) = (expected.clone(), license.license_id.clone());
        return Err(InstallError::OtherLicenseId { expected, found });
    }
    Ok(())
}

/// The license is newer than everything that was installed.
fn newer(facts: &Facts, license: &License) -> Result<(), InstallError> {
    let (have, found) = (facts.sequence, license.sequence);
    if found < have {
        return Err(InstallError::SequenceOld { have, found });
    }
    if found == have {
        return Err(InstallError::SequenceConflict { sequence: found });
    }
    // An answer follows what its request showed, but for a machine that was restored: the issuer knows more of it.
    let most = if license.request.is_some() && license.accept_fork.is_none() { 1 } else { MOST_SKIPPED };
    if found - have > most { Err(InstallError::SequenceGap { have, found }) } else { Ok(()) }
}

/// The license answers the newest open request, or none: then it is a refresh.
fn answers(facts: &Facts, license: &License) -> Result<(), InstallError> {
    let Some(request) = license.request else {
        return if facts.installed.is_some() { Ok(()) } else { Err(InstallError::NothingToRefresh) };
    };
    if !facts.requests.contains(&request) {
        return Err(InstallError::RequestUnknown);
    }
    let open = facts.cycle.as_ref().and_then(|cycle| cycle.open_request());
    if open.is_some_and(|open| open.digest() == request) { Ok(()) } else { Err(InstallError::RequestSuperseded) }
}

/// The device's time lies inside every window.
fn in_time(facts: &Facts, file: &VerifiedFile<License>, now: Time) -> Result<(), InstallError> {
    let license = &file.document;
    if license.request.is_some()
        && let Some(until) = cycle::answer_deadline(facts)
        && now > until
    {
        return Err(InstallError::Window { until });
    }
    if now > license.install_before {
        return Err(InstallError::InstallBefore { until: license.install_before });
    }
    // On its other side the issuing window is closed by `install_before`: `within` keeps it at most 7 days past it.
    let (from, _) = file.chain.issue_window();
    if now < from { Err(InstallError::IssueWindow { from }) } else { Ok(()) }
}

/// Enough of the machine is what it was when it asked; for a refresh, what it was when the license that it replaces was
/// installed.
fn same_hardware(facts: &Facts, license: &License, measured: &[FingerprintPart]) -> Result<(), InstallError> {
    let policy = &license.fingerprint;
    let (parts, required) = match license.request {
        Some(_) => (policy.parts.as_slice(), policy.required),
        None => (facts.fingerprint.as_slice(), facts.required),
    };
    permit::moved(parts, required, measured).map_or(Ok(()), |moved| Err(InstallError::FingerprintChanged(moved)))
}

/// The revocations are as fresh as every link asks for. What they say was heard when the file was verified.
fn fresh_revocations(facts: &Facts, file: &VerifiedFile<License>, now: Time) -> Result<(), InstallError> {
    revocation::fresh(&file.chain, &facts.revocations, now).map_err(|grant| InstallError::RevocationsStale { grant })
}

/// The usage chain contains all that the issuer saw of it; or the issuer accepts it as it is.
fn same_branch(facts: &Facts, license: &License) -> Result<(), InstallError> {
    match lost(facts, license).filter(|_| !accepted(facts, license)) {
        Some(lost) => Err(InstallError::UsageRolledBack { have: facts.usage.count, seen: lost }),
        None => Ok(()),
    }
}

/// Whether the license accepts this machine as its open request showed it.
fn accepted(facts: &Facts, license: &License) -> bool {
    let open = facts.cycle.as_ref().and_then(|cycle| cycle.open_request());
    license.accept_fork.is_some_and(|fork| open.is_some_and(|open| open.usage == fork.usage))
}

/// A checkpoint that the issuer has seen of this usage chain and that never left this store: it was rolled back, or it is
/// a copy.
pub(crate) fn lost(facts: &Facts, license: &License) -> Option<Checkpoint> {
    missing(facts, license).next()
}

/// The checkpoints to keep with an install: those of the branch that it forgives.
pub(crate) fn forgiven(facts: &Facts, license: &License) -> Vec<Checkpoint> {
    missing(facts, license).collect()
}

fn missing<'a>(facts: &'a Facts, license: &'a License) -> impl Iterator<Item = Checkpoint> + 'a {
    let of_this_chain = license.acknowledged.iter().filter(|one| one.genesis == facts.usage.genesis);
    of_this_chain.filter(|one| !facts.heads.contains(&(one.count, one.head))).copied()
}

/// The ledger contains all that this machine saw of it.
fn same_ledger(facts: &Facts, license: &License) -> Result<(), InstallError> {
    let open = facts.cycle.as_ref().and_then(|cycle| cycle.open_request());
    // An answer follows all that its request told; a refresh follows what is installed.
    let answered = open.filter(|open| license.request == Some(open.digest()));
    let installed = facts.installed.as_ref().map(|installed| std::slice::from_ref(&installed.license.ledger));
    let told = answered.map(|open| open.ledgers.as_slice()).or(installed).unwrap_or_default();
    for seen in told.iter().filter(|seen| seen.ledger.key == license.ledger.ledger.key) {
        match seen.ledger.epoch.cmp(&license.ledger.ledger.epoch) {
            Ordering::Greater => return Err(InstallError::LedgerReplaced),
            Ordering::Equal if seen.position >= license.ledger.position => {
                return Err(InstallError::LedgerStale { seen: seen.position, found: license.ledger.position });
            }
            _ => {}
        }
    }
    Ok(())
}

/// Where more seats are in use than the license allows from its first instant on.
fn reduction(facts: &Facts, license: &License, now: Time) -> Vec<Overuse> {
    seats::overuse(facts, license, now.max(license.starts_at), now)
}
