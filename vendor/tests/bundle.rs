//! Bundles: the example holds and says what it says; bad account files name line, field and remedy.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use common::{BUNDLE, PORTAL_PASSPHRASE, Vendor};
use postern_protocol::documents::*;
use postern_protocol::{PublicKey, license_code, sealed_key};
use postern_testkit::{id, key, public, time};

const EXAMPLE: &str = include_str!("../examples/account.toml");

fn make(vendor: &Vendor, more: &str) -> serde_json::Value {
    vendor.ok(format!("bundle make account.toml {BUNDLE} --out made.bundle {more}").trim_end())
}

/// The example with one text replaced.
fn example_with(old: &str, new: &str) -> String {
    assert_eq!(EXAMPLE.matches(old).count(), 1, "{old}");
    EXAMPLE.replace(old, new)
}

#[test]
fn the_example_becomes_exactly_this_grant() {
    let vendor = Vendor::with_bundle();
    let bundle = vendor.bundle("acme.bundle");
    let operations = bundle.tree.grants().next().unwrap();
    let chains = bundle.tree.chains_of(bundle.tree.grants().last().unwrap().subject);
    let grant = chains[0].leaf().get();
    let today = time("2026-11-22T00:00:00Z");
    let step = |from, quantity| Step { from, quantity };
    let seats = vec![
        Allowance { seat_type: id("bot-creator"), steps: vec![step(today, 10)] },
        Allowance {
            seat_type: id("bot-runner"),
            steps: vec![step(time("2026-01-01T00:00:00Z"), 20), step(time("2027-01-01T00:00:00Z"), 25)],
        },
    ];
    let expected = Grant {
        kind: grant.kind,
        version: Version,
        product: id("automation"),
        id: id("acme-control-rooms"),
        serial: 1,
        parent: Parent::Grant(operations.digest()),
        subject: grant.subject,
        rights: Rights {
            issue: true,
            refresh: true,
            delegate: 0,
            enable: true,
            release_dead: ReleaseDead { quota: 0, cooldown: 0 },
            repair_clock: RepairClock { count: 0, max_back: 0 },
        },
        account: Ceiling::Limited(id("acme")),
        license_type: Ceiling::Limited(LicenseType::OnPremises),
        allowances: Ceiling::Limited(seats.clone()),
        features: Ceiling::Limited(vec![
            Feature { name: id("process-discovery"), value: FeatureValue::On },
            Feature { name: id("api-tasks"), value: FeatureValue::Number(50) },
        ]),
        consumption: Ceiling::Limited(vec![Consumption {
            counter: id("pages"),
            feature: None,
            limit: Ceiling::Limited(10_000),
            overage: Ceiling::Limited(500),
            reset_period: Ceiling::Limited(30 * 86_400),
        }]),
        credentials: vec![],
        devices: Devices::Pool,
        installations: Ceiling::Limited(vec![Installation { license_id: id("cr-hamburg"), allowances: seats }]),
        issue_from: today,
        issue_until: time("2027-05-31T23:59:59Z"),
        run_until: Ceiling::Limited(time("2027-06-30T23:59:59Z")),
        longest_duration: Ceiling::Limited(400 * 86_400),
        longest_session: Ceiling::Limited(8 * 3600),
        license_count: Ceiling::Limited(5),
        cycle: CyclePolicy::default(),
        expiry: ExpiryPolicy {
            grace: Ceiling::Limited(14 * 86_400),
            after_end: AfterEnd::ReadOnly,
            extension: Ceiling::Limited(7 * 86_400),
        },
        allow_offline_activation: true,
        approval: Approval::Approved {
            reason: "Air-gapped plant network, no connection permitted".into(),
            reviewer: "D. Reviewer, Northwind".into(),
            at: time("2026-06-01T00:00:00Z"),
        },
        revocation_max_age: Ceiling::Unlimited,
        policy: None,
        server: None,
        issued_at: time(common::NOW),
        extensions: vec![],
    };
    assert_eq!(grant, &expected);

    let document = bundle.bundle.get();
    assert_eq!((document.serial, document.expires_at), (1, time("2027-12-31T23:59:59Z")));
    assert!(document.contact.starts_with("Northwind licensing"));
    let names: Vec<_> = document.labels.iter().map(|label| (label.id.as_str(), label.text.as_str())).collect();
    assert_eq!(
        names[..3],
        [("acme", "Acme Manufacturing"), ("cr-hamburg", "Control Room Hamburg"), ("bot-creator", "Bot Creator")]
    );
    let pem = document.sealed_key.as_ref().unwrap().join("\n");
    let secret = sealed_key::open_expecting(&pem, PORTAL_PASSPHRASE.as_bytes(), grant.subject.as_bytes()).unwrap();
    assert_eq!(PublicKey::from_bytes(secret.public_bytes()), grant.subject);
}

