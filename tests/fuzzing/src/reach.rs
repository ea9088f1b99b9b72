//! That no property holds for want of anything to hold for: unchanged documents pass every check.

use arbitrary::Unstructured;
use postern_issuer::Ledger;
use postern_protocol::bundle_file::{verify_bundle, verify_handover, verify_ledger};
use postern_protocol::documents::License;
use postern_protocol::{Limits, Reader, TrustState};
use postern_testkit::{World, now};

use crate::machine::Prepared;
use crate::{activation, bundle, chain, handover, install, ledger, revocations, trust};

const NONE: &[u8] = &[];

fn input() -> Unstructured<'static> {
    Unstructured::new(NONE)
}

#[test]
fn without_instructions_everything_is_accepted() {
    let (root, limits) = (World::new().trust_state(), Limits::DEFAULT);
    let reader = Reader { trust: &root, revocations: &[], limits };
    reader.file::<License>(&chain::license_file(&mut input()).unwrap()).unwrap();
    verify_bundle(&bundle::changed(&mut input()).unwrap(), &root, &limits).unwrap();
    let file = ledger::changed(&mut input()).unwrap();
    assert_eq!(verify_ledger(&file, &root, &limits).unwrap().entries.len(), 4);
    let portal = ledger::portal();
    Ledger::import(&portal.bundle, &portal.chain, &file, &limits).unwrap();
    let file = handover::changed(&mut input()).unwrap();
    assert_eq!(verify_handover(&file, &root, &limits).unwrap().entries.len(), 2);
    let steps: Vec<_> = trust::changed_lines(NONE).unwrap();
    let steps: Vec<_> = steps.iter().map(|line| postern_protocol::Envelope::parse(line, &limits).unwrap()).collect();
    let state = TrustState::begin(steps[0].clone(), &limits).unwrap().advance(&steps[1..], &limits).unwrap();
    assert_eq!(state.current().number, 3);
}

#[test]
fn prepared_machines_accept_what_is_unchanged_and_are_put_back() {
    for mut machine in [Prepared::waiting(), Prepared::renewing()] {
        let license = install::license(&mut input(), &machine).unwrap();
        machine.verifier().install(&license, now()).unwrap();
        assert!(!machine.is_unchanged());
        machine.restore();
        assert!(machine.is_unchanged());
        machine.verifier().install(&license, now()).unwrap();
    }
    let machine = Prepared::pinned();
    let token = install::token(&mut input(), &machine).unwrap();
    machine.verifier().enroll(&token, now()).unwrap();
}

#[test]
fn machines_whose_license_was_activated_accept_what_is_unchanged() {
    for (machine, refreshes) in [
        (Prepared::activating(), false),
        (Prepared::activated(), true),
        (Prepared::activating_again(), false),
        (Prepared::activating_again(), true),
    ] {
        let license = activation::license_file(&mut input(), &machine, refreshes).unwrap();
        assert!(!machine.verifier().install(&license, now()).unwrap().already_installed);
    }
}

#[test]
fn prepared_machines_hear_what_is_unchanged() {
    for machine in [Prepared::pinned(), Prepared::waiting(), Prepared::renewing(), Prepared::activated()] {
        let bundle = revocations::file(&mut Unstructured::new(NONE), &machine).unwrap();
        let done = machine.verifier().install(&bundle, now()).unwrap();
        // Of a machine without a license or token only the root is above.
        let above = machine.request.is_some();
        assert_eq!(done.already_installed, !above);
        let after = done.after.map(|license| license.revocation.map(|revocation| revocation.code));
        assert!(after.is_none() || after == Some(Some("grant-suspended")));
    }
}

#[test]
fn a_portal_goes_on_with_the_unchanged_ledger() {
    let portal = ledger::portal();
    let file = ledger::changed(&mut input()).unwrap();
    let ledger = Ledger::import(&portal.bundle, &portal.chain, &file, &Limits::DEFAULT).unwrap();
    assert!(ledger::goes_on(&mut input(), &ledger).unwrap(), "the machine got its answer");
}
