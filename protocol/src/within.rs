//! `within(parent, child)`: every field in which a child allows more than its parent (design §5).
//!
//! Pure, and the same when issuing and when verifying. A child beyond its parent is refused, never clipped.

use std::fmt;

use crate::chain::Chain;
use crate::documents::{
    Allowance, Approval, ApprovalRight, Ceiling, Consumption, Credential, CyclePolicy, Devices, Enablement,
    ExpiryPolicy, Feature, FeatureValue, Grant, Installation, License, Parent, Share, TimeTicket, Trust,
};
use crate::id::Id;
use crate::time::{DAY, Time};

/// Days after the end of issuing until which an answer may still be installed (design §5).
pub const INSTALL_DAYS: u64 = 7;

/// One field in which a child exceeds its parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excess {
    /// The field, as `docs/spec.md` names it.
    pub field: &'static str,
    /// What the parent allows and the child asks, in words.
    pub detail: String,
}

impl fmt::Display for Excess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.field, self.detail)
    }
}

/// Collects excesses; costs nothing while there are none.
#[derive(Default)]
struct Excesses(Vec<Excess>);

impl Excesses {
    fn unless(&mut self, fits: bool, field: &'static str, detail: impl FnOnce() -> String) {
        if !fits {
            self.0.push(Excess { field, detail: detail() });
        }
    }

    /// A number that must not be larger than the parent's.
    fn at_most<T: PartialOrd + fmt::Display>(&mut self, field: &'static str, parent: T, child: T) {
        self.unless(child <= parent, field, || format!("{child} where {parent} is allowed"));
    }

    /// A ceiling that must not be above the parent's.
    fn ceiling<T: Ord + Copy + fmt::Display>(&mut self, field: &'static str, parent: Ceiling<T>, child: Ceiling<T>) {
        let fits = parent.admits(&child, |parent, child| child <= parent);
        self.unless(fits, field, || format!("{child} where {parent} is allowed"));
    }

    /// A right that must not be given where the parent lacks it.
    fn right(&mut self, field: &'static str, parent: bool, child: bool) {
        self.unless(parent || !child, field, || "the parent does not have it".into());
    }

    fn all<T>(&mut self, field: &'static str, misfits: impl Iterator<Item = T>, detail: impl Fn(T) -> String) {
        self.0.extend(misfits.map(|misfit| Excess { field, detail: detail(misfit) }));
    }
}

/// Every field in which a grant that the root signed exceeds what the root stands for, or itself.
pub fn within_root(trust: &Trust, child: &Grant) -> Vec<Excess> {
    let mut excesses = Excesses::default();
    excesses.unless(child.product == trust.product, "product", || other(&trust.product, &child.product));
    excesses.unless(child.parent == Parent::Root, "parent", || "it does not hang from the root".into());
    within_itself(child, &mut excesses);
    excesses.0
}

/// Every field in which a grant exceeds its parent, or itself. Empty: it is within.
pub fn within(parent: &Grant, child: &Grant) -> Vec<Excess> {
    let mut excesses = Excesses::default();
    let x = &mut excesses;
    x.unless(child.product == parent.product, "product", || other(&parent.product, &child.product));
    within_rights(parent, child, x);
    x.unless(parent.account.admits(&child.account, |a, b| a == b), "account", || {
        other(&parent.account, &child.account)
    });
    x.unless(parent.license_type.admits(&child.license_type, |a, b| a == b), "license_type", || {
        other(parent.license_type, child.license_type)
    });
    within_quantities(parent, child, x);
    within_devices(parent, child, x);
    x.unless(child.issue_from >= parent.issue_from, "issue_from", || {
        format!("{} is before {}", child.issue_from, parent.issue_from)
    });
    x.at_most("issue_until", parent.issue_until, child.issue_until);
    x.ceiling("run_until", parent.run_until, child.run_until);
    x.ceiling("longest_duration", parent.longest_duration, child.longest_duration);
    x.ceiling("longest_session", parent.longest_session, child.longest_session);
    x.ceiling("license_count", parent.license_count, child.license_count);
    within_policies(parent, child, x);
    within_itself(child, x);
    excesses.0
}

fn other(parent: impl fmt::Display, child: impl fmt::Display) -> String {
    format!("'{child}' where '{parent}' is allowed")
}

