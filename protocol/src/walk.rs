//! A file's chain walked link by link: each document beside what it hangs from, whether it holds, and why not.
//!
//! Reading a file stops at the first thing that does not hold. People ask *which link* fails, so a walk asks the same
//! verifying code about one document after the other, and goes on wherever something hangs from a link that holds.

mod path;
mod report;

use std::collections::HashMap;

use crate::bundle_file::{Tree, bundle_document, handover_document, ledger_entry};
use crate::chain_error::ChainError;
use crate::digest::Digest;
use crate::documents::{
    Bundle, Deactivation, Document, Grant, Grantor, Handover, LedgerEntry, Parent, Request, Revocations, Signer,
};
use crate::envelope::Envelope;
use crate::error::DocumentError;
use crate::file::File;
use crate::keys::PublicKey;
use crate::kind::Kind;
use crate::limits::Limits;
use crate::revocation;
use crate::trust::{TrustError, TrustState};
use crate::verified::{Unverified, Verified};

use path::Path;
pub use report::{Against, Link, State, Walk};

/// Walks a file. `given` is the vendor's trust; without one a root that the file brings itself is taken. `known` are
/// revocations that are known besides the file's.
pub fn walk(file: &File, given: Option<&TrustState>, known: &[Verified<Revocations>], limits: &Limits) -> Walk {
    Walker::begin(file, given, known, limits).finish()
}

/// A walk in progress, for long files: [`begin`](Self::begin), [`go_on`](Self::go_on) until it is through,
/// [`finish`](Self::finish).
#[derive(Debug)]
pub struct Walker<'a> {
    file: &'a File,
    known: &'a [Verified<Revocations>],
    limits: Limits,
    against: Option<Against>,
    links: Vec<Link>,
    /// The first line that fails.
    failed: Option<usize>,
    /// Where each grant of the file stands, by its digest and by its subject.
    lines: HashMap<Digest, usize>,
    subjects: HashMap<PublicKey, usize>,
    way: Way,
}

/// What the links hang from.
#[derive(Debug)]
enum Way {
    /// A machine's file: it names its own key.
    Machine,
    /// No root that holds.
    Unknown,
    /// One path of grants.
    Path(Box<Path>),
    /// A tree of grants, with the newest ledger entry below it.
    Tree(Box<Tree>, Option<Verified<LedgerEntry>>),
}

impl<'a> Walker<'a> {
    /// Begins a walk, with the trust documents.
    pub fn begin(
        file: &'a File,
        given: Option<&TrustState>,
        known: &'a [Verified<Revocations>],
        limits: &Limits,
    ) -> Self {
        let mut walker = Self {
            file,
            known,
            limits: *limits,
            against: None,
            links: Vec::new(),
            failed: None,
            lines: HashMap::new(),
            subjects: HashMap::new(),
            way: Way::Unknown,
        };
        match file.documents.first().map(Envelope::kind) {
            Some(Kind::Request | Kind::Deactivation) => {
                walker.against = Some(Against::NamedSigner);
                walker.way = Way::Machine;
            }
            _ => walker.trust(given),
        }
        walker
    }

    /// How many documents were walked, and how many there are.
    pub fn progress(&self) -> (usize, usize) {
        (self.links.len(), self.file.envelopes().count())
    }

    /// Walks at most so many more documents; tells whether some are left.
    pub fn go_on(&mut self, documents: usize) -> bool {
        let file = self.file;
        for envelope in file.envelopes().skip(self.links.len()).take(documents) {
            let (above, state) = self.link(envelope);
            self.push(envelope.kind(), above, state);
        }
        self.links.len() < file.envelopes().count()
    }

    /// Walks what is left, and tells what came of all of it.
    pub fn finish(mut self) -> Walk {
        self.go_on(usize::MAX);
        if self.file.documents.is_empty() {
            self.revoked();
        }
        Walk { against: self.against, links: self.links }
    }

    fn push(&mut self, kind: Kind, above: Option<usize>, state: State) {
        let line = self.links.len() + 1;
        if matches!(state, State::Fails(_)) {
            self.failed.get_or_insert(line);
        }
        self.links.push(Link { line, kind, above, state });
    }

