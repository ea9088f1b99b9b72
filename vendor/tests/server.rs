//! License servers from the command line: a reseller, its client, the client's client; cut, suspended, shown, revoked.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use common::{BUNDLE, NOW, PASSPHRASE, PORTAL_PASSPHRASE, Ran, Vendor};
use postern_protocol::documents::*;
use postern_protocol::{File, Limits, Reader, Verified};
use postern_testkit::{World, id, key, public, sign, time};
use serde_json::Value;

const ACCOUNT: &str = r#"
account = "southport"
name = "Southport Resale"
product = "automation"
contact = "Southport, +44 20 0000"
portal_key = "sealed"

[labels]
bot-runner = "Bot Runner"

[[entitlement]]
id = "resale"
license_type = "server"
reseller = true
issue_until = 2027-05-31
run_until = 2027-06-30
longest_duration = "unlimited"
longest_session = "8 hours"
license_count = 10
allow_offline_activation = true
machines = "pool"
seats = { bot-runner = 50 }
rights = { delegate = 4, release_dead = { quota = 3, cooldown = "1 day" } }
expiry = { grace = "0 days", after_end = "lock", extension = "0 days" }
"#;

/// The whole trade in one folder.
struct Trade(Vendor);

impl Trade {
    /// A reseller's bundle, and its ledger begun by making one client, `works`, who may have clients too.
    fn new() -> Self {
        let vendor = Vendor::ready();
        vendor.write("account.toml", ACCOUNT);
        vendor.ok(&format!("bundle make account.toml {BUNDLE} --out reseller.bundle"));
        let trade = Self(vendor);
        let code = trade.code("works.pem");
        trade.reseller(&format!(
            "server new works --client Works --license-code {code} --seats bot-runner=20 --seats bot-runner=30@2027-01-01 \
             --until 2027-03-31 --licenses 5 --oem 2 --url https://southport.example --releases 1 --new-ledger --out works.bundle"
        ));
        trade
    }

    fn code(&self, file: &str) -> String {
        let made = self.0.ok(&format!("license-code --new {file}"));
        made["license_code"].as_str().unwrap().into()
    }

    fn run(&self, command: &str, bundle: &str, ledger: &str, passphrase: &str) -> Ran {
        let line = format!("{command} --bundle {bundle} --ledger {ledger} --at {NOW}");
        let words: Vec<&str> = line.split_whitespace().collect();
        self.0.run_with(&words, &[("POSTERN_PASSPHRASE", passphrase)])
    }

    fn reseller(&self, command: &str) -> Value {
        done(command, self.run(command, "reseller.bundle", "reseller.ledger", PORTAL_PASSPHRASE))
    }

    fn reseller_refused(&self, command: &str, code: &str) {
        let (names, ledger) = (self.0.names(), self.0.read("reseller.ledger"));
        let ran = self.run(command, "reseller.bundle", "reseller.ledger", PORTAL_PASSPHRASE);
        assert!(ran.code == 1 && ran.codes().contains(&code), "{command}: {}", ran.text);
        assert_eq!((self.0.names(), self.0.read("reseller.ledger")), (names, ledger));
    }

    /// What a client does, whose portal key is a file.
    fn client(&self, name: &str, bundle: &str, command: &str) -> Ran {
        self.run(&format!("{command} --portal-key {name}.pem"), bundle, &format!("{name}.ledger"), PASSPHRASE)
    }

    /// The LFR of a machine that installed a token.
    fn machine(&self, seed: u8, token: &str, account: &str, license_id: &str, out: &str) {
        let token = self.document::<Enablement>(token);
        let request = Request {
            account: Some(id(account)),
            license_id: Some(id(license_id)),
            ledgers: vec![token.ledger],
            activation: id(&format!("life-{seed}")),
            cycle: Cycle { cycle: 1, number: 1, first_generated_at: time(NOW), generated_at: time(NOW) },
            ..World::new().request(public(&key(seed)), Some(token.digest()))
        };
        let file = File { documents: vec![sign(&request, &[&key(seed)])], ..File::default() };
        self.0.write(out, file.to_bytes());
    }

    fn document<T: postern_protocol::UnderGrant>(&self, name: &str) -> Verified<T> {
        let trust = self.0.trust("roots/trust.trust");
        let reader = Reader { trust: &trust, revocations: &[], limits: Limits::DEFAULT };
        reader.file::<T>(&self.0.read(name)).unwrap().document
    }
}

