//! Trust documents that follow one another, changed and signed by any of four root keys.

use std::collections::BTreeSet;

use arbitrary::{Result, Unstructured};
use postern_protocol::documents::{Document, Trust};
use postern_protocol::{Envelope, Kind, Limits, PublicKey, TrustState};
use postern_testkit::rotation::{rotated, two_of_three};
use postern_testkit::{forge, key};
use postern_verifier::pin;

use crate::edit::{edited, json_of, lines, payload};
use crate::legible::or_explained;

/// A version is accepted only where the old and the new threshold of distinct keys signed it, exactly one on.
pub(crate) fn trust(data: &[u8]) {
    // Fewer bytes than the instructions ask for read as zeros; there is nothing else that can go wrong with them.
    let Ok(lines) = changed_lines(data) else { return };
    let limits = Limits::DEFAULT;
    let Ok(envelopes) =
        lines.iter().map(|line| Envelope::parse(line, &limits)).collect::<std::result::Result<Vec<_>, _>>()
    else {
        return;
    };
    let by_file = or_explained(pin::read(&forge::file(&lines), None));
    let Some((first, later)) = envelopes.split_first() else { return };
    let Some(begun) = or_explained(TrustState::begin(first.clone(), &limits)) else {
        assert!(by_file.is_none(), "a root that cannot be begun with was pinned");
        return;
    };
    assert!(signed_enough(begun.current().get(), first), "too few keys signed the first");
    let advanced = or_explained(begun.advance(later, &limits));
    if let Some(read) = by_file {
        let state = advanced.as_ref().expect("what can be pinned can be stepped through");
        assert_eq!(read.history(), state.history());
    }
    let Some(state) = advanced else { return };
    for pair in state.history().windows(2) {
        let [before, after] = pair else { continue };
        assert_eq!(after.number, before.number + 1);
        assert_eq!(after.product, before.product);
        assert!(signed_enough(before, after.envelope()) && signed_enough(after, after.envelope()));
    }
    assert!(state.history().iter().all(|document| document.check().is_ok()));
    let anchored = TrustState::from_anchor(&state.anchor(), &envelopes, &limits).expect("the anchor is its own");
    assert_eq!(anchored.history(), state.history());
    let again = state.advance(later, &limits).expect("what is known already changes nothing");
    assert_eq!(again.history(), state.history());
}

/// Counted without the code under test: the distinct keys of a document that made a signature of an envelope.
fn signed_enough(trust: &Trust, envelope: &Envelope) -> bool {
    let message = envelope.signed_bytes();
    let signed = |key: &&PublicKey| {
        let key = key.verifying();
        key.is_ok_and(|key| envelope.signatures().iter().any(|one| key.verifies(&message, &one.signature)))
    };
    let signers: BTreeSet<&PublicKey> = trust.keys.iter().filter(signed).collect();
    trust.threshold > 0 && signers.len() as u64 >= trust.threshold
}

/// Three versions, each changed and signed.
pub(crate) fn changed_lines(data: &[u8]) -> Result<Vec<Vec<u8>>> {
    let mut input = Unstructured::new(data);
    let first = two_of_three().trust;
    let (second, _) = rotated(&first, &[1, 2], &[2, 3, 4], 2);
    let (third, _) = rotated(&second, &[2, 3], &[4], 1);
    let mut found = Vec::new();
    for (document, signers) in [(first, 0b0011), (second, 0b0110), (third, 0b1110)] {
        let mut document = json_of(&document);
        edited(&mut input, &mut document)?;
        let payload = payload(&mut input, &document)?;
        let signers: u8 = if input.arbitrary::<u8>()? > 199 { input.arbitrary()? } else { signers };
        let keys: Vec<_> = (0..4).filter(|bit| signers >> bit & 1 == 1).map(|bit| key(bit + 1)).collect();
        found.push(forge::line(Kind::Trust, &payload, &keys.iter().collect::<Vec<_>>()));
    }
    lines(&mut input, &mut found)?;
    Ok(found)
}
