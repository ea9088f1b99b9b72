//! Making a request: the machine tells everything that an issuer needs to judge it.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use postern_protocol::documents::{
    ClockReading, Counted, Cycle, FingerprintPart, Installed, Purpose, Request, RevocationSerial, SeatUse, Understands,
    Version,
};
use postern_protocol::{Digest, Explain, Id, Kind, Time};
use sha2::Sha256;

use super::clock::{self, ClockError};
use super::cycle::{self, Locked, NotEnrolled};
use super::facts::{Enrollment, Facts, Way};
use super::seats::Seats;
use crate::store::StateError;

/// Holders that one request lists; the count of seats in use is always whole. Keeps the request below 1 MiB.
const MOST_HOLDERS: usize = 2_000;

/// What comes from outside into a request.
pub struct Ingredients<'a> {
    /// The fingerprint as measured now.
    pub fingerprint: Vec<FingerprintPart>,
    /// 128 random bits.
    pub nonce: [u8; 16],
    /// Hides the names of users.
    pub hiding_secret: &'a [u8; 32],
    /// Whether users are named instead of hidden.
    pub names: bool,
}

/// The machine's next LFR. It voids every request before it.
///
/// A machine whose store was rolled back asks to be accepted again.
///
/// # Errors
/// No token is installed, the machine is locked, or its clock is behind.
pub fn request(facts: &Facts, with: Ingredients<'_>, now: Time) -> Result<Request, RequestError> {
    if let Some(Way::Credential(_)) = facts.way() {
        return Err(RequestError::Activated);
    }
    let base = base(facts, with, now)?;
    clock::trusted(facts, now)?;
    cycle::not_locked(facts, now)?;
    Ok(Request { recovers: recovers(facts), ..base })
}

/// The request of an activation by key or user. It voids every request before it. The credential signs it as well.
///
/// # Errors
/// The machine's clock is behind.
pub fn activation(facts: &Facts, with: Ingredients<'_>, now: Time) -> Result<Request, RequestError> {
    let base = base(facts, with, now)?;
    clock::trusted(facts, now)?;
    let credential = facts.credential.as_ref().map(|credential| credential.key);
    Ok(Request { purpose: Purpose::Activation, credential, recovers: recovers(facts), ..base })
}

/// A report of what was used. It asks for no license: no window closes on it, and it voids nothing.
///
/// # Errors
/// Nothing was ever licensed here.
pub fn report(facts: &Facts, with: Ingredients<'_>, now: Time) -> Result<Request, RequestError> {
    let base = base(facts, with, now)?;
    let installed = facts.installed.as_ref().ok_or(RequestError::NothingToReport)?;
    Ok(Request {
        purpose: Purpose::Sync,
        cycle: outside_the_cycle(facts, now),
        license_id: Some(installed.license.license_id.clone()),
        ..base
    })
}

/// The license of a machine whose store was rolled back: it asks to be accepted again.
fn recovers(facts: &Facts) -> Option<Digest> {
    facts.fork.and(facts.installed.as_ref()).map(|installed| installed.license.digest())
}

/// Where a request stands that is none of the cycle's: at its newest.
fn outside_the_cycle(facts: &Facts, now: Time) -> Cycle {
    let here = Cycle { cycle: 1, number: 1, first_generated_at: now, generated_at: now };
    facts.cycle.as_ref().and_then(|cycle| cycle.newest.as_ref()).map_or(here, |newest| newest.cycle)
}

/// A challenge that a time ticket answers. It asks for no license: no window closes on it, and it voids nothing.
///
/// # Errors
/// No token is installed.
pub fn challenge(facts: &Facts, with: Ingredients<'_>, now: Time) -> Result<Request, RequestError> {
    let base = base(facts, with, now)?;
    Ok(Request {
        purpose: Purpose::Clock,
        cycle: outside_the_cycle(facts, now),
        clock: Some(ClockReading { now, floor: facts.last_seen.max(clock::floor(facts)) }),
        ..base
    })
}

/// What every request tells.
fn base(facts: &Facts, with: Ingredients<'_>, now: Time) -> Result<Request, RequestError> {
    let way = facts.way().ok_or(NotEnrolled)?;
    let activation = facts.activation.as_ref().ok_or(NotEnrolled)?;
    let installed = facts.installed.as_ref().map(|installed| installed.license.get());
    let (account, license_id, enablement) = match way {
        Way::Token(Enrollment { token, .. }) => {
            (Some(token.account.clone()), Some(token.license_id.clone()), Some(token.digest()))
        }
        Way::Credential(credential) => {
            let known = installed.map(|license| license.license_id.clone()).or_else(|| credential.license_id.clone());
            (installed.map(|license| license.account.clone()), known, None)
        }
    };
    Ok(Request {
        kind: Kind::Request,
        version: Version,
        purpose: Purpose::Lfr,
        product: facts.trust.current().product.clone(),
        account,
        license_id,
        enablement,
        device: facts.device,
        activation: activation.clone(),
        cycle: next(facts, now),
        nonce: Id::from_entropy(with.nonce),
        seats: seats(facts, &with, now),
        fingerprint: with.fingerprint,
        installed: Installed {
            license: facts.installed.as_ref().map(|installed| installed.license.digest()),
            sequence: facts.sequence,
        },
        trust_number: facts.trust.current().number,
        revocations: facts
            .revocations
            .iter()
            .map(|list| RevocationSerial { issuer: list.issuer, serial: list.serial })
            .collect(),
        ledgers: facts.ledgers.clone(),
        usage: facts.usage,
        consumption: totals(facts),
        extensions_used: facts.extensions.iter().map(|extension| extension.told.clone()).collect(),
        variables: facts.variables.clone(),
        understands: Understands { versions: vec![1], extensions: vec![] },
        credential: None,
        clock: None,
        recovers: None,
        extensions: vec![],
    })
}

