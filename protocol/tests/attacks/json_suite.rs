//! JSON texts that parsers are known to disagree about, read as an extension's value or as a whole payload.
//!
//! The cases follow what Nicolas Seriot's JSONTestSuite probes, written anew for this dialect: here every text has one
//! answer, also those that the suite leaves to implementations.

use postern_protocol::Kind;
use postern_protocol::documents::Enablement;
use postern_protocol::{Envelope, Explain as _, Limits};
use postern_testkit::{forge, full, key};

use crate::payloads;

fn code(payload: &[u8]) -> &'static str {
    payloads::code::<Enablement>(payload)
}

fn token() -> String {
    serde_json::to_string(&full::enablement()).unwrap()
}

/// The token with these bytes between the quotes of a free text.
fn with_text(text: &[u8]) -> Vec<u8> {
    let token = token();
    let (head, tail) = token.split_once("any text").unwrap();
    [head.as_bytes(), text, tail.as_bytes()].concat()
}

/// The token with these bytes in the place of a free text, quotes and all.
fn with_value(value: &[u8]) -> Vec<u8> {
    let token = token();
    let (head, tail) = token.split_once("\"any text\"").unwrap();
    [head.as_bytes(), value, tail.as_bytes()].concat()
}

#[test]
fn strings() {
    let good: &[&[u8]] = &[
        b"",
        b" ",
        b"/* no comment */ // none",
        br#"\"\\\/"#,
        br"\u0060\u012a\u12AB",
        br"\uD801\udc37",
        br"\ud83d\ude39\ud83d\udc8d",
        br"\uDBFF\uDFFF",
        br"\uFFFF\uFDD0",
        br"\\u0000",
        "é π \u{200b}\u{200f}".as_bytes(),
        "\u{fffe}\u{ffff}\u{10ffff}\u{1bfff}".as_bytes(),
    ];
    for text in good {
        assert_eq!(code(&with_text(text)), "read", "{}", String::from_utf8_lossy(text));
    }
    let bad: &[&[u8]] = &[
        // Readable as JSON, and refused by the specification: what an officer cannot see or is misled by.
        br"\b",
        br"\f",
        br"\n",
        br"\r",
        br"\t",
        br"\u0000",
        br"\u202e",
        "\u{7f}".as_bytes(),
        "\u{80}".as_bytes(),
        "\u{2028}".as_bytes(),
        "\u{2029}".as_bytes(),
        "\u{2066}".as_bytes(),
        "\u{feff}".as_bytes(),
        // Surrogates alone, inverted, or cut short, escaped or in UTF-8.
        br"\ud800",
        br"\uDd1e",
        br"\uD888\u1234",
        br"\uDd1e\uD834",
        br"\uD800\n",
        br"\uD800\uD800\n",
        br"\uDFAA",
        br"\uD800\u",
        br"\uD800\u1",
        br"\uD800\u1x",
        b"\xed\xa0\x80",
        // Invalid UTF-8: cut off, overlong, lone, Latin-1, out of range.
        b"\xe9",
        b"\xff",
        b"\x81",
        b"\xe0\xff",
        b"\xc0\xaf",
        b"\xfc\x83\xbf\xbf\xbf\xbf",
        b"\xfc\x80\x80\x80\x80\x80",
        b"\xf4\xbf\xbf\xbf",
        b"\xe6\x97\xa5\xd1\x88\xfa",
        // Control characters have to be escaped.
        b"\x00",
        b"\x1f",
        b"\n",
        b"\t",
        // Escapes that there are not.
        br"\x00",
        br"\a",
        br"\'",
        br"\u00A",
        br"\u{41}",
        br"\U0041",
        b"\\\xf0\x9f\x8c\x80",
        b"\\\x00",
        br"\u000G",
        br"\u+123",
    ];
    for text in bad {
        assert_eq!(code(&with_text(text)), "payload-malformed", "{}", String::from_utf8_lossy(text));
    }
}

/// Nothing but a string stands where a string is due, and nothing but JSON stands for one.
#[test]
fn values() {
    assert_eq!(code(&with_value(b"\t\r\n \"a\" \t\r\n")), "read");
    let bad: &[&[u8]] = &[
        b"",
        b"\"",
        b"'a'",
        b"a",
        b"\"a\"\"b\"",
        b"\"a\" \"b\"",
        b"\"a\"+\"b\"",
        b"null",
        b"nul",
        b"true",
        b"True",
        b"[\"a\"]",
        b"{\"a\":1}",
        b"1",
        b"-",
        b"\"a\",",
        b"\"a\",,",
        b",\"a\"",
        b"\"a\";",
        b"\"a\"//",
        b"\"a\"/**/",
        b"\"a\"#",
        b"\x0c\"a\"",
        b"\x0b\"a\"",
        b"\xc2\xa0\"a\"",
        b"\xe2\x81\xa0\"a\"",
        b"\xef\xbb\xbf\"a\"",
        b"\\u0022a\\u0022",
        b"\xe2\x80\x9ca\xe2\x80\x9d",
        b"\x00\"a\"",
        b"\"a\"\x00",
        b"<null>",
        b"*",
    ];
    for value in bad {
        assert_eq!(code(&with_value(value)), "payload-malformed", "{}", String::from_utf8_lossy(value));
    }
}

