//! What does not fit together, each with the documents that prove it.

use postern_protocol::documents::{Cycle, Event, LedgerEntry, LedgerId, LedgerReference};
use postern_protocol::{Digest, Id, PublicKey, Time, Verified};

/// Something that the vendor has to know of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Two portals went on with one ledger.
    Forked {
        /// The ledger.
        ledger: LedgerId,
        /// The first position with more than one entry.
        position: u64,
        /// Each branch from there on.
        sides: Vec<Side>,
    },
    /// One request was answered twice, or one enablement token enabled two machines.
    IssuedTwice {
        /// The request or the token.
        answered: Digest,
        /// Whether it is a token.
        token: bool,
        /// The two entries.
        entries: [EntryFacts; 2],
    },
    /// A license takes more than its entitlement had left.
    OverIssued {
        /// The entitlement.
        grant: Id,
        /// The entry that took it.
        entry: EntryFacts,
        /// The seat type; none where it is the number of machines.
        seat_type: Option<Id>,
        /// What all machines have with it.
        given: u64,
        /// The ceiling.
        allowed: u64,
    },
    /// A machine remembers entries that no imported ledger has.
    LedgerBehind {
        /// The machine.
        device: PublicKey,
        /// What it sent.
        document: Digest,
        /// The newest of them.
        remembered: LedgerReference,
        /// The last position that was imported; 0 for none.
        last: u64,
    },
    /// A machine remembers another entry than the imported ledger has.
    LedgerContradicted {
        /// The machine.
        device: PublicKey,
        /// What it sent.
        document: Digest,
        /// What it remembers.
        remembered: LedgerReference,
        /// The entry that is there.
        entry: EntryFacts,
    },
    /// A machine runs on a license that no ledger records.
    LicenseUnrecorded {
        /// The machine.
        device: PublicKey,
        /// What it sent.
        document: Digest,
        /// The license.
        license: Digest,
    },
    /// A machine went back to an earlier state.
    MachineRolledBack {
        /// The machine.
        device: PublicKey,
        /// What it told first.
        before: Reading,
        /// What it told after that.
        after: Reading,
    },
    /// A machine told two things that no one machine can tell.
    MachineCloned {
        /// The machine.
        device: PublicKey,
        /// What they contradict each other in.
        by: Contradiction,
        /// The one.
        one: Reading,
        /// The other.
        other: Reading,
    },
    /// A machine used what no ledger has recorded yet.
    Unsettled {
        /// The machine.
        device: PublicKey,
        /// What it sent.
        document: Digest,
        /// Whether it gave its license back with it.
        deactivation: bool,
        /// Each counter that is behind.
        counters: Vec<UnsettledCounter>,
    },
}

/// One branch of a forked ledger, from the fork on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// Its first entry.
    pub entry: EntryFacts,
    /// Its last entry.
    pub last: Digest,
    /// How many entries it has.
    pub entries: u64,
    /// What it gave to which machine: the newest license of each.
    pub issued: Vec<(PublicKey, Vec<(Id, u64)>)>,
}

/// A ledger entry, as people need it named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryFacts {
    /// The entry.
    pub entry: Digest,
    /// Where it stands.
    pub place: LedgerReference,
    /// When, by the portal's clock.
    pub at: Time,
    /// Who, unverified.
    pub by: String,
    /// The machine that it is about.
    pub device: Option<PublicKey>,
    /// The seats that it gave.
    pub seats: Vec<(Id, u64)>,
}

/// What a machine told of itself at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The request, deactivation or ledger entry that tells it.
    pub witness: Digest,
    /// When, by the machine's clock, where that is known.
    pub at: Option<Time>,
    /// How many usage records it had.
    pub records: u64,
    /// Where in its request cycle it stood.
    pub cycle: Option<Cycle>,
}

/// What two readings contradict each other in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contradiction {
    /// As many usage records, but other ones.
    Records,
    /// Another usage chain in the same life of the machine.
    Chain,
    /// Two requests with the same number.
    Number,
}

/// A counter of which a machine told more than its ledgers recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsettledCounter {
    /// The counter.
    pub counter: Id,
    /// What the machine told.
    pub told: u64,
    /// What the ledgers have.
    pub recorded: u64,
}

impl EntryFacts {
    /// What people need of an entry.
    pub fn of(entry: &Verified<LedgerEntry>) -> Self {
        let (device, seats) = match &entry.event {
            Event::Issued(issued) => (Some(issued.device.key), quantities(&issued.allocation, issued.starts_at)),
            Event::Settled { device, .. }
            | Event::Synced { device, .. }
            | Event::ReleasedDead { device, .. }
            | Event::ClockRepaired { device, .. } => (Some(device.key), Vec::new()),
            Event::Begun { .. }
            | Event::TokenMade { .. }
            | Event::HandedOver { .. }
            | Event::TakenOver { .. }
            | Event::Delegated(_)
            | Event::ChildSeen(_) => (None, Vec::new()),
        };
        Self { entry: entry.digest(), place: entry.place, at: entry.at, by: entry.by.clone(), device, seats }
    }
}

/// Seats at an instant.
pub(super) fn quantities(allocation: &[postern_protocol::documents::Allowance], at: Time) -> Vec<(Id, u64)> {
    allocation.iter().map(|one| (one.seat_type.clone(), one.at(at))).collect()
}

impl Finding {
    /// The documents that prove it: ledger entries, requests and deactivations.
    pub fn witnesses(&self) -> Vec<Digest> {
        match self {
            Self::Forked { sides, .. } => sides.iter().map(|side| side.last).collect(),
            Self::IssuedTwice { entries, .. } => entries.iter().map(|entry| entry.entry).collect(),
            Self::OverIssued { entry, .. } => vec![entry.entry],
            Self::LedgerBehind { document, .. }
            | Self::LicenseUnrecorded { document, .. }
            | Self::Unsettled { document, .. } => vec![*document],
            Self::LedgerContradicted { document, entry, .. } => vec![*document, entry.entry],
            Self::MachineRolledBack { before, after, .. } => vec![before.witness, after.witness],
            Self::MachineCloned { one, other, .. } => vec![one.witness, other.witness],
        }
    }

    /// The machines that it is about.
    pub fn devices(&self) -> Vec<PublicKey> {
        let mut devices: Vec<PublicKey> = match self {
            Self::Forked { sides, .. } => {
                sides.iter().flat_map(|side| &side.issued).map(|(device, _)| *device).collect()
            }
            Self::IssuedTwice { entries, .. } => entries.iter().filter_map(|entry| entry.device).collect(),
            Self::OverIssued { entry, .. } => entry.device.into_iter().collect(),
            Self::LedgerBehind { device, .. }
            | Self::LedgerContradicted { device, .. }
            | Self::LicenseUnrecorded { device, .. }
            | Self::MachineRolledBack { device, .. }
            | Self::MachineCloned { device, .. }
            | Self::Unsettled { device, .. } => vec![*device],
        };
        devices.sort_unstable();
        devices.dedup();
        devices
    }
}
