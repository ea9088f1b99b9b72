//! What a decision may look at, and which of a portal's entitlements a license id belongs to.

use postern_protocol::bundle_file::{Tree, VerifiedBundle};
use postern_protocol::documents::{Ceiling, Grant, Grantor, Request, Revocations};
use postern_protocol::{Chain, Digest, Id, PublicKey, Time, Verified};

use crate::ledger::Ledger;

/// Everything that a decision may look at. Time comes in from outside.
#[derive(Clone, Copy, Debug)]
pub struct Desk<'a> {
    /// The account's bundle.
    pub bundle: &'a VerifiedBundle,
    /// The path to the grant that is issued under: [`chain_for`] the license id.
    pub chain: &'a Chain,
    /// The ledger; none where it was neither begun nor imported.
    pub ledger: Option<&'a Ledger>,
    /// Revocations that are known besides the bundle's.
    pub revocations: &'a [Verified<Revocations>],
    /// Who decides, as typed at unlock; it goes into the ledger unverified.
    pub by: &'a str,
    /// Now.
    pub now: Time,
}

/// The path under which this portal key issues licenses for this license id.
///
/// A grant that lists the id goes before one that allows any.
pub fn chain_for(bundle: &VerifiedBundle, subject: PublicKey, license_id: &Id) -> Option<Chain> {
    let listed = bundle.tree.for_license_id(license_id).find(|grant| grant.subject == subject);
    let open = || bundle.tree.current(subject).find(|grant| grant.installations == Ceiling::Unlimited);
    listed.or_else(open).and_then(|grant| bundle.tree.chain(grant.digest()))
}

/// The path under which this portal key answers a request: by its license id, or else by the credential that signed it.
pub fn find_chain(bundle: &VerifiedBundle, subject: PublicKey, request: &Request) -> Option<Chain> {
    if let Some(license_id) = &request.license_id {
        return chain_for(bundle, subject, license_id);
    }
    let mut listed = bundle.tree.for_credential(request.credential?);
    listed.find(|grant| grant.subject == subject).and_then(|grant| bundle.tree.chain(grant.digest()))
}

/// The license id that a request is about under a grant: the one that it names, or else the grant's only one.
pub(crate) fn license_id<'a>(leaf: &'a Grant, request: &'a Request) -> Option<&'a Id> {
    let only = || match leaf.installations.limit().map(Vec::as_slice) {
        Some([one]) => Some(&one.license_id),
        _ => None,
    };
    request.license_id.as_ref().or_else(only)
}

/// Whether a grant is an end user's own: its subject is the key of one of its credentials (design §4c).
pub fn self_service(leaf: &Grant) -> bool {
    leaf.credentials.iter().any(|credential| credential.key == leaf.subject)
}

/// Every path that this portal key issues under: of each entitlement the highest serial, in the bundle's order.
pub fn chains_of(bundle: &VerifiedBundle, subject: PublicKey) -> Vec<Chain> {
    bundle.tree.chains_of(subject)
}

/// Whether what is held under a license id counts against the grant at the end of this chain.
///
/// What no current grant lists (a license id that a newer serial dropped) counts against each of them: its machine may
/// well run on, and only counting too much never gives out too much.
pub(crate) fn counts_here(desk: &Desk<'_>, license_id: &Id) -> bool {
    let (tree, leaf) = (&desk.bundle.tree, desk.chain.leaf());
    let elsewhere =
        |grant: &Verified<Grant>| grant.subject == leaf.subject && identity(tree, grant) != identity(tree, leaf);
    lists(leaf, license_id) || !tree.for_license_id(license_id).any(elsewhere)
}

/// Whether a ledger entry was made under the grant at the end of this chain, whichever serial of it was current then.
///
/// A bundle may have dropped the serial that an old entry names. Then the license ids of the entry's machine tell; an
/// entry about a machine that has none counts, for the same reason.
pub(crate) fn made_here(desk: &Desk<'_>, grant: Digest, license_ids: &[Id]) -> bool {
    let tree = &desk.bundle.tree;
    match tree.grant(grant) {
        Some(grant) => identity(tree, grant) == identity(tree, desk.chain.leaf()),
        None => license_ids.is_empty() || license_ids.iter().any(|license_id| counts_here(desk, license_id)),
    }
}

/// Whether a grant names this license id.
fn lists(grant: &Grant, license_id: &Id) -> bool {
    match &grant.installations {
        Ceiling::Unlimited => false,
        Ceiling::Limited(list) => list.iter().any(|one| one.license_id == *license_id),
    }
}

/// A grant's identity: who signed it, and its id. A renewed parent does not make it another grant.
fn identity<'a>(tree: &Tree, grant: &'a Grant) -> (Option<Grantor>, &'a Id) {
    (tree.grantor(grant), &grant.id)
}
