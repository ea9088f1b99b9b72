//! Damage to a file and its lines, shown on a license file: what every kind of file has in common.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use postern_protocol::{Kind, Prepared};
use postern_testkit::{World, forge, key, public, sign};
use serde_json::{Value, json};

use super::Vector;
use super::scene::{STRANGER, carried, carried_line, license, vector};

pub(super) fn all() -> Vec<Vector> {
    let world = World::new();
    [whole_file(&world), lines(&world), envelopes(&world)].concat()
}

fn case(name: &str, expect: &str, what: &str, file: Vec<u8>) -> Vector {
    vector(Kind::License, &format!("file-{name}"), expect, what, file)
}

fn whole_file(world: &World) -> Vec<Vector> {
    let good = carried(world, &license(world));
    let text = String::from_utf8(good.clone()).unwrap();
    let cut = |bytes: usize| good[..good.len() - bytes].to_vec();
    vec![
        case("empty", "file-empty", "no bytes at all", vec![]),
        case("no-last-line-feed", "ok", "without the last line feed, which nobody needs", cut(1)),
        case("cut", "file-unreadable", "cut off in the last line", cut(100)),
        case("byte-order-mark", "file-rewritten", "a byte order mark before it", [b"\xef\xbb\xbf", &good[..]].concat()),
        case("windows", "file-rewritten", "Windows line ends", text.replace('\n', "\r\n").into()),
        case("blank-line", "file-rewritten", "a blank line in it", text.replacen('\n', "\n\n", 1).into()),
        case("blank-end", "file-rewritten", "a blank line at its end", format!("{text}\n").into()),
        case("space", "file-unreadable", "text before the first line", format!("Dear customer,\n{text}").into()),
        case("not-utf-8", "file-unreadable", "a byte that is no UTF-8", [&good[..20], b"\xff", &good[20..]].concat()),
    ]
}

fn lines(world: &World) -> Vec<Vector> {
    let [ops, account] = [world.ops_envelope(), world.account_envelope()].map(|envelope| envelope.line().to_vec());
    let document = sign(&license(world), &[&world.portal_key]).line().to_vec();
    let trust = world.trust_envelope().line().to_vec();
    let token = sign(&world.token("t-1"), &[&world.portal_key]).line().to_vec();
    let file = |lines: &[&Vec<u8>]| forge::file(&lines.iter().map(|line| (*line).clone()).collect::<Vec<_>>());
    vec![
        case(
            "with-trust",
            "ok",
            "with the trust document that the reader has",
            file(&[&trust, &ops, &account, &document]),
        ),
        case(
            "trust-last",
            "file-order",
            "the trust document behind the grants",
            file(&[&ops, &account, &trust, &document]),
        ),
        case("document-first", "file-order", "the license before the grants", file(&[&document, &ops, &account])),
        case("grants-swapped", "chain-other-root", "the grants in the wrong order", file(&[&account, &ops, &document])),
        case("grant-missing", "chain-other-root", "without the operations grant", file(&[&account, &document])),
        case("grant-twice", "file-duplicate", "a grant twice", file(&[&ops, &account, &account, &document])),
        case("license-twice", "file-duplicate", "the license twice", file(&[&ops, &account, &document, &document])),
        case("extra-document", "file-extra", "a token behind the license", file(&[&ops, &account, &document, &token])),
        case("no-document", "file-incomplete", "cut off behind the grants", file(&[&ops, &account])),
        case("no-grants", "file-incomplete", "the license alone", file(&[&document])),
        case("other-kind", "kind-wrong", "an enablement token where a license is due", file(&[&ops, &account, &token])),
        case("only-trust", "kind-wrong", "a trust file where a license is due", file(&[&trust])),
    ]
}

fn envelopes(world: &World) -> Vec<Vector> {
    let license = license(world);
    let line = sign(&license, &[&world.portal_key]).line().to_vec();
    let edited = |edit: fn(&mut Value)| carried_line(world, forge::edited(&line, edit));
    let prepared = Prepared::new(&license);
    let message = prepared.to_sign();
    let signature = |seed: u8| (public(&key(seed)), key(seed).sign(&message).to_vec());
    let signed = |signatures: Vec<_>| {
        carried_line(world, forge::raw_line(&Kind::License.payload_type(), prepared.payload(), &signatures))
    };
    let mut short = signature(20);
    short.1.truncate(63);
    let not_canonical = (public(&world.portal_key), with_order_added(&signature(20).1));
    vec![
        case(
            "unknown-envelope-field",
            "ok",
            "an envelope field that nobody knows; nothing signed depends on it",
            edited(|envelope| envelope["comment"] = json!("hello")),
        ),
        case(
            "wrong-keyid",
            "ok",
            "a wrong key id, which is only a hint",
            edited(|envelope| envelope["signatures"][0]["keyid"] = json!("sha256:00")),
        ),
        case(
            "no-keyid",
            "ok",
            "no key id",
            edited(|envelope| drop(envelope["signatures"][0].as_object_mut().unwrap().remove("keyid"))),
        ),
        case("url-safe", "ok", "base64 in its URL-safe form", edited(url_safe)),
        case("unpadded", "payload-damaged", "base64 without its padding", edited(unpadded)),
        case(
            "not-base64",
            "payload-damaged",
            "a payload that is no base64",
            edited(|envelope| envelope["payload"] = json!("*")),
        ),
        case(
            "unknown-kind",
            "kind-unknown",
            "a payload type that is none of Postern's",
            edited(|envelope| envelope["payloadType"] = json!("application/vnd.in-toto+json")),
        ),
        case(
            "other-type",
            "kind-wrong",
            "a payload type that the signature does not cover",
            edited(|envelope| envelope["payloadType"] = json!(Kind::Enablement.payload_type())),
        ),
        case(
            "no-payload",
            "file-unreadable",
            "no payload",
            edited(|envelope| drop(envelope.as_object_mut().unwrap().remove("payload"))),
        ),
        case(
            "among-others",
            "ok",
            "the right signature among others",
            signed(vec![signature(STRANGER), signature(20)]),
        ),
        case("17-signatures", "signatures-too-many", "17 signatures", signed(vec![signature(20); 17])),
        case("short-signature", "signature-damaged", "a signature of 63 bytes", signed(vec![short])),
        case(
            "signature-not-canonical",
            "signature-invalid",
            "a signature whose S is not reduced (RFC 8032)",
            signed(vec![not_canonical]),
        ),
    ]
}

fn url_safe(envelope: &mut Value) {
    for text in ["/payload", "/signatures/0/sig"] {
        let text = envelope.pointer_mut(text).unwrap();
        let bytes = STANDARD.decode(text.as_str().unwrap()).unwrap();
        *text = json!(URL_SAFE.encode(bytes));
    }
    let signature = envelope["signatures"][0]["sig"].as_str().unwrap();
    assert!(signature.contains(['-', '_']), "the two forms are the same here");
}

fn unpadded(envelope: &mut Value) {
    let payload = envelope["payload"].as_str().unwrap().trim_end_matches('=').to_owned();
    // Cut until padding would be due.
    let length = payload.len() - usize::from(payload.len().is_multiple_of(4)) * 2;
    envelope["payload"] = json!(payload[..length]);
}

/// A signature with the group's order added to S: it satisfies the equation, and strict readers refuse it.
fn with_order_added(signature: &[u8]) -> Vec<u8> {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut bytes = signature.to_vec();
    let mut carry = 0;
    for (byte, add) in bytes[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = (sum & 0xff) as u8;
        carry = sum >> 8;
    }
    assert_eq!(carry, 0);
    bytes
}
