//! The account at a glance: what was bought, what is allocated to whom and until when, what is free.

use postern_protocol::bundle_file::VerifiedBundle;
use postern_protocol::documents::{Ceiling, Counted, TOKEN_HOURS};
use postern_protocol::time::HOUR;
use postern_protocol::{Digest, Id, PublicKey, Time};

use crate::books::{Books, Device, Holding};
use crate::consumption::{recorded_totals, summed};
use crate::desk::{Desk, counts_here};
use crate::ledger::Ledger;

/// What a grant's seats are doing now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    /// Each seat type.
    pub seats: Vec<SeatSum>,
    /// Each machine that holds a license, or could still install one; by key.
    pub machines: Vec<Machine>,
    /// What all machines together have told of each counter, those that gave their license back too; by counter.
    pub consumption: Vec<Counted>,
    /// Enablement tokens of the ledger under this grant's license ids, oldest first.
    pub tokens: Vec<TokenMade>,
    /// When the next license ends, with the machine that has it. Only ends that the ledger knows.
    pub next_expiry: Option<(Time, PublicKey)>,
}

/// Seats of one type, now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatSum {
    /// The seat type.
    pub seat_type: Id,
    /// What the entitlement allows.
    pub bought: Ceiling<u64>,
    /// What all machines together could be using.
    pub allocated: u64,
    /// What was given to child license servers.
    pub given: u64,
    /// The rest.
    pub free: Ceiling<u64>,
}

/// What one machine holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// The machine.
    pub device: PublicKey,
    /// The license id of its newest license.
    pub license_id: Id,
    /// Its newest license, which it holds or may still install.
    pub license: Digest,
    /// Whether a request has proved that license installed.
    pub proved: bool,
    /// Seats that it could be using now, by type; the larger of all its licenses.
    pub seats: Vec<(Id, u64)>,
    /// The end of its newest license; none where only the bundle's base knows the license.
    pub ends_at: Option<Ceiling<Time>>,
    /// When the last of its seats are free by themselves: end, grace and extension.
    pub usable_until: Ceiling<Time>,
    /// When it last told of its use, if it ever did.
    pub told_at: Option<Time>,
    /// What it has told of each counter; by counter.
    pub consumption: Vec<Counted>,
}

/// An enablement token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenMade {
    /// Its id.
    pub id: Id,
    /// The digest of its document.
    pub token: Digest,
    /// The license id.
    pub license_id: Id,
    /// When it was made.
    pub issued_at: Time,
    /// Not to be installed after this instant.
    pub expires_at: Time,
    /// The machine that showed it first.
    pub device: Option<PublicKey>,
}

/// Each machine with each license id that it holds a live license under.
pub fn live_machines(bundle: &VerifiedBundle, ledger: &Ledger, now: Time) -> Vec<(PublicKey, Id)> {
    let books = Books::read(bundle, Some(ledger));
    let each = books.devices.iter().flat_map(|(key, device)| {
        let mut license_ids: Vec<Id> = device.live(now).map(|held| held.license_id.clone()).collect();
        license_ids.sort_unstable();
        license_ids.dedup();
        license_ids.into_iter().map(|license_id| (*key, license_id)).collect::<Vec<_>>()
    });
    each.collect()
}

/// What a grant's seats are doing now.
pub fn overview(desk: &Desk<'_>) -> Overview {
    let books = Books::read(desk.bundle, desk.ledger);
    let counts = |holding: &Holding| counts_here(desk, &holding.license_id) && holding.usable_until.allows(desk.now);
    let machines: Vec<Machine> =
        books.devices.iter().filter_map(|(key, device)| machine(*key, device, desk.now, counts)).collect();
    let live = machines.iter().filter_map(|machine| match machine.ends_at {
        Some(Ceiling::Limited(end)) if end >= desk.now => Some((end, machine.device)),
        _ => None,
    });
    let next_expiry = live.min();
    let mut tokens: Vec<TokenMade> = books
        .tokens
        .iter()
        .filter(|(_, made)| counts_here(desk, &made.license_id))
        .map(|(token, made)| TokenMade {
            id: made.id.clone(),
            token: *token,
            license_id: made.license_id.clone(),
            issued_at: made.issued_at,
            expires_at: made.issued_at.plus(TOKEN_HOURS * HOUR),
            device: made.device,
        })
        .collect();
    tokens.sort_by_key(|made| (made.issued_at, made.token));
    Overview {
        seats: seats(desk, &books, &machines),
        machines,
        consumption: consumption(desk, &books),
        tokens,
        next_expiry,
    }
}

