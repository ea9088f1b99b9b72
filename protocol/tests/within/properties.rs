//! `within` as an order: transitive field by field, reflexive but for the depth, and true to the step functions.

use std::collections::BTreeSet;

use postern_protocol::documents::*;
use postern_protocol::within::{license_excesses, within, within_root};
use postern_protocol::{Chain, Id, Time};
use postern_testkit::{World, id, key, public};
use proptest::prelude::*;
use std::sync::LazyLock;

use crate::random::{INSTANTS, allowances, devices, grant, instant};

/// The fields in which a child exceeds its parent. Parts that stand for one another count as one: whoever lists no
/// counter cannot exceed its limit, and whoever has no quota has no cooldown.
fn excesses(parent: &Grant, child: &Grant) -> BTreeSet<&'static str> {
    let group = |field: &'static str| match field {
        counter if counter.starts_with("consumption") => "consumption",
        dead if dead.starts_with("rights.release_dead") => "rights.release_dead",
        other => other,
    };
    within(parent, child).into_iter().map(|excess| group(excess.field)).collect()
}

/// Seats of one type at an instant, the slow and obvious way.
fn seats_at(allowances: &[Allowance], seat_type: &Id, at: Time) -> u64 {
    let Some(allowance) = allowances.iter().find(|one| one.seat_type == *seat_type) else { return 0 };
    let begun = allowance.steps.iter().filter(|step| step.from <= at);
    begun.max_by_key(|step| step.from).map_or(0, |step| step.quantity)
}

/// Whether a child has more at any instant up to the last.
pub(crate) fn ever_more(parent: &[Allowance], child: &[Allowance], until: u64) -> bool {
    let instants = || (0..=until.min(INSTANTS)).map(Time::from_unix);
    let more = |one: &Allowance| {
        instants().any(|at| seats_at(child, &one.seat_type, at) > seats_at(parent, &one.seat_type, at))
    };
    child.iter().any(more)
}

fn of(allowances: &[Allowance]) -> Ceiling<Vec<Allowance>> {
    Ceiling::Limited(allowances.to_vec())
}

static CHAIN: LazyLock<Chain> = LazyLock::new(|| World::new().chain());

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn transitive_at_every_field(a in grant(), b in grant(), c in grant()) {
        let (ab, bc, ac) = (excesses(&a, &b), excesses(&b, &c), excesses(&a, &c));
        for field in ac {
            prop_assert!(ab.contains(field) || bc.contains(field), "{field}: a ⊉ c, though a ⊇ b ⊇ c");
        }
    }

    #[test]
    fn reflexive_but_for_the_depth(a in grant()) {
        let mut below = a.clone();
        below.rights.delegate = a.rights.delegate.saturating_sub(1);
        let mut own: BTreeSet<_> = within_root(&World::new().trust, &a).into_iter().map(|excess| excess.field).collect();
        // These two are what only a root-signed grant owes.
        own.retain(|field| !["product", "parent"].contains(field));
        if a.rights.delegate == 0 {
            own.insert("rights.delegate");
        }
        prop_assert_eq!(excesses(&a, &below), own);
    }

    #[test]
    fn seats_compare_as_step_functions(parent in allowances(), child in allowances()) {
        let mut a = World::new().ops;
        let mut b = World::new().account;
        (a.allowances, b.allowances) = (of(&parent), of(&child));
        (b.installations, b.devices) = (Ceiling::Limited(vec![]), Devices::Pool);
        prop_assert_eq!(excesses(&a, &b).contains("allowances"), ever_more(&parent, &child, INSTANTS));
    }

    #[test]
    fn shares_sum_as_step_functions(own in allowances(), devices in devices()) {
        let mut grant = World::new().ops;
        (grant.allowances, grant.devices) = (of(&own), devices.clone());
        let Devices::Named(shares) = devices else { return Ok(()) };
        let types: BTreeSet<&Id> = shares.iter().flat_map(|share| &share.allowances).map(|one| &one.seat_type).collect();
        let sum = |seat_type: &Id, at| shares.iter().map(|share| seats_at(&share.allowances, seat_type, at)).sum::<u64>();
        let more = (0..=INSTANTS).map(Time::from_unix).any(|at| {
            types.iter().any(|seat_type| sum(seat_type, at) > seats_at(&own, seat_type, at))
        });
        let found = within_root(&World::new().trust, &grant).iter().any(|excess| excess.field == "devices.shares");
        prop_assert_eq!(found, more);
    }

    /// A license's seats count up to its end; what would come later never comes.
    #[test]
    fn a_licenses_seats_count_until_its_end(allocation in allowances(), end in instant()) {
        let chain = &*CHAIN;
        let ceiling = chain.leaf().allowances.limit().unwrap();
        // The world's own seats begin in 2026: moved to the small world's instants and names.
        let rename = |one: &Allowance| Allowance {
            seat_type: id(match one.seat_type.as_str() { "creator" => "bot-creator", "runner" => "bot-runner", _ => "bot-viewer" }),
            steps: one.steps.iter().map(|step| Step { from: ceiling[0].steps[0].from.plus(step.from.unix()).minus(3), quantity: step.quantity * 4 }).collect(),
        };
        let mut license = World::new().license(public(&key(30)), None);
        license.allocation = allocation.iter().map(rename).collect();
        let end = ceiling[0].steps[0].from.plus(end.unix()).minus(3);
        license.ends_at = Ceiling::Limited(end);
        let first = ceiling[0].steps[0].from.minus(4).unix();
        let more = license.allocation.iter().any(|one| (first..=end.unix()).map(Time::from_unix).any(|at| {
            seats_at(&license.allocation, &one.seat_type, at) > seats_at(ceiling, &one.seat_type, at)
        }));
        let found = license_excesses(&license, chain).iter().any(|excess| excess.field == "allocation");
        prop_assert_eq!(found, more);
    }
}
