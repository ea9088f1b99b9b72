//! Writes `include/postern.h` from the crate.

#![allow(clippy::unwrap_used)]

const FOLDER: &str = env!("CARGO_MANIFEST_DIR");

fn main() {
    std::fs::write(path(), header()).unwrap();
    println!("include/postern.h is current.");
}

fn path() -> String {
    format!("{FOLDER}/include/postern.h")
}

fn header() -> String {
    let mut text = Vec::new();
    cbindgen::generate(FOLDER).unwrap().write(&mut text);
    String::from_utf8(text).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_is_current() {
        let current = std::fs::read_to_string(path()).unwrap() == header();
        assert!(current, "include/postern.h is behind the code: run `cargo xtask header`");
    }
}
