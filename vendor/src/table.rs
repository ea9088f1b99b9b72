//! Descriptions as text: a title, then labels and values in two columns.

use postern_protocol::describe::{Row, Section};

/// One section with its rows indented below its title. A label that repeats the one above is left out.
pub(crate) fn section(section: &Section) -> String {
    format!("{}\n{}", section.title, rows(&section.rows))
}

fn rows(rows: &[Row]) -> String {
    let width = rows.iter().map(|row| row.label.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    let mut above = "";
    for row in rows {
        let label = if row.label == above { "" } else { row.label.as_ref() };
        text.push_str(&format!("  {label:width$}  {}\n", row.value));
        above = row.label.as_ref();
    }
    text
}
