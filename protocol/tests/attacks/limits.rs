//! Each limit holds at exactly its number: what has it is read, one more is refused.

use postern_protocol::documents::*;
use postern_protocol::{ChainError, Explain as _, Limits, Prepared, Reader, SecretKey, bundle_file};
use postern_testkit::{World, forge, full, id, key, public, rotation, sign};

use crate::scene::Scene;

/// Every limit has its test here: a new one does not compile before it is named.
#[test]
fn every_limit_is_named() {
    let Limits {
        document_bytes: _,   // one_documents_bytes
        file_bytes: _,       // a_files_bytes
        collection_bytes: _, // a_collections_bytes
        chain_depth: _,      // depth_of_a_chain
        signatures: _,       // signatures_of_an_envelope
        bundle_grants: _,    // grants_of_a_bundle
        trust_documents: _,  // trust_documents_of_a_file
        revocations: _,      // revocation_lists_of_a_file
        string_bytes: _,     // bytes_of_a_string
        list_items: _,       // items_of_a_list
    } = Limits::DEFAULT;
}

fn code_within(scene: &Scene, bytes: &[u8], limits: Limits) -> &'static str {
    let reader = Reader { limits, ..scene.world.reader(&scene.trust) };
    reader.file::<License>(bytes).map_or_else(|error| error.code(), |_| "read")
}

/// The same file under the limit that it just keeps, and under one less.
fn at_and_beyond(bytes: &[u8], limits: impl Fn(usize) -> Limits, number: usize) -> [&'static str; 2] {
    let scene = Scene::new();
    [number, number - 1].map(|number| code_within(&scene, bytes, limits(number)))
}

fn with_revocations(count: u64) -> Vec<u8> {
    let scene = Scene::new();
    let mut file = scene.world.file(sign(&scene.license(), &[&scene.world.portal_key]));
    let issuer = Grantor::Key(public(&scene.world.ops_key));
    let list = |serial| sign(&Revocations { serial, ..full::revocations(issuer) }, &[&scene.world.ops_key]);
    file.revocations = (1..=count).map(list).collect();
    file.to_bytes()
}

