//! What was answered before: the file that was issued then is found and handed out again, and nothing is issued.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use postern_protocol::{Digest, Explain, Kind};
use serde_json::{Value, json};

use crate::fail::{Before, Fail};
use crate::files;

/// Answers that were issued before, by the digest of the document in them. Read when one is looked for first.
pub(super) struct Shelf<'a> {
    places: Vec<&'a Path>,
    found: OnceCell<HashMap<Digest, Found>>,
}

/// An answer's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) path: PathBuf,
    /// How scripts call it.
    pub(super) role: &'static str,
}

/// What was done about a file before.
#[derive(Debug)]
pub(super) struct Again {
    digest: Option<Digest>,
    /// None for a report, which has no answer.
    pub(super) found: Option<Found>,
}

impl<'a> Shelf<'a> {
    /// The answers in these folders and files; an earlier place goes before a later one.
    pub(super) fn of(places: impl IntoIterator<Item = &'a Path>) -> Self {
        Self { places: places.into_iter().collect(), found: OnceCell::new() }
    }

    /// What a failure says was done before, and the file that was issued then.
    ///
    /// # Errors
    /// Nothing was done before, or its file is not here.
    pub(super) fn again(&self, mut fail: Fail) -> Result<Again, Fail> {
        match fail.before {
            None => Err(fail),
            Some(Before::Recorded) => Ok(Again { digest: None, found: None }),
            Some(Before::Answered(digest)) => match self.found.get_or_init(|| read(&self.places)).get(&digest) {
                Some(found) => Ok(Again::of(digest, found.clone())),
                None => {
                    fail.errors.push(Box::new(NotAtHand));
                    Err(fail)
                }
            },
        }
    }
}

impl Again {
    /// An answer whose file is known.
    pub(super) fn of(digest: Digest, found: Found) -> Self {
        Self { digest: Some(digest), found: Some(found) }
    }

    /// In words, below the file's name.
    pub(super) fn words(&self) -> &'static str {
        match self.found {
            Some(_) => "  was issued before; nothing was issued now.\n",
            None => "  was recorded before; nothing was recorded now.\n",
        }
    }

    pub(super) fn data(&self) -> Value {
        let files: Value = self.found.iter().map(|found| (found.role.to_owned(), json!(found.path))).collect();
        json!({ "again": true, "digest": self.digest, "files": files })
    }
}

fn read(places: &[&Path]) -> HashMap<Digest, Found> {
    let mut found = HashMap::new();
    for place in places {
        let folder = std::fs::read_dir(place).into_iter().flatten().flatten().map(|entry| entry.path());
        for path in folder.chain(place.is_file().then(|| place.to_path_buf())).filter(|path| path.is_file()) {
            // Whatever else lies there is none of ours.
            let Ok((_, file)) = files::read_postern(&path) else { continue };
            let Some((document, role)) =
                file.documents.last().and_then(|last| Some((last.digest(), role(last.kind())?)))
            else {
                continue;
            };
            found.entry(document).or_insert(Found { path, role });
        }
    }
    found
}

fn role(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::License => Some("license"),
        Kind::Receipt => Some("receipt"),
        Kind::TimeTicket => Some("ticket"),
        _ => None,
    }
}

/// The answer was issued before, and its file is not where it was looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct NotAtHand;

impl fmt::Display for NotAtHand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("The answer that was issued before is not in the folder of answers, so it cannot be given again.")
    }
}

impl Explain for NotAtHand {
    fn code(&self) -> &'static str {
        "answer-not-at-hand"
    }

    fn advice(&self) -> String {
        "Name the folder that holds it with --answers FOLDER; or have it downloaded again from the portal that issued it."
            .into()
    }
}
