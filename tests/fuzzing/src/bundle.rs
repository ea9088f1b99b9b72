//! Bundles whose grants and table of contents were changed and signed again: what loads can be issued under.

use arbitrary::{Result, Unstructured};
use postern_issuer::{Desk, Ledger, begin_ledger, chains_of, overview};
use postern_protocol::bundle_file::{VerifiedBundle, contents, verify_bundle};
use postern_protocol::{Envelope, File, Kind, Limits, Reader};
use postern_testkit::{World, forge, full, key, now, public};
use serde_json::{Value, json};

use crate::chain::{path, stays_within};
use crate::edit::{edited, json_of, lines, link, payload};
use crate::legible::{described, explained, legible, or_explained};

/// Every chain of a bundle that loads is within its parents and stands in a file of its own; and whatever the bundle
/// says, a portal that loads it begins a ledger that can be read again, or says why not.
pub(crate) fn bundle(data: &[u8]) {
    let Ok(bytes) = changed(&mut Unstructured::new(data)) else { return };
    let limits = Limits::DEFAULT;
    let world = World::new();
    let trust = world.trust_state();
    let Some(bundle) = or_explained(verify_bundle(&bytes, &trust, &limits)) else { return };
    described(&File::parse(&bytes, &limits).unwrap());
    for grant in bundle.tree.grants() {
        let chain = bundle.tree.chain(grant.digest()).expect("a verified grant has its chain");
        stays_within(&chain, bundle.tree.trust());
        let file =
            File { grants: chain.grants().iter().map(|grant| grant.envelope().clone()).collect(), ..File::default() };
        let reader = Reader { trust: &trust, revocations: &[], limits };
        assert_eq!(reader.grants(file).expect("its path verifies by itself").leaf().digest(), grant.digest());
    }
    used(&world, &bundle);
}

fn used(world: &World, bundle: &VerifiedBundle) {
    for chain in chains_of(bundle, public(&world.portal_key)) {
        let desk = Desk { bundle, chain: &chain, ledger: None, revocations: &[], by: "A. Administrator", now: now() };
        let seen = overview(&desk);
        assert!(seen.seats.iter().all(|sum| sum.free.limit().is_none_or(|free| sum.bought.allows(*free))));
        match begin_ledger(&desk) {
            Err(refusals) => {
                assert!(!refusals.is_empty(), "refused without a reason");
                refusals.iter().for_each(explained);
            }
            Ok(decision) => {
                legible(&decision.entry().by);
                let preparation = decision.prepare();
                let signatures: Vec<_> =
                    preparation.messages().iter().map(|message| world.portal_key.sign(message)).collect();
                let ledger = preparation.finish(&signatures).expect("what was decided can be finished").ledger;
                let file = ledger.to_file(bundle, &chain).to_bytes();
                let read = Ledger::import(bundle, &chain, &file, &Limits::DEFAULT).expect("the ledger reads again");
                assert_eq!(read.next(), ledger.next());
            }
        }
    }
}

/// A bundle file of one of two worlds.
pub(crate) fn changed(input: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let plain = input.arbitrary::<u8>()? & 1 == 0;
    let world = if plain { World::new() } else { full::world() };
    let mut file = vec![world.trust_envelope().line().to_vec()];
    let path = path(input, &world)?;
    file.extend(path.lines);
    if input.arbitrary::<u8>()? > 223 {
        let mut revocations = json_of(&full::revocations(postern_protocol::documents::Grantor::Root));
        edited(input, &mut revocations)?;
        file.push(forge::line(Kind::Revocations, &payload(input, &revocations)?, &[&key(1)]));
    }
    let bundle = if plain { json_of(world.bundle().bundle.get()) } else { json_of(&full::bundle()) };
    let bundle = over(input, &world, bundle, &file)?;
    file.push(bundle);
    lines(input, &mut file)?;
    Ok(forge::file(&file))
}

/// A bundle document over lines that begin with trust and the operations grant, changed and signed.
pub(crate) fn over(
    input: &mut Unstructured<'_>,
    world: &World,
    mut bundle: Value,
    lines: &[Vec<u8>],
) -> Result<Vec<u8>> {
    if let Some(operations) = lines.get(1).and_then(|line| Envelope::parse(line, &Limits::DEFAULT).ok()) {
        link(&mut bundle, "signed_under", operations.payload());
    }
    set_contents(&mut bundle, lines);
    edited(input, &mut bundle)?;
    Ok(forge::line(Kind::Bundle, &payload(input, &bundle)?, &[&world.ops_key]))
}

/// The table of contents of these lines.
fn set_contents(bundle: &mut Value, lines: &[Vec<u8>]) {
    if let Ok(file) = File::parse(&forge::file(lines), &Limits::DEFAULT) {
        let (count, root) = contents(&file);
        (bundle["count"], bundle["merkle_root"]) = (json!(count), json!(root));
    }
}
