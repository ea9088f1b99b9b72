//! Files of many documents: bundles and ledgers.

use postern_protocol::documents::*;
use postern_protocol::{Digest, Envelope, File, Kind, Prepared, SecretKey};
use postern_testkit::{World, forge, id, key, now, public, sign, spec};

use super::Vector;
use super::scene::{STRANGER, license, vector};
use super::siblings::Family;

pub(super) fn all() -> Vec<Vector> {
    let world = World::new();
    [bundles(&world), ledgers(&world)].concat()
}

fn bundles(world: &World) -> Vec<Vector> {
    let good = world.bundle_file();
    let before: Vec<Vec<u8>> = forge::lines(good.trust.iter().chain(&good.grants));
    let bundle = world.bundle().bundle.get().clone();
    let around = |line: Vec<u8>| forge::file(&[before.clone(), vec![line]].concat());
    let family =
        Family { document: &bundle, signers: vec![&world.ops_key], around: &around, unsigned: "signature-invalid" };
    let case = |name, expect, what, file: File| vector(Kind::Bundle, name, expect, what, file.to_bytes());
    let changed = |bundle: &Bundle, keys: &[&SecretKey]| File { documents: vec![sign(bundle, keys)], ..good.clone() };
    let ops = [&world.ops_key];
    let second = Grant { id: id("acme-2"), ..world.account.clone() };
    let mut more = good.clone();
    more.grants.push(sign(&second, &ops));
    let fewer = File { grants: good.grants[..1].to_vec(), ..good.clone() };
    let swapped = File { grants: good.grants.iter().rev().cloned().collect(), ..good.clone() };
    let by_portal = Bundle { signed_under: Parent::Grant(world.account_digest()), ..bundle.clone() };
    let mut vectors = family.siblings();
    vectors.extend([
        case("grant-added", "bundle-contents", "a bundle to which a signed grant was added", more),
        case("grant-removed", "grant-other", "a bundle from which the account's grant was removed", fewer),
        case("grants-swapped", "chain-broken", "a bundle whose grants stand before their parents", swapped),
        case(
            "count",
            "bundle-contents",
            "a bundle that counts one document more",
            changed(&Bundle { count: bundle.count + 1, ..bundle.clone() }, &ops),
        ),
        case(
            "merkle-root",
            "bundle-contents",
            "a bundle with another Merkle root",
            changed(&Bundle { merkle_root: Digest::of(b"other"), ..bundle.clone() }, &ops),
        ),
        case(
            "other-account",
            "account-other",
            "a bundle for another account than its grants",
            changed(&Bundle { account: id("other"), ..bundle.clone() }, &ops),
        ),
        case(
            "other-product",
            "product-other",
            "a bundle for another product",
            changed(&Bundle { product: id("other"), ..bundle.clone() }, &ops),
        ),
        case(
            "by-portal",
            "grant-other",
            "a bundle that the portal signed for itself",
            changed(&by_portal, &[&world.portal_key]),
        ),
        case(
            "serial-0",
            "payload-malformed",
            "a bundle with serial 0",
            changed(&Bundle { serial: 0, ..bundle.clone() }, &ops),
        ),
    ]);
    vectors
}

/// Two entries that follow one another: the ledger begins, then a license is issued.
fn entries(world: &World) -> (LedgerEntry, LedgerEntry) {
    let license = license(world);
    let request = world.request(public(&key(30)), None);
    let issued = spec::ledger_entry(world, &license, &request);
    let place = LedgerReference { position: 1, previous: Digest::of(b""), ..issued.place };
    let begun = LedgerEntry { place, event: Event::Begun { bundle: world.bundle().bundle.digest() }, ..issued.clone() };
    let previous = Prepared::new(&begun).digest();
    (begun, LedgerEntry { place: LedgerReference { previous, ..issued.place }, ..issued })
}

fn ledgers(world: &World) -> Vec<Vector> {
    let (first, second) = entries(world);
    let portal = [&world.portal_key];
    let before: Vec<Envelope> = vec![world.trust_envelope(), world.ops_envelope(), world.account_envelope()];
    let file = |entries: &[Envelope]| forge::file(&forge::lines(before.iter().chain(entries)));
    let around = |line: Vec<u8>| [file(&[sign(&first, &portal)]), line, b"\n".to_vec()].concat();
    let family =
        Family { document: &second, signers: vec![&world.portal_key], around: &around, unsigned: "signature-invalid" };
    let case =
        |name, expect, what, entries: Vec<Envelope>| vector(Kind::LedgerEntry, name, expect, what, file(&entries));
    let one = sign(&first, &portal);
    let moved = |place: LedgerReference| sign(&LedgerEntry { place, ..second.clone() }, &portal);
    let foreign = LedgerId { key: public(&key(STRANGER)), epoch: 0 };
    let strange = LedgerEntry {
        grant: Digest::of(b"other"),
        place: LedgerReference { ledger: foreign, ..second.place },
        ..second.clone()
    };
    let strange = sign(&strange, &[&key(STRANGER)]);
    let mut vectors = family.siblings();
    vectors.extend([
        case("from-a-checkpoint", "ok", "a ledger that goes on from its second entry", vec![sign(&second, &portal)]),
        case(
            "gap",
            "ledger-broken",
            "a position left out",
            vec![one.clone(), moved(LedgerReference { position: 3, ..second.place })],
        ),
        case(
            "fork",
            "ledger-broken",
            "an entry that does not name the one before",
            vec![one.clone(), moved(LedgerReference { previous: Digest::of(b"another"), ..second.place })],
        ),
        case("order", "ledger-broken", "the entries in the wrong order", vec![sign(&second, &portal), one.clone()]),
        case("twice", "file-duplicate", "an entry twice", vec![one.clone(), one.clone()]),
        case("other-epoch", "ledger-broken", "an entry of another life of the ledger", {
            let ledger = LedgerId { epoch: 1, ..second.place.ledger };
            vec![one.clone(), moved(LedgerReference { ledger, ..second.place })]
        }),
        case(
            "other-ledger",
            "ledger-broken",
            "an entry of another key's ledger",
            vec![moved(LedgerReference { ledger: foreign, ..second.place })],
        ),
        case(
            "other-account",
            "account-other",
            "an entry for another account",
            vec![one.clone(), sign(&LedgerEntry { account: id("other"), ..second.clone() }, &portal)],
        ),
        case(
            "older-grant",
            "ok",
            "an entry under an older grant of the key, which the file does not carry",
            vec![one.clone(), sign(&LedgerEntry { grant: Digest::of(b"older"), ..second.clone() }, &portal)],
        ),
        case("other-grant", "grant-other", "an entry of a key that no grant in the file names", vec![strange]),
        case(
            "position-0",
            "payload-malformed",
            "an entry at position 0",
            vec![moved(LedgerReference { position: 0, ..second.place })],
        ),
        case("empty", "file-incomplete", "a ledger without entries", vec![]),
        case(
            "later",
            "ok",
            "an entry that was made later",
            vec![one.clone(), sign(&LedgerEntry { at: now().plus(60), ..second.clone() }, &portal)],
        ),
    ]);
    vectors
}
