//! The page for developers shows what the examples do.

use crate::compile::crate_file;

/// The fenced blocks of a page: language and text.
pub(crate) fn blocks(page: &str) -> Vec<(String, String)> {
    let fenced = page.split("\n```").skip(1).step_by(2);
    fenced.filter_map(|block| block.split_once('\n')).map(|(language, text)| (language.into(), text.into())).collect()
}

#[test]
fn every_snippet_is_part_of_an_example() {
    let page = std::fs::read_to_string(crate_file("../../docs/for-developers.md")).unwrap();
    let bare = |text: &str| text.lines().map(|line| format!("{}\n", line.trim())).collect::<String>();
    let mut seen = 0;
    for (language, text) in blocks(&page) {
        let example = match language.as_str() {
            "rust" => "../examples/app.rs",
            "c" => "examples/app.c",
            "cpp" => "examples/app.cpp",
            "python" => "examples/app.py",
            "sh" => continue,
            other => panic!("no example for a snippet in {other}"),
        };
        let example_text = bare(&std::fs::read_to_string(crate_file(example)).unwrap());
        assert!(example_text.contains(&bare(&text)), "not in {example}:\n{text}");
        seen += 1;
    }
    assert!(seen >= 4, "{seen} snippets");
}
