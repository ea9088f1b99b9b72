//! The envelope: its type is the namespace of the signature, key ids are hints, and only unique keys count.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use postern_protocol::documents::License;
use postern_protocol::envelope::pae;
use postern_protocol::{Envelope, Explain as _, Kind, Limits, SecretKey, Unverified};
use postern_testkit::{forge, key, public, rotation, sign};
use serde_json::{Value, json};

use crate::scene::Scene;

/// The OLF with one change to an envelope.
fn code_with(line: usize, edit: impl FnOnce(&mut Value)) -> &'static str {
    let scene = Scene::new();
    let mut lines = scene.lines();
    lines[line] = forge::edited(&lines[line], edit);
    scene.code(&lines)
}

fn payload(scene: &Scene, line: usize) -> Vec<u8> {
    Envelope::parse(&scene.lines()[line], &Limits::DEFAULT).unwrap().payload().to_vec()
}

#[test]
fn unknown_kinds_and_versions() {
    let code = |payload_type: &str| code_with(2, |envelope| envelope["payloadType"] = payload_type.into());
    for version in ["v2", "v10", "v18446744073709551615"] {
        assert_eq!(code(&format!("application/vnd.postern.license.{version}+json")), "version-unsupported");
    }
    for unknown in [
        "",
        "application/json",
        "application/vnd.in-toto+json",
        "application/vnd.postern.licence.v1+json",
        "application/vnd.postern.license.v1",
        "application/vnd.postern.license.v1+json ",
        "application/vnd.postern.license.v1+json;charset=utf-8",
        "Application/vnd.postern.license.v1+json",
        "application/vnd.postern.LICENSE.v1+json",
        "application/vnd.postern.license.v0+json",
        "application/vnd.postern.license.v01+json",
        "application/vnd.postern.license.v+1+json",
        "application/vnd.postern.license.v-1+json",
        "application/vnd.postern.license.v1.v2+json",
        "application/vnd.postern..v1+json",
        "application/vnd.postern.license.v18446744073709551616+json",
    ] {
        assert_eq!(code(unknown), "kind-unknown", "{unknown}");
    }
}

/// What an unverified envelope says must not steer the terminal that shows the refusal.
#[test]
fn refusals_quote_no_control_characters() {
    let scene = Scene::new();
    let hostile = "\u{1b}[2J\u{202e}".repeat(100);
    let unknown_kind = forge::edited(&scene.lines()[2], |envelope| envelope["payloadType"] = json!(hostile));
    let unknown_field = json!({ hostile.as_str(): 1 }).to_string();
    let unknown_field = forge::line(Kind::Grant, unknown_field.as_bytes(), &[&scene.world.roots[0]]);
    for mut lines in [vec![unknown_kind], vec![unknown_field]] {
        lines.push(scene.lines()[2].clone());
        let reader = scene.world.reader(&scene.trust);
        let error = reader.file::<License>(&forge::file(&lines)).unwrap_err();
        let shown = error.to_string();
        assert!(shown.chars().count() < 400 && !shown.contains(['\u{1b}', '\u{202e}']), "{shown:?}");
    }
}

/// A signature over one kind does not pass for another: not by the type outside, not by the kind inside.
#[test]
fn signatures_do_not_cross_kinds() {
    let scene = Scene::new();
    let portal = &scene.world.portal_key;
    // A token's payload and signature under the license's type.
    let token = sign(&scene.world.token("t-1"), &[portal]);
    let mut lines = scene.lines();
    lines[2] = forge::edited(token.line(), |envelope| envelope["payloadType"] = Kind::License.payload_type().into());
    assert_eq!(scene.code(&lines), "signature-invalid");
    // Signed as a license, but the payload says that it is a token; and the other way round.
    lines[2] = forge::line(Kind::License, token.payload(), &[portal]);
    assert_eq!(scene.code(&lines), "payload-malformed");
    let mut license: Value = serde_json::from_slice(&payload(&scene, 2)).unwrap();
    license["kind"] = "grant".into();
    lines[2] = forge::line(Kind::License, license.to_string().as_bytes(), &[portal]);
    assert_eq!(scene.code(&lines), "payload-malformed");
    // A bare signature of the payload, and one over another encoding of type and payload.
    let payload = payload(&scene, 2);
    let payload_type = Kind::License.payload_type();
    for message in [payload.clone(), [payload_type.as_bytes(), &payload].concat(), pae("", &payload)] {
        let signature = (public(portal), portal.sign(&message).to_vec());
        lines[2] = forge::raw_line(&payload_type, &payload, &[signature]);
        assert_eq!(scene.code(&lines), "signature-invalid");
    }
}

