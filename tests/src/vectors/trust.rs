//! Roots that move on, and those that must not.

use postern_protocol::Kind;
use postern_protocol::documents::Trust;
use postern_protocol::{Envelope, File, PublicKey, SecretKey};
use postern_testkit::rotation::{rotated, two_of_three};
use postern_testkit::{forge, id, key, public, sign};

use super::scene::{STRANGER, vector};
use super::siblings::Family;
use super::{Root, Vector};

pub(super) fn all() -> Vec<Vector> {
    let first = two_of_three().trust;
    let (second, _) = rotated(&first, &[1, 2], &[1, 2, 4], 2);
    let seeds = [1, 2].map(key);
    let family = Family {
        document: &second,
        signers: seeds.iter().collect(),
        around: &|line| forge::file(&[line]),
        unsigned: "trust-not-signed-by-old",
    };
    [family.siblings(), steps(&first, &second), members(&first)]
        .concat()
        .into_iter()
        .map(|vector| Vector { root: Root::TwoOfThree, ..vector })
        .collect()
}

fn file(envelopes: &[&Envelope]) -> Vec<u8> {
    File { trust: envelopes.iter().map(|one| (*one).clone()).collect(), ..File::default() }.to_bytes()
}

fn signed(trust: &Trust, seeds: &[u8]) -> Envelope {
    let keys: Vec<SecretKey> = seeds.iter().copied().map(key).collect();
    sign(trust, &keys.iter().collect::<Vec<_>>())
}

fn case(name: &str, expect: &str, what: &str, envelopes: &[&Envelope]) -> Vector {
    vector(Kind::Trust, name, expect, what, file(envelopes))
}

fn steps(first: &Trust, second: &Trust) -> Vec<Vector> {
    let one = signed(first, &[1, 2, 3]);
    let (two, three) = (signed(second, &[1, 2]), rotated(second, &[2, 4], &[5, 6, 7], 3).1);
    let all_new = rotated(first, &[1, 3], &[4, 5, 6], 2).1;
    let other_first = signed(&Trust { issued_at: first.issued_at.plus(1), ..first.clone() }, &[1, 2, 3]);
    let other_product = signed(&Trust { product: id("other"), ..second.clone() }, &[1, 2]);
    let fresh = Trust { keys: [4, 5, 6].map(|seed| public(&key(seed))).into(), ..second.clone() };
    vec![
        case("same", "ok", "the pinned root again", &[&one]),
        case("all-keys-new", "ok", "version 2 with three new keys, signed by two old and all new ones", &[&all_new]),
        case("two-steps", "ok", "versions 2 and 3, each signed by the keys before and its own", &[&two, &three]),
        case("whole-history", "ok", "versions 1, 2 and 3", &[&one, &two, &three]),
        case("skipped", "trust-skipped", "version 3 without version 2", &[&three]),
        case("fork", "trust-fork", "version 1 in another form, signed by its keys", &[&other_first]),
        case(
            "only-one-old-key",
            "trust-not-signed-by-old",
            "version 2, signed by one old key",
            &[&signed(second, &[1, 4])],
        ),
        case(
            "one-key-twice",
            "trust-not-signed-by-old",
            "version 2, signed twice by one key",
            &[&signed(second, &[1, 1])],
        ),
        case(
            "only-old-keys",
            "trust-not-signed-by-new",
            "version 2 with new keys, none of which signed",
            &[&signed(&fresh, &[1, 2, 3])],
        ),
        case(
            "only-new-keys",
            "trust-not-signed-by-old",
            "version 2, signed by its new keys alone",
            &[&signed(&fresh, &[4, 5, 6])],
        ),
        case("other-product", "product-other", "version 2 for another product", &[&other_product]),
    ]
}

fn members(first: &Trust) -> Vec<Vector> {
    let next = |keys: Vec<PublicKey>, threshold| Trust { number: 2, keys, threshold, ..first.clone() };
    let two = |trust: &Trust| signed(trust, &[1, 2]);
    let (a, b) = (public(&key(1)), public(&key(2)));
    // y = 1: the neutral element, for which anybody can sign.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let weak = next(vec![a, b, PublicKey::from_bytes(neutral)], 2);
    vec![
        case("key-twice", "payload-malformed", "version 2 that lists one key twice", &[&two(&next(vec![a, a], 1))]),
        case("threshold-0", "payload-malformed", "version 2 with a threshold of 0", &[&two(&next(vec![a, b], 0))]),
        case(
            "threshold-3-of-2",
            "payload-malformed",
            "version 2 with a threshold above its keys",
            &[&two(&next(vec![a, b], 3))],
        ),
        case("weak-key", "key-invalid", "version 2 with a weak key", &[&two(&weak)]),
        case(
            "stranger",
            "trust-not-signed-by-new",
            "version 2 whose keys did not sign",
            &[&two(&next(vec![public(&key(STRANGER))], 1))],
        ),
    ]
}
