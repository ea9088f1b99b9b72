//! A request on the table: what it asks, the choice being made, and what the issuing core says to it, live.

use postern_issuer::{Change, Choice, Decision, Examination, Refusal, SeatRow, decide_license, examine};
use postern_protocol::documents::{Bundle, Ceiling, Request};
use postern_protocol::{Chain, Id, Time, Verified};

use super::account::Account;
use super::command::Edit;
use super::error::{PortalError, refused};
use super::shown::Explained;
use crate::t;

/// A request that is being answered.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The name of its file.
    pub name: String,
    /// The request.
    pub request: Verified<Request>,
    /// What it is answered under.
    pub chain: Chain,
    /// What can be chosen, and what refuses it whatever is chosen.
    pub examination: Examination,
    /// What is chosen.
    pub form: Form,
    /// What can be had of each seat type between the chosen days.
    pub rows: Vec<SeatRow>,
    /// What the issuing core says to that.
    pub verdict: Verdict,
}

/// The fields, as they were typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// The first day, `YYYY-MM-DD`.
    pub start: String,
    /// The last day.
    pub end: String,
    /// Whether there is no last day.
    pub endless: bool,
    /// Seats of each type.
    pub seats: Vec<(Id, String)>,
    /// Whether a restored machine is accepted as it is.
    pub accept_fork: bool,
}

/// What is to be said to a choice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// About the first day.
    pub start: Vec<Explained>,
    /// About the last day.
    pub end: Vec<Explained>,
    /// About the seats of a type.
    pub seats: Vec<(Id, Explained)>,
    /// Nothing was chosen yet.
    pub nothing: bool,
    /// A restored machine was not accepted yet.
    pub unaccepted: Vec<Explained>,
    /// About anything else.
    pub other: Vec<Explained>,
    /// What changes on the machine, if the choice holds.
    pub change: Option<Change>,
}

impl Verdict {
    /// Everything that is wrong.
    pub fn all(self) -> Vec<Explained> {
        let Self { start, end, seats, unaccepted, other, .. } = self;
        let seats = seats.into_iter().map(|(_, explained)| explained);
        unaccepted.into_iter().chain(other).chain(start).chain(end).chain(seats).collect()
    }

    /// What is said about one seat type.
    pub fn seat<'a>(&'a self, seat_type: &'a Id) -> impl Iterator<Item = &'a Explained> {
        self.seats.iter().filter(move |(about, _)| about == seat_type).map(|(_, explained)| explained)
    }
}

impl Asked {
    /// Puts a request on the table.
    ///
    /// # Errors
    /// No entitlement of this portal is for its license id.
    pub fn new(name: String, request: Verified<Request>, account: &Account, now: Time) -> Result<Self, PortalError> {
        let chain = account.chain_of(&request)?;
        let examination = examine(&account.desk(&chain, now), &request);
        let form = Form::first(&examination);
        let asked = Self { name, request, chain, examination, form, rows: Vec::new(), verdict: Verdict::default() };
        Ok(asked.judged(account, now))
    }

    /// The same request and choice, with what is known now.
    pub fn again(&self, account: &Account, now: Time) -> Self {
        // A newer bundle may name the license id in another grant, or in none: then the old one stands, and refuses.
        let chain = account.chain_of(&self.request).unwrap_or_else(|_| self.chain.clone());
        let examination = examine(&account.desk(&chain, now), &self.request);
        Self { chain, examination, ..self.clone() }.judged(account, now)
    }

    /// With one field changed.
    pub fn edited(&self, edit: &Edit, account: &Account, now: Time) -> Self {
        Self { form: self.form.edited(edit), ..self.clone() }.judged(account, now)
    }

    /// What is typed for a seat type.
    pub fn typed(&self, seat_type: &Id) -> &str {
        self.form.seats.iter().find(|(id, _)| id == seat_type).map_or("", |(_, typed)| typed)
    }

    /// What the issuing core decides.
    ///
    /// # Errors
    /// Everything that is wrong with the fields, or every refusal.
    pub fn decide(&self, account: &Account, now: Time) -> Result<Decision, Box<Verdict>> {
        let choice = self.form.choice(&self.examination)?;
        decide_license(&account.desk(&self.chain, now), &self.request, &choice)
            .map_err(|refusals| Box::new(sorted(&refusals, account.bundle())))
    }

    fn judged(mut self, account: &Account, now: Time) -> Self {
        self.verdict = match self.decide(account, now) {
            Ok(decision) => Verdict { change: Some(decision.before_after().clone()), ..Verdict::default() },
            Err(verdict) => *verdict,
        };
        // Days that can't be read yet leave the figures of the days before.
        if let (Some(start), Some(end)) = (self.form.start(&self.examination), self.form.end(&self.examination)) {
            self.rows = self.examination.seats_between(start, end);
        } else if self.rows.is_empty() {
            self.rows.clone_from(&self.examination.seats);
        }
        self
    }
}

