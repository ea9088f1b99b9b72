//! How a machine stands: for people as tables, for scripts as JSON. The JSON is described in `verifier/docs/status.md`.

mod entitlement;
mod next;

use postern_protocol::documents::{
    Ceiling, Consumption, DeviceIdentity, ExpiryPolicy, Feature, LicenseType, LockEffect,
};
use postern_protocol::{Digest, Id, Time};
use serde::Serialize;

use crate::rules::facts::Facts;
use crate::rules::{clock, cycle, expiry, seats};

pub use entitlement::Entitlement;
pub use next::Next;

/// How a machine stands at an instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The form of this JSON: 1. It changes only when a field is taken away or changes its meaning.
    pub format: u64,
    /// The instant.
    pub at: Time,
    /// The product.
    pub product: Id,
    /// The pinned vendor root.
    pub trust: TrustStatus,
    /// This machine.
    pub machine: DeviceIdentity,
    /// The enablement token in force; `null` before the first.
    pub enrollment: Option<EnrollmentStatus>,
    /// The license in force; `null` before the first.
    pub license: Option<LicenseStatus>,
    /// Seats, by type.
    pub seats: Vec<SeatStatus>,
    /// The request cycle.
    pub cycle: CycleStatus,
    /// The clock.
    pub clock: ClockStatus,
    /// Records in the usage chain.
    pub usage_records: u64,
    /// What happens next, soonest first.
    pub next: Vec<Next>,
}

/// The pinned vendor root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrustStatus {
    /// The vendor.
    pub vendor: Id,
    /// The digest of the pinned trust document.
    pub root: Digest,
    /// The newest trust version known.
    pub number: u64,
}

/// The enablement token in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EnrollmentStatus {
    /// The token's id.
    pub token: Id,
    /// The account.
    pub account: Id,
    /// The license id.
    pub license_id: Id,
    /// When it was installed.
    pub enrolled_at: Time,
}

/// The license in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LicenseStatus {
    /// `not-started`, `active`, `notice`, `grace`, `ended` or `stopped`.
    pub state: &'static str,
    /// What users may do now: `full`, `warn`, `read-only` or `lock`.
    pub r#use: &'static str,
    /// Why it was stopped.
    pub stopped_by: Option<String>,
    /// Its digest.
    pub digest: Digest,
    /// The account.
    pub account: Id,
    /// The license id.
    pub license_id: Id,
    /// Its kind.
    pub license_type: LicenseType,
    /// The activation that it lives in.
    pub activation: Id,
    /// Its number on this machine.
    pub sequence: u64,
    /// When it was issued.
    pub issued_at: Time,
    /// When it was installed.
    pub installed_at: Time,
    /// Its start.
    pub starts_at: Time,
    /// Its end.
    pub ends_at: Ceiling<Time>,
    /// The last instant of full use after its end.
    pub grace_until: Ceiling<Time>,
    /// What follows its end.
    pub expiry: ExpiryPolicy,
    /// Features.
    pub features: Vec<Feature>,
    /// Consumption counters.
    pub consumption: Vec<Consumption>,
}

/// Seats of one type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SeatStatus {
    /// The seat type.
    pub seat_type: Id,
    /// How many there are now.
    pub total: u64,
    /// How many are in use.
    pub used: u64,
    /// How many are free.
    pub free: u64,
    /// Who holds them.
    pub holders: Vec<Holder>,
}

/// Who holds a seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Holder {
    /// The user.
    pub user: String,
    /// Since when.
    pub since: Time,
}

/// The request cycle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CycleStatus {
    /// `none` (no request is open), `open` or `locked`.
    pub state: &'static str,
    /// What a lock does to the license in force.
    pub lock_effect: LockEffect,
    /// The newest cycle; 0 before the first.
    pub cycle: u64,
    /// The open cycle's newest request.
    pub request: Option<RequestStatus>,
}

