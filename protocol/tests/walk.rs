//! Walking a chain: which link fails, what hangs from it, and that a walk and a reader never disagree.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use postern_protocol::bundle_file::{verify_bundle, verify_ledger};
use postern_protocol::describe::{allows, section};
use postern_protocol::documents::*;
use postern_protocol::walk::{Against, State, Walk, Walker, walk};
use postern_protocol::{Digest, Envelope, Explain as _, File, Kind, Limits, SecretKey};
use postern_testkit::{World, full, id, key, public, seats, sign};

const LIMITS: Limits = Limits::DEFAULT;

fn license(world: &World) -> License {
    world.license(public(&key(30)), Some(Digest::of(b"request")))
}

fn olf(world: &World) -> File {
    world.file(sign(&license(world), &[&world.portal_key]))
}

fn walked(world: &World, file: &File) -> Walk {
    walk(file, Some(&world.trust_state()), &[], &LIMITS)
}

/// One letter for each line: Holds, Fails with its code, Below with the line, `?` for not checked.
fn states(walk: &Walk) -> Vec<String> {
    let state = |state: &State| match state {
        State::Holds => "holds".into(),
        State::Fails(error) => {
            assert!(!error.to_string().is_empty() && !error.advice().is_empty(), "errors come in pairs");
            error.code().to_owned()
        }
        State::Below(line) => format!("below {line}"),
        State::NotChecked => "?".into(),
    };
    walk.links.iter().map(|link| state(&link.state)).collect()
}

fn list(issuer: Grantor, entries: Vec<Entry>, signer: &SecretKey) -> Envelope {
    sign(&Revocations { entries, ..full::revocations(issuer) }, &[signer])
}

fn revoked(target: Target) -> Entry {
    Entry { target, standing: Standing::Revoked, min_serial: 0, effect: InstalledEffect::Keep }
}

/// A bundle with three accounts' grants below one another or side by side; signed by the daily key.
fn bundle(world: &World, grants: Vec<Envelope>) -> File {
    let mut file = World::bundle_file(world);
    file.grants.extend(grants);
    let (count, merkle_root) = postern_protocol::bundle_file::contents(&file);
    let document: Bundle = serde_json::from_slice(file.documents[0].payload()).unwrap();
    file.documents = vec![sign(&Bundle { count, merkle_root, ..document }, &[&world.ops_key])];
    file
}

fn second(world: &World) -> Grant {
    Grant { id: id("acme-2"), ..world.account.clone() }
}

#[test]
fn every_kind_holds() {
    let world = World::new();
    let receipt = Receipt { grant: world.account_digest(), ..full::receipt() };
    let ledger = LedgerReference { ledger: LedgerId { key: public(&world.portal_key), epoch: 0 }, ..receipt.ledger };
    let receipt = Receipt { ledger, ..receipt };
    let with_list = |mut file: File| {
        file.revocations = vec![list(Grantor::Key(public(&world.ops_key)), vec![], &world.ops_key)];
        file
    };
    let path =
        |documents| File { documents, grants: vec![world.ops_envelope(), world.account_envelope()], ..File::default() };
    let files = [
        File { trust: vec![world.trust_envelope()], ..File::default() },
        path(vec![]),
        olf(&world),
        with_list(olf(&world)),
        world.file(sign(&world.token("t-1"), &[&world.portal_key])),
        world.file(sign(&receipt, &[&world.portal_key])),
        world.bundle_file(),
        bundle(&world, vec![sign(&second(&world), &[&world.ops_key])]),
    ];
    for file in files {
        let walk = walked(&world, &file);
        assert_eq!(walk.holds(), Some(true), "{:?}: {:?}", file.kind(), states(&walk));
        assert_eq!(walk.links.len(), file.envelopes().count());
        assert_eq!(walk.against, Some(Against::GivenRoot(world.trust_state().anchor().root)));
    }
    let request = world.request(public(&key(30)), None);
    let file = File { documents: vec![sign(&request, &[&key(30)])], ..File::default() };
    let machine = walk(&file, None, &[], &LIMITS);
    assert_eq!((machine.against, machine.holds()), (Some(Against::NamedSigner), Some(true)));
    let file = File { documents: vec![sign(&request, &[&key(31)])], ..File::default() };
    assert_eq!(states(&walk(&file, None, &[], &LIMITS)), ["signature-invalid"]);
}