impl Form {
    /// What is proposed: from the first possible day to the last, with the proposed seats.
    fn first(examination: &Examination) -> Self {
        let end = examination.end_max.limit();
        Self {
            start: examination.start_default.date(),
            end: end.map(|end| end.date()).unwrap_or_default(),
            endless: end.is_none(),
            seats: examination
                .seats
                .iter()
                .map(|row| (row.seat_type.clone(), proposed(examination, row).to_string()))
                .collect(),
            accept_fork: false,
        }
    }

    fn edited(&self, edit: &Edit) -> Self {
        let mut form = self.clone();
        match edit {
            Edit::Start(day) => form.start.clone_from(day),
            Edit::End(day) => form.end.clone_from(day),
            Edit::Endless(endless) => form.endless = *endless,
            Edit::AcceptFork(accepted) => form.accept_fork = *accepted,
            // Of other matters.
            Edit::MoveBase(_) | Edit::Reason(_) | Edit::Server(..) => {}
            Edit::Seats(seat_type, quantity) => {
                if let Some((_, typed)) = form.seats.iter_mut().find(|(id, _)| id.as_str() == seat_type) {
                    typed.clone_from(quantity);
                }
            }
        }
        form
    }

    /// The start that the first day means.
    fn start(&self, examination: &Examination) -> Option<Time> {
        Time::from_date(&self.start).map(|day| examination.start_on(day))
    }

    /// The end that the last day means.
    fn end(&self, examination: &Examination) -> Option<Ceiling<Time>> {
        if self.endless {
            return Some(Ceiling::Unlimited);
        }
        let start = self.start(examination).unwrap_or(examination.start_default);
        Time::from_date(&self.end).map(|day| Ceiling::Limited(examination.end_on(start, day)))
    }

    /// The choice that the fields mean.
    fn choice(&self, examination: &Examination) -> Result<Choice, Box<Verdict>> {
        let mut verdict = Verdict::default();
        let (start, end) = (self.start(examination), self.end(examination));
        if start.is_none() {
            verdict.start.push(typing_error(&t!("field-day-bad")));
        }
        if end.is_none() {
            verdict.end.push(typing_error(&t!("field-day-bad")));
        }
        let mut seats = Vec::with_capacity(self.seats.len());
        for (seat_type, typed) in &self.seats {
            match quantity(typed) {
                // A type without seats is none of the license's.
                Some(0) => {}
                Some(quantity) => seats.push((seat_type.clone(), quantity)),
                None => verdict.seats.push((seat_type.clone(), typing_error(&t!("field-number-bad")))),
            }
        }
        match (start, end) {
            (Some(start), Some(end)) if verdict.seats.is_empty() => {
                Ok(Choice { start, end, seats, accept_fork: self.accept_fork })
            }
            _ => Err(Box::new(verdict)),
        }
    }
}

/// The quantity that is proposed: what the machine has, as far as it is free; for a license that is bound to one
/// machine all that is free.
fn proposed(examination: &Examination, row: &SeatRow) -> u64 {
    match row.free {
        Ceiling::Limited(free) if examination.node_locked => free,
        Ceiling::Limited(free) => free.min(row.held_by_this),
        Ceiling::Unlimited => row.held_by_this,
    }
}

/// A whole number; an emptied field means none.
fn quantity(typed: &str) -> Option<u64> {
    match typed.trim() {
        "" => Some(0),
        digits if digits.len() <= 15 && digits.bytes().all(|digit| digit.is_ascii_digit()) => digits.parse().ok(),
        _ => None,
    }
}

fn typing_error(what: &str) -> Explained {
    Explained { what: what.into(), advice: t!("field-bad-do").to_string(), code: "portal-field".into(), earlier: None }
}

/// Each refusal beside the field that it is about.
fn sorted(refusals: &[Refusal], bundle: &Bundle) -> Verdict {
    let mut verdict = Verdict::default();
    for refusal in refusals {
        let explained = refused(refusal, bundle);
        match refusal {
            Refusal::StartTooEarly { .. } => verdict.start.push(explained),
            Refusal::EndBeforeStart
            | Refusal::EndPast { .. }
            | Refusal::EndTooLate { .. }
            | Refusal::DurationTooLong { .. } => verdict.end.push(explained),
            Refusal::SeatTypeUnknown { seat_type }
            | Refusal::SeatTypeTwice { seat_type }
            | Refusal::SeatsExceedGrant { seat_type, .. }
            | Refusal::SeatsExceedFree { seat_type, .. } => verdict.seats.push((seat_type.clone(), explained)),
            Refusal::SeatsNone => verdict.nothing = true,
            Refusal::Recovers => verdict.unaccepted.push(explained),
            _ => verdict.other.push(explained),
        }
    }
    verdict
}
