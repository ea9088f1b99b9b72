//! `cargo xtask size`: what a first visit transfers, raw and compressed, against the budget.

use std::path::Path;

use crate::fail::{During, Fail, Result};
use crate::paths::Paths;
use crate::portal;
use crate::run::command;

/// Design §12 and the issue: HTML + JS + WASM + CSS, brotli, without the worker.
const BUDGET: u64 = 150 * 1024;

/// Prints raw, gzip and brotli bytes of each file named: Node has both compressors.
const MEASURE: &str = "\
const fs = require('fs'), zlib = require('zlib');
for (const file of process.argv.slice(1)) {
  const data = fs.readFileSync(file);
  const brotli = zlib.brotliCompressSync(data, { params: {
    [zlib.constants.BROTLI_PARAM_QUALITY]: 11,
    [zlib.constants.BROTLI_PARAM_SIZE_HINT]: data.length,
  } });
  console.log(data.length, zlib.gzipSync(data, { level: 9 }).length, brotli.length);
}";

#[derive(Clone, Copy, Default)]
struct Sizes {
    raw: u64,
    gzip: u64,
    brotli: u64,
}

/// The task: builds, measures, prints; fails over budget.
pub(crate) fn table(paths: &Paths) -> Result<()> {
    portal::build(paths)?;
    let mut names = transferred(&paths.dist)?;
    names.sort_by_key(|name| (is_worker(name), name.clone()));
    let sizes = measure(paths, &names)?;

    let mut total = Sizes::default();
    println!("\n{:<34} {:>9} {:>9} {:>9}", "file", "raw", "gzip", "brotli");
    for (name, size) in names.iter().zip(&sizes) {
        if is_worker(name) {
            continue;
        }
        row(name, *size);
        total.raw += size.raw;
        total.gzip += size.gzip;
        total.brotli += size.brotli;
    }
    row("initial transfer", total);
    for (name, size) in names.iter().zip(&sizes) {
        if is_worker(name) {
            row(&format!("apart: {name}"), *size);
        }
    }
    println!("\nbudget: {BUDGET} bytes brotli, {}% used", total.brotli * 100 / BUDGET);
    if total.brotli > BUDGET {
        return Err(Fail::new(format!("the initial transfer is {} bytes over its budget", total.brotli - BUDGET)));
    }
    Ok(())
}

fn transferred(dist: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(dist).during("reading dist/")? {
        let name = entry.during("reading dist/")?.file_name().to_string_lossy().into_owned();
        if [".html", ".js", ".wasm", ".css"].iter().any(|ending| name.ends_with(ending)) {
            names.push(name);
        }
    }
    Ok(names)
}

fn is_worker(name: &str) -> bool {
    name.starts_with("worker")
}

fn measure(paths: &Paths, names: &[String]) -> Result<Vec<Sizes>> {
    let output = command(paths, "node")
        .arg("-e")
        .arg(MEASURE)
        .arg("--")
        .args(names)
        .current_dir(&paths.dist)
        .output()
        .during("running node")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let sizes: Vec<_> = text.lines().filter_map(parse).collect();
    if !output.status.success() || sizes.len() != names.len() {
        return Err(Fail::new(format!("node could not measure: {}", String::from_utf8_lossy(&output.stderr))));
    }
    Ok(sizes)
}

fn parse(line: &str) -> Option<Sizes> {
    let mut numbers = line.split(' ').map(str::parse);
    Some(Sizes { raw: numbers.next()?.ok()?, gzip: numbers.next()?.ok()?, brotli: numbers.next()?.ok()? })
}

fn row(name: &str, size: Sizes) {
    println!("{name:<34} {:>9} {:>9} {:>9}", size.raw, size.gzip, size.brotli);
}