#[test]
fn keys() {
    let token = token();
    let renamed = |name: &str| token.replacen("\"nonce\"", name, 1).replacen("\"product\"", name, 1);
    assert_eq!(code(renamed(r#""\u0070roduct""#).as_bytes()), "read", "an escape is another writing of the same name");
    let bad = [
        r#""Product""#,
        r#""product ""#,
        r#""product\u0000""#,
        "product",
        "'product'",
        r#""""#,
        "1",
        "null",
        r#"["product"]"#,
        r#""\ud800""#,
    ];
    for name in bad {
        assert_eq!(code(renamed(name).as_bytes()), "payload-malformed", "{name}");
    }
    for separator in ["", "=", "::", ",", "\\u003a", " = "] {
        let other = token.replacen("\"product\":", &format!("\"product\"{separator}"), 1);
        assert_eq!(code(other.as_bytes()), "payload-malformed", "{separator}");
    }
}

#[test]
fn structure() {
    let token = token();
    let around = |before: &str, after: &str| [before, &token, after].concat();
    for (before, after) in [(" ", ""), ("\n\t\r ", "\n"), ("", " ")] {
        assert_eq!(code(around(before, after).as_bytes()), "read");
    }
    for (before, after) in [
        ("\u{feff}", ""),
        ("", "\u{feff}"),
        ("", "}"),
        ("", "]"),
        ("", ","),
        ("", "x"),
        ("", "#"),
        ("", "// end"),
        ("", "/* end */"),
        ("", "{}"),
        ("", " 1"),
        ("", "\0"),
        ("", "\u{c}"),
        ("", "\u{2060}"),
        (",", ""),
        ("{", "}"),
        ("[", "]"),
        ("\"", "\""),
        (")]}',\n", ""),
        ("\u{a0}", ""),
    ] {
        assert_eq!(code(around(before, after).as_bytes()), "payload-malformed", "{before}…{after}");
    }
    let open = |inner: &str| token.replacen('{', inner, 1);
    for inner in ["{,", "{\"\":0,", "{{", "{[],", "{:"] {
        assert_eq!(code(open(inner).as_bytes()), "payload-malformed", "{inner}");
    }
    let close = |inner: &str| [token.strip_suffix('}').unwrap(), inner].concat();
    for inner in ["", ",}", ",,}", "]", ",\"x\"}", ",\"x\":}", ",\"x\"", "}}"] {
        assert_eq!(code(close(inner).as_bytes()), "payload-malformed", "{inner}");
    }
    for whole in
        ["", " ", "null", "true", "0", "\"\"", "[]", "{}", "[", "{", "]", "}", "<.>", "nul", "\u{feff}", "é", "[[]]"]
    {
        assert_eq!(code(whole.as_bytes()), "payload-malformed", "{whole}");
    }
    let utf16 = |order: fn(u16) -> [u8; 2]| token.encode_utf16().flat_map(order).collect::<Vec<u8>>();
    assert_eq!(code(&utf16(u16::to_le_bytes)), "payload-malformed");
    assert_eq!(code(&utf16(u16::to_be_bytes)), "payload-malformed");
}

/// Deep nesting ends in a refusal, not in an exhausted stack; also where the envelope's content is ignored.
#[test]
fn nesting() {
    for depth in [200, 100_000] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let deep = [open.repeat(depth), "1".into(), close.repeat(depth)].concat();
            assert_eq!(code(deep.as_bytes()), "payload-malformed");
            assert_eq!(code(&with_value(deep.as_bytes())), "payload-malformed");
            let line = forge::line(Kind::Enablement, token().as_bytes(), &[&key(5)]);
            let line = String::from_utf8(line).unwrap().replacen('{', &format!("{{\"x\":{deep},"), 1);
            // Ignored or refused, by serde_json's own bound on depth; never followed for ever.
            let code = Envelope::parse(line.as_bytes(), &Limits::DEFAULT).map_or_else(|error| error.code(), |_| "read");
            assert!(["read", "file-unreadable"].contains(&code), "{depth}: {code}");
        }
    }
}