fn within_rights(parent: &Grant, child: &Grant, x: &mut Excesses) {
    let (a, b) = (&parent.rights, &child.rights);
    x.right("rights.issue", a.issue, b.issue);
    x.right("rights.refresh", a.refresh, b.refresh);
    x.right("rights.enable", a.enable, b.enable);
    x.unless(a.delegate > 0 && b.delegate < a.delegate, "rights.delegate", || {
        format!("depth {} below a depth of {}", b.delegate, a.delegate)
    });
    x.at_most("rights.release_dead.quota", a.release_dead.quota, b.release_dead.quota);
    let idle = b.release_dead.quota == 0;
    x.unless(idle || b.release_dead.cooldown >= a.release_dead.cooldown, "rights.release_dead.cooldown", || {
        format!("{} s where at least {} s are due", b.release_dead.cooldown, a.release_dead.cooldown)
    });
    x.at_most("rights.repair_clock.count", a.repair_clock.count, b.repair_clock.count);
    x.at_most("rights.repair_clock.max_back", a.repair_clock.max_back, b.repair_clock.max_back);
}

fn within_quantities(parent: &Grant, child: &Grant, x: &mut Excesses) {
    match (&parent.allowances, &child.allowances) {
        (Ceiling::Unlimited, _) => {}
        (Ceiling::Limited(_), Ceiling::Unlimited) => x.unless(false, "allowances", || "unlimited".into()),
        (Ceiling::Limited(a), Ceiling::Limited(b)) => allowances("allowances", a, b, Time::MAX, x),
    }
    match (&parent.features, &child.features) {
        (Ceiling::Unlimited, _) => {}
        (Ceiling::Limited(_), Ceiling::Unlimited) => x.unless(false, "features", || "unlimited".into()),
        (Ceiling::Limited(a), Ceiling::Limited(b)) => features(a, b, x),
    }
    match (&parent.consumption, &child.consumption) {
        (Ceiling::Unlimited, _) => {}
        (Ceiling::Limited(_), Ceiling::Unlimited) => x.unless(false, "consumption", || "unlimited".into()),
        (Ceiling::Limited(a), Ceiling::Limited(b)) => consumption(a, b, x),
    }
    match (&parent.installations, &child.installations) {
        (Ceiling::Unlimited, _) => {}
        (Ceiling::Limited(_), Ceiling::Unlimited) => x.unless(false, "installations", || "unlimited".into()),
        (Ceiling::Limited(a), Ceiling::Limited(b)) => installations(a, b, x),
    }
}

/// Seats against seats, at every instant at which either changes, up to a last one.
fn allowances(field: &'static str, parent: &[Allowance], child: &[Allowance], until: Time, x: &mut Excesses) {
    for one in child {
        let ceiling = parent.iter().find(|allowance| allowance.seat_type == one.seat_type);
        let steps = one.steps.iter().chain(ceiling.into_iter().flat_map(|ceiling| &ceiling.steps));
        let excess = steps.map(|step| step.from).filter(|at| *at <= until).find_map(|at| {
            let allowed = ceiling.map_or(0, |ceiling| ceiling.at(at));
            (one.at(at) > allowed).then(|| (at, one.at(at), allowed))
        });
        x.all(field, excess.into_iter(), |(at, asked, allowed)| {
            format!("{asked} {} from {at} where {allowed} are allowed", one.seat_type)
        });
    }
}

fn features(parent: &[Feature], child: &[Feature], x: &mut Excesses) {
    let fits = |one: &Feature| {
        parent.iter().find(|other| other.name == one.name).is_some_and(|ceiling| match (ceiling.value, one.value) {
            (FeatureValue::On, FeatureValue::On) => true,
            (FeatureValue::Number(allowed), FeatureValue::Number(asked)) => asked <= allowed,
            _ => false,
        })
    };
    x.all("features", child.iter().filter(|one| !fits(one)), |one| format!("'{}'", one.name));
}

fn consumption(parent: &[Consumption], child: &[Consumption], x: &mut Excesses) {
    for one in child {
        let Some(ceiling) = parent.iter().find(|other| other.counter == one.counter) else {
            x.unless(false, "consumption", || format!("the counter '{}' is not the parent's", one.counter));
            continue;
        };
        x.unless(one.feature == ceiling.feature, "consumption.feature", || {
            format!("'{}' counts another feature", one.counter)
        });
        x.ceiling("consumption.limit", ceiling.limit, one.limit);
        x.ceiling("consumption.overage", ceiling.overage, one.overage);
        // The other way round: a longer period, or never, is the stricter one.
        let slower = one.reset_period.admits(&ceiling.reset_period, |child, parent| child >= parent);
        x.unless(slower, "consumption.reset_period", || {
            format!("{} s where at least {} s are due", one.reset_period, ceiling.reset_period)
        });
    }
}

