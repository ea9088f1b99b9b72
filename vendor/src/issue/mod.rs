//! The portal's core without a browser: tokens, licenses, receipts and time tickets, each after its ledger entry.

mod answer;
mod batch;
mod choice;
mod ledger_file;
mod license;
pub(crate) mod office;
mod settle;
mod ticket;
mod token;
mod upkeep;

pub(crate) use answer::{Args as IssueArgs, run as issue};
pub(crate) use token::{Args as TokenArgs, run as token};
pub(crate) use upkeep::{RefreshArgs, ReleaseArgs, TakeOverArgs, refresh, release, take_over};