fn machine(device: PublicKey, book: &Device, now: Time, counts: impl Fn(&Holding) -> bool) -> Option<Machine> {
    let holdings: Vec<&Holding> = book.holdings.iter().filter(|holding| counts(holding)).collect();
    let newest = holdings.last()?;
    let mut seats: Vec<(Id, u64)> = Vec::new();
    for allowance in holdings.iter().flat_map(|holding| &holding.allocation) {
        if !seats.iter().any(|(seat_type, _)| *seat_type == allowance.seat_type) {
            seats.push((allowance.seat_type.clone(), book.held(&allowance.seat_type, now, &counts)));
        }
    }
    let until = holdings.iter().map(|holding| holding.usable_until);
    Some(Machine {
        device,
        license_id: newest.license_id.clone(),
        license: newest.license,
        proved: newest.proved,
        seats,
        ends_at: newest.ends_at,
        usable_until: until.reduce(later).unwrap_or(newest.usable_until),
        told_at: book.told_last().map(|(_, at)| at),
        consumption: recorded_totals(book),
    })
}

/// What every machine told that ever held a license under this grant.
fn consumption(desk: &Desk<'_>, books: &Books) -> Vec<Counted> {
    let here = |device: &&Device| device.license_ids.iter().any(|license_id| counts_here(desk, license_id));
    summed(books.devices.values().filter(here).flat_map(recorded_totals))
}

fn later(a: Ceiling<Time>, b: Ceiling<Time>) -> Ceiling<Time> {
    match (a, b) {
        (Ceiling::Limited(a), Ceiling::Limited(b)) => Ceiling::Limited(a.max(b)),
        _ => Ceiling::Unlimited,
    }
}

fn seats(desk: &Desk<'_>, books: &Books, machines: &[Machine]) -> Vec<SeatSum> {
    let allocated = |seat_type: &Id| {
        let each = machines.iter().flat_map(|machine| &machine.seats).filter(|(held, _)| held == seat_type);
        each.fold(0u64, |sum, (_, quantity)| sum.saturating_add(*quantity))
    };
    let given: Vec<(Id, u64)> = books.children_here(desk).flat_map(|(_, child)| child.counted(desk.now)).collect();
    let given = |seat_type: &Id| {
        let each = given.iter().filter(|(held, _)| held == seat_type);
        each.fold(0u64, |sum, (_, quantity)| sum.saturating_add(*quantity))
    };
    match &desk.chain.leaf().allowances {
        Ceiling::Limited(allowances) => allowances
            .iter()
            .map(|one| {
                let (bought, seat_type) = (one.at(desk.now), &one.seat_type);
                let (allocated, given) = (allocated(seat_type), given(seat_type));
                SeatSum {
                    seat_type: seat_type.clone(),
                    bought: Ceiling::Limited(bought),
                    allocated,
                    given,
                    free: Ceiling::Limited(bought.saturating_sub(allocated).saturating_sub(given)),
                }
            })
            .collect(),
        Ceiling::Unlimited => {
            let mut types: Vec<&Id> =
                machines.iter().flat_map(|machine| &machine.seats).map(|(held, _)| held).collect();
            types.sort_unstable();
            types.dedup();
            let sum = |seat_type: &Id| SeatSum {
                seat_type: seat_type.clone(),
                bought: Ceiling::Unlimited,
                allocated: allocated(seat_type),
                given: given(seat_type),
                free: Ceiling::Unlimited,
            };
            types.into_iter().map(sum).collect()
        }
    }
}
