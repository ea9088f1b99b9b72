//! The chain from the root to the document: each link by the right key, under the right parent, none missing or extra.

use postern_protocol::documents::{Enablement, Grant, License, Parent, Rights};
use postern_protocol::{Digest, Envelope, Explain, File, Prepared, SecretKey};
use postern_testkit::{World, forge, id, key, public, sign};

use crate::scene::Scene;

/// A grant below another one, for this subject.
fn below(parent: &Grant, name: &str, subject: &SecretKey) -> Grant {
    Grant {
        id: id(name),
        parent: Parent::Grant(Prepared::new(parent).digest()),
        subject: public(subject),
        rights: Rights { delegate: parent.rights.delegate - 1, ..parent.rights },
        ..parent.clone()
    }
}

fn license_under(world: &World, grant: &Grant, signer: &SecretKey) -> Envelope {
    let mut license = world.license(public(&key(30)), Some(Digest::of(b"request")));
    license.grant = Prepared::new(grant).digest();
    license.ledger.ledger.key = grant.subject;
    sign(&license, &[signer])
}

/// Root → operations → reseller → account, and a license of the account's.
struct Long {
    scene: Scene,
    reseller: Grant,
    account: Grant,
}

impl Long {
    fn new() -> Self {
        let scene = Scene::new();
        let reseller = below(&scene.world.ops, "reseller", &key(15));
        let account = Grant { parent: Parent::Grant(Prepared::new(&reseller).digest()), ..scene.world.account.clone() };
        Self { scene, reseller, account }
    }

    fn grants(&self) -> Vec<Envelope> {
        let world = &self.scene.world;
        vec![world.ops_envelope(), sign(&self.reseller, &[&world.ops_key]), sign(&self.account, &[&key(15)])]
    }

    fn license(&self) -> Envelope {
        license_under(&self.scene.world, &self.account, &self.scene.world.portal_key)
    }

    fn code(&self, grants: Vec<Envelope>) -> &'static str {
        let file = File { grants, documents: vec![self.license()], ..File::default() };
        self.scene.code_of_bytes(&file.to_bytes())
    }
}

#[test]
fn wrong_root() {
    let scene = Scene::new();
    let mut other = World::new();
    other.roots = vec![key(2)];
    other.trust.keys = vec![public(&key(2))];
    assert_eq!(scene.code(&Scene::of(other).lines()), "chain-other-root");
}

/// The attacker brings the root that goes with the chain: it is not the one that is pinned.
#[test]
fn wrong_root_brought_along() {
    let scene = Scene::new();
    let mut other = World::new();
    other.roots = vec![key(2)];
    other.trust.keys = vec![public(&key(2))];
    let other = Scene::of(other);
    let mut lines = other.lines();
    lines.insert(0, other.world.trust_envelope().line().to_vec());
    assert_eq!(scene.code(&lines), "trust-fork");
}

#[test]
fn the_long_chain_is_read() {
    let long = Long::new();
    assert_eq!(long.code(long.grants()), "read");
}

#[test]
fn skipped_links() {
    let long = Long::new();
    for (skipped, code) in [(0, "chain-other-root"), (1, "signature-invalid"), (2, "signature-invalid")] {
        let mut grants = long.grants();
        grants.remove(skipped);
        assert_eq!(long.code(grants), code, "without grant {skipped}");
    }
    assert_eq!(long.code(vec![]), "file-incomplete");
}

#[test]
fn swapped_grants() {
    let long = Long::new();
    for (a, b, code) in [(0, 1, "chain-other-root"), (1, 2, "signature-invalid"), (0, 2, "chain-other-root")] {
        let mut grants = long.grants();
        grants.swap(a, b);
        assert_eq!(long.code(grants), code, "{a} and {b}");
    }
}

/// A good grant that does not belong to the path: beside it, above it, below its end.
#[test]
fn extra_grants() {
    let long = Long::new();
    let world = &long.scene.world;
    let sibling = sign(&below(&world.ops, "sibling", &key(16)), &[&world.ops_key]);
    let second_root_grant = sign(&Grant { id: id("operations-2"), ..world.ops.clone() }, &[&world.roots[0]]);
    let own_child = sign(&below(&long.reseller, "child", &key(17)), &[&key(15)]);
    for (at, extra, code) in [
        (1, &sibling, "signature-invalid"),
        (2, &sibling, "signature-invalid"),
        (0, &second_root_grant, "signature-invalid"),
        (1, &second_root_grant, "signature-invalid"),
        (2, &own_child, "signature-invalid"),
        (3, &own_child, "signature-invalid"),
    ] {
        let mut grants = long.grants();
        grants.insert(at, extra.clone());
        assert_eq!(long.code(grants), code, "at {at}");
    }
}

