//! One module for each family of attacks on files; every case names the code that it is refused by.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod bundles;
mod chain;
mod damage;
mod envelopes;
mod json_forms;
mod json_suite;
mod keys;
mod limits;
mod lines;
mod payloads;
mod revocations;
mod rights;
mod rotation;
mod scene;
