//! `within`: a child beyond its parent is refused at every field, and the comparison obeys its own algebra.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod classified;
mod deep;
mod grants;
mod licenses;
mod properties;
mod random;
