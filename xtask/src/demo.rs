//! `cargo xtask portal`: builds everything, makes the demo and serves it until Ctrl-C.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::fail::{During, Fail, Result};
use crate::paths::Paths;
use crate::portal;
use crate::run::{check, command};
use crate::serve::Site;

/// What making the demo gets to work with.
#[derive(Clone, Debug)]
pub(crate) struct Demo {
    /// The folder with `postern` and `postern-verifier`.
    pub(crate) programs: PathBuf,
    /// A folder of the demo's own: keys, the machine's state, its request.
    pub(crate) work: PathBuf,
    /// Files put here are served over the portal's: the bundle, `brand.json`.
    pub(crate) site: PathBuf,
    /// Where the page will be.
    pub(crate) address: String,
}

/// Opens the account's key in the portal. A demo's secret: it guards nothing.
const PASSPHRASE: &str = "gate lantern causeway";

/// The license id that the demo machine asks under.
const LICENSE_ID: &str = "plant-7";

/// The license that is activated by a license key.
const BY_KEY: &str = "drawing-office";

/// The license that is activated by user and password, and its user.
const BY_USER: &str = "design-team";
const USER: &str = "ada@acme.example";

/// The task.
pub(crate) fn portal(paths: &Paths, port: u16) -> Result<()> {
    let work = paths.target.join("demo");
    let site = work.join("site");
    // First of all the port: nobody wants to build for minutes and then hear that it is taken.
    let server = Site::bind(port, vec![site.clone(), paths.dist.clone()])?;

    portal::build(paths)?;
    check(command(paths, "cargo").args(["build", "--release", "-p", "postern", "-p", "postern-verifier", "--bins"]))?;

    let steps = make(&Demo { programs: paths.release(), work, site, address: server.address() })?;
    println!("\n{steps}\n\nCtrl-C stops it.");
    server.run();
    Ok(())
}

/// Makes the demo vendor and machine; returns the next steps to print.
fn make(demo: &Demo) -> Result<String> {
    fresh(&demo.work)?;
    fresh(&demo.site)?;
    let root = vendor(demo)?;
    write(&demo.site.join("brand.json"), &brand(&root))?;
    machine(demo)?;
    let credentials = read(&demo.work.join("credentials.csv"))?;
    let (license_key, password) = (secret(&credentials, BY_KEY)?, secret(&credentials, BY_USER)?);
    activations(demo, license_key, password)?;
    Ok(steps(demo, license_key, password))
}

/// Northwind Automation: root, daily key, a bundle, and a ledger with one enablement token. Returns the root's digest.
fn vendor(demo: &Demo) -> Result<String> {
    let file = |name: &str| demo.work.join(name);
    let (trust, roots, ops) = (file("roots/trust.trust"), file("roots"), file("ops"));
    let (bundle, ledger) = (demo.site.join("acme.bundle"), demo.site.join("acme.ledger"));
    let passphrase = file("passphrase.txt");
    write(&passphrase, PASSPHRASE)?;

    let root = Run::new(demo, "postern")
        .args(["root", "new", "--product", "automation", "--vendor", "northwind", "--keys", "3", "--threshold", "2"])
        .file("--out", &roots)
        .file("--passphrase-file", &passphrase)
        .json()?;
    let grant = Run::new(demo, "postern")
        .args(["ops", "new"])
        .file("--trust", &trust)
        .file("--root-key", &roots.join("root-1.pem"))
        .file("--root-key", &roots.join("root-2.pem"))
        .file("--out", &ops)
        .file("--passphrase-file", &passphrase)
        .json()?;
    let account = file("account.toml");
    write(&account, &account_file(day(&grant, "issue_until")?))?;
    Run::new(demo, "postern")
        .args(["bundle", "make"])
        .arg(&account)
        .file("--trust", &trust)
        .file("--ops-key", &ops.join("ops.pem"))
        .file("--ops-grant", &ops.join("ops.grant"))
        .file("--passphrase-file", &passphrase)
        .file("--portal-passphrase-file", &passphrase)
        .file("--credentials", &file("credentials.csv"))
        .file("--out", &bundle)
        .json()?;
    Run::new(demo, "postern")
        .args(["token", "--new-ledger", "--license", LICENSE_ID])
        .file("--bundle", &bundle)
        .file("--ledger", &ledger)
        .file("--passphrase-file", &passphrase)
        .file("--out", &file("enablement.token"))
        .json()?;
    Ok(text(&root, "root")?.to_owned())
}

/// A machine that trusts Northwind, is enabled, and asks for a license.
fn machine(demo: &Demo) -> Result<()> {
    let run = || Run::new(demo, "postern-verifier").file("--state", &demo.work.join("machine"));
    run().args(["trust"]).arg(&demo.work.join("roots/trust.trust")).json()?;
    run().args(["enroll"]).arg(&demo.work.join("enablement.token")).json()?;
    run().args(["request"]).file("--output", &demo.work.join("plant-7.lfr")).json()?;
    Ok(())
}

