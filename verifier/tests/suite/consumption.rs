//! Consumption: counted once, never beyond a limit, summed under the root-signed grant however often a portal issues.

use postern_protocol::documents::{Ceiling, Consumption, ConsumptionBase, Feature, FeatureValue};
use postern_protocol::limits::MAX_INTEGER;
use postern_protocol::time::DAY;
use postern_testkit::{World, id, time};

use crate::plant::{Plant, code, read_request};

const MONTH: u64 = 30 * DAY;

/// A world whose account may count pages (100 a month, 20 beyond) and, for one feature, calls (10, none beyond).
fn counting_world() -> World {
    let mut world = World::new();
    let pages = Consumption {
        counter: id("pages"),
        feature: None,
        limit: Ceiling::Limited(100),
        overage: Ceiling::Limited(20),
        reset_period: Ceiling::Limited(MONTH),
    };
    let calls = Consumption {
        counter: id("calls"),
        feature: Some(id("api-tasks")),
        limit: Ceiling::Limited(10),
        overage: Ceiling::Limited(0),
        reset_period: Ceiling::Unlimited,
    };
    world.account.consumption = Ceiling::Limited(vec![pages, calls]);
    world
}

fn plant_of(world: World) -> Plant {
    let mut plant = Plant::of(world);
    plant.enroll();
    plant.renew(&[("bot-creator", 1)]);
    plant
}

fn counting() -> Plant {
    plant_of(counting_world())
}

fn consume(plant: &Plant, counter: &str, units: u64) -> Result<u64, &'static str> {
    plant.verifier.consume(&id(counter), units, plant.now).map(|balance| balance.used).map_err(|error| code(&error))
}

fn refused(plant: &Plant, counter: &str, units: u64) -> &'static str {
    code(&plant.unchanged(|verifier| verifier.consume(&id(counter), units, plant.now).unwrap_err()))
}

/// A renewal whose license says that a counter's period begins at this total.
fn renew_with_base(plant: &mut Plant, total: u64) {
    let request = plant.request();
    let since = plant.now;
    let file = plant.answer(&request, &[("bot-creator", 1)], |license| {
        license.consumption_base = vec![ConsumptionBase { counter: id("pages"), total, since }];
    });
    plant.install(&file).unwrap();
}

#[test]
fn units_are_used_up_to_the_limit_and_what_is_allowed_beyond() {
    let plant = counting();
    assert_eq!(consume(&plant, "pages", 60), Ok(60));
    let balance = plant.verifier.consume(&id("pages"), 50, plant.now).unwrap();
    assert_eq!((balance.used, balance.left), (110, Ceiling::Limited(0)));
    assert_eq!(balance.left_with_overage, Ceiling::Limited(10));
    assert_eq!(refused(&plant, "pages", 11), "consumption-limit");
    assert_eq!(consume(&plant, "pages", 10), Ok(120));
    assert_eq!(refused(&plant, "pages", 1), "consumption-limit");
    assert_eq!(consume(&plant, "pages", 0), Ok(120));
    assert_eq!(refused(&plant, "sheets", 1), "counter-unknown");
    let told = read_request(&plant.request().file);
    let told: Vec<_> = told.consumption.iter().map(|one| (one.counter.as_str(), one.total)).collect();
    assert_eq!(told, [("calls", 0), ("pages", 120)]);
}

#[test]
fn a_counter_of_a_feature_needs_the_feature() {
    let mut plant = counting();
    assert_eq!(consume(&plant, "calls", 10), Ok(10));
    assert_eq!(refused(&plant, "calls", 1), "consumption-limit");
    let request = plant.request();
    let file = plant.answer(&request, &[("bot-creator", 1)], |license| {
        license.features = vec![Feature { name: id("process-discovery"), value: FeatureValue::On }];
    });
    plant.install(&file).unwrap();
    assert_eq!(refused(&plant, "calls", 1), "feature-missing");
}

#[test]
fn nothing_overflows() {
    let plant = Plant::counting();
    assert_eq!(consume(&plant, "pages", MAX_INTEGER), Ok(MAX_INTEGER));
    assert_eq!(refused(&plant, "pages", 1), "consumption-limit");
    assert_eq!(refused(&plant, "pages", u64::MAX), "consumption-limit");
}

#[test]
fn a_period_moves_on_with_a_license_once_it_has_passed() {
    let mut plant = counting();
    consume(&plant, "pages", 100).unwrap();
    plant.pass(MONTH + 1);
    assert_eq!(refused(&plant, "pages", 21), "consumption-limit", "not by the clock alone");
    renew_with_base(&mut plant, 100);
    assert_eq!(consume(&plant, "pages", 100), Ok(100));
}

#[test]
fn issuing_every_day_gains_nothing() {
    let mut plant = counting();
    consume(&plant, "pages", 120).unwrap();
    for _ in 0..29 {
        plant.pass(DAY);
        // A portal that cheats: it says that a new period begins at what was used up.
        renew_with_base(&mut plant, 120);
        assert_eq!(refused(&plant, "pages", 1), "consumption-limit", "at {}", plant.now);
    }
    plant.pass(DAY);
    renew_with_base(&mut plant, 120);
    assert_eq!(consume(&plant, "pages", 120), Ok(120));
    assert_eq!(refused(&plant, "pages", 1), "consumption-limit");
}

#[test]
fn another_grant_under_the_same_root_signed_one_does_not_begin_anew() {
    let mut plant = counting();
    consume(&plant, "pages", 120).unwrap();
    // The same limits under another grant of the vendor's daily key.
    plant.world.account.id = id("acme-2");
    renew_with_base(&mut plant, 120);
    assert_eq!(refused(&plant, "pages", 1), "consumption-limit");
    // A higher limit is what it takes.
    let Ceiling::Limited(counters) = &mut plant.world.account.consumption else { panic!() };
    counters[0].limit = Ceiling::Limited(200);
    renew_with_base(&mut plant, 0);
    assert_eq!(consume(&plant, "pages", 100), Ok(220));
    assert_eq!(refused(&plant, "pages", 1), "consumption-limit");
}

#[test]
fn a_period_takes_with_it_only_what_was_used_before_it_began() {
    let mut plant = counting();
    consume(&plant, "pages", 60).unwrap();
    plant.pass(MONTH + 1);
    let request = plant.request();
    // Used after the request, before the install: it belongs to the new period.
    consume(&plant, "pages", 30).unwrap();
    let since = plant.now;
    let file = plant.answer(&request, &[("bot-creator", 1)], |license| {
        license.consumption_base = vec![ConsumptionBase { counter: id("pages"), total: 60, since }];
    });
    plant.install(&file).unwrap();
    assert_eq!(consume(&plant, "pages", 0), Ok(30));
    assert_eq!(refused(&plant, "pages", 91), "consumption-limit");
    assert_eq!(consume(&plant, "pages", 90), Ok(120));
}

#[test]
fn totals_survive_the_handle() {
    let mut plant = counting();
    consume(&plant, "pages", 7).unwrap();
    plant.reopen();
    assert_eq!(consume(&plant, "pages", 0), Ok(7));
}

#[test]
fn a_license_that_only_reads_consumes_nothing() {
    let mut plant = counting();
    plant.now = time("2027-06-30T23:59:59Z").plus(14 * DAY + 1);
    assert_eq!(refused(&plant, "pages", 1), "license-ended");
}
