//! Random lives of real machines at the real issuing core, with files lost, repeated and out of order: what machines have
//! in force never exceeds what the ledger counts, nor the entitlement; and what they used is recorded, each unit once.

use postern_protocol::documents::Ceiling;
use postern_protocol::time::HOUR;
use postern_testkit::id;
use proptest::prelude::*;

use crate::activation::{Office, Station};

const MACHINES: usize = 3;
const PLACES: u64 = 2;
const SEATS: u64 = 4;

#[derive(Clone, Copy, Debug)]
enum Step {
    /// Asks for an activation.
    Ask(usize),
    /// The portal is given one of the machine's requests, newest first.
    Answer(usize, usize),
    /// The portal refreshes the machine.
    Refresh(usize),
    /// The machine is given one of its files, newest first.
    Install(usize, usize),
    /// Uses some units.
    Use(usize, u64),
    /// Gives the license back.
    GiveBack(usize),
    /// The portal is given one of the machine's deactivations.
    Settle(usize, usize),
    /// Reports, and the portal records it.
    Report(usize),
    /// The machine's administrator gives it up; it runs on.
    Release(usize),
    /// Time passes.
    Wait(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let machine = 0..MACHINES;
    let back = prop_oneof![4 => Just(0), 1 => 1..3usize];
    let step = prop_oneof![
        4 => machine.clone().prop_map(Step::Ask),
        5 => (machine.clone(), back.clone()).prop_map(|(machine, back)| Step::Answer(machine, back)),
        2 => machine.clone().prop_map(Step::Refresh),
        6 => (machine.clone(), back.clone()).prop_map(|(machine, back)| Step::Install(machine, back)),
        3 => (machine.clone(), 1..9u64).prop_map(|(machine, units)| Step::Use(machine, units)),
        2 => machine.clone().prop_map(Step::GiveBack),
        3 => (machine.clone(), back).prop_map(|(machine, back)| Step::Settle(machine, back)),
        1 => machine.clone().prop_map(Step::Report),
        1 => machine.prop_map(Step::Release),
        1 => (1..60u64).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 10..40)
}

struct Life {
    station: Station,
    requests: Vec<Vec<u8>>,
    files: Vec<Vec<u8>>,
    deactivations: Vec<Vec<u8>>,
    used: u64,
    dead: bool,
}

fn run(steps: &[Step]) -> usize {
    let mut office = Office::new(|grant| {
        grant.license_count = Ceiling::Limited(PLACES);
        grant.consumption = Ceiling::Limited(vec![postern_protocol::documents::Consumption {
            counter: id("pages"),
            feature: None,
            limit: Ceiling::Unlimited,
            overage: Ceiling::Unlimited,
            reset_period: Ceiling::Unlimited,
        }]);
    });
    let mut lives: Vec<Life> = (0..MACHINES)
        .map(|_| Life {
            station: Station::new(&office),
            requests: vec![],
            files: vec![],
            deactivations: vec![],
            used: 0,
            dead: false,
        })
        .collect();
    let mut installs = 0;
    for (index, step) in steps.iter().enumerate() {
        installs += usize::from(take(&mut office, &mut lives, *step));
        check(&office, &lives, index);
    }
    // In the end every machine that the portal deals with reports, and the ledger knows what all of them used.
    for life in lives.iter().filter(|life| !life.dead) {
        if let Ok(report) = life.station.verifier.report(false, office.now) {
            assert_eq!(office.record(&report.file), Ok(vec![]), "an honest machine's report is recorded");
        }
    }
    let (used, settled): (u64, Vec<&Life>) = (office.consumption(), lives.iter().filter(|life| !life.dead).collect());
    let open: u64 = lives.iter().filter(|life| life.dead || !in_force(life, &office)).map(|life| life.used).sum();
    let all: u64 = settled.iter().filter(|life| in_force(life, &office)).map(|life| life.used).sum();
    assert!((all..=all + open).contains(&used), "{used} recorded; {all} used where all was reported, {open} elsewhere");
    installs
}

fn in_force(life: &Life, office: &Office) -> bool {
    life.station.verifier.status(office.now).unwrap().license.is_some()
}

/// Takes one step; whether a license was installed.
fn take(office: &mut Office, lives: &mut [Life], step: Step) -> bool {
    let now = office.now;
    match step {
        Step::Wait(hours) => office.now = now.plus(hours * HOUR),
        Step::Ask(machine) => {
            let life = &mut lives[machine];
            life.requests.extend(life.station.ask(true, now).ok().map(|asked| asked.file));
        }
        Step::Answer(machine, back) => {
            let life = &mut lives[machine];
            let Some(request) = life.requests.iter().rev().nth(back) else { return false };
            if let Ok(file) = office.answer(request) {
                life.files.push(file);
                let again = office.answer(request).unwrap_err();
                assert!(again.contains(&"request-used"), "{again:?}");
            }
        }
        Step::Refresh(machine) => {
            let life = &mut lives[machine];
            let device = life.station.device(now);
            life.files.extend(office.refresh(device, false).ok());
        }
        Step::Install(machine, back) => {
            let life = &lives[machine];
            let Some(file) = life.files.iter().rev().nth(back) else { return false };
            return life.station.install(file, now).is_ok();
        }
        Step::Use(machine, units) => {
            let life = &mut lives[machine];
            if life.station.verifier.consume(&id("pages"), units, now).is_ok() {
                life.used += units;
            }
        }
        Step::GiveBack(machine) => {
            let life = &mut lives[machine];
            life.deactivations.extend(life.station.verifier.deactivate(now).ok().map(|done| done.file));
        }
        Step::Settle(machine, back) => {
            let Some(file) = lives[machine].deactivations.iter().rev().nth(back) else { return false };
            let _ = office.settle(file);
            assert!(office.settle(file).is_err(), "a deactivation settles once");
        }
        Step::Report(machine) => {
            if let Ok(report) = lives[machine].station.verifier.report(false, now) {
                let _ = office.record(&report.file);
                assert!(office.record(&report.file).is_err(), "a report is recorded once");
            }
        }
        Step::Release(machine) => {
            let life = &mut lives[machine];
            life.dead |= office.release(life.station.device(now)).is_ok();
        }
    }
    false
}

fn check(office: &Office, lives: &[Life], index: usize) {
    let counted = office.counted();
    let (mut live, mut sum) = (0, 0);
    for life in lives.iter().filter(|life| !life.dead && in_force(life, office)) {
        let status = life.station.verifier.status(office.now).unwrap();
        let seats: u64 = status.seats.iter().map(|seat| seat.total).sum();
        let held = counted.iter().find(|(device, _)| *device == status.machine.key).map(|(_, held)| *held);
        let held = held.unwrap_or_else(|| panic!("a live machine is not counted after step {index}"));
        assert!(seats <= held, "{seats} seats in force where {held} are counted, after step {index}");
        (live, sum) = (live + 1, sum + seats);
    }
    assert!(live <= PLACES && sum <= SEATS, "{live} machines with {sum} seats after step {index}");
    let used: u64 = lives.iter().map(|life| life.used).sum();
    assert!(office.consumption() <= used, "more recorded than used after step {index}");
}

proptest! {
    // Each machine is a real state on a real disk: few cases here, the issuing core's own model runs more.
    #![proptest_config(ProptestConfig {
        cases: if std::env::var_os("POSTERN_SOAK").is_some() { 400 } else { 12 },
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn lives_of_real_machines(steps in steps()) {
        run(&steps);
    }
}

/// The model does something: machines come and go, and the third has a place when the first has given its own back.
#[test]
fn the_model_lives() {
    let life =
        |machine| [Step::Ask(machine), Step::Answer(machine, 0), Step::Install(machine, 0), Step::Use(machine, 3)];
    let leave = [Step::GiveBack(0), Step::Settle(0, 0)];
    let steps: Vec<Step> =
        [&life(0)[..], &life(1), &life(2), &leave, &life(2), &[Step::Refresh(1), Step::Install(1, 0)]].concat();
    assert_eq!(run(&steps), 4);
}
