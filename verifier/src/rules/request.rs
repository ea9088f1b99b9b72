//! Making a request: the machine tells everything that an issuer needs to judge it.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use postern_protocol::documents::{
    ClockReading, Counted, Cycle, FingerprintPart, Installed, Purpose, Request, RevocationSerial, SeatUse, Understands,
    Version,
};
use postern_protocol::{Explain, Id, Kind, Time};
use sha2::Sha256;

use super::clock::{self, ClockError};
use super::cycle::{self, Locked, NotEnrolled};
use super::facts::Facts;
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
    let base = base(facts, with, now)?;
    clock::trusted(facts, now)?;
    cycle::not_locked(facts, now)?;
    let recovers = facts.fork.and(facts.installed.as_ref()).map(|installed| installed.license.digest());
    Ok(Request { recovers, ..base })
}

/// A challenge that a time ticket answers. It asks for no license: no window closes on it, and it voids nothing.
///
/// # Errors
/// No token is installed.
pub fn challenge(facts: &Facts, with: Ingredients<'_>, now: Time) -> Result<Request, RequestError> {
    let base = base(facts, with, now)?;
    let here = Cycle { cycle: 1, number: 1, first_generated_at: now, generated_at: now };
    Ok(Request {
        purpose: Purpose::Clock,
        cycle: facts.cycle.as_ref().and_then(|cycle| cycle.newest.as_ref()).map_or(here, |newest| newest.cycle),
        clock: Some(ClockReading { now, floor: facts.last_seen.max(clock::floor(facts)) }),
        ..base
    })
}

/// What every request tells.
fn base(facts: &Facts, with: Ingredients<'_>, now: Time) -> Result<Request, RequestError> {
    let enrollment = facts.enrollment.as_ref().ok_or(NotEnrolled)?;
    let activation = facts.activation.as_ref().ok_or(NotEnrolled)?;
    let token = &enrollment.token;
    Ok(Request {
        kind: Kind::Request,
        version: Version,
        purpose: Purpose::Lfr,
        product: token.product.clone(),
        account: Some(token.account.clone()),
        license_id: Some(token.license_id.clone()),
        enablement: Some(token.digest()),
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
        variables: vec![],
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
    /// No token is installed.
    NotEnrolled(NotEnrolled),
    /// The clock stands in the way.
    Clock(ClockError),
    /// The cycle ran out.
    Locked(Locked),
}

impl RequestError {
    fn inner(&self) -> &dyn Explain {
        match self {
            Self::State(error) => error,
            Self::NotEnrolled(error) => error,
            Self::Clock(error) => error,
            Self::Locked(error) => error,
        }
    }
}

passes_on!(RequestError { State: StateError, NotEnrolled: NotEnrolled, Clock: ClockError, Locked: Locked });

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner().fmt(f)
    }
}

impl std::error::Error for RequestError {}

impl Explain for RequestError {
    fn code(&self) -> &'static str {
        self.inner().code()
    }
    fn advice(&self) -> String {
        self.inner().advice()
    }
}
