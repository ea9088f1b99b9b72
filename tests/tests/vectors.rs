//! The stored vectors are those that the source makes, and every one is judged as it says.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::collections::BTreeSet;

use postern_protocol::{File, Kind, Limits, TrustState};
use postern_tests::vectors::{Stored, files, read, stored};

fn root(name: &str) -> TrustState {
    let stored = stored();
    let file = File::parse(&stored[std::path::Path::new(name)], &Limits::DEFAULT).unwrap();
    TrustState::begin(file.trust[0].clone(), &Limits::DEFAULT).unwrap()
}

#[test]
fn the_stored_vectors_are_current() {
    let (made, stored) = (files(), stored());
    let differing = |path: &&std::path::PathBuf| made.get(*path) != stored.get(*path);
    let all: BTreeSet<_> = made.keys().chain(stored.keys()).collect();
    let differing: Vec<_> = all.into_iter().filter(differing).collect();
    assert!(differing.is_empty(), "run cargo xtask vectors: {differing:?}");
}

#[test]
fn every_vector_is_judged_as_it_says() {
    let mut wrong = Vec::new();
    let mut judged = BTreeSet::new();
    let roots = [("one-key.trust", root("one-key.trust")), ("two-of-three.trust", root("two-of-three.trust"))];
    for (path, text) in stored().iter().filter(|(path, _)| path.extension().is_some_and(|ending| ending == "txt")) {
        let vector = Stored::parse(text);
        let (_, root) = roots.iter().find(|(name, _)| *name == vector.root).unwrap();
        let code = read(vector.kind, root, &vector.file);
        if code != vector.expect {
            wrong.push(format!("{}: expected {}, got {code}", path.display(), vector.expect));
        }
        judged.insert((vector.kind, vector.expect == "ok"));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for kind in Kind::ALL {
        assert!(
            judged.contains(&(*kind, true)) && judged.contains(&(*kind, false)),
            "{kind} lacks a good or a bad one"
        );
    }
}