#[test]
fn the_example_says_nothing_that_the_defaults_would_not_where_it_says_so() {
    let start = EXAMPLE.find("# How long an answer to a request can be installed.").unwrap();
    let vendor = Vendor::with_bundle();
    vendor.write("account.toml", &EXAMPLE[..start]);
    make(&vendor, "");
    let (with, without) = (vendor.bundle("acme.bundle"), vendor.bundle("made.bundle"));
    let (with, without) = (with.tree.grants().last().unwrap(), without.tree.grants().last().unwrap());
    assert_eq!((with.cycle, with.rights), (without.cycle, without.rights));
}

#[test]
fn show_verifies_and_tells_all() {
    let vendor = Vendor::with_bundle();
    let shown = vendor.ok("bundle show acme.bundle --trust roots/trust.trust");
    assert_eq!(shown["account"], "acme");
    assert_eq!(shown["root_pinned"], true);
    assert_eq!(shown["entitlements"][0]["grant"]["installations"][0]["license_id"], "cr-hamburg");
    assert_eq!(shown["portal_key"]["sealed_in_bundle"], true);
    let subject: PublicKey = shown["portal_key"]["key"].as_str().unwrap().parse().unwrap();
    assert_eq!(shown["portal_key"]["license_code"], license_code::encode(subject.as_bytes()));
    assert_eq!(vendor.ok("bundle show acme.bundle")["root_pinned"], false);

    vendor.ok("root new --product automation --vendor northwind --out other --at @");
    vendor.refused("bundle show acme.bundle --trust other/trust.trust", "trust-fork");
    vendor.refused("bundle show roots/trust.trust", "kind-wrong");
    let mut bytes = vendor.read("acme.bundle");
    let last = bytes.len() - 40;
    bytes[last] ^= 1;
    vendor.write("changed.bundle", bytes);
    assert_eq!(vendor.run("bundle show changed.bundle").code, 1);
}

#[test]
fn a_renewed_bundle_keeps_ids_and_key_and_counts_up() {
    let vendor = Vendor::with_bundle();
    vendor.write("account.toml", example_with("bot-creator = 10", "bot-creator = 12"));
    make(&vendor, "--previous acme.bundle");
    let (old, new) = (vendor.bundle("acme.bundle"), vendor.bundle("made.bundle"));
    assert_eq!((old.bundle.serial, new.bundle.serial), (1, 2));
    assert_eq!(new.bundle.sealed_key, old.bundle.sealed_key);
    let grants: Vec<_> = new.tree.grants().collect();
    let before = old.tree.grants().last().unwrap();
    assert_eq!(grants.len(), 3, "the grant before stays, for the ledger that names it");
    assert_eq!(grants[1].digest(), before.digest());
    assert_eq!((grants[2].serial, &grants[2].id, grants[2].subject), (2, &before.id, before.subject));
    assert_eq!(grants[2].issue_from, before.issue_from);
    let chains = new.tree.chains_of(before.subject);
    assert_eq!(chains.len(), 1);
    assert_eq!(chains[0].leaf().allowances.limit().unwrap()[0].at(time(common::NOW)), 12);

    vendor.write("account.toml", example_with("account = \"acme\"", "account = \"other\""));
    let make = format!("bundle make account.toml {BUNDLE} --previous acme.bundle --out third.bundle");
    vendor.refused(&make, "previous-other-account");
}

#[test]
fn another_vendors_bundle_is_nothing_to_go_on_from() {
    let vendor = Vendor::ready();
    let other = Vendor::with_bundle();
    vendor.write("other.bundle", other.read("acme.bundle"));
    let make = format!("bundle make account.toml {BUNDLE} --previous other.bundle --out acme.bundle");
    vendor.refused(&make, "previous-other-root");
}

