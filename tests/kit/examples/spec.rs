//! Writes the field tables and examples of `docs/spec.md` anew.

fn main() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/spec.md");
    let page = std::fs::read_to_string(path).unwrap();
    std::fs::write(path, postern_testkit::spec::render(&page)).unwrap();
    println!("docs/spec.md is current.");
}
