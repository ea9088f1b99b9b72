//! The account that is open: its bundle, and once a key is unlocked its entitlements and ledger.

use std::collections::{HashMap, HashSet};

use postern_issuer::{Desk, Ledger, chain_for, chains_of, find_chain, self_service};
use postern_protocol::bundle_file::{BundleSteps, VerifiedBundle};
use postern_protocol::documents::{Bundle, Ceiling, LedgerId, Parent, Request};
use postern_protocol::{
    Chain, ChainError, Digest, DocumentError, File, Id, Kind, Limits, PublicKey, Time, TrustAnchor, TrustState,
    license_code,
};

use super::error::PortalError;
use super::keys::KeyHere;
use super::shared::Shared;
use super::shown::Explained;

/// Entitlements, or license ids, that a page shows at once.
pub const SHOWN: usize = 20;

/// The vendor root that a bundle has to come from.
#[derive(Clone, Debug)]
pub enum Root {
    /// Any: the first bundle of this product here. What it brings is pinned from now on.
    FirstUse,
    /// The one with this digest.
    Pinned(Digest),
    /// The one that is known already, and what follows it.
    Known(TrustState),
}

/// A verified bundle.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The bundle.
    pub verified: VerifiedBundle,
    /// Whether its root was pinned only now.
    pub first_use: bool,
    /// How it can be unlocked here.
    pub way: Way,
}

/// How a bundle can be unlocked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// With a key that was made in this browser.
    Here(KeyHere),
    /// With the key in the bundle, sealed under a passphrase.
    Sealed(String),
    /// With the license key, or user and password, that one of its licenses belongs to: self-service.
    Credential,
    /// Not here: it is for another key.
    NotHere,
}

/// The product that a bundle file says it is for, told by its first trust document.
///
/// # Errors
/// It is no bundle file, or its trust document is not signed by its own keys.
pub fn product(file: &File) -> Result<Id, Explained> {
    file.document(Kind::Bundle).map_err(|error| Explained::from(&error))?;
    let first = file.trust.first().ok_or_else(|| Explained::from(&DocumentError::NoDocument))?;
    let trust = TrustState::begin(first.clone(), &Limits::DEFAULT).map_err(|error| Explained::from(&error))?;
    Ok(trust.current().product.clone())
}

impl Loaded {
    /// Verifies a bundle file at once. [`Opening`] does the same in pieces.
    ///
    /// # Errors
    /// It comes from another root, or something in it does not hold.
    pub fn verify(file: File, root: Root, keys: &[KeyHere]) -> Result<Self, Explained> {
        Opening::begin(file, root)?.finish(keys)
    }

    /// The bundle document.
    pub fn bundle(&self) -> &Bundle {
        &self.verified.bundle
    }

    /// The digest that pins the vendor's root.
    pub fn root(&self) -> Digest {
        self.verified.tree.trust().anchor().root
    }

    /// The License Codes of the keys that this bundle's entitlements are for.
    pub fn expected_codes(&self) -> Vec<String> {
        subjects(&self.verified).iter().take(SHOWN).map(|key| license_code::encode(key.as_bytes())).collect()
    }

    /// The keys that this bundle's entitlements are for.
    pub fn subjects(&self) -> Vec<PublicKey> {
        subjects(&self.verified)
    }

    /// The same bundle, with the keys that are here now.
    pub fn with_keys(&self, keys: &[KeyHere]) -> Self {
        Self { way: way(&self.verified, keys), ..self.clone() }
    }
}

/// A bundle file that is being verified.
#[derive(Debug)]
pub struct Opening {
    steps: BundleSteps,
    first_use: bool,
}

