//! `postern ops`: the operations grant, by which the root lets the vendor's daily key make bundles.

use std::path::{Path, PathBuf};

use postern_protocol::describe;
use postern_protocol::documents::{
    AfterEnd, Approval, ApprovalRight, Ceiling, CyclePolicy, Devices, ExpiryPolicy, Grant, LockEffect, Parent,
    ReleaseDead, RepairClock, Rights, Version,
};
use postern_protocol::time::DAY;
use postern_protocol::{File, Id, Kind, SecretKey, Time, TrustState};
use serde_json::json;

use crate::fail::Fail;
use crate::files::{self, Access};
use crate::moment::{At, Span, instant};
use crate::passphrase::VendorPassphrase;
use crate::report::Report;
use crate::signers::RootKeys;
use crate::{keys, signers, trust};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Make the vendor's daily key and let the root grant it everything for a year
    ///
    /// Writes ops.pem (the sealed key) and ops.grant into the folder.
    #[command(
        after_help = "Example:\n  postern ops new --trust roots/trust.trust --root-key roots/root-1.pem --root-key roots/root-2.pem --out ops"
    )]
    New(New),
    /// Renew the operations grant: same id, next serial, the same key unless --new-key is given
    #[command(
        after_help = "Example:\n  postern ops renew --trust roots/trust.trust --root-key roots/root-1.pem --root-key roots/root-2.pem \\\n      --ops-grant ops/ops.grant --out ops-2027"
    )]
    Renew(Renew),
}

#[derive(Debug, clap::Args)]
pub(crate) struct New {
    #[command(flatten)]
    shared: Shared,
    /// The grant's id
    #[arg(long, value_name = "ID", default_value = "operations")]
    id: Id,
    /// Bundles may let licenses be issued from this day on; default: the day of --at
    #[arg(long, value_name = "DAY", value_parser = instant)]
    from: Option<Time>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Renew {
    #[command(flatten)]
    shared: Shared,
    /// The operations grant to renew
    #[arg(long, value_name = "FILE")]
    ops_grant: PathBuf,
    /// Make a new daily key; grants of the old one stay valid until they end
    #[arg(long)]
    new_key: bool,
}

#[derive(Debug, clap::Args)]
struct Shared {
    #[command(flatten)]
    root: RootKeys,
    /// How long the grant lasts
    #[arg(long, value_name = "DURATION", default_value = "365 days")]
    valid_for: Span,
    /// The folder for the files
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    #[command(flatten)]
    passphrase: VendorPassphrase,
    #[command(flatten)]
    at: At,
    /// Overwrite files that are there
    #[arg(long)]
    force: bool,
}

/// Every right. Counts have no word for "unlimited"; these are more than any account needs.
const RIGHTS: Rights = Rights {
    issue: true,
    refresh: true,
    delegate: 7,
    enable: true,
    release_dead: ReleaseDead { quota: 1_000_000, cooldown: 0 },
    repair_clock: RepairClock { count: 1_000_000, max_back: 3650 * DAY },
};

pub(crate) fn run(command: Command) -> Result<Report, Fail> {
    match command {
        Command::New(args) => new(&args),
        Command::Renew(args) => renew(&args),
    }
}

fn new(args: &New) -> Result<Report, Fail> {
    let shared = &args.shared;
    let ceremony = shared.begin(true)?;
    let now = shared.at.time();
    let (key, sealed) = shared.make_key()?;
    let grant = Grant {
        kind: Kind::Grant,
        version: Version,
        product: ceremony.trust.current().product.clone(),
        id: args.id.clone(),
        serial: 1,
        parent: Parent::Root,
        subject: keys::public(&key),
        issue_from: args.from.unwrap_or(now.day_start()),
        issue_until: shared.end(now),
        issued_at: now,
        // The root says "unlimited" here, first and once: the daily key may grant everything of the product.
        rights: RIGHTS,
        account: Ceiling::Unlimited,
        license_type: Ceiling::Unlimited,
        allowances: Ceiling::Unlimited,
        features: Ceiling::Unlimited,
        consumption: Ceiling::Unlimited,
        credentials: vec![],
        devices: Devices::Pool,
        installations: Ceiling::Unlimited,
        run_until: Ceiling::Unlimited,
        longest_duration: Ceiling::Unlimited,
        longest_session: Ceiling::Unlimited,
        license_count: Ceiling::Unlimited,
        cycle: CyclePolicy { request_window: 365 * DAY, cycle_window: 365 * DAY, lock_effect: LockEffect::None },
        expiry: ExpiryPolicy { grace: Ceiling::Unlimited, after_end: AfterEnd::Warn, extension: Ceiling::Unlimited },
        allow_offline_activation: true,
        approval: Approval::Right(ApprovalRight::MayApprove),
        revocation_max_age: Ceiling::Unlimited,
        policy: None,
        server: None,
        extensions: vec![],
    };
    shared.finish(&ceremony, &grant, Some(&sealed))
}

fn renew(args: &Renew) -> Result<Report, Fail> {
    let shared = &args.shared;
    let ceremony = shared.begin(args.new_key)?;
    let (_, file) = files::read_postern(&args.ops_grant)?;
    let old = trust::operations_of_any_root(&file, &ceremony.trust)?;
    let now = shared.at.time();
    let new_key = if args.new_key { Some(shared.make_key()?) } else { None };
    let grant = Grant {
        serial: old.serial + 1,
        subject: new_key.as_ref().map_or(old.subject, |(key, _)| keys::public(key)),
        issue_until: shared.end(now),
        issued_at: now,
        ..old
    };
    shared.finish(&ceremony, &grant, new_key.as_ref().map(|(_, sealed)| sealed.as_str()))
}

/// The trust and the root keys that sign.
struct Ceremony {
    trust: TrustState,
    signing: Vec<SecretKey>,
}

impl Shared {
    fn key_file(&self) -> PathBuf {
        self.out.join("ops.pem")
    }

