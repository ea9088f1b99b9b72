//! Policies, licenses and their credentials, through the real `postern`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::os::unix::fs::PermissionsExt;

use common::*;
use postern_protocol::credential::derive;
use postern_protocol::documents::*;
use postern_protocol::{Id, PublicKey};

const POLICY: &str = r#"
account = "acme"
name = "Acme"
product = "automation"
contact = "Northwind"
portal_key = "sealed"

[[policy]]
id = "cad-standard"
license_type = "time-limited"
issue_until = 2027-05-31
run_until = 2027-06-30
license_count = 2
allow_offline_activation = true
features = { api-tasks = 50 }
expiry = { grace = "14 days", after_end = "read-only", extension = "0 days" }

[policy.consumption.pages]
limit = 100
overage = 0
every = "30 days"
"#;

const LICENSES: &str = r#"
[[license]]
id = "cad-7"
policy = "cad-standard"
name = "CAD, design office"

[[license]]
id = "cad-8"
policy = "cad-standard"
users = ["ada@acme.example"]
license_count = 5
run_until = "unlimited"
license_type = "perpetual"

[[license]]
id = "cad-9"
policy = "cad-standard"
self_service = true
allow_offline_activation = false
"#;

fn make(vendor: &Vendor, account: &str, more: &str) -> Ran {
    vendor.write("licenses.toml", account);
    vendor.run(&format!("bundle make licenses.toml {BUNDLE} --out licenses.bundle{more}"))
}

fn vendor() -> Vendor {
    let vendor = Vendor::ready();
    let ran = make(&vendor, &format!("{POLICY}{LICENSES}"), " --credentials secrets.csv");
    assert_eq!(ran.code, 0, "{}", ran.text);
    vendor
}

fn grant(vendor: &Vendor, bundle: &str, id: &str) -> Grant {
    let id: Id = id.parse().unwrap();
    let bundle = vendor.bundle(bundle);
    bundle.tree.grants().filter(|grant| grant.id == id).max_by_key(|grant| grant.serial).unwrap().get().clone()
}

/// The user and secret of each license.
fn secrets(vendor: &Vendor) -> Vec<(String, Option<String>, String, PublicKey)> {
    let text = String::from_utf8(vendor.read("secrets.csv")).unwrap();
    let line = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        let user = Some(cells[1].to_owned()).filter(|user| !user.is_empty());
        (cells[0].to_owned(), user, cells[2].to_owned(), cells[3].parse().unwrap())
    };
    text.lines().skip(1).map(line).collect()
}

#[test]
fn a_license_inherits_its_policy_and_overrides_it() {
    let vendor = vendor();
    let first = grant(&vendor, "licenses.bundle", "cad-7");
    assert_eq!(first.license_type, Ceiling::Limited(LicenseType::TimeLimited));
    assert_eq!((first.license_count, first.policy), (Ceiling::Limited(2), Some("cad-standard".parse().unwrap())));
    assert!(first.allow_offline_activation && first.rights.refresh);
    assert_eq!(first.consumption.limit().unwrap()[0].limit, Ceiling::Limited(100));
    let second = grant(&vendor, "licenses.bundle", "cad-8");
    assert_eq!((second.license_count, second.run_until), (Ceiling::Limited(5), Ceiling::Unlimited));
    assert_eq!(second.license_type, Ceiling::Limited(LicenseType::Perpetual));
    assert_eq!(second.credentials[0].from, CredentialKind::User);
    let own = grant(&vendor, "licenses.bundle", "cad-9");
    assert_eq!(own.subject, own.credentials[0].key);
    assert!(own.rights.issue && !own.rights.refresh && !own.rights.enable && !own.allow_offline_activation);
    assert_ne!(first.subject, own.subject);
}