/// The newest request of an open cycle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestStatus {
    /// Its digest.
    pub digest: Digest,
    /// Its number in the cycle.
    pub number: u64,
    /// When the cycle's first request was made.
    pub first_generated_at: Time,
    /// When it was made.
    pub generated_at: Time,
    /// The last instant at which its answer can be installed.
    pub install_until: Time,
    /// The machine locks after this instant unless an answer was installed.
    pub locked_after: Time,
}

/// The clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClockStatus {
    /// `trusted` or `behind`.
    pub state: &'static str,
    /// The earliest time that the clock may show.
    pub floor: Time,
}

impl Status {
    /// How the machine stands at an instant.
    pub fn of(facts: &Facts, now: Time) -> Self {
        let trust = facts.trust.current();
        Self {
            format: 1,
            at: now,
            product: trust.product.clone(),
            trust: TrustStatus {
                vendor: trust.vendor.clone(),
                root: facts.trust.first().digest(),
                number: trust.number,
            },
            machine: facts.device,
            enrollment: facts.enrollment.as_ref().map(|enrollment| EnrollmentStatus {
                token: enrollment.token.id.clone(),
                account: enrollment.token.account.clone(),
                license_id: enrollment.token.license_id.clone(),
                enrolled_at: enrollment.enrolled_at,
            }),
            license: license(facts, now),
            seats: seats(facts, now),
            cycle: request_cycle(facts, now),
            clock: ClockStatus {
                state: if clock::trusted(facts, now).is_ok() { "trusted" } else { "behind" },
                floor: clock::floor(facts),
            },
            usage_records: facts.usage.count,
            next: next::next(facts, now),
        }
    }
}

fn license(facts: &Facts, now: Time) -> Option<LicenseStatus> {
    let installed = facts.installed.as_ref()?;
    let license = &installed.license;
    let standing = expiry::standing(facts, installed, now);
    Some(LicenseStatus {
        state: standing.word(),
        r#use: standing.use_allowed(),
        stopped_by: match standing {
            expiry::Standing::Stopped { why } => Some(why),
            _ => None,
        },
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
        grace_until: expiry::grace_until(license),
        expiry: license.expiry,
        features: license.features.clone(),
        consumption: license.consumption.clone(),
    })
}

/// Seats of every type that the license has or somebody holds.
fn seats(facts: &Facts, at: Time) -> Vec<SeatStatus> {
    let license = facts.installed.as_ref().map(|installed| installed.license.get());
    let of_license = license.into_iter().flat_map(|license| &license.allocation).map(|one| &one.seat_type);
    let mut types: Vec<&Id> = of_license.chain(facts.seats.iter().map(|seat| &seat.seat_type)).collect();
    types.sort_unstable();
    types.dedup();
    types
        .into_iter()
        .map(|seat_type| {
            let total = license.and_then(|license| seats::allowed(license, seat_type, at)).unwrap_or(0);
            let used = facts.used(seat_type);
            let holder = |seat: &crate::rules::facts::Seat| Holder { user: seat.user.clone(), since: seat.since };
            SeatStatus {
                seat_type: seat_type.clone(),
                total,
                used,
                free: total.saturating_sub(used),
                holders: facts.holders(seat_type).map(holder).collect(),
            }
        })
        .collect()
}

fn request_cycle(facts: &Facts, now: Time) -> CycleStatus {
    let newest = facts.cycle.as_ref();
    let open = newest.and_then(|cycle| cycle.open_request());
    let deadlines = cycle::answer_deadline(facts).zip(cycle::cycle_deadline(facts));
    CycleStatus {
        state: match (open, cycle::not_locked(facts, now)) {
            (None, _) => "none",
            (Some(_), Ok(())) => "open",
            (Some(_), Err(_)) => "locked",
        },
        lock_effect: cycle::windows(facts).lock_effect,
        cycle: newest.map_or(0, |cycle| cycle.number),
        request: open.zip(deadlines).map(|(request, (install_until, locked_after))| RequestStatus {
            digest: request.digest(),
            number: request.cycle.number,
            first_generated_at: request.cycle.first_generated_at,
            generated_at: request.cycle.generated_at,
            install_until,
            locked_after,
        }),
    }
}
