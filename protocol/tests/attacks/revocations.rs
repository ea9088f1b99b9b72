//! Revocations: each issuer is heard about its descendants, by its newest list, and nobody softens another.

use postern_protocol::documents::*;
use postern_protocol::{Digest, Explain as _, Reader, SecretKey, Verified, VerifiedFile, revocation};
use postern_testkit::{World, full, id, key, now, public, sign};

use crate::scene::Scene;

fn list(issuer: Grantor, serial: u64, entries: Vec<Entry>) -> Revocations {
    Revocations { serial, entries, ..full::revocations(issuer) }
}

fn entry(target: Target, standing: Standing, effect: InstalledEffect) -> Entry {
    Entry { target, standing, min_serial: 0, effect }
}

fn revoked(target: Target) -> Entry {
    entry(target, Standing::Revoked, InstalledEffect::Stop)
}

fn suspended(target: Target) -> Entry {
    entry(target, Standing::Suspended, InstalledEffect::Keep)
}

fn by_ops(world: &World) -> Grantor {
    Grantor::Key(public(&world.ops_key))
}

fn by_portal(world: &World) -> Grantor {
    Grantor::Key(public(&world.portal_key))
}

fn account(world: &World) -> Target {
    Target::Grant { grantor: by_ops(world), id: id("acme-1") }
}

/// The OLF with these lists, each with who signs it.
fn with(scene: &Scene, lists: &[(&Revocations, &SecretKey)]) -> Vec<u8> {
    let mut file = scene.world.file(sign(&scene.license(), &[&scene.world.portal_key]));
    file.revocations = lists.iter().map(|(list, key)| sign(*list, &[*key])).collect();
    file.to_bytes()
}

/// The code for one list that the operations key signs with this entry.
fn code_by_ops(entry: impl FnOnce(&Scene) -> Entry) -> &'static str {
    let scene = Scene::new();
    let list = list(by_ops(&scene.world), 1, vec![entry(&scene)]);
    scene.code_of_bytes(&with(&scene, &[(&list, &scene.world.ops_key)]))
}

/// Lists that a reader has from before: verified in a file of their own.
fn known(scene: &Scene, lists: &[(&Revocations, &SecretKey)]) -> Vec<Verified<Revocations>> {
    reopened(scene, &with(scene, lists)).chain.revocations().to_vec()
}

fn reopened(scene: &Scene, bytes: &[u8]) -> VerifiedFile<License> {
    scene.world.reader(&scene.trust).reopen(bytes).unwrap()
}

fn code_knowing(scene: &Scene, known: &[Verified<Revocations>], bytes: &[u8]) -> &'static str {
    let reader = Reader { revocations: known, ..scene.world.reader(&scene.trust) };
    reader.file::<License>(bytes).map_or_else(|error| error.code(), |_| "read")
}

#[test]
fn a_list_about_others_changes_nothing() {
    assert_eq!(code_by_ops(|_| revoked(Target::Grant { grantor: Grantor::Root, id: id("acme-1") })), "read");
    assert_eq!(code_by_ops(|scene| revoked(Target::Grant { grantor: by_ops(&scene.world), id: id("acme-2") })), "read");
    assert_eq!(code_by_ops(|_| revoked(Target::Subject(public(&key(77))))), "read");
    assert_eq!(code_by_ops(|_| revoked(Target::Device(public(&key(31))))), "read");
    assert_eq!(code_by_ops(|_| revoked(Target::License(Digest::of(b"another")))), "read");
    let active = |scene: &Scene| entry(account(&scene.world), Standing::Active, InstalledEffect::Stop);
    assert_eq!(code_by_ops(active), "read");
}

#[test]
fn suspended_and_revoked_grants() {
    assert_eq!(code_by_ops(|scene| suspended(account(&scene.world))), "grant-suspended");
    assert_eq!(code_by_ops(|scene| revoked(account(&scene.world))), "grant-revoked");
}

#[test]
fn revoked_subject_device_and_license() {
    assert_eq!(code_by_ops(|scene| revoked(Target::Subject(public(&scene.world.portal_key)))), "grant-revoked");
    assert_eq!(code_by_ops(|scene| revoked(Target::Device(public(&scene.device)))), "grant-revoked");
    let license = |scene: &Scene| Target::License(postern_protocol::Prepared::new(&scene.license()).digest());
    assert_eq!(code_by_ops(|scene| suspended(license(scene))), "grant-suspended");
}

