//! What the page shows: components that read the state and ask for things, and hold no words of their own.

pub mod allocate;
pub mod app;
pub mod begin;
pub mod done;
pub mod drop_zone;
pub mod inspect;
pub mod job;
pub mod ledger;
pub mod load;
pub mod notice;
pub mod overview;
pub mod parts;
pub mod portal;
pub mod request;
pub mod seats;
pub mod shell;
pub mod token;
pub mod unlock;

#[cfg(test)]
mod tests;
