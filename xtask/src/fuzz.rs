//! `cargo xtask fuzz`: the fuzz targets, one after the other. What they check is in `tests/fuzzing`.

mod keep;

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::fail::{During, Fail, Result};
use crate::paths::Paths;
use crate::run::{check, command, output, path_with};
use crate::tools;

/// How long each target runs where nobody says how long.
pub(crate) const SECONDS: u64 = 60;

/// What one run does.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    /// Seconds for each target.
    pub(crate) seconds: Option<u64>,
    /// One target; otherwise all.
    pub(crate) target: Option<String>,
    /// Afterwards the inputs that reach more than the kept ones are kept as well.
    pub(crate) keep: bool,
}

/// Fuzzes. Inputs are collected in the build output; only `keep` writes into the repository.
pub(crate) fn run(paths: &Paths, options: &Options) -> Result<()> {
    let targets = chosen(all(paths)?, options.target.as_deref())?;
    if output(Command::new("rustup").args(["run", "nightly", "rustc", "--version"])).is_none() {
        return Err(Fail::new(
            "fuzzing needs a nightly toolchain beside the stable one: rustup toolchain install nightly",
        ));
    }
    let first = tools::fuzzer(paths)?;
    let work = paths.target.join("fuzz");
    let seeds = work.join("seeds");
    check(
        command(paths, "cargo").args(["run", "--quiet", "-p", "postern-fuzzing", "--bin", "seeds", "--"]).arg(&seeds),
    )?;
    let seconds = options.seconds.unwrap_or(SECONDS);
    for name in &targets {
        println!("\n== {name}: {seconds} s");
        let target = Target { paths, name, first: &first, work: &work };
        target.fuzz(seconds)?;
        if options.keep {
            target.keep()?;
        }
    }
    Ok(())
}

/// One fuzz target at work.
struct Target<'a> {
    paths: &'a Paths,
    name: &'a str,
    /// Where cargo-fuzz is.
    first: &'a [PathBuf],
    /// Where everything is that is not kept.
    work: &'a Path,
}

impl Target<'_> {
    fn fuzz(&self, seconds: u64) -> Result<()> {
        for folder in [self.found(), self.kept()] {
            std::fs::create_dir_all(&folder).during(format_args!("making {}", folder.display()))?;
        }
        let dictionary = self.work.join("seeds").join("words.dict");
        self.run(
            &[self.found(), self.seeds(), self.kept()],
            &[
                format!("-max_total_time={seconds}"),
                format!("-dict={}", dictionary.display()),
                "-max_len=8192".into(),
                "-timeout=20".into(),
                "-rss_limit_mb=2048".into(),
                "-print_final_stats=1".into(),
            ],
        )
    }

    /// Learns from a merge into an empty folder what every input reaches, and keeps the best.
    fn keep(&self) -> Result<()> {
        let (control, empty) = (self.work.join("merge-control"), self.work.join("merge"));
        let during = "preparing a merge";
        for stale in [std::fs::remove_file(&control), std::fs::remove_dir_all(&empty)] {
            match stale {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error).during(during),
                _ => {}
            }
        }
        std::fs::create_dir_all(&empty).during(during)?;
        self.run(
            &[empty, self.found(), self.seeds(), self.kept()],
            // By edges alone: how often each was passed would keep thousands.
            &[
                "-set_cover_merge=1".into(),
                "-use_counters=0".into(),
                format!("-merge_control_file={}", control.display()),
            ],
        )?;
        let text = std::fs::read_to_string(&control).during(format_args!("reading {}", control.display()))?;
        keep::keep(&keep::Reached::parse(&text)?, &self.found(), &self.kept())
    }

    fn run(&self, folders: &[PathBuf], arguments: &[String]) -> Result<()> {
        check(
            command(self.paths, "rustup")
                // Nothing here is unsafe but in dependencies; without a sanitizer there are several times the runs.
                .args(["run", "nightly", "cargo", "fuzz", "run", "--sanitizer", "none", "--target-dir"])
                .arg(self.work.join("build"))
                .arg(self.name)
                .args(folders)
                .arg("--")
                .args(arguments)
                .env("PATH", path_with(self.first)?)
                .current_dir(self.paths.fuzz()),
        )
    }

    /// What was found so far, in the build output.
    fn found(&self) -> PathBuf {
        self.work.join("corpus").join(self.name)
    }

    fn seeds(&self) -> PathBuf {
        self.work.join("seeds").join(self.name)
    }

    /// What is kept in the repository.
    fn kept(&self) -> PathBuf {
        self.paths.fuzz().join("corpus").join(self.name)
    }
}

/// The names of the programs in `fuzz/fuzz_targets`.
fn all(paths: &Paths) -> Result<Vec<String>> {
    let folder = paths.fuzz().join("fuzz_targets");
    let entries = std::fs::read_dir(&folder).during(format_args!("reading {}", folder.display()))?;
    let mut names: Vec<String> =
        entries.filter_map(|entry| Some(entry.ok()?.path().file_stem()?.to_str()?.to_owned())).collect();
    names.sort_unstable();
    Ok(names)
}

fn chosen(all: Vec<String>, only: Option<&str>) -> Result<Vec<String>> {
    match only {
        None => Ok(all),
        Some(name) if all.iter().any(|target| target == name) => Ok(vec![name.to_owned()]),
        Some(name) => Err(Fail::new(format!("there is no fuzz target \"{name}\"; there are: {}", all.join(", ")))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_chosen_by_its_name() {
        let all = || vec!["chain".to_owned(), "file".to_owned()];
        assert_eq!(chosen(all(), None).unwrap(), all());
        assert_eq!(chosen(all(), Some("file")).unwrap(), ["file"]);
        assert!(chosen(all(), Some("fiel")).unwrap_err().to_string().ends_with("there are: chain, file"));
    }
}
