//! Rotation of the root: N + 1 exactly follows N, signed by the old threshold and by the new one.

use postern_protocol::documents::{License, Trust};
use postern_protocol::{Digest, Envelope, Explain as _, Id, Limits, SecretKey, TrustAnchor, TrustState};
use postern_testkit::{forge, id, key, public, rotation, sign};

use crate::scene::Scene;

/// Version 1: two of the keys 1, 2, 3.
fn scene() -> Scene {
    Scene::of(rotation::two_of_three())
}

fn code(state: &TrustState, envelopes: &[Envelope]) -> Result<u64, &'static str> {
    state.advance(envelopes, &Limits::DEFAULT).map(|state| state.current().number).map_err(|error| {
        assert!(!error.to_string().is_empty() && !error.advice().is_empty());
        error.code()
    })
}

/// Version 2: two of the keys 4, 5, 6; signed by these.
fn second(signers: &[u8]) -> Envelope {
    let keys = [4, 5, 6].map(|seed| public(&key(seed))).to_vec();
    signed(&Trust { number: 2, keys, ..scene().world.trust }, signers)
}

fn signed(trust: &Trust, signers: &[u8]) -> Envelope {
    let keys: Vec<SecretKey> = signers.iter().copied().map(key).collect();
    sign(trust, &keys.iter().collect::<Vec<_>>())
}

/// Versions 2 (keys 2, 3, 4) and 3 (keys 4, 5, 6), as the kit makes them.
fn two_steps(scene: &Scene) -> (Trust, Vec<Envelope>) {
    let (second, second_envelope) = rotation::rotated(&scene.world.trust, &[1, 2], &[2, 3, 4], 2);
    let (third, third_envelope) = rotation::rotated(&second, &[3, 4], &[4, 5, 6], 2);
    (third, vec![second_envelope, third_envelope])
}

/// The OLF of a vendor whose root keys are these, before it is put together with trust documents.
fn lines_rooted_in(scene: &Scene, roots: &[u8]) -> Vec<Vec<u8>> {
    let mut lines = scene.lines();
    lines[0] = signed_grant(scene, roots);
    lines
}

fn signed_grant(scene: &Scene, roots: &[u8]) -> Vec<u8> {
    let keys: Vec<SecretKey> = roots.iter().copied().map(key).collect();
    sign(&scene.world.ops, &keys.iter().collect::<Vec<_>>()).line().to_vec()
}

#[test]
fn one_step_needs_both_thresholds() {
    let state = scene().trust;
    for enough in [&[1, 2, 4, 5][..], &[3, 2, 6, 4], &[1, 2, 3, 4, 5, 6], &[5, 4, 3, 1, 99]] {
        assert_eq!(code(&state, &[second(enough)]), Ok(2), "{enough:?}");
    }
    for too_few_old in [&[4, 5, 6][..], &[1, 4, 5, 6], &[1, 1, 1, 4, 5], &[]] {
        assert_eq!(code(&state, &[second(too_few_old)]), Err("trust-not-signed-by-old"), "{too_few_old:?}");
    }
    for too_few_new in [&[1, 2, 3][..], &[1, 2, 3, 4], &[1, 2, 6, 6]] {
        assert_eq!(code(&state, &[second(too_few_new)]), Err("trust-not-signed-by-new"), "{too_few_new:?}");
    }
}

#[test]
fn a_skipped_version_is_refused() {
    let scene = scene();
    let (_, envelopes) = two_steps(&scene);
    assert_eq!(code(&scene.trust, &envelopes), Ok(3));
    assert_eq!(code(&scene.trust, &envelopes[1..]), Err("trust-skipped"));
    assert_eq!(code(&scene.trust, &[envelopes[1].clone(), envelopes[0].clone()]), Err("trust-skipped"));
}

/// Versions that are known change nothing; in another form they are forks, however well they are signed.
#[test]
fn rollback_and_fork_are_refused() {
    let scene = scene();
    let (_, envelopes) = two_steps(&scene);
    let newest = scene.trust.advance(&envelopes, &Limits::DEFAULT).unwrap();
    assert_eq!(code(&newest, &[scene.world.trust_envelope()]), Ok(3));
    assert_eq!(code(&newest, &envelopes), Ok(3));
    assert_eq!(code(&newest, &[second(&[1, 2, 3, 4, 5, 6])]), Err("trust-fork"));
    let first_again = Trust { threshold: 1, ..scene.world.trust.clone() };
    assert_eq!(code(&newest, &[signed(&first_again, &[1, 2, 3])]), Err("trust-fork"));
    // The old keys alone cannot go on from where they were replaced.
    let third = Trust { number: 4, ..scene.world.trust.clone() };
    assert_eq!(code(&newest, &[signed(&third, &[1, 2, 3])]), Err("trust-not-signed-by-old"));
}