#[test]
fn the_link_that_fails_is_named_and_what_hangs_from_it() {
    let world = World::new();
    let good = olf(&world);
    let with = |grants: Vec<Envelope>| File { grants, ..good.clone() };
    let stranger = key(99);

    let root = with(vec![sign(&world.ops, &[&stranger]), world.account_envelope()]);
    assert_eq!(states(&walked(&world, &root)), ["chain-other-root", "below 1", "below 1"]);

    let grant = with(vec![world.ops_envelope(), sign(&world.account, &[&stranger])]);
    assert_eq!(states(&walked(&world, &grant)), ["holds", "signature-invalid", "below 2"]);

    let document = File { documents: vec![sign(&license(&world), &[&stranger])], ..good.clone() };
    assert_eq!(states(&walked(&world, &document)), ["holds", "holds", "signature-invalid"]);

    let wide = License { ends_at: Ceiling::Unlimited, ..license(&world) };
    let wide = world.file(sign(&wide, &[&world.portal_key]));
    assert_eq!(states(&walked(&world, &wide)), ["holds", "holds", "document-exceeds-grant"]);

    // A grant of the right signer that goes past its parent.
    let mut narrow = World::new();
    narrow.ops.allowances = Ceiling::Limited(vec![seats("bot-creator", 1)]);
    narrow.link();
    assert_eq!(states(&walked(&narrow, &olf(&narrow))), ["holds", "grant-exceeds-parent", "below 2"]);

    // Side by side is a tree, not a path.
    let beside = with(vec![world.ops_envelope(), sign(&second(&world), &[&world.ops_key]), world.account_envelope()]);
    assert_eq!(states(&walked(&world, &beside)), ["holds", "holds", "signature-invalid", "below 3"]);

    let without = with(vec![]);
    assert_eq!(states(&walked(&world, &without)), ["file-incomplete"]);
}

#[test]
fn a_revoked_link_is_the_one_that_fails() {
    let world = World::new();
    let by_root = |target| list(Grantor::Root, vec![revoked(target)], &world.roots[0]);
    let ops = Target::Grant { grantor: Grantor::Root, id: id("operations") };
    let account = Target::Subject(public(&world.portal_key));
    let with = |envelope| File { revocations: vec![envelope], ..olf(&world) };
    let path = |envelope| File { documents: vec![], ..with(envelope) };

    assert_eq!(states(&walked(&world, &with(by_root(ops.clone())))), ["grant-revoked", "below 1", "holds", "below 1"]);
    assert_eq!(
        states(&walked(&world, &with(by_root(account.clone())))),
        ["holds", "grant-revoked", "holds", "below 2"]
    );
    assert_eq!(states(&walked(&world, &path(by_root(account.clone())))), ["holds", "grant-revoked", "holds"]);
    let device = by_root(Target::Device(public(&key(30))));
    assert_eq!(states(&walked(&world, &with(device))), ["holds", "holds", "holds", "grant-revoked"]);
    let foreign = list(Grantor::Key(public(&key(77))), vec![], &key(77));
    assert_eq!(states(&walked(&world, &with(foreign))), ["holds", "holds", "revocations-foreign", "below 3"]);

    // What is known besides the file counts as well.
    let known = world.bundle_file();
    let known = File { revocations: vec![by_root(account)], documents: vec![], ..known };
    let chain = world.reader(&world.trust_state()).grants(File { revocations: vec![], ..known.clone() }).unwrap();
    assert!(chain.revocations().is_empty());
    let mut tree = bundle(&world, vec![]);
    tree.revocations = known.revocations;
    let (count, merkle_root) = postern_protocol::bundle_file::contents(&tree);
    let document: Bundle = serde_json::from_slice(tree.documents[0].payload()).unwrap();
    tree.documents = vec![sign(&Bundle { count, merkle_root, ..document }, &[&world.ops_key])];
    let loaded = verify_bundle(&tree.to_bytes(), &world.trust_state(), &LIMITS).unwrap();
    let walk = walk(&olf(&world), Some(&world.trust_state()), loaded.tree.revocations(), &LIMITS);
    assert_eq!(states(&walk), ["holds", "grant-revoked", "below 2"]);
}

#[test]
fn one_bad_branch_of_a_bundle_leaves_the_others() {
    let world = World::new();
    let bad = sign(&second(&world), &[&key(99)]);
    let below_bad = Grant {
        id: id("below"),
        parent: Parent::Grant(bad.digest()),
        subject: public(&key(40)),
        ..world.account.clone()
    };
    let orphan = Grant { id: id("orphan"), parent: Parent::Grant(Digest::of(b"gone")), ..below_bad.clone() };
    let third = Grant { id: id("acme-3"), ..world.account.clone() };
    let file = bundle(
        &world,
        vec![
            bad,
            sign(&below_bad, &[&world.portal_key]),
            sign(&orphan, &[&world.portal_key]),
            sign(&third, &[&world.ops_key]),
        ],
    );
    let walk = walked(&world, &file);
    let expected = ["holds", "holds", "holds", "signature-invalid", "below 4", "chain-broken", "holds", "below 4"];
    assert_eq!(states(&walk), expected);
    let lines = |line| walk.path(line).iter().map(|link| link.line).collect::<Vec<_>>();
    assert_eq!((lines(3), lines(5), lines(7), lines(8)), (vec![2, 3], vec![2, 4, 5], vec![2, 7], vec![2, 8]));
    assert_eq!(walk.failure().unwrap().0.line, 4);
}

