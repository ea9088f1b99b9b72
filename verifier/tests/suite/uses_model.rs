//! Seats, sessions and consumption against a small reference model: every order of uses, two handles, restarts, and
//! licenses that change what is allowed.

use std::collections::{BTreeMap, BTreeSet};

use postern_protocol::documents::{Ceiling, Consumption, ConsumptionBase, Installation};
use postern_protocol::time::{DAY, HOUR};
use postern_protocol::{Explain, Id, Time};
use postern_testkit::{World, id, now, seats};
use postern_verifier::Verifier;
use postern_verifier::rules::seats::Change;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::plant::Plant;

const TYPES: [&str; 4] = ["dev", "exec", "generic", "bot-creator"];
const LIMIT: u64 = 40;
const OVERAGE: u64 = 5;
const PERIOD: u64 = 30 * DAY;

#[derive(Clone, Debug)]
enum Action {
    Checkout(usize, u8),
    Release(usize, u8),
    Begin(usize),
    End(Index),
    Consume(u64),
    Wait(u64),
    /// A new license: seats of each type, and whether the portal claims that a new period begins.
    Renew([u64; 4], bool),
    Restart,
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let action = prop_oneof![
        4 => (0..4usize, 0..4u8).prop_map(|(seat_type, user)| Action::Checkout(seat_type, user)),
        2 => (0..4usize, 0..4u8).prop_map(|(seat_type, user)| Action::Release(seat_type, user)),
        4 => (0..4usize).prop_map(Action::Begin),
        3 => any::<Index>().prop_map(Action::End),
        4 => (0..20u64).prop_map(Action::Consume),
        2 => (1..200u64).prop_map(Action::Wait),
        2 => (prop::array::uniform4(0..3u64), any::<bool>()).prop_map(|(seats, reset)| Action::Renew(seats, reset)),
        1 => Just(Action::Restart),
    ];
    prop::collection::vec(action, 1..40)
}

/// What the machine must do, as the users' documentation tells it.
struct Model {
    now: Time,
    totals: [u64; 4],
    named: BTreeSet<(usize, u8)>,
    sessions: BTreeMap<Id, (usize, Time)>,
    /// Units in all; units in all when the machine's own period began, and when that was.
    total: u64,
    base: u64,
    since: Time,
    /// Where the license says that its count begins.
    claimed: u64,
}

type Outcome = Result<&'static str, &'static str>;

impl Model {
    fn used(&self, seat_type: usize) -> u64 {
        let named = self.named.iter().filter(|(of, _)| *of == seat_type).count();
        let sessions = self.sessions.values().filter(|(of, until)| *of == seat_type && self.now <= *until).count();
        (named + sessions) as u64
    }

    /// Whether everybody fits: a generic seat serves a dev or an exec use that has none of its own.
    fn fits(&self, one_more: Option<usize>) -> bool {
        let used = |seat_type: usize| self.used(seat_type) + u64::from(one_more == Some(seat_type));
        let over = |seat_type: usize| used(seat_type).saturating_sub(self.totals[seat_type]);
        over(0) + over(1) + used(2) <= self.totals[2] && over(3) == 0
    }

    /// Whether a seat of this type can be given: where what is in use does not fit any more, nothing that needs it can.
    fn free(&self, seat_type: usize) -> bool {
        let own = self.used(seat_type) < self.totals[seat_type];
        let spare = {
            let over = |of: usize| self.used(of).saturating_sub(self.totals[of]);
            self.totals[2] > over(0) + over(1) + self.used(2)
        };
        match seat_type {
            2 => spare,
            0 | 1 => own || spare,
            _ => own,
        }
    }

    fn checkout(&mut self, seat_type: usize, user: u8) -> Outcome {
        if self.named.contains(&(seat_type, user)) {
            return Ok("kept");
        }
        if !self.free(seat_type) {
            return Err("seats-taken");
        }
        self.named.insert((seat_type, user));
        Ok("taken")
    }

    fn left(&self) -> u64 {
        let used = (self.total - self.base).max(self.total.saturating_sub(self.claimed));
        (LIMIT + OVERAGE).saturating_sub(used)
    }
}

fn plant() -> Plant {
    let mut world = World::new();
    let everything = TYPES.map(|seat_type| seats(seat_type, 100));
    world.account.allowances = Ceiling::Limited(everything.to_vec());
    world.account.installations =
        Ceiling::Limited(vec![Installation { license_id: id("cr-1"), allowances: everything.to_vec() }]);
    world.account.consumption = Ceiling::Limited(vec![Consumption {
        counter: id("pages"),
        feature: None,
        limit: Ceiling::Limited(LIMIT),
        overage: Ceiling::Limited(OVERAGE),
        reset_period: Ceiling::Limited(PERIOD),
    }]);
    // Nothing ends while the model runs.
    (world.account.run_until, world.account.longest_duration) = (Ceiling::Unlimited, Ceiling::Unlimited);
    world.account.issue_until = world.ops.issue_until;
    let mut plant = Plant::of(world);
    plant.enroll();
    plant
}

fn renew(plant: &mut Plant, totals: [u64; 4], base: ConsumptionBase) -> Result<(), &'static str> {
    // A renewal that was refused leaves its cycle open.
    if plant.verifier.status(plant.now).unwrap().cycle.state == "locked" {
        plant.enroll();
    }
    let request = plant.request();
    let allocation: Vec<(&str, u64)> = TYPES.iter().copied().zip(totals).collect();
    let file = plant.answer(&request, &allocation, |license| {
        license.ends_at = Ceiling::Unlimited;
        license.consumption_base = vec![base];
        license.longest_session = Ceiling::Limited(8 * HOUR);
    });
    plant.install(&file).map(drop).map_err(|error| error.code())
}