impl Opening {
    /// Begins with the vendor's root.
    ///
    /// # Errors
    /// It comes from another root, or is no bundle file.
    pub fn begin(file: File, root: Root) -> Result<Self, Explained> {
        let first_use = matches!(root, Root::FirstUse);
        let limits = &Limits::DEFAULT;
        let trust = trust(&file, root, limits).map_err(|error| Explained::from(&error))?;
        let steps = BundleSteps::begin(file, &trust, limits).map_err(|error| Explained::from(&error))?;
        Ok(Self { steps, first_use })
    }

    /// Verifies at most so many more entitlements; tells whether some are left.
    ///
    /// # Errors
    /// One of them does not hold.
    pub fn go_on(&mut self, entitlements: usize) -> Result<bool, Explained> {
        self.steps.go_on(entitlements).map_err(|error| Explained::from(&error))
    }

    /// How many entitlements are verified, and how many there are.
    pub fn progress(&self) -> (usize, usize) {
        self.steps.progress()
    }

    /// The bundle, once everything in it holds.
    ///
    /// # Errors
    /// Something in it does not hold.
    pub fn finish(self, keys: &[KeyHere]) -> Result<Loaded, Explained> {
        let verified = self.steps.finish().map_err(|error| Explained::from(&error))?;
        let way = way(&verified, keys);
        Ok(Loaded { verified, first_use: self.first_use, way })
    }
}

fn trust(file: &File, root: Root, limits: &Limits) -> Result<TrustState, ChainError> {
    let first = file.trust.first().ok_or(DocumentError::NoDocument)?;
    let begun = TrustState::begin(first.clone(), limits)?;
    Ok(match root {
        Root::FirstUse => begun,
        Root::Pinned(root) => {
            let anchor = TrustAnchor { product: begun.current().product.clone(), root };
            TrustState::from_anchor(&anchor, &file.trust, limits)?
        }
        Root::Known(known) => known,
    })
}

fn way(verified: &VerifiedBundle, keys: &[KeyHere]) -> Way {
    let subjects = subjects(verified);
    match (keys.iter().find(|key| subjects.contains(&key.public)), &verified.bundle.sealed_key) {
        (Some(key), _) => Way::Here(key.clone()),
        // The lines of the PEM, without their line feeds.
        (None, Some(lines)) => Way::Sealed(lines.join("\n") + "\n"),
        (None, None) if verified.tree.grants().any(|grant| self_service(grant)) => Way::Credential,
        (None, None) => Way::NotHere,
    }
}

/// The subject keys of the grants that no other grant of the bundle hangs from.
fn subjects(verified: &VerifiedBundle) -> Vec<PublicKey> {
    let parents: HashSet<Parent> = verified.tree.grants().map(|grant| grant.parent).collect();
    let leaves = verified.tree.grants().filter(|grant| !parents.contains(&Parent::Grant(grant.digest())));
    let mut subjects: Vec<PublicKey> = leaves.map(|grant| grant.subject).collect();
    subjects.sort_unstable();
    subjects.dedup();
    subjects
}

/// An unlocked account.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its bundle.
    pub loaded: Shared<Loaded>,
    /// The unlocked key.
    pub subject: PublicKey,
    /// The name that was typed at unlock; it goes into ledger entries, unverified.
    pub by: String,
    /// What the key issues under, never empty.
    pub chains: Shared<Vec<Chain>>,
    /// The ledger; none before it is begun or imported.
    pub ledger: Option<Ledger>,
}

impl Account {
    /// The account that this key opens.
    ///
    /// # Errors
    /// [`PortalError::KeyNotHere`] if no entitlement of the bundle is for this key.
    pub fn open(loaded: Shared<Loaded>, subject: PublicKey, by: String) -> Result<Self, PortalError> {
        let chains = chains_of(&loaded.verified, subject);
        if chains.is_empty() {
            return Err(PortalError::KeyNotHere);
        }
        Ok(Self { loaded, subject, by, chains: chains.into(), ledger: None })
    }

    /// The same account with another ledger.
    pub fn with_ledger(&self, ledger: Option<Ledger>) -> Self {
        Self { ledger, ..self.clone() }
    }

