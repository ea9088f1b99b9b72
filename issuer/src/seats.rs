//! What is free: ceilings minus what other devices could be using, over every instant of a license.

use postern_protocol::documents::{Allowance, Ceiling, Devices, ExpiryPolicy, Grant, Installation, SeatUse};
use postern_protocol::{Id, PublicKey, Time};

use crate::books::{Books, Device, Holding};
use crate::children::Child;
use crate::desk::Desk;
use crate::holders::Counted;

/// One seat type in a request's examination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatRow {
    /// The seat type.
    pub seat_type: Id,
    /// What was bought and may be allocated under this license id, at the start.
    pub ceiling: Ceiling<u64>,
    /// What other machines could be using, at the start.
    pub held_elsewhere: u64,
    /// What this machine proved to have installed, now.
    pub held_by_this: u64,
    /// Seats in use on this machine, as its request says.
    pub in_use_there: u64,
    /// The most that can be chosen for the whole duration.
    pub free: Ceiling<u64>,
}

/// Every ceiling over one device's new license, and what counts against each.
#[derive(Clone, Debug)]
pub(crate) struct Capacity {
    seat_types: Vec<Id>,
    bounds: Vec<Bound>,
}

/// One ceiling: the grant's, the installation's, or the named device's share.
#[derive(Clone, Debug)]
struct Bound {
    allowances: Vec<Allowance>,
    /// For each other device and each child license server, what counts against this ceiling.
    others: Vec<Vec<Taken>>,
}

/// Seats that are taken until an instant.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    pub(crate) allocation: Vec<Allowance>,
    pub(crate) usable_until: Ceiling<Time>,
}

impl Taken {
    /// Seats of one type that are taken at an instant.
    pub(crate) fn at(&self, seat_type: &Id, time: Time) -> u64 {
        seats_at(&self.allocation, self.usable_until, seat_type, time)
    }
}

/// Seats of one type, taken until an instant, at an instant.
pub(crate) fn seats_at(allocation: &[Allowance], until: Ceiling<Time>, seat_type: &Id, time: Time) -> u64 {
    if !until.allows(time) {
        return 0;
    }
    allocation.iter().find(|one| one.seat_type == *seat_type).map_or(0, |one| one.at(time))
}

/// Whose seats are looked for: everybody else's count against these.
#[derive(Clone, Copy, Debug)]
pub(crate) enum For<'a> {
    /// A machine's.
    Device(PublicKey),
    /// A child license server's.
    Child(&'a Id),
}

/// Where a quantity does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// The ceiling alone is lower from this instant on.
    Ceiling { at: Time, allowed: u64 },
    /// Other devices hold the rest at this instant.
    Held { at: Time, free: u64, elsewhere: u64 },
}

impl Capacity {
    /// The ceilings over a license for this machine under a license id.
    pub(crate) fn of(
        desk: &Desk<'_>,
        books: &Books,
        device: PublicKey,
        license_id: Option<&Id>,
        in_use: &[SeatUse],
    ) -> Self {
        let (leaf, whose) = (desk.chain.leaf(), For::Device(device));
        let mut bounds: Vec<Bound> = Bound::of_grant(desk, books, whose).into_iter().collect();
        if let Ceiling::Limited(list) = &leaf.installations {
            bounds.push(Bound::of_installation(desk, books, whose, list, license_id));
        }
        if let Devices::Named(shares) = &leaf.devices {
            let share = shares.iter().find(|share| share.device == device);
            let allowances = share.map(|share| share.allowances.clone()).unwrap_or_default();
            bounds.push(Bound { allowances, others: Vec::new() });
        }
        let seat_types = seat_types(&bounds, books, in_use);
        Self { seat_types, bounds }
    }

    /// The ceilings over what a child license server gets: the grant's seats, and those of each license id.
    pub(crate) fn of_child(desk: &Desk<'_>, books: &Books, grant: &Grant) -> Vec<(Vec<Allowance>, Self)> {
        let whose = For::Child(&grant.id);
        let one = |asked: &[Allowance], bound: Bound| {
            let seat_types = asked.iter().map(|one| one.seat_type.clone()).collect();
            (asked.to_vec(), Self { seat_types, bounds: vec![bound] })
        };
        let asked = grant.allowances.limit().map(Vec::as_slice).unwrap_or_default();
        let whole = Bound::of_grant(desk, books, whose).map(|bound| one(asked, bound));
        let listed = desk.chain.leaf().installations.limit();
        let each = listed.into_iter().flat_map(|list| {
            let asked = grant.installations.limit().into_iter().flatten();
            asked.map(|asked| {
                one(&asked.allowances, Bound::of_installation(desk, books, whose, list, Some(&asked.license_id)))
            })
        });
        whole.into_iter().chain(each).collect()
    }

