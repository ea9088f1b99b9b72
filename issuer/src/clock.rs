//! Deciding a clock challenge: how far back the right time takes a machine, what that costs, and the ticket that tells it.

use postern_protocol::documents::{CountedRight, Event, Purpose, RepairClock, Request, TimeTicket, Version};
use postern_protocol::{Digest, Kind, Prepared, Time, Verified};

use crate::books::Books;
use crate::decision::{Decision, Made};
use crate::desk::{Desk, license_id};
use crate::refusal::Refusal;
use crate::request_rules::Rules;
use crate::rules::{self, Right};

/// What a clock challenge comes to.
#[derive(Clone, Debug)]
pub struct ClockExamination {
    /// Every reason against answering it.
    pub refusals: Vec<Refusal>,
    /// The ticket that answers it already; its stored file is to be offered.
    pub earlier_answer: Option<Digest>,
    /// The time that the ticket tells.
    pub time: Time,
    /// Seconds that the newest time that the machine is sure of goes back; 0 where its clock is only set forward.
    pub back: u64,
    /// What the entitlement allows.
    pub right: RepairClock,
    /// Backward repairs that were made under it, on all machines.
    pub used: u64,
}

/// Looks at a clock challenge: everything that is to be known before it is answered.
pub fn examine_clock(desk: &Desk<'_>, request: &Verified<Request>) -> ClockExamination {
    let books = Books::read(desk.bundle, desk.ledger);
    let right = desk.chain.leaf().rights.repair_clock;
    let back = request.clock.map_or(0, |clock| clock.floor.since(desk.now));
    let used = books.spent(desk, CountedRight::RepairClock).len() as u64;
    let mut refusals = Vec::new();
    rules::desk(desk, Some(request.device.key), &mut refusals);
    rules::issuing(desk, Right::RepairClock, license_id(desk.chain.leaf(), request), &mut refusals);
    // The cycle's windows and order are no matter of the clock's: a challenge neither voids a request nor is voided.
    let rules = Rules::new(desk, &books, request);
    rules.addressed(Purpose::Clock, &mut refusals);
    rules.device(&mut refusals);
    rules.memory(&mut refusals);
    rules.token(&mut refusals);
    // Without the right there is nothing to count, and what was answered costs nothing more.
    if rules.unanswered(&mut refusals) && right.count > 0 && back > 0 {
        if back > right.max_back {
            refusals.push(Refusal::ClockTooFarBack { back, max_back: right.max_back });
        }
        if books.left(desk, CountedRight::RepairClock, None) == 0 {
            refusals.push(Refusal::ClockRepairsSpent { count: right.count });
        }
    }
    let earlier_answer = refusals.iter().find_map(Refusal::earlier_answer);
    ClockExamination { refusals, earlier_answer, time: desk.now, back, right, used }
}

/// Decides a clock challenge. Its answer is a time ticket, which tells the desk's `now`.
///
/// # Errors
/// Every reason against it, at once.
pub fn decide_clock(desk: &Desk<'_>, request: &Verified<Request>) -> Result<Decision, Vec<Refusal>> {
    let ClockExamination { refusals, back, .. } = examine_clock(desk, request);
    let Some(ledger) = desk.ledger.filter(|_| refusals.is_empty()) else { return Err(refusals) };
    let ticket = TimeTicket {
        kind: Kind::TimeTicket,
        version: Version,
        product: desk.chain.leaf().product.clone(),
        grant: desk.chain.leaf().digest(),
        device: request.device,
        nonce: request.nonce.clone(),
        time: desk.now,
        ledger: ledger.next(),
        extensions: Vec::new(),
    };
    let prepared = Prepared::new(&ticket);
    let event =
        Event::ClockRepaired { request: request.digest(), ticket: prepared.digest(), device: request.device, back };
    Ok(Decision::new(desk, Some(ledger), Some(Made::Ticket(Box::new(ticket), prepared)), event)
        .for_reader(request.trust_number))
}
