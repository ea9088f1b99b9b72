//! `postern bundle make`.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::PathBuf;

use postern_protocol::bundle_file::{contents, verify_bundle};
use postern_protocol::documents::{Bundle, CredentialKind, Grant, Label, Parent, RevocationSerial, Sealed, Version};
use postern_protocol::{Chain, Explain, File, Id, Kind, Limits, PublicKey, SecretKey, Time, TrustState};

use super::credentials::Credentials;
use super::grants::{self, Frame};
use super::licenses::{Placed, Wanted, placed};
use super::portal_key::Subject;
use super::previous::Previous;
use super::show;
use super::spec::{Credential, Spec};
use super::spec_file::{SpecError, SpecFile};
use super::values::{ById, Key};
use crate::fail::Fail;
use crate::files::{self, Access};
use crate::moment::At;
use crate::passphrase::{PortalPassphrase, VendorPassphrase};
use crate::report::Report;
use crate::{keys, trust};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The account file (see postern bundle example)
    #[arg(value_name = "ACCOUNT_FILE")]
    spec: PathBuf,
    /// The vendor's trust file
    #[arg(long, value_name = "FILE")]
    trust: PathBuf,
    /// The vendor's daily key
    #[arg(long, value_name = "FILE")]
    ops_key: PathBuf,
    /// The operations grant
    #[arg(long, value_name = "FILE")]
    ops_grant: PathBuf,
    /// The account's last bundle, which this one renews
    #[arg(long, value_name = "FILE")]
    previous: Option<PathBuf>,
    /// The file that keeps license keys and passwords: new ones are added to it, none is ever changed
    #[arg(long, value_name = "FILE")]
    credentials: Option<PathBuf>,
    /// Where to write the bundle
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    passphrase: VendorPassphrase,
    #[command(flatten)]
    portal_passphrase: PortalPassphrase,
    #[command(flatten)]
    at: At,
    /// Overwrite the file if it is there
    #[arg(long)]
    force: bool,
}

pub(crate) fn run(args: &Args) -> Result<Report, Fail> {
    files::none_exists(std::slice::from_ref(&args.out), args.force)?;
    let desk = Desk::open(args)?;
    let subject = Subject::find(desk.file.spec.portal_key, desk.previous.as_ref())?;
    let mut credentials = Credentials::open(args.credentials.as_deref())?;
    let placed = desk.with_credentials(&mut credentials)?;
    let grants = desk.grants(subject.key, &placed)?;
    // Everything is found out before anybody types a passphrase.
    let operations_key = desk.operations_key(args)?;
    let sealed = subject.seal(&args.portal_passphrase)?;
    let bytes = desk.bundle(grants, sealed, &operations_key).to_bytes();
    // Nothing leaves this tool that a portal would refuse.
    let verified = verify_bundle(&bytes, &desk.trust, &Limits::DEFAULT)?;
    let kept = credentials.save()?;
    files::write(&args.out, &bytes, Access::Shared, args.force)?;
    Ok(show::made(&verified, &args.out, kept))
}

/// The grants of an account file that renews nothing.
pub(crate) fn grants_of(bytes: Vec<u8>, operations: &Chain, subject: PublicKey, now: Time) -> Result<Vec<Grant>, Fail> {
    let (file, trust) = (SpecFile::read(bytes)?, operations.trust().clone());
    check(&file, &trust, now)?;
    let desk = Desk { file, trust, operations: operations.clone(), previous: None, now };
    // Without a place for secrets, licenses have only the credentials that the file gives.
    let placed = placed(&desk.file).map_err(all)?;
    desk.grants(Some(subject), &placed)
}

/// Everything that the bundle is made from.
struct Desk {
    file: SpecFile,
    trust: TrustState,
    operations: Chain,
    previous: Option<Previous>,
    now: Time,
}

impl Desk {
    fn open(args: &Args) -> Result<Self, Fail> {
        let file = SpecFile::read(files::read(&args.spec)?)?;
        let trust = trust::read(&args.trust)?;
        let operations = trust::operations(files::read_postern(&args.ops_grant)?.1, &trust)?;
        let now = args.at.time();
        check(&file, &trust, now)?;
        let account = &file.spec.account;
        let previous = args.previous.as_ref().map(|path| Previous::read(path, &trust, account)).transpose()?;
        Ok(Self { file, trust, operations, previous, now })
    }

    fn operations_key(&self, args: &Args) -> Result<SecretKey, Fail> {
        let key = keys::open(&args.ops_key, args.passphrase.source(), 0, 1)?;
        let expected = self.operations.leaf().subject;
        if keys::public(&key) == expected { Ok(key) } else { Err(MakeError::OtherOpsKey { expected }.into()) }
    }

