//! Compiling C and C++ against the library that cargo built for these tests.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{LazyLock, Mutex};

/// Watches every access of the C side, and of what the library copies for it.
pub(crate) const ASAN: &str = "-fsanitize=address,undefined";

/// `include/` and `lib/`, as a release has them.
static PREFIX: LazyLock<PathBuf> = LazyLock::new(|| {
    let prefix = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("prefix");
    let built = std::env::current_exe().unwrap().parent().unwrap().to_owned();
    std::fs::create_dir_all(prefix.join("lib")).unwrap();
    for ending in ["so", "a"] {
        std::fs::copy(built.join(format!("libpostern_capi.{ending}")), library(&prefix, ending)).unwrap();
    }
    std::fs::create_dir_all(prefix.join("include")).unwrap();
    std::fs::copy(crate_file("include/postern.h"), prefix.join("include/postern.h")).unwrap();
    prefix
});

static COMPILED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn library(prefix: &Path, ending: &str) -> PathBuf {
    prefix.join("lib").join(format!("libpostern.{ending}"))
}

pub(crate) fn shared_library() -> PathBuf {
    library(&PREFIX, "so")
}

/// A file of this crate.
pub(crate) fn crate_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Which library a program is linked with.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Linked {
    Shared,
    Static,
}

/// Compiles a source of this crate with every warning an error; the program's path.
pub(crate) fn compile(source: &str, linked: Linked) -> PathBuf {
    let (compiler, standard) = if source.ends_with(".cpp") { ("c++", "-std=c++17") } else { ("cc", "-std=c11") };
    let lib = PREFIX.join("lib");
    let name = source.replace(['/', '.'], "-");
    let program = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{linked:?}"));
    // Other tests run it already: a program that runs cannot be written.
    let mut compiled = COMPILED.lock().unwrap();
    if !compiled.insert(program.clone()) {
        return program;
    }
    let mut command = Command::new(compiler);
    command
        .args([standard, "-D_POSIX_C_SOURCE=200809L", "-g", "-Wall", "-Wextra", "-Wpedantic", "-Werror", ASAN])
        .arg("-I")
        .arg(PREFIX.join("include"))
        .arg(crate_file(source))
        .arg("-o")
        .arg(&program);
    match linked {
        Linked::Shared => command.arg("-L").arg(&lib).arg("-lpostern").arg(format!("-Wl,-rpath,{}", lib.display())),
        Linked::Static => command.arg(library(&PREFIX, "a")).args(["-lpthread", "-ldl", "-lm"]),
    };
    let output = command.output().unwrap_or_else(|error| panic!("{compiler} is needed: {error}"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    program
}