    /// The first instant at which an allowance does not fit, what is asked then, and why.
    pub(crate) fn first_misfit(&self, asked: &Allowance, span: &Span) -> Option<(u64, Misfit)> {
        let steps = asked.steps.iter().map(|step| step.from);
        let changes = self.bounds.iter().flat_map(|bound| bound.instants(&asked.seat_type, span));
        let mut instants: Vec<Time> = steps.chain(changes).filter(|at| span.usable_until.allows(*at)).collect();
        instants.sort_unstable();
        instants.dedup();
        let fits = |at: Time| {
            let quantity = asked.at(at);
            let here = |bound: &Bound| match quantity {
                _ if quantity > bound.ceiling_through(&asked.seat_type, at, span) => {
                    Some(Misfit::Ceiling { at, allowed: bound.ceiling(&asked.seat_type, at) })
                }
                _ if quantity > bound.free(&asked.seat_type, at, span) => {
                    let (free, elsewhere) =
                        (bound.free(&asked.seat_type, at, span), bound.elsewhere(&asked.seat_type, at));
                    Some(Misfit::Held { at, free, elsewhere })
                }
                _ => None,
            };
            self.bounds.iter().find_map(here).map(|misfit| (quantity, misfit))
        };
        instants.into_iter().find_map(fits)
    }

    /// Every seat type that can be chosen, in the order in which the entitlement lists them.
    pub(crate) fn seat_types(&self) -> &[Id] {
        &self.seat_types
    }

    /// Whether seats of this type can be chosen; without any ceiling every type can.
    pub(crate) fn knows(&self, seat_type: &Id) -> bool {
        self.bounds.is_empty() || self.seat_types.contains(seat_type)
    }

    /// The ceiling at an instant.
    pub(crate) fn ceiling(&self, seat_type: &Id, at: Time) -> Ceiling<u64> {
        let limits = self.bounds.iter().map(|bound| Ceiling::Limited(bound.ceiling(seat_type, at)));
        limits.fold(Ceiling::Unlimited, Ceiling::min)
    }

    /// What other devices could be using at an instant: the most that counts against any one ceiling.
    pub(crate) fn elsewhere(&self, seat_type: &Id, at: Time) -> u64 {
        self.bounds.iter().map(|bound| bound.elsewhere(seat_type, at)).max().unwrap_or(0)
    }

    /// The first instant, from this one on, at which any ceiling has seats; this one if none ever has.
    pub(crate) fn first_seats(&self, from: Time) -> Time {
        let any = |at: Time| self.seat_types.iter().any(|seat_type| self.ceiling(seat_type, at) != Ceiling::Limited(0));
        let allowances = self.bounds.iter().flat_map(|bound| &bound.allowances);
        let steps = allowances.flat_map(|one| &one.steps).map(|step| step.from).filter(|at| *at > from);
        let first = std::iter::once(from).chain(steps).filter(|at| any(*at)).min();
        first.unwrap_or(from)
    }

    /// The most that fits from a start to an end, and through the grace and extension that follow it.
    pub(crate) fn free(&self, seat_type: &Id, span: &Span) -> Ceiling<u64> {
        let each = self.bounds.iter().map(|bound| {
            let instants = bound.instants(seat_type, span).into_iter();
            instants.map(|at| bound.free(seat_type, at, span)).min().map_or(Ceiling::Unlimited, Ceiling::Limited)
        });
        each.fold(Ceiling::Unlimited, Ceiling::min)
    }

    /// The first instant at which a quantity does not fit; a ceiling that is too low goes before seats held elsewhere.
    pub(crate) fn misfit(&self, seat_type: &Id, quantity: u64, span: &Span) -> Option<Misfit> {
        let over = |bound: &Bound, at: Time| quantity > bound.ceiling_through(seat_type, at, span);
        let full = |bound: &Bound, at: Time| quantity > bound.free(seat_type, at, span);
        let first = |misfits: &dyn Fn(&Bound, Time) -> bool| {
            let each = self.bounds.iter().flat_map(|bound| {
                bound.instants(seat_type, span).into_iter().filter(|at| misfits(bound, *at)).map(move |at| (at, bound))
            });
            each.min_by_key(|(at, _)| *at)
        };
        if let Some((at, bound)) = first(&over) {
            return Some(Misfit::Ceiling { at, allowed: bound.ceiling(seat_type, at) });
        }
        first(&full).map(|(at, bound)| Misfit::Held {
            at,
            free: bound.free(seat_type, at, span),
            elsewhere: bound.elsewhere(seat_type, at),
        })
    }
}

/// How long a license's seats are taken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    /// The license's start.
    pub(crate) start: Time,
    /// Its end.
    pub(crate) end: Ceiling<Time>,
    /// Its end, grace and extension.
    pub(crate) usable_until: Ceiling<Time>,
}

