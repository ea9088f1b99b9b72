//! The clock: a challenge, and the ticket that answers it.

use postern_protocol::Time;
use postern_protocol::documents::TimeTicket;

use super::{Verifier, read};
use crate::outcome::{Challenged, Repaired};
use crate::rules::clock_repair::{self, RepairError};
use crate::rules::cycle::NotEnrolled;
use crate::rules::request::{self, RequestError};
use crate::store::{CycleEnd, Event};

impl Verifier {
    /// Makes a clock challenge, which a time ticket answers. It voids the challenge before it.
    ///
    /// # Errors
    /// No token is installed, or the state cannot be used.
    pub fn clock_challenge(&self, now: Time) -> Result<Challenged, RequestError> {
        self.store.write(|work| {
            let with = self.ingredients(false)?;
            let challenge = request::challenge(work.facts()?, with, now)?;
            let floor = challenge.clock.map_or(now, |clock| clock.floor);
            let (prepared, file) = self.signed(&challenge);
            work.save_challenge(&challenge.nonce, &prepared, &challenge.usage)?;
            work.record_change(now, Event::Challenged { challenge: prepared.digest().into() })?;
            Ok(Challenged { file, digest: prepared.digest(), floor })
        })
    }

    /// Installs the time ticket that answers the newest challenge.
    ///
    /// # Errors
    /// Why the ticket is refused; then nothing changed.
    pub fn repair_clock(&self, bytes: &[u8], now: Time) -> Result<Repaired, RepairError> {
        let repaired = self.store.write(|work| {
            let facts = work.facts()?;
            facts.way().ok_or(NotEnrolled)?;
            let voids = facts.cycle.as_ref().is_some_and(|cycle| cycle.open_request().is_some());
            let file = read::<TimeTicket>(facts, bytes)?;
            let repair = clock_repair::repair(facts, &file, now)?;
            let (grantor, id) = &repair.by;
            if repair.ends_cycle {
                work.end_cycle(CycleEnd::Ticket, repair.time)?;
            }
            work.save_ticket(&file, bytes, (repair.back > 0).then_some((grantor, id, repair.back)))?;
            let event = Event::ClockRepaired { ticket: file.document.digest().into(), back: repair.back };
            work.record_change(repair.time, event)?;
            Ok::<_, RepairError>(Repaired { time: repair.time, back: repair.back, voided_request: voids })
        })?;
        self.live.changed();
        Ok(repaired)
    }
}