/// Every counter since the usage chain began.
pub(crate) fn totals(facts: &Facts) -> Vec<Counted> {
    let mut counters: Vec<&Id> = facts.consumption.iter().map(|one| &one.counter).collect();
    counters.sort_unstable();
    counters.dedup();
    counters.into_iter().map(|counter| Counted { counter: counter.clone(), total: facts.consumed(counter) }).collect()
}

/// The next request of the open cycle, or the first of a new one.
fn next(facts: &Facts, now: Time) -> Cycle {
    match &facts.cycle {
        Some(open) if !open.ended => Cycle {
            cycle: open.number,
            number: open.newest.as_ref().map_or(0, |newest| newest.cycle.number) + 1,
            first_generated_at: open.first_generated_at,
            // The clock may lag by its tolerance; a request is never older than the cycle that it belongs to.
            generated_at: now.max(open.first_generated_at),
        },
        last => Cycle {
            cycle: last.as_ref().map_or(0, |last| last.number) + 1,
            number: 1,
            first_generated_at: now,
            generated_at: now,
        },
    }
}

fn seats(facts: &Facts, with: &Ingredients<'_>, now: Time) -> Vec<SeatUse> {
    let in_use = Seats::of(facts, None, now, now);
    let most = MOST_HOLDERS / in_use.counts().len().max(1);
    let name = |user: &str| if with.names { user.to_owned() } else { pseudonym(with.hiding_secret, user) };
    let holders = |seat_type: &Id| {
        let sessions = facts.live_sessions(now).filter(|session| session.seat_type == *seat_type);
        let named = facts.holders(seat_type).map(|seat| seat.user.as_str());
        named.chain(sessions.map(|session| session.user.as_str())).take(most).map(name).collect()
    };
    let counts = in_use.counts().iter();
    counts
        .map(|count| SeatUse {
            seat_type: count.seat_type.clone(),
            in_use: count.used,
            holders: holders(&count.seat_type),
        })
        .collect()
}

/// The same user has the same pseudonym in every request of one machine, and another on every other machine.
pub(crate) fn pseudonym(secret: &[u8; 32], user: &str) -> String {
    let digest = hidden(secret, "user", user).to_string();
    format!("user-{}", digest.chars().skip("sha256:".len()).take(16).collect::<String>())
}

/// HMAC-SHA256 under the machine's secret, apart for each purpose.
pub(crate) fn hidden(secret: &[u8; 32], purpose: &str, value: &str) -> postern_protocol::Digest {
    // HMAC fills keys up with zeros to the block size itself; done here, the length cannot be wrong.
    let mut key = [0; 64];
    key.iter_mut().zip(secret).for_each(|(byte, secret)| *byte = *secret);
    let mut mac = Hmac::<Sha256>::new(&key.into());
    mac.update(purpose.as_bytes());
    mac.update(&[0]);
    mac.update(value.as_bytes());
    postern_protocol::Digest::from_bytes(mac.finalize().into_bytes().into())
}

/// Why no request is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestError {
    /// The state cannot be used.
    State(StateError),
    /// No token is installed, and nothing was activated.
    NotEnrolled(NotEnrolled),
    /// The clock stands in the way.
    Clock(ClockError),
    /// The cycle ran out.
    Locked(Locked),
    /// The machine activates its license, and makes no LFR.
    Activated,
    /// No license is installed, so nothing was used.
    NothingToReport,
}

impl RequestError {
    fn inner(&self) -> Option<&dyn Explain> {
        match self {
            Self::State(error) => Some(error),
            Self::NotEnrolled(error) => Some(error),
            Self::Clock(error) => Some(error),
            Self::Locked(error) => Some(error),
            Self::Activated | Self::NothingToReport => None,
        }
    }
}

passes_on!(RequestError { State: StateError, NotEnrolled: NotEnrolled, Clock: ClockError, Locked: Locked });

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.inner(), self) {
            (Some(inner), _) => inner.fmt(f),
            (None, Self::NothingToReport) => write!(f, "No license is installed on this machine: nothing was used."),
            (None, _) => write!(f, "This machine's license is activated by key or user; it makes no LFR."),
        }
    }
}

impl std::error::Error for RequestError {}

impl Explain for RequestError {
    fn code(&self) -> &'static str {
        match self {
            Self::State(_) | Self::NotEnrolled(_) | Self::Clock(_) | Self::Locked(_) => {
                self.inner().map_or("", Explain::code)
            }
            Self::Activated => "request-activated",
            Self::NothingToReport => "report-nothing",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::State(_) | Self::NotEnrolled(_) | Self::Clock(_) | Self::Locked(_) => {
                self.inner().map(Explain::advice).unwrap_or_default()
            }
            Self::Activated => "Use 'activate --again' to ask for the license as it is now.".into(),
            Self::NothingToReport => {
                "Nothing is to be done. What was used until a license was given back is in that file.".into()
            }
        }
    }
}
