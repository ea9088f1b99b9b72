//! Payloads of every kind behind a good signature: what is read means the same when it is written again.

use arbitrary::{Result, Unstructured};
use postern_protocol::documents::*;
use postern_protocol::{Envelope, File, Kind, Limits, Prepared, Unverified, Verified};
use postern_testkit::forge::line;
use postern_testkit::{full, key, public, sign};
use serde_json::Value;

use crate::edit::{edit, json_of, payload};
use crate::legible::{described, or_explained};

/// The first byte says which kind, and whether the rest is a payload or instructions for changing one.
pub(crate) fn document(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let kind = Kind::ALL[usize::from(first & 0x7f) % Kind::ALL.len()];
    let payload = if first & 0x80 == 0 { Ok(rest.to_vec()) } else { changed(kind, rest) };
    if let Ok(payload) = payload {
        judge(kind, &payload);
    }
}

fn changed(kind: Kind, instructions: &[u8]) -> Result<Vec<u8>> {
    let mut input = Unstructured::new(instructions);
    let mut document = input.choose(&samples(kind))?.clone();
    for _ in 0..input.int_in_range(0..=4)? {
        edit(&mut input, &mut document)?;
    }
    payload(&mut input, &document)
}

/// Valid documents of a kind, with every field.
fn samples(kind: Kind) -> Vec<Value> {
    match kind {
        Kind::Trust => vec![json_of(&full::trust())],
        Kind::Grant => vec![json_of(&full::grant()), json_of(&full::ceiling())],
        Kind::Bundle => vec![json_of(&full::bundle())],
        Kind::Enablement => vec![json_of(&full::enablement())],
        Kind::Request => vec![json_of(&full::request())],
        Kind::License => vec![json_of(&full::license(&full::world()))],
        Kind::Deactivation => vec![json_of(&full::deactivation())],
        Kind::Receipt => vec![json_of(&full::receipt())],
        Kind::Handover => vec![json_of(&full::handover())],
        Kind::LedgerEntry => full::ledger_entries().iter().map(json_of).collect(),
        Kind::Revocations => vec![json_of(&full::revocations(Grantor::Root))],
        Kind::TimeTicket => vec![json_of(&full::time_ticket())],
    }
}

fn judge(kind: Kind, payload: &[u8]) {
    // Signed by the keys that the samples name as their signers.
    let Ok(envelope) = Envelope::parse(&line(kind, payload, &[&key(30), &key(40)]), &Limits::DEFAULT) else {
        assert!(payload.len() > Limits::DEFAULT.document_bytes / 2, "a payload that fits makes an envelope");
        return;
    };
    match kind {
        Kind::Trust => read::<Trust>(&envelope),
        Kind::Grant => read::<Grant>(&envelope),
        Kind::Bundle => read::<Bundle>(&envelope),
        Kind::Enablement => read::<Enablement>(&envelope),
        Kind::Request => read_own::<Request>(&envelope),
        Kind::License => read::<License>(&envelope),
        Kind::Deactivation => read_own::<Deactivation>(&envelope),
        Kind::Receipt => read::<Receipt>(&envelope),
        Kind::Handover => read::<Handover>(&envelope),
        Kind::LedgerEntry => read::<LedgerEntry>(&envelope),
        Kind::Revocations => read::<Revocations>(&envelope),
        Kind::TimeTicket => read::<TimeTicket>(&envelope),
    }
    let mut file = File::default();
    let list = match kind {
        Kind::Trust => &mut file.trust,
        Kind::Grant => &mut file.grants,
        Kind::Revocations => &mut file.revocations,
        _ => &mut file.documents,
    };
    list.push(envelope);
    described(&file);
}

fn read<T: Document + PartialEq + std::fmt::Debug>(envelope: &Envelope) {
    or_verified::<T>(envelope);
}

/// A machine's own document: whoever it names must have signed.
fn read_own<T: Document + Signer + PartialEq + std::fmt::Debug>(envelope: &Envelope) {
    let limits = Limits::DEFAULT;
    let verified = or_verified::<T>(envelope);
    let own = or_explained(Unverified::<T>::new(envelope.clone()).unwrap().verify_by_named_signers(&limits));
    let signed = [30, 40].map(|seed| public(&key(seed)));
    let expected = verified.filter(|document| document.signers().iter().all(|signer| signed.contains(signer)));
    assert_eq!(own, expected, "its named signers decide");
}

fn or_verified<T: Document + PartialEq + std::fmt::Debug>(envelope: &Envelope) -> Option<Verified<T>> {
    let limits = Limits::DEFAULT;
    let verify = |envelope: &Envelope| {
        let key = public(&key(30)).import().unwrap();
        Unverified::<T>::new(envelope.clone()).unwrap().verify(&key, &limits)
    };
    let document = or_explained(verify(envelope))?;
    let written = sign(document.get(), &[&key(30)]);
    let again = verify(&written).expect("what was written can be read");
    assert_eq!(again.get(), document.get(), "what was written reads the same");
    assert_eq!(Prepared::new(again.get()).payload(), written.payload(), "it is written in one way");
    Some(document)
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let kinds = Kind::ALL.iter().zip(0_u8..);
    let raw = kinds.clone().flat_map(|(kind, index)| {
        samples(*kind).into_iter().map(move |sample| [&[index], sample.to_string().as_bytes()].concat())
    });
    let instructed = kinds.flat_map(|(_, index)| {
        crate::edit::seeds().into_iter().step_by(12).map(move |seed| [vec![0x80 | index], seed].concat())
    });
    raw.chain(instructed).collect()
}