fn coded<T, E: Explain>(outcome: Result<T, E>, word: &'static str) -> Outcome {
    outcome.map(|_| word).map_err(|error| error.code())
}

/// Does one action on both.
fn step(
    model: &mut Model,
    plant: &mut Plant,
    second: &Verifier,
    turn: usize,
    action: &Action,
) -> Option<(Outcome, Outcome)> {
    let verifier = if turn.is_multiple_of(2) { &plant.verifier } else { second };
    let now = model.now;
    Some(match action {
        Action::Checkout(seat_type, user) => {
            let done = verifier.checkout(&id(TYPES[*seat_type]), &format!("user {user}"), now);
            let word = if done == Ok(Change::None) { "kept" } else { "taken" };
            (model.checkout(*seat_type, *user), coded(done, word))
        }
        Action::Release(seat_type, user) => {
            let held = model.named.remove(&(*seat_type, *user));
            let done = verifier.release(&id(TYPES[*seat_type]), &format!("user {user}"), now);
            (if held { Ok("released") } else { Err("seat-not-held") }, coded(done, "released"))
        }
        Action::Begin(seat_type) => {
            let expected = if model.free(*seat_type) { Ok("begun") } else { Err("seats-taken") };
            let done = verifier.begin_detached_session(&id(TYPES[*seat_type]), "a robot", now);
            if let Ok(session) = &done {
                model.sessions.insert(session.id.clone(), (*seat_type, session.until.unwrap()));
            }
            (expected, coded(done, "begun"))
        }
        Action::End(which) => {
            let ids: Vec<Id> = model.sessions.keys().cloned().collect();
            let session = ids.get(which.index(ids.len().max(1)))?.clone();
            let (_, until) = model.sessions.remove(&session).unwrap();
            let expected = if now <= until { Ok("ended") } else { Err("session-unknown") };
            (expected, coded(verifier.end_session(&session, now), "ended"))
        }
        Action::Consume(units) => {
            let expected = if *units <= model.left() { Ok("consumed") } else { Err("consumption-limit") };
            if expected.is_ok() {
                model.total += units;
            }
            (expected, coded(verifier.consume(&id("pages"), *units, now), "consumed"))
        }
        Action::Wait(hours) => {
            model.now = now.plus(hours * HOUR);
            plant.now = model.now;
            return None;
        }
        Action::Renew(totals, claims) => {
            let claimed = if *claims { model.total } else { model.claimed };
            let before = std::mem::replace(&mut model.totals, *totals);
            let fits = model.fits(None);
            let base = ConsumptionBase { counter: id("pages"), total: claimed, since: now };
            let done = renew(plant, *totals, base);
            if fits {
                model.claimed = claimed;
                // A period moves on only once it has passed, whatever the license claims.
                if now >= model.since.plus(PERIOD) {
                    let later = model.total.saturating_sub(claimed);
                    (model.base, model.since) = ((model.total - later).max(model.base), now);
                }
            } else {
                model.totals = before;
            }
            (if fits { Ok("installed") } else { Err("seats-in-use") }, done.map(|()| "installed"))
        }
        Action::Restart => {
            plant.reopen();
            return None;
        }
    })
}

fn run(actions: &[Action]) -> BTreeSet<&'static str> {
    let mut plant = plant();
    let first = ConsumptionBase { counter: id("pages"), total: 0, since: now() };
    renew(&mut plant, [1, 1, 1, 2], first).unwrap();
    let second = plant.another();
    let mut model = Model {
        now: now(),
        totals: [1, 1, 1, 2],
        named: BTreeSet::new(),
        sessions: BTreeMap::new(),
        total: 0,
        base: 0,
        since: now(),
        claimed: 0,
    };
    let mut seen = BTreeSet::new();
    for (turn, action) in actions.iter().enumerate() {
        if let Some((expected, found)) = step(&mut model, &mut plant, &second, turn, action) {
            assert_eq!(found, expected, "{action:?} at {}", model.now);
            seen.insert(expected.unwrap_or_else(|code| code));
        }
        // What one handle keeps in memory is what another reads anew.
        let status = plant.verifier.status(model.now).unwrap();
        assert_eq!(status, plant.another().status(model.now).unwrap());
        for (index, seat_type) in TYPES.iter().enumerate() {
            let seat = status.seats.iter().find(|seat| seat.seat_type.as_str() == *seat_type).unwrap();
            assert_eq!((seat.total, seat.used), (model.totals[index], model.used(index)), "{seat_type}");
            assert_eq!(seat.free > 0, model.free(index), "{seat_type}");
        }
        assert!(model.total - model.base <= LIMIT + OVERAGE, "more than a period allows");
    }
    assert!(plant.verifier.audit().is_ok());
    seen
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_machine_allows_what_the_model_allows(actions in actions()) {
        run(&actions);
    }
}

/// The generator reaches every outcome, so the property above is not empty.
#[test]
fn the_uses_model_reaches_every_outcome() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let mut missing: BTreeSet<&str> = [
        "kept",
        "taken",
        "seats-taken",
        "released",
        "seat-not-held",
        "begun",
        "ended",
        "session-unknown",
        "consumed",
        "consumption-limit",
        "installed",
        "seats-in-use",
    ]
    .into();
    for _ in 0..60 {
        if missing.is_empty() {
            return;
        }
        for word in run(&actions().new_tree(&mut runner).unwrap().current()) {
            missing.remove(word);
        }
    }
    panic!("never seen: {missing:?}");
}
