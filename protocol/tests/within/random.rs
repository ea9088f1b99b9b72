//! Random grants out of small worlds: few names, few instants, few quantities, so that two of them often compare.

use postern_protocol::documents::*;
use postern_protocol::{Digest, Id, PublicKey, Time};
use postern_testkit::{id, key, ops_grant, public};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

/// Instants lie in 0..INSTANTS seconds of Unix time.
pub(crate) const INSTANTS: u64 = 8;

pub(crate) fn instant() -> impl Strategy<Value = Time> {
    (0..INSTANTS).prop_map(Time::from_unix)
}

fn ceiling<T: Clone + std::fmt::Debug>(of: impl Strategy<Value = T>) -> impl Strategy<Value = Ceiling<T>> {
    prop_oneof![4 => of.prop_map(Ceiling::Limited), 1 => Just(Ceiling::Unlimited)]
}

fn number() -> impl Strategy<Value = u64> {
    0..4_u64
}

/// Up to two of three names.
fn names(all: [&'static str; 3]) -> impl Strategy<Value = Vec<Id>> {
    subsequence(all.to_vec(), 0..3).prop_map(|names| names.into_iter().map(id).collect())
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    subsequence((0..INSTANTS).collect::<Vec<_>>(), 1..4).prop_flat_map(|instants| {
        let count = instants.len();
        (Just(instants), prop::collection::vec(0..6_u64, count)).prop_map(|(instants, quantities)| {
            let step = |(from, quantity)| Step { from: Time::from_unix(from), quantity };
            instants.into_iter().zip(quantities).map(step).collect()
        })
    })
}

pub(crate) fn allowances() -> impl Strategy<Value = Vec<Allowance>> {
    let of = |names: Vec<Id>| {
        let count = names.len();
        (Just(names), prop::collection::vec(steps(), count)).prop_map(|(names, steps)| {
            names.into_iter().zip(steps).map(|(seat_type, steps)| Allowance { seat_type, steps }).collect()
        })
    };
    names(["creator", "runner", "viewer"]).prop_flat_map(of)
}

fn features() -> impl Strategy<Value = Vec<Feature>> {
    let value = prop_oneof![Just(FeatureValue::On), number().prop_map(FeatureValue::Number)];
    (names(["alpha", "beta", "gamma"]), prop::collection::vec(value, 3)).prop_map(|(names, values)| {
        names.into_iter().zip(values).map(|(name, value)| Feature { name, value }).collect()
    })
}

fn consumption() -> impl Strategy<Value = Vec<Consumption>> {
    let one = (prop::option::of(Just(id("alpha"))), ceiling(number()), ceiling(number()), ceiling(number()));
    (names(["pages", "calls", "bytes"]), prop::collection::vec(one, 3)).prop_map(|(names, ones)| {
        let counter = |(counter, (feature, limit, overage, reset_period))| Consumption {
            counter,
            feature,
            limit,
            overage,
            reset_period,
        };
        names.into_iter().zip(ones).map(counter).collect()
    })
}

fn machine() -> Vec<PublicKey> {
    [30, 31, 32].map(|seed| public(&key(seed))).to_vec()
}

pub(crate) fn devices() -> impl Strategy<Value = Devices> {
    let shares = (subsequence(machine(), 0..4), prop::collection::vec(allowances(), 3)).prop_map(|(devices, lists)| {
        let share = |(device, allowances)| Share { device, allowances };
        Devices::Named(devices.into_iter().zip(lists).map(share).collect())
    });
    prop_oneof![1 => Just(Devices::Pool), 2 => shares]
}

fn installations() -> impl Strategy<Value = Vec<Installation>> {
    (names(["cr-1", "cr-2", "cr-3"]), prop::collection::vec(allowances(), 3)).prop_map(|(names, lists)| {
        let one = |(license_id, allowances)| Installation { license_id, allowances };
        names.into_iter().zip(lists).map(one).collect()
    })
}

fn credentials() -> impl Strategy<Value = Vec<Credential>> {
    let from = select(CredentialKind::ALL);
    (subsequence(machine(), 0..3), from)
        .prop_map(|(keys, from)| keys.into_iter().map(|key| Credential { key, from }).collect())
}

fn rights() -> impl Strategy<Value = Rights> {
    let numbers = (number(), number(), number(), number(), number());
    (any::<(bool, bool, bool)>(), numbers).prop_map(
        |((issue, refresh, enable), (delegate, quota, cooldown, count, max_back))| Rights {
            issue,
            refresh,
            delegate,
            enable,
            release_dead: ReleaseDead { quota, cooldown },
            repair_clock: RepairClock { count, max_back },
        },
    )
}

fn approval() -> impl Strategy<Value = Approval> {
    let approved = instant().prop_map(|at| Approval::Approved { reason: "r".into(), reviewer: "d".into(), at });
    prop_oneof![approved, select(ApprovalRight::ALL).prop_map(Approval::Right)]
}

fn policies() -> impl Strategy<Value = (CyclePolicy, ExpiryPolicy)> {
    let cycle =
        (number(), number(), select(LockEffect::ALL)).prop_map(|(request_window, cycle_window, lock_effect)| {
            CyclePolicy { request_window, cycle_window, lock_effect }
        });
    let expiry = (ceiling(number()), select(AfterEnd::ALL), ceiling(number()))
        .prop_map(|(grace, after_end, extension)| ExpiryPolicy { grace, after_end, extension });
    (cycle, expiry)
}

/// A random grant; its parts need not fit one another, and it hangs from nowhere.
pub(crate) fn grant() -> impl Strategy<Value = Grant> {
    let who = (rights(), ceiling(names(["acme", "beta", "core"])), ceiling(select(LicenseType::ALL)));
    let lists = (ceiling(allowances()), ceiling(features()), ceiling(consumption()), ceiling(installations()));
    let machines = (credentials(), devices());
    let times = (instant(), instant(), ceiling(instant()));
    let numbers = (ceiling(number()), ceiling(number()), ceiling(number()), ceiling(number()));
    let rules = (policies(), any::<bool>(), approval());
    (who, lists, machines, times, numbers, rules).prop_map(|(who, lists, machines, times, numbers, rules)| {
        let (rights, account, license_type) = who;
        let (allowances, features, consumption, installations) = lists;
        let (credentials, devices) = machines;
        let (issue_from, issue_until, run_until) = times;
        let (longest_duration, longest_session, license_count, revocation_max_age) = numbers;
        let ((cycle, expiry), allow_offline_activation, approval) = rules;
        Grant {
            parent: Parent::Grant(Digest::of(b"parent")),
            rights,
            account: match account {
                Ceiling::Unlimited => Ceiling::Unlimited,
                Ceiling::Limited(names) => Ceiling::Limited(names.into_iter().next().unwrap_or_else(|| id("acme"))),
            },
            license_type,
            allowances,
            features,
            consumption,
            installations,
            credentials,
            devices,
            issue_from,
            issue_until,
            run_until,
            longest_duration,
            longest_session,
            license_count,
            revocation_max_age,
            cycle,
            expiry,
            allow_offline_activation,
            approval,
            ..ops_grant(public(&key(10)))
        }
    })
}