/// Two machines that know nothing but a license key, or a user and a password, and ask to be activated.
fn activations(demo: &Demo, license_key: &str, password: &str) -> Result<()> {
    let file = |name: &str| demo.work.join(name);
    let machine = |name: &str| {
        let run = || Run::new(demo, "postern-verifier").file("--state", &file(name));
        run().args(["trust"]).arg(&file("roots/trust.trust")).json()?;
        Ok::<Run, Fail>(run().args(["activate"]).file("--output", &file(&format!("{name}.req"))))
    };
    // In files, not in arguments: other users of a machine see these.
    write(&file("license-key.txt"), license_key)?;
    write(&file("password.txt"), password)?;
    machine(BY_KEY)?.file("--key-file", &file("license-key.txt")).json()?;
    machine(BY_USER)?.args(["--user", USER]).file("--password-file", &file("password.txt")).json()?;
    Ok(())
}

/// The license key or password of a license, as the vendor's tool told it.
fn secret<'a>(credentials: &'a str, license_id: &str) -> Result<&'a str> {
    let row = credentials.lines().map(|line| line.split(',').collect::<Vec<_>>());
    row.into_iter()
        .find(|row| row.first() == Some(&license_id))
        .and_then(|row| row.get(3).copied())
        .ok_or_else(|| Fail::new(format!("the demo was made without a credential for '{license_id}'")))
}

/// What the account bought: until the last day on which the operations grant lets licenses be issued.
fn account_file(last_day: &str) -> String {
    format!(
        r#"account    = "acme"
name       = "Acme Manufacturing"
product    = "automation"
contact    = "Northwind licensing, licensing@northwind.example"
portal_key = "sealed"

[labels]
bot-creator = "Bot Creator"
bot-runner  = "Bot Runner"
export      = "Export to CAD"

[[entitlement]]
id           = "acme-automation"
license_type = "on-premises"
issue_until  = {last_day}
run_until    = {last_day}
longest_duration = "400 days"
longest_session  = "12 hours"
license_count    = 5
allow_offline_activation = true
machines = "pool"
seats    = {{ bot-creator = 10, bot-runner = 25 }}
approval = {{ reason = "Air-gapped plant network", reviewer = "D. Reviewer, Northwind", date = 2026-01-01 }}
expiry   = {{ grace = "14 days", after_end = "read-only", extension = "7 days" }}

[[entitlement.installation]]
license_id = "{LICENSE_ID}"
name       = "Control Room Plant 7"

[[entitlement.installation]]
license_id = "plant-8"
name       = "Control Room Plant 8"

[[policy]]
code         = "design-yearly"
license_type = "time-limited"
issue_until  = {last_day}
run_until    = {last_day}
longest_duration = "365 days"
license_count    = 1
allow_offline_activation = true
features = {{ export = "on" }}
rights   = {{ enable = false, release_dead = {{ quota = 2, cooldown = "1 hour" }} }}
expiry   = {{ grace = "14 days", after_end = "lock", extension = "0 days" }}

[[license]]
id     = "{BY_KEY}"
policy = "design-yearly"
name   = "Drawing office"

[[license]]
id     = "{BY_USER}"
policy = "design-yearly"
name   = "Design team"
users  = ["{USER}"]
"#
    )
}

fn brand(root: &str) -> String {
    format!(
        r##"{{
  "name": "Northwind Licensing",
  "organization": "Northwind Automation",
  "tagline": "Licenses for machines that are not on any network.",
  "colors": {{ "accent": "#1f5f6b", "accent_dark": "#7cc4cf" }},
  "contact": {{ "name": "Northwind licensing", "email": "licensing@northwind.example" }},
  "languages": ["en"],
  "bundle": "acme.bundle",
  "ledger": "acme.ledger",
  "trust_root": "{root}"
}}
"##
    )
}

