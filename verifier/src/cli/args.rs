//! What the command line says.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use postern_protocol::{Digest, Id};

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  refused: the file, the license or a rule says no; nothing changed
  2  the command line is wrong
  3  the state or a file cannot be read or written

Every refusal says what happened, what to do, and a code that never changes its meaning.";

/// Licenses for a machine without a network: make a request, install the answer, see what is licensed.
#[derive(Debug, Parser)]
#[command(name = "postern-verifier", version, after_help = EXIT_CODES)]
pub(super) struct Arguments {
    /// The state directory [default: the user's state directory; /var/lib/postern for root]
    #[arg(long, global = true, env = "POSTERN_STATE", value_name = "DIR", hide_env_values = true)]
    pub(super) state: Option<PathBuf>,
    /// Print JSON, also for refusals
    #[arg(long, global = true)]
    pub(super) json: bool,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Pin the vendor's root: the first step on a new machine
    #[command(after_help = "Example:\n  postern-verifier trust northwind.trust --expect sha256:3f5a…")]
    Trust {
        /// The vendor's trust file
        file: PathBuf,
        /// Refuse any other root than this one
        #[arg(long, value_name = "DIGEST", value_parser = digest)]
        expect: Option<Digest>,
    },
    /// Install an enablement token, within 24 hours of its download
    #[command(after_help = "Example:\n  postern-verifier enroll control-room-1.token")]
    Enroll {
        /// The enablement token
        token: PathBuf,
    },
    /// Make the license file request (LFR) that goes to the portal; it voids every request before it
    #[command(after_help = "Example:\n  postern-verifier request -o control-room-1.lfr")]
    Request {
        /// Where to write it
        #[arg(short, long, value_name = "FILE", default_value = "request.lfr")]
        output: PathBuf,
        /// Name the users who hold seats; otherwise they are pseudonyms
        #[arg(long)]
        names: bool,
    },
    /// Install the license file (OLF) that came back
    #[command(after_help = "Example:\n  postern-verifier install license.olf --dry-run")]
    Install {
        /// The license file
        file: PathBuf,
        /// Show before and after, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Show the license, its seats and who holds them, deadlines, and what happens next
    #[command(after_help = "Example:\n  postern-verifier status --json")]
    Status,
    /// Give a named seat to a user
    #[command(after_help = "Example:\n  postern-verifier checkout bot-runner --user ada@plant.example")]
    Checkout {
        /// The seat type
        #[arg(value_name = "TYPE", value_parser = id)]
        seat_type: Id,
        /// The user
        #[arg(long, value_name = "NAME")]
        user: String,
    },
    /// Take a named seat back from a user
    #[command(after_help = "Example:\n  postern-verifier release bot-runner --user ada@plant.example")]
    Release {
        /// The seat type
        #[arg(value_name = "TYPE", value_parser = id)]
        seat_type: Id,
        /// The user
        #[arg(long, value_name = "NAME")]
        user: String,
    },
    /// Say in words everything that is in a file, before it crosses the gap; verifies nothing
    #[command(after_help = "Example:\n  postern-verifier explain request.lfr")]
    Explain {
        /// Any Postern file
        file: PathBuf,
    },
    /// Verify a file of any kind; opens no state
    #[command(after_help = "Example:\n  postern-verifier verify license.olf --trust northwind.trust")]
    Verify {
        /// Any Postern file
        file: PathBuf,
        /// The vendor's trust file; a machine's own documents need none
        #[arg(long, value_name = "FILE")]
        trust: Option<PathBuf>,
    },
}

fn digest(text: &str) -> Result<Digest, String> {
    text.parse().map_err(|()| "a digest is written sha256: and 64 lowercase hexadecimal digits".into())
}

fn id(text: &str) -> Result<Id, String> {
    text.parse().map_err(|error: postern_protocol::id::IdError| error.to_string())
}
