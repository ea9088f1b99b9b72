//! Several files at once: each answered or refused, one ledger for all, a summary.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use postern_protocol::Digest;

use super::again::{Again, Found, Shelf};
use super::answer::{Answered, Received};
use super::choice::Chosen;
use super::office::{Answer, Office};
use super::tally::Tally;
use crate::fail::{Before, Fail};
use crate::files::{self, FileError};
use crate::report::Report;

/// Several files that are being answered.
pub(super) struct Batch<'a> {
    pub(super) office: Office<'a>,
    /// Where the answers go.
    pub(super) folder: &'a Path,
    /// Where earlier answers are.
    pub(super) shelf: Shelf<'a>,
    pub(super) chosen: &'a Chosen,
    pub(super) force: bool,
    /// What is to be written.
    pub(super) answers: Vec<Answer>,
    /// What was issued in this run.
    pub(super) made: HashMap<Digest, Found>,
}

/// What became of one file.
enum Fate {
    Answered(Box<Answered>),
    Again(Again),
}

impl Batch<'_> {
    /// Answers each file in the order given; the later ones find what the earlier ones got.
    pub(super) fn run(mut self, files: Vec<(&Path, Result<Received, Fail>)>) -> Result<Report, Fail> {
        let mut tally = Tally::of("file");
        for (file, received) in files {
            let before = self.answers.len();
            match received.and_then(|received| self.answer(file, &received)) {
                Ok(Fate::Answered(answered)) => {
                    let Answered { words, data, role, .. } = *answered;
                    let written = self.answers.get(before).map(|answer| (role, answer.path.as_path()));
                    tally.answered(&file.display(), &words, data, written);
                }
                Ok(Fate::Again(again)) => tally.again(&file.display(), &again),
                Err(fail) => tally.refused(&file.display(), &fail),
            }
        }
        self.office.close(&self.answers, Some(self.folder), self.force)?;
        Ok(tally.report())
    }

    /// Decides about one file; only what can be written is kept.
    fn answer(&mut self, file: &Path, received: &Received) -> Result<Fate, Fail> {
        let answered = match received.decide(&self.office, self.chosen) {
            Ok(answered) => answered,
            Err(fail) => return self.again(file, fail).map(Fate::Again),
        };
        let outcome = self.office.sign(answered.decision.clone())?;
        if let Some(made) = &outcome.file {
            let path = self.folder.join(name(file, Path::new(outcome.file_name)));
            self.write(path.clone(), made.to_bytes())?;
            let found = Found { path, role: answered.role };
            self.made.extend(outcome.document.map(|document| (document, found)));
        }
        self.office.adopt(&outcome);
        Ok(Fate::Answered(Box::new(answered)))
    }

    /// The answer that a file got before: one of this run, or one that is found and, unless it is there, put to the others.
    fn again(&mut self, file: &Path, fail: Fail) -> Result<Again, Fail> {
        if let Some(Before::Answered(digest)) = fail.before
            && let Some(found) = self.made.get(&digest)
        {
            return Ok(Again::of(digest, found.clone()));
        }
        let mut again = self.shelf.again(fail)?;
        if let Some(found) = again.found.as_mut().filter(|found| found.path.parent() != Some(self.folder)) {
            let bytes = files::read(&found.path)?;
            let path = self.folder.join(name(file, &found.path));
            self.write(path.clone(), bytes)?;
            found.path = path;
        }
        Ok(again)
    }

    fn write(&mut self, path: PathBuf, bytes: Vec<u8>) -> Result<(), Fail> {
        if self.answers.iter().any(|other| other.path == path) {
            return Err(Fail::unusable(FileError::Exists { path }));
        }
        files::none_exists(std::slice::from_ref(&path), self.force)?;
        self.answers.push(Answer { path, bytes });
        Ok(())
    }
}

/// The answer's name: the file's own, with the ending of what answers it.
fn name(file: &Path, offered: &Path) -> PathBuf {
    let stem = file.file_stem().map(PathBuf::from).unwrap_or_default();
    stem.with_added_extension(offered.extension().unwrap_or_default())
}
