//! That no property holds for want of anything to hold for: unchanged documents pass every check.

use arbitrary::Unstructured;
use postern_issuer::Ledger;
use postern_protocol::bundle_file::{verify_bundle, verify_ledger};
use postern_protocol::documents::License;
use postern_protocol::{Limits, Reader, TrustState};
use postern_testkit::{World, now};

use crate::machine::Prepared;
use crate::{bundle, chain, install, ledger, trust};

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
fn a_portal_goes_on_with_the_unchanged_ledger() {
    let portal = ledger::portal();
    let file = ledger::changed(&mut input()).unwrap();
    let ledger = Ledger::import(&portal.bundle, &portal.chain, &file, &Limits::DEFAULT).unwrap();
    assert!(ledger::goes_on(&mut input(), &ledger).unwrap(), "the machine got its answer");
}
