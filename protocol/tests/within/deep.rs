//! Chains of two to eight grants: a link that is wider than its parent is refused wherever it stands, and what is read
//! stays within every ancestor at every instant.

use std::cell::Cell;

use postern_protocol::documents::*;
use postern_protocol::{Chain, ChainError, Explain as _, File, Prepared, SecretKey};
use postern_testkit::{World, full, id, key, public, sign};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::grants::CASES;
use crate::properties::ever_more;
use crate::random::{INSTANTS, grant};

/// The keys of a chain's subjects, root side first.
fn subject(depth: usize) -> SecretKey {
    key(100 + depth as u8)
}

/// Signs a chain of these grants, each by the subject of the one before, and reads it.
fn read(grants: &[Grant]) -> Result<Chain, ChainError> {
    let world = World::new();
    let mut signer = key(1);
    let mut parent = Parent::Root;
    let mut file = File::default();
    for (depth, grant) in grants.iter().enumerate() {
        let grant =
            Grant { parent, subject: public(&subject(depth)), id: id(&format!("grant-{depth}")), ..grant.clone() };
        file.grants.push(sign(&grant, &[&signer]));
        (signer, parent) = (subject(depth), Parent::Grant(Prepared::new(&grant).digest()));
    }
    let trust = world.trust_state();
    world.reader(&trust).grants(file)
}

/// A chain in which each grant gives all that it has to the next one.
fn chain(first: &Grant, links: usize) -> Vec<Grant> {
    let link = |depth| Grant { rights: Rights { delegate: (links - depth) as u64, ..first.rights }, ..first.clone() };
    (0..links).map(link).collect()
}

#[test]
fn a_wider_link_is_refused_at_each_depth_and_by_its_name() {
    for case in CASES {
        for links in [2, 5, 8] {
            for wider in 1..links {
                let mut grants = chain(&case.parent(), links);
                read(&grants).unwrap_or_else(|error| panic!("{}: {error}", case.about));
                (case.widen)(&mut grants[wider]);
                let error = read(&grants).expect_err(case.about);
                let ChainError::GrantExceeds { grant, excesses } = &error else { panic!("{}: {error}", case.about) };
                assert_eq!((grant.as_str(), error.code()), (format!("grant-{wider}").as_str(), "grant-exceeds-parent"));
                assert!(excesses.iter().all(|excess| excess.field == case.field), "{}: {error}", case.about);
            }
        }
    }
}

#[test]
fn nine_links_are_too_many() {
    let first = Grant { extensions: vec![], ..full::ceiling() };
    assert!(read(&chain(&first, 8)).is_ok());
    assert_eq!(read(&chain(&first, 9)).unwrap_err().code(), "chain-too-deep");
}

/// Takes some fields of another grant.
fn mixed(parent: &Grant, other: Grant, fields: u32) -> Grant {
    let mut child = parent.clone();
    child.rights.delegate = parent.rights.delegate.saturating_sub(1);
    let takes: [fn(&mut Grant, Grant); 14] = [
        |to, from| to.allowances = from.allowances,
        |to, from| to.features = from.features,
        |to, from| to.consumption = from.consumption,
        |to, from| to.installations = from.installations,
        |to, from| to.devices = from.devices,
        |to, from| to.credentials = from.credentials,
        |to, from| to.issue_from = from.issue_from,
        |to, from| to.issue_until = from.issue_until,
        |to, from| to.run_until = from.run_until,
        |to, from| to.longest_duration = from.longest_duration,
        |to, from| to.license_count = from.license_count,
        |to, from| to.rights.release_dead = from.rights.release_dead,
        |to, from| to.expiry = from.expiry,
        |to, from| to.approval = from.approval,
    ];
    for (index, take) in takes.into_iter().enumerate() {
        if fields & (1 << index) != 0 {
            take(&mut child, other.clone());
        }
    }
    child
}

/// Compares a descendant with an ancestor, the slow and obvious way.
fn inside(ancestor: &Grant, one: &Grant) -> Result<(), TestCaseError> {
    if let Ceiling::Limited(most) = &ancestor.allowances {
        let Ceiling::Limited(seats) = &one.allowances else { return Err(TestCaseError::fail("unlimited seats")) };
        prop_assert!(!ever_more(most, seats, INSTANTS));
    }
    let numbers = |a: Ceiling<u64>, b: Ceiling<u64>| a.min(b) == b;
    prop_assert!(numbers(ancestor.longest_duration, one.longest_duration));
    prop_assert!(numbers(ancestor.license_count, one.license_count));
    prop_assert!(numbers(ancestor.expiry.grace, one.expiry.grace));
    prop_assert!(ancestor.run_until.min(one.run_until) == one.run_until);
    prop_assert!(ancestor.issue_from <= one.issue_from && one.issue_until <= ancestor.issue_until);
    prop_assert!(one.rights.release_dead.quota <= ancestor.rights.release_dead.quota);
    prop_assert!(one.rights.delegate < ancestor.rights.delegate);
    if let Ceiling::Limited(most) = &ancestor.features {
        let features = one.features.limit().into_iter().flatten();
        prop_assert!(features.into_iter().all(|feature| most.iter().any(|other| other.name == feature.name)));
    }
    if let (Ceiling::Limited(most), Ceiling::Limited(listed)) = (&ancestor.installations, &one.installations) {
        for installation in listed {
            let ceiling = most.iter().find(|other| other.license_id == installation.license_id);
            prop_assert!(ceiling.is_some_and(|most| !ever_more(&most.allowances, &installation.allowances, INSTANTS)));
        }
    }
    Ok(())
}

#[test]
fn what_is_read_stays_within_every_ancestor() {
    let below = prop::collection::vec((grant(), any::<u32>(), any::<u32>(), any::<u32>()), 1..8);
    let (held, deep) = (Cell::new(0), Cell::new(0));
    let mut runner = TestRunner::new(ProptestConfig::with_cases(1000));
    let ran = runner.run(&(grant(), below), |(first, below)| {
        // A first link that the root may sign: nothing that it owes itself stands against it.
        let mut first = Grant { devices: Devices::Pool, allowances: Ceiling::Unlimited, ..first };
        first.rights.delegate = 7;
        if first.issue_from > first.issue_until {
            std::mem::swap(&mut first.issue_from, &mut first.issue_until);
        }
        let mut grants = vec![first];
        for (other, a, b, c) in below {
            // Each field comes from elsewhere one time in eight: some chains hold, some do not.
            let next = mixed(&grants[grants.len() - 1], other, a & b & c);
            grants.push(next);
        }
        let Ok(chain) = read(&grants) else { return Ok(()) };
        let links: Vec<&Grant> = chain.grants().iter().map(|grant| grant.get()).collect();
        for (depth, one) in links.iter().enumerate() {
            links.iter().take(depth).try_for_each(|ancestor| inside(ancestor, one))?;
        }
        let (from, until) = chain.issue_window();
        prop_assert!(links.iter().all(|link| link.issue_from <= from && until <= link.issue_until));
        held.set(held.get() + 1);
        deep.set(deep.get() + u32::from(links.len() > 3));
        Ok(())
    });
    ran.unwrap();
    // Enough chains held for that to mean something.
    assert!(held.get() > 50 && deep.get() > 5, "{} of 1000 chains were read, {} of them deep", held.get(), deep.get());
}