    /// Every trust document, each one version on.
    fn trust(&mut self, given: Option<&TrustState>) {
        let (mut trust, against) = match (given, self.file.trust.first()) {
            (Some(given), _) => (given.clone(), Against::GivenRoot(given.anchor().root)),
            (None, Some(first)) => match TrustState::begin(first.clone(), &self.limits) {
                Ok(own) => (own, Against::OwnRoot(first.digest())),
                Err(error) => {
                    self.against = Some(Against::OwnRoot(first.digest()));
                    return self.push(Kind::Trust, None, State::Fails(error.into()));
                }
            },
            (None, None) => return,
        };
        self.against = Some(against);
        for (index, envelope) in self.file.trust.iter().enumerate() {
            let above = (index > 0).then_some(index);
            let known = trust.history().iter().any(|known| known.digest() == envelope.digest());
            let next = trust.advance(std::slice::from_ref(envelope), &self.limits);
            let goes_on = next.as_ref().is_ok_and(|next| next.history().len() > trust.history().len());
            // Nobody else's root is an older version, or another form, of the given one.
            if index == 0 && self.file.kind() == Some(Kind::Trust) && !known && !goes_on {
                let expected = trust.anchor().root;
                return self.push(Kind::Trust, None, State::Fails(TrustError::NotPinned { expected }.into()));
            }
            match next {
                Ok(next) => trust = next,
                Err(error) => return self.push(Kind::Trust, above, State::Fails(error.into())),
            }
            self.push(Kind::Trust, above, State::Holds);
        }
        self.way = match self.file.kind() {
            Some(Kind::Bundle | Kind::LedgerEntry | Kind::Handover) => Way::Tree(Tree::new(trust).into(), None),
            _ => Way::Path(Path::new(trust).into()),
        };
    }

    /// Asks about one document: what it hangs from, and whether it holds there.
    fn link(&mut self, envelope: &Envelope) -> (Option<usize>, State) {
        let (line, above) = (self.links.len() + 1, self.above(envelope));
        if envelope.kind() == Kind::Grant {
            self.lines.entry(envelope.digest()).or_insert(line);
            if let Some(grant) = self.peek::<Grant>(envelope) {
                self.subjects.entry(grant.subject).or_insert(line);
            }
        }
        if matches!(self.way, Way::Unknown) {
            return (above, self.failed.map_or(State::NotChecked, State::Below));
        }
        if let Some(line) = above.and_then(|line| self.failing(line)) {
            return (above, State::Below(line));
        }
        let limits = self.limits;
        let asked = match (&mut self.way, envelope.kind()) {
            (Way::Machine, kind) => machine_document(self.file, envelope, kind, &limits),
            // Of a path every link hangs from the one before.
            (Way::Path(_), _) if self.failed.is_some() => {
                return (above, self.failed.map_or(State::NotChecked, State::Below));
            }
            (Way::Path(path), Kind::Grant) => path.add(envelope, &limits),
            (Way::Path(path), Kind::Revocations) => path.revoke(envelope, &limits),
            (Way::Path(_), _) => return (above, self.path_document(envelope)),
            (Way::Tree(tree, _), Kind::Grant) => tree.add(envelope, line, &limits),
            (Way::Tree(tree, _), Kind::Revocations) => tree.revoke(envelope, &limits),
            // A bundle vouches for everything in it, and each entry of a ledger for the one before.
            (Way::Tree(..), _) if self.failed.is_some() => {
                return (above, self.failed.map_or(State::NotChecked, State::Below));
            }
            (Way::Tree(tree, last), Kind::LedgerEntry) => {
                ledger_entry(tree, last.as_ref(), envelope.clone(), &limits).map(|entry| *last = Some(entry))
            }
            (Way::Tree(tree, last), Kind::Handover) => {
                let bundle = self.file.documents.first().map(Envelope::digest);
                bundle
                    .ok_or(ChainError::HandoverParts)
                    .and_then(|bundle| handover_document(tree, bundle, last.as_ref(), envelope, &limits).map(drop))
            }
            (Way::Tree(tree, _), _) => bundle_document(tree, self.file, envelope, &limits).map(drop),
            (Way::Unknown, _) => Ok(()),
        };
        (above, asked.map_or_else(State::Fails, |()| State::Holds))
    }

