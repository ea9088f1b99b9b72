//! A file's lines: order, repeats, extras, and what copying and editors do to files.

use postern_protocol::documents::{Grantor, License};
use postern_testkit::{forge, full, sign};

use crate::scene::Scene;

/// A valid file with every part: trust, two grants, two revocation lists, license.
fn whole(scene: &Scene) -> Vec<Vec<u8>> {
    let mut lines = scene.lines();
    let by_root = sign(&full::revocations(Grantor::Root), &[&scene.world.roots[0]]);
    let by_ops = sign(&full::revocations(Grantor::Key(scene.world.ops.subject)), &[&scene.world.ops_key]);
    lines.insert(0, scene.world.trust_envelope().line().to_vec());
    lines.splice(3..3, forge::lines([&by_root, &by_ops]));
    lines
}

#[test]
fn the_whole_file_is_read_with_or_without_its_last_line_feed() {
    let scene = Scene::new();
    let bytes = forge::file(&whole(&scene));
    assert_eq!(scene.code_of_bytes(&bytes), "read");
    assert_eq!(scene.code_of_bytes(&bytes[..bytes.len() - 1]), "read");
}

#[test]
fn each_line_twice_is_a_duplicate() {
    let scene = Scene::new();
    let lines = whole(&scene);
    for index in 0..lines.len() {
        let mut doubled = lines.clone();
        doubled.insert(index, lines[index].clone());
        assert_eq!(scene.code(&doubled), "file-duplicate", "line {index}");
    }
}

/// The same payload in another envelope is the same document.
#[test]
fn a_repeat_in_another_envelope_is_a_duplicate() {
    let scene = Scene::new();
    let mut lines = scene.lines();
    lines.insert(1, forge::edited(&lines[0], |envelope| envelope["note"] = "new".into()));
    assert_eq!(scene.code(&lines), "file-duplicate");
}

#[test]
fn each_swap_of_neighbours_is_refused() {
    let scene = Scene::new();
    let lines = whole(&scene);
    let codes: Vec<_> = (1..lines.len())
        .map(|index| {
            let mut swapped = lines.clone();
            swapped.swap(index - 1, index);
            scene.code(&swapped)
        })
        .collect();
    // Trust after a grant; the account's grant first; revocations before a grant; two lists, which have no order of
    // their own; revocations after the license.
    assert_eq!(codes, ["file-order", "chain-other-root", "file-order", "read", "file-order"]);
}

#[test]
fn trust_documents_that_descend_are_out_of_order() {
    let scene = Scene::new();
    let (_, second) = postern_testkit::rotation::rotated(&scene.world.trust, &[1], &[1], 1);
    let trust = scene.trust.advance(std::slice::from_ref(&second), &postern_protocol::Limits::DEFAULT).unwrap();
    let mut lines = scene.lines();
    lines.splice(0..0, [second.line().to_vec(), scene.world.trust_envelope().line().to_vec()]);
    let scene = Scene { trust, ..scene };
    assert_eq!(scene.code(&lines), "file-order");
    lines.swap(0, 1);
    assert_eq!(scene.code(&lines), "read");
}

#[test]
fn a_second_document_is_extra() {
    let scene = Scene::new();
    let other = License { sequence: 2, ..scene.license() };
    let mut lines = scene.lines();
    lines.push(sign(&other, &[&scene.world.portal_key]).line().to_vec());
    assert_eq!(scene.code(&lines), "file-extra");
    let mut lines = scene.lines();
    lines.push(sign(&scene.world.token("t-1"), &[&scene.world.portal_key]).line().to_vec());
    assert_eq!(scene.code(&lines), "file-extra");
}

#[test]
fn cut_off_after_any_line_is_refused() {
    let scene = Scene::new();
    let lines = whole(&scene);
    let codes: Vec<_> = (0..lines.len()).map(|count| scene.code(&lines[..count])).collect();
    let incomplete = "file-incomplete";
    assert_eq!(codes, ["file-empty", "kind-wrong", incomplete, incomplete, incomplete, incomplete]);
}

#[test]
fn without_any_one_line_the_chain_does_not_hold() {
    let scene = Scene::new();
    let lines = scene.lines();
    let codes: Vec<_> = (0..lines.len())
        .map(|index| {
            let mut without = lines.clone();
            without.remove(index);
            scene.code(&without)
        })
        .collect();
    assert_eq!(codes, ["chain-other-root", "signature-invalid", "file-incomplete"]);
}

#[test]
fn cut_off_at_any_byte_is_refused() {
    let scene = Scene::new();
    let bytes = forge::file(&whole(&scene));
    // The last byte is the line feed, which may be missing.
    for length in 0..bytes.len() - 1 {
        let code = scene.code_of_bytes(&bytes[..length]);
        let expected = ["file-empty", "file-unreadable", "file-incomplete", "kind-wrong"];
        assert!(expected.contains(&code), "{length} bytes: {code}");
    }
}

#[test]
fn what_editors_and_mail_do_is_told_as_rewriting() {
    let scene = Scene::new();
    let good = forge::file(&scene.lines());
    let feed = |position: usize| {
        let at = good.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(position).unwrap().0;
        let mut bytes = good.clone();
        bytes.insert(at, b'\n');
        bytes
    };
    let crlf: Vec<u8> =
        good.iter().flat_map(|byte| if *byte == b'\n' { b"\r\n".to_vec() } else { vec![*byte] }).collect();
    for (about, bytes) in [
        ("byte order mark", [b"\xef\xbb\xbf".as_slice(), &good].concat()),
        ("Windows line ends", crlf),
        ("a lone carriage return at the end", [good.as_slice(), b"\r"].concat()),
        ("blank first line", [b"\n".as_slice(), &good].concat()),
        ("blank line between", feed(0)),
        ("blank last line", [good.as_slice(), b"\n"].concat()),
        ("only a line feed", b"\n".to_vec()),
    ] {
        assert_eq!(scene.code_of_bytes(&bytes), "file-rewritten", "{about}");
    }
    let utf16: Vec<u8> = good.iter().flat_map(|byte| [*byte, 0]).collect();
    for (about, bytes) in [
        ("UTF-16", utf16),
        ("joined lines", good.iter().copied().filter(|byte| *byte != b'\n').collect()),
        ("a comment", [b"# OLF\n".as_slice(), &good].concat()),
        ("a NUL at the end", [good.as_slice(), b"\0"].concat()),
        ("spaces for a line", [good.as_slice(), b"  \n"].concat()),
        ("an array of lines", [b"[".as_slice(), &good, b"]"].concat()),
        ("an HTML page", b"<!doctype html>".to_vec()),
        ("a PEM file", b"-----BEGIN PUBLIC KEY-----".to_vec()),
    ] {
        assert_eq!(scene.code_of_bytes(&bytes), "file-unreadable", "{about}");
    }
    assert_eq!(scene.code_of_bytes(b""), "file-empty");
}
