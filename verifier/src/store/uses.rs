//! Uses: seats, sessions, consumption. Each writes its rows, keeps the facts in memory and the digest in step, and is
//! closed by one usage record.

use postern_protocol::{Id, Time};
use rusqlite::types::ValueRef;
use rusqlite::{Params, params};

use super::digest::{Sum, Table};
use super::usage::{Event, SessionEnd};
use super::{Keys, State, StateError, Store, Work, entropy, holders, stored};
use crate::rules::consumption::{self, Balance, ConsumeError};
use crate::rules::facts::{Consumed, Facts, Meter, Seat, Session};
use crate::rules::meter;
use crate::rules::seats::{self, Change, SeatError};

/// A floating session to begin.
#[derive(Clone, Debug)]
pub(crate) struct BeginSession {
    pub(crate) seat_type: Id,
    pub(crate) user: String,
    /// Whether it ends with this process.
    pub(crate) held: bool,
}

impl Store {
    pub(crate) fn checkout(&self, seat_type: Id, user: String, now: Time) -> Result<Change, SeatError> {
        self.share(move |work| {
            let change = work.judge(now, |work| {
                let (facts, terms) = work.facts_and_terms()?;
                seats::checkout(facts, terms, &seat_type, &user, now)
            })?;
            if change == Change::Made {
                work.insert_seat(Seat { seat_type: seat_type.clone(), user: user.clone(), since: now })?;
                work.record_use(now, Event::CheckedOut { seat_type, user })?;
            }
            Ok(change)
        })
    }

    pub(crate) fn release(&self, seat_type: Id, user: String, now: Time) -> Result<(), SeatError> {
        self.share(move |work| {
            let seat = seats::release(work.facts()?, &seat_type, &user)?.clone();
            work.delete_seat(&seat)?;
            work.record_use(now, Event::Released { seat_type, user })?;
            Ok(())
        })
    }

    pub(crate) fn begin_session(&self, begin: BeginSession, now: Time) -> Result<Session, SeatError> {
        self.here()?;
        let BeginSession { seat_type, user, held } = begin;
        let id = Id::from_entropy(entropy().map_err(SeatError::from)?);
        let holder = if held { Some(self.holder.id(&self.directory)?) } else { None };
        self.share(move |work| {
            let until = work.judge(now, |work| {
                let (facts, terms) = work.facts_and_terms()?;
                seats::begin_session(facts, terms, &seat_type, now)
            })?;
            let session = Session { id, seat_type, user, since: now, until, holder };
            work.insert_session(session.clone())?;
            let (id, seat_type, user) = (session.id.clone(), session.seat_type.clone(), session.user.clone());
            work.record_use(now, Event::SessionBegun { session: id, seat_type, user })?;
            Ok(session)
        })
    }

    pub(crate) fn end_session(&self, session: Id, now: Time) -> Result<(), SeatError> {
        self.share(move |work| {
            let session = seats::end_session(work.facts()?, &session, now)?.clone();
            work.close_session(&session, SessionEnd::Released, now)?;
            Ok(())
        })
    }

    pub(crate) fn consume(&self, counter: Id, units: u64, now: Time) -> Result<Balance, ConsumeError> {
        self.share(move |work| {
            let (facts, terms) = work.facts_and_terms()?;
            let spent = consumption::consume(facts, terms, &counter, units, now)?;
            work.put_consumed(spent.row)?;
            work.record_use(now, Event::Consumed { counter, units })?;
            Ok(spent.balance)
        })
    }

    /// Records that the machine runs on, where nothing was recorded for a while: the floor of its clock and its running
    /// time move on.
    pub(crate) fn run_on(&self, now: Time) -> Result<(), StateError> {
        self.share(move |work| {
            if work.facts()?.last_seen.plus(meter::HEARTBEAT) <= now {
                work.record_use(now, Event::Ran)?;
            }
            Ok(())
        })
    }
}

