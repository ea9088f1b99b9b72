//! Every seed and every kept input of the fuzzers, run as a test; and the fuzzers' files name what exists.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::collections::BTreeSet;
use std::path::Path;

use postern_fuzzing::{TARGETS, Target, folder};

fn corpus(target: &Target) -> Vec<(String, Vec<u8>)> {
    let kept = std::fs::read_dir(folder().join("corpus").join(target.name)).expect("a folder with kept inputs");
    let kept = kept.map(|entry| {
        let path = entry.unwrap().path();
        (path.display().to_string(), std::fs::read(&path).unwrap())
    });
    let seeds = (target.seeds)().into_iter().enumerate().map(|(index, seed)| (format!("seed {index}"), seed));
    kept.chain(seeds).collect()
}

/// Names the input of a property that does not hold.
struct Running<'a>(&'a str);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the input was {}", self.0);
        }
    }
}

fn replay(name: &str) {
    let target = postern_fuzzing::target(name);
    let inputs = corpus(target);
    assert!(inputs.len() > (target.seeds)().len(), "{name} has kept inputs");
    for (name, input) in inputs {
        let _running = Running(&name);
        (target.run)(&input);
    }
}

macro_rules! replays {
    ($($name:ident),+) => {
        $(#[test] fn $name() { replay(stringify!($name)) })+

        #[test]
        fn every_target_is_replayed_has_a_program_and_a_corpus() {
            let targets: BTreeSet<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
            let replayed = [$(stringify!($name)),+].map(str::to_owned).into();
            assert_eq!(targets, replayed);
            let names = |below: &Path| -> BTreeSet<String> {
                let entries = std::fs::read_dir(folder().join(below)).unwrap();
                entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect()
            };
            assert_eq!(targets, names(Path::new("corpus")));
            assert_eq!(targets, names(Path::new("fuzz_targets")));
            let manifest = std::fs::read_to_string(folder().join("Cargo.toml")).unwrap();
            let programs = manifest.split("[[bin]]\nname = \"").skip(1).filter_map(|rest| rest.split_once('"'));
            assert_eq!(targets, programs.map(|(name, _)| name.to_owned()).collect());
        }
    };
}

replays!(
    account_file,
    activation,
    brand,
    bundle,
    chain,
    document,
    envelope,
    file,
    handover,
    install,
    ledger,
    revocations,
    sealed_key,
    text,
    trust
);
