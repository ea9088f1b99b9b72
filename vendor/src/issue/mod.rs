//! The portal's core without a browser: tokens, licenses, receipts and time tickets, each after its ledger entry.

mod again;
mod answer;
mod batch;
mod choice;
mod handover;
mod ledger_file;
mod license;
pub(crate) mod office;
mod own;
mod refresh;
mod settle;
mod tally;
mod ticket;
mod token;
mod upkeep;

pub(crate) use answer::{Args as IssueArgs, run as issue};
pub(crate) use handover::{Command as HandoverCommand, run as handover};
pub(crate) use refresh::{Args as RefreshArgs, run as refresh};
pub(crate) use token::{Args as TokenArgs, run as token};
pub(crate) use upkeep::{ReleaseArgs, TakeOverArgs, release, take_over};