    /// The line that a document says it hangs from, as far as the file has it.
    fn above(&self, envelope: &Envelope) -> Option<usize> {
        let last_grant = || (self.links.iter().rev().find(|link| link.kind == Kind::Grant)).map(|link| link.line);
        let by_parent = |parent: Parent| match parent {
            Parent::Root => None,
            Parent::Grant(digest) => self.lines.get(&digest).copied(),
        };
        match (&self.way, envelope.kind()) {
            (Way::Machine, _) => None,
            (_, Kind::Revocations) => match self.peek::<Revocations>(envelope)?.issuer {
                Grantor::Root => None,
                Grantor::Key(issuer) => self.subjects.get(&issuer).copied(),
            },
            (Way::Tree(..), Kind::Grant) => by_parent(self.peek::<Grant>(envelope)?.parent),
            (Way::Tree(..), Kind::Bundle) => by_parent(self.peek::<Bundle>(envelope)?.signed_under),
            (Way::Tree(..), Kind::LedgerEntry) => {
                let entry = self.peek::<LedgerEntry>(envelope)?;
                let by_key = || self.subjects.get(&entry.place.ledger.key).copied();
                by_parent(Parent::Grant(entry.grant)).or_else(by_key)
            }
            (Way::Tree(..), Kind::Handover) => by_parent(Parent::Grant(self.peek::<Handover>(envelope)?.grant)),
            _ => last_grant(),
        }
    }

    fn peek<T: Document>(&self, envelope: &Envelope) -> Option<T> {
        Unverified::<T>::new(envelope.clone()).and_then(|one| one.peek(&self.limits)).ok()
    }

    /// The line because of which this line does not hold.
    fn failing(&self, line: usize) -> Option<usize> {
        match self.links.get(line.checked_sub(1)?)?.state {
            State::Fails(_) => Some(line),
            State::Below(above) => Some(above),
            State::Holds | State::NotChecked => None,
        }
    }

    /// The document at the end of a path, as whoever it is for would read the whole file.
    fn path_document(&mut self, envelope: &Envelope) -> State {
        if let Some(line) = self.revoked() {
            return State::Below(line);
        }
        let Way::Path(path) = &self.way else { return State::NotChecked };
        let read = path.document(self.file, envelope.kind(), self.known, &self.limits);
        read.map_or_else(State::Fails, |()| State::Holds)
    }

    /// The first link of a path that is revoked: it fails, and what hangs from it with it.
    fn revoked(&mut self) -> Option<usize> {
        let Way::Path(path) = &self.way else { return None };
        let hit = |length: usize| revocation::standing(&path.chain(length)?, self.known, None, None);
        let (length, hit) = (1..=path.len()).find_map(|length| Some((length, hit(length)?)))?;
        let line = self.file.trust.len() + length;
        for link in self.links.iter_mut().filter(|link| link.kind == Kind::Grant && link.line >= line) {
            link.state =
                if link.line == line { State::Fails(ChainError::Revoked(hit.clone())) } else { State::Below(line) };
        }
        self.failed.get_or_insert(line);
        Some(line)
    }
}

/// A machine's file holds one document and nothing else.
fn machine_document(file: &File, document: &Envelope, kind: Kind, limits: &Limits) -> Result<(), ChainError> {
    fn signed<T: Document + Signer>(document: &Envelope, limits: &Limits) -> Result<(), ChainError> {
        Ok(Unverified::<T>::new(document.clone())?.verify_by_named_signers(limits).map(drop)?)
    }
    match kind {
        Kind::Request => signed::<Request>(document, limits),
        Kind::Deactivation => signed::<Deactivation>(document, limits),
        found => {
            let line = file.envelopes().position(|one| one == document).map_or(1, |index| index + 1);
            Err(DocumentError::Extra { line, found }.into())
        }
    }
}
