//! `postern license-code`: a public key as people pass it on, and back.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use postern_protocol::{PublicKey, license_code};
use serde_json::json;

use crate::bundle::Key;
use crate::fail::Fail;
use crate::files::{self, Access};
use crate::keys;
use crate::passphrase::VendorPassphrase;
use crate::report::Report;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  postern license-code PSTN1-…\n  postern license-code ed25519:…\n  postern license-code portal.pem\n  postern license-code --new portal.pem"
)]
pub(crate) struct Args {
    /// A License Code, a public key as ed25519:…, or a sealed key file whose public half is shown
    #[arg(value_name = "KEY")]
    key: Given,
    /// Make the file: a portal's key, for a portal that works without a browser
    #[arg(long)]
    new: bool,
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
        Given::File(path) if args.new => make(args, path)?,
        Given::File(path) => keys::public(&keys::open(path, args.passphrase.source(), 0, 1)?),
    };
    let code = license_code::encode(key.as_bytes());
    Ok(Report::new(format!("License Code  {code}\nPublic key    {key}"), &json!({ "license_code": code, "key": key })))
}

fn make(args: &Args, path: &Path) -> Result<PublicKey, Fail> {
    files::none_exists(&[path.to_path_buf()], false)?;
    let key = keys::make()?;
    let sealed = keys::seal(&key, &args.passphrase.source().fresh(&path.display().to_string(), 0, 1)?)?;
    files::write(path, sealed.as_bytes(), Access::OwnerOnly, false)?;
    Ok(keys::public(&key))
}
