//! The ledger as a value: verified entries that follow one another, from an explicit beginning.

use std::collections::HashSet;

use postern_protocol::bundle_file::{VerifiedBundle, next_place};
use postern_protocol::documents::{Event, LedgerBase, LedgerEntry, LedgerId, LedgerReference};
use postern_protocol::{Chain, Digest, DocumentError, Envelope, File, Kind, Limits, Unverified, Verified};

use rpds::VectorSync;

use crate::carried::Carried;
use crate::desk::self_service;
use crate::ledger_error::LedgerError;

/// A ledger: cheap to clone, never changed. Every decision makes a longer one, which shares this one's entries.
#[derive(Clone, Debug)]
pub struct Ledger {
    id: LedgerId,
    first_position: u64,
    next: LedgerReference,
    entries: VectorSync<Verified<LedgerEntry>>,
    /// None where the next decision has to read them anew.
    carried: Option<Carried>,
}

/// How one ledger relates to another of the same portal key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// They end at the same entry.
    Same,
    /// The other goes on where this one ends, or the vendor replaced this one.
    Older,
    /// This one goes on where the other ends, or the vendor replaced the other.
    Newer,
    /// They part: two portals wrote one ledger.
    Forked {
        /// The first position at which they differ.
        position: u64,
    },
}

