//! `postern bundle show`: a verified bundle, in words and as data.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use postern_issuer::self_service;
use postern_protocol::bundle_file::{VerifiedBundle, verify_bundle};
use postern_protocol::describe::describe;
use postern_protocol::documents::Grant;
use postern_protocol::{File, Id, Limits, PublicKey, Verified, license_code};
use serde_json::{Value, json};

use super::credentials::CredentialsFile;
use crate::fail::Fail;
use crate::report::Report;
use crate::{files, table, trust};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The bundle
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,
    /// The vendor's trust file; without it the root in the bundle is taken, and shown for you to compare
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<Report, Fail> {
    let (bytes, file) = files::read_postern(&args.bundle)?;
    let pinned = args.trust.as_deref().map(trust::read).transpose()?;
    let trust = match &pinned {
        Some(pinned) => pinned.clone(),
        None => trust::of(&file)?,
    };
    let verified = verify_bundle(&bytes, &trust, &Limits::DEFAULT)?;
    let root = match pinned {
        Some(_) => "It holds, by the root of the trust file:",
        None => "It holds by the root that it brings itself. Compare this fingerprint with the vendor's:",
    };
    let text = format!("{root}\n  {}\n\n{}", trust.anchor().root, words(&verified));
    Ok(Report::new(text, &data(&verified, pinned.is_some())))
}

/// What is said of a bundle that was just made.
pub(crate) fn made(verified: &VerifiedBundle, path: &Path, credentials: Option<&CredentialsFile>) -> Report {
    let mut data = data(verified, true);
    let mut text = format!("{}\n", path.display());
    let mut files = json!({ "bundle": path });
    if let (Some(file), Value::Object(files)) = (credentials, &mut files) {
        files.insert("credentials".into(), json!(file.path()));
        text.push_str(&format!(
            "{}\n  {} license keys and passwords, which exist nowhere else: keep this file, and give each to its user.\n",
            file.path().display(),
            file.count
        ));
    }
    if let Value::Object(fields) = &mut data {
        fields.insert("files".into(), files);
        fields.insert("credentials_made".into(), json!(credentials.map_or(0, |file| file.count)));
    }
    Report::new(format!("{text}\n{}", words(verified)), &data)
}

/// How many entitlements people are shown.
const SHOWN: usize = 20;

fn words(verified: &VerifiedBundle) -> String {
    let document = verified.bundle.envelope().clone();
    let current = current(verified);
    let grants = current.iter().take(SHOWN).map(|grant| grant.envelope().clone()).collect();
    let file = File { documents: vec![document], grants, ..File::default() };
    let mut sections = describe(&file, &Limits::DEFAULT);
    // The bundle itself first, then what it grants.
    sections.rotate_right(1);
    let code = subject(verified).map(|key| format!("License Code of the portal's key\n  {}\n\n", code(key)));
    let text: Vec<String> = sections.iter().map(table::section).collect();
    let more = match current.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!("\n… and {more} entitlements more; --json lists all."),
    };
    format!("{}{}{more}", code.unwrap_or_default(), text.join("\n"))
}

fn data(verified: &VerifiedBundle, pinned: bool) -> Value {
    let bundle = verified.bundle.get();
    let entitlements: Vec<Value> =
        current(verified).into_iter().map(|grant| json!({ "digest": grant.digest(), "grant": grant.get() })).collect();
    let subject = subject(verified);
    json!({
        "product": bundle.product,
        "account": bundle.account,
        "serial": bundle.serial,
        "issued_at": bundle.issued_at,
        "expires_at": bundle.expires_at,
        "contact": bundle.contact,
        "labels": bundle.labels,
        "digest": verified.bundle.digest(),
        "root": verified.tree.trust().anchor().root,
        "root_pinned": pinned,
        "portal_key": {
            "key": subject,
            "license_code": subject.map(code),
            "sealed_in_bundle": bundle.sealed_key.is_some(),
        },
        "ledger_base": bundle.ledger_base,
        "entitlements": entitlements,
    })
}

/// The grants that the bundle's signer gave, of each id the newest.
fn current(verified: &VerifiedBundle) -> Vec<&Verified<Grant>> {
    let given = |grant: &&Verified<Grant>| grant.parent == verified.bundle.signed_under;
    let mut newest: HashMap<&Id, u64> = HashMap::new();
    for grant in verified.tree.grants().filter(given) {
        let serial = newest.entry(&grant.id).or_default();
        *serial = grant.serial.max(*serial);
    }
    let is_newest = |grant: &&Verified<Grant>| newest.get(&grant.id) == Some(&grant.serial);
    verified.tree.grants().filter(given).filter(is_newest).collect()
}

fn subject(verified: &VerifiedBundle) -> Option<PublicKey> {
    current(verified).iter().find(|grant| !self_service(grant)).map(|grant| grant.subject)
}

fn code(key: PublicKey) -> String {
    license_code::encode(key.as_bytes())
}
