//! A request looked at before anybody chose anything: what a live form needs, computed by the rules that decide.

use postern_protocol::documents::{Ceiling, ExpiryPolicy, Request};
use postern_protocol::time::DAY;
use postern_protocol::{Digest, Time, Verified};

use crate::answer;
use crate::books::{Books, Holding};
use crate::choice::Choice;
use crate::desk::{Desk, license_id};
use crate::recovery::Recovery;
use crate::refusal::Refusal;
use crate::rules;
use crate::seats::{Capacity, SeatRow, Span};

/// What a request can be answered with. Cheap questions for other dates: [`Examination::seats_between`] and
/// [`Examination::judge`].
#[derive(Clone, Debug)]
pub struct Examination {
    /// Every reason against any answer at all.
    pub refusals: Vec<Refusal>,
    /// Set where the machine asks to be accepted as it is now: then nothing else can be issued to it.
    pub recovery: Option<Recovery>,
    /// The license that answers this request already; its stored file is to be offered.
    pub earlier_answer: Option<Digest>,
    /// Each seat type, for the default start and the latest end.
    pub seats: Vec<SeatRow>,
    /// The earliest start: the later of today 00:00Z and the start of the entitlement's issuing window.
    pub start_min: Time,
    /// The start to offer: the earliest at which any seats are there.
    pub start_default: Time,
    /// The latest end for the default start.
    pub end_max: Ceiling<Time>,
    pub(crate) books: Books,
    pub(crate) capacity: Capacity,
    pub(crate) now: Time,
    pub(crate) run_until: Ceiling<Time>,
    pub(crate) longest: Ceiling<u64>,
    pub(crate) expiry: ExpiryPolicy,
    /// Whether the license is bound to one machine by an activation.
    pub node_locked: bool,
    request: Request,
}

/// Looks at a request: everything that a form shows before and while the answer is chosen.
pub fn examine(desk: &Desk<'_>, request: &Verified<Request>) -> Examination {
    let books = Books::read(desk.bundle, desk.ledger);
    let refusals = answer::refusals(desk, &books, request);
    let capacity =
        Capacity::of(desk, &books, request.device.key, license_id(desk.chain.leaf(), request), &request.seats);
    let links = desk.chain.grants();
    let start_min = desk.now.day_start().max(desk.chain.issue_window().0);
    let mut examination = Examination {
        earlier_answer: refusals.iter().find_map(Refusal::earlier_answer),
        refusals,
        recovery: Recovery::of(desk, &books, request),
        seats: Vec::new(),
        start_min,
        start_default: capacity.first_seats(start_min),
        end_max: Ceiling::Unlimited,
        books,
        capacity,
        now: desk.now,
        run_until: links.iter().map(|grant| grant.run_until).fold(Ceiling::Unlimited, Ceiling::min),
        longest: links.iter().map(|grant| grant.longest_duration).fold(Ceiling::Unlimited, Ceiling::min),
        expiry: desk.chain.leaf().expiry,
        node_locked: rules::node_locked(desk.chain.leaf()),
        request: request.get().clone(),
    };
    examination.end_max = examination.end_max_from(examination.start_default);
    examination.seats = examination.seats_between(examination.start_default, examination.end_max);
    examination
}

impl Examination {
    /// What is offered before anybody chooses: from the first seats to the latest end, everything that is free.
    pub fn default_choice(&self) -> Choice {
        let seats = self.seats.iter().filter_map(|row| Some((row.seat_type.clone(), *row.free.limit()?)));
        Choice { start: self.start_default, end: self.end_max, seats: seats.collect(), accept_fork: false }
    }

    /// The latest end of a license with this start.
    pub fn end_max_from(&self, start: Time) -> Ceiling<Time> {
        let by_duration = match self.longest {
            Ceiling::Unlimited => Ceiling::Unlimited,
            Ceiling::Limited(seconds) => Ceiling::Limited(start.plus(seconds)),
        };
        self.run_until.min(by_duration)
    }

    /// Whether a license may be without end.
    pub fn may_be_endless(&self) -> bool {
        self.end_max == Ceiling::Unlimited
    }

    /// The start that picking a UTC day means: its 00:00Z, or the earliest start if that is later on this day.
    pub fn start_on(&self, day: Time) -> Time {
        let start = day.day_start();
        if start.plus(DAY) > self.start_min { start.max(self.start_min) } else { start }
    }

    /// The end that picking a UTC day means: its 23:59:59Z, or the latest end if that is earlier on this day.
    pub fn end_on(&self, start: Time, day: Time) -> Time {
        match self.end_max_from(start) {
            Ceiling::Limited(latest) if latest.day_start() == day.day_start() => latest,
            _ => day.day_end(),
        }
    }

    /// Each seat type, for a license with these dates.
    pub fn seats_between(&self, start: Time, end: Ceiling<Time>) -> Vec<SeatRow> {
        let span = self.span(start, end);
        let shown = self.shown();
        let row = |seat_type: &postern_protocol::Id| SeatRow {
            seat_type: seat_type.clone(),
            ceiling: self.capacity.ceiling(seat_type, start),
            held_elsewhere: self.capacity.elsewhere(seat_type, start),
            held_by_this: shown.map_or(0, |license| license.at(seat_type, self.now)),
            in_use_there: self
                .request
                .seats
                .iter()
                .find(|seat| seat.seat_type == *seat_type)
                .map_or(0, |seat| seat.in_use),
            free: self.capacity.free(seat_type, &span),
        };
        self.capacity.seat_types().iter().map(row).collect()
    }

    /// The license that the machine shows as installed, if the ledger knows it.
    pub(crate) fn shown(&self) -> Option<&Holding> {
        self.books.devices.get(&self.request.device.key)?.license(self.request.installed.license?)
    }

    pub(crate) fn span(&self, start: Time, end: Ceiling<Time>) -> Span {
        Span::new(start, end, &self.expiry)
    }
}
