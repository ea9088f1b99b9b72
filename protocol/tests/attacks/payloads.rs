//! A full document of every kind, signed whatever it says, and changes at every place of each.

use postern_protocol::documents::*;
use postern_protocol::{Envelope, Explain as _, Limits, Unverified};
use postern_testkit::{forge, full, key, public};
use serde_json::Value;

/// A full document of some kind, and how it is read.
pub(crate) struct Sample {
    pub(crate) name: &'static str,
    pub(crate) payload: Value,
    pub(crate) code: fn(&[u8]) -> &'static str,
}

fn sample<T: Document>(document: &T) -> Sample {
    let payload = serde_json::to_value(document).unwrap();
    Sample { name: T::KIND.as_str(), payload, code: code::<T> }
}

/// `"read"`, or the code by which a payload is refused though its signature holds.
pub(crate) fn code<T: Document>(payload: &[u8]) -> &'static str {
    let signer = key(5);
    let line = forge::line(T::KIND, payload, &[&signer]);
    let unverified = Unverified::<T>::new(Envelope::parse(&line, &Limits::DEFAULT).unwrap()).unwrap();
    let verified = unverified.verify(&public(&signer).verifying().unwrap(), &Limits::DEFAULT);
    verified.map_or_else(|error| error.code(), |_| "read")
}

pub(crate) fn samples() -> Vec<Sample> {
    let mut samples = vec![
        sample(&full::trust()),
        sample(&full::grant()),
        sample(&full::ceiling()),
        sample(&full::license(&full::world())),
        sample(&full::request()),
        sample(&full::enablement()),
        sample(&full::deactivation()),
        sample(&full::receipt()),
        sample(&full::time_ticket()),
        sample(&full::bundle()),
        sample(&full::revocations(Grantor::Root)),
    ];
    samples.extend(full::ledger_entries().iter().map(sample));
    samples
}

/// Every value of a document by its JSON pointer, the document itself first.
pub(crate) fn places(value: &Value) -> Vec<String> {
    fn walk(value: &Value, at: &str, places: &mut Vec<String>) {
        places.push(at.to_owned());
        match value {
            Value::Object(fields) => {
                fields.iter().for_each(|(name, inner)| walk(inner, &format!("{at}/{name}"), places))
            }
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(index, inner)| walk(inner, &format!("{at}/{index}"), places))
            }
            _ => {}
        }
    }
    let mut places = Vec::new();
    walk(value, "", &mut places);
    places
}

/// Applies a change at every place of every document that it fits, and expects each to be refused as malformed.
/// Returns how many there were.
pub(crate) fn refused_everywhere(change: impl Fn(&Value) -> Vec<Value>) -> usize {
    let mut count = 0;
    for sample in samples() {
        for place in places(&sample.payload) {
            for other in change(sample.payload.pointer(&place).unwrap()) {
                let mut payload = sample.payload.clone();
                *payload.pointer_mut(&place).unwrap() = other;
                let text = payload.to_string();
                assert_eq!((sample.code)(text.as_bytes()), "payload-malformed", "{} {place}: {text}", sample.name);
                count += 1;
            }
        }
    }
    count
}
