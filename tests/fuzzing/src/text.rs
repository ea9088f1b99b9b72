//! What people type and what documents write as one string: ids, times, digests, keys, codes, quantities.

use std::fmt::Display;
use std::str::FromStr;

use postern_protocol::credential::LicenseKey;
use postern_protocol::describe;
use postern_protocol::documents::{Grantor, Parent};
use postern_protocol::{Digest, Id, Kind, PublicKey, Time, license_code};
use postern_testkit::{key, public};

use crate::legible::{explained, legible, or_explained};

/// Forms of documents are read in the one way that they are written; codes that people type come out the same again.
pub(crate) fn text(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    one_form::<Id>(text);
    one_form::<Digest>(text);
    one_form::<Kind>(text);
    one_form::<Grantor>(text);
    one_form::<Parent>(text);
    if let Some(time) = one_form::<Time>(text) {
        legible(&describe::time(time));
        assert!(time.day_start() <= time && time <= time.day_end());
        assert_eq!(Time::from_date(&time.date()), Some(time.day_start()));
        legible(&describe::duration(time.unix()));
    }
    if let Some(day) = Time::from_date(text) {
        assert_eq!((day.date().as_str(), day.day_start()), (text, day));
    }
    if let Some(found) = one_form::<PublicKey>(text) {
        judge_key(found);
    }
    if let Some(bytes) = or_explained(license_code::decode(text)) {
        let code = license_code::encode(&bytes);
        assert_eq!(license_code::decode(&code), Ok(bytes));
        assert_eq!(license_code::decode(&code.to_lowercase()), Ok(bytes));
        assert!(same_symbols(&code, text), "{text:?} was read as {code}");
        judge_key(PublicKey::from_bytes(bytes));
    }
    if let Some(license_key) = or_explained(LicenseKey::parse(text)) {
        let written = license_key.to_text();
        let again = LicenseKey::parse(&written).expect("what was written can be read");
        assert_eq!(*again.to_text(), *written);
        assert!(same_symbols(&written, text), "another license key was read");
        let derived = license_key.derive("northwind", "automation").unwrap();
        assert_eq!(again.derive("northwind", "automation").unwrap().public_bytes(), derived.public_bytes());
    }
}

/// A text that reads is exactly what is written.
fn one_form<T: FromStr + Display>(text: &str) -> Option<T> {
    let value = text.parse::<T>().ok()?;
    assert_eq!(value.to_string(), text, "there is one way to write it");
    Some(value)
}

fn judge_key(found: PublicKey) {
    let usable = or_explained(found.verifying());
    match found.import() {
        Ok(imported) => assert_eq!((imported.public(), usable), (found, Some(imported))),
        Err(error) => explained(&error),
    }
}

/// Whether two texts differ only in case, blanks, dashes and look-alikes.
fn same_symbols(a: &str, b: &str) -> bool {
    let symbols = |text: &str| -> String {
        let kept = text.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_uppercase());
        kept.map(|c| match c {
            'O' => '0',
            'I' | '1' => 'L',
            'B' => '8',
            other => other,
        })
        .collect()
    };
    symbols(a) == symbols(b)
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let small_order = PublicKey::from_bytes([0; 32]);
    let texts = [
        "a.b_c-1".into(),
        "unlimited".into(),
        "root".into(),
        "ledger-entry".into(),
        "2026-11-22".into(),
        "2024-02-29T23:59:59Z".into(),
        "9999-12-31T23:59:59Z".into(),
        Digest::of(b"seed").to_string(),
        public(&key(1)).to_string(),
        small_order.to_string(),
        license_code::encode(small_order.as_bytes()),
        license_code::encode(public(&key(1)).as_bytes()),
        license_code::encode(public(&key(2)).as_bytes()).to_lowercase().replace('-', " \u{2013}\n"),
        LicenseKey::from_entropy([5; 15]).to_text().to_string(),
        LicenseKey::from_entropy([0xab; 15]).to_text().replace('-', " ").to_lowercase(),
    ];
    texts.map(String::into_bytes).to_vec()
}
