//! The specification's tables and examples are the code's.

#[test]
fn spec_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/spec.md");
    let page = std::fs::read_to_string(path).unwrap();
    let current = page == postern_testkit::spec::render(&page);
    assert!(current, "docs/spec.md is behind the code: run `cargo xtask vectors`");
}

#[test]
fn every_document_type_has_a_table() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/spec.md")).unwrap();
    for kind in postern_protocol::Kind::ALL {
        assert!(page.contains(&format!("<!-- example: {kind} -->")), "no example of a {kind} document");
    }
}