fn done(command: &str, ran: Ran) -> Value {
    assert_eq!(ran.code, 0, "{command}: {}", ran.text);
    ran.out
}

#[test]
fn from_the_vendor_to_a_machine_four_grants_down() {
    let trade = Trade::new();
    let bundle = trade.0.bundle("works.bundle");
    assert_eq!((bundle.bundle.account.as_str(), bundle.bundle.contact.as_str()), ("works", "Southport, +44 20 0000"));
    let names: Vec<_> = bundle.bundle.labels.iter().map(|label| label.text.as_str()).collect();
    assert_eq!(names, ["Works", "Bot Runner"]);

    // The client has a client of its own, which may license machines.
    let code = trade.code("hall.pem");
    let new = format!(
        "server new hall --client Hall --license-code {code} --seats bot-runner=7 --until 2027-02-28 --licenses 2 \
         --approve Air-gapped --approved-by Works --new-ledger --out hall.bundle"
    );
    done(&new, trade.client("works", "works.bundle", &new));
    let token = "token --license hall --new-ledger --out a.token";
    done(token, trade.client("hall", "hall.bundle", token));
    trade.machine(60, "a.token", "hall", "hall", "a.lfr");
    let issue = "issue --request a.lfr --seats bot-runner=7 --out a.olf";
    done(issue, trade.client("hall", "hall.bundle", issue));
    let license = trade.document::<License>("a.olf");
    assert_eq!((license.account.as_str(), license.license_type), ("hall", LicenseType::Server));
    assert_eq!(File::parse(&trade.0.read("a.olf"), &Limits::DEFAULT).unwrap().grants.len(), 4);

    // What the client gave away it has no more.
    let more = format!(
        "server new yard --client Yard --license-code {} --seats bot-runner=14 --licenses 1 --until 2027-02-28 --out yard.bundle",
        trade.code("yard.pem")
    );
    let ran = trade.client("works", "works.bundle", &more);
    assert_eq!(ran.codes(), ["seats-exceed-free"], "{}", ran.text);
}

#[test]
fn raised_cut_extended_and_shown() {
    let trade = Trade::new();
    let raised = trade.reseller("server change works --seats bot-runner=35 --until 2027-04-30 --out works-2.bundle");
    assert_eq!((&raised["serial"], &raised["min_serial"]), (&2.into(), &0.into()));
    // Stages that are not named again are gone; what has passed stays.
    assert_eq!(raised["seats"][0]["steps"].as_array().unwrap().len(), 1);
    let cut = trade.reseller("server change works --seats bot-runner=5 --out works-3.bundle");
    assert_eq!((&cut["serial"], &cut["min_serial"]), (&3.into(), &3.into()));
    let counted = |trade: &Trade| trade.reseller_list()["counted"][0]["quantity"].as_u64().unwrap();
    assert_eq!(counted(&trade), 35);
    trade.reseller_refused("server change works --seats bot-runner=5 --out works-4.bundle", "child-same");

    // Its ledger counts once it was exported under the newest bundle.
    let code = trade.code("hall.pem");
    let hall = |bundle: &str| {
        let new = format!(
            "server new hall --client Hall --license-code {code} --seats bot-runner=2 --until 2027-02-28 --licenses 2 --out hall.bundle --new-ledger"
        );
        done(&new, trade.client("works", bundle, &new));
    };
    hall("works-2.bundle");
    trade.reseller_refused("server ledger works.ledger", "child-ledger-older");
    std::fs::remove_file(trade.0.path("works.ledger")).unwrap();
    std::fs::remove_file(trade.0.path("hall.bundle")).unwrap();
    hall("works-3.bundle");
    let shown = trade.reseller("server ledger works.ledger");
    assert_eq!((&shown["id"], &shown["devices"]), (&"works".into(), &2.into()));
    assert_eq!(counted(&trade), 5);
    let listed = trade.0.run_with(
        &["server", "list", "--bundle", "reseller.bundle", "--ledger", "reseller.ledger"],
        &[("POSTERN_PASSPHRASE", PORTAL_PASSPHRASE)],
    );
    assert_eq!(listed.out["servers"][0]["seen"]["held"][0]["steps"][0]["quantity"], 2);
}

impl Trade {
    fn reseller_list(&self) -> Value {
        self.reseller("server list")["servers"][0].clone()
    }
}

