//! What a distribution is made of besides programs, for `cargo xtask dist`: kept out of the programs themselves.
//!
//! ```sh
//! distribute anchor TRUST      # prints what POSTERN_TRUST_ANCHOR has to say
//! distribute pages NAME SHARE  # writes man pages and shell completions
//! ```

use std::fs;
use std::path::Path;

use clap_complete::{Shell, generate_to};
use postern_protocol::{Explain, TrustAnchor};
use postern_verifier::{cli, pin};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["anchor", trust] => anchor(Path::new(trust)),
        ["pages", name, share] => pages(name, Path::new(share)),
        _ => Err("usage: distribute anchor TRUST | pages NAME SHARE".into()),
    }
}

/// The first document of a trust file: there a state begins that is pinned without an anchor, too.
fn anchor(trust: &Path) -> Result<(), Failure> {
    let read = pin::read(&fs::read(trust)?, None);
    let trust = read.map_err(|error| format!("{error} {} ({})", error.advice(), error.code()))?;
    let first = trust.first();
    println!("{}", TrustAnchor { product: first.product.clone(), root: first.digest() });
    Ok(())
}

/// Where Debian, Fedora and others look for them below `share/`.
fn pages(name: &str, share: &Path) -> Result<(), Failure> {
    let folder = |path: &str| {
        let folder = share.join(path);
        fs::create_dir_all(&folder).map(|()| folder)
    };
    clap_mangen::generate_to(cli::command(name), folder("man/man1")?)?;
    for (shell, path) in [
        (Shell::Bash, "bash-completion/completions"),
        (Shell::Zsh, "zsh/site-functions"),
        (Shell::Fish, "fish/vendor_completions.d"),
    ] {
        generate_to(shell, &mut cli::command(name), name, folder(path)?)?;
    }
    Ok(())
}
