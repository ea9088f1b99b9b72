//! What people write by hand: account files and brand files.

use std::sync::OnceLock;

use postern::account_file;
use postern_portal::desk::model::brand;
use postern_protocol::documents::Document;
use postern_protocol::within::within;
use postern_protocol::{Chain, File, Limits, Reader};
use postern_testkit::{World, now, public, sign};

use crate::legible::{explained, legible, or_explained};

/// An account file becomes grants within the operations grant that a bundle can carry, or every finding is explained.
pub(crate) fn account_file(bytes: &[u8]) {
    let (world, operations) = vendor();
    let subject = public(&world.portal_key);
    match account_file::grants(bytes.to_vec(), operations, subject, now()) {
        Err(findings) => {
            assert!(!findings.is_empty(), "refused without a reason");
            findings.iter().for_each(|finding| explained(finding.as_ref()));
        }
        Ok(grants) => {
            for grant in grants {
                assert_eq!(within(operations.leaf(), &grant), []);
                grant.check().expect("a grant that a portal reads");
                let file = File {
                    grants: vec![operations.leaf().envelope().clone(), sign(&grant, &[&world.ops_key])],
                    ..File::default()
                };
                let trust = world.trust_state();
                let reader = Reader { trust: &trust, revocations: &[], limits: Limits::DEFAULT };
                reader.grants(file).expect("a grant that verifies");
            }
        }
    }
}

fn vendor() -> &'static (World, Chain) {
    static VENDOR: OnceLock<(World, Chain)> = OnceLock::new();
    VENDOR.get_or_init(|| {
        let world = World::new();
        let trust = world.trust_state();
        let file = File { grants: vec![world.ops_envelope()], ..File::default() };
        let operations = world.reader(&trust).grants(file).unwrap();
        (world, operations)
    })
}

/// A brand file leads to this site, `https:` and `mailto:` only, and its colours are colours.
pub(crate) fn brand(bytes: &[u8]) {
    let Some(brand) = or_explained(brand::read(bytes)) else { return };
    for link in &brand.links {
        let address = link.href.as_str();
        assert!(address.starts_with("https://") || address.starts_with("mailto:"), "{address}");
        legible(address);
        legible(&link.label);
    }
    for path in [&brand.logo, &brand.bundle, &brand.ledger].into_iter().flatten() {
        let path = path.as_str();
        assert!(!path.contains([':', '\\', '?', '#', '%']) && !path.starts_with('/') && !path.contains(".."), "{path}");
    }
    for (name, value) in brand.colors.properties() {
        assert!(name.starts_with("--brand-"));
        let digits = value.strip_prefix('#').expect("a colour begins with #");
        assert!(digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()), "{value}");
    }
    legible(&brand.name);
}

pub(crate) fn account_file_seeds() -> Vec<Vec<u8>> {
    let example = include_str!("../../../vendor/examples/account.toml");
    // The example with what it comments out, and without comments.
    let full: String = example
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest) if rest.contains(" = ") || rest.starts_with('[') => format!("{rest}\n"),
            _ if line.starts_with('#') => String::new(),
            _ => format!("{line}\n"),
        })
        .collect();
    let bare: String = example
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| format!("{}\n", line.split('#').next().unwrap_or_default().trim_end()))
        .collect();
    vec![example.into(), full.into(), bare.into()]
}

pub(crate) fn brand_seeds() -> Vec<Vec<u8>> {
    let full =
        br##"{"name":"N","organization":"O","tagline":"T","logo":"img/logo.svg","colors":{"accent":"#0b5","on_accent":
"#ffffff","accent_dark":"#3DA9FC","on_accent_dark":"#000"},"contact":{"name":"C","email":"c@n.example","phone":"+1"},
"links":[{"label":"L","href":"https://n.example/a?b#c"},{"label":"M","href":"mailto:a@b.example"}],"languages":["en"],
"bundle":"acme.bundle","ledger":"acme.ledger","trust_root":
"sha256:0000000000000000000000000000000000000000000000000000000000000000","pages":{"overview":false,"token":true}}"##;
    vec![include_bytes!("../../../static/brand.json").to_vec(), full.to_vec()]
}
