//! What a person chooses for a license, and every reason against it.

use postern_protocol::documents::{Allowance, Ceiling, Step};
use postern_protocol::limits::MAX_INTEGER;
use postern_protocol::{Id, Time};

use crate::examine::Examination;
use crate::refusal::Refusal;
use crate::seats::{Misfit, Span};

/// Dates and quantities of a license, and whether a restored machine is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Its start.
    pub start: Time,
    /// Its end.
    pub end: Ceiling<Time>,
    /// Seats of each type. A type that is left out gets none.
    pub seats: Vec<(Id, u64)>,
    /// Whether a restored or rebuilt machine is accepted as it is now ([`Examination::recovery`]).
    pub accept_fork: bool,
}

impl Choice {
    /// The allocation that this choice means, in the entitlement's order: a choice in another order is the same one.
    pub(crate) fn allocation(&self, order: &[Id]) -> Vec<Allowance> {
        let mut seats: Vec<_> = self.seats.iter().filter(|(_, quantity)| *quantity > 0).collect();
        let rank = |seat_type: &Id| order.iter().position(|one| one == seat_type).unwrap_or(order.len());
        seats.sort_by(|(a, _), (b, _)| (rank(a), a).cmp(&(rank(b), b)));
        let allowance = |(seat_type, quantity): &(Id, u64)| Allowance {
            seat_type: seat_type.clone(),
            steps: vec![Step { from: self.start, quantity: *quantity }],
        };
        seats.into_iter().map(allowance).collect()
    }
}

impl Examination {
    /// Every reason against a choice.
    pub fn judge(&self, choice: &Choice) -> Vec<Refusal> {
        let mut refusals = Vec::new();
        match (&self.recovery, choice.accept_fork) {
            (Some(_), false) => refusals.push(Refusal::Recovers),
            (None, true) => refusals.push(Refusal::RecoversNot),
            _ => {}
        }
        self.judge_dates(choice, &mut refusals);
        let span = self.span(choice.start, choice.end);
        for (index, (seat_type, quantity)) in choice.seats.iter().enumerate() {
            if choice.seats.iter().take(index).any(|(earlier, _)| earlier == seat_type) {
                refusals.push(Refusal::SeatTypeTwice { seat_type: seat_type.clone() });
            } else if !self.capacity.knows(seat_type) {
                refusals.push(Refusal::SeatTypeUnknown { seat_type: seat_type.clone() });
            } else {
                refusals.extend(self.judge_quantity(seat_type, *quantity, &span));
            }
        }
        // A node-locked license is worth its features where others hold every seat.
        if !self.node_locked
            && !self.capacity.seat_types().is_empty()
            && choice.seats.iter().all(|(_, quantity)| *quantity == 0)
        {
            refusals.push(Refusal::SeatsNone);
        }
        refusals
    }

    fn judge_dates(&self, choice: &Choice, refusals: &mut Vec<Refusal>) {
        if choice.start < self.start_min {
            refusals.push(Refusal::StartTooEarly { earliest: self.start_min });
        }
        if let Ceiling::Limited(end) = choice.end {
            if end < choice.start {
                refusals.push(Refusal::EndBeforeStart);
            }
            if end < self.now {
                refusals.push(Refusal::EndPast { now: self.now });
            }
        }
        let later = |latest: Time| choice.end.limit().is_none_or(|end| *end > latest);
        if let Ceiling::Limited(latest) = self.run_until
            && later(latest)
        {
            refusals.push(Refusal::EndTooLate { latest });
        }
        if let Ceiling::Limited(longest) = self.longest
            && later(choice.start.plus(longest))
        {
            refusals.push(Refusal::DurationTooLong { longest, latest: choice.start.plus(longest) });
        }
    }

    fn judge_quantity(&self, seat_type: &Id, asked: u64, span: &Span) -> Option<Refusal> {
        let seat_type = || seat_type.clone();
        if asked > MAX_INTEGER {
            let (allowed, at) = (MAX_INTEGER, span.start);
            return Some(Refusal::SeatsExceedGrant { seat_type: seat_type(), asked, allowed, at });
        }
        self.capacity.misfit(&seat_type(), asked, span).map(|misfit| match misfit {
            Misfit::Ceiling { at, allowed } => Refusal::SeatsExceedGrant { seat_type: seat_type(), asked, allowed, at },
            Misfit::Held { at, free, elsewhere } => {
                Refusal::SeatsExceedFree { seat_type: seat_type(), asked, free, elsewhere, at }
            }
        })
    }
}
