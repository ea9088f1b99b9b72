//! Imports of many ledgers: killed at any moment they go on without loss or double count; memory does not grow with them.
//!
//! `POSTERN_SOAK` asks for 200 000 entries of 2 000 accounts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::path::Path;
use std::process::{Child, Command, Stdio};

use postern_protocol::File;
use postern_protocol::documents::{Grant, LedgerEntry, Parent, Rights};
use postern_testkit::ledgers::Account;
use postern_testkit::{World, id, key, ops_grant, public, sign};
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

/// Accounts whose ledger comes from two portals, which part halfway.
const FORKED: u64 = 3;

fn soak() -> bool {
    std::env::var_os("POSTERN_SOAK").is_some()
}

/// A folder with the ledgers of so many accounts.
fn inbox(accounts: u64, entries: u64) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let inbox = folder.path().join("inbox");
    std::fs::create_dir(&inbox).unwrap();
    let trust = File { trust: vec![World::new().trust_envelope()], ..File::default() };
    std::fs::write(folder.path().join("trust.trust"), trust.to_bytes()).unwrap();
    for number in 0..accounts {
        let account = Account::new(number);
        let write = |name: &str, file: File| {
            std::fs::write(inbox.join(format!("{}-{name}.ledger", account.id)), file.to_bytes()).unwrap();
        };
        write("one", account.ledger_file(entries, entries, ""));
        if number < FORKED {
            write("two", account.ledger_file(entries, entries / 2, "B. Deputy"));
        }
    }
    folder
}

fn registry(folder: &Path, name: &str) {
    let arguments = ["registry", "init", "--trust", "trust.trust", "--registry", name];
    let made = postern(folder, &arguments).status().unwrap();
    assert!(made.success());
}