impl Work<'_> {
    /// Judges; where every seat is taken, once more after the sessions of processes that are gone were reclaimed.
    fn judge<T>(&mut self, now: Time, judge: impl Fn(&mut Self) -> Result<T, SeatError>) -> Result<T, SeatError> {
        match judge(self) {
            Err(SeatError::AllTaken { .. }) if self.reclaim(now)? => judge(self),
            judged => judged,
        }
    }

    /// Ends the sessions whose time is over and those of processes that are gone; says whether there were any.
    fn reclaim(&mut self, now: Time) -> Result<bool, StateError> {
        let store = self.store;
        let gone = |session: &Session| {
            let holder = session.holder.as_ref();
            holder.is_some_and(|holder| !store.holder.is(holder) && holders::gone(&store.directory, holder))
        };
        let over = |session: &Session| match session.live(now) {
            false => Some((session.clone(), SessionEnd::Expired)),
            true => gone(session).then(|| (session.clone(), SessionEnd::Reclaimed)),
        };
        let over: Vec<_> = self.facts()?.sessions.iter().filter_map(over).collect();
        for (session, why) in &over {
            self.close_session(session, *why, now)?;
        }
        Ok(!over.is_empty())
    }

    fn close_session(&mut self, session: &Session, why: SessionEnd, now: Time) -> Result<(), StateError> {
        self.delete_session(session)?;
        self.record_use(now, Event::SessionEnded { session: session.id.clone(), why })
    }

    /// Ends every use: the license that allowed them is given back.
    pub(crate) fn clear_uses(&mut self) -> Result<(), StateError> {
        let Facts { seats, sessions, .. } = self.facts()?;
        let (seats, sessions) = (seats.clone(), sessions.clone());
        seats.iter().try_for_each(|seat| self.delete_seat(seat))?;
        sessions.iter().try_for_each(|session| self.delete_session(session))
    }

    /// Adds up how long the machine has run with the license in force.
    pub(super) fn run_meter(&mut self) -> Result<(), StateError> {
        let uptime = self.store.uptime();
        let facts = self.facts()?;
        let before = facts.meter.clone().filter(|_| facts.installed.is_some());
        match before.zip(uptime).and_then(|(before, uptime)| meter::advance(&before, uptime)) {
            Some(meter) => self.put_meter(meter),
            None => Ok(()),
        }
    }

    /// Begins to measure anew: another license is in force.
    pub(crate) fn restart_meter(&mut self) -> Result<(), StateError> {
        match self.store.uptime() {
            Some(upto) => self.put_meter(Meter { running: 0, upto }),
            None => self.put("DELETE FROM meter", [], |facts, keys, sum| {
                facts.meter.take().iter().for_each(|before| sum.take(meter_hash(keys, before)));
            }),
        }
    }

    fn insert_seat(&mut self, seat: Seat) -> Result<(), StateError> {
        self.put(
            "INSERT INTO seats (seat_type, user, since) VALUES (?1, ?2, ?3)",
            params![seat.seat_type.as_str(), seat.user, stored(seat.since.unix())],
            |facts, keys, sum| {
                sum.add(seat_hash(keys, &seat));
                let key = |one: &Seat| (one.seat_type.clone(), one.user.clone());
                let place = facts.seats.partition_point(|one| key(one) < key(&seat));
                facts.seats.insert(place, seat.clone());
            },
        )
    }

    fn delete_seat(&mut self, seat: &Seat) -> Result<(), StateError> {
        self.put(
            "DELETE FROM seats WHERE seat_type = ?1 AND user = ?2",
            params![seat.seat_type.as_str(), seat.user],
            |facts, keys, sum| {
                sum.take(seat_hash(keys, seat));
                facts.seats.retain(|one| one != seat);
            },
        )
    }

    fn insert_session(&mut self, session: Session) -> Result<(), StateError> {
        self.put(
            "INSERT INTO sessions (id, seat_type, user, since, until, holder) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                session.id.as_str(),
                session.seat_type.as_str(),
                session.user,
                stored(session.since.unix()),
                session.until.map(|until| stored(until.unix())),
                session.holder.as_ref().map(Id::as_str)
            ],
            |facts, keys, sum| {
                sum.add(session_hash(keys, &session));
                let place = facts.sessions.partition_point(|one| one.id < session.id);
                facts.sessions.insert(place, session.clone());
            },
        )
    }

    fn delete_session(&mut self, session: &Session) -> Result<(), StateError> {
        self.put("DELETE FROM sessions WHERE id = ?1", [session.id.as_str()], |facts, keys, sum| {
            sum.take(session_hash(keys, session));
            facts.sessions.retain(|one| one.id != session.id);
        })
    }

    /// Keeps a counter's row. It is written with the commit: of several uses that share one, the last says it all.
    pub(crate) fn put_consumed(&mut self, row: Consumed) -> Result<(), StateError> {
        let keys = self.keys;
        self.state()?;
        self.writes += 1;
        let place = |rows: &[Consumed]| {
            rows.binary_search_by(|one| (&one.ancestor, &one.counter).cmp(&(&row.ancestor, &row.counter)))
        };
        let State { facts, digest, .. } = self.state()?;
        digest.often.add(consumed_hash(keys, &row));
        match place(&facts.consumption).map(|place| facts.consumption.get_mut(place)) {
            Ok(Some(here)) => {
                digest.often.take(consumed_hash(keys, here));
                *here = row.clone();
            }
            Ok(None) => facts.consumption.push(row.clone()),
            Err(place) => facts.consumption.insert(place, row.clone()),
        }
        match place(&self.unsaved).map(|place| self.unsaved.get_mut(place)) {
            Ok(Some(here)) => *here = row,
            Ok(None) => self.unsaved.push(row),
            Err(place) => self.unsaved.insert(place, row),
        }
        Ok(())
    }

    /// Writes the counters' rows.
    pub(super) fn save_counters(&mut self) -> Result<(), StateError> {
        for row in std::mem::take(&mut self.unsaved) {
            self.tx
                .prepare_cached(
                    "INSERT INTO consumption (ancestor, counter, total, base, since) VALUES (?1, ?2, ?3, ?4, ?5)
                     ON CONFLICT (ancestor, counter) DO UPDATE
                     SET total = excluded.total, base = excluded.base, since = excluded.since",
                )?
                .execute(params![
                    row.ancestor.as_str(),
                    row.counter.as_str(),
                    stored(row.total),
                    stored(row.base),
                    stored(row.since.unix())
                ])?;
        }
        Ok(())
    }

    fn put_meter(&mut self, meter: Meter) -> Result<(), StateError> {
        let Meter { running, upto } = &meter;
        self.put(
            "INSERT OR REPLACE INTO meter (id, running, boot, uptime) VALUES (1, ?1, ?2, ?3)",
            params![stored(*running), upto.boot.as_str(), stored(upto.seconds)],
            |facts, keys, sum| {
                sum.add(meter_hash(keys, &meter));
                facts.meter.replace(meter.clone()).iter().for_each(|before| sum.take(meter_hash(keys, before)));
            },
        )
    }

    /// Writes a row, and keeps facts and digest in step.
    fn put(
        &mut self,
        sql: &str,
        values: impl Params,
        step: impl FnOnce(&mut Facts, &Keys, &mut Sum),
    ) -> Result<(), StateError> {
        let keys = self.keys;
        self.state()?;
        self.writes += 1;
        let written = self.tx.prepare_cached(sql).and_then(|mut statement| statement.execute(values));
        self.spoiled |= written.is_err();
        written?;
        let state = self.state()?;
        step(&mut state.facts, keys, &mut state.digest.often);
        Ok(())
    }
}