fn installations(parent: &[Installation], child: &[Installation], x: &mut Excesses) {
    for one in child {
        match parent.iter().find(|other| other.license_id == one.license_id) {
            Some(ceiling) => allowances("installations", &ceiling.allowances, &one.allowances, Time::MAX, x),
            None => x.unless(false, "installations", || format!("'{}' is not the parent's", one.license_id)),
        }
    }
}

fn within_devices(parent: &Grant, child: &Grant, x: &mut Excesses) {
    if let Devices::Named(ceilings) = &parent.devices {
        match &child.devices {
            Devices::Pool => x.unless(false, "devices", || "any machine where only named ones are allowed".into()),
            Devices::Named(shares) => {
                for share in shares {
                    match ceilings.iter().find(|other| other.device == share.device) {
                        Some(ceiling) => allowances("devices", &ceiling.allowances, &share.allowances, Time::MAX, x),
                        None => x.unless(false, "devices", || format!("the machine {}", share.device.short())),
                    }
                }
            }
        }
    }
    if !parent.credentials.is_empty() {
        let known = |key: &Credential| parent.credentials.contains(key);
        x.unless(!child.credentials.is_empty(), "credentials", || {
            "none is asked for where the parent asks for one".into()
        });
        x.all("credentials", child.credentials.iter().filter(|key| !known(key)), |credential: &Credential| {
            credential.key.short()
        });
    }
}

/// Windows and what follows the end: of a grant against its parent, and of a license against its grant.
fn cycle_and_expiry(parent: (&CyclePolicy, &ExpiryPolicy), child: (&CyclePolicy, &ExpiryPolicy), x: &mut Excesses) {
    x.at_most("cycle.request_window", parent.0.request_window, child.0.request_window);
    x.at_most("cycle.cycle_window", parent.0.cycle_window, child.0.cycle_window);
    x.unless(child.0.lock_effect >= parent.0.lock_effect, "cycle.lock_effect", || {
        other(parent.0.lock_effect, child.0.lock_effect)
    });
    x.ceiling("expiry.grace", parent.1.grace, child.1.grace);
    x.unless(child.1.after_end >= parent.1.after_end, "expiry.after_end", || {
        other(parent.1.after_end, child.1.after_end)
    });
    x.ceiling("expiry.extension", parent.1.extension, child.1.extension);
}

fn within_policies(parent: &Grant, child: &Grant, x: &mut Excesses) {
    cycle_and_expiry((&parent.cycle, &parent.expiry), (&child.cycle, &child.expiry), x);
    x.right("allow_offline_activation", parent.allow_offline_activation, child.allow_offline_activation);
    let approvable = match (&parent.approval, &child.approval) {
        (Approval::Right(ApprovalRight::MayApprove), _) | (_, Approval::Right(ApprovalRight::None)) => true,
        // An approved account may pass its own approval on, unchanged.
        (parent, child) => parent == child,
    };
    x.unless(approvable, "approval", || "the parent may not approve offline licensing".into());
    x.ceiling("revocation_max_age", parent.revocation_max_age, child.revocation_max_age);
}

/// Where a grant's own parts must fit into it: installations, and the sum of named machines' shares.
fn within_itself(grant: &Grant, x: &mut Excesses) {
    let Ceiling::Limited(own) = &grant.allowances else { return };
    if let Ceiling::Limited(installations) = &grant.installations {
        for installation in installations {
            allowances("installations", own, &installation.allowances, Time::MAX, x);
        }
    }
    if let Devices::Named(shares) = &grant.devices {
        shares_together(own, shares, x);
    }
}

/// The sum of the shares of each seat type, at every instant at which it or the ceiling changes.
///
/// One sorted sweep: a grant may list thousands of machines, and comparing each with each would let one file take
/// minutes.
fn shares_together(own: &[Allowance], shares: &[Share], x: &mut Excesses) {
    let mut changes: Vec<(&Id, Time, i128)> = Vec::new();
    for one in shares.iter().flat_map(|share| &share.allowances) {
        let mut before = 0;
        for step in &one.steps {
            let quantity = i128::from(step.quantity);
            changes.push((&one.seat_type, step.from, quantity - before));
            before = quantity;
        }
    }
    changes.extend(own.iter().flat_map(|one| one.steps.iter().map(|step| (&one.seat_type, step.from, 0))));
    changes.sort_unstable();
    for of_type in changes.chunk_by(|a, b| a.0 == b.0) {
        let mut sum = 0;
        for at_once in of_type.chunk_by(|a, b| a.1 == b.1) {
            sum += at_once.iter().map(|change| change.2).sum::<i128>();
            let Some((seat_type, at, _)) = at_once.first() else { continue };
            let allowed = own.iter().find(|one| one.seat_type == **seat_type).map_or(0, |one| one.at(*at));
            if sum > i128::from(allowed) {
                return x.unless(false, "devices.shares", || {
                    format!("together {sum} {seat_type} from {at} where {allowed} are allowed")
                });
            }
        }
    }
}