#[test]
fn one_documents_bytes() {
    let lines = Scene::new().lines();
    let longest = lines.iter().map(Vec::len).max().unwrap();
    let limits = |document_bytes| Limits { document_bytes, ..Limits::DEFAULT };
    assert_eq!(at_and_beyond(&forge::file(&lines), limits, longest), ["read", "document-too-large"]);
    // And as shipped: 1 MiB of ignored padding is still a document, a byte more is none.
    let scene = Scene::new();
    let padded = |bytes: usize| {
        let mut lines = scene.lines();
        let missing = bytes - lines[2].len() - br#","x":"""#.len();
        lines[2].pop();
        lines[2].extend(format!(r#","x":"{}"}}"#, "x".repeat(missing)).into_bytes());
        assert_eq!(lines[2].len(), bytes);
        scene.code(&lines)
    };
    assert_eq!([padded(1 << 20), padded((1 << 20) + 1)], ["read", "document-too-large"]);
}

#[test]
fn a_files_bytes() {
    let bytes = forge::file(&Scene::new().lines());
    let limits = |file_bytes| Limits { file_bytes, ..Limits::DEFAULT };
    assert_eq!(at_and_beyond(&bytes, limits, bytes.len()), ["read", "file-too-large"]);
}

#[test]
fn a_collections_bytes() {
    let world = World::new();
    let bytes = world.bundle_file().to_bytes();
    let trust = world.trust_state();
    // A bundle is measured by this limit, not by that of other files.
    let verify = |collection_bytes| {
        let limits = Limits { collection_bytes, file_bytes: 10, ..Limits::DEFAULT };
        bundle_file::verify_bundle(&bytes, &trust, &limits).map_or_else(|error| error.code(), |_| "read")
    };
    assert_eq!([verify(bytes.len()), verify(bytes.len() - 1)], ["read", "file-too-large"]);
    // As shipped, whatever the bytes are.
    let scene = Scene::new();
    assert_eq!(scene.code_of_bytes(&vec![b'\n'; (32 << 20) + 1]), "file-too-large");
}

/// A chain of this many grants, each below the one before, and a license under the last.
fn deep(depth: usize) -> (Vec<u8>, World) {
    let mut world = World::new();
    let grant = |parent: &Grant, subject: u8| Grant {
        id: id("link"),
        parent: Parent::Grant(Prepared::new(parent).digest()),
        subject: public(&key(subject)),
        rights: Rights { delegate: parent.rights.delegate - 1, ..parent.rights },
        ..parent.clone()
    };
    world.ops.rights.delegate = 20;
    let mut path = vec![(world.ops.clone(), world.roots[0].expose().to_owned())];
    for level in 1..depth - 1 {
        let (parent, _) = path.last().unwrap();
        let signer = if level == 1 { &world.ops_key } else { &key(100 + level as u8 - 1) };
        path.push((grant(parent, 100 + level as u8), *signer.expose()));
    }
    let last = &path.last().unwrap().0;
    let signer = if depth == 2 { *world.ops_key.expose() } else { *key(100 + depth as u8 - 2).expose() };
    world.account.parent = Parent::Grant(Prepared::new(last).digest());
    path.push((world.account.clone(), signer));
    let license = world.license(public(&key(30)), None);
    let mut file = world.file(sign(&license, &[&world.portal_key]));
    file.grants = path.iter().map(|(grant, seed)| sign(grant, &[&SecretKey::from_bytes(seed)])).collect();
    (file.to_bytes(), world)
}

#[test]
fn depth_of_a_chain() {
    let scene = Scene::new();
    assert_eq!(scene.code_of_bytes(&deep(8).0), "read");
    assert_eq!(scene.code_of_bytes(&deep(9).0), "chain-too-deep");
    let limits = |chain_depth| Limits { chain_depth, ..Limits::DEFAULT };
    assert_eq!(at_and_beyond(&deep(3).0, limits, 3), ["read", "chain-too-deep"]);
}

#[test]
fn signatures_of_an_envelope() {
    let scene = Scene::new();
    let code = |count: u8| {
        let strangers: Vec<SecretKey> = (0..count - 1).map(|seed| key(100 + seed)).collect();
        let signers: Vec<&SecretKey> = strangers.iter().chain([&scene.world.portal_key]).collect();
        let mut lines = scene.lines();
        lines[2] = sign(&scene.license(), &signers).line().to_vec();
        scene.code(&lines)
    };
    assert_eq!([code(16), code(17)], ["read", "signatures-too-many"]);
}

/// Trees of grants: 10 000 would take a while to sign, so the number is given.
#[test]
fn grants_of_a_bundle() {
    let world = World::new();
    let bytes = world.bundle_file().to_bytes();
    let verify = |bundle_grants| {
        let limits = Limits { bundle_grants, ..Limits::DEFAULT };
        bundle_file::verify_bundle(&bytes, &world.trust_state(), &limits).map_or_else(|error| error.code(), |_| "read")
    };
    assert_eq!([verify(2), verify(1)], ["read", "file-too-many"]);
    // Depth counts in trees as well.
    let limits = Limits { chain_depth: 1, ..Limits::DEFAULT };
    let error = bundle_file::verify_bundle(&bytes, &world.trust_state(), &limits).unwrap_err();
    assert_eq!(error, ChainError::TooDeep { limit: 1 });
}

#[test]
fn trust_documents_of_a_file() {
    let scene = Scene::new();
    let (second, second_envelope) = rotation::rotated(&scene.world.trust, &[1], &[1], 1);
    let (_, third_envelope) = rotation::rotated(&second, &[1], &[1], 1);
    let mut lines = scene.lines();
    lines.splice(0..0, forge::lines([&scene.world.trust_envelope(), &second_envelope, &third_envelope]));
    let limits = |trust_documents| Limits { trust_documents, ..Limits::DEFAULT };
    assert_eq!(at_and_beyond(&forge::file(&lines), limits, 3), ["read", "file-too-many"]);
}

#[test]
fn revocation_lists_of_a_file() {
    let limits = |revocations| Limits { revocations, ..Limits::DEFAULT };
    assert_eq!(at_and_beyond(&with_revocations(3), limits, 3), ["read", "file-too-many"]);
    let scene = Scene::new();
    assert_eq!(scene.code_of_bytes(&with_revocations(64)), "read");
    assert_eq!(scene.code_of_bytes(&with_revocations(65)), "file-too-many");
}

#[test]
fn bytes_of_a_string() {
    let scene = Scene::new();
    let code = |text: String| {
        let extension = Extension { name: id("note"), critical: false, value: text };
        let license = License { extensions: vec![extension], ..scene.license() };
        let mut lines = scene.lines();
        lines[2] = sign(&license, &[&scene.world.portal_key]).line().to_vec();
        scene.code(&lines)
    };
    assert_eq!([code("x".repeat(1024)), code("x".repeat(1025))], ["read", "payload-malformed"]);
    // Bytes, not characters; and escapes are measured as what they stand for.
    assert_eq!([code("é".repeat(512)), code("é".repeat(513))], ["read", "payload-malformed"]);
    assert_eq!([code("\\".repeat(1024)), code("\\".repeat(1025))], ["read", "payload-malformed"]);
}

#[test]
fn items_of_a_list() {
    let scene = Scene::new();
    let mut license = scene.license();
    license.allocation[0].steps =
        (0..3).map(|hour| Step { from: license.starts_at.plus(hour * 3600), quantity: 5 }).collect();
    let mut lines = scene.lines();
    lines[2] = sign(&license, &[&scene.world.portal_key]).line().to_vec();
    let limits = |list_items| Limits { list_items, ..Limits::DEFAULT };
    assert_eq!(at_and_beyond(&forge::file(&lines), limits, 3), ["read", "payload-malformed"]);
}

/// As many shares and seat types as a document holds: compared in one sweep, else this test would not come back.
#[test]
fn thousands_of_named_machines() {
    let mut world = World::new();
    let share = |index: u64| {
        let mut device = [0; 32];
        device[..8].copy_from_slice(&index.to_le_bytes());
        let device = postern_protocol::PublicKey::from_bytes(device);
        Share { device, allowances: vec![postern_testkit::seats(&format!("s{index}"), 1)] }
    };
    let shares: Vec<Share> = (0..3000).map(share).collect();
    let own = shares.iter().flat_map(|share| share.allowances.clone()).collect();
    world.account.allowances = Ceiling::Limited(own);
    world.account.installations = Ceiling::Limited(vec![]);
    world.account.devices = Devices::Named(shares);
    world.link();
    let scene = Scene::of(world);
    let error = scene.world.reader(&scene.trust).file::<License>(&forge::file(&scene.lines())).unwrap_err();
    assert_eq!(error.code(), "document-exceeds-grant", "only the license does not fit: {error}");
}
