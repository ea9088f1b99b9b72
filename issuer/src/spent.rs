//! What was spent of rights that have a count: backward clock repairs, and machines released as dead or accepted again.

use postern_protocol::documents::{Event, LedgerEntry};
use postern_protocol::{Digest, PublicKey, Time};

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

impl Books {
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
    } else if spent.len() as u64 >= right.quota {
        refusals.push(Refusal::ReleasesSpent { quota: right.quota });
    } else if let Some(until) = spent.last().map(|last| last.plus(right.cooldown)).filter(|until| desk.now < *until) {
        refusals.push(Refusal::ReleaseTooSoon { until });
    }
}
