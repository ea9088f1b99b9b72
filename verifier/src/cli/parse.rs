//! From words to [`Arguments`]. For commands that scripts call often, clap first builds these alone.
//!
//! Building and dropping every command with its help takes longer than `verify` takes for a signature. The parser is the
//! same, over the same definitions. It says nothing itself: what it does not take, help and errors among it, the whole
//! command line is asked about.

use std::ffi::OsString;

use clap::{Args, Command, FromArgMatches};

use super::NAME;
use super::args::{Arguments, Check, General, Verify};

/// The arguments of this process; ends it with help or an error where there are none. `whole` makes the command line
/// with everything in it.
pub(super) fn arguments(whole: impl FnOnce() -> Command) -> Arguments {
    let words: Vec<OsString> = std::env::args_os().collect();
    briefly(&words).unwrap_or_else(|| {
        let matches = whole().get_matches_from(words);
        Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    })
}

/// What the words say, where they begin with a command that is known here and are in order.
fn briefly(words: &[OsString]) -> Option<Arguments> {
    let command = match words.get(1)?.to_str()? {
        "check" => Check::augment_args(Command::new("check")),
        "verify" => Verify::augment_args(Command::new("verify")),
        _ => return None,
    };
    let all = General::augment_args(Command::new(NAME).disable_help_subcommand(true))
        .subcommand(command)
        .subcommand_required(true)
        .disable_version_flag(true);
    let matches = all.disable_help_flag(true).try_get_matches_from(words).ok()?;
    Arguments::from_arg_matches(&matches).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        std::iter::once("postern-verifier").chain(line.split(' ')).map(OsString::from).collect()
    }

    fn wholly(line: &str) -> Option<Arguments> {
        let matches = super::super::command(NAME).try_get_matches_from(words(line)).ok()?;
        Arguments::from_arg_matches(&matches).ok()
    }

    #[test]
    fn says_what_the_whole_command_line_says() {
        for line in [
            "check f",
            "check f --json",
            "check --json f",
            "check --state d f",
            "check --state=d -- --json",
            "check -- --help",
            "verify f",
            "verify --trust t f",
            "verify f --trust=t --json --state d",
            "verify -- -f",
        ] {
            let brief = briefly(&words(line)).map(|arguments| format!("{arguments:?}"));
            assert!(brief.is_some(), "{line}");
            assert_eq!(brief, wholly(line).map(|arguments| format!("{arguments:?}")), "{line}");
        }
    }

    #[test]
    fn leaves_help_errors_and_other_commands_to_the_whole() {
        for line in [
            "check",
            "check --help",
            "check f -h",
            "check f g",
            "check f --json --json",
            "check --version",
            "check f --trust t",
            "verify --help",
            "verify f --trust",
            "verify f --trust --json",
            "verify f -V",
            "help check",
            "status",
            "--json check f",
            "--help",
        ] {
            assert!(briefly(&words(line)).is_none(), "{line}");
        }
    }
}
