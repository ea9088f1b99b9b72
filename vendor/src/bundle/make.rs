//! `postern bundle make`.

use std::fmt;
use std::path::PathBuf;

use postern_protocol::bundle_file::{contents, verify_bundle};
use postern_protocol::documents::{Bundle, Grant, Label, Parent, RevocationSerial, Sealed, Version};
use postern_protocol::{Chain, Explain, File, Id, Kind, Limits, PublicKey, SecretKey, Time, TrustState};

use super::grants::{self, Frame};
use super::portal_key::Subject;
use super::previous::Previous;
use super::show;
use super::spec::Entitlement;
use super::spec_file::{SpecError, SpecFile};
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
    let grants = desk.grants(subject.key)?;
    // Everything is found out before anybody types a passphrase.
    let operations_key = desk.operations_key(args)?;
    let sealed = subject.seal(&args.portal_passphrase)?;
    let bytes = desk.bundle(grants, sealed, &operations_key).to_bytes();
    // Nothing leaves this tool that a portal would refuse.
    let verified = verify_bundle(&bytes, &desk.trust, &Limits::DEFAULT)?;
    files::write(&args.out, &bytes, Access::Shared, args.force)?;
    Ok(show::made(&verified, &args.out))
}

/// The grants of an account file that renews nothing.
pub(crate) fn grants_of(bytes: Vec<u8>, operations: &Chain, subject: PublicKey, now: Time) -> Result<Vec<Grant>, Fail> {
    let (file, trust) = (SpecFile::read(bytes)?, operations.trust().clone());
    check(&file, &trust, now)?;
    Desk { file, trust, operations: operations.clone(), previous: None, now }.grants(subject)
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

    fn grants(&self, subject: PublicKey) -> Result<Vec<Grant>, Fail> {
        let spec = &self.file.spec;
        let frame = Frame { operations: self.operations.leaf(), account: &spec.account, subject, now: self.now };
        let mut grants = Vec::new();
        let mut findings = Vec::new();
        for (index, entitlement) in spec.entitlement.iter().enumerate() {
            let previous = self.previous.as_ref().and_then(|previous| previous.grant(&entitlement.id));
            match grants::grant(&self.file, index, entitlement, previous.map(|grant| grant.get()), &frame) {
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
        let kept = previous.map(|previous| previous.kept_grants(operations.digest())).unwrap_or_default();
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
    [account].into_iter().chain(installations).chain(listed).collect()
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
    if spec.entitlement.is_empty() {
        findings.push(file.at(&["entitlement"], "there is none", "Write one table [[entitlement]] at least."));
    }
    if spec.usable_until.is_some_and(|until| until.0 < now) {
        findings.push(file.at(&["usable_until"], "it has passed", "Choose a later day."));
    }
    findings.extend(repeated(file));
    for (id, _) in spec.labels.0.iter().filter(|(id, _)| !named(&spec.entitlement, id)) {
        let advice = "Correct the id, or take the label out; the account and installations have 'name' for it.";
        findings.push(file.at(&["labels", id.as_str()], "nothing in this file has this id", advice));
    }
    if findings.is_empty() { Ok(()) } else { Err(all(findings)) }
}

/// Entitlements with the same id, and license ids that two entitlements list.
fn repeated(file: &SpecFile) -> Vec<SpecError> {
    let mut findings = Vec::new();
    let (mut ids, mut license_ids) = (Vec::new(), Vec::new());
    for (index, entitlement) in file.spec.entitlement.iter().enumerate() {
        let number = index.to_string();
        if ids.contains(&&entitlement.id) {
            let problem = format!("'{}' is the id of an earlier entitlement", entitlement.id);
            findings.push(file.at(&["entitlement", &number, "id"], problem, "Give each entitlement its own id."));
        }
        ids.push(&entitlement.id);
        for (place, one) in entitlement.installation.iter().enumerate() {
            if license_ids.contains(&&one.license_id) {
                let path = ["entitlement", &number, "installation", &place.to_string(), "license_id"];
                let problem = format!("'{}' is listed before", one.license_id);
                findings.push(file.at(&path, problem, "List each license id once."));
            }
            license_ids.push(&one.license_id);
        }
    }
    findings
}

/// Whether an entitlement uses this id for a seat type, feature or counter, or as its own.
fn named(entitlements: &[Entitlement], id: &Id) -> bool {
    entitlements.iter().any(|one| {
        let seats = one.seats.0.iter().map(|(id, _)| id);
        let features = one.features.0.iter().map(|(id, _)| id);
        let counters = one.consumption.0.iter().map(|(id, _)| id);
        one.id == *id || seats.chain(features).chain(counters).any(|known| known == id)
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
