//! The siblings that every kind of document has: one good, the others wrong in one way each.

use postern_protocol::{Document, SecretKey};
use postern_testkit::{forge, key};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value, json};

use super::Vector;
use super::scene::{STRANGER, vector};

/// A document, who signs it, and the file around its line.
pub(super) struct Family<'a, T> {
    pub(super) document: &'a T,
    pub(super) signers: Vec<&'a SecretKey>,
    pub(super) around: &'a dyn Fn(Vec<u8>) -> Vec<u8>,
    /// The code of a signature that is missing or wrong.
    pub(super) unsigned: &'static str,
}

impl<T: Document> Family<'_, T> {
    pub(super) fn siblings(&self) -> Vec<Vector> {
        let line = self.line(&self.payload());
        let stranger = forge::line(T::KIND, self.payload().as_bytes(), &vec![&key(STRANGER); self.signers.len()]);
        let newer =
            |envelope: &mut Value| envelope["payloadType"] = json!(T::KIND.payload_type().replace(".v1+", ".v2+"));
        let unsigned = |envelope: &mut Value| envelope["signatures"] = json!([]);
        let malformed = "payload-malformed";
        vec![
            self.case("ok", "ok", "as its signer made it", line.clone()),
            self.case("other-key", self.unsigned, "signed by somebody else", stranger),
            self.case("unsigned", self.unsigned, "without a signature", forge::edited(&line, unsigned)),
            self.case("changed", self.unsigned, "changed after it was signed", self.changed()),
            self.case("newer-format", "version-unsupported", "of a newer format", forge::edited(&line, newer)),
            self.edited("version-2", malformed, "its field 'version' says 2", |fields| {
                fields.insert("version".into(), json!(2));
            }),
            self.edited("float", malformed, "a number with a fraction", |fields| {
                fields.insert("version".into(), json!(1.0));
            }),
            self.edited("null", malformed, "a null where a list is due", |fields| {
                fields.insert("extensions".into(), Value::Null);
            }),
            self.edited("unknown-field", malformed, "a field that its kind does not have", |fields| {
                fields.insert("favourite".into(), json!("colour"));
            }),
            self.edited("critical-extension", "extension-unknown", "an unknown extension that is critical", |fields| {
                fields.insert("extensions".into(), json!([{"name": "later", "critical": true, "value": ""}]));
            }),
            self.edited("extension", "ok", "an unknown extension that is not critical", |fields| {
                fields.insert("extensions".into(), json!([{"name": "later", "critical": false, "value": ""}]));
            }),
            self.text("duplicate-field", "a field twice", |payload| payload.replacen('{', "{\"version\":1,", 1)),
            self.text("array", "a list of the values where an object is due", |payload| {
                let fields: InOrder = serde_json::from_str(payload).unwrap();
                serde_json::to_string(&fields.0).unwrap()
            }),
            self.text("time-form", "a time in another form", |payload| payload.replacen("Z\"", "+00:00\"", 1)),
        ]
    }

    fn payload(&self) -> String {
        serde_json::to_string(self.document).unwrap()
    }

    fn line(&self, payload: &str) -> Vec<u8> {
        forge::line(T::KIND, payload.as_bytes(), &self.signers)
    }

    /// The signatures of the document over a payload that differs in one letter.
    fn changed(&self) -> Vec<u8> {
        let changed = self.payload().replacen("automation", "automatiom", 1);
        assert_ne!(changed, self.payload());
        let signed: Value = serde_json::from_slice(&self.line(&self.payload())).unwrap();
        forge::edited(&self.line(&changed), |envelope| envelope["signatures"] = signed["signatures"].clone())
    }

    fn edited(&self, name: &str, expect: &str, what: &str, edit: impl FnOnce(&mut Map<String, Value>)) -> Vector {
        let mut payload: Map<String, Value> = serde_json::from_str(&self.payload()).unwrap();
        edit(&mut payload);
        self.case(name, expect, what, self.line(&serde_json::to_string(&payload).unwrap()))
    }

    fn text(&self, name: &str, what: &str, edit: impl FnOnce(&str) -> String) -> Vector {
        let changed = edit(&self.payload());
        assert_ne!(changed, self.payload(), "{name} changes nothing");
        self.case(name, "payload-malformed", what, self.line(&changed))
    }

    fn case(&self, name: &str, expect: &str, what: &str, line: Vec<u8>) -> Vector {
        vector(T::KIND, name, expect, &format!("a {}, {what}", T::KIND), (self.around)(line))
    }
}

/// The values of an object, in the order in which they stand there.
struct InOrder(Vec<Value>);

impl<'de> Deserialize<'de> for InOrder {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = InOrder;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<InOrder, A::Error> {
                let mut values = Vec::new();
                while let Some((_, value)) = fields.next_entry::<String, Value>()? {
                    values.push(value);
                }
                Ok(InOrder(values))
            }
        }
        deserializer.deserialize_map(Fields)
    }
}
