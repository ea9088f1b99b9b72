//! Looking into a file of any kind: what it says of itself, whether it verifies, what it is for.

use postern_protocol::describe::{self, Section, allows, support};
use postern_protocol::documents::Revocations;
use postern_protocol::walk::{Against, State, Walk, walk};
use postern_protocol::{Digest, Envelope, Kind, Limits, TrustState, Verified};
use yew::AttrValue;

use super::dropped::Dropped;
use super::shown::Explained;
use crate::t;

/// A file in words.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// Its name.
    pub name: String,
    /// What it is; none for a machine's support file.
    pub kind: Option<Kind>,
    /// The digest of the whole file, to compare on the other side of the gap.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: usize,
    /// Whether it verifies.
    pub standing: Standing,
    /// What the chain hangs from.
    pub against: Option<Against>,
    /// The chain, link by link; of a long file the first links, all that fail, and what both hang from.
    pub chain: Vec<Drawn>,
    /// How many links are not drawn.
    pub left_out: usize,
    /// Every drawn document in words.
    pub sections: Vec<Section>,
}

/// A link of the chain, as it is drawn.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// Its line in the file.
    pub line: usize,
    /// How many links stand between it and the root.
    pub depth: usize,
    /// What it is.
    pub title: String,
    /// Whether it holds.
    pub state: State,
    /// What it allows whatever hangs from it.
    pub allows: Vec<describe::Row>,
}

/// Links of a long file that are drawn at most: for people to read, and for the page to show at once.
const MOST_DRAWN: usize = 24;

/// Whether a file verifies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It does, up to the vendor's root that is pinned here.
    Vendor,
    /// It is signed by the machine that it names; which machine that is, the ledger knows.
    Machine,
    /// It was not checked: no vendor root is known here yet.
    NoRoot,
    /// It does, up to a root that it brings itself: no vendor root is known here yet.
    OwnRoot(Digest),
    /// Nobody signs such a file.
    Unsigned,
    /// It does not.
    Refused(Explained),
}

impl Inspection {
    /// Looks into a file. `trust` is the vendor's root as far as it is known here, `known` the revocations.
    pub fn of(dropped: &Dropped, trust: Option<&TrustState>, known: &[Verified<Revocations>]) -> Self {
        Self::walked(dropped, walk(&dropped.file, trust, known, &Limits::DEFAULT))
    }

    /// What is to be shown of a file whose chain was walked.
    pub fn walked(dropped: &Dropped, walk: Walk) -> Self {
        let shown = drawn_lines(&walk);
        let envelopes: Vec<&Envelope> = dropped.file.envelopes().collect();
        let lines = || shown.iter().filter_map(|line| Some((walk.link(*line)?, *envelopes.get(*line - 1)?)));
        let limits = &Limits::DEFAULT;
        let mut sections: Vec<Section> = lines().map(|(_, envelope)| describe::section(envelope, limits)).collect();
        let chain = lines().zip(&sections).map(|((link, envelope), section)| Drawn {
            line: link.line,
            depth: walk.path(link.line).len(),
            title: section.title.clone(),
            state: link.state.clone(),
            allows: allows(envelope, limits),
        });
        let chain: Vec<Drawn> = chain.collect();
        if let (Some(warning), Some(last)) = (describe::no_document(&dropped.file), sections.last_mut()) {
            last.rows.push(warning);
        }
        Self {
            name: dropped.name.clone(),
            kind: Some(dropped.kind),
            digest: Digest::of(&dropped.bytes),
            size: dropped.bytes.len(),
            standing: standing(&walk),
            against: walk.against,
            chain,
            left_out: walk.links.len() - shown.len(),
            sections,
        }
    }

    /// Looks into a machine's support file; none for anything else.
    pub fn of_support(name: &str, bytes: &[u8]) -> Option<Self> {
        Some(Self {
            name: name.to_owned(),
            kind: None,
            digest: Digest::of(bytes),
            size: bytes.len(),
            standing: Standing::Unsigned,
            against: None,
            chain: Vec::new(),
            left_out: 0,
            sections: vec![support(bytes)?],
        })
    }
}

fn standing(walk: &Walk) -> Standing {
    match (walk.against, walk.failure()) {
        (_, Some((_, error))) => Standing::Refused(error.into()),
        (None, None) => Standing::NoRoot,
        (Some(Against::NamedSigner), None) => Standing::Machine,
        (Some(Against::GivenRoot(_)), None) => Standing::Vendor,
        (Some(Against::OwnRoot(root)), None) => Standing::OwnRoot(root),
    }
}

/// The lines that are drawn, ascending: the first ones, those that fail, the last one, and what these hang from.
fn drawn_lines(walk: &Walk) -> Vec<usize> {
    let failing = walk.links.iter().filter(|link| matches!(link.state, State::Fails(_))).map(|link| link.line);
    let last = walk.links.len();
    let first = 1..=last.min(if last > MOST_DRAWN { MOST_DRAWN / 2 } else { MOST_DRAWN });
    let wanted = first.chain(failing.take(MOST_DRAWN / 4)).chain((last > 0).then_some(last));
    let mut lines: Vec<usize> = wanted.flat_map(|line| walk.path(line)).map(|link| link.line).collect();
    lines.sort_unstable();
    lines.dedup();
    lines
}

/// What a kind of file is called.
pub fn kind_name(kind: Kind) -> AttrValue {
    match kind {
        Kind::Trust => t!("kind-trust"),
        Kind::Grant => t!("kind-grant"),
        Kind::Bundle => t!("kind-bundle"),
        Kind::Enablement => t!("kind-enablement"),
        Kind::Request => t!("kind-request"),
        Kind::License => t!("kind-license"),
        Kind::Deactivation => t!("kind-deactivation"),
        Kind::Receipt => t!("kind-receipt"),
        Kind::LedgerEntry => t!("kind-ledger"),
        Kind::Handover => t!("kind-handover"),
        Kind::Revocations => t!("kind-revocations"),
        Kind::TimeTicket => t!("kind-time-ticket"),
    }
}

/// What to do with a file of this kind.
pub fn kind_use(kind: Kind) -> AttrValue {
    match kind {
        Kind::Trust => t!("use-trust"),
        Kind::Grant | Kind::Revocations => t!("use-part"),
        Kind::Bundle => t!("use-bundle"),
        Kind::Enablement => t!("use-enablement"),
        Kind::Request => t!("use-request"),
        Kind::License => t!("use-license"),
        Kind::Deactivation => t!("use-deactivation"),
        Kind::Receipt => t!("use-receipt"),
        Kind::LedgerEntry => t!("use-ledger"),
        Kind::Handover => t!("use-handover"),
        Kind::TimeTicket => t!("use-time-ticket"),
    }
}
