//! The example application, from a machine without a state to one whose license is used up.

use std::path::Path;

use postern_protocol::Time;
use postern_protocol::documents::{Ceiling, Consumption, Feature, FeatureValue};
use postern_protocol::time::DAY;

use postern_testkit::id;

use crate::plant::Plant;

#[path = "../../examples/app.rs"]
#[allow(dead_code, reason = "its `main` belongs to the example")]
mod app;

fn run(state: &Path, now: Time) -> String {
    let mut said = Vec::new();
    app::run(state, now, &mut said).unwrap();
    String::from_utf8(said).unwrap()
}

#[test]
fn the_example_works_within_its_license_and_explains_every_refusal() {
    let mut plant = Plant::enrolled();
    assert_eq!(
        run(&plant.directory.path().join("nowhere"), plant.now),
        "This is a trial: no license was set up on this machine.\n"
    );
    assert!(run(&plant.state(), plant.now).ends_with("(license-none)\n"));

    let request = plant.request();
    let file = plant.answer(&request, &[("bot-runner", 1)], |license| {
        license.features = vec![Feature { name: id("api-tasks"), value: FeatureValue::Number(50) }];
        license.consumption = vec![Consumption {
            counter: id("pages"),
            feature: None,
            limit: Ceiling::Limited(5),
            overage: Ceiling::Limited(0),
            reset_period: Ceiling::Limited(30 * DAY),
        }];
        // The example measures the machine that the test runs on.
        license.fingerprint.required = 0;
    });
    plant.install(&file).unwrap();
    assert_eq!(run(&plant.state(), plant.now), "Page 1; 4 are left.\nPage 2; 3 are left.\nPage 3; 2 are left.\n");
    let said = run(&plant.state(), plant.now);
    assert!(said.starts_with("Page 1; 1 are left.\nPage 2; 0 are left.\n") && said.ends_with("(consumption-limit)\n"));
    assert_eq!(plant.verifier.status(plant.now).unwrap().seats[0].sessions, [], "its sessions have ended");

    plant.verifier.begin_session(&id("bot-runner"), "somebody else", plant.now).unwrap();
    assert!(run(&plant.state(), plant.now).ends_with("(seats-taken)\n"));
    plant.pass(400 * DAY);
    assert_eq!(run(&plant.state(), plant.now), "The license has ended; what is there can be read.\n");
}

#[test]
fn the_example_refuses_another_vendor_s_state() {
    let mut world = postern_testkit::World::new();
    world.trust.vendor = id("somebody-else");
    let plant = Plant::of(world);
    let error = app::run(&plant.state(), plant.now, &mut Vec::new()).unwrap_err();
    assert!(error.to_string().contains("this application was built for"), "{error}");
}