#[test]
fn a_license_code_needs_no_passphrase_and_stays_the_same() {
    let vendor = Vendor::ready();
    let code = |seed| license_code::encode(public(&key(seed)).as_bytes());
    let with_code = |seed| {
        example_with("portal_key = \"sealed\"", &format!("portal_key = {{ license_code = \"{}\" }}", code(seed)))
    };
    vendor.write("account.toml", with_code(20));
    let make = format!("bundle make account.toml {BUNDLE} --out acme.bundle");
    let words: Vec<&str> = make.split(' ').map(|word| if word == "@" { common::NOW } else { word }).collect();
    let ran = vendor.run_with(&words, &[("POSTERN_PASSPHRASE", common::PASSPHRASE)]);
    assert_eq!(ran.code, 0, "{}", ran.text);
    assert_eq!(ran.out["portal_key"]["license_code"], code(20));
    let bundle = vendor.bundle("acme.bundle");
    assert_eq!(bundle.bundle.sealed_key, None);
    assert_eq!(bundle.tree.grants().last().unwrap().subject, public(&key(20)));

    let again = format!("bundle make account.toml {BUNDLE} --previous acme.bundle --out acme-2.bundle");
    vendor.write("account.toml", with_code(21));
    vendor.refused(&again, "previous-other-portal-key");
    vendor.write("account.toml", EXAMPLE);
    vendor.refused(&again, "previous-other-portal-key");
    vendor.write("account.toml", with_code(20));
    vendor.ok(&again);
}

#[test]
fn named_machines_and_optional_fields_reach_the_grant() {
    let vendor = Vendor::ready();
    let device = public(&key(30));
    let text = example_with(
        "machines = \"pool\"",
        &format!("machines = {{ named = [{{ key = \"{device}\", seats = {{ bot-creator = 4 }} }}] }}"),
    )
    .replace("# policy = \"standard-2026\"", "policy = \"standard-2026\"")
    .replace("# revocation_max_age = \"30 days\"", "revocation_max_age = \"30 days\"")
    .replace("# credentials = [{ key = \"ed25519:…\",", &format!("credentials = [{{ key = \"{}\",", public(&key(31))))
    .replace("# release_dead", "release_dead")
    .replace("# repair_clock", "repair_clock")
    .replace("# feature = ", "feature = ")
    .replace("# [entitlement.server]", "[entitlement.server]")
    .replace("# client_name ", "client_name ")
    .replace("# url ", "url ")
    .replace("# suppress_pings", "suppress_pings");
    vendor.write("account.toml", text);
    make(&vendor, "");
    let bundle = vendor.bundle("made.bundle");
    let grant = bundle.tree.grants().last().unwrap();
    let Devices::Named(shares) = &grant.devices else { panic!("{:?}", grant.devices) };
    assert_eq!((shares[0].device, shares[0].allowances[0].at(time(common::NOW))), (device, 4));
    assert_eq!(grant.policy, Some(id("standard-2026")));
    assert_eq!(grant.revocation_max_age, Ceiling::Limited(30 * 86_400));
    assert_eq!(grant.credentials, [Credential { key: public(&key(31)), from: CredentialKind::LicenseKey }]);
    assert_eq!(grant.rights.release_dead, ReleaseDead { quota: 2, cooldown: 86_400 });
    assert_eq!(grant.rights.repair_clock, RepairClock { count: 2, max_back: 86_400 });
    assert_eq!(grant.consumption.limit().unwrap()[0].feature, Some(id("process-discovery")));
    assert!(grant.server.as_ref().unwrap().suppress_pings);
}

#[test]
fn keys_and_files_that_do_not_belong_together_are_told() {
    let vendor = Vendor::ready();
    let make = |key, grant, trust| {
        format!("bundle make account.toml --ops-key {key} --ops-grant {grant} --trust {trust} --out x.bundle --at @")
    };
    vendor.refused(&make("roots/root-1.pem", "ops/ops.grant", "roots/trust.trust"), "ops-key-other");
    vendor.refused(&make("ops/ops.pem", "roots/trust.trust", "roots/trust.trust"), "file-incomplete");
    vendor.refused(&make("ops/ops.pem", "ops/ops.grant", "ops/ops.grant"), "kind-wrong");
    vendor.ok("root new --product automation --vendor northwind --out other --at @");
    vendor.refused(&make("ops/ops.pem", "ops/ops.grant", "other/trust.trust"), "chain-other-root");
}

#[test]
fn the_example_is_what_the_tool_prints() {
    let vendor = Vendor::with_root();
    assert_eq!(vendor.ok("bundle example")["account_file"], EXAMPLE);
}
