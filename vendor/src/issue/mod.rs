//! The portal's core without a browser: enablement tokens, licenses and time tickets, each after its ledger entry.

mod answer;
mod choice;
mod ledger_file;
mod office;
mod ticket;
mod token;

pub(crate) use answer::{Args as IssueArgs, run as issue};
pub(crate) use token::{Args as TokenArgs, run as token};
