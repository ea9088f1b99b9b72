//! Writes the ledgers of many accounts into a folder, for imports at full size.
//!
//! `cargo run --release -p postern-testkit --example ledgers -- ACCOUNTS ENTRIES FOLDER [FORKED]`: trust.trust beside the
//! folder `inbox` with a ledger of so many entries for each account; of the first FORKED accounts two, which part halfway.

use std::path::Path;

use postern_protocol::File;
use postern_testkit::World;
use postern_testkit::ledgers::Account;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [accounts, entries, folder, more @ ..] = arguments.as_slice() else { panic!("arguments are missing") };
    let number = |text: &String| text.parse::<u64>().unwrap();
    let (accounts, entries, forked) = (number(accounts), number(entries), more.first().map_or(0, number));
    let folder = Path::new(folder);
    std::fs::create_dir_all(folder.join("inbox")).unwrap();
    let trust = File { trust: vec![World::new().trust_envelope()], ..File::default() };
    std::fs::write(folder.join("trust.trust"), trust.to_bytes()).unwrap();
    for one in 0..accounts {
        let account = Account::new(one);
        let write =
            |name: String, file: File| std::fs::write(folder.join("inbox").join(name), file.to_bytes()).unwrap();
        write(format!("{}.ledger", account.id), account.ledger_file(entries, entries, ""));
        if one < forked {
            write(format!("{}-copy.ledger", account.id), account.ledger_file(entries, entries / 2, "B. Deputy"));
        }
    }
}
