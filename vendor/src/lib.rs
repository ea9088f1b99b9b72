//! `postern`, the vendor's tool: roots, grants, bundles, and issuing without a browser.
//!
//! A library, so that tests and fuzzers reach what it reads; [`main`] is the program.

pub mod account_file;

mod approve;
mod bundle;
mod chain;
mod cli;
mod code;
mod csv;
mod fail;
mod files;
mod import;
mod inspect;
mod issue;
mod keys;
mod moment;
mod ops;
mod outlook;
mod passphrase;
mod registry;
mod report;
mod revoke;
mod root;
mod server;
mod signers;
mod table;
mod trust;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};
use crate::fail::Fail;
use crate::report::Report;

/// Does what the command line asks for.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli.command) {
        Ok(report) => report.print(cli.json),
        Err(fail) => fail.print(cli.json),
    }
}

fn run(command: Command) -> Result<Report, Fail> {
    match command {
        Command::Root(command) => root::run(command),
        Command::Ops(command) => ops::run(command),
        Command::Bundle(command) => bundle::run(command),
        Command::Renew(args) => bundle::renew(&args),
        Command::Registry(command) => registry::run(command),
        Command::Ledger(command) => import::run(command),
        Command::Approve(args) => approve::run(&args),
        Command::Revoke(args) => revoke::revoke(&args),
        Command::Suspend(args) => revoke::suspend(&args),
        Command::Resume(args) => revoke::resume(&args),
        Command::Expiring(args) => outlook::expiring(&args),
        Command::Report(args) => outlook::report(&args),
        Command::Token(args) => issue::token(&args),
        Command::Issue(args) => issue::issue(&args),
        Command::Refresh(args) => issue::refresh(&args),
        Command::ReleaseDead(args) => issue::release(&args),
        Command::Handover(command) => issue::handover(&command),
        Command::TakeOver(args) => issue::take_over(&args),
        Command::Server(command) => server::run(command),
        Command::Inspect(args) => inspect::run(&args),
        Command::LicenseCode(args) => code::run(&args),
    }
}
