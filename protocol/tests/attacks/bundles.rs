//! Bundles and ledgers: signed by whoever signed their grants, listing exactly what the file holds.

use postern_protocol::bundle_file::{contents, verify_bundle, verify_ledger};
use postern_protocol::documents::*;
use postern_protocol::{Digest, Envelope, Explain as _, File, Limits, Prepared, SecretKey};
use postern_testkit::{World, full, id, key, public, sign};

/// A second account under the same operations grant.
fn other_account(world: &World) -> Grant {
    let account = Ceiling::Limited(id("bolt"));
    Grant { id: id("bolt-1"), account, subject: public(&key(21)), ..world.account.clone() }
}

/// A bundle file of these grants, signed under a grant by this key.
fn bundle(world: &World, grants: Vec<Envelope>, account: &str, under: Parent, signer: &SecretKey) -> File {
    let mut file = File { grants, ..File::default() };
    let (count, merkle_root) = contents(&file);
    let bundle = Bundle {
        account: id(account),
        signed_under: under,
        count,
        merkle_root,
        product: world.trust.product.clone(),
        ..full::bundle()
    };
    file.documents.push(sign(&bundle, &[signer]));
    file
}

fn code(world: &World, file: &File) -> &'static str {
    code_of_bytes(world, &file.to_bytes())
}

fn code_of_bytes(world: &World, bytes: &[u8]) -> &'static str {
    verify_bundle(bytes, &world.trust_state(), &Limits::DEFAULT).map_or_else(|error| error.code(), |_| "read")
}

fn grants(world: &World) -> Vec<Envelope> {
    vec![world.ops_envelope(), world.account_envelope()]
}

fn digest(grant: &Grant) -> Parent {
    Parent::Grant(Prepared::new(grant).digest())
}

#[test]
fn by_the_grantor_or_by_the_root() {
    let world = World::new();
    let by_ops = bundle(&world, grants(&world), "acme", digest(&world.ops), &world.ops_key);
    assert_eq!(code(&world, &by_ops), "read");
    let by_root = bundle(&world, grants(&world), "acme", Parent::Root, &world.roots[0]);
    assert_eq!(code(&world, &by_root), "read");
}

#[test]
fn by_another_key_than_the_one_it_names() {
    let world = World::new();
    for (under, signer) in
        [(digest(&world.ops), &world.portal_key), (digest(&world.ops), &world.roots[0]), (Parent::Root, &world.ops_key)]
    {
        assert_eq!(code(&world, &bundle(&world, grants(&world), "acme", under, signer)), "signature-invalid");
    }
    let nowhere = bundle(&world, grants(&world), "acme", Parent::Grant(Digest::of(b"none")), &world.ops_key);
    assert_eq!(code(&world, &nowhere), "grant-other");
}

/// Another account's portal signs a bundle, and with it a ledger base, for this one.
#[test]
fn by_a_sibling_account() {
    let world = World::new();
    let sibling = other_account(&world);
    let mut grants = grants(&world);
    grants.push(sign(&sibling, &[&world.ops_key]));
    let forged = bundle(&world, grants, "acme", digest(&sibling), &key(21));
    assert_eq!(code(&world, &forged), "grant-other");
}

/// A reseller's bundle for its own account brings somebody else's grant along.
#[test]
fn with_a_grant_from_beside() {
    let world = World::new();
    let reseller = Grant { rights: Rights { delegate: 1, ..world.account.rights }, ..other_account(&world) };
    let subject = public(&key(22));
    let child = Grant { id: id("bolt-2"), parent: digest(&reseller), subject, ..other_account(&world) };
    let own = vec![world.ops_envelope(), sign(&reseller, &[&world.ops_key]), sign(&child, &[&key(21)])];
    assert_eq!(code(&world, &bundle(&world, own.clone(), "bolt", digest(&reseller), &key(21))), "read");
    let with_other = [own, vec![world.account_envelope()]].concat();
    assert_eq!(code(&world, &bundle(&world, with_other, "bolt", digest(&reseller), &key(21))), "grant-other");
}

#[test]
fn by_the_account_itself_or_by_its_child() {
    let mut world = World::new();
    world.account.rights.delegate = 1;
    world.link();
    let itself = bundle(&world, grants(&world), "acme", digest(&world.account), &world.portal_key);
    assert_eq!(code(&world, &itself), "grant-other");
    let rights = Rights { delegate: 0, ..world.account.rights };
    let subject = public(&key(22));
    let child = Grant { id: id("plant"), parent: digest(&world.account), subject, rights, ..world.account.clone() };
    let mut grants = grants(&world);
    grants.push(sign(&child, &[&world.portal_key]));
    assert_eq!(code(&world, &bundle(&world, grants.clone(), "acme", digest(&child), &key(22))), "grant-other");
    // For its child the account may: that is what a license server's bundle is.
    assert_eq!(code(&world, &bundle(&world, grants, "acme", digest(&world.account), &world.portal_key)), "read");
}

/// A ledger that begins there could be written but never read again.
#[test]
fn with_a_ledger_base_where_no_ledger_begins() {
    let world = World::new();
    let code_of = |position, previous| {
        let mut file = bundle(&world, grants(&world), "acme", digest(&world.ops), &world.ops_key);
        let mut bundle: Bundle = serde_json::from_slice(file.documents[0].payload()).unwrap();
        let next = &mut bundle.ledger_base.as_mut().unwrap().next;
        (next.position, next.previous) = (position, previous);
        file.documents = vec![sign(&bundle, &[&world.ops_key])];
        code(&world, &file)
    };
    assert_eq!(code_of(0, Digest::of(b"")), "payload-malformed");
    assert_eq!(code_of(1, Digest::of(b"entry 0")), "payload-malformed");
    assert_eq!(code_of(1, Digest::of(b"")), "read");
    assert_eq!(code_of(2, Digest::of(b"entry 1")), "read");
}

