//! A machine's support file in rows: JSON that nobody signed, which its reader can read as it is.

use serde_json::Value;

use super::{Row, Section};
use crate::digest::Digest;
use crate::text;

/// What a support file says it is, in its field `kind`.
pub const SUPPORT: &str = "postern-support";

/// How deep a support file is read; what lies deeper is written as JSON.
const DEPTH: usize = 8;

/// Describes a support file; none for anything else.
pub fn support(bytes: &[u8]) -> Option<Section> {
    let Ok(Value::Object(fields)) = serde_json::from_slice(bytes) else { return None };
    if fields.get("kind").and_then(Value::as_str) != Some(SUPPORT) {
        return None;
    }
    let mut rows = Vec::new();
    fields.iter().for_each(|(name, value)| flatten(name, value, DEPTH, &mut rows));
    Some(Section { title: "Support file for the vendor's help desk".into(), rows })
}

/// Each value in a row of its own, named by its place; an entry of a list in one row.
fn flatten(place: &str, value: &Value, depth: usize, rows: &mut Vec<Row>) {
    let mut push = |value: String| rows.push(Row { label: text::harmless(place).into(), value });
    match value {
        Value::Object(fields) if depth > 0 => {
            fields.iter().for_each(|(name, value)| flatten(&format!("{place}.{name}"), value, depth - 1, rows));
        }
        Value::Array(entries) if entries.is_empty() => push("none".into()),
        Value::Array(entries) => entries.iter().for_each(|entry| push(in_one_row(entry, depth))),
        value => push(in_one_row(value, depth)),
    }
}

fn in_one_row(value: &Value, depth: usize) -> String {
    match value {
        Value::Null => "-".into(),
        Value::String(text) if text.contains('\n') => {
            format!("a file of {} bytes, {}", text.len(), Digest::of(text.as_bytes()))
        }
        Value::String(text) => text::harmless(text),
        Value::Object(fields) if depth > 0 => {
            let field = |(name, value): (&String, &Value)| {
                format!("{}: {}", text::harmless(name), in_one_row(value, depth - 1))
            };
            fields.iter().map(field).collect::<Vec<_>>().join(", ")
        }
        Value::Array(entries) if depth > 0 => {
            entries.iter().map(|entry| in_one_row(entry, depth - 1)).collect::<Vec<_>>().join(", ")
        }
        deep => text::harmless(&deep.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(json: &str) -> Vec<String> {
        let section = support(json.as_bytes()).unwrap();
        section.rows.into_iter().map(|row| format!("{} = {}", row.label, row.value)).collect()
    }

    #[test]
    fn every_value_has_its_row() {
        let json = r#"{"kind":"postern-support","format":1,"a":{"b":null,"c":[]},"list":[{"x":1,"y":"z"},"t"],"proof":"l1\nl2"}"#;
        let rows = rows(json);
        for row in ["kind = postern-support", "format = 1", "a.b = -", "a.c = none", "list = x: 1, y: z", "list = t"] {
            assert!(rows.iter().any(|one| one == row), "{row} is not in {rows:?}");
        }
        assert!(rows.iter().any(|row| row.starts_with("proof = a file of 5 bytes, sha256:")));
    }

    #[test]
    fn what_nobody_signed_deceives_nobody() {
        let rows = rows("{\"kind\":\"postern-support\",\"a\\u202eb\":\"\\u001b[2Jx\"}");
        assert!(rows.iter().any(|row| row == "a\u{fffd}b = \u{fffd}[2Jx"), "{rows:?}");
    }

    #[test]
    fn nothing_else_is_a_support_file() {
        for other in ["", "[]", "{}", r#"{"kind":"license"}"#, "{\"kind\":\"postern-support\"} x"] {
            assert_eq!(support(other.as_bytes()), None, "{other}");
        }
        let deep = format!("{{\"kind\":\"postern-support\",\"a\":{}1{}}}", "[".repeat(100), "]".repeat(100));
        assert!(support(deep.as_bytes()).is_some());
    }
}
