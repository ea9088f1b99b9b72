//! Reading a vector as the product's readers do.

use postern_protocol::bundle_file::{verify_bundle, verify_handover, verify_ledger};
use postern_protocol::documents::{Deactivation, Document, Enablement, License, Receipt, Request, Signer, TimeTicket};
use postern_protocol::{
    ChainError, DocumentError, Explain, File, Kind, Limits, Reader, TrustState, UnderGrant, Unverified,
};

/// `ok`, or the code by which this file is refused as a file of this kind.
pub fn read(kind: Kind, root: &TrustState, bytes: &[u8]) -> &'static str {
    judge(kind, root, bytes).map_or_else(|error| error.code(), |()| "ok")
}

fn judge(kind: Kind, root: &TrustState, bytes: &[u8]) -> Result<(), ChainError> {
    let limits = Limits::DEFAULT;
    let reader = Reader { trust: root, revocations: &[], limits };
    match kind {
        Kind::Trust => {
            let file = File::parse(bytes, &limits)?;
            match file.kind() {
                Some(Kind::Trust) => Ok(root.advance(&file.trust, &limits).map(drop)?),
                found => Err(DocumentError::WrongKind { expected: kind, found: found.unwrap_or(kind) }.into()),
            }
        }
        Kind::Grant | Kind::Revocations => reader.grants(File::parse(bytes, &limits)?).map(drop),
        Kind::Bundle => verify_bundle(bytes, root, &limits).map(drop),
        Kind::Handover => verify_handover(bytes, root, &limits).map(drop),
        Kind::LedgerEntry => verify_ledger(bytes, root, &limits).map(drop),
        Kind::License => under_grant::<License>(&reader, bytes),
        Kind::Enablement => under_grant::<Enablement>(&reader, bytes),
        Kind::Receipt => under_grant::<Receipt>(&reader, bytes),
        Kind::TimeTicket => under_grant::<TimeTicket>(&reader, bytes),
        Kind::Request => by_machine::<Request>(bytes),
        Kind::Deactivation => by_machine::<Deactivation>(bytes),
    }
}

fn under_grant<T: UnderGrant>(reader: &Reader<'_>, bytes: &[u8]) -> Result<(), ChainError> {
    reader.file::<T>(bytes).map(drop)
}

fn by_machine<T: Document + Signer>(bytes: &[u8]) -> Result<(), ChainError> {
    let file = File::parse(bytes, &Limits::DEFAULT)?;
    let document = file.document(T::KIND)?;
    if let Some(extra) = file.envelopes().find(|envelope| envelope.kind() != T::KIND) {
        return Err(DocumentError::Extra { line: 1, found: extra.kind() }.into());
    }
    Ok(Unverified::<T>::new(document.clone())?.verify_by_named_signers(&Limits::DEFAULT).map(drop)?)
}
