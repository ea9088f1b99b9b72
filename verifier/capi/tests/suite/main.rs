//! The library as C, C++ and Python programs see it, compiled and run.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod compile;
mod desk;
#[cfg(target_os = "linux")]
mod distribution;
mod page;
mod programs;
