//! How a machine stands: for people as tables or a page, for scripts as JSON. The JSON has a schema,
//! `verifier/docs/status.schema.json`.

mod entitlement;
mod next;
mod parts;
mod why;

use postern_protocol::documents::{Ceiling, DeviceIdentity, FingerprintPart};
use postern_protocol::{Id, Time};
use serde::Serialize;

use crate::rules::consumption;
use crate::rules::expiry::{self, Dates};
use crate::rules::facts::{Facts, InstalledLicense};
use crate::rules::permit::{self, Terms, UseError};
use crate::rules::seats::Seats;
use crate::rules::{clock, cycle};

pub use entitlement::{Entitlement, SeatTotal};
pub use next::Next;
pub use parts::*;
pub use why::Why;

/// How a machine stands at an instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The form of this JSON: 1. It changes only when a field is taken away or changes its meaning.
    pub format: u64,
    /// The instant.
    pub at: Time,
    /// `ok`; `attention`, where something will stop unless somebody acts within 30 days, or revocations keep new licenses
    /// away; `limited`, where not everything that is licensed can be used now.
    pub health: &'static str,
    /// Why it is not `ok`: the gravest reason; `null` where it is.
    pub why: Option<Why>,
    /// The product.
    pub product: Id,
    /// The pinned vendor root.
    pub trust: TrustStatus,
    /// This machine.
    pub machine: DeviceIdentity,
    /// What makes it this machine.
    pub fingerprint: FingerprintStatus,
    /// The enablement token in force; `null` before the first.
    pub enrollment: Option<EnrollmentStatus>,
    /// The credential that the machine activates its license with; `null` where it has none.
    pub activation: Option<ActivationStatus>,
    /// The license in force; `null` before the first.
    pub license: Option<LicenseStatus>,
    /// Seats, by type.
    pub seats: Vec<SeatStatus>,
    /// Consumption, by counter.
    pub consumption: Vec<ConsumptionStatus>,
    /// The request cycle.
    pub cycle: CycleStatus,
    /// The clock.
    pub clock: ClockStatus,
    /// The usage chain.
    pub usage: UsageStatus,
    /// What happens next, soonest first.
    pub next: Vec<Next>,
}

impl Status {
    /// How the machine stands at an instant, on hardware as measured.
    pub fn of(facts: &Facts, measured: &[FingerprintPart], now: Time) -> Self {
        let trust = facts.trust.current();
        let license = license(facts, measured, now);
        let cycle = request_cycle(facts, now);
        let next = next::next(facts, now);
        let clock = ClockStatus {
            state: if clock::trusted(facts, now).is_ok() { "trusted" } else { "behind" },
            floor: clock::floor(facts),
            challenged: facts.challenge.is_some(),
        };
        let usage = UsageStatus { records: facts.usage.count, fork: facts.fork.as_ref().map(ForkStatus::from) };
        let limited = why::limited(facts, Terms::of(facts, measured).as_ref(), now);
        let (health, why) = match (limited, why::attention(facts, &next, now)) {
            (Some(why), _) => ("limited", Some(why)),
            (None, Some(why)) => ("attention", Some(why)),
            (None, None) => ("ok", None),
        };
        Self {
            format: 1,
            at: now,
            health,
            why,
            product: trust.product.clone(),
            trust: TrustStatus {
                vendor: trust.vendor.clone(),
                root: facts.trust.first().digest(),
                number: trust.number,
            },
            machine: facts.device,
            fingerprint: fingerprint(facts, measured),
            enrollment: facts.enrollment.as_ref().map(|enrollment| EnrollmentStatus {
                token: enrollment.token.id.clone(),
                account: enrollment.token.account.clone(),
                license_id: enrollment.token.license_id.clone(),
                enrolled_at: enrollment.enrolled_at,
            }),
            activation: facts.credential.as_ref().map(|credential| ActivationStatus {
                credential: credential.key,
                license_id: credential.license_id.clone(),
            }),
            license,
            seats: seats(facts, now),
            consumption: facts.installed.as_ref().map(|installed| consumption(facts, installed)).unwrap_or_default(),
            cycle,
            clock,
            usage,
            next,
        }
    }
}

fn fingerprint(facts: &Facts, measured: &[FingerprintPart]) -> FingerprintStatus {
    let then = &facts.fingerprint;
    let required = facts.installed.as_ref().map(|_| facts.required);
    let state = match required.map(|required| permit::moved(then, required, measured)) {
        None => "unknown",
        Some(None) => "same",
        Some(Some(_)) => "changed",
    };
    let moved = then.iter().filter(|part| !measured.contains(part)).map(|part| part.part.clone()).collect();
    let parts = then.iter().map(|part| part.part.clone()).collect();
    FingerprintStatus { state, moved, parts, required: required.unwrap_or_default() }
}

