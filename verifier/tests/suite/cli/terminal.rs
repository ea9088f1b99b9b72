//! The prompts of `activate`, at a terminal of the test's own: what is typed is used and never shown.

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus};

use postern_protocol::credential::{self, LicenseKey};
use postern_protocol::{PublicKey, SecretKey};
use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};

use super::Desk;
use crate::activation::request;
use crate::plant::{changed, dump};

const KEY: [u8; 15] = [7; 15];

/// A program at a terminal.
struct Terminal {
    /// The terminal's other side.
    person: File,
    program: Child,
    shown: String,
}

impl Terminal {
    /// Runs a command that takes the terminal for its own.
    fn at(desk: &Desk, arguments: &[&str]) -> Self {
        let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&person).unwrap();
        unlockpt(&person).unwrap();
        let name = ptsname(&person, vec![]).unwrap();
        // Without NOCTTY it might become the terminal of the tests.
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let side = File::from(open(name.as_c_str(), flags, Mode::empty()).unwrap());
        let direct = desk.command(arguments);
        let mut command = Command::new("setsid");
        command.args(["--ctty", "--wait"]).arg(direct.get_program()).args(direct.get_args());
        command.current_dir(direct.get_current_dir().unwrap());
        command.envs(direct.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.stdin(side.try_clone().unwrap()).stdout(side.try_clone().unwrap()).stderr(side);
        let program = command.spawn().unwrap();
        // The command holds its side of the terminal open: what is read ends with the program.
        drop(command);
        Self { person: person.into(), program, shown: String::new() }
    }

    /// Waits for a prompt, and for the terminal to show no more of what is typed.
    fn asks(mut self, prompt: &str) -> Self {
        let mut bytes = [0; 256];
        while !self.shown.contains(prompt) {
            let count = self.person.read(&mut bytes).unwrap();
            self.shown += std::str::from_utf8(&bytes[..count]).unwrap();
        }
        while tcgetattr(&self.person).unwrap().local_modes.contains(LocalModes::ECHO) {
            assert!(self.program.try_wait().unwrap().is_none(), "it ended: {}", self.shown);
            std::thread::yield_now();
        }
        self
    }

    fn types(mut self, text: &str) -> Self {
        self.person.write_all(text.as_bytes()).unwrap();
        self
    }

    /// How it ended, and all that the terminal showed.
    fn ends(mut self) -> (ExitStatus, String) {
        let mut rest = Vec::new();
        // Reading a terminal that nobody has open any more is an error; what came before it was read.
        let _ = self.person.read_to_end(&mut rest);
        self.shown += std::str::from_utf8(&rest).unwrap();
        (self.program.wait().unwrap(), self.shown)
    }
}

fn trusting() -> Desk {
    let desk = Desk::new();
    desk.json(&["trust", "root.trust"]);
    desk
}

fn asked_with(desk: &Desk, key: &SecretKey) {
    let asked = request(&std::fs::read(desk.path("activate_offline.req")).unwrap());
    assert_eq!(asked.credential, Some(PublicKey::from_bytes(key.public_bytes())));
}

#[test]
fn a_license_key_is_asked_for_and_not_shown() {
    let desk = trusting();
    let key = LicenseKey::from_entropy(KEY);
    let text = key.to_text();
    let terminal = Terminal::at(&desk, &["activate"]).asks("License key: ").types(&format!("{}\n", text.as_str()));
    let (exit, shown) = terminal.ends();
    assert!(exit.success() && shown.contains("The request is in activate_offline.req"), "{shown}");
    assert!(!shown.contains(text.as_str()) && !shown.contains(&text.as_str()[..9]), "{shown}");
    asked_with(&desk, &key.derive("northwind", "automation").unwrap());
}

#[test]
fn a_password_is_asked_for_by_the_name_of_its_user_and_can_be_corrected() {
    let desk = trusting();
    let terminal = Terminal::at(&desk, &["activate", "--user", "ada@plant.example"]);
    // A wrong letter is taken back, as anywhere else.
    let terminal = terminal.asks("Password of ada@plant.example: ").types("correct-horse-battery-staplex\u{7f}\n");
    let (exit, shown) = terminal.ends();
    assert!(exit.success() && !shown.contains("correct-horse"), "{shown}");
    let password = "correct-horse-battery-staple";
    asked_with(&desk, &credential::derive(&desk.world.trust, Some("ada@plant.example"), password).unwrap());
}

#[test]
fn what_is_typed_wrong_or_not_at_all_changes_nothing() {
    let desk = trusting();
    let before = dump(&desk.path("state"));
    let at = |typed: &str| Terminal::at(&desk, &["activate"]).asks("License key: ").types(typed).ends();
    let (exit, shown) = at("PSTN1-what-is-this\n");
    assert!(exit.code() == Some(1) && shown.contains("code: license-key-length"), "{shown}");
    assert!(!shown.contains("what-is-this"), "{shown}");
    let (exit, shown) = at("\u{4}");
    assert!(exit.code() == Some(2) && shown.contains("Nothing was typed."), "{shown}");
    let (exit, shown) = at("PSTN1\u{3}");
    // The program ends by the signal; `setsid` says so as shells do.
    assert_eq!(exit.code().or(exit.signal().map(|signal| 128 + signal)), Some(128 + 2), "{shown}");
    assert_eq!(changed(&before, &dump(&desk.path("state"))), [""; 0], "the state has changed");
    assert!(!desk.path("activate_offline.req").exists());
}

#[test]
fn without_a_terminal_it_says_what_to_do() {
    let desk = trusting();
    let direct = desk.command(&["activate"]);
    let mut command = Command::new("setsid");
    command.arg("--wait").arg(direct.get_program()).args(direct.get_args());
    command.envs(direct.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(said.contains("no terminal to ask at; use --key-file"), "{said}");
}
