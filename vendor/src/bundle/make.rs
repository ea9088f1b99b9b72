//! `postern bundle make`.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use postern_protocol::bundle_file::{contents, verify_bundle};
use postern_protocol::documents::{
    Approval, Bundle, Credential, Document, Grant, Label, LedgerBase, Parent, RevocationSerial, Sealed, Version,
};
use postern_protocol::{
    Chain, Digest, Envelope, Explain, File, Id, Kind, Limits, PublicKey, SecretKey, Time, TrustState, Verified,
};

use super::check::{all, check};
use super::credentials::{self, Issued, Known};
use super::grants::{self, Frame};
use super::known::{heard, newest, of_registry};
use super::licenses::{Node, Wanted};
use super::portal_key::Subject;
use super::previous::Previous;
use super::renew::From;
use super::show;
use super::spec::Entitlement;
use super::spec_file::{SpecError, SpecFile};
use crate::fail::Fail;
use crate::files::{self, Access};
use crate::moment::At;
use crate::passphrase::{PortalPassphrase, VendorPassphrase};
use crate::registry::{Perhaps, Registry};
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
    /// The account's last bundle, which this one renews; default: the registry's newest
    #[arg(long, value_name = "FILE")]
    previous: Option<PathBuf>,
    #[command(flatten)]
    registry: Perhaps,
    #[command(flatten)]
    from: From,
    /// Where to write the license keys and passwords that are made, for you alone; never overwritten
    #[arg(long, value_name = "FILE")]
    credentials: Option<PathBuf>,
    /// A credentials file of an earlier bundle: it says whose its passwords are
    #[arg(long, value_name = "FILE")]
    known: Vec<PathBuf>,
    /// Make this license's key or passwords anew, whatever the last bundle has
    #[arg(long, value_name = "LICENSE_ID")]
    new_credentials: Vec<Id>,
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

/// `postern renew`: the same, with a last bundle.
pub(crate) fn renew(args: &Args) -> Result<Report, Fail> {
    make(args, true)
}

pub(crate) fn run(args: &Args) -> Result<Report, Fail> {
    make(args, false)
}

fn make(args: &Args, renews: bool) -> Result<Report, Fail> {
    files::none_exists(std::slice::from_ref(&args.out), args.force)?;
    let mut registry = args.registry.open()?;
    let desk = Desk::open(args, registry.as_ref())?;
    let wants = renews || args.from.any() || !args.known.is_empty() || !args.new_credentials.is_empty();
    if wants && desk.previous.is_none() {
        return Err(MakeError::NothingToRenew.into());
    }
    let kept = desk.previous.as_ref().filter(|_| !args.from.re_key);
    let subject = Subject::find(desk.file.spec.portal_key, kept)?;
    let base = match &desk.previous {
        Some(previous) => args.from.base(previous, registry.as_ref(), subject.key, &desk.trust, desk.now)?,
        None => None,
    };
    // Passwords take their time: whatever else is wrong is found out before.
    desk.judge(subject.key)?;
    let credentials = desk.credentials(args)?;
    let grants = desk.grants(subject.key, &credentials.keys)?;
    // Everything is found out before anybody types a passphrase.
    let operations_key = desk.operations_key(args)?;
    let sealed = subject.seal(&args.portal_passphrase)?;
    let bytes = desk.bundle(&grants, sealed, base, &operations_key).to_bytes();
    // Nothing leaves this tool that a portal would refuse.
    let verified = verify_bundle(&bytes, &desk.trust, &Limits::DEFAULT)?;
    // First the secrets: a bundle whose keys nobody has is of no use.
    let staged = files::stage(&args.out, &bytes, Access::Shared)?;
    if let Some(file) = &credentials.file {
        file.write()?;
    }
    // Whoever uses a bundle finds it in the registry; one that only the registry has is renewed like any other.
    if let Some(registry) = &mut registry {
        registry.take_bundle(&args.out, &verified, &bytes, desk.now)?;
    }
    staged.keep(args.force)?;
    Ok(show::made(&verified, &args.out, credentials.file.as_ref()))
}

/// The grants of an account file that renews nothing and imports nothing. Credentials that the tool would make are the
/// keys that their license ids stand for here: the grants' form does not depend on them.
pub(crate) fn grants_of(bytes: Vec<u8>, operations: &Chain, subject: PublicKey, now: Time) -> Result<Vec<Grant>, Fail> {
    let (file, trust) = (SpecFile::read(bytes)?, operations.trust().clone());
    let nodes = check(&file, &trust, now, None)?;
    let stand_in = |node: &Node, wanted: &Wanted| {
        let digest = Digest::of(format!("{} {wanted:?}", node.entitlement.id).as_bytes());
        let key = keys::public(&SecretKey::from_bytes(digest.as_bytes()));
        Credential { key, from: wanted.kind() }
    };
    let all = |node: &Node| node.wanted.iter().map(|wanted| stand_in(node, wanted)).collect();
    let credentials: Vec<Vec<Credential>> = nodes.iter().map(all).collect();
    let (approvals, lists) = (HashMap::new(), Vec::new());
    Desk { file, trust, operations: operations.clone(), previous: None, re_key: false, nodes, approvals, lists, now }
        .grants(Some(subject), &credentials)
}

