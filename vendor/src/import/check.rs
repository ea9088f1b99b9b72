//! One file verified, before anything of it is written.

use postern_protocol::bundle_file::{BundleSteps, verify_ledger_file};
use postern_protocol::documents::{Deactivation, Purpose, Request};
use postern_protocol::{Digest, DocumentError, Envelope, File, Kind, Limits, Reader, TrustState};

use super::paths::Given;
use crate::fail::{Fail, Told};
use crate::files;
use crate::registry::{AccountName, Audited, Checked, Content, Registry, RegistryError, Sent};

/// What a worker says of a file.
pub(super) enum Verdict {
    /// It holds and is to be taken.
    Take(Box<Checked>),
    /// It was imported before.
    Known,
    /// It is something else, and nobody named it.
    Other,
    /// It is a machine's, of an account that is not known yet: perhaps its ledger comes in this very import.
    Later,
    /// It is refused.
    Refused(Vec<Told>),
}

/// Verifies one file, and audits the account that it changes.
pub(super) fn check(registry: &Registry, given: &Given) -> Verdict {
    match read(registry, given) {
        Ok(verdict) => verdict,
        Err(fail) => Verdict::Refused(fail.told()),
    }
}

fn read(registry: &Registry, given: &Given) -> Result<Verdict, Fail> {
    let bytes = files::read(&given.path)?;
    let digest = Digest::of(&bytes);
    if registry.has_file(digest)? {
        return Ok(Verdict::Known);
    }
    if !given.named && memchr::memmem::find(&bytes, b"vnd.postern.").is_none() {
        return Ok(Verdict::Other);
    }
    let file = File::parse(&bytes, &Limits::DEFAULT)?;
    same_root(registry, &file)?;
    let trust = trust_of(registry, &file);
    let (brought, content) = match file.kind() {
        Some(Kind::Trust) => (crate::trust::of(&file)?, Content::Trust),
        Some(Kind::Bundle) => bundle(&trust, file, bytes)?,
        Some(Kind::LedgerEntry) => ledger(registry, &trust, file)?,
        Some(Kind::Request) => match request(registry, &file)? {
            Some(sent) => (trust, Content::Sent(sent)),
            None => return Ok(Verdict::Later),
        },
        Some(Kind::Deactivation) => match deactivation(registry, &file)? {
            Some(sent) => (trust, Content::Sent(sent)),
            None => return Ok(Verdict::Later),
        },
        Some(Kind::Revocations) => {
            let chain = Reader { trust: &trust, revocations: &[], limits: Limits::DEFAULT }.grants(file)?;
            (chain.trust().clone(), Content::Lists(chain.revocations().to_vec()))
        }
        Some(_) if !given.named => return Ok(Verdict::Other),
        Some(kind) => return Err(RegistryError::NotKept { kind }.into()),
        None => return Err(DocumentError::NoDocument.into()),
    };
    let newer = brought.current().number > registry.trust().current().number || matches!(content, Content::Trust);
    let name = given.path.display().to_string();
    Ok(Verdict::Take(Box::new(Checked { name, digest, trust: newer.then_some(brought), content })))
}

/// Refuses what rests on another vendor's root, which says less confusingly what is wrong than its first signature.
fn same_root(registry: &Registry, file: &File) -> Result<(), RegistryError> {
    let Some(first) = file.trust.first() else { return Ok(()) };
    let newest = registry.trust();
    let known = newest.history().iter().any(|trust| trust.digest() == first.digest());
    if known || newest.advance(&file.trust, &Limits::DEFAULT).is_ok() {
        return Ok(());
    }
    Err(RegistryError::OtherRoot { expected: newest.anchor().root, found: first.digest() })
}

/// The trust that a file is verified by: the version of its own time, if it is one of this vendor's; else the newest.
fn trust_of(registry: &Registry, file: &File) -> TrustState {
    let last = file.trust.last().map(Envelope::digest);
    let own = registry.trusts().find(|trust| Some(trust.current().digest()) == last);
    own.unwrap_or(registry.trust()).clone()
}

fn bundle(trust: &TrustState, file: File, bytes: Vec<u8>) -> Result<(TrustState, Content), Fail> {
    let verified = BundleSteps::begin(file, trust, &Limits::DEFAULT)?.finish()?;
    let account = AccountName::of_bundle(&verified).ok_or(RegistryError::NobodyS)?;
    let brought = verified.tree.trust().clone();
    Ok((brought, Content::Bundle { account, verified: Box::new(verified), bytes }))
}

fn ledger(registry: &Registry, trust: &TrustState, file: File) -> Result<(TrustState, Content), Fail> {
    let verified = verify_ledger_file(file, trust, &Limits::DEFAULT)?;
    let key = verified.entries.first().map(|entry| entry.place.ledger.key);
    let grant = verified.tree.grants().find(|grant| Some(grant.subject) == key);
    let account = grant.and_then(|grant| AccountName::of(&verified.tree, grant)).ok_or(RegistryError::NobodyS)?;
    let known = registry.account(&account)?;
    let revision = known.as_ref().map_or(0, |known| known.revision);
    // What the registry cannot audit it still keeps; the account is audited when everything is in.
    let audit = registry.audit(known.as_ref(), Some(&verified)).ok();
    let audited = audit.map(|audit| Audited { revision, audit });
    let brought = verified.tree.trust().clone();
    let content = Content::Ledger { account, tree: Box::new(verified.tree), entries: verified.entries, audited };
    Ok((brought, content))
}

fn request(registry: &Registry, file: &File) -> Result<Option<Sent>, Fail> {
    let request = files::alone::<Request>(file)?;
    // A clock challenge tells nothing that is reconciled.
    if request.purpose == Purpose::Clock && request.account.is_none() {
        return Ok(None);
    }
    let account = registry.account_of(&request.device.key, &request.ledgers, request.account.as_ref())?;
    Ok(account.map(|account| Sent {
        kind: "request",
        account,
        digest: request.digest(),
        device: *request.device.key.as_bytes(),
        at: request.cycle.generated_at,
        line: request.envelope().line().to_vec(),
    }))
}

fn deactivation(registry: &Registry, file: &File) -> Result<Option<Sent>, Fail> {
    let given_back = files::alone::<Deactivation>(file)?;
    let account = registry.account_of(&given_back.device.key, &given_back.ledgers, Some(&given_back.account))?;
    Ok(account.map(|account| Sent {
        kind: "deactivation",
        account,
        digest: given_back.digest(),
        device: *given_back.device.key.as_bytes(),
        at: given_back.deactivated_at,
        line: given_back.envelope().line().to_vec(),
    }))
}