/// Every field in which a license exceeds its chain.
pub fn license_excesses(license: &License, chain: &Chain) -> Vec<Excess> {
    let mut excesses = Excesses::default();
    let x = &mut excesses;
    let leaf = chain.leaf().get();
    let end = license.ends_at.limit().copied().unwrap_or(Time::MAX);
    let kind = leaf.license_type.admits(&Ceiling::Limited(license.license_type), |a, b| a == b);
    x.unless(kind, "license_type", || other(leaf.license_type, license.license_type));
    if let Ceiling::Limited(ceiling) = &leaf.allowances {
        allowances("allocation", ceiling, &license.allocation, end, x);
    }
    if let Ceiling::Limited(list) = &leaf.installations {
        match list.iter().find(|one| one.license_id == license.license_id) {
            Some(installation) => allowances("allocation", &installation.allowances, &license.allocation, end, x),
            None => x.unless(false, "license_id", || format!("'{}' is not the grant's", license.license_id)),
        }
    }
    if let Devices::Named(shares) = &leaf.devices {
        match shares.iter().find(|share| share.device == license.device.key) {
            Some(share) => allowances("devices", &share.allowances, &license.allocation, end, x),
            None => x.unless(false, "devices", || "the machine is not named".into()),
        }
    }
    if let Ceiling::Limited(ceiling) = &leaf.features {
        features(ceiling, &license.features, x);
    }
    if let Ceiling::Limited(ceiling) = &leaf.consumption {
        consumption(ceiling, &license.consumption, x);
    }
    license_times(license, chain, x);
    // Accepting a restored or rebuilt machine counts against the quota of released ones (design §5, Recovery).
    let may_accept = license.accept_fork.is_none() || leaf.rights.release_dead.quota > 0;
    x.unless(may_accept, "accept_fork", || "the grant does not allow accepting restored machines".into());
    let offline = leaf.allow_offline_activation;
    x.unless(offline, "allow_offline_activation", || "the grant does not allow offline licenses".into());
    x.ceiling("longest_session", leaf.longest_session, license.longest_session);
    cycle_and_expiry((&leaf.cycle, &leaf.expiry), (&license.cycle, &license.expiry), x);
    excesses.0
}

/// Dates are judged over every link, not only the last.
fn license_times(license: &License, chain: &Chain, x: &mut Excesses) {
    let (from, until) = chain.issue_window();
    x.unless((from..=until).contains(&license.issued_at), "issued_at", || {
        format!("{} is outside {from} to {until}", license.issued_at)
    });
    x.at_most("install_before", until.plus(INSTALL_DAYS * DAY), license.install_before);
    for grant in chain.grants() {
        x.ceiling("ends_at", grant.run_until, license.ends_at);
        if let Ceiling::Limited(longest) = grant.longest_duration {
            let fits = license.ends_at.limit().is_some_and(|end| end.since(license.starts_at) <= longest);
            x.unless(fits, "longest_duration", || format!("longer than {longest} s"));
        }
    }
}

/// Every field in which a time ticket exceeds its chain.
pub fn time_ticket_excesses(ticket: &TimeTicket, chain: &Chain) -> Vec<Excess> {
    let mut excesses = Excesses::default();
    let (from, until) = chain.issue_window();
    let inside = (from..=until).contains(&ticket.time);
    excesses.unless(inside, "time", || format!("{} is outside {from} to {until}", ticket.time));
    excesses.0
}

/// Every field in which an enablement token exceeds its chain.
pub fn enablement_excesses(token: &Enablement, chain: &Chain) -> Vec<Excess> {
    let mut excesses = Excesses::default();
    let x = &mut excesses;
    let (from, until) = chain.issue_window();
    x.unless((from..=until).contains(&token.issued_at), "issued_at", || {
        format!("{} is outside {from} to {until}", token.issued_at)
    });
    if let Ceiling::Limited(list) = &chain.leaf().installations {
        let known = list.iter().any(|one| one.license_id == token.license_id);
        x.unless(known, "license_id", || format!("'{}' is not the grant's", token.license_id));
    }
    excesses.0
}
