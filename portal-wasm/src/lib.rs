//! The Postern portal: what the page shows (`view`), what it knows and decides (`model`), what it does (`tasks`), its
//! words (`texts`), what the worker computes (`work`), and the browser behind all (`browser`, the only user of web-sys).

pub mod browser;
pub mod model;
pub mod tasks;
pub mod texts;
pub mod view;
pub mod work;
