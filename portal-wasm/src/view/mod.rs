//! What the page shows: components that render the screen and ask the desk, and hold no words of their own.

pub mod allocate;
pub mod app;
pub mod ask;
pub mod batch;
pub mod begin;
pub mod done;
pub mod drop_zone;
pub mod find;
pub mod guides;
pub mod inspect;
pub mod ledger;
pub mod load;
pub mod matter;
pub mod overview;
pub mod own;
pub mod parts;
pub mod seats;
pub mod shell;
pub mod token;
pub mod unlock;

#[cfg(test)]
mod tests;
