//! What the command line says.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use postern_protocol::{Digest, Id};

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  refused: the file, the license or a rule says no; nothing changed
  2  the command line is wrong, or does not say enough
  3  the state or a file cannot be read or written
'run' and 'status --exit-code' have codes of their own; see their help.

Every refusal says what happened, what to do, and a code that never changes its meaning.";

const STATUS_HELP: &str = "\
Example:
  postern-verifier status --html license.html

With --exit-code, for monitoring:
   0  everything that is licensed can be used
  10  attention: something stops within 30 days unless somebody acts, or no new license can be installed
  11  limited: not everything that is licensed can be used now";

const RUN_HELP: &str = "\
Example:
  postern-verifier run --seat exec --for 'nightly run' -- ./robot nightly.task

The session ends with the command, or with the longest session of the license; the command goes on then.

Exit codes: the command's own; 128 and the signal's number where a signal ended it; otherwise
  125  no session began, so the command was not started
  126  the command cannot be started
  127  there is no such command";

/// Where a deactivation goes unless the command line says otherwise.
const DEACTIVATION: &str = "deactivate_offline.req";

/// Licenses for a machine without a network: make a request, install the answer, see what is licensed.
#[derive(Debug, Parser)]
#[command(name = "postern-verifier", version, after_help = EXIT_CODES)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) general: General,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// What every command understands.
#[derive(Debug, Args)]
pub(super) struct General {
    /// The state directory [default: the user's state directory; /var/lib/postern for root]
    #[arg(long, global = true, env = "POSTERN_STATE", value_name = "DIR", hide_env_values = true)]
    pub(super) state: Option<PathBuf>,
    /// Print JSON, also for refusals
    #[arg(long, global = true)]
    pub(super) json: bool,
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
    /// Activate a license by its key, or by user and password: makes the request that goes to the portal
    #[command(after_help = "Example:\n  postern-verifier activate\n  \
                            postern-verifier activate --user ada@plant.example --password-file password.txt")]
    Activate {
        /// The user, for a license that is activated by user and password
        #[arg(long, value_name = "NAME")]
        user: Option<String>,
        /// A file with the license key; otherwise it is asked for
        #[arg(long, value_name = "FILE", conflicts_with = "user")]
        key_file: Option<PathBuf>,
        /// A file with the password; otherwise it is asked for
        #[arg(long, value_name = "FILE", requires = "user")]
        password_file: Option<PathBuf>,
        /// The license id, where your vendor gave you one
        #[arg(long, value_name = "ID", value_parser = id)]
        license: Option<Id>,
        /// Where to write it
        #[arg(short, long, value_name = "FILE", default_value = "activate_offline.req")]
        output: PathBuf,
        /// Ask once more for the license that is activated here
        #[arg(long)]
        again: bool,
        /// Name the users who hold seats; otherwise they are pseudonyms
        #[arg(long)]
        names: bool,
    },
    /// Make a report of what was used: the portal records it, and nothing comes back
    #[command(after_help = "Example:\n  postern-verifier report -o plant-7.req")]
    Report {
        /// Where to write it
        #[arg(short, long, value_name = "FILE", default_value = "report.req")]
        output: PathBuf,
        /// Name the users who hold seats; otherwise they are pseudonyms
        #[arg(long)]
        names: bool,
    },
    /// Device variables: short texts that travel with requests and deactivations
    #[command(after_help = "Example:\n  postern-verifier variable set line 7\n  postern-verifier variable list")]
    Variable {
        #[command(subcommand)]
        command: Variable,
    },
    /// Install the license file (OLF, license.lic or license_refresh.lic) that came back, or what a bundle says of it
    ///
    /// A license file replaces what is in force. Of a bundle only what is new about this machine is taken in: newer
    /// revocation lists by those above its license, which suspend, resume, revoke or cut it, and newer trust.
    #[command(after_help = "Example:\n  postern-verifier install license.olf --dry-run")]
    Install {
        /// The license file, or a bundle
        file: PathBuf,
        /// Show before and after, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Show the license, its seats and who holds them, deadlines, and what happens next
    #[command(after_help = STATUS_HELP)]
    Status {
        /// Write it as one HTML page
        #[arg(long, value_name = "FILE")]
        html: Option<PathBuf>,
        /// Exit with 0, 10 or 11 by how it stands, for monitoring
        #[arg(long)]
        exit_code: bool,
    },
    Check(Check),
    /// Give a named seat to a user, or begin a floating session that only its end or 'release' ends
    #[command(after_help = "Example:\n  postern-verifier checkout bot-runner --user ada@plant.example\n  \
                            postern-verifier checkout exec --for 'nightly run'")]
    Checkout {
        /// The seat type
        #[arg(value_name = "TYPE", value_parser = id)]
        seat_type: Id,
        /// The user who gets a named seat
        #[arg(long, value_name = "NAME", conflicts_with = "purpose")]
        user: Option<String>,
        /// Who or what the session is for
        #[arg(long = "for", value_name = "TEXT", default_value = "command line")]
        purpose: String,
    },
    /// Take a named seat back from a user, or end a floating session
    #[command(after_help = "Example:\n  postern-verifier release bot-runner --user ada@plant.example\n  \
                            postern-verifier release --session 3f5a…")]
    Release {
        /// The seat type
        #[arg(value_name = "TYPE", value_parser = id, requires = "user", required_unless_present = "session")]
        seat_type: Option<Id>,
        /// The user
        #[arg(long, value_name = "NAME", requires = "seat_type")]
        user: Option<String>,
        /// The session
        #[arg(long, value_name = "ID", value_parser = id, conflicts_with_all = ["seat_type", "user"])]
        session: Option<Id>,
    },
    /// Hold a floating session while a command runs
    #[command(after_help = RUN_HELP)]
    Run {
        /// The seat type
        #[arg(long, value_name = "TYPE", value_parser = id)]
        seat: Id,
        /// Who or what the session is for [default: the command's name]
        #[arg(long = "for", value_name = "TEXT")]
        purpose: Option<String>,
        /// The command and its arguments
        #[arg(last = true, required = true, value_name = "COMMAND")]
        command: Vec<OsString>,
    },
    /// Use up some units of a counter
    #[command(after_help = "Example:\n  postern-verifier consume pages 12")]
    Consume {
        /// The counter
        #[arg(value_parser = id)]
        counter: Id,
        /// How many units
        #[arg(value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
        units: u64,
    },
    /// Use the emergency extension: a license that has ended goes on for a while, once
    #[command(after_help = "Example:\n  postern-verifier extend --yes")]
    Extend {
        /// Use it; without this, say what it would cost and change nothing
        #[arg(long)]
        yes: bool,
    },
    /// Show how the clock stands, or repair it
    #[command(after_help = "Example:\n  postern-verifier clock\n  postern-verifier clock challenge\n  \
                            postern-verifier clock repair clock.ticket")]
    Clock {
        #[command(subcommand)]
        command: Option<Clock>,
    },
    /// Give the license back for good, and make the file that says so to the portal
    #[command(after_help = "Example:\n  postern-verifier deactivate --yes")]
    Deactivate {
        /// Where to write it
        #[arg(short, long, value_name = "FILE", default_value = DEACTIVATION)]
        output: PathBuf,
        /// Give it back; without this, say what that ends and change nothing
        #[arg(long)]
        yes: bool,
    },
    /// Check every usage record, and the state against the newest
    #[command(after_help = "Example:\n  postern-verifier audit --proofs for-the-vendor")]
    Audit {
        /// Write the proofs that the state was rolled back or copied into this directory
        #[arg(long, value_name = "DIR")]
        proofs: Option<PathBuf>,
    },
    /// Usage records
    #[command(after_help = "Example:\n  postern-verifier usage export -o usage.csv")]
    Usage {
        #[command(subcommand)]
        command: Usage,
    },
    /// Make a file for the vendor's help desk: how this machine stands, without secrets and users' names
    #[command(after_help = "Example:\n  postern-verifier support --refused license.olf")]
    Support {
        /// Where to write it
        #[arg(short, long, value_name = "FILE", default_value = "support.json")]
        output: PathBuf,
        /// A license file that was refused: say why in the file
        #[arg(long, value_name = "FILE")]
        refused: Option<PathBuf>,
    },
    /// Give the license back, write the file that says so, then delete the state from this machine
    #[command(after_help = "Example:\n  postern-verifier uninstall --yes")]
    Uninstall {
        /// Where to write it
        #[arg(short, long, value_name = "FILE", default_value = DEACTIVATION)]
        output: PathBuf,
        /// Do it; without this, say what that ends and change nothing
        #[arg(long)]
        yes: bool,
    },
    /// Say in words everything that is in a file, before it crosses the gap; verifies nothing
    #[command(after_help = "Example:\n  postern-verifier explain request.lfr --slip | lp")]
    Explain {
        /// Any Postern file, or a support file
        file: PathBuf,
        /// Print one page to sign: name, SHA-256, contents, and lines for name, date and signature
        #[arg(long)]
        slip: bool,
    },
    Verify(Verify),
}

/// Ask whether a feature is licensed
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  postern-verifier check process-discovery && echo licensed")]
pub(super) struct Check {
    /// The feature
    pub(super) feature: String,
}

/// Verify a file of any kind; opens no state
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  postern-verifier verify license.olf --trust northwind.trust")]
pub(super) struct Verify {
    /// Any Postern file
    pub(super) file: PathBuf,
    /// The vendor's trust file; a machine's own documents need none
    #[arg(long, value_name = "FILE")]
    pub(super) trust: Option<PathBuf>,
}

/// What to do about the clock.
#[derive(Debug, Subcommand)]
pub(super) enum Clock {
    /// Make a challenge, which a time ticket answers
    #[command(after_help = "Example:\n  postern-verifier clock challenge -o control-room-1.req")]
    Challenge {
        /// Where to write it
        #[arg(short, long, value_name = "FILE", default_value = "clock.req")]
        output: PathBuf,
    },
    /// Install the time ticket that answers the newest challenge
    #[command(after_help = "Example:\n  postern-verifier clock repair clock.ticket")]
    Repair {
        /// The time ticket
        ticket: PathBuf,
    },
}

/// What to do with device variables.
#[derive(Debug, Subcommand)]
pub(super) enum Variable {
    /// Set one
    Set {
        /// Its name
        #[arg(value_parser = id)]
        name: Id,
        /// Its value, at most 256 bytes
        value: String,
    },
    /// Remove one
    Remove {
        /// Its name
        #[arg(value_parser = id)]
        name: Id,
    },
    /// Show all
    List,
}

/// What to do with usage records.
#[derive(Debug, Subcommand)]
pub(super) enum Usage {
    /// Write every usage record, oldest first, with users' names
    #[command(after_help = "Example:\n  postern-verifier usage export --format json | less")]
    Export {
        /// The form
        #[arg(long, value_enum, default_value_t = Format::Csv)]
        format: Format,
        /// Where to write it [default: standard output]
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

/// The form of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// A table for spreadsheets (RFC 4180); cells that would be formulas begin with an apostrophe
    Csv,
    /// One JSON array, one record a line
    Json,
}

fn digest(text: &str) -> Result<Digest, String> {
    text.parse().map_err(|()| "a digest is written sha256: and 64 lowercase hexadecimal digits".into())
}

fn id(text: &str) -> Result<Id, String> {
    text.parse().map_err(|error: postern_protocol::id::IdError| error.to_string())
}