impl Ledger {
    /// Goes on from stored lines, each a ledger-entry line without its line feed.
    ///
    /// Verifies every signature, that entries follow one another, and that the ledger begins at position 1 or at the
    /// bundle's base, and passes the base if there is one.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn restore(
        bundle: &VerifiedBundle,
        chain: &Chain,
        lines: &[Vec<u8>],
        limits: &Limits,
    ) -> Result<Self, LedgerError> {
        let envelopes = lines.iter().map(|line| Envelope::parse(line, limits)).collect::<Result<Vec<_>, _>>()?;
        Self::of(bundle, chain, &envelopes, limits)
    }

    /// Reads an exported ledger file.
    ///
    /// Its entries are verified with the key that the *bundle* grants; the grants in the file are for readers who have
    /// no bundle, and may be older than the bundle's.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn import(bundle: &VerifiedBundle, chain: &Chain, file: &[u8], limits: &Limits) -> Result<Self, LedgerError> {
        let file = File::parse(file, limits)?;
        match file.kind() {
            Some(Kind::LedgerEntry) => Self::of(bundle, chain, &file.documents, limits),
            Some(found) => Err(DocumentError::WrongKind { expected: Kind::LedgerEntry, found }.into()),
            None => Err(LedgerError::Empty),
        }
    }

    /// Begins with a first entry, which the caller made and verified, and with its books.
    pub(crate) fn begin(first: Verified<LedgerEntry>, carried: Option<Carried>) -> Self {
        Self {
            id: first.place.ledger,
            first_position: first.place.position,
            next: next_place(&first),
            entries: std::iter::once(first).collect(),
            carried,
        }
    }

    /// This ledger and one entry more, which the caller made for exactly this place and verified, with its books.
    pub(crate) fn with(&self, entry: Verified<LedgerEntry>, carried: Option<Carried>) -> Self {
        Self { next: next_place(&entry), entries: self.entries.push_back(entry), carried, ..*self }
    }

    /// Goes on from received entries.
    pub(crate) fn of(
        bundle: &VerifiedBundle,
        chain: &Chain,
        envelopes: &[Envelope],
        limits: &Limits,
    ) -> Result<Self, LedgerError> {
        let own_key = chain.subject().public();
        let mut entries: VectorSync<Verified<LedgerEntry>> = VectorSync::new_sync();
        for envelope in envelopes {
            let foreign = || {
                let hints = envelope.signatures().iter().filter_map(|signature| signature.key_id.as_deref());
                entries.is_empty() && !hints.into_iter().any(|hint| hint == own_key.key_id())
            };
            let entry = match Unverified::new(envelope.clone())?.verify(chain.subject(), limits) {
                Err(DocumentError::SignatureInvalid { .. }) if foreign() => return Err(LedgerError::OtherKey),
                other => other?,
            };
            check_entry(bundle, chain, entries.last(), &entry)?;
            entries.push_back_mut(entry);
        }
        let (Some(first), Some(last)) = (entries.first(), entries.last()) else { return Err(LedgerError::Empty) };
        let (id, first_position, next) = (first.place.ledger, first.place.position, next_place(last));
        let carried = Some(Carried::read(bundle, next, &entries));
        let ledger = Self { id, first_position, next, entries, carried };
        ledger.check_beginning(bundle)?;
        Ok(ledger)
    }

    /// Whether this ledger begins where this bundle lets a ledger begin, and contains the bundle's base.
    ///
    /// # Errors
    /// It does not; also if the bundle is older than the ledger.
    pub fn check_beginning(&self, bundle: &VerifiedBundle) -> Result<(), LedgerError> {
        let begun = self.entries.first().is_some_and(|first| matches!(first.event, Event::Begun { .. }));
        if !begun {
            return Err(LedgerError::NoBeginning);
        }
        if bundle.bundle.ledger_base.is_none() && self.first_position == 1 && self.id.epoch == 0 {
            return Ok(());
        }
        // An end user's own ledger begins in each browser: the vendor reconciles none of them.
        if self.first_position == 1 && bundle.tree.current(self.id.key).any(|grant| self_service(grant)) {
            return Ok(());
        }
        match &bundle.bundle.ledger_base {
            Some(base) => self.check_base(base),
            None => Err(LedgerError::BundleOlder),
        }
    }

    fn check_base(&self, base: &LedgerBase) -> Result<(), LedgerError> {
        let LedgerReference { ledger, position, previous } = base.next;
        if ledger.key != self.id.key {
            return Err(LedgerError::OtherKey);
        }
        if ledger.epoch > self.id.epoch {
            return Err(LedgerError::Replaced);
        }
        if ledger.epoch < self.id.epoch || position < self.first_position {
            return Err(LedgerError::BundleOlder);
        }
        match self.place(position) {
            None => Err(LedgerError::BehindBase { position: self.next.position, base: position }),
            Some(place) if place.previous != previous => Err(LedgerError::ForkedFromBase { position }),
            Some(_) => Ok(()),
        }
    }

    /// Which of two ledgers contains the other.
    pub fn compare(&self, other: &Self) -> Comparison {
        if self.id.key == other.id.key && self.id.epoch != other.id.epoch {
            return if self.id.epoch < other.id.epoch { Comparison::Older } else { Comparison::Newer };
        }
        let start = self.first_position.max(other.first_position);
        let end = self.next.position.min(other.next.position);
        // Places name the entry before, so the place after the shared part must agree too.
        let parted = (start..=end).find(|position| self.place(*position) != other.place(*position));
        match parted {
            Some(position) => Comparison::Forked { position: position.saturating_sub(1).max(1) },
            None => match self.next.position.cmp(&other.next.position) {
                std::cmp::Ordering::Less => Comparison::Older,
                std::cmp::Ordering::Equal => Comparison::Same,
                std::cmp::Ordering::Greater => Comparison::Newer,
            },
        }
    }

    /// Which ledger this is.
    pub fn id(&self) -> LedgerId {
        self.id
    }

    /// Where the next entry stands.
    pub fn next(&self) -> LedgerReference {
        self.next
    }

    /// The entries, ascending, gapless.
    pub fn entries(&self) -> &VectorSync<Verified<LedgerEntry>> {
        &self.entries
    }

    pub(crate) fn carried(&self) -> Option<&Carried> {
        self.carried.as_ref()
    }

    /// The place at this position: an entry's, or the next one's. None outside the ledger.
    pub(crate) fn place(&self, position: u64) -> Option<LedgerReference> {
        if position == self.next.position {
            return Some(self.next);
        }
        let index = usize::try_from(position.checked_sub(self.first_position)?).ok()?;
        self.entries.get(index).map(|entry| entry.place)
    }

    /// The ledger as a file: trust, the grants that its entries were made under as far as the bundle still has them,
    /// and every entry.
    pub fn to_file(&self, bundle: &VerifiedBundle, chain: &Chain) -> File {
        let mut leaves: Vec<Digest> = self.entries.iter().map(|entry| entry.grant).collect();
        leaves.push(chain.leaf().digest());
        leaves.sort_unstable();
        leaves.dedup();
        let paths: Vec<Chain> = leaves.into_iter().filter_map(|leaf| bundle.tree.chain(leaf)).collect();
        let on_a_path: HashSet<Digest> = paths.iter().flat_map(Chain::grants).map(Verified::digest).collect();
        File {
            trust: bundle.tree.trust().history().iter().map(|trust| trust.envelope().clone()).collect(),
            // The bundle's order puts parents before their children.
            grants: bundle
                .tree
                .grants()
                .filter(|grant| on_a_path.contains(&grant.digest()))
                .map(|grant| grant.envelope().clone())
                .collect(),
            revocations: Vec::new(),
            documents: self.entries.iter().map(|entry| entry.envelope().clone()).collect(),
        }
    }
}

/// Whether an entry is this portal's, for this account, and follows the one before.
fn check_entry(
    bundle: &VerifiedBundle,
    chain: &Chain,
    before: Option<&Verified<LedgerEntry>>,
    entry: &Verified<LedgerEntry>,
) -> Result<(), LedgerError> {
    if entry.place.ledger.key != chain.subject().public() {
        return Err(LedgerError::OtherKey);
    }
    if entry.product != bundle.bundle.product || entry.account != bundle.bundle.account {
        return Err(LedgerError::OtherAccount { found: entry.account.clone() });
    }
    let follows = match before {
        Some(before) => entry.place == next_place(before),
        None => entry.place.position > 1 || entry.place.previous == genesis(),
    };
    if follows { Ok(()) } else { Err(LedgerError::Broken { position: entry.place.position }) }
}

/// What the entry at position 1 names as the one before: the digest of no bytes.
pub(crate) fn genesis() -> Digest {
    Digest::of(b"")
}
