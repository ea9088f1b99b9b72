//! `verify`: any file, without the state.

use std::path::Path;

use postern_protocol::bundle_file::{verify_handover, verify_ledger, verify_revocations};
use postern_protocol::documents::Document;
use postern_protocol::documents::{Deactivation, Enablement, License, Receipt, Request, Signer, TimeTicket};
use postern_protocol::{Digest, DocumentError, File, Kind, Limits, Reader, TrustState, Unverified};
use serde_json::json;

use super::anchor;
use super::failure::Failure;
use super::report::Report;
use super::state;
use crate::pin;

/// Whether a file is genuine: every signature, the chain, and each link within its parent.
pub(super) fn verify(path: &Path, trust: Option<&Path>) -> Result<Report, Failure> {
    let bytes = state::read(path)?;
    let file = File::parse(&bytes, &Limits::DEFAULT)?;
    let kind = file.kind().ok_or(DocumentError::Empty)?;
    let trust =
        trust.map(|trust| Ok::<_, Failure>(pin::read(&state::read(trust)?, anchor::expected(None)?)?)).transpose()?;
    match kind {
        Kind::Request => signed_by_itself::<Request>(&file)?,
        Kind::Deactivation => signed_by_itself::<Deactivation>(&file)?,
        _ => from_trust(kind, file, &bytes, &trust.ok_or_else(Failure::no_trust)?)?,
    }
    let what = thing(kind);
    let text = match kind {
        Kind::Request | Kind::Deactivation => format!("Genuine: {what}, signed by the machine that it names."),
        _ => format!("Genuine: {what}, by the chain from the trusted root. Dates were not judged."),
    };
    let json =
        json!({ "file": path.display().to_string(), "kind": kind, "sha256": Digest::of(&bytes), "genuine": true });
    Ok(Report::new(text, &json))
}

pub(super) fn thing(kind: Kind) -> &'static str {
    match kind {
        Kind::Trust => "a vendor's root",
        Kind::Grant => "an entitlement",
        Kind::Revocations => "revocations",
        Kind::Bundle => "an entitlement bundle",
        Kind::Enablement => "an enablement token",
        Kind::Request => "a machine's request",
        Kind::License => "a license",
        Kind::Deactivation => "a machine's deactivation",
        Kind::Receipt => "a receipt",
        Kind::LedgerEntry => "a ledger",
        Kind::Handover => "a handover file",
        Kind::TimeTicket => "a time ticket",
    }
}

fn signed_by_itself<T: Document + Signer>(file: &File) -> Result<(), Failure> {
    let envelope = file.document(T::KIND)?.clone();
    Unverified::<T>::new(envelope)?.verify_by_named_signers(&Limits::DEFAULT)?;
    Ok(())
}

fn from_trust(kind: Kind, file: File, bytes: &[u8], trust: &TrustState) -> Result<(), Failure> {
    let reader = Reader { trust, revocations: &[], limits: Limits::DEFAULT };
    match kind {
        Kind::Trust => drop(trust.advance(&file.trust, &Limits::DEFAULT)?),
        Kind::Grant => drop(reader.grants(file)?),
        Kind::Bundle | Kind::Revocations => drop(verify_revocations(file, trust, &Limits::DEFAULT)?),
        Kind::Handover => drop(verify_handover(bytes, trust, &Limits::DEFAULT)?),
        Kind::LedgerEntry => drop(verify_ledger(bytes, trust, &Limits::DEFAULT)?),
        Kind::Enablement => drop(reader.parsed::<Enablement>(file)?),
        Kind::License => drop(reader.parsed::<License>(file)?),
        Kind::Receipt => drop(reader.parsed::<Receipt>(file)?),
        Kind::TimeTicket => drop(reader.parsed::<TimeTicket>(file)?),
        // A machine's own documents were verified by the keys that they name.
        Kind::Request | Kind::Deactivation => {}
    }
    Ok(())
}