#[test]
fn a_replaced_grant() {
    let at_least = |min_serial| {
        move |scene: &Scene| Entry {
            target: account(&scene.world),
            standing: Standing::Active,
            min_serial,
            effect: InstalledEffect::Keep,
        }
    };
    assert_eq!(code_by_ops(at_least(1)), "read");
    assert_eq!(code_by_ops(at_least(2)), "grant-replaced");
}

#[test]
fn the_root_revokes_the_operations_grant_and_everything_below() {
    let scene = Scene::new();
    let root = &scene.world.roots[0];
    for target in [
        Target::Grant { grantor: Grantor::Root, id: id("operations") },
        Target::Subject(public(&scene.world.ops_key)),
        account(&scene.world),
        Target::Subject(public(&scene.world.portal_key)),
    ] {
        let list = list(Grantor::Root, 1, vec![revoked(target)]);
        assert_eq!(scene.code_of_bytes(&with(&scene, &[(&list, root)])), "grant-revoked");
    }
}

#[test]
fn lists_in_the_roots_name_need_the_root() {
    let scene = Scene::new();
    let list = list(Grantor::Root, 1, vec![]);
    assert_eq!(scene.code_of_bytes(&with(&scene, &[(&list, &scene.world.ops_key)])), "signature-invalid");
    let two = Scene::of(postern_testkit::rotation::two_of_three());
    assert_eq!(two.code_of_bytes(&with(&two, &[(&list, &two.world.roots[0])])), "signature-invalid");
}

#[test]
fn a_foreigners_list_is_refused() {
    let scene = Scene::new();
    let foreigner = key(66);
    let list = list(Grantor::Key(public(&foreigner)), 1, vec![revoked(account(&scene.world))]);
    assert_eq!(scene.code_of_bytes(&with(&scene, &[(&list, &foreigner)])), "revocations-foreign");
    // In somebody's name, by somebody else.
    let forged = self::list(by_ops(&scene.world), 1, vec![]);
    assert_eq!(scene.code_of_bytes(&with(&scene, &[(&forged, &foreigner)])), "signature-invalid");
}

#[test]
fn another_products_list_is_refused() {
    let scene = Scene::new();
    let list = Revocations { product: id("other"), ..list(by_ops(&scene.world), 1, vec![]) };
    assert_eq!(scene.code_of_bytes(&with(&scene, &[(&list, &scene.world.ops_key)])), "product-other");
}

/// The portal may speak about what lies below it: not about itself, not about its parents.
#[test]
fn the_portal_is_not_heard_about_itself_and_its_parents() {
    let scene = Scene::new();
    let world = &scene.world;
    let about_above = vec![
        revoked(account(world)),
        revoked(Target::Grant { grantor: Grantor::Root, id: id("operations") }),
        revoked(Target::Subject(public(&world.ops_key))),
        revoked(Target::Subject(public(&world.portal_key))),
    ];
    let list = list(by_portal(world), 1, about_above);
    assert_eq!(scene.code_of_bytes(&with(&scene, &[(&list, &world.portal_key)])), "read");
    let own = self::list(by_portal(world), 1, vec![revoked(Target::Device(public(&scene.device)))]);
    assert_eq!(scene.code_of_bytes(&with(&scene, &[(&own, &world.portal_key)])), "grant-revoked");
}

#[test]
fn what_the_reader_knows_counts_also_where_the_file_leaves_it_out() {
    let scene = Scene::new();
    let list = list(by_ops(&scene.world), 1, vec![revoked(account(&scene.world))]);
    let known = known(&scene, &[(&list, &scene.world.ops_key)]);
    assert_eq!(code_knowing(&scene, &known, &with(&scene, &[])), "grant-revoked");
}

#[test]
fn an_older_list_does_not_replace_a_newer_one() {
    let scene = Scene::new();
    let ops = &scene.world.ops_key;
    let older = list(by_ops(&scene.world), 1, vec![]);
    let newer = list(by_ops(&scene.world), 2, vec![suspended(account(&scene.world))]);
    let lifted = list(by_ops(&scene.world), 3, vec![]);
    let known = known(&scene, &[(&newer, ops)]);
    assert_eq!(code_knowing(&scene, &known, &with(&scene, &[(&older, ops)])), "grant-suspended");
    assert_eq!(code_knowing(&scene, &known, &with(&scene, &[(&lifted, ops)])), "read");
    // Both in one file.
    assert_eq!(scene.code_of_bytes(&with(&scene, &[(&newer, ops), (&older, ops)])), "grant-suspended");
    assert_eq!(scene.code_of_bytes(&with(&scene, &[(&newer, ops), (&lifted, ops)])), "read");
}

