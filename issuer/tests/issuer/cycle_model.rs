//! Random lives of three machines against a small model: whatever happens, what all of them together could be using
//! never exceeds what was bought.

use postern_issuer::*;
use postern_protocol::documents::*;
use postern_protocol::{Digest, Explain, Time, Verified};
use postern_testkit::*;
use proptest::prelude::*;

use crate::portal::*;

const BOUGHT: u64 = 10;
const SEAT: &str = "bot-creator";

#[derive(Clone, Debug)]
enum Step {
    /// The machine makes a new request.
    Ask { machine: usize },
    /// The portal is given the machine's newest request, or an older one, for up to one seat more than are free.
    Answer { machine: usize, back: usize, seats: u64, starts_in: u64, days: u64 },
    /// The machine is given one of its answers. Answers that are never given are lost.
    Install { machine: usize, back: usize },
    /// Time passes.
    Wait { hours: u64 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let machine = 0..3usize;
    let back = prop_oneof![4 => Just(0), 1 => 1..3usize];
    let starts_in = prop_oneof![2 => Just(0), 1 => 1..40u64];
    let answer = (machine.clone(), back.clone(), 0..=BOUGHT + 1, starts_in, 1..60u64)
        .prop_map(|(machine, back, seats, starts_in, days)| Step::Answer { machine, back, seats, starts_in, days });
    let step = prop_oneof![
        4 => machine.clone().prop_map(|machine| Step::Ask { machine }),
        6 => answer,
        4 => (machine, back).prop_map(|(machine, back)| Step::Install { machine, back }),
        1 => prop_oneof![1..60u64, 100..900u64].prop_map(|hours| Step::Wait { hours }),
    ];
    prop::collection::vec(step, 1..60)
}

/// A machine as it really is: the model knows what the portal cannot see.
struct Life {
    machine: Station,
    requests: Vec<Verified<Request>>,
    answers: Vec<Answer>,
    installed: Option<Answer>,
}

impl Life {
    /// What a verifier installs: the answer to its newest request, in order, in time.
    fn can_install(&self, answer: &Answer, now: Time) -> bool {
        let open = self.requests.last().map(Verified::digest).filter(|_| self.machine.request.cycle.number > 0);
        answer.license.request == open
            && answer.license.sequence == self.machine.request.installed.sequence + 1
            && now <= answer.license.install_before
    }

    /// The most that it could be using at an instant, now or later.
    fn could_use(&self, now: Time, at: Time) -> u64 {
        let installable = self.answers.iter().filter(|answer| self.can_install(answer, now));
        installable.chain(&self.installed).map(|answer| seats_at(&answer.license, at)).max().unwrap_or(0)
    }
}

fn seats_at(license: &License, at: Time) -> u64 {
    // The world's grace and extension are 21 days.
    let usable = license.ends_at.limit().is_some_and(|end| at <= end.plus(21 * DAY));
    license.allocation.iter().map(|one| if usable { one.at(at) } else { 0 }).sum()
}

/// Every instant from now on at which anything begins, and now.
fn instants(lives: &[Life], now: Time) -> Vec<Time> {
    let all = lives.iter().flat_map(|life| life.answers.iter().chain(&life.installed));
    all.map(|answer| answer.license.starts_at).filter(|at| *at > now).chain([now]).collect()
}

fn run(steps: &[Step]) -> (Portal, usize) {
    let mut world = World::new();
    allow(&mut world.account, &[seats(SEAT, BOUGHT)]);
    let mut portal = Portal::of(world);
    let mut lives: Vec<Life> = (30..33)
        .map(|seed| Life { machine: portal.machine(seed), requests: vec![], answers: vec![], installed: None })
        .collect();
    let mut answered = 0;
    for (index, step) in steps.iter().enumerate() {
        match step {
            Step::Ask { machine } => ask(&mut portal, &mut lives[*machine], index),
            Step::Answer { machine, back, seats, starts_in, days } => {
                let life = &mut lives[*machine];
                let Some(request) = life.requests.iter().rev().nth(*back) else { continue };
                let start = portal.now.day_start().plus(starts_in * DAY);
                let end = Ceiling::Limited(start.plus(days * DAY - 1));
                let examined = examine(&portal.desk(), request).seats_between(start, end);
                let free = *examined[0].free.limit().unwrap();
                let seats = seats % (free + 2);
                let choice = Choice { start, end, seats: vec![(id(SEAT), seats)], accept_fork: false };
                match decide_license(&portal.desk(), request, &choice) {
                    Ok(_) => {
                        assert!(seats <= free, "{seats} given where {free} are free");
                        life.answers.push(portal.answer_with(&request.clone(), &choice));
                        answered += 1;
                    }
                    Err(refusals) => {
                        let full = refusals.iter().any(|one| one.code().starts_with("seats-exceed"));
                        assert_eq!(full, seats > free, "{refusals:?}");
                    }
                }
            }
            Step::Install { machine, back } => {
                let life = &mut lives[*machine];
                let Some(answer) = life.answers.iter().rev().nth(*back).cloned() else { continue };
                if life.can_install(&answer, portal.now) {
                    life.machine.install(&answer);
                    life.installed = Some(answer);
                }
            }
            Step::Wait { hours } => portal.now = portal.now.plus(hours * HOUR),
        }
        for at in instants(&lives, portal.now) {
            let sum: u64 = lives.iter().map(|life| life.could_use(portal.now, at)).sum();
            assert!(sum <= BOUGHT, "{sum} seats could be in use on {at} after step {index}");
        }
    }
    (portal, answered)
}

/// A new request; a machine that is locked is enabled again with a new token and begins a cycle.
fn ask(portal: &mut Portal, life: &mut Life, index: usize) {
    let cycle = life.machine.request.cycle;
    if cycle.number > 0 && portal.now > cycle.first_generated_at.plus(7 * DAY) {
        let Ok(decision) = decide_token(&portal.desk(), &id("cr-1"), id(&format!("again-{index}"))) else { return };
        life.machine.request.enablement = portal.carry_out(decision).document;
        life.machine.end_cycle();
    }
    let request = life.machine.ask(portal.now);
    life.requests.push(request);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_could_be_in_use_never_exceeds_what_was_bought(steps in steps()) {
        let (portal, _) = run(&steps);
        prop_assert_eq!(portal.restored().compare(portal.ledger()), Comparison::Same);
        let mut machine = Station::new(30, Digest::of(b"token"));
        portal.carries_what_it_says(&machine.ask(portal.now));
    }
}

/// The model does something: a plain life is answered each time, and its seats come back.
#[test]
fn the_model_lives() {
    let life = |machine, seats| {
        [
            Step::Ask { machine },
            Step::Answer { machine, back: 0, seats, starts_in: 0, days: 30 },
            Step::Install { machine, back: 0 },
        ]
    };
    let steps = [life(0, 6), life(1, 4), life(0, 1), life(0, 1), life(2, 5)].concat();
    let (portal, answered) = run(&steps);
    assert_eq!(answered, 5);
    let held: Vec<u64> = overview(&portal.desk()).machines.iter().map(|machine| machine.seats[0].1).collect();
    assert_eq!(held.iter().sum::<u64>(), 10);
    assert_ne!(portal.ledger().next().previous, Digest::of(b""));
}
