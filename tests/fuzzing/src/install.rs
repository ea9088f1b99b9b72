//! Tokens and licenses for prepared machines, changed and signed again: what is refused changes nothing.

use std::cell::RefCell;

use arbitrary::{Result, Unstructured};
use postern_protocol::documents::{Enablement, License};
use postern_protocol::time::{DAY, HOUR};
use postern_protocol::{Explain, Kind, Limits, Reader, Time};
use postern_testkit::{forge, now};
use serde_json::json;

use crate::edit::{edited, json_of, lines, link, payload};
use crate::legible::{explained, legible};
use crate::machine::{Prepared, answer};

/// The tables that change where a license proves that the machine was rolled back.
const PROOF: [&str; 4] = ["files", "proofs", "snapshot", "usage"];

thread_local! {
    static MACHINES: RefCell<[Prepared; 3]> =
        RefCell::new([Prepared::pinned(), Prepared::waiting(), Prepared::renewing()]);
}

/// A refused file changes no row of the state; an accepted one answers this machine's request, in time, and leaves a
/// state that is whole; and a rehearsal says the same and changes nothing.
pub(crate) fn install(data: &[u8]) {
    MACHINES.with_borrow_mut(|machines| {
        // Too few instructions read as zeros; there is nothing else that can go wrong with them.
        let _ = installed(&mut Unstructured::new(data), machines);
    });
}

fn installed(input: &mut Unstructured<'_>, machines: &mut [Prepared; 3]) -> Result<()> {
    let (which, offers_token) =
        *input.choose(&[(1, false), (2, false), (0, true), (1, true), (2, true), (0, false)])?;
    let machine = &mut machines[which];
    let late = *input.choose(&[0, 0, 0, 1, HOUR, DAY, 2 * DAY, 7 * DAY, 8 * DAY, 400 * DAY])?;
    let early = *input.choose(&[0, 0, 0, 1, HOUR, DAY, 400 * DAY])?;
    let at = now().plus(late).minus(early);
    let bytes = if offers_token { token(input, machine)? } else { license(input, machine)? };
    let accepted = if offers_token {
        let result = machine.verifier().enroll(&bytes, at);
        result.inspect_err(explained).is_ok()
    } else {
        install_judged(machine, &bytes, at)
    };
    settle(machine, accepted, at);
    Ok(())
}

/// What was accepted has left a state that is whole, and is put back; what was refused has changed nothing, or proves that
/// the machine was rolled back: then the proof is kept.
pub(crate) fn settle(machine: &mut Prepared, accepted: bool, at: Time) {
    let changed = machine.changed();
    if !accepted && changed == PROOF {
        let status = machine.verifier().status(at).expect("the state reads");
        assert!(status.usage.fork.is_some(), "a refused file changed the state and proves nothing");
    } else if !accepted {
        assert!(changed.is_empty(), "a refused file changed {changed:?}");
        return;
    }
    whole(machine, at);
    machine.restore();
}

/// The usage chain is whole, and the state can be read and told.
pub(crate) fn whole(machine: &Prepared, at: Time) {
    let verifier = machine.verifier();
    verifier.audit().expect("the usage chain is whole");
    let status = verifier.status(at).expect("the state reads");
    legible(&serde_json::to_string(&status).unwrap());
}

/// Whether the license was installed; then it is one that this machine asked for, or that follows what it has.
pub(crate) fn install_judged(machine: &Prepared, bytes: &[u8], at: Time) -> bool {
    let verifier = machine.verifier();
    let rehearsed = verifier.rehearse_install(bytes, at);
    assert!(machine.is_unchanged(), "a rehearsal changed the state");
    let result = verifier.install(bytes, at);
    assert_eq!(
        rehearsed.as_ref().map_err(|error| error.to_string()),
        result.as_ref().map_err(|error| error.to_string()),
        "the rehearsal said otherwise"
    );
    let Ok(done) = result.inspect_err(explained) else { return false };
    assert!(!done.already_installed && done.after.is_some());
    let trust = machine.world.trust_state();
    let reader = Reader { trust: &trust, revocations: &[], limits: Limits::DEFAULT };
    let license = reader.file::<License>(bytes).map_err(|error| error.code()).expect("it verifies").document;
    let request = machine.request.as_ref().expect("nothing is installed without a request");
    assert_eq!(license.device, request.device, "a license for another machine");
    assert_eq!(license.activation, request.activation);
    match license.request {
        Some(answered) => {
            assert_eq!(answered, request.digest(), "an answer to another request");
            assert_eq!(license.sequence, request.installed.sequence + 1);
            assert!(at <= request.cycle.generated_at.plus(48 * HOUR), "installed out of time");
        }
        None => assert!(license.sequence > request.installed.sequence),
    }
    // One that has ended may be installed: its grace or its extension may run still.
    assert!(at <= license.install_before);
    let again = verifier.install(bytes, at).map_err(|error| error.code()).expect("the same file again is no error");
    assert!(again.already_installed);
    true
}

pub(crate) fn license(input: &mut Unstructured<'_>, machine: &Prepared) -> Result<Vec<u8>> {
    let world = &machine.world;
    let license = match &machine.request {
        Some(request) => answer(world, request),
        None => world.license(postern_testkit::public(&postern_testkit::key(30)), None),
    };
    file_of(input, machine, Kind::License, json_of::<License>(&license))
}

pub(crate) fn token(input: &mut Unstructured<'_>, machine: &Prepared) -> Result<Vec<u8>> {
    let name = if input.arbitrary::<u8>()? & 7 == 7 { "t-1" } else { "t-2" };
    file_of(input, machine, Kind::Enablement, json_of::<Enablement>(&machine.world.token(name)))
}

/// A refresh answers no request.
pub(crate) fn unasked(license: &mut serde_json::Value) {
    license.as_object_mut().expect("a license is an object").remove("request");
}

/// The document below the world's grants; now and then these are changed as well.
pub(crate) fn file_of(
    input: &mut Unstructured<'_>,
    machine: &Prepared,
    kind: Kind,
    mut document: serde_json::Value,
) -> Result<Vec<u8>> {
    let world = &machine.world;
    let path = crate::chain::path(input, world)?;
    link(&mut document, "grant", &path.leaf);
    match (kind, input.arbitrary::<u8>()?, machine.superseded) {
        (Kind::License, 248.., _) => {
            unasked(&mut document);
            document["sequence"] = json!(input.int_in_range(0..=1030)?);
        }
        (Kind::License, 208.., Some(superseded)) => document["request"] = json!(superseded),
        _ => {}
    }
    edited(input, &mut document)?;
    let payload = payload(input, &document)?;
    let mut file = path.lines;
    file.push(forge::line(kind, &payload, &[&world.portal_key]));
    lines(input, &mut file)?;
    Ok(forge::file(&file))
}
