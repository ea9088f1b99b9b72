//! The request cycle against a small reference model: every order of actions, with time as an input.
//!
//! The model knows nothing of documents, only who did what when. For every action it predicts the outcome or the code
//! of the refusal, and afterwards what `status` says.

use std::collections::BTreeSet;

use postern_protocol::time::HOUR;
use postern_protocol::{Explain, Time};
use postern_testkit::{id, now};
use postern_verifier::Requested;
use postern_verifier::rules::seats::Change;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::plant::Plant;

#[derive(Clone, Debug)]
enum Action {
    MakeToken,
    Enroll(Index),
    EnrollNew,
    Request,
    Answer(Index, u64),
    AnswerNewest(u64),
    Install(Index),
    InstallNewest,
    Wait(u64),
    Checkout(u8),
    Release(u8),
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let action = prop_oneof![
        1 => Just(Action::MakeToken),
        1 => any::<Index>().prop_map(Action::Enroll),
        2 => Just(Action::EnrollNew),
        4 => Just(Action::Request),
        1 => (any::<Index>(), 0..5u64).prop_map(|(which, seats)| Action::Answer(which, seats)),
        4 => (0..5u64).prop_map(Action::AnswerNewest),
        2 => any::<Index>().prop_map(Action::Install),
        6 => Just(Action::InstallNewest),
        2 => (1..=72u64).prop_map(Action::Wait),
        6 => (0..5u8).prop_map(Action::Checkout),
        2 => (0..5u8).prop_map(Action::Release),
    ];
    prop::collection::vec(action, 1..80)
}

struct Token {
    made_at: Time,
    used: bool,
}

struct ModelRequest {
    cycle: u64,
    number: u64,
    made_at: Time,
    /// The sequence that its answer will have.
    sequence: u64,
}

struct Answer {
    request: usize,
    seats: u64,
}

struct OpenCycle {
    number: u64,
    first: Time,
    requests: u64,
}

/// What the machine must do, as the users' documentation tells it.
struct Model {
    now: Time,
    tokens: Vec<Token>,
    enrolled: bool,
    cycles: u64,
    open: Option<OpenCycle>,
    requests: Vec<ModelRequest>,
    answers: Vec<Answer>,
    installed: Option<usize>,
    sequence: u64,
    users: BTreeSet<u8>,
}

type Outcome = Result<&'static str, &'static str>;

impl Model {
    fn new() -> Self {
        Self {
            now: now(),
            tokens: vec![],
            enrolled: false,
            cycles: 0,
            open: None,
            requests: vec![],
            answers: vec![],
            installed: None,
            sequence: 0,
            users: BTreeSet::new(),
        }
    }

    fn locked(&self) -> bool {
        self.open.as_ref().is_some_and(|open| self.now > open.first.plus(7 * 24 * HOUR))
    }

    fn total(&self) -> u64 {
        self.installed.map_or(0, |answer| self.answers[answer].seats)
    }

    fn enroll(&mut self, token: usize) -> Outcome {
        if self.tokens[token].used {
            return Err("token-used");
        }
        if self.now > self.tokens[token].made_at.plus(24 * HOUR) {
            return Err("token-expired");
        }
        if self.locked() {
            self.open = None;
        }
        self.tokens[token].used = true;
        self.enrolled = true;
        Ok("enrolled")
    }

    fn request(&mut self) -> Outcome {
        if !self.enrolled {
            return Err("not-enrolled");
        }
        if self.locked() {
            return Err("machine-locked");
        }
        if self.open.is_none() {
            self.cycles += 1;
            self.open = Some(OpenCycle { number: self.cycles, first: self.now, requests: 0 });
        }
        let open = self.open.as_mut().unwrap();
        open.requests += 1;
        self.requests.push(ModelRequest {
            cycle: open.number,
            number: open.requests,
            made_at: self.now,
            sequence: self.sequence + 1,
        });
        Ok("requested")
    }

    fn install(&mut self, answer: usize) -> Outcome {
        let request = &self.requests[self.answers[answer].request];
        if self.installed == Some(answer) {
            return Ok("already installed");
        }
        if request.sequence < self.sequence {
            return Err("sequence-old");
        }
        if request.sequence == self.sequence {
            return Err("sequence-conflict");
        }
        if self.locked() {
            return Err("machine-locked");
        }
        let newest = |open: &OpenCycle| open.number == request.cycle && open.requests == request.number;
        if !self.open.as_ref().is_some_and(newest) {
            return Err("request-superseded");
        }
        if self.now > request.made_at.plus(48 * HOUR) {
            return Err("window-request");
        }
        if self.users.len() as u64 > self.answers[answer].seats {
            return Err("seats-in-use");
        }
        self.sequence = request.sequence;
        self.installed = Some(answer);
        self.open = None;
        Ok("installed")
    }

    fn checkout(&mut self, user: u8) -> Outcome {
        if self.installed.is_none() {
            return Err("license-none");
        }
        if self.users.contains(&user) {
            return Ok("kept");
        }
        if self.users.len() as u64 >= self.total() {
            return Err("seats-taken");
        }
        self.users.insert(user);
        Ok("taken")
    }

    fn release(&mut self, user: u8) -> Outcome {
        if self.users.remove(&user) { Ok("released") } else { Err("seat-not-held") }
    }
}

/// The real machine, with the files that the model only counts.
struct Real {
    plant: Plant,
    tokens: Vec<Vec<u8>>,
    requests: Vec<Requested>,
    answers: Vec<Vec<u8>>,
}

