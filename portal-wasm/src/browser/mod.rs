//! Everything that touches the browser. No other module uses web-sys, so the rest of the crate
//! compiles, renders and is tested natively.

pub mod crash;
pub mod desk;
pub mod desk_client;
pub mod files;
pub mod page;
pub mod site;
pub mod theme;
