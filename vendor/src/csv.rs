//! Tables in text (RFC 4180) as spreadsheets read and write them: lists of licenses in, credentials out.

use std::fmt::Write as _;

use zeroize::Zeroizing;

/// A row: its line in the file, counted from 1, and its fields.
pub(crate) type Row = (usize, Vec<String>);

/// Reads rows; a field in quotes may hold commas and doubled quotes, but no line break.
///
/// # Errors
/// The line whose quotes do not close, or that goes on after them.
pub(crate) fn read(text: &str) -> Result<Vec<Row>, usize> {
    let lines = text.trim_start_matches('\u{feff}').lines().enumerate();
    let rows = lines.filter(|(_, line)| !line.trim().is_empty());
    rows.map(|(index, line)| fields(line).map(|fields| (index + 1, fields)).ok_or(index + 1)).collect()
}

fn fields(line: &str) -> Option<Vec<String>> {
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        let (field, after) = match rest.trim_start().strip_prefix('"') {
            None => {
                rest.find(',').map_or((rest.trim().to_owned(), ""), |at| (rest[..at].trim().to_owned(), &rest[at..]))
            }
            Some(quoted) => {
                let end = closing(quoted)?;
                (quoted.get(..end)?.replace("\"\"", "\""), quoted.get(end + 1..)?.trim())
            }
        };
        fields.push(field);
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None => return after.is_empty().then_some(fields),
        }
    }
}

/// Where the quotes close: the first quote that is not doubled.
fn closing(quoted: &str) -> Option<usize> {
    let bytes = quoted.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match (byte, bytes.get(at + 1)) {
            (b'"', Some(b'"')) => at += 2,
            (b'"', _) => return Some(at),
            _ => at += 1,
        }
    }
    None
}

/// Adds one row.
pub(crate) fn write(out: &mut Zeroizing<String>, fields: &[&str]) {
    for (index, field) in fields.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let written = if field.contains(['"', ',', ' ']) {
            write!(out, "{comma}\"{}\"", field.replace('"', "\"\""))
        } else {
            write!(out, "{comma}{field}")
        };
        // A string takes everything.
        let _ = written;
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let mut text = Zeroizing::new(String::new());
        let fields = ["a-1", "Ada \"the first\", Lovelace", "", "ed25519:00"];
        write(&mut text, &fields);
        assert_eq!(read(&text), Ok(vec![(1, fields.map(str::to_owned).to_vec())]));
    }

    #[test]
    fn spreadsheets_add_a_mark_blanks_and_empty_lines() {
        let rows = read("\u{feff}id,user\r\n\r\n a , \"b\" \r\n").unwrap();
        assert_eq!(rows, [(1, vec!["id".into(), "user".into()]), (3, vec!["a".into(), "b".into()])]);
    }

    #[test]
    fn quotes_that_do_not_close_name_their_line() {
        assert_eq!(read("a,b\n\"c,d"), Err(2));
        assert_eq!(read("\"a\"b,c"), Err(1));
    }
}
