//! Writes the seeds of every target, one folder each, and a dictionary of what documents say, for the fuzzers.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use postern_fuzzing::TARGETS;
use serde_json::Value;

fn main() -> std::io::Result<()> {
    let folder: PathBuf = std::env::args_os().nth(1).unwrap_or_else(|| "target/fuzz/seeds".into()).into();
    let mut words = BTreeSet::new();
    for target in TARGETS {
        let below = folder.join(target.name);
        std::fs::create_dir_all(&below)?;
        for (index, seed) in (target.seeds)().into_iter().enumerate() {
            collect(&seed, &mut words);
            std::fs::write(below.join(format!("seed-{index:03}")), seed)?;
        }
    }
    write_dictionary(&folder.join("words.dict"), &words)
}

/// The field names and short strings of a seed that is JSON, perhaps behind a byte.
fn collect(seed: &[u8], words: &mut BTreeSet<String>) {
    let value = serde_json::from_slice(seed).or_else(|_| serde_json::from_slice(seed.get(1..).unwrap_or_default()));
    if let Ok(value) = value {
        collect_from(&value, words);
    }
}

fn collect_from(value: &Value, words: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if text.len() <= 24 => drop(words.insert(text.clone())),
        Value::Array(items) => items.iter().for_each(|item| collect_from(item, words)),
        Value::Object(fields) => fields.iter().for_each(|(name, field)| {
            words.insert(name.clone());
            collect_from(field, words);
        }),
        _ => {}
    }
}

/// libFuzzer's form: one quoted string a line.
fn write_dictionary(path: &Path, words: &BTreeSet<String>) -> std::io::Result<()> {
    let plain = |word: &&String| word.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\');
    let lines: String = words.iter().filter(plain).map(|word| format!("\"{word}\"\n")).collect();
    std::fs::write(path, lines)
}