fn steps(demo: &Demo, license_key: &str, password: &str) -> String {
    let (address, work) = (&demo.address, demo.work.display());
    let verifier = demo.programs.join("postern-verifier");
    let verifier = verifier.display();
    let postern = demo.programs.join("postern");
    let (postern, site) = (postern.display(), demo.site.display());
    format!(
        "The portal of Northwind Automation is at {address}

A machine in Acme's plant 7 is enabled and asks for a license. Next:

1. Open {address}
   Unlock with the passphrase   {PASSPHRASE}
   Choose 'Import the ledger of this site': it records the machine's enablement.
   Drop this request on the page, choose seats and dates, and download the license:
     {work}/plant-7.lfr

2. Install what you downloaded (license.olf, in your downloads folder), and see it enforced:
     '{verifier}' --state '{work}/machine' install ~/Downloads/license.olf
     '{verifier}' --state '{work}/machine' status
     '{verifier}' --state '{work}/machine' checkout bot-runner --user ada@acme.example

Two more machines ask for licenses of their own: one knows a license key, the other a user and a password.
     {BY_KEY}: license key {license_key}
     {BY_USER}: user {USER}, password {password}

3. Drop both requests on the page together, and download the ZIP with the answers; or one after the other:
     {work}/{BY_KEY}.req
     {work}/{BY_USER}.req

4. Install each license on its own machine, and see that it works there alone:
     '{verifier}' --state '{work}/{BY_KEY}' install LICENSE
     '{verifier}' --state '{work}/{BY_KEY}' check export
   Give it back, drop the file on the page, and the license is free for another machine:
     '{verifier}' --state '{work}/{BY_KEY}' deactivate --output '{work}/back.req'
   What a machine asks is made by, where the license key is asked for and never an argument:
     '{verifier}' --state DIR trust '{work}/roots/trust.trust'
     '{verifier}' --state DIR activate

The same without a browser, on a ledger that the page does not use:
     '{postern}' issue --bundle '{site}/acme.bundle' --ledger acme.ledger --new-ledger \\
         --passphrase-file '{work}/passphrase.txt' '{work}'/*.req --out-dir answers"
    )
}

/// One of the demo's own programs at work.
struct Run {
    name: &'static str,
    command: Command,
}

impl Run {
    fn new(demo: &Demo, name: &'static str) -> Self {
        let mut command = Command::new(demo.programs.join(name));
        command.arg("--json").env_remove("POSTERN_STATE");
        Self { name, command }
    }

    fn args<const N: usize>(mut self, args: [&str; N]) -> Self {
        self.command.args(args);
        self
    }

    fn arg(mut self, arg: &Path) -> Self {
        self.command.arg(arg);
        self
    }

    fn file(mut self, flag: &str, path: &Path) -> Self {
        self.command.args([OsStr::new(flag), path.as_os_str()]);
        self
    }

    /// Runs it; what it prints, or why it failed.
    fn json(mut self) -> Result<String> {
        let output = self.command.output().during(format_args!("running {}", self.name))?;
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            return Ok(printed);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(Fail::new(format!("{} failed while the demo was made:\n{printed}{said}", self.name)))
    }
}

/// A field's text in what a program printed.
fn text<'a>(json: &'a str, field: &str) -> Result<&'a str> {
    json.split_once(&format!("\"{field}\": \""))
        .and_then(|(_, rest)| rest.split_once('"'))
        .map(|(value, _)| value)
        .ok_or_else(|| Fail::new(format!("the demo was made with an unexpected answer, without \"{field}\":\n{json}")))
}

/// The day of a time that a program printed.
fn day<'a>(json: &'a str, field: &str) -> Result<&'a str> {
    let time = text(json, field)?;
    Ok(time.split_once('T').map_or(time, |(day, _)| day))
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).during(format_args!("reading {}", path.display()))
}

fn write(path: &Path, content: &str) -> Result<()> {
    std::fs::write(path, content).during(format_args!("writing {}", path.display()))
}

fn fresh(folder: &Path) -> Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder).during(format_args!("clearing {}", folder.display()))?;
    }
    std::fs::create_dir_all(folder).during(format_args!("making {}", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths::Paths;

    /// Makes the demo with the real programs, answers what its machines ask, and installs the answers.
    #[test]
    fn the_demo_s_machines_get_what_they_ask_for() {
        let paths = Paths::find().unwrap();
        let build = ["build", "-p", "postern", "-p", "postern-verifier", "--bins"];
        check(command(&paths, "cargo").args(build)).unwrap();
        let work = paths.target.join("demo-test");
        let (site, address) = (work.join("site"), "http://localhost:1".to_owned());
        let demo = Demo { programs: paths.target.join("debug"), work: work.clone(), site, address };
        let steps = make(&demo).unwrap();
        for name in [BY_KEY, BY_USER] {
            let request = work.join(format!("{name}.req"));
            assert!(steps.contains(&request.display().to_string()), "{steps}");
        }
        Run::new(&demo, "postern")
            .args(["issue"])
            .file("--bundle", &demo.site.join("acme.bundle"))
            .file("--ledger", &demo.site.join("acme.ledger"))
            .file("--passphrase-file", &work.join("passphrase.txt"))
            .file("--out-dir", &work.join("answers"))
            .arg(&work.join(format!("{BY_KEY}.req")))
            .arg(&work.join(format!("{BY_USER}.req")))
            .json()
            .unwrap();
        let answers: Vec<_> = std::fs::read_dir(work.join("answers")).unwrap().map(|one| one.unwrap().path()).collect();
        assert_eq!(answers.len(), 2, "{answers:?}");
        for name in [BY_KEY, BY_USER] {
            let own = |path: &&PathBuf| path.file_name().unwrap().to_string_lossy().contains(name);
            let answer = answers.iter().find(own).unwrap();
            let run = || Run::new(&demo, "postern-verifier").file("--state", &work.join(name));
            run().args(["install"]).arg(answer).json().unwrap();
            run().args(["check", "export"]).json().unwrap();
        }
    }
}
