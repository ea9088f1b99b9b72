//! All answers in one file: a ZIP, with a summary to read.

use std::collections::{HashMap, HashSet};
use std::io::{Cursor, Write};

use postern_protocol::Time;
use zip::write::{SimpleFileOptions, ZipWriter};
use zip::{CompressionMethod, DateTime};

use super::account::Account;
use super::batch::{Batch, Fate, Pack};
use super::words;
use crate::t;

const SUMMARY: &str = "summary.txt";

/// Names of files in a pack: each once, also where the case of letters does not count.
#[derive(Debug)]
pub struct Names {
    taken: HashSet<String>,
    /// How often each name was wanted: so that a thousand of one name are not tried from 2 each.
    wanted: HashMap<String, usize>,
}

impl Default for Names {
    fn default() -> Self {
        Self { taken: HashSet::from([SUMMARY.to_owned()]), wanted: HashMap::new() }
    }
}

impl Names {
    /// The name of the answer to a file: the file's own, then what the answer is called.
    pub fn of_answer(&mut self, input: &str, answer: &str) -> String {
        let stem = stem(input);
        let plain = format!("{stem}.{answer}");
        let wanted = self.wanted.entry(plain.to_lowercase()).or_default();
        loop {
            *wanted += 1;
            let name = if *wanted == 1 { plain.clone() } else { format!("{stem}-{wanted}.{answer}") };
            if self.taken.insert(name.to_lowercase()) {
                return name;
            }
        }
    }
}

/// A file's name without its extension, and without what leads out of a folder or means something to a shell.
fn stem(input: &str) -> String {
    const LONGEST: usize = 100;
    let stem = input.rsplit_once('.').map_or(input, |(stem, _)| stem);
    let plain = |c: char| if c.is_control() || r#"/\:*?"<>|"#.contains(c) { '_' } else { c };
    let stem: String = stem.chars().map(plain).take(LONGEST).collect();
    let stem = stem.trim_matches([' ', '.']);
    if stem.is_empty() { "file".to_owned() } else { stem.to_owned() }
}

/// Packs the answers and the summary.
///
/// # Errors
/// What the ZIP writer refused, in its words.
pub fn pack(account: &Account, batch: &Batch, files: &[(String, Vec<u8>)], now: Time) -> Result<Pack, String> {
    let summary = summary(account, batch, now);
    let all = files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
    let bytes = zip(all.chain([(SUMMARY, summary.as_bytes())]))?;
    Ok(Pack { name: format!("{}-{}.zip", account.bundle().account, now.date()), bytes })
}

/// Files as one file.
///
/// # Errors
/// What the ZIP writer refused, in its words.
pub fn zip<'a>(files: impl Iterator<Item = (&'a str, &'a [u8])>) -> Result<Vec<u8>, String> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    // Answers are signatures and base64: squeezing them is not worth a library. Their date is the pack's: none.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default());
    for (name, bytes) in files {
        zip.start_file(name, options).map_err(|error| error.to_string())?;
        zip.write_all(bytes).map_err(|error| error.to_string())?;
    }
    Ok(zip.finish().map_err(|error| error.to_string())?.into_inner())
}

/// What became of each file, to be read without the portal.
fn summary(account: &Account, batch: &Batch, now: Time) -> String {
    let of = words::label(account.bundle(), &account.bundle().account);
    let mut lines = vec![
        t!("pack-title", account = of, at = words::instant(now), by = account.by).to_string(),
        counts(batch),
        String::new(),
    ];
    for item in &batch.items {
        lines.push(item.name.clone());
        if let Some(device) = item.device {
            lines.push(format!("  {}", t!("pack-machine", machine = device.short())));
        }
        match &item.fate {
            Fate::Answered(answer) => {
                lines.push(format!("  {}", t!("pack-answer", text = answer.text)));
                if let Some(file) = &answer.file {
                    lines.push(format!("  {}", t!("pack-file", file = file)));
                }
                if let Some(position) = answer.position {
                    lines.push(format!("  {}", t!("pack-entry", position = position)));
                }
            }
            Fate::Again(again) => {
                lines.push(format!("  {}", t!("pack-again", text = again.text)));
                if let Some(file) = &again.file {
                    lines.push(format!("  {}", t!("pack-file", file = file)));
                }
            }
            Fate::Refused(errors) => {
                for error in errors {
                    let (what, advice, code) = (&error.what, &error.advice, &error.code);
                    lines.push(format!("  {}", t!("pack-refused", what = what, advice = advice, code = code)));
                }
            }
            Fate::Taken => lines.push(format!("  {}", t!("batch-taken"))),
            Fate::Choice => lines.push(format!("  {}", t!("batch-choice-why"))),
            Fate::Waits | Fate::Shown => lines.push(format!("  {}", t!("batch-shown-why"))),
        }
        lines.push(String::new());
    }
    lines.join("\n")
}

/// How many files there are, and what became of them.
pub fn counts(batch: &Batch) -> String {
    let [all, answered, again, refused, rest] = figures(batch);
    t!("batch-counts", all = all, answered = answered, again = again, refused = refused, rest = rest).to_string()
}

/// How many files there are, and what would become of them.
pub fn counts_before(batch: &Batch) -> String {
    let [all, answered, again, refused, rest] = figures(batch);
    t!("batch-counts-before", all = all, answered = answered, again = again, refused = refused, rest = rest).to_string()
}

fn figures(batch: &Batch) -> [usize; 5] {
    let all = batch.items.len();
    let (answered, again, refused) = (batch.answered(), batch.answered_before(), batch.refused());
    [all, answered, again, refused, all - answered - again - refused]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_and_given_once() {
        let mut names = Names::default();
        assert_eq!(names.of_answer("plant.lfr", "license.olf"), "plant.license.olf");
        assert_eq!(names.of_answer("Plant.req", "license.olf"), "Plant-2.license.olf");
        assert_eq!(names.of_answer("plant-2.lfr", "license.olf"), "plant-2-2.license.olf");
        assert_eq!(names.of_answer("plant", "clock.ticket"), "plant.clock.ticket");
        let thousand: HashSet<_> = (0..1000).map(|_| names.of_answer("a.req", "license.lic")).collect();
        assert_eq!(thousand.len(), 1000);
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        let mut names = Names::default();
        assert_eq!(names.of_answer("../../etc/passwd", "license.lic"), "_.license.lic");
        assert_eq!(names.of_answer("C:\\a\u{0}b.req", "license.lic"), "C__a_b.license.lic");
        assert_eq!(names.of_answer("...", "license.lic"), "file.license.lic");
        assert_eq!(names.of_answer(&"x".repeat(300), "license.lic").len(), 100 + ".license.lic".len());
        assert_eq!(names.of_answer("Anlage Süd.req", "license.lic"), "Anlage Süd.license.lic");
    }
}
