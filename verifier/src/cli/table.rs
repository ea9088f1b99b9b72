//! Plain-text tables and a little colour.

/// Columns of a terminal.
pub(super) const COLUMNS: usize = 80;

/// Whether to paint.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    pub(super) colour: bool,
}

impl Style {
    fn paint(self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    pub(super) fn title(self, text: &str) -> String {
        self.paint("1", text)
    }

    pub(super) fn good(self, text: &str) -> String {
        self.paint("32", text)
    }

    pub(super) fn care(self, text: &str) -> String {
        self.paint("33", text)
    }

    pub(super) fn bad(self, text: &str) -> String {
        self.paint("31", text)
    }

    pub(super) fn faint(self, text: &str) -> String {
        self.paint("2", text)
    }
}

/// How a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

/// Rows of cells under a head, two spaces apart, indented by two.
pub(super) fn table(style: Style, columns: &[(&str, Align)], rows: &[Vec<String>]) -> String {
    let width = |column: usize, head: &str| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0)
            .max(head.len())
    };
    let widths: Vec<usize> = columns.iter().enumerate().map(|(column, (head, _))| width(column, head)).collect();
    let line = |cells: &[String]| {
        let padded = cells.iter().zip(columns).zip(&widths).map(|((cell, (_, align)), width)| match align {
            Align::Left => format!("{cell:<width$}"),
            Align::Right => format!("{cell:>width$}"),
        });
        format!("  {}", padded.collect::<Vec<_>>().join("  ").trim_end())
    };
    let head: Vec<String> = columns.iter().map(|(head, _)| (*head).to_owned()).collect();
    let head = style.faint(&line(&head));
    std::iter::once(head).chain(rows.iter().map(|row| line(row))).map(|line| line + "\n").collect()
}

/// Labels and values, one a line, the values below one another.
pub(super) fn pairs(rows: &[(&str, String)]) -> String {
    let width = rows.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
    rows.iter().map(|(label, value)| format!("  {label:<width$}  {value}\n")).collect()
}

/// Lines of at most so many characters, broken at spaces, or inside what is longer than a line.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let mut word: Vec<char> = word.chars().collect();
        let taken = lines.last().map_or(0, |line| line.chars().count());
        if taken > 0 && taken + 1 + word.len() > width {
            lines.push(String::new());
        } else if taken > 0 {
            lines.iter_mut().last().into_iter().for_each(|line| line.push(' '));
        }
        while word.len() > width.max(1) {
            let rest = word.split_off(width.max(1));
            lines.iter_mut().last().into_iter().for_each(|line| line.extend(&word));
            lines.push(String::new());
            word = rest;
        }
        lines.iter_mut().last().into_iter().for_each(|line| line.extend(&word));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_lines_end_without_spaces() {
        let rows =
            vec![vec!["bot-creator".into(), "5".into(), String::new()], vec!["x".into(), "12".into(), "é, b".into()]];
        let columns = [("Type", Align::Left), ("Total", Align::Right), ("Held by", Align::Left)];
        let expected = "  Type         Total  Held by\n  bot-creator      5\n  x               12  é, b\n";
        assert_eq!(table(Style { colour: false }, &columns, &rows), expected);
    }

    #[test]
    fn lines_are_broken_at_spaces_or_where_they_must() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("a abcdefghij b", 4), ["a", "abcd", "efgh", "ij b"]);
        assert_eq!(wrap("", 4), [""]);
        assert_eq!(wrap("äöü ß", 5), ["äöü ß"]);
    }
}
