//! Random lives of node-locked machines, with files lost, repeated and out of order: never more machines and seats live
//! than the ledger counts and the entitlement allows, and consumption is what the machines told, each unit once.

use postern_issuer::*;
use postern_protocol::documents::*;
use postern_protocol::{Id, Time, Verified};
use postern_testkit::*;
use proptest::prelude::*;

use crate::node_locked::{account, machine};
use crate::portal::*;

const MACHINES: usize = 4;
const PLACES: u64 = 2;
const SEATS: u64 = 10;
const SEAT: &str = "bot-creator";
const COUNTER: &str = "pages";

#[derive(Clone, Debug)]
enum Step {
    /// The machine asks for an activation.
    Ask { machine: usize },
    /// The portal is given one of its requests, for some of what is free.
    Answer { machine: usize, back: usize, share: u64 },
    /// The portal refreshes the machine.
    Refresh { machine: usize, move_base: bool },
    /// The machine is given one of its files; those that never are, are lost.
    Install { machine: usize, back: usize },
    /// The machine uses the counter.
    Use { machine: usize, units: u64 },
    /// The machine gives its license back.
    GiveBack { machine: usize },
    /// The portal is given one of its deactivations.
    Settle { machine: usize, back: usize },
    /// The machine writes a report.
    Report { machine: usize },
    /// The portal is given one of its reports.
    Sync { machine: usize, back: usize },
    /// The machine is released as dead, and runs on.
    Release { machine: usize },
    /// Time passes.
    Wait { hours: u64 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let machine = 0..MACHINES;
    let back = prop_oneof![4 => Just(0), 1 => 1..4usize];
    let at = (machine.clone(), back);
    let step = prop_oneof![
        5 => machine.clone().prop_map(|machine| Step::Ask { machine }),
        6 => (at.clone(), 0..=SEATS).prop_map(|((machine, back), share)| Step::Answer { machine, back, share }),
        3 => (machine.clone(), any::<bool>()).prop_map(|(machine, move_base)| Step::Refresh { machine, move_base }),
        7 => at.clone().prop_map(|(machine, back)| Step::Install { machine, back }),
        3 => (machine.clone(), 1..50u64).prop_map(|(machine, units)| Step::Use { machine, units }),
        2 => machine.clone().prop_map(|machine| Step::GiveBack { machine }),
        3 => at.clone().prop_map(|(machine, back)| Step::Settle { machine, back }),
        2 => machine.clone().prop_map(|machine| Step::Report { machine }),
        2 => at.prop_map(|(machine, back)| Step::Sync { machine, back }),
        1 => machine.prop_map(|machine| Step::Release { machine }),
        2 => prop_oneof![1..60u64, 60..200u64].prop_map(|hours| Step::Wait { hours }),
    ];
    prop::collection::vec(step, 1..80)
}

/// A machine as it really is: the model knows what the portal cannot see.
struct Life {
    machine: Station,
    requests: Vec<Verified<Request>>,
    /// The newest request, while it waits for its answer.
    open: Option<Verified<Request>>,
    reports: Vec<Verified<Request>>,
    deactivations: Vec<Verified<Deactivation>>,
    /// Licenses that were made for it.
    files: Vec<Answer>,
    installed: Option<Answer>,
    closed: Vec<Id>,
    activations: usize,
    /// Whether its seats were freed by force; what it runs on is what the quota bounds.
    dead: bool,
}

impl Life {
    fn new(seed: u8) -> Self {
        Self {
            machine: machine(seed),
            requests: vec![],
            open: None,
            reports: vec![],
            deactivations: vec![],
            files: vec![],
            installed: None,
            closed: vec![],
            activations: 0,
            dead: false,
        }
    }

    fn used(&self) -> u64 {
        self.machine.request.consumption.first().map_or(0, |one| one.total)
    }

    /// What a verifier installs: the answer to its newest request, or a refresh of the activation in force.
    fn can_install(&self, file: &Answer, now: Time) -> bool {
        let (license, have) = (&file.license, self.machine.request.installed.sequence);
        let in_order = match license.request {
            Some(request) => {
                self.open.as_ref().is_some_and(|open| open.digest() == request) && license.sequence == have + 1
            }
            None => {
                self.installed.as_ref().is_some_and(|held| held.license.activation == license.activation)
                    && (have + 1..=have + 1024).contains(&license.sequence)
            }
        };
        in_order && !self.closed.contains(&license.activation) && now <= license.install_before
    }