#[test]
fn an_answer_brings_a_reader_from_1_to_3() {
    let scene = scene();
    let (third, envelopes) = two_steps(&scene);
    let mut lines = lines_rooted_in(&scene, &[5, 6]);
    assert_eq!(scene.code(&lines), "chain-other-root", "without the trust documents");
    lines.splice(0..0, forge::lines(&envelopes));
    let read = scene.read::<License>(&forge::file(&lines)).unwrap();
    assert_eq!(read.chain.trust().current().get(), &third);
    assert_eq!(read.chain.trust().first().digest(), scene.trust.first().digest());
    // And what such a reader passes on to another that is at 2 is only what that one lacks.
    let onward = read.chain.file(read.document.envelope().clone(), 2);
    assert_eq!(onward.trust, envelopes[1..]);
    let at_2 = scene.trust.advance(&envelopes[..1], &Limits::DEFAULT).unwrap();
    let scene = Scene { trust: at_2, ..scene };
    assert_eq!(scene.code_of_bytes(&onward.to_bytes()), "read");
}

/// After the rotation the old keys count no longer, also where the file leaves the rotation out.
#[test]
fn grants_by_the_old_root_only() {
    let scene = scene();
    let (_, envelopes) = two_steps(&scene);
    let old = lines_rooted_in(&scene, &[1, 2, 3]);
    assert_eq!(scene.code(&old), "read");
    let newest = Scene { trust: scene.trust.advance(&envelopes, &Limits::DEFAULT).unwrap(), ..scene };
    assert_eq!(newest.code(&old), "chain-other-root");
    let mut with_rotation = forge::lines(&envelopes);
    with_rotation.extend(old);
    assert_eq!(self::scene().code(&with_rotation), "chain-other-root");
}

#[test]
fn a_rotation_does_not_change_the_product() {
    let scene = scene();
    let other = Trust { number: 2, product: id("other"), ..scene.world.trust.clone() };
    assert_eq!(code(&scene.trust, &[signed(&other, &[1, 2, 3])]), Err("product-other"));
}

#[test]
fn thresholds_that_mean_nothing() {
    let begin = |trust: &Trust, signers: &[u8]| {
        TrustState::begin(signed(trust, signers), &Limits::DEFAULT).map(|_| ()).map_err(|error| error.code())
    };
    let trust = scene().world.trust;
    assert_eq!(begin(&trust, &[1, 2]), Ok(()));
    assert_eq!(begin(&trust, &[1]), Err("signature-invalid"));
    for threshold in [0, 4, 9_007_199_254_740_991] {
        assert_eq!(begin(&Trust { threshold, ..trust.clone() }, &[1, 2, 3]), Err("payload-malformed"), "{threshold}");
    }
    let twice = Trust { keys: vec![trust.keys[0], trust.keys[0]], ..trust.clone() };
    assert_eq!(begin(&twice, &[1, 1]), Err("payload-malformed"), "one key listed twice");
    assert_eq!(begin(&Trust { keys: vec![], ..trust.clone() }, &[]), Err("payload-malformed"));
    assert_eq!(begin(&Trust { number: 0, ..trust.clone() }, &[1, 2]), Err("payload-malformed"));
    let many = (1..=17).map(|seed| public(&key(seed))).collect();
    assert_eq!(begin(&Trust { keys: many, ..trust }, &[1, 2]), Err("payload-malformed"));
}

#[test]
fn an_anchor_pins_product_and_root() {
    let scene = scene();
    let (_, later) = two_steps(&scene);
    let all: Vec<Envelope> = std::iter::once(scene.world.trust_envelope()).chain(later).collect();
    let code = |anchor: &TrustAnchor, envelopes: &[Envelope]| {
        TrustState::from_anchor(anchor, envelopes, &Limits::DEFAULT)
            .map(|state| state.current().number)
            .map_err(|error| error.code())
    };
    let anchor = scene.trust.anchor();
    assert_eq!(code(&anchor, &all), Ok(3));
    assert_eq!(code(&anchor, &all[1..]), Err("trust-other-root"));
    assert_eq!(code(&anchor, &[]), Err("trust-other-root"));
    let product: Id = id("other");
    assert_eq!(code(&TrustAnchor { product, ..anchor }, &all), Err("product-other"));
    // Pinned at 2: what came before is passed over, what comes after is followed.
    let at_2 = TrustState::from_anchor(
        &TrustAnchor { product: id("automation"), root: all[1].digest() },
        &all,
        &Limits::DEFAULT,
    );
    let at_2 = at_2.unwrap();
    assert_eq!((at_2.first().number, at_2.current().number), (2, 3));
    assert_eq!(at_2.advance(&all, &Limits::DEFAULT).unwrap().current().number, 3);
}

#[test]
fn an_anchor_is_written_in_one_way() {
    let anchor = TrustAnchor { product: id("automation"), root: Digest::of(b"root") };
    assert_eq!(anchor.to_string().parse(), Ok(anchor.clone()));
    let root = anchor.root.to_string();
    for text in ["", "automation", &root, &format!("@{root}"), &format!("Automation@{root}"), &format!("a@{root} ")] {
        assert!(text.parse::<TrustAnchor>().is_err(), "{text}");
    }
}