    /// The bundle document.
    pub fn bundle(&self) -> &Bundle {
        self.loaded.bundle()
    }

    /// Which ledger this portal writes.
    pub fn ledger_id(&self) -> LedgerId {
        match (&self.bundle().ledger_base, &self.ledger) {
            // An end user's own: no bundle says where it goes on.
            (_, Some(ledger)) if self.loaded.way == Way::Credential => ledger.id(),
            (Some(base), _) => base.next.ledger,
            (None, _) => LedgerId { key: self.subject, epoch: 0 },
        }
    }

    /// The path that a ledger is verified under: every path of this portal ends at the same key.
    pub fn any_chain(&self) -> Option<&Chain> {
        self.chains.first()
    }

    /// The path that licenses for this id are issued under.
    ///
    /// # Errors
    /// [`PortalError::NoEntitlement`].
    pub fn chain(&self, license_id: &Id) -> Result<Chain, PortalError> {
        chain_for(&self.loaded.verified, self.subject, license_id)
            .ok_or_else(|| PortalError::NoEntitlement { license_id: license_id.to_string() })
    }

    /// The path that a request is answered under: by its license id, or else by its credential.
    ///
    /// # Errors
    /// [`PortalError::NoEntitlement`], [`PortalError::NoCredential`].
    pub fn chain_of(&self, request: &Request) -> Result<Chain, PortalError> {
        find_chain(&self.loaded.verified, self.subject, request).ok_or_else(|| match &request.license_id {
            Some(license_id) => PortalError::NoEntitlement { license_id: license_id.to_string() },
            None => PortalError::NoCredential,
        })
    }

    /// Whether licenses under this id are bound to one machine by an activation.
    pub fn node_locked(&self, license_id: &Id) -> bool {
        let license_type = self.chain(license_id).ok().and_then(|chain| chain.leaf().license_type.limit().copied());
        license_type.is_some_and(|license_type| license_type.node_locked())
    }

    /// What a decision may look at.
    pub fn desk<'a>(&'a self, chain: &'a Chain, now: Time) -> Desk<'a> {
        Desk {
            bundle: &self.loaded.verified,
            chain,
            ledger: self.ledger.as_ref(),
            revocations: self.loaded.verified.tree.revocations(),
            by: &self.by,
            now,
        }
    }

    /// The entitlements whose id, license ids, or names of these contain a text: the first [`SHOWN`], and how many there
    /// are. A bundle can hold ten thousand; nobody reads them all, and no page shows them all.
    pub fn find(&self, text: &str) -> (Vec<&Chain>, usize) {
        let wanted = text.trim().to_lowercase();
        let labels: HashMap<&Id, &str> =
            self.bundle().labels.iter().map(|label| (&label.id, label.text.as_str())).collect();
        let named = |id: &Id| {
            id.as_str().contains(&wanted) || labels.get(id).is_some_and(|text| text.to_lowercase().contains(&wanted))
        };
        let found = |chain: &&Chain| {
            let leaf = chain.leaf();
            let installed = leaf.installations.limit().into_iter().flatten().any(|one| named(&one.license_id));
            wanted.is_empty() || named(&leaf.id) || installed
        };
        let found: Vec<&Chain> = self.chains.iter().filter(found).collect();
        let count = found.len();
        (found.into_iter().take(SHOWN).collect(), count)
    }

    /// Every license id that an entitlement names and that tokens are for: machines of a node-locked license need none.
    pub fn license_ids(&self) -> Vec<Id> {
        let with_tokens = |chain: &&Chain| !chain.leaf().license_type.limit().is_some_and(|one| one.node_locked());
        let listed = self.chains.iter().filter(with_tokens).filter_map(|chain| match &chain.leaf().installations {
            Ceiling::Limited(list) => Some(list),
            Ceiling::Unlimited => None,
        });
        let mut ids: Vec<Id> = listed.flatten().map(|one| one.license_id.clone()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}
