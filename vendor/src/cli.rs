//! The command line: what can be asked for, and what every command's help shares.

use clap::{Parser, Subcommand};

use crate::{approve, bundle, code, import, inspect, issue, ops, outlook, registry, revoke, root, server};

const AFTER_HELP: &str = "\
A first account, from nothing:
  postern root new --product automation --vendor northwind --out roots
  postern ops new --trust roots/trust.trust --root-key roots/root-1.pem --root-key roots/root-2.pem --out ops
  postern bundle make account.toml --trust roots/trust.trust --ops-key ops/ops.pem --ops-grant ops/ops.grant --out acme.bundle

Passphrases come from a prompt, from a file (--passphrase-file) or from POSTERN_PASSPHRASE, never from an argument.
Files are written whole or not at all, keys for their owner only, and nothing is overwritten without --force.

Exit codes:
  0  done
  1  refused: something given does not hold; the code and the advice say what
  2  the command line is wrong
  3  a file or the registry could not be read or written
  4  imported, and something was found";

/// Postern's vendor tool: roots, grants, bundles, and issuing without a browser.
#[derive(Debug, Parser)]
#[command(name = "postern", version, after_help = AFTER_HELP, max_term_width = 110)]
pub(crate) struct Cli {
    /// Print JSON, also for errors
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Root keys: the offline keys that everything rests on
    #[command(subcommand)]
    Root(root::Command),
    /// The operations grant: the vendor's daily key
    #[command(subcommand)]
    Ops(ops::Command),
    /// Entitlement bundles: what a customer's portal loads
    #[command(subcommand)]
    Bundle(bundle::Command),
    /// Renew an account's bundle against its ledger, or begin a lost ledger anew from its machines
    #[command(
        after_help = "Examples:\n  postern renew account.toml --previous acme.bundle --ledger acme.ledger --trust roots/trust.trust \\\n      --ops-key ops/ops.pem --ops-grant ops/ops.grant --out acme-2.bundle\n  postern renew account.toml --previous acme.bundle --new-epoch --machine requests/*.lfr licenses/*.olf \\\n      --trust roots/trust.trust --ops-key ops/ops.pem --ops-grant ops/ops.grant --out acme-2.bundle"
    )]
    Renew(Box<bundle::MakeArgs>),
    /// The registry: one file with every account, license, machine, request and ledger
    #[command(subcommand)]
    Registry(registry::Command),
    /// Customers' ledgers
    #[command(subcommand)]
    Ledger(import::Command),
    /// Approve offline licensing for an account's entitlement
    Approve(approve::Args),
    /// Revoke an entitlement, machine, license or key for good
    #[command(
        after_help = "Examples:\n  postern revoke --device ed25519:… --installed stop --reason stolen --reviewer 'D. Reviewer' \\\n      --ops-key ops/ops.pem --ops-grant ops/ops.grant\n  postern revoke --account acme --grant acme-control-rooms --before-serial 3 --installed keep --reason 'cut' \\\n      --reviewer 'D. Reviewer' --ops-key ops/ops.pem --ops-grant ops/ops.grant"
    )]
    Revoke(Box<revoke::RevokeArgs>),
    /// Suspend an entitlement, machine, license or key until it is resumed
    #[command(
        after_help = "Example:\n  postern suspend --account acme --grant acme-control-rooms --installed keep --reason 'unpaid' \\\n      --reviewer 'D. Reviewer' --ops-key ops/ops.pem --ops-grant ops/ops.grant"
    )]
    Suspend(Box<revoke::Args>),
    /// Resume what is suspended
    #[command(
        after_help = "Example:\n  postern resume --account acme --grant acme-control-rooms --reason 'paid' \\\n      --reviewer 'D. Reviewer' --ops-key ops/ops.pem --ops-grant ops/ops.grant"
    )]
    Resume(Box<revoke::ResumeArgs>),
    /// List what ends soon: bundles, entitlements and machines' licenses
    Expiring(outlook::ExpiringArgs),
    /// Report every account: bought, allocated, in use, last heard of, findings, next end
    Report(outlook::ReportArgs),
    /// Make an enablement token, as a portal does
    Token(issue::TokenArgs),
    /// Answer what came from machines with licenses, receipts and time tickets, as a portal does
    Issue(Box<issue::IssueArgs>),
    /// Refresh a known machine's license without a request of it
    Refresh(Box<issue::RefreshArgs>),
    /// Release the seats of a machine that is dead
    ReleaseDead(Box<issue::ReleaseArgs>),
    /// Give bundle, ledger and portal key to another administrator in one file, or take them over from it
    #[command(subcommand)]
    Handover(issue::HandoverCommand),
    /// Go on with a ledger in another administrator's place
    TakeOver(Box<issue::TakeOverArgs>),
    /// License servers: entitlements passed on to clients who run a portal of their own
    #[command(subcommand)]
    Server(server::Command),
    /// Say what any Postern file is, and whether it holds
    Inspect(inspect::Args),
    /// Show the License Code of a key, or the key of a License Code
    LicenseCode(code::Args),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