    /// The most that it could be using, now or later.
    fn could_use(&self, now: Time) -> Option<u64> {
        let installable = self.files.iter().filter(|file| self.can_install(file, now));
        installable.chain(&self.installed).map(|file| seats_of(&file.license, now)).max()
    }
}

fn seats_of(license: &License, now: Time) -> u64 {
    license.allocation.iter().map(|one| one.at(now.max(license.starts_at))).sum()
}

/// Runs the steps; returns the portal and how many files it made.
fn run(steps: &[Step]) -> (Portal, Vec<Life>, usize) {
    let mut portal = account(|grant| {
        allow(grant, &[seats(SEAT, SEATS)]);
        grant.license_count = Ceiling::Limited(PLACES);
    });
    let mut lives: Vec<Life> = (30..30 + MACHINES as u8).map(Life::new).collect();
    let mut made = 0;
    for (index, step) in steps.iter().enumerate() {
        made += usize::from(take(&mut portal, &mut lives, step));
        check(&portal, &lives, index);
    }
    (portal, lives, made)
}

/// Takes one step; whether a license was made.
fn take(portal: &mut Portal, lives: &mut [Life], step: &Step) -> bool {
    match step {
        Step::Wait { hours } => portal.now = portal.now.plus(hours * HOUR),
        Step::Ask { machine } => ask(portal, &mut lives[*machine]),
        Step::Answer { machine, back, share } => return answer(portal, &mut lives[*machine], *back, *share),
        Step::Refresh { machine, move_base } => {
            let life = &mut lives[*machine];
            let Ok(decision) = decide_refresh(&portal.desk(), &life.machine.public(), *move_base) else { return false };
            let outcome = portal.carry_out(decision);
            life.files.push(Portal::license_of(&outcome));
            return true;
        }
        Step::Install { machine, back } => {
            let life = &mut lives[*machine];
            let Some(file) = life.files.iter().rev().nth(*back).cloned() else { return false };
            if life.can_install(&file, portal.now) {
                life.machine.install(&file);
                (life.open, life.installed) = (None, Some(file));
            }
        }
        Step::Use { machine, units } => {
            let life = &mut lives[*machine];
            if life.installed.is_some() {
                let total = life.used() + units;
                life.machine.request.consumption = vec![Counted { counter: id(COUNTER), total }];
            }
        }
        Step::GiveBack { machine } => {
            let life = &mut lives[*machine];
            if life.installed.take().is_some() {
                let given_back = life.machine.give_back(portal);
                life.closed.push(given_back.activation.clone());
                life.deactivations.push(given_back);
                life.activations += 1;
                let next = format!("{}-{}", life.machine.public().short(), life.activations);
                life.machine.begin_again(&next.to_lowercase().replace(':', "-"));
                life.open = None;
            }
        }
        Step::Settle { machine, back } => {
            let life = &lives[*machine];
            let Some(given_back) = life.deactivations.iter().rev().nth(*back) else { return false };
            if let Ok(decision) = decide_settlement(&portal.desk(), given_back) {
                portal.carry_out(decision);
            }
            // Whatever came of it, the same bytes settle nothing more.
            assert!(decide_settlement(&portal.desk(), given_back).is_err());
        }
        Step::Report { machine } => {
            let life = &mut lives[*machine];
            let report = life.machine.report(portal);
            life.reports.push(report);
        }
        Step::Sync { machine, back } => {
            let Some(report) = lives[*machine].reports.iter().rev().nth(*back) else { return false };
            if let Ok(decision) = decide_sync(&portal.desk(), report) {
                portal.carry_out(decision);
            }
            assert!(decide_sync(&portal.desk(), report).is_err());
        }
        Step::Release { machine } => {
            let life = &mut lives[*machine];
            if let Ok(decision) = decide_release(&portal.desk(), &life.machine.public(), "burnt") {
                portal.carry_out(decision);
                life.dead = true;
            }
        }
    }
    false
}

/// A new request; one whose cycle ran out begins another.
fn ask(portal: &Portal, life: &mut Life) {
    let cycle = life.machine.request.cycle;
    if cycle.number > 0 && portal.now > cycle.first_generated_at.plus(7 * DAY) {
        life.machine.end_cycle();
    }
    let request = life.machine.activate(portal);
    life.open = Some(request.clone());
    life.requests.push(request);
}

fn answer(portal: &mut Portal, life: &mut Life, back: usize, share: u64) -> bool {
    let Some(request) = life.requests.iter().rev().nth(back).cloned() else { return false };
    let desk = portal.desk();
    let mut choice = examine(&desk, &request).default_choice();
    choice.seats.iter_mut().for_each(|(_, quantity)| *quantity = (*quantity).min(share));
    match decide_license(&desk, &request, &choice) {
        Ok(decision) => {
            let outcome = portal.carry_out(decision);
            life.files.push(Portal::license_of(&outcome));
            assert_eq!(codes(portal.activation(&request))[..1], ["request-used"], "one answer to one request");
            true
        }
        Err(_) => false,
    }
}

fn check(portal: &Portal, lives: &[Life], index: usize) {
    let seen = overview(&portal.desk());
    let counted = |life: &Life| {
        let found = seen.machines.iter().find(|machine| machine.device == life.machine.public());
        found.map(|machine| machine.seats.iter().map(|(_, quantity)| quantity).sum::<u64>())
    };
    let alive: Vec<&Life> = lives.iter().filter(|life| !life.dead).collect();
    for life in &alive {
        if let Some(could) = life.could_use(portal.now) {
            let held = counted(life).unwrap_or_else(|| panic!("a live machine is not counted after step {index}"));
            assert!(could <= held, "{could} seats could be in use where {held} are counted, after step {index}");
        }
    }
    let live = alive.iter().filter(|life| life.could_use(portal.now).is_some()).count() as u64;
    assert!(live <= PLACES, "{live} live activations after step {index}");
    let sum: u64 = alive.iter().filter_map(|life| life.could_use(portal.now)).sum();
    assert!(sum <= SEATS, "{sum} seats could be in use after step {index}");
    let used: u64 = lives.iter().map(Life::used).sum();
    let recorded = seen.consumption.first().map_or(0, |one| one.total);
    assert!(recorded <= used, "{recorded} units recorded where {used} were used, after step {index}");
}

/// Every machine reports at the end: then the ledger knows each unit, once.
fn settle_all(portal: &mut Portal, lives: &mut [Life]) {
    let known: Vec<_> = overview_of(portal);
    for life in lives.iter_mut().filter(|life| !life.dead && known.contains(&life.machine.public())) {
        let report = life.machine.report(portal);
        let decision = decide_sync(&portal.desk(), &report);
        // A license was given back and not settled: its machine reports under its next activation.
        if let Ok(decision) = decision {
            portal.carry_out(decision);
            let seen = overview(&portal.desk());
            let told = seen.machines.iter().find(|machine| machine.device == life.machine.public());
            let told = told.map(|machine| machine.consumption.first().map_or(0, |one| one.total));
            assert!(told.is_none_or(|told| told == life.used()), "{told:?} told where {} were used", life.used());
        }
    }
}

fn overview_of(portal: &Portal) -> Vec<postern_protocol::PublicKey> {
    overview(&portal.desk()).machines.iter().map(|machine| machine.device).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lives_of_node_locked_machines(steps in steps()) {
        let (mut portal, mut lives, _) = run(&steps);
        settle_all(&mut portal, &mut lives);
        for life in &mut lives {
            portal.carries_what_it_says(&life.machine.activate(&portal));
        }
    }
}

/// The model does something: a plain life runs through, and its place is free for another machine.
#[test]
fn the_model_lives() {
    let life = |machine| {
        vec![
            Step::Ask { machine },
            Step::Answer { machine, back: 0, share: 5 },
            Step::Install { machine, back: 0 },
            Step::Use { machine, units: 7 },
        ]
    };
    let leave = |machine| vec![Step::GiveBack { machine }, Step::Settle { machine, back: 0 }];
    let refresh = vec![Step::Refresh { machine: 1, move_base: true }, Step::Install { machine: 1, back: 0 }];
    let steps = [life(0), life(1), leave(0), life(2), life(3), refresh, life(0)].concat();
    let (portal, lives, made) = run(&steps);
    assert_eq!(made, 4, "three activations and a refresh: the fourth and the fifth have no place");
    assert_eq!(lives.iter().filter(|life| life.installed.is_some()).count(), 2);
    assert_eq!(overview(&portal.desk()).consumption, [Counted { counter: id(COUNTER), total: 7 }]);
}
