//! `postern license-code`: a public key as people pass it on, and back.

use std::path::PathBuf;
use std::str::FromStr;

use postern_protocol::license_code;
use serde_json::json;

use crate::bundle::Key;
use crate::fail::Fail;
use crate::keys;
use crate::passphrase::VendorPassphrase;
use crate::report::Report;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  postern license-code PSTN1-…\n  postern license-code ed25519:…\n  postern license-code portal.pem"
)]
pub(crate) struct Args {
    /// A License Code, a public key as ed25519:…, or a sealed key file whose public half is shown
    #[arg(value_name = "KEY")]
    key: Given,
    #[command(flatten)]
    passphrase: VendorPassphrase,
}

/// A key itself, or where it is.
#[derive(Clone, Debug)]
enum Given {
    Key(Key),
    File(PathBuf),
}

impl FromStr for Given {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let code = text.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("PSTN1"));
        if code || text.starts_with("ed25519:") { text.parse().map(Self::Key) } else { Ok(Self::File(text.into())) }
    }
}

pub(crate) fn run(args: &Args) -> Result<Report, Fail> {
    let key = match &args.key {
        Given::Key(key) => key.0,
        Given::File(path) => keys::public(&keys::open(path, args.passphrase.source(), 0, 1)?),
    };
    let code = license_code::encode(key.as_bytes());
    Ok(Report::new(format!("License Code  {code}\nPublic key    {key}"), &json!({ "license_code": code, "key": key })))
}
