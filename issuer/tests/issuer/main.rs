//! The issuing core on a small world of valid documents.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod audit;
mod clock;
mod cycle_model;
mod handover;
mod held;
mod ledger;
mod license;
mod many;
mod memory;
mod node_locked;
mod node_model;
mod overview;
mod portal;
mod recovery;
mod refusals;
mod rekey;
mod self_service;
mod servers;
mod wording;
