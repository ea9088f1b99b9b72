//! The Postern portal: what the page shows (`shell`), what the worker computes (`work`), and the
//! browser behind both (`browser`, the only user of web-sys).

pub mod browser;
pub mod shell;
pub mod work;
