//! `postern ledger import`: what came back from customers, verified, merged into the registry and audited.

mod check;
mod paths;
mod pipeline;
mod proofs;
mod words;

use std::path::PathBuf;

use crate::fail::Fail;
use crate::moment::At;
use crate::registry::Which;
use crate::report::Report;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Import customers' ledgers, requests and deactivations, and the vendor's own bundles; say what does not fit
    ///
    /// Files are verified on all cores and taken one by one: an import that was stopped goes on where it was when it is
    /// repeated. What was imported before changes nothing.
    #[command(
        after_help = "Examples:\n  postern ledger import acme.ledger acme-2.bundle\n  postern ledger import inbox --proofs proofs\n\nExit codes: 0 nothing found, 4 findings, 1 a file was refused (the others were taken), 3 the registry cannot be used."
    )]
    Import(Args),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Files, and folders whose files are taken at any depth
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// A folder for the proofs of all findings: files that 'postern inspect' verifies
    #[arg(long, value_name = "FOLDER")]
    proofs: Option<PathBuf>,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    at: At,
}

pub(crate) fn run(command: Command) -> Result<Report, Fail> {
    let Command::Import(args) = command;
    let mut registry = args.which.open()?;
    let files = paths::files(&args.files)?;
    let imported = pipeline::import(&mut registry, &files, args.at.time())?;
    let found = registry.findings()?;
    let written = match &args.proofs {
        Some(folder) => proofs::write(&registry, &found, folder)?,
        None => Vec::new(),
    };
    Ok(words::report(&imported, &found, &written))
}
