//! A floor for the benches: a process that only opens the database of a state directory and reads one row.

use std::error::Error;

use rusqlite::{Connection, OpenFlags};

fn main() -> Result<(), Box<dyn Error>> {
    let directory = std::env::var("POSTERN_STATE")?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(std::path::Path::new(&directory).join("state.db"), flags)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    let records: i64 = connection.query_row("SELECT max(sequence) FROM usage", [], |row| row.get(0))?;
    if records > 0 { Ok(()) } else { Err("the usage chain is empty".into()) }
}
