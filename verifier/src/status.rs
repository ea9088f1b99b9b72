//! How a machine stands: for people as tables or a page, for scripts as JSON. The JSON has a schema,
//! `verifier/docs/status.schema.json`.

mod entitlement;
mod next;
mod why;

use postern_protocol::documents::{
    Ceiling, DeviceIdentity, ExpiryPolicy, Feature, FingerprintPart, LicenseType, LockEffect,
};
use postern_protocol::{Digest, Explain, Id, PublicKey, Time};
use serde::Serialize;

use crate::rules::consumption::{self, Balance};
use crate::rules::expiry::{self, Dates};
use crate::rules::facts::{Facts, Fork, InstalledLicense};
use crate::rules::permit::{self, Terms, UseError};
use crate::rules::seats::Seats;
use crate::rules::{clock, cycle};

pub use entitlement::{Entitlement, SeatTotal};
pub use next::Next;
pub use why::Why;

/// How a machine stands at an instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The form of this JSON: 1. It changes only when a field is taken away or changes its meaning.
    pub format: u64,
    /// The instant.
    pub at: Time,
    /// `ok`; `attention`, where something will stop unless somebody acts within 30 days; `limited`, where not everything
    /// that is licensed can be used now.
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

/// What makes the machine this machine, since the license in force was installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FingerprintStatus {
    /// `same`, or `changed` where too many parts moved; `unknown` before the first license.
    pub state: &'static str,
    /// Parts that moved.
    pub moved: Vec<Id>,
    /// The parts that there were.
    pub parts: Vec<Id>,
    /// How many must match.
    pub required: u64,
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

/// The credential that a machine activates its license with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ActivationStatus {
    /// Its public key.
    pub credential: PublicKey,
    /// The license id, where the user named one.
    pub license_id: Option<Id>,
}

/// The license in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LicenseStatus {
    /// `not-started`, `active`, `notice`, `grace`, `ended` or `stopped`.
    pub state: &'static str,
    /// What users may do now: `full`, `warn`, `read-only` or `lock`.
    pub r#use: &'static str,
    /// Why they may not do everything; `null` where they may.
    pub limited_by: Option<Reason>,
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
    /// The last instant of full use after its end, an extension that was used included.
    pub full_until: Ceiling<Time>,
    /// What follows its end.
    pub expiry: ExpiryPolicy,
    /// `none`, `available` or `used`.
    pub extension: &'static str,
    /// Seconds that the machine has run with it; `null` where it cannot tell.
    pub running: Option<u64>,
    /// Features.
    pub features: Vec<Feature>,
}

/// Why the license may not be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// Its stable code.
    pub code: &'static str,
    /// What it is.
    pub message: String,
    /// What to do.
    pub advice: String,
}

impl Reason {
    fn of(error: &UseError) -> Self {
        Self { code: error.code(), message: error.to_string(), advice: error.advice() }
    }
}

/// Seats of one type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SeatStatus {
    /// The seat type.
    pub seat_type: Id,
    /// How many there are now.
    pub total: u64,
    /// How many are in use, those included that generic seats serve.
    pub used: u64,
    /// How many can be taken, generic ones that can serve this type included.
    pub free: u64,
    /// Who holds named ones.
    pub holders: Vec<Holder>,
    /// Floating sessions.
    pub sessions: Vec<SessionStatus>,
}

/// Who holds a named seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Holder {
    /// The user.
    pub user: String,
    /// Since when.
    pub since: Time,
}

/// A floating session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SessionStatus {
    /// Its id.
    pub id: Id,
    /// Who, or what for.
    pub user: String,
    /// Since when.
    pub since: Time,
    /// Its last instant; `null` where the license sets no longest session.
    pub until: Option<Time>,
}

/// A consumption counter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConsumptionStatus {
    /// The counter.
    pub counter: Id,
    /// The feature that it counts; `null` where it counts the license as a whole.
    pub feature: Option<Id>,
    /// Units per period.
    pub limit: Ceiling<u64>,
    /// Units in the current period and what is left.
    #[serde(flatten)]
    pub balance: Balance,
    /// When the period began; `null` where the license does not say.
    pub since: Option<Time>,
    /// Seconds after which a new license may begin a new period.
    pub reset_period: Ceiling<u64>,
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
    /// Whether a time ticket has voided it: then a new one has to be made.
    pub void: bool,
    /// When the cycle's first request was made.
    pub first_generated_at: Time,
    /// When it was made.
    pub generated_at: Time,
    /// The last instant at which its answer can be installed.
    pub install_until: Time,
    /// The machine locks after this instant unless an answer was installed.
    pub locked_after: Option<Time>,
}

/// The clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClockStatus {
    /// `trusted` or `behind`.
    pub state: &'static str,
    /// The earliest time that the clock may show.
    pub floor: Time,
    /// Whether a challenge waits for its ticket.
    pub challenged: bool,
}

/// The usage chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UsageStatus {
    /// Records.
    pub records: u64,
    /// The proof that this store was rolled back or copied; `null` where there is none, or where it was accepted since.
    pub fork: Option<ForkStatus>,
}

/// A proof that the store was rolled back or copied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ForkStatus {
    /// The license that proves it.
    pub license: Digest,
    /// Records that its issuer has seen.
    pub seen: u64,
    /// When it was found.
    pub found_at: Time,
}

impl From<&Fork> for ForkStatus {
    fn from(fork: &Fork) -> Self {
        Self { license: fork.license, seen: fork.seen, found_at: fork.found_at }
    }
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
