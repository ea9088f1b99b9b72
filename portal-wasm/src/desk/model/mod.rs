//! What the desk knows and decides, without a browser: the flow, the account that is open, files, forms, errors.

pub mod account;
pub mod batch;
pub mod brand;
pub mod change;
pub mod colour;
pub mod command;
pub mod dropped;
pub mod effect;
pub mod error;
pub mod flow;
pub mod form;
pub mod handover;
pub mod inspection;
pub mod keys;
pub mod matter;
pub mod pack;
pub mod recovery;
pub mod server;
pub mod shared;
pub mod shown;
pub mod words;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
