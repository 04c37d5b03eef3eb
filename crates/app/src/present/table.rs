//! Tables without lines, and words with colour where the terminal shows colour.
//!
//! Not here: any content.

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

/// Renders rows below a header as plain columns; the empty string where there are no rows.
pub(crate) fn columns(header: &[&str], rows: Vec<Vec<String>>) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let header = header.iter().map(|title| title.to_string()).collect();
    let lines: Vec<Vec<String>> = std::iter::once(header).chain(rows).collect();
    let mut widths = vec![0; lines.iter().map(Vec::len).max().unwrap_or_default()];
    for line in &lines {
        for (cell, width) in line.iter().zip(&mut widths) {
            *width = shown_width(cell).max(*width);
        }
    }
    lines.iter().map(|line| rendered(line, &widths)).collect()
}

/// One row: as many lines as its highest cell has.
fn rendered(row: &[String], widths: &[usize]) -> String {
    let height = row.iter().map(|cell| cell.lines().count()).max().unwrap_or_default().max(1);
    let line = |nth: usize| {
        let cells = row.iter().zip(widths).map(|(cell, width)| {
            let part = cell.lines().nth(nth).unwrap_or_default();
            let blanks = width - shown_width(part);
            format!(" {part}{:blanks$}", "")
        });
        // Blanks at the ends of lines would spoil comparisons and pastes.
        format!("{}\n", cells.collect::<Vec<_>>().join(" ").trim_end())
    };
    (0..height).map(line).collect()
}

/// How many columns of a terminal the widest line of a text takes: colours none, wide characters two.
fn shown_width(text: &str) -> usize {
    anstream::adapter::strip_str(text)
        .to_string()
        .lines()
        .map(UnicodeWidthStr::width)
        .max()
        .unwrap_or_default()
}

/// Something that is well.
pub(crate) fn good(text: &str) -> String {
    painted(Style::new().fg_color(Some(AnsiColor::Green.into())), text)
}

/// Something that needs a person.
pub(crate) fn bad(text: &str) -> String {
    painted(Style::new().fg_color(Some(AnsiColor::Red.into())).bold(), text)
}

/// Something that waits.
pub(crate) fn pending(text: &str) -> String {
    painted(Style::new().fg_color(Some(AnsiColor::Yellow.into())), text)
}

/// A heading.
pub(crate) fn strong(text: &str) -> String {
    painted(Style::new().bold(), text)
}

/// Something that is only for the record.
pub(crate) fn faint(text: &str) -> String {
    painted(Style::new().dimmed(), text)
}

/// The codes are taken out again by the stream where the terminal does not want them.
fn painted(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// A text that fits into a line: what is longer loses its middle.
pub(crate) fn short(text: &str) -> String {
    const CHARS_MAX: usize = 70;
    let chars: Vec<char> = text.chars().collect();
    if chars.len() <= CHARS_MAX {
        return text.to_owned();
    }
    let (head, tail) = (&chars[..CHARS_MAX - 21], &chars[chars.len() - 20..]);
    head.iter().chain(&['…']).chain(tail).collect()
}

/// A text of several lines that begins in the middle of one: the others stand below it, so far from the margin.
pub(crate) fn indented(text: &str, blanks: usize) -> String {
    text.replace('\n', &format!("\n{:blanks$}", ""))
}

/// `1 group`, `2 groups`.
pub(crate) fn counted(count: u64, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{} {many}", thousands(count)) }
}

/// `1,234,567`.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(thousands(number), text);
        }
    }

    #[test]
    fn a_long_text_keeps_its_beginning_and_its_end() {
        let text = format!("{}{}", "Ω".repeat(300), "end");
        assert_eq!(short(&text).chars().count(), 70);
        assert!(short(&text).ends_with("end"));
        assert_eq!(short("TUT5"), "TUT5");
    }

    #[test]
    fn columns_are_straight_whatever_colours_and_scripts_stand_in_them() {
        let rows = vec![
            vec![good("done"), "班级".to_owned(), "1".to_owned()],
            vec!["waiting".to_owned(), "A".to_owned(), "2".to_owned()],
        ];
        let table = anstream::adapter::strip_str(&columns(&["status", "name", "count"], rows)).to_string();
        assert_eq!(table, " status   name  count\n done     班级  1\n waiting  A     2\n");
    }

    #[test]
    fn a_table_has_no_blanks_at_the_ends_of_its_lines() {
        let table = columns(&["module", "course"], vec![vec!["ANTH1014".into(), "7".into()]]);
        assert!(table.lines().all(|line| line == line.trim_end()), "{table:?}");
        assert!(table.contains("ANTH1014"));
    }
}