/// Everything that the bundle is made from.
struct Desk {
    file: SpecFile,
    trust: TrustState,
    operations: Chain,
    previous: Option<Previous>,
    /// Whether the portal's key is another one from now on: the bundle then leaves out what the old one was granted.
    re_key: bool,
    /// The node-locked licenses, one by one.
    nodes: Vec<Node>,
    /// The registry's approvals, by entitlement.
    approvals: HashMap<Id, Approval>,
    /// The newest revocations that are known.
    lists: Vec<Envelope>,
    now: Time,
}

impl Desk {
    fn open(args: &Args, registry: Option<&Registry>) -> Result<Self, Fail> {
        let file = SpecFile::read(files::read(&args.spec)?)?;
        let trust = trust::read(&args.trust)?;
        let operations = trust::operations(files::read_postern(&args.ops_grant)?.1, &trust)?;
        let now = args.at.time();
        let folder = args.spec.parent().unwrap_or(Path::new("."));
        let nodes = check(&file, &trust, now, Some(folder))?;
        let account = &file.spec.account;
        let known = registry.map(|registry| of_registry(registry, &trust, account)).transpose()?.unwrap_or_default();
        let previous = match &args.previous {
            Some(path) => Some(files::read(path)?),
            None => known.bundle,
        };
        let previous = previous.map(|bytes| Previous::of(&bytes, &trust, account)).transpose()?;
        let lists = newest(previous.as_ref().map(Previous::revocations).unwrap_or_default(), known.lists);
        let re_key = args.from.re_key;
        Ok(Self { file, trust, operations, previous, re_key, nodes, approvals: known.approvals, lists, now })
    }

    fn operations_key(&self, args: &Args) -> Result<SecretKey, Fail> {
        let key = keys::open(&args.ops_key, args.passphrase.source(), 0, 1)?;
        let expected = self.operations.leaf().subject;
        if keys::public(&key) == expected { Ok(key) } else { Err(MakeError::OtherOpsKey { expected }.into()) }
    }

    /// Refuses what no credential would change: of each table its first license is judged.
    fn judge(&self, subject: Option<PublicKey>) -> Result<(), Fail> {
        let mut findings = Vec::new();
        let mut judged = None;
        for node in self.nodes.iter().filter(|node| judged.replace(node.table) != Some(node.table)) {
            let number = node.table.to_string();
            if subject.is_none() && !node.self_service {
                let advice = "Write self_service = true here, or another portal_key: somebody has to issue it.";
                findings.push(self.file.at(&["license", &number], "nobody could issue it", advice));
                continue;
            }
            // Any key does: it is not judged.
            let subject = subject.unwrap_or(self.operations.leaf().subject);
            findings
                .extend(self.grant(["license", &number], &node.entitlement, subject, &[]).err().unwrap_or_default());
        }
        if findings.is_empty() { Ok(()) } else { Err(all(findings)) }
    }

    fn credentials(&self, args: &Args) -> Result<Issued, Fail> {
        let known = Known::read(&args.known)?;
        let previous = |id: &Id| match &self.previous {
            Some(previous) if !args.new_credentials.contains(id) => previous.grant(id).map(Verified::get),
            _ => None,
        };
        credentials::issue(&self.nodes, previous, &known, args.credentials.as_deref(), self.trust.current())
    }

    fn grant(
        &self,
        place: [&str; 2],
        entitlement: &Entitlement,
        subject: PublicKey,
        credentials: &[Credential],
    ) -> Result<Grant, Vec<SpecError>> {
        let frame =
            Frame { operations: self.operations.leaf(), account: &self.file.spec.account, subject, now: self.now };
        let previous = self.previous.as_ref().and_then(|previous| previous.grant(&entitlement.id));
        let mut grant = grants::grant(&self.file, place, entitlement, previous.map(|grant| grant.get()), &frame)?;
        if let (None, Some(approval)) = (&entitlement.approval, self.approvals.get(&entitlement.id)) {
            grant.approval = approval.clone();
        }
        if !credentials.is_empty() {
            grant.credentials = credentials.to_vec();
            grant.check().map_err(|problem| {
                vec![self.file.at(&[place[0], place[1], "credentials"], problem, "List each credential once.")]
            })?;
        }
        Ok(grant)
    }