#[test]
fn for_another_account_or_product() {
    let world = World::new();
    let other = bundle(&world, grants(&world), "bolt", digest(&world.ops), &world.ops_key);
    assert_eq!(code(&world, &other), "account-other");
    let mut other_product = World::new();
    other_product.trust.product = id("other");
    let foreign = bundle(&other_product, grants(&world), "acme", digest(&world.ops), &world.ops_key);
    assert_eq!(code(&world, &foreign), "product-other");
}

#[test]
fn its_table_of_contents_is_the_file() {
    let world = World::new();
    let file = world.bundle_file();
    assert_eq!(code(&world, &file), "read");
    // Left out, put in, put in another order.
    let mut without_trust = file.clone();
    without_trust.trust.clear();
    assert_eq!(code(&world, &without_trust), "bundle-contents");
    let mut more = file.clone();
    more.grants
        .push(sign(&Grant { account: world.account.account.clone(), ..other_account(&world) }, &[&world.ops_key]));
    assert_eq!(code(&world, &more), "bundle-contents");
    let mut swapped = more.clone();
    swapped.documents = bundle(&world, more.grants.clone(), "acme", digest(&world.ops), &world.ops_key).documents;
    swapped.trust.clear();
    assert_eq!(code(&world, &swapped), "read");
    swapped.grants.swap(1, 2);
    assert_eq!(code(&world, &swapped), "bundle-contents");
    let mut revoking = file.clone();
    revoking.revocations.push(sign(&full::revocations(Grantor::Root), &[&world.roots[0]]));
    assert_eq!(code(&world, &revoking), "bundle-contents");
}

#[test]
fn its_grants_form_one_tree() {
    let world = World::new();
    let file = world.bundle_file();
    let mut orphan = file.clone();
    orphan.grants.remove(0);
    assert_eq!(code(&world, &orphan), "chain-broken");
    let mut twice = file.clone();
    twice.grants.push(world.account_envelope());
    assert_eq!(code(&world, &twice), "file-duplicate");
    let mut child_first = file;
    child_first.grants.swap(0, 1);
    assert_eq!(code(&world, &child_first), "chain-broken");
}

/// Beyond the number up to which the reader compares lines, the tree finds the repeat.
#[test]
fn a_repeat_among_hundreds_of_grants() {
    let world = World::new();
    let many = |serial| sign(&Grant { serial, ..world.account.clone() }, &[&world.ops_key]);
    let mut grants = vec![world.ops_envelope()];
    grants.extend((1..=300).map(many));
    let whole = bundle(&world, grants.clone(), "acme", digest(&world.ops), &world.ops_key);
    assert_eq!(code(&world, &whole), "read");
    grants.push(many(300));
    assert_eq!(code(&world, &bundle(&world, grants, "acme", digest(&world.ops), &world.ops_key)), "file-duplicate");
}

#[test]
fn another_file_is_no_bundle() {
    let world = World::new();
    let license = world.file(sign(&world.license(public(&key(30)), None), &[&world.portal_key]));
    assert_eq!(code(&world, &license), "kind-wrong");
    assert_eq!(code_of_bytes(&world, b""), "file-empty");
    let mut unfinished = world.bundle_file();
    unfinished.documents.clear();
    assert_eq!(code(&world, &unfinished), "file-incomplete");
}

/// A ledger of two entries, with a change to the second before it is signed.
fn ledger(world: &World, change: impl FnOnce(&mut LedgerEntry), signer: &SecretKey) -> &'static str {
    let place = |position, previous| LedgerReference {
        ledger: LedgerId { key: public(&world.portal_key), epoch: 0 },
        position,
        previous,
    };
    let entry = |place| LedgerEntry { place, grant: world.account_digest(), ..full::ledger_entries().remove(0) };
    let first = sign(&entry(place(1, Digest::of(b""))), &[&world.portal_key]);
    let mut second = entry(place(2, first.digest()));
    change(&mut second);
    let file = File { grants: grants(world), documents: vec![first, sign(&second, &[signer])], ..File::default() };
    let verified = verify_ledger(&file.to_bytes(), &world.trust_state(), &Limits::DEFAULT);
    verified.map_or_else(|error| error.code(), |_| "read")
}

#[test]
fn a_ledgers_entries_follow_one_another() {
    let world = World::new();
    let portal = &world.portal_key;
    assert_eq!(ledger(&world, |_| {}, portal), "read");
    assert_eq!(ledger(&world, |entry| entry.place.position = 3, portal), "ledger-broken");
    assert_eq!(ledger(&world, |entry| entry.place.position = 1, portal), "ledger-broken");
    assert_eq!(ledger(&world, |entry| entry.place.previous = Digest::of(b"other"), portal), "ledger-broken");
    assert_eq!(ledger(&world, |entry| entry.place.ledger.epoch = 1, portal), "ledger-broken");
    assert_eq!(ledger(&world, |entry| entry.place.ledger.key = public(&key(21)), portal), "ledger-broken");
    assert_eq!(ledger(&world, |_| {}, &world.ops_key), "signature-invalid");
    assert_eq!(ledger(&world, |entry| entry.account = id("bolt"), portal), "account-other");
    assert_eq!(ledger(&world, |entry| entry.product = id("other"), portal), "product-other");
    assert_eq!(ledger(&world, |entry| entry.place.position = 0, portal), "payload-malformed");
}
