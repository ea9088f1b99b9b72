//! A vendor with a folder of its own, who runs the real `postern`.
#![allow(dead_code)] // each test file uses a part

pub(crate) mod office;

use std::path::PathBuf;
use std::process::{Command, Stdio};

use postern_protocol::bundle_file::{VerifiedBundle, verify_bundle};
use postern_protocol::{File, Limits, TrustState};
use serde_json::Value;
use tempfile::TempDir;

/// The instant of every ceremony in the tests.
pub(crate) const NOW: &str = "2026-11-22T09:00:00Z";
pub(crate) const PASSPHRASE: &str = "correct horse battery staple";
pub(crate) const PORTAL_PASSPHRASE: &str = "another one for the customer";

pub(crate) struct Vendor {
    pub(crate) folder: TempDir,
}

/// What a run of `postern --json` came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: Value,
    pub(crate) errors: Vec<(String, String, String)>,
    /// Everything that it printed.
    pub(crate) text: String,
}

impl Vendor {
    /// A vendor who made 3 root keys, 2 of which sign.
    pub(crate) fn with_root() -> Self {
        let vendor = Self { folder: tempfile::tempdir().unwrap() };
        vendor.ok("root new --product automation --vendor northwind --keys 3 --threshold 2 --out roots --at @");
        vendor
    }

    /// A vendor with root and operations keys, and the example's account file.
    pub(crate) fn ready() -> Self {
        let vendor = Self::with_root();
        vendor.ok("ops new --trust roots/trust.trust --root-key roots/root-1.pem --root-key roots/root-3.pem --out ops --from 2026-01-01 --at @");
        vendor.write("account.toml", include_str!("../../examples/account.toml"));
        vendor
    }

    /// A vendor who made the example's bundle.
    pub(crate) fn with_bundle() -> Self {
        let vendor = Self::ready();
        vendor.ok(&format!("bundle make account.toml {BUNDLE} --out acme.bundle"));
        vendor
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// What `postern` prints for people, whatever its exit code.
    pub(crate) fn text(&self, arguments: &str) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_postern"));
        let ran = command.args(arguments.split(' ')).current_dir(self.folder.path()).output().unwrap();
        String::from_utf8(ran.stdout).unwrap() + &String::from_utf8(ran.stderr).unwrap()
    }

    /// Runs `postern --json` with these arguments, split at spaces; `@` stands for the tests' instant.
    pub(crate) fn run(&self, arguments: &str) -> Ran {
        let arguments = arguments.split(' ').map(|word| if word == "@" { NOW } else { word });
        let variables = [("POSTERN_PASSPHRASE", PASSPHRASE), ("POSTERN_PORTAL_PASSPHRASE", PORTAL_PASSPHRASE)];
        self.run_with(&arguments.collect::<Vec<_>>(), &variables)
    }

    pub(crate) fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
        let output = Command::new(env!("CARGO_BIN_EXE_postern"))
            .arg("--json")
            .args(arguments)
            .current_dir(self.folder.path())
            .env_remove("POSTERN_PASSPHRASE")
            .env_remove("POSTERN_PORTAL_PASSPHRASE")
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let out: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let text = |error: &Value, field: &str| error[field].as_str().unwrap().to_owned();
        Ran {
            code: output.status.code().unwrap(),
            errors: out["errors"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|error| (text(error, "code"), text(error, "message"), text(error, "advice")))
                .collect(),
            text: String::from_utf8([output.stdout, output.stderr].concat()).unwrap(),
            out,
        }
    }

    /// Runs what must succeed.
    pub(crate) fn ok(&self, arguments: &str) -> Value {
        let ran = self.run(arguments);
        assert_eq!(ran.code, 0, "postern {arguments}: {}", ran.text);
        ran.out
    }

    /// Runs what must be refused with this one code; nothing in the folder may change.
    pub(crate) fn refused(&self, arguments: &str, code: &str) -> (String, String) {
        let before = self.names();
        let ran = self.run(arguments);
        assert_eq!(ran.codes(), [code], "postern {arguments}: {}", ran.text);
        assert_eq!(self.names(), before, "postern {arguments} left something behind");
        let (_, message, advice) = ran.errors.into_iter().next().unwrap();
        assert!(!message.is_empty() && !advice.is_empty());
        (message, advice)
    }

    pub(crate) fn trust(&self, name: &str) -> TrustState {
        let file = File::parse(&self.read(name), &Limits::DEFAULT).unwrap();
        let (first, later) = file.trust.split_first().unwrap();
        TrustState::begin(first.clone(), &Limits::DEFAULT).unwrap().advance(later, &Limits::DEFAULT).unwrap()
    }

    pub(crate) fn bundle(&self, name: &str) -> VerifiedBundle {
        verify_bundle(&self.read(name), &self.trust("roots/trust.trust"), &Limits::DEFAULT).unwrap()
    }
}

impl Ran {
    pub(crate) fn codes(&self) -> Vec<&str> {
        self.errors.iter().map(|(code, ..)| code.as_str()).collect()
    }
}

/// The flags of `bundle make` that every test shares.
pub(crate) const BUNDLE: &str = "--trust roots/trust.trust --ops-key ops/ops.pem --ops-grant ops/ops.grant --at @";