fn text(text: &str) -> ValueRef<'_> {
    ValueRef::Text(text.as_bytes())
}

fn integer(number: u64) -> ValueRef<'static> {
    ValueRef::Integer(stored(number))
}

fn seat_hash(keys: &Keys, seat: &Seat) -> Sum {
    keys.rows.row(Table::Seats, &[text(seat.seat_type.as_str()), text(&seat.user), integer(seat.since.unix())])
}

fn session_hash(keys: &Keys, session: &Session) -> Sum {
    let values = [
        text(session.id.as_str()),
        text(session.seat_type.as_str()),
        text(&session.user),
        integer(session.since.unix()),
        session.until.map_or(ValueRef::Null, |until| integer(until.unix())),
        session.holder.as_ref().map_or(ValueRef::Null, |holder| text(holder.as_str())),
    ];
    keys.rows.row(Table::Sessions, &values)
}

fn consumed_hash(keys: &Keys, row: &Consumed) -> Sum {
    let values = [
        text(row.ancestor.as_str()),
        text(row.counter.as_str()),
        integer(row.total),
        integer(row.base),
        integer(row.since.unix()),
    ];
    keys.rows.row(Table::Consumption, &values)
}

fn meter_hash(keys: &Keys, meter: &Meter) -> Sum {
    let Meter { running, upto } = meter;
    keys.rows.row(Table::Meter, &[integer(*running), text(upto.boot.as_str()), integer(upto.seconds)])
}
