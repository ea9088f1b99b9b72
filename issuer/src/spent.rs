//! What was spent of rights that have a count: backward clock repairs, and machines released as dead or accepted again.

use postern_protocol::documents::CountedRight::{self, ReleaseDead, RepairClock};
use postern_protocol::documents::{Event, LedgerEntry, Rights, SpentRight};
use postern_protocol::{Id, Time};

use crate::books::Books;
use crate::desk::{Desk, made_here};
use crate::refusal::Refusal;

/// What an entry spends, if anything. A machine that is accepted again as it is counts as one released: both let a machine
/// run on that no file reaches. Forward a clock may be set as often as it needs to be.
pub(crate) fn by(entry: &LedgerEntry) -> Option<SpentRight> {
    let (right, device) = match &entry.event {
        Event::ClockRepaired { device, back, .. } if *back > 0 => (RepairClock, device),
        Event::ReleasedDead { device, .. } => (ReleaseDead, device),
        Event::Issued(issued) if issued.accepted_fork => (ReleaseDead, &issued.device),
        _ => return None,
    };
    Some(SpentRight { right, grant: entry.grant, device: device.key, at: entry.at })
}

/// How often a grant allows it.
pub(crate) fn allowed(right: CountedRight, rights: &Rights) -> u64 {
    match right {
        RepairClock => rights.repair_clock.count,
        ReleaseDead => rights.release_dead.quota,
    }
}

impl Books {
    /// How many the desk's grant has left: neither spent nor given to children, one of whom may be left out.
    pub(crate) fn left(&self, desk: &Desk<'_>, what: CountedRight, but: Option<&Id>) -> u64 {
        let others = self.children_here(desk).filter(|(id, _)| Some(*id) != but);
        let given = others.map(|(_, child)| child.given(what)).fold(0, u64::saturating_add);
        let spent = self.spent(desk, what).len() as u64;
        allowed(what, &desk.chain.leaf().rights).saturating_sub(spent).saturating_sub(given)
    }

    /// When each of these was spent under the grant at the end of this chain, oldest first.
    pub(crate) fn spent(&self, desk: &Desk<'_>, what: CountedRight) -> Vec<Time> {
        let here = |one: &&SpentRight| {
            let license_ids = self.devices.get(&one.device).map_or(&[][..], |device| &device.license_ids);
            one.right == what && made_here(desk, one.grant, license_ids)
        };
        self.spent.iter().filter(here).map(|one| one.at).collect()
    }
}

/// Every reason why no machine can be released or accepted again now.
pub(crate) fn release(desk: &Desk<'_>, books: &Books, refusals: &mut Vec<Refusal>) {
    let right = desk.chain.leaf().rights.release_dead;
    let spent = books.spent(desk, ReleaseDead);
    if right.quota == 0 {
        refusals.push(Refusal::RightMissing { right: "release-dead" });
    } else if books.left(desk, ReleaseDead, None) == 0 {
        refusals.push(Refusal::ReleasesSpent { quota: right.quota });
    } else if let Some(until) = spent.last().map(|last| last.plus(right.cooldown)).filter(|until| desk.now < *until) {
        refusals.push(Refusal::ReleaseTooSoon { until });
    }
}