#[test]
fn secrets_are_kept_in_one_file_and_stand_for_the_keys_of_the_bundle() {
    let vendor = vendor();
    let mode = std::fs::metadata(vendor.path("secrets.csv")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let trust = vendor.trust("roots/trust.trust");
    let secrets = secrets(&vendor);
    assert_eq!(secrets.len(), 3);
    for (license_id, user, secret, public) in &secrets {
        let key = derive(trust.current(), user.as_deref(), secret).unwrap();
        assert_eq!(PublicKey::from_bytes(key.public_bytes()), *public);
        assert_eq!(grant(&vendor, "licenses.bundle", license_id).credentials[0].key, *public);
    }
    // Nothing in the bundle is worth anything to its reader: no secret, and no key that signs.
    let bundle = vendor.read("licenses.bundle");
    for (_, _, secret, public) in &secrets {
        let plain = secret.replace('-', "");
        for bytes in [secret.as_bytes(), plain.as_bytes()] {
            assert!(!bundle.windows(bytes.len()).any(|window| window == bytes));
        }
        assert!(derive(trust.current(), None, &public.to_string()).is_err());
    }
}

#[test]
fn a_renewed_bundle_keeps_every_credential_with_its_file_or_without() {
    let vendor = vendor();
    let before = vendor.read("secrets.csv");
    let key = |bundle: &str, id: &str| grant(&vendor, bundle, id).credentials[0].key;
    let account = format!("{POLICY}{LICENSES}");
    vendor.write("licenses.toml", &account);
    let previous = "--previous licenses.bundle";
    vendor.ok(&format!("bundle make licenses.toml {BUNDLE} {previous} --out second.bundle"));
    vendor.ok(&format!("bundle make licenses.toml {BUNDLE} {previous} --credentials secrets.csv --out third.bundle"));
    for id in ["cad-7", "cad-8", "cad-9"] {
        assert_eq!(key("licenses.bundle", id), key("second.bundle", id));
        assert_eq!(key("licenses.bundle", id), key("third.bundle", id));
        assert_eq!(grant(&vendor, "second.bundle", id).serial, 2);
    }
    assert_eq!(vendor.read("secrets.csv"), before, "no line is changed");
}

#[test]
fn licenses_in_thousands() {
    let vendor = Vendor::ready();
    let many = "\n[[license]]\nid = \"cad\"\npolicy = \"cad-standard\"\ncount = 2000\n";
    let ran = make(&vendor, &format!("{POLICY}{many}"), " --credentials secrets.csv");
    assert_eq!(ran.code, 0, "{}", ran.text);
    assert_eq!(ran.out["credentials_made"], 2000);
    let bundle = vendor.bundle("licenses.bundle");
    assert_eq!(bundle.tree.grants().count(), 2001);
    grant(&vendor, "licenses.bundle", "cad-02000");
}

#[test]
fn what_cannot_be_made_is_said_with_its_line() {
    let vendor = Vendor::ready();
    let codes = |account: String, more: &str| {
        let ran = make(&vendor, &account, more);
        assert!(!vendor.path("licenses.bundle").exists());
        (ran.codes().iter().map(ToString::to_string).collect::<Vec<_>>(), ran.text.clone())
    };
    let license = |text: &str| format!("{POLICY}\n[[license]]\nid = \"cad-7\"\npolicy = \"cad-standard\"\n{text}");
    let field = |text: &str, says: &str| {
        let (codes, words) = codes(license(text), " --credentials secrets.csv");
        assert!(codes == ["account-file-field"] && words.contains(says), "{words}");
    };
    field("count = 0", "license.0.count");
    field("count = 20000", "not between 1 and 10000");
    field("users = [\"a\"]\ncount = 2", "license.0.count");
    field("users = [\"a\", \"b\"]\nself_service = true", "it has 2 credentials");
    field("license_type = \"on-premises\"", "bound to a machine");
    let (found, words) = codes(license("").replace("policy = \"cad-standard\"\n", "policy = \"other\"\n"), "");
    assert!(found == ["account-file-field"] && words.contains("there is no policy 'other'"), "{words}");
    assert_eq!(codes(license(""), "").0, ["credentials-no-file"]);
    assert_eq!(codes(license("users = [\"a,b\"]"), " --credentials secrets.csv").0, ["credentials-user"]);
    let none = license("").replace("portal_key = \"sealed\"", "portal_key = \"none\"");
    assert_eq!(codes(none, " --credentials secrets.csv").0, ["account-file-field"]);
    vendor.write("secrets.csv", "something else\n");
    assert_eq!(codes(license(""), " --credentials secrets.csv").0, ["credentials-line"]);
    assert_eq!(vendor.read("secrets.csv"), b"something else\n");
}

#[test]
fn a_bundle_of_end_users_own_licenses_holds_no_portal_key() {
    let vendor = Vendor::ready();
    let license = "\n[[license]]\nid = \"cad-9\"\npolicy = \"cad-standard\"\nself_service = true\n";
    let account = format!("{POLICY}{license}").replace("portal_key = \"sealed\"", "portal_key = \"none\"");
    let ran = make(&vendor, &account, " --credentials secrets.csv");
    assert_eq!(ran.code, 0, "{}", ran.text);
    assert!(vendor.bundle("licenses.bundle").bundle.sealed_key.is_none());
}
