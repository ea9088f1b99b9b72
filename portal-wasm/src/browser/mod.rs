//! Everything that touches the browser. No other module uses web-sys, so the rest of the crate
//! compiles, renders and is tested natively.

pub mod crash;
pub mod page;
pub mod theme;
pub mod worker;
pub mod worker_scope;