    /// Every grant: the entitlements', then the licenses', each with its credentials.
    fn grants(&self, subject: Option<PublicKey>, credentials: &[Vec<Credential>]) -> Result<Vec<Grant>, Fail> {
        let mut grants = Vec::with_capacity(self.file.spec.entitlement.len() + self.nodes.len());
        let mut findings = Vec::new();
        for (index, entitlement) in self.file.spec.entitlement.iter().enumerate() {
            let Some(subject) = subject else { continue };
            match self.grant(["entitlement", &index.to_string()], entitlement, subject, &[]) {
                Ok(grant) => grants.push(grant),
                Err(found) => findings.extend(found),
            }
        }
        let mut failed = None;
        for (node, own) in self.nodes.iter().zip(credentials) {
            // What is wrong with one license of a table is wrong with all of them.
            if failed == Some(node.table) {
                continue;
            }
            let issuer = own.first().map(|one| one.key).filter(|_| node.self_service).or(subject);
            let Some(issuer) = issuer else { continue };
            match self.grant(["license", &node.table.to_string()], &node.entitlement, issuer, own) {
                Ok(grant) => grants.push(grant),
                Err(found) => {
                    findings.extend(found);
                    failed = Some(node.table);
                }
            }
        }
        if findings.is_empty() { Ok(grants) } else { Err(all(findings)) }
    }

    fn bundle(
        &self,
        grants: &[Grant],
        sealed_key: Option<Sealed>,
        ledger_base: Option<LedgerBase>,
        operations_key: &SecretKey,
    ) -> File {
        let spec = &self.file.spec;
        let operations = self.operations.leaf();
        let previous = self.previous.as_ref();
        // A license that goes on as it was needs no new grant.
        let (entitlements, licenses) = grants.split_at(spec.entitlement.len().min(grants.len()));
        let changed = |grant: &&Grant| self.re_key || !previous.is_some_and(|previous| previous.says(grant));
        let licenses: Vec<&Grant> = licenses.iter().filter(changed).collect();
        let listed = grants.iter().map(|grant| &grant.id).collect();
        let withdrawn = previous.map(|previous| previous.withdrawn(operations, &listed, self.now)).unwrap_or_default();
        let replaced = licenses.iter().copied().chain(&withdrawn).map(|grant| &grant.id).collect();
        let kept = previous
            .filter(|_| !self.re_key)
            .map(|previous| previous.kept_grants(operations.digest(), &replaced))
            .unwrap_or_default();
        let made =
            entitlements.iter().chain(licenses).chain(&withdrawn).map(|grant| keys::sign(grant, &[operations_key]));
        let mut file = File {
            trust: self.trust.history().iter().map(|trust| trust.envelope().clone()).collect(),
            grants: [operations.envelope().clone()].into_iter().chain(kept).chain(made).collect(),
            revocations: vec![],
            documents: vec![],
        };
        let lists = heard(&self.lists, &file.grants);
        file.revocations = lists.iter().map(|(envelope, _)| envelope.clone()).collect();
        let (count, merkle_root) = contents(&file);
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
            ledger_base,
            revocations: lists
                .iter()
                .map(|(_, list)| RevocationSerial { issuer: list.issuer, serial: list.serial })
                .collect(),
            sealed_key,
            labels: labels(&self.file, &self.nodes),
            contact: spec.contact.0.clone(),
            extensions: vec![],
        };
        file.documents.push(keys::sign(&bundle, &[operations_key]));
        file
    }
}

/// The names that people read, for the account, its installations, and what `[labels]` lists.
fn labels(file: &SpecFile, nodes: &[Node]) -> Vec<Label> {
    let spec = &file.spec;
    let account = Label { id: spec.account.clone(), text: spec.name.0.clone() };
    let installations = spec
        .entitlement
        .iter()
        .chain(nodes.iter().map(|node| &node.entitlement))
        .flat_map(|entitlement| &entitlement.installation)
        .filter_map(|one| one.name.as_ref().map(|name| Label { id: one.license_id.clone(), text: name.0.clone() }));
    let listed = spec.labels.0.iter().map(|(id, text)| Label { id: id.clone(), text: text.0.clone() });
    [account].into_iter().chain(installations).chain(listed).collect()
}

/// Why no bundle was made, besides what the account file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MakeError {
    /// The daily key is not the operations grant's subject.
    OtherOpsKey {
        /// The key that the grant names.
        expected: PublicKey,
    },
    /// No last bundle is given.
    NothingToRenew,
}

impl fmt::Display for MakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingToRenew => write!(f, "There is no last bundle to renew."),
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
            Self::NothingToRenew => "renew-previous-missing",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::NothingToRenew => {
                "Give it with --previous; an account's first bundle is made by 'postern bundle make'.".into()
            }
            Self::OtherOpsKey { .. } => "Give the key and the grant that 'postern ops' wrote together.".into(),
        }
    }
}