#[test]
fn key_ids_are_only_hints() {
    for lie in [json!("sha256:00"), json!(""), json!(public(&key(66)).key_id())] {
        assert_eq!(code_with(2, |envelope| envelope["signatures"][0]["keyid"] = lie.clone()), "read", "{lie}");
    }
    assert_eq!(
        code_with(2, |envelope| drop(envelope["signatures"][0].as_object_mut().unwrap().remove("keyid"))),
        "read"
    );
    // The right id on a wrong signature does not help, nor keep the right signature from being found.
    let scene = Scene::new();
    let right = public(&scene.world.portal_key).key_id();
    let mut lines = scene.lines();
    let wrong = json!({"keyid": right, "sig": STANDARD.encode([7; 64])});
    lines[2] = forge::edited(&lines[2], |envelope| envelope["signatures"] = json!([wrong]));
    assert_eq!(scene.code(&lines), "signature-invalid");
    let mut lines = scene.lines();
    lines[2] = forge::edited(&lines[2], |envelope| {
        let signatures = envelope["signatures"].as_array_mut().unwrap();
        signatures[0]["keyid"] = "sha256:lie".into();
        signatures.insert(0, wrong);
    });
    assert_eq!(scene.code(&lines), "read");
}

#[test]
fn extra_signatures_change_nothing() {
    let scene = Scene::new();
    let (portal, stranger) = (&scene.world.portal_key, key(66));
    let mut lines = scene.lines();
    for signers in [vec![&stranger, portal], vec![portal, &stranger], vec![portal, portal]] {
        lines[2] = sign(&scene.license(), &signers).line().to_vec();
        assert_eq!(scene.code(&lines), "read");
    }
    lines[2] = sign(&scene.license(), &[&stranger, &stranger]).line().to_vec();
    assert_eq!(scene.code(&lines), "signature-invalid");
    lines[2] = sign(&scene.license(), &[]).line().to_vec();
    assert_eq!(scene.code(&lines), "signature-invalid");
}

/// Two signatures by one root key are one: whatever key ids they carry.
#[test]
fn a_threshold_counts_keys_not_signatures() {
    let scene = Scene::of(rotation::two_of_three());
    let [a, b, c] = &scene.world.roots[..] else { panic!("three roots") };
    let with = |signers: &[&SecretKey]| {
        let mut lines = scene.lines();
        lines[0] = sign(&scene.world.ops, signers).line().to_vec();
        lines
    };
    assert_eq!(scene.code(&with(&[a, b])), "read");
    assert_eq!(scene.code(&with(&[c, a])), "read");
    assert_eq!(scene.code(&with(&[a])), "chain-other-root");
    assert_eq!(scene.code(&with(&[a, a, a])), "chain-other-root");
    assert_eq!(scene.code(&with(&[a, &key(66)])), "chain-other-root");
    let mut twice = with(&[a, a]);
    twice[0] = forge::edited(&twice[0], |envelope| {
        envelope["signatures"][1]["keyid"] = public(b).key_id().into();
    });
    assert_eq!(scene.code(&twice), "chain-other-root");
}

