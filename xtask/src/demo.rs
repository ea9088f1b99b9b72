//! `cargo xtask portal`: builds everything, makes the demo and serves it until Ctrl-C.

mod node_locked;

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
    /// Files put here are served over the portal's on the end users' page.
    pub(crate) home: PathBuf,
    /// Where the page will be.
    pub(crate) address: String,
    /// Where the end users' page will be.
    pub(crate) home_address: String,
}

/// Opens the account's key in the portal. A demo's secret: it guards nothing.
const PASSPHRASE: &str = "gate lantern causeway";

/// The license id that the demo machine asks under.
const LICENSE_ID: &str = "plant-7";

/// The task.
pub(crate) fn portal(paths: &Paths, port: u16) -> Result<()> {
    let work = paths.target.join("demo");
    let site = work.join("site");
    // First of all the port: nobody wants to build for minutes and then hear that it is taken.
    let server = Site::bind(port, vec![site.clone(), paths.dist.clone()])?;
    let home = work.join("home");
    // Port 0 is any that is free.
    let home_port = if port == 0 { 0 } else { port.saturating_add(1) };
    let home_server = Site::bind(home_port, vec![home.clone(), paths.dist.clone()])?;

    portal::build(paths)?;
    check(command(paths, "cargo").args(["build", "--release", "-p", "postern", "-p", "postern-verifier", "--bins"]))?;

    let (address, home_address) = (server.address(), home_server.address());
    let steps = make(&Demo { programs: paths.release(), work, site, home, address, home_address })?;
    std::thread::spawn(move || home_server.run());
    println!("\n{steps}\n\nCtrl-C stops it.");
    server.run();
    Ok(())
}

/// Makes the demo vendor and machine; returns the next steps to print.
fn make(demo: &Demo) -> Result<String> {
    fresh(&demo.work)?;
    fresh(&demo.site)?;
    fresh(&demo.home)?;
    let root = vendor(demo)?;
    write(
        &demo.site.join("brand.json"),
        &brand(&root, "Northwind Licensing", r#""bundle": "acme.bundle", "ledger": "acme.ledger""#),
    )?;
    write(&demo.home.join("brand.json"), &brand(&root, "Northwind Home", r#""bundle": "home.bundle""#))?;
    machine(demo)?;
    let home = node_locked::machines(demo)?;
    Ok(steps(demo, &home))
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
    let last_day = day(&grant, "issue_until")?;
    let make = |name: &str, account: &str, bundle: &Path| {
        let spec = file(&format!("{name}.toml"));
        write(&spec, account)?;
        Run::new(demo, "postern")
            .args(["bundle", "make"])
            .arg(&spec)
            .file("--trust", &trust)
            .file("--ops-key", &ops.join("ops.pem"))
            .file("--ops-grant", &ops.join("ops.grant"))
            .file("--passphrase-file", &passphrase)
            .file("--portal-passphrase-file", &passphrase)
            .file("--credentials", &file(&format!("{name}-credentials.csv")))
            .file("--out", bundle)
            .json()
    };
    make("acme", &(account_file(last_day) + &node_locked::of_acme(last_day)), &bundle)?;
    make("home", &node_locked::of_home(last_day), &demo.home.join("home.bundle"))?;
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
"#
    )
}

fn brand(root: &str, name: &str, files: &str) -> String {
    format!(
        r##"{{
  "name": "{name}",
  "organization": "Northwind Automation",
  "tagline": "Licenses for machines that are not on any network.",
  "colors": {{ "accent": "#1f5f6b", "accent_dark": "#7cc4cf" }},
  "contact": {{ "name": "Northwind licensing", "email": "licensing@northwind.example" }},
  "languages": ["en"],
  {files},
  "trust_root": "{root}"
}}
"##
    )
}

fn steps(demo: &Demo, home: &node_locked::Home) -> String {
    let (address, home_address, work) = (&demo.address, &demo.home_address, demo.work.display());
    let (user, license_key) = (node_locked::USER, &home.license_key);
    let verifier = demo.programs.join("postern-verifier");
    let verifier = verifier.display();
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

3. Two more machines ask to be activated, one by a license key, one by {user} and a password.
   Drop their requests on the same page, download each license.lic, and install it on its machine:
     {work}/machine-key.req
     {work}/machine-user.req
     '{verifier}' --state '{work}/machine-key' install ~/Downloads/license.lic
     '{verifier}' --state '{work}/machine-key' consume pages 10
   Give one back, drop the file on the page, and the license is free for another machine:
     '{verifier}' --state '{work}/machine-key' deactivate --yes -o '{work}/deactivate_offline.req'

4. An end user activates alone, on a page that holds no secret:
   Open {home_address}
   Drop {work}/machine-home.req
   Enter the license key   {license_key}
     '{verifier}' --state '{work}/machine-home' install ~/Downloads/license.lic"
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

fn write(path: &Path, content: &str) -> Result<()> {
    std::fs::write(path, content).during(format_args!("writing {}", path.display()))
}

fn fresh(folder: &Path) -> Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder).during(format_args!("clearing {}", folder.display()))?;
    }
    std::fs::create_dir_all(folder).during(format_args!("making {}", folder.display()))
}
