//! What the fuzzers run, and ordinary tests replay: a property for every reader of foreign bytes.
//!
//! Some targets read the fuzzer's bytes as they are. The others take them as instructions for changing valid documents,
//! which are then signed again: that reaches what stands behind the signature checks. Every target panics if its
//! property does not hold, and does nothing that depends on time or chance but for the keys of a prepared machine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // only tests use this

mod activation;
mod bundle;
mod chain;
mod document;
mod edit;
mod file;
mod handover;
mod install;
mod ledger;
mod legible;
mod machine;
#[cfg(test)]
mod reach;
mod revocations;
mod sealed_key;
mod text;
mod trust;
mod written;

use std::path::PathBuf;

/// A property, and inputs to begin with.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name: of the fuzz target, and of the folder with its corpus.
    pub name: &'static str,
    /// Panics if the property does not hold for these bytes.
    pub run: fn(&[u8]),
    /// Inputs that reach far, for the fuzzer to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

macro_rules! targets {
    ($($name:literal: $run:path, $seeds:path;)+) => {
        /// Every target.
        pub const TARGETS: &[Target] = &[$(Target { name: $name, run: $run, seeds: $seeds }),+];
    };
}

targets! {
    "envelope": file::envelope, file::envelope_seeds;
    "file": file::file, file::file_seeds;
    "document": document::document, document::seeds;
    "text": text::text, text::seeds;
    "sealed_key": sealed_key::sealed_key, sealed_key::seeds;
    "trust": trust::trust, edit::seeds;
    "chain": chain::chain, edit::seeds;
    "bundle": bundle::bundle, edit::seeds;
    "ledger": ledger::ledger, edit::seeds;
    "handover": handover::handover, edit::seeds;
    "install": install::install, edit::seeds;
    "activation": activation::activation, edit::seeds;
    "revocations": revocations::revocations, edit::seeds;
    "account_file": written::account_file, written::account_file_seeds;
    "brand": written::brand, written::brand_seeds;
}

/// The target with this name.
///
/// # Panics
/// There is none.
pub fn target(name: &str) -> &'static Target {
    TARGETS.iter().find(|target| target.name == name).unwrap_or_else(|| panic!("no target is called {name}"))
}

/// The repository's folder for the fuzzers.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}
