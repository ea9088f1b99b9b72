//! The words that people read: one message file for each language, compiled into the desk.
//!
//! A line is `key = message`; `{name}` is filled in. A message that counts has one line for each plural form of the
//! language, `key[one]` and `key[other]`, chosen by the value `n`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use yew::AttrValue;

const ENGLISH: &str = include_str!("en.messages");

static MESSAGES: LazyLock<BTreeMap<&'static str, &'static str>> = LazyLock::new(|| parse(ENGLISH));

/// A message of the catalogue: `t!("unlock-title")`, `t!("bytes", n = 5)`.
#[macro_export]
macro_rules! t {
    ($key:literal) => {
        $crate::texts::message($key)
    };
    ($key:literal, $($name:ident = $value:expr),+ $(,)?) => {
        $crate::texts::filled($key, &[$((stringify!($name), $value.to_string())),+])
    };
}

/// A message without values. A key that the catalogue lacks shows as itself; a test finds it first.
pub fn message(key: &'static str) -> AttrValue {
    AttrValue::Static(MESSAGES.get(key).copied().unwrap_or(key))
}

/// A message with its values.
pub fn filled(key: &'static str, values: &[(&str, String)]) -> AttrValue {
    let mut rest = pattern(key, values);
    let mut text = String::with_capacity(rest.len() + 16);
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        text.push_str(before);
        text.push_str(values.iter().find(|(given, _)| *given == name).map_or("", |(_, value)| value));
        rest = after;
    }
    text.push_str(rest);
    text.into()
}

fn pattern(key: &'static str, values: &[(&str, String)]) -> &'static str {
    if let Some(message) = MESSAGES.get(key) {
        return message;
    }
    let number = values.iter().find(|(name, _)| *name == "n").map(|(_, value)| value.as_str());
    let form = format!("{key}[{}]", plural(number.unwrap_or_default()));
    MESSAGES.get(form.as_str()).copied().unwrap_or(key)
}

/// The English plural form of a number.
fn plural(number: &str) -> &'static str {
    if number == "1" { "one" } else { "other" }
}

fn parse(source: &'static str) -> BTreeMap<&'static str, &'static str> {
    source
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(" = "))
        .map(|(key, message)| (key.trim(), message))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// Every source file of this crate.
    fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
            }
        }
    }

    fn all_sources() -> Vec<(String, String)> {
        let mut found = Vec::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
        found
    }

    /// `(key, names of its values)` of every use of `t!`.
    fn uses() -> Vec<(String, Vec<String>)> {
        let mut uses = Vec::new();
        for (path, source) in all_sources().iter().filter(|(path, _)| !path.ends_with("texts/mod.rs")) {
            for (at, _) in source.match_indices("t!(") {
                // Other macros end in `t!` too: assert!, format!.
                if source[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_') {
                    continue;
                }
                let rest = source[at + 3..].trim_start().strip_prefix('"').expect("a key");
                let (key, mut rest) = rest.split_once('"').unwrap();
                assert!(key.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '-')), "{path}: {key}");
                let mut names = Vec::new();
                while let Some(value) = rest.trim_start().strip_prefix(',') {
                    let Some((name, after)) = value.split_once(" = ") else { break };
                    if !name.trim().chars().all(|c| c.is_ascii_lowercase() || c == '_') {
                        break;
                    }
                    names.push(name.trim().to_owned());
                    rest = &after[end_of_value(after)..];
                }
                uses.push((key.to_owned(), names));
            }
        }
        uses
    }

    /// Where an expression ends: at a comma or closing bracket outside of its own brackets.
    fn end_of_value(text: &str) -> usize {
        let mut depth = 0;
        for (index, character) in text.char_indices() {
            match character {
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' if depth == 0 => return index,
                ')' | ']' | '}' => depth -= 1,
                ',' if depth == 0 => return index,
                _ => {}
            }
        }
        text.len()
    }

    fn base(key: &str) -> &str {
        key.split('[').next().unwrap()
    }

    #[test]
    fn every_key_used_exists_and_none_is_unused() {
        let known: BTreeSet<&str> = MESSAGES.keys().map(|key| base(key)).collect();
        let uses = uses();
        let used: BTreeSet<&str> = uses.iter().map(|(key, _)| key.as_str()).collect();
        assert!(used.len() > 50, "the search for uses finds almost nothing: {used:?}");
        let missing: Vec<_> = used.difference(&known).collect();
        let unused: Vec<_> = known.difference(&used).collect();
        assert!(missing.is_empty() && unused.is_empty(), "missing: {missing:?}\nunused: {unused:?}");
    }

    #[test]
    fn values_and_placeholders_agree() {
        for (key, names) in uses() {
            let given: BTreeSet<&str> = names.iter().map(String::as_str).collect();
            for (form, message) in MESSAGES.iter().filter(|(form, _)| base(form) == key) {
                let wanted: BTreeSet<&str> =
                    message.split('{').skip(1).map(|rest| rest.split_once('}').expect("a closing brace").0).collect();
                assert!(wanted.is_subset(&given), "{form} wants {wanted:?} and gets {given:?}");
                let counts = form.contains('[');
                assert!(!counts || given.contains("n"), "{form} needs a number n");
            }
        }
    }

    #[test]
    fn every_line_is_a_message_of_its_own() {
        let lines: Vec<&str> = ENGLISH.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        assert!(lines.iter().all(|line| line.contains(" = ")), "a line without ' = '");
        assert_eq!(lines.len(), MESSAGES.len(), "a key stands twice");
        for key in MESSAGES.keys().filter(|key| key.contains('[')) {
            for form in ["one", "other"] {
                let form = format!("{}[{form}]", base(key));
                assert!(MESSAGES.contains_key(form.as_str()), "{form} is missing");
            }
        }
    }

    /// What stands between quotation marks in a line of code.
    fn literals(line: &str) -> impl Iterator<Item = &str> {
        line.split('"').skip(1).step_by(2)
    }

    #[test]
    fn pages_hold_no_words() {
        // Classes, ids and attributes begin small; paths of icons are no words.
        let sources = all_sources();
        let pages = sources.iter().filter(|(path, _)| path.contains("/view/") || path.contains("/compose/"));
        let mut seen = 0;
        for (path, source) in pages.filter(|(path, _)| !path.contains("/tests") && !path.ends_with("icons.rs")) {
            let code = source.split("#[cfg(test)]").next().unwrap();
            for (number, line) in code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
                seen += literals(line).count();
                let words = literals(line).any(|text| text.starts_with(char::is_uppercase));
                assert!(!words, "{path}:{}: words belong into the catalogue: {line}", number + 1);
            }
        }
        assert!(seen > 500, "the search for literals finds almost nothing: {seen}");
    }

    #[test]
    fn values_fill_in_and_count() {
        assert_eq!(filled("bytes", &[("n", "1".into())]).as_str(), "1 byte");
        assert_eq!(filled("bytes", &[("n", "5".into())]).as_str(), "5 bytes");
        assert_eq!(message("no-such-key").as_str(), "no-such-key");
    }
}