    fn grant_file(&self) -> PathBuf {
        self.out.join("ops.grant")
    }

    fn end(&self, now: Time) -> Time {
        now.plus(self.valid_for.0).day_end()
    }

    fn begin(&self, with_key: bool) -> Result<Ceremony, Fail> {
        if with_key {
            files::none_exists(&[self.key_file()], self.force)?;
        }
        files::none_exists(&[self.grant_file()], self.force)?;
        let trust = trust::read(&self.root.trust)?;
        let count = self.root.root_key.len() + usize::from(with_key);
        let signing = signers::open(&trust, &self.root.root_key, self.passphrase.source(), count)?;
        Ok(Ceremony { trust, signing })
    }

    fn make_key(&self) -> Result<(SecretKey, String), Fail> {
        let key = keys::make()?;
        let before = self.root.root_key.len();
        let name = self.key_file().display().to_string();
        let sealed = keys::seal(&key, &self.passphrase.source().fresh(&name, before, before + 1)?)?;
        Ok((key, sealed))
    }

    fn finish(&self, ceremony: &Ceremony, grant: &Grant, sealed: Option<&str>) -> Result<Report, Fail> {
        let envelope = keys::sign(grant, &ceremony.signing.iter().collect::<Vec<_>>());
        let file = File { grants: vec![envelope], ..File::default() };
        trust::operations(file.clone(), &ceremony.trust)?;
        files::folder(&self.out)?;
        if let Some(sealed) = sealed {
            files::write(&self.key_file(), sealed.as_bytes(), Access::OwnerOnly, self.force)?;
        }
        files::write(&self.grant_file(), &file.to_bytes(), Access::Shared, self.force)?;
        Ok(self.report(grant, sealed.is_some().then(|| self.key_file()).as_deref()))
    }

    fn report(&self, grant: &Grant, key_file: Option<&Path>) -> Report {
        let key = key_file.map_or_else(|| "  (the key stays the same)".into(), |path| format!("  {}", path.display()));
        let text = format!(
            "Operations grant '{}', serial {}: bundles can be made whose licenses are issued {} to {}.\n\n\
             The daily key:\n{key}\nThe grant:\n  {}",
            grant.id,
            grant.serial,
            describe::time(grant.issue_from),
            describe::time(grant.issue_until),
            self.grant_file().display()
        );
        let data = json!({
            "id": grant.id,
            "serial": grant.serial,
            "subject": grant.subject,
            "issue_from": grant.issue_from,
            "issue_until": grant.issue_until,
            "files": { "grant": self.grant_file(), "key": key_file },
        });
        Report::new(text, &data)
    }
}