fn postern(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_postern"));
    command.args(arguments).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn import(folder: &Path, name: &str) -> Child {
    postern(folder, &["ledger", "import", "inbox", "--registry", name, "--at", "2026-11-22"]).spawn().unwrap()
}

/// Everything that an import leaves behind, but for when and in which order.
fn content(folder: &Path, name: &str) -> Vec<String> {
    let registry = Connection::open_with_flags(folder.join(name), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    // Rows are numbered in the order in which they came: accounts are named instead.
    let queries = [
        "SELECT hex(digest) FROM files",
        "SELECT account || position || hex(entries.digest) || hex(previous) || hex(line)
            FROM entries JOIN (SELECT ledgers.id, accounts.account FROM ledgers, accounts WHERE accounts.id = ledgers.account)
            AS named ON named.id = ledger",
        "SELECT accounts.account || hex(key) || epoch || position FROM ledgers, accounts WHERE accounts.id = ledgers.account",
        "SELECT account || (revision - audited) FROM accounts",
        "SELECT accounts.account || hex(device) || consumption || in_use
            FROM machines, accounts WHERE accounts.id = machines.account",
        "SELECT accounts.account || hex(device) || hex(license) || allocation || proved
            FROM licenses, accounts WHERE accounts.id = licenses.account",
        "SELECT accounts.account || code || message || witnesses
            FROM findings, accounts WHERE accounts.id = findings.account",
    ];
    let mut lines = Vec::new();
    for sql in queries {
        let mut statement = registry.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
        let mut rows: Vec<String> = rows.map(Result::unwrap).collect();
        rows.sort();
        lines.push(format!("{} rows", rows.len()));
        lines.extend(rows);
    }
    lines
}

fn files(registry: &Connection) -> u64 {
    registry.query_row("SELECT count(*) FROM files", [], |row| row.get::<_, i64>(0)).map_or(0, i64::unsigned_abs)
}

#[test]
fn a_killed_import_goes_on() {
    let (accounts, entries, step) = if soak() { (2000, 100, 150) } else { (24, 12, 3) };
    let folder = inbox(accounts, entries);
    let folder = folder.path();
    registry(folder, "whole.registry");
    assert_eq!(import(folder, "whole.registry").wait().unwrap().code(), Some(4), "the forks are found");
    let whole = content(folder, "whole.registry");
    assert!(whole.contains(&format!("{} rows", accounts + FORKED)), "every file");
    let different = accounts * entries + FORKED * (entries - entries / 2);
    assert!(whole.contains(&format!("{different} rows")), "every entry, and those that two share once");

    registry(folder, "killed.registry");
    let watch = Connection::open(folder.join("killed.registry")).unwrap();
    let mut kills = 0;
    loop {
        let mut child = import(folder, "killed.registry");
        let enough = files(&watch) + step;
        let ended = loop {
            match child.try_wait().unwrap() {
                Some(status) => break Some(status),
                None if files(&watch) >= enough => {
                    // SIGKILL: nothing is cleaned up.
                    child.kill().unwrap();
                    child.wait().unwrap();
                    break None;
                }
                None => std::thread::yield_now(),
            }
        };
        if let Some(status) = ended {
            assert_eq!(status.code(), Some(4));
            break;
        }
        kills += 1;
    }
    assert!(kills > 1, "it was too quick to be killed");
    assert_eq!(content(folder, "killed.registry"), whole);
    // Once more changes nothing.
    assert_eq!(import(folder, "killed.registry").wait().unwrap().code(), Some(4));
    assert_eq!(content(folder, "killed.registry"), whole);
}

#[test]
fn memory_does_not_grow_with_the_number_of_ledgers() {
    let (few, many, entries) = if soak() { (200, 2000, 100) } else { (16, 96, 24) };
    let most = |accounts| {
        let folder = inbox(accounts, entries);
        registry(folder.path(), "postern.registry");
        let mut child = import(folder.path(), "postern.registry");
        let mut most = 0;
        while child.try_wait().unwrap().is_none() {
            most = most.max(peak(child.id()).unwrap_or(0));
            std::thread::yield_now();
        }
        most
    };
    let (few, many) = (most(few), most(many));
    // Names of files and accounts are kept, and the database has a cache of bounded size.
    assert!(few > 0 && many < few * 3 / 2 + 4096, "{few} KiB for few, {many} KiB for many");
}

#[test]
fn a_reseller_writes_into_nobody_elses_account() {
    let folder = inbox(1, 4);
    std::fs::remove_file(folder.path().join("inbox/account-0-two.ledger")).unwrap();
    registry(folder.path(), "postern.registry");
    // A reseller names an account of its own as the vendor named one, and lets it have the same portal key.
    let (world, account, reseller) = (World::new(), Account::new(0), key(40));
    let below = Grant {
        id: id("reseller"),
        parent: Parent::Grant(world.ops_envelope().digest()),
        rights: Rights { delegate: 3, ..world.ops.rights },
        ..ops_grant(public(&reseller))
    };
    let below = sign(&below, &[&world.ops_key]);
    let own = sign(&Grant { parent: Parent::Grant(below.digest()), ..account.grant.clone() }, &[&reseller]);
    let begun = LedgerEntry {
        grant: own.digest(),
        by: "the reseller's".into(),
        ..serde_json::from_slice(account.ledger_file(1, 1, "").documents[0].payload()).unwrap()
    };
    let file = File {
        trust: vec![world.trust_envelope()],
        grants: vec![world.ops_envelope(), below, own],
        documents: vec![sign(&begun, &[&account.portal_key])],
        ..File::default()
    };
    std::fs::write(folder.path().join("inbox/reseller.ledger"), file.to_bytes()).unwrap();
    assert_eq!(import(folder.path(), "postern.registry").wait().unwrap().code(), Some(0), "it is no fork of the other");
    let registry = Connection::open(folder.path().join("postern.registry")).unwrap();
    let sql = "SELECT account || length(grantor) || (SELECT count(*) FROM entries WHERE ledger IN
        (SELECT id FROM ledgers WHERE ledgers.account = accounts.id)) FROM accounts ORDER BY grantor";
    let mut statement = registry.prepare(sql).unwrap();
    let rows: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert_eq!(rows, ["account-004", "account-0321"]);
}

/// The most memory that a process has had, in KiB (proc(5)).
fn peak(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}
