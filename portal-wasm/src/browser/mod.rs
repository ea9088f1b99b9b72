//! Everything that touches the browser. No other module uses web-sys, so the rest of the crate
//! compiles, renders and is tested natively.

pub mod clock;
pub mod crash;
pub mod database;
pub mod files;
pub mod keys;
pub mod lock;
pub mod page;
pub mod random;
pub mod site;
pub mod store;
pub mod theme;
pub mod worker;
pub mod worker_scope;