/// The right key signed, but the grant hangs from another one of that key's: its older form, or the root.
#[test]
fn broken_parent_digest() {
    let scene = Scene::new();
    for parent in [Parent::Grant(Digest::of(b"another")), Parent::Root] {
        let account = Grant { parent, ..scene.world.account.clone() };
        let file = File {
            grants: vec![scene.world.ops_envelope(), sign(&account, &[&scene.world.ops_key])],
            documents: vec![license_under(&scene.world, &account, &scene.world.portal_key)],
            ..File::default()
        };
        assert_eq!(scene.code_of_bytes(&file.to_bytes()), "chain-broken");
    }
    // A newer operations grant by the same key: the account's grant was not made under it.
    let newer = Grant { serial: 2, ..scene.world.ops.clone() };
    let mut lines = scene.lines();
    lines[0] = sign(&newer, &[&scene.world.roots[0]]).line().to_vec();
    assert_eq!(scene.code(&lines), "chain-broken");
}

#[test]
fn grant_signed_by_a_siblings_key() {
    let long = Long::new();
    let sibling = key(16);
    let mut grants = long.grants();
    grants[2] = sign(&long.account, &[&sibling]);
    assert_eq!(long.code(grants.clone()), "signature-invalid");
    // By its own subject, by its grandparent, and by the root.
    for forger in [&long.scene.world.portal_key, &long.scene.world.ops_key, &long.scene.world.roots[0]] {
        grants[2] = sign(&long.account, &[forger]);
        assert_eq!(long.code(grants.clone()), "signature-invalid");
    }
}

#[test]
fn first_grant_signed_by_the_operations_key() {
    let scene = Scene::new();
    let mut lines = scene.lines();
    lines[0] = sign(&scene.world.ops, &[&scene.world.ops_key]).line().to_vec();
    assert_eq!(scene.code(&lines), "chain-other-root");
}

#[test]
fn license_signed_by_anyone_but_the_last_subject() {
    let scene = Scene::new();
    let mut lines = scene.lines();
    for forger in [&scene.world.roots[0], &scene.world.ops_key, &scene.device, &key(99)] {
        lines[2] = license_under(&scene.world, &scene.world.account, forger).line().to_vec();
        assert_eq!(scene.code(&lines), "signature-invalid");
    }
}

/// One portal key, two grants: a license belongs to the one that it names.
#[test]
fn another_grants_license() {
    let scene = Scene::new();
    let small = Grant { id: id("acme-2"), ..scene.world.account.clone() };
    let mut lines = scene.lines();
    lines[2] = license_under(&scene.world, &small, &scene.world.portal_key).line().to_vec();
    assert_eq!(scene.code(&lines), "grant-other");
    // Nor may the operations key issue under its child's grant.
    let file = File {
        grants: vec![scene.world.ops_envelope()],
        documents: vec![license_under(&scene.world, &scene.world.account, &scene.world.ops_key)],
        ..File::default()
    };
    assert_eq!(scene.code_of_bytes(&file.to_bytes()), "grant-other");
}

#[test]
fn another_kind_in_the_place_of_the_license() {
    let scene = Scene::new();
    let world = &scene.world;
    let (token, portal) = (world.token("t-1"), &world.portal_key);
    let file = forge::file(&forge::lines(world.file(sign(&token, &[portal])).envelopes()));
    assert_eq!(scene.code_of_bytes(&file), "kind-wrong");
    assert_eq!(scene.read::<Enablement>(&forge::file(&scene.lines())).unwrap_err(), "kind-wrong");
    assert!(scene.read::<Enablement>(&file).is_ok());
    // A bundle, a trust file, a bare license.
    assert_eq!(scene.code_of_bytes(&world.bundle_file().to_bytes()), "kind-wrong");
    assert_eq!(scene.code(&forge::lines([&world.trust_envelope()])), "kind-wrong");
    assert_eq!(scene.code(&scene.lines()[2..]), "file-incomplete");
}

/// A chain of another product under the same root keys.
#[test]
fn another_products_chain() {
    let scene = Scene::new();
    let mut other = World::new();
    other.ops.product = id("other");
    other.account.product = id("other");
    other.link();
    let mut license = other.license(public(&scene.device), Some(Digest::of(b"request")));
    license.product = id("other");
    let file = other.file(sign::<License>(&license, &[&other.portal_key]));
    assert_eq!(scene.code_of_bytes(&file.to_bytes()), "grant-exceeds-parent");
}

#[test]
fn known_grants_are_taken_only_byte_for_byte_and_under_their_own_root() {
    let world = World::new();
    let (known, own) = (world.chain(), world.trust_state());
    let license = world.license(public(&key(30)), Some(Digest::of(b"request")));
    let file = world.file(sign(&license, &[&world.portal_key]));
    let read = |file: &File, trust| {
        let read = world.reader(trust).file_below::<License>(&file.to_bytes(), &known);
        read.map_or_else(|error| error.code(), |_| "read")
    };
    assert_eq!(read(&file, &own), "read");

    // The same payloads, signed by somebody else.
    let mut forged = file.clone();
    forged.grants[0] = sign(&world.ops, &[&key(99)]);
    assert_eq!(read(&forged, &own), "chain-other-root");
    let mut forged = file.clone();
    forged.grants[1] = sign(&world.account, &[&key(99)]);
    assert_eq!(read(&forged, &own), "signature-invalid");

    // The known chain rests on another root than the reader trusts.
    let mut other = World::new();
    other.roots = vec![key(2)];
    other.trust.keys = vec![public(&key(2))];
    assert_eq!(read(&file, &other.trust_state()), "chain-other-root");
}
