//! Limits on what is read. Each names the attack that it stops (design §3).

/// Bounds that reading enforces before it allocates or verifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one document line. Stops memory exhaustion by one huge envelope.
    pub document_bytes: usize,
    /// Bytes of a file that answers or asks (anything but bundles, ledgers and handovers). Stops memory exhaustion by many lines.
    pub file_bytes: usize,
    /// Bytes of a bundle, ledger or handover file. Stops memory exhaustion in the browser.
    pub collection_bytes: usize,
    /// Grants from the root to the last one. Stops chains that cost verification time without end.
    pub chain_depth: usize,
    /// Signatures on one envelope. Stops one small file from costing thousands of verifications.
    pub signatures: usize,
    /// Grants in a bundle: ten thousand licenses and the path above them. Stops bundles that take minutes to verify.
    pub bundle_grants: usize,
    /// Trust documents in one file. Stops endless rotation chains, each step of which costs a threshold of signatures.
    pub trust_documents: usize,
    /// Revocation documents in one file. Stops verification time without end.
    pub revocations: usize,
    /// Bytes of one string inside a payload. Stops texts that flood a screen or a log.
    pub string_bytes: usize,
    /// Items of one list inside a payload. Stops quadratic comparisons.
    pub list_items: usize,
}

impl Limits {
    /// The limits of design §3.
    pub const DEFAULT: Self = Self {
        document_bytes: 1 << 20,
        file_bytes: 2 << 20,
        collection_bytes: 32 << 20,
        chain_depth: 8,
        signatures: 16,
        bundle_grants: 10_008,
        trust_documents: 256,
        revocations: 64,
        string_bytes: 1024,
        list_items: 10_000,
    };
}

/// The largest integer that documents may hold, 2^53 − 1: every JSON reader agrees on integers up to here.
pub const MAX_INTEGER: u64 = (1 << 53) - 1;
