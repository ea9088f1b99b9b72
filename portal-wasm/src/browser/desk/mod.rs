//! The browser as the desk sees it, inside its worker: storage, locks, keys, clock, randomness; no page and no network.

pub mod clock;
pub mod database;
pub mod keys;
pub mod lock;
pub mod random;
pub mod scope;
pub mod store;
