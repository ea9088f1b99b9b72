//! `postern revoke`, `suspend` and `resume`: the next revocation list of a grantor, about what hangs below it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use postern_protocol::bundle_file::BundleSteps;
use postern_protocol::documents::{Entry, Grantor, InstalledEffect, Revocations, Standing, Target, Version};
use postern_protocol::{
    Chain, Digest, Explain, File, Id, Kind, Limits, PublicKey, Reader, SecretKey, Time, TrustState, Unverified,
    Verified,
};
use serde_json::json;

use crate::approve::plain;
use crate::bundle::Key;
use crate::fail::Fail;
use crate::files::{self, Access};
use crate::moment::At;
use crate::passphrase::VendorPassphrase;
use crate::registry::{Known, Registry, Which};
use crate::report::Report;
use crate::{keys, table};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    target: What,
    /// What happens to licenses that are installed: "keep", they go on until their end, or "stop", they stop when the
    /// list reaches the machine
    #[arg(long, value_name = "EFFECT", value_parser = effect)]
    installed: InstalledEffect,
    #[command(flatten)]
    means: Means,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RevokeArgs {
    #[command(flatten)]
    shared: Args,
    /// Revoke only the grant's forms below this serial, which a newer form replaces
    #[arg(long, value_name = "SERIAL", requires = "grant", value_parser = clap::value_parser!(u64).range(2..))]
    before_serial: Option<u64>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ResumeArgs {
    #[command(flatten)]
    target: What,
    #[command(flatten)]
    means: Means,
}

/// What it is about.
#[derive(Debug, clap::Args)]
struct What {
    /// The account that the entitlement is of
    #[arg(long, value_name = "ACCOUNT", requires = "grant")]
    account: Option<Id>,
    #[command(flatten)]
    one: One,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct One {
    /// An entitlement of an account
    #[arg(long, value_name = "ID", requires = "account")]
    grant: Option<Id>,
    /// A machine, by its key or its License Code
    #[arg(long, value_name = "KEY")]
    device: Option<Key>,
    /// One license, by its digest
    #[arg(long, value_name = "DIGEST", value_parser = digest)]
    license: Option<Digest>,
    /// Everything that a portal's key was granted
    #[arg(long, value_name = "KEY")]
    subject: Option<Key>,
}

/// Who says it, and why.
#[derive(Debug, clap::Args)]
struct Means {
    /// The key that says so: the daily key; a reseller's own
    #[arg(long, value_name = "FILE")]
    ops_key: PathBuf,
    /// What that key was granted: the operations grant; a reseller's own bundle
    #[arg(long, value_name = "FILE")]
    ops_grant: PathBuf,
    /// Why; kept in the registry, not told to customers
    #[arg(long, value_name = "TEXT", value_parser = plain)]
    reason: String,
    /// Who decided it; kept in the registry
    #[arg(long, value_name = "NAME", value_parser = plain)]
    reviewer: String,
    /// Where to write the list by itself, for other registries
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Overwrite the file if it is there
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    passphrase: VendorPassphrase,
    #[command(flatten)]
    at: At,
}

/// How something is to stand from now on.
#[derive(Clone, Copy)]
struct Change {
    standing: Standing,
    min_serial: u64,
    effect: InstalledEffect,
}

pub(crate) fn revoke(args: &RevokeArgs) -> Result<Report, Fail> {
    let Args { target, installed, means } = &args.shared;
    let change = match args.before_serial {
        Some(min_serial) => Change { standing: Standing::Active, min_serial, effect: *installed },
        None => Change { standing: Standing::Revoked, min_serial: 0, effect: *installed },
    };
    say(target, change, means)
}

pub(crate) fn suspend(args: &Args) -> Result<Report, Fail> {
    let change = Change { standing: Standing::Suspended, min_serial: 0, effect: args.installed };
    say(&args.target, change, &args.means)
}

pub(crate) fn resume(args: &ResumeArgs) -> Result<Report, Fail> {
    say(&args.target, Change { standing: Standing::Active, min_serial: 0, effect: InstalledEffect::Keep }, &args.means)
}

fn say(what: &What, change: Change, means: &Means) -> Result<Report, Fail> {
    files::none_exists(means.out.as_slice(), means.force)?;
    let mut registry = means.which.open()?;
    let (target, known) = what.find(&registry)?;
    let (_, file) = files::read_postern(&means.ops_grant)?;
    let key = keys::open(&means.ops_key, means.passphrase.source(), 0, 1)?;
    let chain = granted(file, registry.trust(), &key)?;
    let issuer = keys::public(&key);
    if !registry.is_below(&known, &issuer)? {
        return Err(RevokeError::NotBelow { issuer }.into());
    }
    let before = registry.newest_list(issuer)?;
    let entries = entries(before.as_ref().map(|list| list.entries.as_slice()).unwrap_or_default(), &target, change)?;
    let list = sign(&key, &chain, before.map_or(1, |list| list.serial + 1), entries, means.at.time())?;
    let file = File { revocations: vec![list.envelope().clone()], ..chain.file(list.envelope().clone(), 0) };
    let file = File { documents: vec![], ..file };
    let staged = means.out.as_ref().map(|out| files::stage(out, &file.to_bytes(), Access::Shared)).transpose()?;
    registry.add_list(&list, &means.reason, &means.reviewer)?;
    staged.map_or(Ok(()), |staged| staged.keep(means.force))?;
    Ok(report(&list, means))
}

fn report(list: &Verified<Revocations>, means: &Means) -> Report {
    let section = postern_protocol::describe::section(list.envelope(), &Limits::DEFAULT);
    let out = means.out.as_ref().map(|out| format!("{}\n", out.display())).unwrap_or_default();
    let text = format!(
        "{out}{}\nIt reaches portals and machines by the next bundles: postern renew ACCOUNT_FILE --registry …",
        table::section(&section)
    );
    let data = json!({
        "issuer": list.issuer,
        "serial": list.serial,
        "entries": list.entries,
        "digest": list.digest(),
        "files": { "revocations": means.out },
    });
    Report::new(text, &data)
}

/// The path of grants of this key: a file that ends with its grant, or a bundle that has it.
fn granted(file: File, trust: &TrustState, key: &SecretKey) -> Result<Chain, Fail> {
    let public = keys::public(key);
    let chain = if file.kind() == Some(Kind::Bundle) {
        let bundle = BundleSteps::begin(file, trust, &Limits::DEFAULT)?.finish()?;
        bundle.tree.chains_of(public).into_iter().next()
    } else {
        let chain = Reader { trust, revocations: &[], limits: Limits::DEFAULT }.grants(file)?;
        Some(chain).filter(|chain| chain.leaf().subject == public)
    };
    chain.ok_or_else(|| RevokeError::OtherKey.into())
}

impl What {
    fn find(&self, registry: &Registry) -> Result<(Target, Known), Fail> {
        let (target, known) = match (&self.one, &self.account) {
            (One { grant: Some(id), .. }, Some(account)) => {
                let account = registry.find_account(account)?;
                let known = registry.known_grant(account.row, id)?;
                let grantor = known.as_ref().and_then(|known| known.grantor).unwrap_or(Grantor::Root);
                (Target::Grant { grantor, id: id.clone() }, known)
            }
            (One { device: Some(Key(key)), .. }, _) => (Target::Device(*key), registry.known_machine(key)?),
            (One { license: Some(license), .. }, _) => (Target::License(*license), registry.known_license(license)?),
            (One { subject: Some(Key(key)), .. }, _) => (Target::Subject(*key), registry.known_subject(key)?),
            _ => return Err(RevokeError::Unknown.into()),
        };
        Ok((target, known.ok_or(RevokeError::Unknown)?))
    }
}

/// The list that follows another: what it says of everything else stays.
fn entries(before: &[Entry], target: &Target, change: Change) -> Result<Vec<Entry>, RevokeError> {
    let old = before.iter().find(|entry| entry.target == *target);
    let stands = old.map_or(Standing::Active, |entry| entry.standing);
    // A cut says nothing about a suspension.
    let resumes = change.standing == Standing::Active && change.min_serial == 0;
    match (stands, resumes) {
        (Standing::Revoked, _) => return Err(RevokeError::Final),
        (Standing::Active, true) => return Err(RevokeError::NotSuspended),
        _ => {}
    }
    let min_serial = old.map_or(0, |entry| entry.min_serial).max(change.min_serial);
    let standing = if change.min_serial > 0 { stands } else { change.standing };
    let mut entries: Vec<Entry> = before.iter().filter(|entry| entry.target != *target).cloned().collect();
    if standing != Standing::Active || min_serial > 0 {
        entries.push(Entry { target: target.clone(), standing, min_serial, effect: change.effect });
    }
    Ok(entries)
}

fn sign(
    key: &SecretKey,
    chain: &Chain,
    serial: u64,
    entries: Vec<Entry>,
    now: Time,
) -> Result<Verified<Revocations>, Fail> {
    let list = Revocations {
        kind: Kind::Revocations,
        version: Version,
        product: chain.leaf().product.clone(),
        issuer: Grantor::Key(keys::public(key)),
        serial,
        issued_at: now,
        entries,
        extensions: vec![],
    };
    Ok(Unverified::<Revocations>::new(keys::sign(&list, &[key]))?.verify(chain.subject(), &Limits::DEFAULT)?)
}

fn effect(text: &str) -> Result<InstalledEffect, String> {
    InstalledEffect::from_str(text).map_err(|_| "write keep or stop".into())
}

fn digest(text: &str) -> Result<Digest, String> {
    text.parse().map_err(|()| "a digest is written sha256: and 64 lowercase hexadecimal digits".into())
}

/// Why nothing was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RevokeError {
    /// The registry knows no such thing.
    Unknown,
    /// It was granted by somebody else.
    NotBelow {
        /// Whose key it is.
        issuer: PublicKey,
    },
    /// The key is not the one that was granted.
    OtherKey,
    /// It is revoked for good.
    Final,
    /// It is not suspended.
    NotSuspended,
}

impl fmt::Display for RevokeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("The registry knows nothing of that name."),
            Self::NotBelow { issuer } => {
                write!(f, "It does not hang below the key {}, which therefore has no say in it.", issuer.short())
            }
            Self::OtherKey => f.write_str("The key is not the one that the grant names."),
            Self::Final => f.write_str("It is revoked, and that is final."),
            Self::NotSuspended => f.write_str("It is not suspended."),
        }
    }
}

impl Explain for RevokeError {
    fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "revoke-unknown",
            Self::NotBelow { .. } => "revoke-not-below",
            Self::OtherKey => "revoke-key-other",
            Self::Final => "revoke-final",
            Self::NotSuspended => "revoke-not-suspended",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::Unknown => "Correct the name; a machine or license is known once its ledger or request was imported.",
            Self::NotBelow { .. } => {
                "Only whoever granted it, or granted that, can revoke it: use that key. After the daily key was \
                 replaced, what the old one granted is revoked with the old one."
            }
            Self::OtherKey => "Give the key and the grant that belong together.",
            Self::Final => "Grant it anew, under another id or to another key.",
            Self::NotSuspended => "There is nothing to resume.",
        }
        .into()
    }
}
