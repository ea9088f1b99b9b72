//! Tidy checks: the pages name what exists, every error code has a row, every module says what it is for.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const CRATES: &[&str] = &["protocol", "issuer", "verifier", "vendor", "portal-wasm", "xtask", "tests"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn read(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(path.as_ref()).unwrap_or_else(|error| panic!("{}: {error}", path.as_ref().display()))
}

fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() && name != "target" && name != "node_modules" {
            files(&path, ending, found);
        } else if path.extension().is_some_and(|extension| extension == ending) {
            found.push(path);
        }
    }
}

fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    CRATES.iter().for_each(|krate| files(&root().join(krate), "rs", &mut found));
    assert!(found.len() > 40, "the sources were not found");
    found
}

/// The body of every `fn …code(&self)` of a source, up to the closing brace of its own indentation.
fn code_bodies(source: &str) -> Vec<String> {
    let mut bodies = Vec::new();
    let mut lines = source.lines();
    while let Some(line) = lines.next() {
        if line.contains("code(&self) -> &'static str {") {
            let close = format!("{}}}", &line[..line.len() - line.trim_start().len()]);
            bodies.push(lines.by_ref().take_while(|line| *line != close).collect::<Vec<_>>().join("\n"));
        }
    }
    bodies
}

fn codes_in_sources() -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    for path in sources().iter().filter(|path| path.components().any(|part| part.as_os_str() == "src")) {
        for body in code_bodies(&read(path)) {
            let literals = body.split('"').skip(1).step_by(2).map(str::to_owned);
            codes.extend(literals.filter(|code| {
                !code.is_empty() && code.bytes().all(|c| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'-'))
            }));
        }
    }
    // The programs' own failures carry theirs in a field.
    for path in sources().iter().filter(|path| path.components().any(|part| part.as_os_str() == "src")) {
        let text = read(path);
        let fields = text.split("code: \"").skip(1).filter_map(|rest| rest.split_once('"'));
        codes.extend(fields.map(|(code, _)| code.to_owned()));
    }
    assert!(codes.len() > 40, "the codes were not found");
    codes
}

#[test]
fn every_error_code_has_a_row_and_every_row_a_code() {
    let page = read(root().join("docs/errors.md"));
    let rows =
        page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`')).map(|(code, _)| code.to_owned());
    let rows: Vec<String> = rows.collect();
    let listed: BTreeSet<String> = rows.iter().cloned().collect();
    assert_eq!(rows.len(), listed.len(), "docs/errors.md lists a code twice");
    let codes = codes_in_sources();
    assert_eq!(codes.difference(&listed).collect::<Vec<_>>(), [""; 0], "codes without a row in docs/errors.md");
    assert_eq!(listed.difference(&codes).collect::<Vec<_>>(), [""; 0], "rows in docs/errors.md without a code");
}

#[test]
fn pages_name_files_that_exist() {
    let mut pages = vec![root().join("README.md"), root().join("CONTRIBUTING.md")];
    files(&root().join("docs"), "md", &mut pages);
    for page in pages {
        let text = read(&page);
        let code = text.split('`').skip(1).step_by(2).filter(|part| {
            let mut parts = part.split('/');
            let first = parts.next().unwrap_or_default();
            parts.next().is_some()
                && (CRATES.contains(&first) || ["docs", "static"].contains(&first))
                && !part.contains(' ')
        });
        let folder = page.parent().unwrap();
        let links = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
        let links = links
            .filter(|target| !target.contains("://") && !target.starts_with('#') && !target.starts_with("mailto:"));
        let missing: Vec<_> = code
            .map(|part| root().join(part))
            .chain(links.map(|target| folder.join(target.split('#').next().unwrap())))
            .filter(|path| !path.exists())
            .collect();
        assert!(missing.is_empty(), "{} names what does not exist: {missing:?}", page.display());
    }
}

#[test]
fn every_module_says_what_it_is_for() {
    let silent: Vec<_> = sources().into_iter().filter(|path| !read(path).starts_with("//! ")).collect();
    assert!(silent.is_empty(), "no first line that says what they are for: {silent:?}");
}

#[test]
fn nothing_is_left_for_later_and_no_machine_is_named() {
    let unfinished = ["TO", "DO"].concat();
    let unsure = ["FIX", "ME"].concat();
    let home = ["/ro", "ot/"].concat();
    for path in sources() {
        let text = read(&path);
        for word in [&unfinished, &unsure, &home] {
            assert!(!text.contains(word.as_str()), "{} contains {word}", path.display());
        }
    }
}
