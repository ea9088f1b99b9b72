//! `postern token`: an enablement token for one machine.

use std::path::PathBuf;

use postern_issuer::{chain_for, decide_token};
use postern_protocol::{Id, describe};
use serde_json::json;

use super::office::{Means, Office, refused};
use crate::fail::Fail;
use crate::report::Report;
use crate::{files, keys};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  postern token --bundle acme.bundle --ledger acme.ledger --new-ledger --license cr-hamburg --out enablement.token"
)]
pub(crate) struct Args {
    /// The license id that the machine will ask under
    #[arg(long, value_name = "ID")]
    license: Id,
    /// Where to write the token
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Overwrite the token's file if it is there; the ledger is always gone on with
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    office: Means,
}

pub(crate) fn run(args: &Args) -> Result<Report, Fail> {
    files::none_exists(std::slice::from_ref(&args.out), args.force)?;
    let office = Office::open(&args.office, &[])?;
    let chain = office.path(|bundle, subject| chain_for(bundle, subject, &args.license));
    let token = Id::from_entropy(keys::random()?);
    let decision = decide_token(&office.desk(&chain), &args.license, token.clone()).map_err(refused)?;
    let times = decision.token().map(|made| (made.issued_at, made.expires_at()));
    let outcome = office.hand_out(decision, Some(&args.out), args.force)?;
    let until = times.map(|(_, expires_at)| describe::time(expires_at)).unwrap_or_default();
    let text = format!(
        "{}\n  enables one machine for '{}', once, until {until}.\n{}\n  the ledger that records it",
        args.out.display(),
        args.license,
        args.office.ledger.display()
    );
    let data = json!({
        "id": token,
        "license_id": args.license,
        "digest": outcome.document,
        "issued_at": times.map(|(issued_at, _)| issued_at),
        "expires_at": times.map(|(_, expires_at)| expires_at),
        "ledger": outcome.ledger.next(),
        "files": { "token": args.out, "ledger": args.office.ledger },
    });
    Ok(Report::new(text, &data))
}
