//! Test vectors: files that every reader of Postern's formats must judge alike, made from fixed seeds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // only tests use this

pub mod vectors;
