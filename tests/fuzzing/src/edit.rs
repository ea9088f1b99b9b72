//! The fuzzer's bytes as instructions: changes to a document's JSON and to a file's lines. No bytes, no change.

use arbitrary::{Result, Unstructured};
use postern_protocol::documents::Document;
use postern_protocol::limits::MAX_INTEGER;
use postern_protocol::{Digest, Time};
use serde_json::{Value, json};

/// A document as JSON.
pub(crate) fn json_of<T: Document>(document: &T) -> Value {
    serde_json::to_value(document).unwrap()
}

/// Changes a document in up to seven places; mostly in none.
pub(crate) fn edited(input: &mut Unstructured<'_>, document: &mut Value) -> Result<()> {
    for _ in 0..input.arbitrary::<u8>()?.saturating_sub(224) / 4 {
        edit(input, document)?;
    }
    Ok(())
}

/// Changes a document in one place: mostly into another that is well-formed, which rules have to judge.
pub(crate) fn edit(input: &mut Unstructured<'_>, document: &mut Value) -> Result<()> {
    let mut places = Vec::new();
    find_places(document, String::new(), &mut places);
    let place = input.choose(&places)?.clone();
    let fitting = input.arbitrary::<u8>()? < 208;
    let shape = document.pointer(&place).map(shape_of);
    let alike = |other: &&String| !fitting || document.pointer(other).map(shape_of) == shape;
    let donors: Vec<_> = places.iter().filter(alike).collect();
    let donor = document.pointer(input.choose(&donors)?).cloned().unwrap_or(Value::Null);
    let Some(value) = document.pointer_mut(&place) else { return Ok(()) };
    if fitting { fit(input, value, donor) } else { break_up(input, document, &place, donor) }
}

/// What values can stand in for each other: the type, and for text what it is a form of.
fn shape_of(value: &Value) -> (u8, &str) {
    match value {
        Value::Null => (0, ""),
        Value::Bool(_) => (1, ""),
        Value::Number(_) => (2, ""),
        Value::String(text) if text.parse::<Time>().is_ok() => (3, "time"),
        Value::String(text) => (3, text.split_once(':').map_or("", |(form, _)| form)),
        Value::Array(_) => (4, ""),
        Value::Object(fields) => (5, fields.keys().next().map_or("", String::as_str)),
    }
}

/// Another value of the same form.
fn fit(input: &mut Unstructured<'_>, value: &mut Value, donor: Value) -> Result<()> {
    match (input.int_in_range(0..=7)?, &mut *value) {
        (0..=1, _) => *value = donor,
        (2, Value::Number(_) | Value::String(_) | Value::Object(_)) => *value = json!("unlimited"),
        (3, Value::Number(_)) => *value = json!(*input.choose(&[0, 1, 2, 86_400, MAX_INTEGER - 1, MAX_INTEGER])?),
        (2..=4, Value::Array(items)) => items.push(donor.get(0).cloned().unwrap_or(donor)),
        (_, Value::Array(_)) => rearrange(input, value)?,
        _ => nudge(input, value)?,
    }
    Ok(())
}

/// Anything at all.
fn break_up(input: &mut Unstructured<'_>, document: &mut Value, place: &str, donor: Value) -> Result<()> {
    let operation = input.int_in_range(0..=6)?;
    if operation == 6 {
        return removed(document, place);
    }
    let Some(value) = document.pointer_mut(place) else { return Ok(()) };
    match operation {
        0 => *value = json!(*input.choose(&[MAX_INTEGER + 1, u64::MAX])?),
        1 => *value = json!(input.arbitrary::<u64>()?),
        2 => *value = donor,
        3 => grow(value, donor),
        4 => *value = json!(String::from_utf8_lossy(input.bytes(4.min(input.len()))?)),
        _ => *value = oddity(input)?,
    }
    Ok(())
}

/// The JSON pointer of every value of a document.
fn find_places(value: &Value, here: String, found: &mut Vec<String>) {
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| find_places(item, format!("{here}/{index}"), found));
        }
        Value::Object(fields) => {
            fields.iter().for_each(|(name, field)| find_places(field, format!("{here}/{name}"), found));
        }
        _ => {}
    }
    found.push(here);
}