fn coded<T, E: Explain>(outcome: Result<T, E>, word: impl FnOnce(T) -> &'static str) -> Outcome {
    outcome.map(word).map_err(|error| error.code())
}

impl Real {
    fn answer(&mut self, request: usize, seats: u64) {
        let request = self.requests[request].clone();
        let file = self.plant.answer(&request, &[("bot-creator", seats)], |_| {});
        self.answers.push(file);
    }

    fn enroll(&self, token: usize) -> Outcome {
        coded(self.plant.verifier.enroll(&self.tokens[token], self.plant.now), |_| "enrolled")
    }

    fn install(&self, answer: usize) -> Outcome {
        coded(self.plant.install(&self.answers[answer]), |done| {
            if done.already_installed { "already installed" } else { "installed" }
        })
    }
}

/// Does one action on both; nothing where there is no such token, request or answer yet.
fn step(model: &mut Model, real: &mut Real, action: &Action) -> Option<(Outcome, Outcome)> {
    let pick = |which: &Index, length: usize| (length > 0).then(|| which.index(length));
    let newest = |length: usize| length.checked_sub(1);
    let verifier = &real.plant.verifier;
    let make_token = |model: &mut Model, real: &mut Real| {
        real.tokens.push(real.plant.token(|_| {}));
        model.tokens.push(Token { made_at: model.now, used: false });
    };
    let answer = |model: &mut Model, real: &mut Real, request: usize, seats: u64| {
        real.answer(request, seats);
        model.answers.push(Answer { request, seats });
    };
    match action {
        Action::MakeToken => {
            make_token(model, real);
            None
        }
        Action::Enroll(which) => {
            let token = pick(which, model.tokens.len())?;
            Some((model.enroll(token), real.enroll(token)))
        }
        Action::EnrollNew => {
            make_token(model, real);
            let token = newest(model.tokens.len())?;
            Some((model.enroll(token), real.enroll(token)))
        }
        Action::Request => {
            let made = verifier.request(false, model.now);
            real.requests.extend(made.as_ref().ok().cloned());
            Some((model.request(), coded(made, |_| "requested")))
        }
        Action::Answer(which, seats) => {
            answer(model, real, pick(which, model.requests.len())?, *seats);
            None
        }
        Action::AnswerNewest(seats) => {
            answer(model, real, newest(model.requests.len())?, *seats);
            None
        }
        Action::Install(which) => {
            let answer = pick(which, model.answers.len())?;
            Some((model.install(answer), real.install(answer)))
        }
        Action::InstallNewest => {
            let answer = newest(model.answers.len())?;
            Some((model.install(answer), real.install(answer)))
        }
        Action::Wait(hours) => {
            model.now = model.now.plus(hours * HOUR);
            real.plant.now = model.now;
            None
        }
        Action::Checkout(user) => {
            let done = verifier.checkout(&id("bot-creator"), &format!("user {user}"), model.now);
            let word = |change| if change == Change::Made { "taken" } else { "kept" };
            Some((model.checkout(*user), coded(done, word)))
        }
        Action::Release(user) => {
            let done = verifier.release(&id("bot-creator"), &format!("user {user}"), model.now);
            Some((model.release(*user), coded(done, |()| "released")))
        }
    }
}

fn run(actions: &[Action]) -> BTreeSet<&'static str> {
    let mut model = Model::new();
    let mut real = Real { plant: Plant::new(), tokens: vec![], requests: vec![], answers: vec![] };
    let mut seen = BTreeSet::new();
    for action in actions {
        if let Some((expected, found)) = step(&mut model, &mut real, action) {
            assert_eq!(found, expected, "{action:?} at {}", model.now);
            seen.insert(expected.unwrap_or_else(|code| code));
        }
        let status = real.plant.verifier.status(model.now).unwrap();
        let cycle = match (&model.open, model.locked()) {
            (None, _) => "none",
            (Some(_), false) => "open",
            (Some(_), true) => "locked",
        };
        assert_eq!(status.cycle.state, cycle);
        assert_eq!(status.cycle.cycle, model.cycles);
        assert_eq!(status.license.map_or(0, |license| license.sequence), model.sequence);
        let seats = status.seats.first().map_or((0, 0), |seat| (seat.total, seat.used));
        assert_eq!(seats, (model.total(), model.users.len() as u64));
    }
    assert!(real.plant.verifier.audit().is_ok());
    seen
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_machine_does_what_the_model_says(actions in actions()) {
        run(&actions);
    }
}

/// The generator reaches every outcome, so the property above is not empty.
#[test]
fn the_model_reaches_every_outcome() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let strategy = actions();
    let mut missing: BTreeSet<&str> = [
        "enrolled",
        "token-used",
        "token-expired",
        "requested",
        "not-enrolled",
        "machine-locked",
        "installed",
        "already installed",
        "sequence-old",
        "sequence-conflict",
        "request-superseded",
        "window-request",
        "seats-in-use",
        "license-none",
        "kept",
        "taken",
        "seats-taken",
        "released",
        "seat-not-held",
    ]
    .into();
    for _ in 0..100 {
        if missing.is_empty() {
            return;
        }
        for word in run(&strategy.new_tree(&mut runner).unwrap().current()) {
            missing.remove(word);
        }
    }
    panic!("never seen: {missing:?}");
}
