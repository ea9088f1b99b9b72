//! Writes tests/vectors/ anew; with `--check` only says what would change.

use std::process::ExitCode;

use postern_tests::vectors::{files, folder, stored};

fn main() -> ExitCode {
    let check = std::env::args().skip(1).any(|argument| argument == "--check");
    let (made, stored) = (files(), stored());
    let mut differences: Vec<String> = Vec::new();
    for (path, content) in &made {
        if stored.get(path) != Some(content) {
            differences.push(format!("differs: {}", path.display()));
            if !check {
                let path = folder().join(path);
                path.parent().map(std::fs::create_dir_all);
                if let Err(error) = std::fs::write(&path, content) {
                    eprintln!("{}: {error}", path.display());
                    return ExitCode::FAILURE;
                }
            }
        }
    }
    for path in stored.keys().filter(|path| !made.contains_key(*path)) {
        differences.push(format!("nobody makes: {}", path.display()));
        if !check {
            let _ = std::fs::remove_file(folder().join(path));
        }
    }
    differences.iter().for_each(|difference| println!("{difference}"));
    println!("{} files, {} differences", made.len(), differences.len());
    if check && !differences.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