#[test]
fn suspended_resumed_and_revoked() {
    let trade = Trade::new();
    let new = |bundle: &str| {
        let code = trade.0.ok("license-code --new hall.pem");
        std::fs::remove_file(trade.0.path("hall.pem")).unwrap();
        let code = code["license_code"].as_str().unwrap();
        let new = format!(
            "server new hall --client Hall --license-code {code} --seats bot-runner=2 --until 2027-02-28 --licenses 1 --new-ledger --out hall.bundle"
        );
        let ran = trade.client("works", bundle, &new);
        let _ = std::fs::remove_file(trade.0.path("works.ledger"));
        let _ = std::fs::remove_file(trade.0.path("hall.bundle"));
        ran.codes().join(" ")
    };
    assert_eq!(new("works.bundle"), "");
    let suspended = trade.reseller("server suspend works --stop-installed --out works-2.bundle");
    assert_eq!((&suspended["standing"], &suspended["serial"]), (&"suspended".into(), &1.into()));
    assert_eq!(new("works-2.bundle"), "grant-suspended");
    trade.reseller_refused("server suspend works --stop-installed --out works-3.bundle", "child-same");
    trade.reseller("server resume works --out works-3.bundle");
    assert_eq!(new("works-3.bundle"), "");
    trade.reseller("server revoke works --out works-4.bundle");
    assert_eq!(new("works-4.bundle"), "grant-revoked");
    trade.reseller_refused("server resume works --out works-5.bundle", "child-revoked");
    trade.reseller_refused("server suspend nobody --out works-5.bundle", "child-unknown");
    trade.reseller_refused("server change nobody --licenses 1 --out works-5.bundle", "child-unknown");
}

#[test]
fn what_does_not_fit_is_refused_and_nothing_changes() {
    let trade = Trade::new();
    let code = trade.code("yard.pem");
    let new = |what: &str| {
        format!("server new yard --client Yard --license-code {code} --licenses 1 --out yard.bundle {what}")
    };
    trade.reseller_refused(&new("--seats bot-runner=51 --until 2027-03-31"), "child-exceeds");
    trade.reseller_refused(&new("--seats bot-runner=21@2027-01-01 --until 2027-03-31"), "seats-exceed-free");
    trade.reseller_refused(&new("--seats bot-runner=1 --until 2028-03-31"), "child-exceeds");
    trade.reseller_refused(&new("--seats bot-runner=1 --oem 4"), "child-exceeds");
    trade.reseller_refused(&new("--seats bot-runner=1 --url http://southport.example"), "child-text");
    trade.reseller_refused(&new("--seats bot-runner=1 --releases 3"), "child-quota");
    trade.reseller_refused(&new("--seats bot-runner=1 --under nothing --oem 9"), "child-exceeds");
    let works = trade.0.ok("license-code works.pem")["license_code"].as_str().unwrap().to_owned();
    trade.reseller_refused(
        &format!(
            "server new yard --client Yard --license-code {works} --licenses 1 --out yard.bundle --seats bot-runner=1"
        ),
        "child-key-taken",
    );
    for wrong in
        ["--seats bot-runner", "--seats bot-runner=x", "--seats bot-runner=1@soon", "--session 8h", "--licenses many"]
    {
        assert_eq!(trade.run(&new(wrong), "reseller.bundle", "reseller.ledger", PORTAL_PASSPHRASE).code, 2, "{wrong}");
    }
    // A reseller issues nothing itself.
    trade.reseller_refused("token --license anything --out a.token", "approval-missing");
}

#[test]
fn a_resellers_account_file_is_judged() {
    let vendor = Vendor::ready();
    let refused = |old: &str, new: &str, says: &str| {
        vendor.write("account.toml", ACCOUNT.replace(old, new));
        let (message, _) =
            vendor.refused(&format!("bundle make account.toml {BUNDLE} --out x.bundle"), "account-file-field");
        assert!(message.contains(says), "{message}");
    };
    refused("delegate = 4", "delegate = 0", "may not delegate");
    refused("machines = \"pool\"", "machines = \"pool\"\ninstallation = [{ license_id = \"cr-1\" }]", "of their own");
    refused("reseller = true\n", "", "there is none");
    refused(
        "expiry =",
        "approval = { reason = \"r\", reviewer = \"v\", date = 2026-06-01 }\nexpiry =",
        "approves its own",
    );
}