    /// Every entitlement with its credentials: those that the file or the last bundle has, and new ones.
    fn with_credentials(&self, credentials: &mut Credentials) -> Result<Vec<Placed>, Fail> {
        let placed = placed(&self.file).map_err(all)?;
        let before = self.previous.as_ref().map(Previous::newest).unwrap_or_default();
        let mut kept: HashMap<Wanted, PublicKey> = HashMap::new();
        for one in &placed {
            let Some(grant) = before.get(&one.entitlement.id) else { continue };
            for kind in [CredentialKind::LicenseKey, CredentialKind::User] {
                // Of users a bundle does not tell the names: they keep their order.
                let wanted = one.wanted.iter().filter(|wanted| wanted.kind() == kind);
                let keys = grant.credentials.iter().filter(|one| one.from == kind).map(|one| one.key);
                kept.extend(wanted.cloned().zip(keys));
            }
        }
        let wanted: Vec<&Wanted> =
            placed.iter().flat_map(|one| &one.wanted).filter(|one| !kept.contains_key(*one)).collect();
        credentials.make(&wanted, self.trust.current())?;
        let key = |wanted: &Wanted| credentials.get(wanted).or_else(|| kept.get(wanted).copied());
        let found = |wanted: &Wanted| key(wanted).map(|key| Credential { key: Key(key), from: wanted.kind() });
        Ok(placed.into_iter().map(|one| one.with(found)).collect())
    }

    fn grants(&self, subject: Option<PublicKey>, placed: &[Placed]) -> Result<Vec<Grant>, Fail> {
        let spec = &self.file.spec;
        let frame = Frame { operations: self.operations.leaf(), account: &spec.account, subject, now: self.now };
        let before = self.previous.as_ref().map(Previous::newest).unwrap_or_default();
        let mut grants = Vec::with_capacity(placed.len());
        let mut findings = Vec::new();
        for one in placed {
            let previous = before.get(&one.entitlement.id).map(|grant| grant.get());
            match grants::grant(&self.file, one, previous, &frame) {
                Ok(grant) => grants.push(grant),
                Err(found) => findings.extend(found),
            }
        }
        if findings.is_empty() { Ok(grants) } else { Err(all(findings)) }
    }

    fn bundle(&self, grants: Vec<Grant>, sealed_key: Option<Sealed>, operations_key: &SecretKey) -> File {
        let spec = &self.file.spec;
        let operations = self.operations.leaf();
        let previous = self.previous.as_ref();
        let kept =
            previous.map(|previous| previous.kept_grants(operations.digest(), grants.len() + 1)).unwrap_or_default();
        let made = grants.iter().map(|grant| keys::sign(grant, &[operations_key]));
        let mut file = File {
            trust: self.trust.history().iter().map(|trust| trust.envelope().clone()).collect(),
            grants: [operations.envelope().clone()].into_iter().chain(kept).chain(made).collect(),
            revocations: previous.map(Previous::revocations).unwrap_or_default(),
            documents: vec![],
        };
        let (count, merkle_root) = contents(&file);
        let lists = previous.map(|previous| previous.verified.tree.revocations()).unwrap_or_default();
        let last_issue = grants.iter().map(|grant| grant.issue_until).max().unwrap_or(self.now);
        let bundle = Bundle {
            kind: Kind::Bundle,
            version: Version,
            product: spec.product.clone(),
            account: spec.account.clone(),
            signed_under: Parent::Grant(operations.digest()),
            serial: previous.map_or(1, |previous| previous.verified.bundle.serial + 1),
            issued_at: self.now,
            expires_at: spec.usable_until.map_or(last_issue, |until| until.0),
            count,
            merkle_root,
            ledger_base: previous.and_then(|previous| previous.verified.bundle.ledger_base.clone()),
            revocations: lists
                .iter()
                .map(|list| RevocationSerial { issuer: list.issuer, serial: list.serial })
                .collect(),
            sealed_key,
            labels: labels(&self.file),
            contact: spec.contact.0.clone(),
            extensions: vec![],
        };
        file.documents.push(keys::sign(&bundle, &[operations_key]));
        file
    }
}

/// The names that people read, for the account, its installations, and what `[labels]` lists.
fn labels(file: &SpecFile) -> Vec<Label> {
    let spec = &file.spec;
    let account = Label { id: spec.account.clone(), text: spec.name.0.clone() };
    let installations = spec
        .entitlement
        .iter()
        .flat_map(|entitlement| &entitlement.installation)
        .filter_map(|one| one.name.as_ref().map(|name| Label { id: one.license_id.clone(), text: name.0.clone() }));
    let listed = spec.labels.0.iter().map(|(id, text)| Label { id: id.clone(), text: text.0.clone() });
    let licenses = spec.license.iter().filter(|license| license.count.is_none());
    let licenses = licenses
        .filter_map(|license| license.name.as_ref().map(|name| Label { id: license.id.clone(), text: name.0.clone() }));
    [account].into_iter().chain(installations).chain(licenses).chain(listed).collect()
}