#[test]
fn a_ledger_fails_at_the_entry_that_breaks_it() {
    let world = World::new();
    let begun = full::ledger_entries().remove(0);
    let ledger = LedgerId { key: public(&world.portal_key), epoch: 0 };
    let mut documents: Vec<Envelope> = Vec::new();
    for position in 1..=4 {
        let previous = documents.last().map_or(Digest::of(b""), Envelope::digest);
        let place = LedgerReference { ledger, position, previous };
        let entry = LedgerEntry { place, grant: world.account_digest(), extensions: vec![], ..begun.clone() };
        documents.push(sign(&entry, &[&world.portal_key]));
    }
    let good = File { documents, ..world.bundle_file() };
    assert_eq!(walked(&world, &good).holds(), Some(true));
    let mut cut = good.clone();
    cut.documents.remove(2);
    assert_eq!(states(&walked(&world, &cut)), ["holds", "holds", "holds", "holds", "holds", "ledger-broken"]);
    let mut forged = good;
    let entry: LedgerEntry = serde_json::from_slice(forged.documents[1].payload()).unwrap();
    forged.documents[1] = sign(&entry, &[&key(99)]);
    let expected = ["holds", "holds", "holds", "holds", "signature-invalid", "below 5", "below 5"];
    assert_eq!(states(&walked(&world, &forged)), expected);
    assert!(verify_ledger(&forged.to_bytes(), &world.trust_state(), &LIMITS).is_err());
}

#[test]
fn trust_is_walked_version_by_version() {
    let world = World::new();
    let mut other = World::new();
    other.roots = vec![key(2)];
    other.trust.keys = vec![public(&key(2))];
    let foreign = File { trust: vec![other.trust_envelope()], ..File::default() };
    assert_eq!(states(&walked(&world, &foreign)), ["trust-other-root"]);
    assert_eq!(walk(&foreign, None, &[], &LIMITS).holds(), Some(true));
    let forged = File { trust: vec![sign(&world.trust, &[&key(2)])], ..olf(&world) };
    assert_eq!(states(&walk(&forged, None, &[], &LIMITS)), ["signature-invalid", "below 1", "below 1", "below 1"]);
    // Nothing is claimed without a root.
    let unknown = walk(&olf(&world), None, &[], &LIMITS);
    assert_eq!((unknown.holds(), states(&unknown)), (None, vec!["?".into(), "?".into(), "?".into()]));
}

/// The walk asks the reader's own code, so both say the same of any file: here of every exchange of two lines of one
/// good file for another's, and of every signature by somebody else.
#[test]
fn walk_and_reader_agree() {
    let world = World::new();
    let trust = world.trust_state();
    let signers: [&SecretKey; 4] = [&world.roots[0], &world.ops_key, &world.portal_key, &key(99)];
    let (mut refused, mut read) = (0, 0);
    for ops in signers {
        for account in signers {
            for document in signers {
                let grants = vec![sign(&world.ops, &[ops]), sign(&world.account, &[account])];
                for (grants, license) in [
                    (grants.clone(), license(&world)),
                    (grants.iter().rev().cloned().collect(), license(&world)),
                    (grants[..1].to_vec(), license(&world)),
                    (grants, License { account: id("other"), ..license(&world) }),
                ] {
                    let file = File { grants, documents: vec![sign(&license, &[document])], ..File::default() };
                    let reader = world.reader(&trust).file::<License>(&file.to_bytes());
                    let walk = walked(&world, &file);
                    assert_eq!(walk.failure().map(|(_, error)| error), reader.as_ref().err());
                    assert_eq!(walk.holds(), Some(reader.is_ok()));
                    *if reader.is_ok() { &mut read } else { &mut refused } += 1;
                }
            }
        }
    }
    assert_eq!((read, refused), (1, 255));
}

#[test]
fn a_walk_in_pieces_is_the_same_walk() {
    let world = World::new();
    let file = bundle(&world, vec![sign(&second(&world), &[&key(99)])]);
    let trust = world.trust_state();
    let mut walker = Walker::begin(&file, Some(&trust), &[], &LIMITS);
    let mut seen = vec![walker.progress()];
    while walker.go_on(1) {
        seen.push(walker.progress());
    }
    assert_eq!(seen, [(1, 5), (2, 5), (3, 5), (4, 5)]);
    assert_eq!(walker.finish(), walked(&world, &file));
}

#[test]
fn a_drawn_link_says_what_it_allows() {
    let mut world = World::new();
    world.account.allowances = Ceiling::Limited((0..9).map(|n| seats(&format!("seat-{n}"), n)).collect());
    let rows = allows(&world.account_envelope(), &LIMITS);
    let of =
        |label: &str| rows.iter().filter(|row| row.label == label).map(|row| row.value.clone()).collect::<Vec<_>>();
    assert_eq!(of("Seats").last().unwrap(), "and 6 more");
    assert_eq!(of("Seats").len(), 4);
    assert_eq!(of("Rights").len(), 1);
    assert!(allows(&olf(&world).documents[0], &LIMITS).is_empty(), "a license delegates nothing");
    assert_eq!(section(&world.trust_envelope(), &LIMITS).title, "Vendor root, version 1");
    assert_eq!(world.trust_envelope().kind(), Kind::Trust);
}