/// One serial, two contents: whichever is the forgery, what either says is heard.
#[test]
fn two_lists_of_one_serial_both_count() {
    let scene = Scene::new();
    let ops = &scene.world.ops_key;
    let empty = list(by_ops(&scene.world), 2, vec![]);
    let full = list(by_ops(&scene.world), 2, vec![revoked(account(&scene.world))]);
    for lists in [[(&empty, ops), (&full, ops)], [(&full, ops), (&empty, ops)]] {
        assert_eq!(scene.code_of_bytes(&with(&scene, &lists)), "grant-revoked");
    }
}

/// A portal whose key was stolen says "suspended, keep what is installed" before its grantor's "revoked, stop".
#[test]
fn a_milder_list_does_not_hide_a_graver_one() {
    let scene = Scene::new();
    let world = &scene.world;
    let mild = list(by_portal(world), 9, vec![suspended(Target::Device(public(&scene.device)))]);
    let grave = list(by_ops(world), 1, vec![revoked(account(world))]);
    let both = [(&mild, &world.portal_key), (&grave, &world.ops_key)];
    let device = Some(public(&scene.device));
    let hit = |bytes: &[u8], known: &[Verified<Revocations>]| {
        revocation::standing(&reopened(&scene, bytes).chain, known, device, None).unwrap()
    };
    let known = known(&scene, &both[1..]);
    for hit in [hit(&with(&scene, &both), &[]), hit(&with(&scene, &both[..1]), &known)] {
        assert_eq!((hit.standing, hit.effect), (Standing::Revoked, InstalledEffect::Stop));
    }
    // Also within one list.
    let order = [suspended(account(world)), revoked(account(world))];
    let one = list(by_ops(world), 1, order.to_vec());
    assert_eq!(hit(&with(&scene, &[(&one, &world.ops_key)]), &[]).effect, InstalledEffect::Stop);
}

#[test]
fn what_is_installed_is_reopened_in_spite_of_revocations() {
    let scene = Scene::new();
    let list = list(by_ops(&scene.world), 1, vec![revoked(account(&scene.world))]);
    let bytes = with(&scene, &[(&list, &scene.world.ops_key)]);
    assert_eq!(scene.code_of_bytes(&bytes), "grant-revoked");
    assert_eq!(reopened(&scene, &bytes).document.get(), &scene.license());
}

/// Where a grant limits their age, a list of its grantor must be there and young.
#[test]
fn freshness() {
    let mut world = World::new();
    world.account.revocation_max_age = Ceiling::Limited(86_400);
    world.link();
    let scene = Scene::of(world);
    let aged = |age: u64| Revocations { issued_at: now().minus(age), ..list(by_ops(&scene.world), 1, vec![]) };
    let fresh = |lists: &[(&Revocations, &SecretKey)], known: &[Verified<Revocations>]| {
        revocation::fresh(&reopened(&scene, &with(&scene, lists)).chain, known, now())
    };
    let ops = &scene.world.ops_key;
    let missing = Err("acme-1".to_owned());
    assert_eq!(fresh(&[], &[]), missing);
    assert_eq!(fresh(&[(&aged(86_400), ops)], &[]), Ok(()));
    assert_eq!(fresh(&[(&aged(86_401), ops)], &[]), missing);
    assert_eq!(fresh(&[], &known(&scene, &[(&aged(1), ops)])), Ok(()));
    // The portal's own list, and the root's, are not the grantor's.
    let own = list(by_portal(&scene.world), 1, vec![]);
    let roots = list(Grantor::Root, 1, vec![]);
    assert_eq!(fresh(&[(&own, &scene.world.portal_key), (&roots, &scene.world.roots[0])], &[]), missing);
    let unlimited = Scene::new();
    let chain = reopened(&unlimited, &with(&unlimited, &[])).chain;
    assert_eq!(revocation::fresh(&chain, &[], now()), Ok(()));
}