/// What can be said of an account file before any grant is made.
fn check(file: &SpecFile, trust: &TrustState, now: Time) -> Result<(), Fail> {
    let spec = &file.spec;
    let product = &trust.current().product;
    let mut findings = Vec::new();
    if spec.product != *product {
        let advice = format!("Write product = \"{product}\", or give the trust file of '{}'.", spec.product);
        findings.push(file.at(&["product"], format!("the trust file is for '{product}'"), advice));
    }
    if spec.entitlement.is_empty() && spec.license.is_empty() {
        let advice = "Write one table [[entitlement]] or [[license]] at least.";
        findings.push(file.at(&["entitlement"], "there is none", advice));
    }
    if spec.usable_until.is_some_and(|until| until.0 < now) {
        findings.push(file.at(&["usable_until"], "it has passed", "Choose a later day."));
    }
    findings.extend(repeated(file));
    for (id, _) in spec.labels.0.iter().filter(|(id, _)| !named(spec, id)) {
        let advice = "Correct the id, or take the label out; the account and installations have 'name' for it.";
        findings.push(file.at(&["labels", id.as_str()], "nothing in this file has this id", advice));
    }
    if findings.is_empty() { Ok(()) } else { Err(all(findings)) }
}

/// Entitlements, licenses and policies with the same id, and license ids that two entitlements list.
fn repeated(file: &SpecFile) -> Vec<SpecError> {
    let spec = &file.spec;
    let mut findings = Vec::new();
    let (mut ids, mut license_ids, mut policies) = (HashSet::new(), HashSet::new(), HashSet::new());
    let mut once = |first: bool, path: &[&str], id: &Id| {
        if !first {
            findings.push(file.at(path, format!("'{id}' is listed before"), "Give each its own id."));
        }
    };
    for (index, policy) in spec.policy.iter().enumerate() {
        once(policies.insert(&policy.id), &["policy", &index.to_string(), "id"], &policy.id);
    }
    for (index, entitlement) in spec.entitlement.iter().enumerate() {
        let number = index.to_string();
        once(ids.insert(&entitlement.id), &["entitlement", &number, "id"], &entitlement.id);
        for (place, one) in entitlement.installation.iter().enumerate() {
            let path = ["entitlement", &number, "installation", &place.to_string(), "license_id"];
            once(license_ids.insert(&one.license_id), &path, &one.license_id);
        }
    }
    for (index, license) in spec.license.iter().enumerate() {
        let path = ["license", &index.to_string(), "id"];
        once(ids.insert(&license.id) && license_ids.insert(&license.id), &path, &license.id);
    }
    findings
}

/// Whether the account file uses this id for a seat type, feature or counter, or for an entitlement.
fn named(spec: &Spec, id: &Id) -> bool {
    fn has<T>(table: &ById<T>, id: &Id) -> bool {
        table.0.iter().any(|(key, _)| key == id)
    }
    let own = |table: Option<bool>| table.unwrap_or_default();
    spec.entitlement
        .iter()
        .any(|one| one.id == *id || has(&one.seats, id) || has(&one.features, id) || has(&one.consumption, id))
        || spec.policy.iter().any(|one| has(&one.seats, id) || has(&one.features, id) || has(&one.consumption, id))
        || spec.license.iter().any(|one| {
            one.id == *id
                || own(one.seats.as_ref().map(|table| has(table, id)))
                || own(one.features.as_ref().map(|table| has(table, id)))
                || own(one.consumption.as_ref().map(|table| has(table, id)))
        })
}

fn all(findings: Vec<SpecError>) -> Fail {
    Fail::all(findings.into_iter().map(|finding| Box::new(finding) as Box<dyn Explain>).collect())
}

/// Why no bundle was made, besides what the account file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MakeError {
    /// The daily key is not the operations grant's subject.
    OtherOpsKey {
        /// The key that the grant names.
        expected: PublicKey,
    },
}

impl fmt::Display for MakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherOpsKey { expected } => {
                write!(f, "The daily key is not the one that the operations grant names, {expected}.")
            }
        }
    }
}

impl Explain for MakeError {
    fn code(&self) -> &'static str {
        match self {
            Self::OtherOpsKey { .. } => "ops-key-other",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::OtherOpsKey { .. } => "Give the key and the grant that 'postern ops' wrote together.".into(),
        }
    }
}
