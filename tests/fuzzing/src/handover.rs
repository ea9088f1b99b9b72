//! Handovers whose bundle, ledger and document were changed and signed again: what reads can be taken over.

use arbitrary::{Result, Unstructured};
use postern_issuer::{Comparison, Desk, Handed, decide_take_over};
use postern_protocol::bundle_file::{HandoverFile, VerifiedBundle, verify_bundle, verify_handover};
use postern_protocol::documents::LedgerEntry;
use postern_protocol::{Digest, File, Kind, Limits};
use postern_testkit::{World, forge, now, spec};
use serde_json::json;

use crate::edit::{edited, json_of, lines, payload};
use crate::legible::{described, explained, or_explained};

/// What reads comes apart into the bytes that it was made of, is bound to exactly its ledger, and goes on with it.
pub(crate) fn handover(data: &[u8]) {
    let Ok(bytes) = changed(&mut Unstructured::new(data)) else { return };
    let (limits, trust) = (Limits::DEFAULT, World::new().trust_state());
    let Some(file) = or_explained(File::parse(&bytes, &limits)) else { return };
    described(&file);
    let verified = or_explained(verify_handover(&bytes, &trust, &limits));
    let Some(parts) = or_explained(HandoverFile::take(file)) else { return };
    assert_eq!(parts.clone().into_file().to_bytes(), bytes, "the parts make the same file");
    let Some(bundle) = or_explained(verify_bundle(&parts.bundle.to_bytes(), &trust, &limits)) else {
        assert!(verified.is_none(), "a handover brings a bundle that loads");
        return;
    };
    let Some(handed) = or_explained(Handed::read(&parts, &bundle, &limits)) else { return };
    let verified = verified.expect("what can be taken over verifies");
    assert!(verified.entries.iter().eq(handed.ledger.entries().iter()), "two readers read the same");
    assert_eq!(handed.document.ledger, handed.ledger.next());
    assert!(handed.ledger.handed_over().is_some());
    handed.after(None).expect("where there is no ledger, it is taken over");
    handed.after(Some(&handed.ledger)).expect("it can be taken back");
    goes_on(&bundle, &handed);
}

fn goes_on(bundle: &VerifiedBundle, handed: &Handed) {
    let Handed { chain, ledger, document } = handed;
    let desk = Desk { bundle, chain, ledger: Some(ledger), revocations: &[], by: "B. Deputy", now: now() };
    assert!(decide_take_over(&desk, None).is_err(), "nobody goes on without the handover");
    match decide_take_over(&desk, Some(document)) {
        Err(refusals) => {
            assert!(!refusals.is_empty(), "refused without a reason");
            refusals.iter().for_each(explained);
        }
        Ok(decision) => {
            let preparation = decision.prepare();
            let key = World::new().portal_key;
            let signatures: Vec<_> = preparation.messages().iter().map(|message| key.sign(message)).collect();
            let taken = preparation.finish(&signatures).expect("what was decided can be finished").ledger;
            assert_eq!(taken.compare(ledger), Comparison::Newer);
            handed.after(Some(&taken)).expect_err("a handover is taken over once");
        }
    }
}

/// The file of a ledger that was handed over right after its beginning.
pub(crate) fn changed(input: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let world = World::new();
    let mut file: Vec<_> = world.bundle_file().envelopes().map(|one| one.line().to_vec()).collect();
    let mut document = json_of(&spec::handover(&world));
    if input.arbitrary::<u8>()? > 223 {
        let mut bundle = json_of(world.bundle().bundle.get());
        edited(input, &mut bundle)?;
        let payload = payload(input, &bundle)?;
        document["bundle"] = json!(Digest::of(&payload));
        file.pop();
        file.push(forge::line(Kind::Bundle, &payload, &[&world.ops_key]));
    }
    let mut previous = Digest::of(b"");
    for (position, entry) in (1_u64..).zip(spec::handed_over(&world)) {
        let mut entry = json_of::<LedgerEntry>(&entry);
        (entry["place"]["position"], entry["place"]["previous"]) = (json!(position), json!(previous));
        edited(input, &mut entry)?;
        let payload = payload(input, &entry)?;
        previous = Digest::of(&payload);
        file.push(forge::line(Kind::LedgerEntry, &payload, &[&world.portal_key]));
    }
    document["ledger"]["previous"] = json!(previous);
    edited(input, &mut document)?;
    file.push(forge::line(Kind::Handover, &payload(input, &document)?, &[&world.portal_key]));
    lines(input, &mut file)?;
    Ok(forge::file(&file))
}
