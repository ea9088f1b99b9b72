//! Ten thousand licenses in one bundle: they are looked up, not searched for.

use std::collections::HashSet;

use postern_issuer::*;
use postern_protocol::{Kind, Limits, PublicKey, Time, Unverified, Verified};
use postern_testkit::many::{self, Issuer};
use postern_testkit::{World, key, now, public};

use postern_protocol::documents::Request;

fn request(world: &World, number: usize, at: Time) -> Verified<Request> {
    let file = many::request(world, &key(30), &many::credential(number), at, |_| ());
    let envelope = file.document(Kind::Request).unwrap().clone();
    Unverified::<Request>::new(envelope).unwrap().verify_by_named_signers(&Limits::DEFAULT).unwrap()
}

#[test]
fn each_credential_finds_its_own_license() {
    for issuer in [Issuer::Administrator, Issuer::EndUser] {
        let world = many::world(now());
        let bundle = many::verified(&many::bundle(&world, 40, issuer, now(), |_, _| ()), &world);
        let subject = |number: usize| match issuer {
            Issuer::Administrator => public(&world.portal_key),
            Issuer::EndUser => public(&many::credential(number)),
        };
        for number in [0, 17, 39] {
            let chain = find_chain(&bundle, subject(number), &request(&world, number, now())).unwrap();
            assert_eq!(chain.leaf().id.as_str(), format!("grant-{number}"));
            assert_eq!(self_service(chain.leaf()), issuer == Issuer::EndUser);
            let by_id = chain_for(&bundle, subject(number), &many::license_id(number)).unwrap();
            assert_eq!(by_id.leaf().digest(), chain.leaf().digest());
        }
        assert!(find_chain(&bundle, subject(0), &request(&world, 40, now())).is_none());
        // A key that is no subject finds nothing, whatever credential asks.
        assert!(find_chain(&bundle, public(&key(99)), &request(&world, 0, now())).is_none());
        let each = |subject: PublicKey| chains_of(&bundle, subject).len();
        assert_eq!(each(subject(0)), if issuer == Issuer::Administrator { 40 } else { 1 });
    }
}

#[test]
fn a_renewed_license_replaces_its_older_serial_among_many() {
    let world = many::world(now());
    // Each second grant is a newer serial of the one before it.
    let file = many::bundle(&world, 40, Issuer::Administrator, now(), |number, grant| {
        let (half, serial) = (number / 2, number % 2 + 1);
        grant.id = format!("grant-{half}").parse().unwrap();
        grant.serial = serial as u64;
    });
    let bundle = many::verified(&file, &world);
    let current = chains_of(&bundle, public(&world.portal_key));
    assert_eq!(current.len(), 20);
    assert!(current.iter().all(|chain| chain.leaf().serial == 2));
    let ids: HashSet<_> = current.iter().map(|chain| chain.leaf().id.clone()).collect();
    assert_eq!(ids.len(), 20);
    // Only the newer serial's license id is one.
    let portal = public(&world.portal_key);
    assert!(chain_for(&bundle, portal, &many::license_id(0)).is_none());
    assert!(chain_for(&bundle, portal, &many::license_id(1)).is_some());
    assert!(find_chain(&bundle, portal, &request(&world, 0, now())).is_none());
}

/// The limits hold what the product promises: ten thousand licenses, each with its own entitlement and key.
#[test]
fn ten_thousand_licenses_fit_and_are_answered() {
    let world = many::world(now());
    for issuer in [Issuer::Administrator, Issuer::EndUser] {
        let file = many::bundle(&world, 10_000, issuer, now(), |_, _| ());
        let bytes = file.to_bytes();
        assert!(bytes.len() <= Limits::DEFAULT.collection_bytes, "{} bytes", bytes.len());
        let bundle = many::verified(&file, &world);
        let subject = match issuer {
            Issuer::Administrator => world.portal_key.public_bytes(),
            Issuer::EndUser => many::credential(9_999).public_bytes(),
        };
        let asked = request(&world, 9_999, now());
        let chain = find_chain(&bundle, PublicKey::from_bytes(subject), &asked).unwrap();
        let desk = Desk { bundle: &bundle, chain: &chain, ledger: None, revocations: &[], by: "Ada Admin", now: now() };
        let signer = match issuer {
            Issuer::Administrator => &world.portal_key,
            Issuer::EndUser => &many::credential(9_999),
        };
        let finish = |decision: Decision| {
            let preparation = decision.prepare();
            let signatures: Vec<_> = preparation.messages().iter().map(|message| signer.sign(message)).collect();
            preparation.finish(&signatures).unwrap()
        };
        let begun = finish(begin_ledger(&desk).unwrap());
        let desk = Desk { ledger: Some(&begun.ledger), ..desk };
        let choice = examine(&desk, &asked).default_choice();
        let outcome = finish(decide_license(&desk, &asked, &choice).unwrap());
        assert_eq!(outcome.file_name, "license.lic");
        // The file carries its own path, and nothing of the other licenses.
        assert_eq!(outcome.file.unwrap().grants.len(), 2);
        assert_eq!(overview(&Desk { ledger: Some(&outcome.ledger), ..desk }).machines.len(), 1);
    }
}