fn license(facts: &Facts, measured: &[FingerprintPart], now: Time) -> Option<LicenseStatus> {
    let installed = facts.installed.as_ref()?;
    let terms = Terms::of(facts, measured)?;
    let license = &installed.license;
    let dates = &terms.dates;
    // What stops new uses is said first; what only warns, with a license that ended, stands in its state.
    let limited_by = terms.full(now).err().map(UseError::from);
    let allowed = terms.permit(now).map_or("lock", expiry::Use::word);
    Some(LicenseStatus {
        state: dates.standing(now).word(),
        r#use: allowed,
        limited_by: limited_by.as_ref().map(Reason::of),
        revocation: expiry::revoked(facts, installed).map(RevocationStatus::from),
        digest: license.digest(),
        account: license.account.clone(),
        license_id: license.license_id.clone(),
        license_type: license.license_type,
        activation: license.activation.clone(),
        sequence: license.sequence,
        issued_at: license.issued_at,
        installed_at: installed.installed_at,
        starts_at: license.starts_at,
        ends_at: license.ends_at,
        full_until: dates.full_until(),
        expiry: license.expiry,
        extension: extension(facts, dates, installed),
        running: facts.meter.as_ref().map(|meter| meter.running),
        features: license.features.clone(),
    })
}

fn extension(facts: &Facts, dates: &Dates, installed: &InstalledLicense) -> &'static str {
    let spent = facts.extensions.iter().any(|one| one.told.grant == *installed.ancestor());
    match (spent, dates.policy.extension, dates.ends_at) {
        (true, ..) => "used",
        (false, Ceiling::Limited(0), _) | (false, _, Ceiling::Unlimited) => "none",
        (false, ..) => "available",
    }
}

/// Seats of every type that the license has or somebody uses.
fn seats(facts: &Facts, now: Time) -> Vec<SeatStatus> {
    let seats = Seats::of(facts, facts.installed.as_ref().map(|installed| installed.license.get()), now, now);
    let counts = seats.counts().iter();
    counts
        .map(|count| SeatStatus {
            seat_type: count.seat_type.clone(),
            total: count.total,
            used: count.used,
            free: seats.free(&count.seat_type),
            holders: facts
                .holders(&count.seat_type)
                .map(|seat| Holder { user: seat.user.clone(), since: seat.since })
                .collect(),
            sessions: facts
                .live_sessions(now)
                .filter(|session| session.seat_type == count.seat_type)
                .map(|session| SessionStatus {
                    id: session.id.clone(),
                    user: session.user.clone(),
                    since: session.since,
                    until: session.until,
                })
                .collect(),
        })
        .collect()
}

fn consumption(facts: &Facts, installed: &InstalledLicense) -> Vec<ConsumptionStatus> {
    let license = &installed.license;
    let since =
        |counter: &Id| license.consumption_base.iter().find(|base| base.counter == *counter).map(|base| base.since);
    let counters = license.consumption.iter();
    counters
        .map(|limits| ConsumptionStatus {
            counter: limits.counter.clone(),
            feature: limits.feature.clone(),
            limit: limits.limit,
            balance: consumption::balance(facts, installed, limits),
            since: since(&limits.counter),
            reset_period: limits.reset_period,
        })
        .collect()
}

fn request_cycle(facts: &Facts, now: Time) -> CycleStatus {
    let newest = facts.cycle.as_ref();
    let open = newest.filter(|cycle| !cycle.ended);
    let until = cycle::cycle_deadline(facts);
    let locks = facts.locks();
    CycleStatus {
        state: match (open, cycle::not_locked(facts, now)) {
            (None, _) => "none",
            (Some(_), Ok(())) => "open",
            (Some(_), Err(_)) => "locked",
        },
        lock_effect: cycle::windows(facts).lock_effect,
        cycle: newest.map_or(0, |cycle| cycle.number),
        request: open.zip(until).and_then(|(open, locked_after)| {
            let newest = open.newest.as_ref()?;
            Some(RequestStatus {
                digest: newest.digest(),
                number: newest.cycle.number,
                void: open.voided,
                first_generated_at: open.first_generated_at,
                generated_at: newest.cycle.generated_at,
                install_until: cycle::answer_deadline(facts).unwrap_or(newest.cycle.generated_at),
                locked_after: locks.then_some(locked_after),
            })
        }),
    }
}