impl Span {
    /// A license's span under an expiry policy.
    pub(crate) fn new(start: Time, end: Ceiling<Time>, expiry: &ExpiryPolicy) -> Self {
        let usable_until = match (end, expiry.grace, expiry.extension) {
            (Ceiling::Limited(end), Ceiling::Limited(grace), Ceiling::Limited(extension)) => {
                Ceiling::Limited(end.plus(grace).plus(extension))
            }
            _ => Ceiling::Unlimited,
        };
        Self { start, end, usable_until }
    }
}

impl Bound {
    /// The grant's own seats; none where they are unlimited.
    fn of_grant(desk: &Desk<'_>, books: &Books, whose: For<'_>) -> Option<Self> {
        let allowances = desk.chain.leaf().allowances.limit()?.clone();
        let mut others = devices(&Counted::here(desk, books), whose);
        others.extend(given(desk, books, whose, Child::taken));
        Some(Self { allowances, others })
    }

    /// The seats of one license id; an id that the grant does not list has none.
    fn of_installation(
        desk: &Desk<'_>,
        books: &Books,
        whose: For<'_>,
        list: &[Installation],
        license_id: Option<&Id>,
    ) -> Self {
        let listed = list.iter().find(|one| Some(&one.license_id) == license_id);
        let mut others = devices(&Counted::under(license_id, books), whose);
        others.extend(given(desk, books, whose, |child| license_id.map(|id| child.taken_of(id)).unwrap_or_default()));
        let allowances = listed.map(|one| one.allowances.clone()).unwrap_or_default();
        Self { allowances, others }
    }

    fn ceiling(&self, seat_type: &Id, at: Time) -> u64 {
        self.allowances.iter().find(|one| one.seat_type == *seat_type).map_or(0, |one| one.at(at))
    }

    /// The ceiling, as it binds a license that ends before this instant and is in its grace: grace is a courtesy of the
    /// quantity that was allowed at the end, so a stage that ends with the license does not shorten the license.
    fn ceiling_through(&self, seat_type: &Id, at: Time, span: &Span) -> u64 {
        match span.end {
            Ceiling::Limited(end) if at > end => {
                self.ceiling(seat_type, at).max(self.ceiling(seat_type, end.max(span.start)))
            }
            _ => self.ceiling(seat_type, at),
        }
    }

    fn elsewhere(&self, seat_type: &Id, at: Time) -> u64 {
        let each = self.others.iter().map(|device| device.iter().map(|one| one.at(seat_type, at)).max().unwrap_or(0));
        each.fold(0, u64::saturating_add)
    }

    fn free(&self, seat_type: &Id, at: Time, span: &Span) -> u64 {
        self.ceiling_through(seat_type, at, span).saturating_sub(self.elsewhere(seat_type, at))
    }

    /// Every instant of the span at which a ceiling or a holding changes. What is free can only fall at one of these.
    fn instants(&self, seat_type: &Id, span: &Span) -> Vec<Time> {
        let held = self.others.iter().flatten().flat_map(|holding| &holding.allocation);
        let steps = self.allowances.iter().chain(held).filter(|one| one.seat_type == *seat_type);
        let changes = steps.flat_map(|one| &one.steps).map(|step| step.from);
        let inside = changes.filter(|at| *at > span.start && span.usable_until.allows(*at));
        let mut instants: Vec<Time> = std::iter::once(span.start).chain(inside).collect();
        instants.sort_unstable();
        instants.dedup();
        instants
    }
}

/// For each other device, the holdings that count.
fn devices(counted: &Counted<'_>, whose: For<'_>) -> Vec<Vec<Taken>> {
    let own = match whose {
        For::Device(own) => Some(own),
        For::Child(_) => None,
    };
    let of = |other: &Device| {
        let counts = other.holdings.iter().filter(|one| counted.counts(one));
        counts.map(Holding::taken).collect::<Vec<_>>()
    };
    counted.others(own).map(of).filter(|taken| !taken.is_empty()).collect()
}

/// For each other child license server, what counts.
fn given(desk: &Desk<'_>, books: &Books, whose: For<'_>, taken: impl Fn(&Child) -> Vec<Taken>) -> Vec<Vec<Taken>> {
    let others = books.children_here(desk).filter(|(id, _)| !matches!(whose, For::Child(own) if own == *id));
    others.map(|(_, child)| taken(child)).collect()
}

/// The types that the first ceiling lists; without any ceiling, every type that anybody is known to use.
fn seat_types(bounds: &[Bound], books: &Books, in_use: &[SeatUse]) -> Vec<Id> {
    if let Some(bound) = bounds.first() {
        return bound.allowances.iter().map(|one| one.seat_type.clone()).collect();
    }
    let held = books.devices.values().flat_map(|device| &device.holdings).flat_map(|one| &one.allocation);
    let mut types: Vec<Id> = held.map(|one| one.seat_type.clone()).collect();
    types.extend(in_use.iter().map(|seat| seat.seat_type.clone()));
    types.sort_unstable();
    types.dedup();
    types
}
