//! Repairing the clock's floor by a time ticket: where the clock was ahead once, the machine would wait for ever.
//!
//! A ticket answers one challenge of this machine. What it may set back is bounded by its grant, here as well as at the
//! issuer: a portal's key alone rewinds no expiry (design §5).

use std::fmt;

use postern_protocol::documents::{Grantor, TimeTicket};
use postern_protocol::{Chain, ChainError, Explain, Id, Time, VerifiedFile};

use super::clock::{DOCUMENT_TOLERANCE, OWN_TOLERANCE, build_time, floor};
use super::cycle::NotEnrolled;
use super::facts::Facts;
use crate::store::StateError;

/// What a ticket changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repair {
    /// The time that the clock's floor is now.
    pub time: Time,
    /// Seconds that the floor went back; 0 where it did not.
    pub back: u64,
    /// The identity of the grant that allowed it.
    pub by: (Grantor, Id),
    /// The open cycle began in a future that did not come: it ends here.
    pub ends_cycle: bool,
}

/// Judges a verified ticket.
///
/// # Errors
/// The first rule that it breaks.
pub fn repair(facts: &Facts, file: &VerifiedFile<TimeTicket>, now: Time) -> Result<Repair, RepairError> {
    let (ticket, chain) = (file.document.get(), &file.chain);
    let challenge = facts.challenge.as_ref().ok_or(RepairError::NoChallenge)?;
    if ticket.device != facts.device {
        return Err(RepairError::OtherMachine);
    }
    if ticket.nonce != challenge.nonce {
        return Err(RepairError::OtherChallenge);
    }
    // The ticket carries no account, but its grant is for one: another account's portal has no say here.
    if let Some(enrollment) = &facts.enrollment
        && let Some(found) = chain.leaf().account.limit().filter(|account| **account != enrollment.token.account)
    {
        return Err(
            ChainError::OtherAccount { expected: enrollment.token.account.clone(), found: found.clone() }.into()
        );
    }
    let time = ticket.time;
    // A ticket says what time it was; by now it is that or a little later.
    if now.plus(OWN_TOLERANCE) < time || now > time.plus(DOCUMENT_TOLERANCE) {
        return Err(RepairError::ClockNotSet { now, time });
    }
    let known = newest_vendor_time(facts, chain).minus(DOCUMENT_TOLERANCE);
    if time < known {
        return Err(RepairError::BeforeVendor { time, known });
    }
    let by = (chain.grantor(chain.grants().len().saturating_sub(1)), chain.leaf().id.clone());
    let back = floor(facts).since(time);
    if back > 0 {
        let right = chain.leaf().rights.repair_clock;
        if back > right.max_back {
            return Err(RepairError::TooFar { back, most: right.max_back });
        }
        if facts.repairs.iter().filter(|one| **one == by).count() as u64 >= right.count {
            return Err(RepairError::UsedUp { count: right.count });
        }
    }
    let began = facts.cycle.as_ref().filter(|cycle| !cycle.ended).map(|cycle| cycle.first_generated_at);
    Ok(Repair { time, back, by, ends_cycle: began.is_some_and(|began| began > time) })
}

/// The newest time that somebody above the portal's key has signed: repairs never go behind it.
fn newest_vendor_time(facts: &Facts, chain: &Chain) -> Time {
    let installed = facts.installed.as_ref().map(|installed| &installed.chain);
    let grants = [Some(chain), installed].into_iter().flatten().flat_map(Chain::grants).map(|grant| grant.issued_at);
    let lists = facts.revocations.iter().chain(chain.revocations()).map(|list| list.issued_at);
    grants.chain(lists).chain([facts.trust.current().issued_at, build_time()]).max().unwrap_or(Time::MIN)
}

/// Why the clock is not repaired. Nothing changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RepairError {
    /// The state cannot be used.
    State(StateError),
    /// The file does not verify.
    File(ChainError),
    /// No token is installed.
    NotEnrolled(NotEnrolled),
    /// No challenge waits for a ticket.
    NoChallenge,
    /// The ticket is for another machine, or another life of this one.
    OtherMachine,
    /// The ticket answers another challenge.
    OtherChallenge,
    /// The clock does not show the ticket's time.
    ClockNotSet {
        /// What the clock says.
        now: Time,
        /// The ticket's time.
        time: Time,
    },
    /// The ticket's time is before something that the vendor signed.
    BeforeVendor {
        /// The ticket's time.
        time: Time,
        /// The earliest time that it could have.
        known: Time,
    },
    /// The ticket goes back further than its grant allows.
    TooFar {
        /// Seconds that it goes back.
        back: u64,
        /// Seconds that are allowed.
        most: u64,
    },
    /// The grant's repairs are used up on this machine.
    UsedUp {
        /// How many there were.
        count: u64,
    },
}

passes_on!(RepairError { State: StateError, File: ChainError, NotEnrolled: NotEnrolled });

impl fmt::Display for RepairError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State(error) => error.fmt(f),
            Self::File(error) => error.fmt(f),
            Self::NotEnrolled(error) => error.fmt(f),
            Self::NoChallenge => write!(f, "No clock challenge of this machine waits for a ticket."),
            Self::OtherMachine => write!(f, "The ticket is for another machine."),
            Self::OtherChallenge => write!(f, "The ticket answers another challenge than this machine's newest."),
            Self::ClockNotSet { now, time } => {
                write!(f, "This machine's clock says {now}; the ticket was made at {time}.")
            }
            Self::BeforeVendor { time, known } => {
                write!(f, "The ticket says {time}, but your vendor has signed documents at {known}.")
            }
            Self::TooFar { back, most } => {
                write!(f, "The ticket would set the clock back by {back} seconds; its entitlement allows {most}.")
            }
            Self::UsedUp { count } => {
                write!(f, "This machine's clock was set back {count} times, as often as the entitlement allows.")
            }
        }
    }
}

impl std::error::Error for RepairError {}

impl Explain for RepairError {
    fn code(&self) -> &'static str {
        match self {
            Self::State(error) => error.code(),
            Self::File(error) => error.code(),
            Self::NotEnrolled(error) => error.code(),
            Self::NoChallenge => "challenge-none",
            Self::OtherMachine => "ticket-other-machine",
            Self::OtherChallenge => "ticket-other-challenge",
            Self::ClockNotSet { .. } => "ticket-clock-not-set",
            Self::BeforeVendor { .. } => "ticket-before-vendor",
            Self::TooFar { .. } => "ticket-too-far",
            Self::UsedUp { .. } => "ticket-used-up",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::State(error) => error.advice(),
            Self::File(error) => error.advice(),
            Self::NotEnrolled(error) => error.advice(),
            Self::NoChallenge => "Make one with 'clock challenge' and take it to the portal.".into(),
            Self::OtherMachine => {
                "Find the ticket for this machine, or make a challenge with 'clock challenge'.".into()
            }
            Self::OtherChallenge => "Find the ticket for the newest challenge, or make a new one.".into(),
            Self::ClockNotSet { .. } => {
                "Set this machine's clock right, then install the ticket again. A ticket that is \
                 older than a day needs a new challenge."
                    .into()
            }
            Self::BeforeVendor { .. } => "Set the clock of the portal's computer right, and make a new ticket.".into(),
            Self::TooFar { .. } | Self::UsedUp { .. } => {
                "Ask your vendor for a bundle that lets clocks go back further or once more, and make a new ticket with it."
                    .into()
            }
        }
    }
}
