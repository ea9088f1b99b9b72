//! An office without a browser, whose customers have node-locked licenses.

use postern_protocol::bundle_file::verify_ledger;
use postern_protocol::credential::derive;
use postern_protocol::documents::*;
use postern_protocol::{Digest, File, Limits, Reader, SecretKey, UnderGrant, Verified};
use postern_testkit::{World, full, id, key, many, sign, time};

use super::{BUNDLE, NOW, PORTAL_PASSPHRASE, Ran, Vendor};

/// Licenses `seat-1` to `seat-4`, and a subscription.
pub(crate) const ACCOUNT: &str = r#"
account = "globex"
name = "Globex"
product = "automation"
contact = "Northwind licensing"
portal_key = "sealed"

[[policy]]
code = "standard"
license_type = "perpetual"
issue_until = 2027-05-31
run_until = "unlimited"
longest_duration = "unlimited"
longest_session = "unlimited"
license_count = 1
seats = { editor = 2 }
consumption = { pages = { limit = 100, overage = 0, every = "unlimited" } }
rights = { release_dead = { quota = 1, cooldown = "1 day" } }
expiry = { grace = "0 days", after_end = "lock", extension = "0 days" }

[[license]]
id = "seat"
policy = "standard"
count = 4

[[license]]
id = "rent"
policy = "standard"
license_type = "subscription"

[[license]]
id = "online"
policy = "standard"
allow_offline_activation = false

[[entitlement]]
id = "control-rooms"
license_type = "on-premises"
issue_until = 2027-05-31
run_until = 2027-06-30
longest_duration = "unlimited"
longest_session = "8 hours"
license_count = 5
allow_offline_activation = true
machines = "pool"
seats = { bot-creator = 5 }
expiry = { grace = "0 days", after_end = "lock", extension = "0 days" }
installation = [{ license_id = "cr-1" }]
"#;

pub(crate) struct Office {
    pub(crate) vendor: Vendor,
    keys: Vec<(String, SecretKey)>,
}

impl Office {
    pub(crate) fn new() -> Self {
        Self::of(ACCOUNT)
    }

    /// With another account file.
    pub(crate) fn of(account: &str) -> Self {
        let vendor = Vendor::ready();
        vendor.write("account.toml", account);
        vendor.ok(&format!("bundle make account.toml {BUNDLE} --credentials keys.csv --out acme.bundle"));
        let text = String::from_utf8(vendor.read("keys.csv")).unwrap();
        let rows = text.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
        let trust = vendor.trust("roots/trust.trust");
        let key = |row: Vec<&str>| derive(trust.current(), Some(row[2]).filter(|user| !user.is_empty()), row[3]);
        let keys = rows.map(|row| (row[0].to_owned(), key(row).unwrap())).collect();
        Self { vendor, keys }
    }

    /// The key that a license's license key or password stands for.
    pub(crate) fn key(&self, license: &str) -> &SecretKey {
        &self.keys.iter().find(|(id, _)| id == license).unwrap().1
    }

    pub(crate) fn run(&self, command: &str, at: &str) -> Ran {
        let line = format!("{command} --bundle acme.bundle --ledger acme.ledger --at {at}");
        let words: Vec<&str> = line.split(' ').collect();
        self.vendor.run_with(&words, &[("POSTERN_PASSPHRASE", PORTAL_PASSPHRASE)])
    }

    pub(crate) fn ok(&self, command: &str) -> serde_json::Value {
        let ran = self.run(command, NOW);
        assert_eq!(ran.code, 0, "{command}: {}", ran.text);
        ran.out
    }

    pub(crate) fn refused(&self, command: &str, code: &str) {
        let (names, ledger) = (self.vendor.names(), std::fs::read(self.vendor.path("acme.ledger")).ok());
        let ran = self.run(command, NOW);
        assert!(ran.code == 1 && ran.codes().contains(&code), "{command}: {}", ran.text);
        assert_eq!(self.vendor.names(), names);
        assert_eq!(std::fs::read(self.vendor.path("acme.ledger")).ok(), ledger);
    }

    /// Writes the activation request of a machine.
    pub(crate) fn activation(&self, license: &str, seed: u8, out: &str, change: impl FnOnce(&mut Request)) {
        let file = many::request(&World::new(), &key(seed), self.key(license), time(NOW), |request| {
            request.nonce = id(&Digest::of(out.as_bytes()).to_string()[7..39]);
            request.activation = id(&format!("life-{seed}"));
            request.usage = many::usage(1);
            change(request);
        });
        self.vendor.write(out, file.to_bytes());
    }

    pub(crate) fn document<T: UnderGrant>(&self, name: &str) -> Verified<T> {
        let trust = self.vendor.trust("roots/trust.trust");
        let reader = Reader { trust: &trust, revocations: &[], limits: Limits::DEFAULT };
        reader.file::<T>(&self.vendor.read(name)).unwrap().document
    }

    pub(crate) fn last_event(&self) -> Event {
        let trust = self.vendor.trust("roots/trust.trust");
        let ledger = verify_ledger(&self.vendor.read("acme.ledger"), &trust, &Limits::DEFAULT).unwrap();
        ledger.entries.last().unwrap().event.clone()
    }

    /// Writes the deactivation of an installed license.
    pub(crate) fn deactivation(&self, license: &str, seed: u8, out: &str) {
        let license = self.document::<License>(license);
        let given_back = Deactivation {
            product: license.product.clone(),
            account: license.account.clone(),
            license_id: license.license_id.clone(),
            license: license.digest(),
            activation: license.activation.clone(),
            sequence: license.sequence,
            device: license.device,
            ledgers: vec![license.ledger],
            deactivated_at: time(NOW),
            usage: many::usage(9),
            consumption: vec![Counted { counter: id("pages"), total: 42 }],
            variables: vec![],
            extensions: vec![],
            ..full::deactivation()
        };
        let file = File { documents: vec![sign(&given_back, &[&key(seed)])], ..File::default() };
        self.vendor.write(out, file.to_bytes());
    }

    /// What a machine with an installed license says of it.
    pub(crate) fn installed(&self, license: &str, request: &mut Request) {
        let license = self.document::<License>(license);
        request.license_id = Some(license.license_id.clone());
        request.account = Some(license.account.clone());
        request.installed = Installed { license: Some(license.digest()), sequence: license.sequence };
        request.activation = license.activation.clone();
        request.ledgers = vec![license.ledger];
        request.usage = many::usage(5);
        request.consumption = vec![Counted { counter: id("pages"), total: 30 }];
    }
}
