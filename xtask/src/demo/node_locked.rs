//! The demo's node-locked licenses: two that Acme's administrator issues, and one that its end user issues on a page of
//! its own, whose bundle holds no secret.

use super::{Demo, Run, write};
use crate::fail::{During, Fail, Result};

/// The user of the license that is activated with a password.
pub(super) const USER: &str = "ada@acme.example";

/// The license key of the license that its end user issues.
pub(super) struct Home {
    pub(super) license_key: String,
}

/// The terms of all three, until the last day on which the operations grant lets licenses be issued.
fn policy(last_day: &str) -> String {
    format!(
        r#"
[[policy]]
code         = "editor"
license_type = "time-limited"
issue_until  = {last_day}
run_until    = {last_day}
longest_duration = "365 days"
license_count    = 1
features     = {{ export = "on" }}
consumption  = {{ pages = {{ limit = 1000, overage = 0, every = "unlimited" }} }}
expiry       = {{ grace = "7 days", after_end = "lock", extension = "0 days" }}
rights       = {{ release_dead = {{ quota = 1, cooldown = "1 day" }} }}
"#
    )
}

/// What Acme's account file says of its licenses.
pub(super) fn of_acme(last_day: &str) -> String {
    format!(
        r#"{}
[[license]]
id     = "editor-key"
policy = "editor"
name   = "Editor, by license key"

[[license]]
id     = "editor-user"
policy = "editor"
name   = "Editor, by user and password"
users  = ["{USER}"]
"#,
        policy(last_day)
    )
}

/// An account whose end users issue their own licenses.
pub(super) fn of_home(last_day: &str) -> String {
    format!(
        r#"account    = "home-users"
name       = "Northwind Home"
product    = "automation"
contact    = "Northwind licensing, licensing@northwind.example"
portal_key = "none"
{}
[[license]]
id     = "editor-home"
policy = "editor"
name   = "Editor at home"
self_service = true
"#,
        policy(last_day)
    )
}

/// Three machines that ask to be activated; their requests are in the demo's folder.
pub(super) fn machines(demo: &Demo) -> Result<Home> {
    let (acme, home) = (secrets(demo, "acme-credentials.csv")?, secrets(demo, "home-credentials.csv")?);
    let secret = |of: &[(String, String)], license: &str| {
        let found = of.iter().find(|(id, _)| id == license).map(|(_, secret)| secret.clone());
        found.ok_or_else(|| Fail::new(format!("the demo was made without a credential of {license}")))
    };
    ask(demo, "machine-key", &["--key-file"], &secret(&acme, "editor-key")?)?;
    ask(demo, "machine-user", &["--user", USER, "--password-file"], &secret(&acme, "editor-user")?)?;
    let license_key = secret(&home, "editor-home")?;
    ask(demo, "machine-home", &["--key-file"], &license_key)?;
    Ok(Home { license_key })
}

/// A machine trusts Northwind and asks with a credential.
fn ask(demo: &Demo, machine: &str, flags: &[&str], secret: &str) -> Result<()> {
    let file = |name: String| demo.work.join(name);
    let typed = file(format!("{machine}.txt"));
    write(&typed, secret)?;
    let run = || Run::new(demo, "postern-verifier").file("--state", &file(machine.to_owned()));
    run().args(["trust"]).arg(&demo.work.join("roots/trust.trust")).json()?;
    let mut activate = run().args(["activate"]);
    activate.command.args(flags).arg(&typed);
    activate.file("--output", &file(format!("{machine}.req"))).json()?;
    Ok(())
}

/// License ids and secrets of a credentials file. None of the demo's has a comma in it.
fn secrets(demo: &Demo, name: &str) -> Result<Vec<(String, String)>> {
    let text = std::fs::read_to_string(demo.work.join(name)).during("reading the demo's credentials")?;
    let row = |line: &str| {
        let mut cells = line.split(',');
        let license = cells.next()?.to_owned();
        Some((license, cells.nth(2)?.to_owned()))
    };
    Ok(text.lines().skip(1).filter_map(row).collect())
}
