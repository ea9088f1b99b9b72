//! `postern approve`: offline licensing is an exception, which somebody approves for an account's entitlement.

use std::fmt;

use postern_protocol::text::is_plain;
use postern_protocol::{Explain, Id, Limits};
use serde_json::json;

use crate::fail::Fail;
use crate::moment::At;
use crate::registry::Which;
use crate::report::Report;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  postern approve acme --entitlement acme-control-rooms \\\n      --reason 'Air-gapped plant network' --reviewer 'D. Reviewer'\n  postern approve acme --entitlement acme-control-rooms --withdraw --reviewer 'D. Reviewer'\n\nThe next bundle that is made with --registry carries it; an approval in the account file goes before."
)]
pub(crate) struct Args {
    /// The account
    #[arg(value_name = "ACCOUNT")]
    account: Id,
    /// The entitlement; may be given several times
    #[arg(long, value_name = "ID", required = true)]
    entitlement: Vec<Id>,
    /// Why the account works without a network
    #[arg(long, value_name = "TEXT", value_parser = plain, required_unless_present = "withdraw")]
    reason: Option<String>,
    /// Who approves
    #[arg(long, value_name = "NAME", value_parser = plain)]
    reviewer: String,
    /// Take the approval back: from the next bundle on no machine is enabled any more
    #[arg(long, conflicts_with = "reason")]
    withdraw: bool,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    at: At,
}

pub(crate) fn run(args: &Args) -> Result<Report, Fail> {
    let mut registry = args.which.open()?;
    let account = registry.find_account(&args.account)?;
    let known = registry.grant_ids(account.row)?;
    if let Some(id) = args.entitlement.iter().find(|id| !known.contains(id)) {
        return Err(ApproveError { account: args.account.clone(), id: id.clone() }.into());
    }
    let now = args.at.time();
    registry.approve(account.row, &args.entitlement, args.reason.as_deref(), &args.reviewer, now)?;
    let what = if args.withdraw { "is approved no more" } else { "is approved" };
    let names: Vec<&str> = args.entitlement.iter().map(Id::as_str).collect();
    let text = format!(
        "{}: offline licensing {what} for {}, by {}.\nThe next bundle says so: postern renew ACCOUNT_FILE --registry …",
        account.name,
        names.join(" and "),
        args.reviewer
    );
    let data = json!({
        "account": args.account,
        "entitlements": args.entitlement,
        "approved": !args.withdraw,
        "reason": args.reason,
        "reviewer": args.reviewer,
        "at": now,
    });
    Ok(Report::new(text, &data))
}

/// A text that a signed document can hold.
pub(crate) fn plain(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text.len() > Limits::DEFAULT.string_bytes || !is_plain(text) {
        return Err("a text of 1 to 1024 bytes is due, without control characters".into());
    }
    Ok(text.to_owned())
}

/// The account has no such entitlement.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ApproveError {
    account: Id,
    id: Id,
}

impl fmt::Display for ApproveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "The account '{}' has no entitlement '{}'.", self.account, self.id)
    }
}

impl Explain for ApproveError {
    fn code(&self) -> &'static str {
        "approve-entitlement-unknown"
    }

    fn advice(&self) -> String {
        "Correct the id. What no bundle has yet is approved in the account file, by [entitlement.approval].".into()
    }
}