fn removed(document: &mut Value, place: &str) -> Result<()> {
    let Some((parent, name)) = place.rsplit_once('/') else { return Ok(()) };
    match document.pointer_mut(parent) {
        Some(Value::Array(items)) => drop(name.parse::<usize>().map(|index| items.remove(index))),
        Some(Value::Object(fields)) => drop(fields.remove(name)),
        _ => {}
    }
    Ok(())
}

/// A little more or less, an hour or a year later or earlier.
fn nudge(input: &mut Unstructured<'_>, value: &mut Value) -> Result<()> {
    let unit = *input.choose(&[1, 60, 3600, 86_400, 31_536_000])?;
    let (amount, less) = (unit * u64::from(input.arbitrary::<u8>()?), input.arbitrary::<bool>()?);
    let moved = |number: u64| if less { number.saturating_sub(amount) } else { number.saturating_add(amount) };
    match value {
        Value::Number(number) => *value = json!(moved(number.as_u64().unwrap_or_default())),
        Value::Bool(truth) => *truth = !*truth,
        Value::String(text) => {
            if let Ok(time) = text.parse::<Time>() {
                *value = json!(Time::from_unix(moved(time.unix()).min(Time::MAX.unix())));
            } else if text == "unlimited" {
                *value = json!(amount);
            }
        }
        _ => {}
    }
    Ok(())
}

/// One item or field more.
fn grow(value: &mut Value, donor: Value) {
    match value {
        Value::Array(items) => items.push(donor),
        Value::Object(fields) => drop(fields.insert("surplus".into(), donor)),
        other => *other = json!([other.clone(), donor]),
    }
}

/// Items in another order, one twice, or fewer.
fn rearrange(input: &mut Unstructured<'_>, value: &mut Value) -> Result<()> {
    if let Value::Array(items) = value
        && !items.is_empty()
    {
        let index = input.choose_index(items.len())?;
        match input.int_in_range(0..=2)? {
            0 => items.rotate_left(index),
            1 => items.push(items[index].clone()),
            _ => items.truncate(index),
        }
    }
    Ok(())
}

fn oddity(input: &mut Unstructured<'_>) -> Result<Value> {
    let odd = [
        json!("unlimited"),
        json!(""),
        json!("x".repeat(1025)),
        json!("\u{1b}[2J"),
        json!("\u{202e}txt"),
        json!("root"),
        json!("pool"),
        json!("on"),
        json!("none"),
        json!(null),
        json!([]),
        json!({}),
        json!(-1),
        json!(0.5),
        json!(Time::MIN),
        json!(Time::MAX),
        json!("9".repeat(300)),
    ];
    Ok(input.choose(&odd)?.clone())
}

/// A document's bytes; now and then some of them replaced.
pub(crate) fn payload(input: &mut Unstructured<'_>, document: &Value) -> Result<Vec<u8>> {
    let mut bytes = document.to_string().into_bytes();
    if input.arbitrary::<u8>()? > 251 {
        let at = input.choose_index(bytes.len())?;
        let until = at + input.int_in_range(0..=16)?.min(bytes.len() - at);
        let with = input.bytes(8.min(input.len()))?.to_vec();
        bytes.splice(at..until, with);
    }
    Ok(bytes)
}

/// Says in a document's field which bytes another document has, unless an edit took the field away.
pub(crate) fn link(document: &mut Value, field: &str, to: &[u8]) {
    if let Some(place @ Value::String(_)) = document.get_mut(field) {
        *place = json!(Digest::of(to));
    }
}

/// Now and then a line too many, too few, or in another place.
pub(crate) fn lines(input: &mut Unstructured<'_>, lines: &mut Vec<Vec<u8>>) -> Result<()> {
    if input.arbitrary::<u8>()? > 251 && !lines.is_empty() {
        let (from, to) = (input.choose_index(lines.len())?, input.choose_index(lines.len())?);
        match input.int_in_range(0..=2)? {
            0 => lines.swap(from, to),
            1 => lines.insert(to, lines[from].clone()),
            _ => drop(lines.remove(from)),
        }
    }
    Ok(())
}

/// No instruction; then many, of fixed pseudo-random bytes, half of which ask for nothing.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut byte = move || {
        // Xorshift (Marsaglia 2003).
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let [byte, chance, ..] = state.to_be_bytes();
        if chance & 1 == 0 { 0 } else { byte }
    };
    let scattered = (0..192).map(|_| (0..64).map(|_| byte()).collect());
    [vec![]].into_iter().chain(scattered).collect()
}
