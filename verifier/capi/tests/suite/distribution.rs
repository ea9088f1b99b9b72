//! What `cargo xtask dist` makes, tried as a vendor and their customers would. Building it takes minutes, so these run
//! only when asked for: `cargo xtask test` does.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use postern_protocol::File;
use postern_testkit::World;

use crate::compile::{ASAN, crate_file};
use crate::desk::Desk;

/// The release, for this vendor and under this name.
static DIST: LazyLock<PathBuf> = LazyLock::new(|| {
    let desk = Desk::new();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["xtask", "dist", "--name", NAME, "--trust"]).arg(desk.path("root.trust"));
    said(command.current_dir(root()));
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("dist")
});

const NAME: &str = "acme-license";

fn root() -> PathBuf {
    crate_file("../..").canonicalize().unwrap()
}

fn program() -> PathBuf {
    DIST.join("bin").join(NAME)
}

/// What a command prints that succeeds.
fn said(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The code that a command of the program is refused with.
fn code(output: &Output) -> String {
    let error: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    error["error"]["code"].as_str().unwrap().to_owned()
}

/// The names in the last column of what `nm` prints.
fn names(arguments: &[&str], library: &str) -> BTreeSet<String> {
    let text = said(Command::new("nm").args(arguments).arg("--defined-only").arg(DIST.join("lib").join(library)));
    text.lines().filter_map(|line| line.split(' ').nth(2)).map(str::to_owned).collect()
}

#[test]
#[ignore = "builds a release: `cargo xtask test` runs it"]
fn both_libraries_export_what_the_header_declares_and_nothing_else() {
    let header = std::fs::read_to_string(DIST.join("include/postern.h")).unwrap();
    let words = header.lines().filter(|line| !line.trim_start().starts_with("//"));
    let words = words.flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'));
    let declared: BTreeSet<String> = words.filter(|word| word.starts_with("postern_")).map(str::to_owned).collect();
    assert!(declared.len() > 20, "{declared:?}");
    assert_eq!(names(&["-g"], "libpostern.a"), declared);
    assert_eq!(names(&["-D"], "libpostern.so"), declared);
}

#[test]
#[ignore = "builds a release: `cargo xtask test` runs it"]
fn an_application_may_bring_its_own_sqlite() {
    let desk = Desk::new();
    let compile = |sources: &[&str], program: &str| {
        let sources = sources.iter().map(|source| crate_file(source));
        let mut command = Command::new("cc");
        command.args(["-std=c11", "-D_POSIX_C_SOURCE=200809L", ASAN, "-I"]).arg(DIST.join("include")).args(sources);
        command.arg(DIST.join("lib/libpostern.a")).args(["-lpthread", "-ldl", "-lm", "-o"]);
        said(command.arg(desk.path(program)));
        desk.path(program)
    };
    let app = compile(&["examples/app.c"], "app");
    let misuse = compile(&["tests/misuse.c", "tests/another_sqlite.c"], "misuse");
    desk.license(&app);
    assert_eq!(desk.ok(&misuse, &[]), "done\n");
}

#[test]
#[ignore = "builds a release: `cargo xtask test` runs it"]
fn the_program_runs_where_nothing_else_is() {
    let desk = Desk::new();
    let segments = said(Command::new("readelf").args(["--program-headers", "--wide"]).arg(program()));
    assert!(segments.contains("LOAD") && !segments.contains("INTERP"), "{segments}");

    std::fs::copy(program(), desk.path(NAME)).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new("chroot");
        command
            .arg(desk.directory.path())
            .arg(format!("/{NAME}"))
            .args(arguments)
            .args(["--state", "/state", "--json"]);
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").output().unwrap()
    };
    let json = |arguments: &[&str]| -> serde_json::Value {
        let output = run(arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let first = run(&["trust", "root.trust"]);
    if String::from_utf8_lossy(&first.stderr).contains("Operation not permitted") {
        eprintln!("skipped: chroot is not permitted here");
        return;
    }
    assert_eq!(code(&run(&["request"])), "not-enrolled");
    json(&["enroll", "cr-1.token"]);
    json(&["request", "-o", "request.lfr"]);
    desk.answer("license.olf", |_| {});
    assert_eq!(json(&["verify", "license.olf", "--trust", "root.trust"])["genuine"], true);
    json(&["install", "license.olf"]);
    let status = json(&["status"]);
    assert_eq!((&status["health"], &status["license"]["state"]), (&"ok".into(), &"active".into()));
}

#[test]
#[ignore = "builds a release: `cargo xtask test` runs it"]
fn the_program_trusts_the_vendor_whose_root_it_carries_and_nobody_else() {
    let desk = Desk::new();
    let mut other = World::new();
    other.trust.vendor = postern_testkit::id("somebody-else");
    let trust = File { trust: vec![other.trust_envelope()], ..File::default() }.to_bytes();
    desk.write("other.trust", &trust);
    postern_verifier::pin(&desk.path("other"), &trust, None, crate::desk::now()).unwrap();
    let run = |state: &str, arguments: &[&str]| {
        let mut command = Command::new(program());
        command.args(arguments).args(["--json", "--state", state]).current_dir(desk.directory.path()).output().unwrap()
    };
    assert_eq!(code(&run("new", &["trust", "other.trust"])), "trust-other-root");
    assert_eq!(code(&run("other", &["status"])), "state-other-root");
    assert_eq!(code(&run("other", &["enroll", "cr-1.token"])), "state-other-root");
    assert_eq!(code(&run("new", &["verify", "other.trust", "--trust", "other.trust"])), "trust-other-root");
    let asked = postern_protocol::Digest::of(b"another").to_string();
    assert_eq!(code(&run("new", &["trust", "root.trust", "--expect", &asked])), "trust-other-root");
    assert!(!desk.path("new").exists());
    let pinned: serde_json::Value = serde_json::from_slice(&run("new", &["trust", "root.trust"]).stdout).unwrap();
    assert_eq!(pinned["compared"], true);
}

#[test]
#[ignore = "builds a release: `cargo xtask test` runs it"]
fn pages_and_completions_carry_the_program_s_name() {
    let help = said(Command::new(program()).args(["install", "--help"]));
    assert!(
        help.contains(&format!("Usage: {NAME} install")) && help.contains(&format!("  {NAME} install license.olf"))
    );
    assert!(said(Command::new(program()).arg("--version")).starts_with(NAME));

    let page = |path: String| std::fs::read_to_string(DIST.join("share").join(path)).unwrap();
    for text in [page(format!("man/man1/{NAME}.1")), page(format!("man/man1/{NAME}-install.1"))] {
        assert!(text.contains("install") && !text.contains("postern-verifier"), "{text}");
    }
    assert!(page(format!("fish/vendor_completions.d/{NAME}.fish")).contains("checkout"));
    assert!(page(format!("zsh/site-functions/_{NAME}")).starts_with(&format!("#compdef {NAME}")));
    let bash = DIST.join(format!("share/bash-completion/completions/{NAME}.bash"));
    // As an interactive bash does it: the function that is registered for the name, with the words so far.
    let completed = format!(
        "source {}; function=$(complete -p {NAME} | sed 's/.* -F \\([^ ]*\\).*/\\1/'); COMP_WORDS=({NAME} ins) \
         COMP_CWORD=1; $function {NAME} ins {NAME}; echo ${{COMPREPLY[*]}}",
        bash.display()
    );
    assert_eq!(said(Command::new("bash").args(["-c", &completed])), "install\n");
}

#[test]
#[ignore = "builds a release: `cargo xtask test` runs it"]
fn checksums_hold_and_no_file_names_the_machine_that_built_it() {
    said(Command::new("sha256sum").args(["--check", "--strict", "SHA256SUMS"]).current_dir(&*DIST));
    let here = root().to_str().unwrap().as_bytes().to_vec();
    for file in [program(), DIST.join("lib/libpostern.a"), DIST.join("lib/libpostern.so")] {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(here.len()).any(|part| part == here), "{}", file.display());
    }
}

#[test]
#[ignore = "builds a release: `cargo xtask test` runs it"]
fn the_commands_of_the_page_for_developers_work() {
    let desk = Desk::new();
    for folder in ["include", "lib"] {
        std::os::unix::fs::symlink(DIST.join(folder), desk.path(folder)).unwrap();
    }
    for example in ["app.c", "app.cpp", "app.py"] {
        std::fs::copy(crate_file("examples").join(example), desk.path(example)).unwrap();
    }
    let page = std::fs::read_to_string(root().join("docs/for-developers.md")).unwrap();
    let commands: Vec<_> = crate::page::blocks(&page).into_iter().filter(|(language, _)| language == "sh").collect();
    let commands = commands.iter().flat_map(|(_, text)| text.lines()).filter(|line| !line.starts_with("cargo"));
    let mut ran = 0;
    for line in commands {
        if line.starts_with("python3") {
            desk.license(&desk.path("app"));
        }
        said(Command::new("bash").args(["-c", line]).current_dir(desk.directory.path()));
        ran += 1;
    }
    assert!(ran >= 4, "{ran} commands");
}
