//! What was spent of rights that have a count: backward clock repairs, and machines released as dead or accepted again.

use postern_protocol::documents::{Event, LedgerEntry, Rights};
use postern_protocol::{Digest, Id, PublicKey, Time};

use crate::books::Books;
use crate::desk::{Desk, made_here};
use crate::refusal::Refusal;

/// An entry that counts against a right's count or quota.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spent {
    what: Spending,
    /// The grant that it was made under.
    grant: Digest,
    device: PublicKey,
    at: Time,
}

/// What is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spending {
    /// A clock repair backward. Forward a clock may be set as often as it needs to be.
    ClockRepair,
    /// A machine released as dead, or accepted again as it is: both let a machine run on that no file reaches.
    Release,
}

impl Spent {
    /// What an entry spends, if anything.
    pub(crate) fn by(entry: &LedgerEntry) -> Option<Self> {
        let (what, device) = match &entry.event {
            Event::ClockRepaired { device, back, .. } if *back > 0 => (Spending::ClockRepair, device),
            Event::ReleasedDead { device, .. } => (Spending::Release, device),
            Event::Issued(issued) if issued.accepted_fork => (Spending::Release, &issued.device),
            _ => return None,
        };
        Some(Self { what, grant: entry.grant, device: device.key, at: entry.at })
    }
}

impl Spending {
    /// The right that it is spent of.
    pub(crate) fn right(self) -> &'static str {
        match self {
            Self::ClockRepair => "repair-clock",
            Self::Release => "release-dead",
        }
    }

    /// How often a grant allows it.
    pub(crate) fn count(self, rights: &Rights) -> u64 {
        match self {
            Self::ClockRepair => rights.repair_clock.count,
            Self::Release => rights.release_dead.quota,
        }
    }
}

impl Books {
    /// How many the desk's grant has left: neither spent nor given to children, one of whom may be left out.
    pub(crate) fn left(&self, desk: &Desk<'_>, what: Spending, but: Option<&Id>) -> u64 {
        let others = self.children_here(desk).filter(|(id, _)| Some(*id) != but);
        let given = others.map(|(_, child)| child.given(what)).fold(0, u64::saturating_add);
        let spent = self.spent(desk, what).len() as u64;
        what.count(&desk.chain.leaf().rights).saturating_sub(spent).saturating_sub(given)
    }

    /// When each of these was spent under the grant at the end of this chain, oldest first.
    pub(crate) fn spent(&self, desk: &Desk<'_>, what: Spending) -> Vec<Time> {
        let here = |one: &&Spent| {
            let license_ids = self.devices.get(&one.device).map_or(&[][..], |device| &device.license_ids);
            one.what == what && made_here(desk, one.grant, license_ids)
        };
        self.spent.iter().filter(here).map(|one| one.at).collect()
    }
}

/// Every reason why no machine can be released or accepted again now.
pub(crate) fn release(desk: &Desk<'_>, books: &Books, refusals: &mut Vec<Refusal>) {
    let right = desk.chain.leaf().rights.release_dead;
    let spent = books.spent(desk, Spending::Release);
    if right.quota == 0 {
        refusals.push(Refusal::RightMissing { right: "release-dead" });
    } else if books.left(desk, Spending::Release, None) == 0 {
        refusals.push(Refusal::ReleasesSpent { quota: right.quota });
    } else if let Some(until) = spent.last().map(|last| last.plus(right.cooldown)).filter(|until| desk.now < *until) {
        refusals.push(Refusal::ReleaseTooSoon { until });
    }
}