/// Also where whoever verifies lists one key twice; and a threshold of none is met by nobody.
#[test]
fn a_threshold_counts_unique_keys() {
    let scene = Scene::new();
    let license = sign(&scene.license(), &[&key(1), &key(2)]);
    let code = |seeds: &[u8], threshold| {
        let keys: Vec<_> = seeds.iter().map(|seed| public(&key(*seed)).verifying().unwrap()).collect();
        let unverified = Unverified::<License>::new(license.clone()).unwrap();
        unverified.verify_threshold(&keys, threshold, &Limits::DEFAULT).map_or_else(|error| error.code(), |_| "read")
    };
    assert_eq!(code(&[1, 2], 2), "read");
    assert_eq!(code(&[3, 2, 1], 2), "read");
    for (seeds, threshold) in [(&[1, 1][..], 2), (&[1, 2], 3), (&[3], 1), (&[1], 0), (&[], 0)] {
        assert_eq!(code(seeds, threshold), "signature-invalid", "{seeds:?} {threshold}");
    }
}

#[test]
fn base64_is_padded_and_canonical_in_either_alphabet() {
    let scene = Scene::new();
    let payload = payload(&scene, 2);
    let signature = STANDARD.decode(json_of(&scene)["signatures"][0]["sig"].as_str().unwrap()).unwrap();
    assert_eq!(code_with(2, |envelope| envelope["payload"] = URL_SAFE.encode(&payload).into()), "read");
    assert_eq!(code_with(2, |envelope| envelope["signatures"][0]["sig"] = URL_SAFE.encode(&signature).into()), "read");
    // 64 bytes leave four unused bits before the padding: set, they would be a second writing of one signature.
    let sloppy = STANDARD.encode(&signature);
    let (head, last) = sloppy.split_at(85);
    let next = char::from(last.as_bytes()[0] + 1);
    let sloppy = format!("{head}{next}==");
    for bad in [STANDARD_NO_PAD.encode(&signature), sloppy, STANDARD.encode(&signature[..63]), String::new()] {
        assert_eq!(code_with(2, |envelope| envelope["signatures"][0]["sig"] = bad.clone().into()), "signature-damaged");
    }
    for bad in ["!", "ab", "ab==\n", "a b=", "abc", "+_+_"] {
        assert_eq!(code_with(2, |envelope| envelope["payload"] = bad.into()), "payload-damaged", "{bad}");
    }
}

fn json_of(scene: &Scene) -> Value {
    serde_json::from_slice(&scene.lines()[2]).unwrap()
}

#[test]
fn unknown_envelope_fields_are_ignored_and_known_ones_strict() {
    let extra = json!({"deep": [1.5, null, {"a": -1}]});
    assert_eq!(code_with(2, |envelope| envelope["anything"] = extra.clone()), "read");
    assert_eq!(code_with(2, |envelope| envelope["signatures"][0]["cert"] = extra.clone()), "read");
    for (field, value) in [
        ("payload", Value::Null),
        ("payload", json!(1)),
        ("payloadType", json!(["application/vnd.postern.license.v1+json"])),
        ("signatures", json!({})),
        ("signatures", json!([["keyid", "sig"]])),
        ("signatures", json!([{"keyid": null, "sig": ""}])),
        ("signatures", json!([{}])),
    ] {
        assert_eq!(code_with(2, |envelope| envelope[field] = value.clone()), "file-unreadable", "{field}: {value}");
    }
    for field in ["payload", "payloadType", "signatures"] {
        let without = |envelope: &mut Value| drop(envelope.as_object_mut().unwrap().remove(field));
        assert_eq!(code_with(2, without), "file-unreadable", "{field}");
    }
    let scene = Scene::new();
    let mut lines = scene.lines();
    let text = String::from_utf8(lines[2].clone()).unwrap();
    lines[2] = text.replacen('{', r#"{"payload":"","#, 1).into_bytes();
    assert_eq!(scene.code(&lines), "file-unreadable", "a field twice");
    let values: Vec<Value> = json_of(&scene).as_object().unwrap().values().cloned().collect();
    lines[2] = Value::from(values).to_string().into_bytes();
    assert_eq!(scene.code(&lines), "file-unreadable", "an array for the envelope");
}
