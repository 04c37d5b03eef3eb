//! What a letter is made of, and how it becomes plain text and HTML.
//!
//! Not here: what it says (`compose.rs`).
//!
//! Invariant: a foreign name is one line, bounded, without control characters, and cannot turn the text around it.
//! Invariant: the HTML holds no image or script, and an address only where a [`Block::Link`] has one; every text in it is
//! escaped.

use std::fmt::Write;

use crate::present::table::columns;

/// A part of a letter. In its texts, foreign names went through [`name`], and `backticks` mark what can be typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// The first sentence.
    Opening(String),
    /// A heading.
    Heading(String),
    /// Some sentences.
    Paragraph(String),
    /// A list.
    Items(Vec<String>),
    /// One command to type.
    Command(String),
    /// Words that lead to an address.
    Link {
        /// The words.
        words: String,
        /// The address.
        url: String,
    },
    /// Figures below a header.
    Table(Vec<[String; 3]>),
}

/// The longest foreign name, in characters.
const NAME_CHARS_MAX: usize = 200;

/// The width of the plain text, in characters: what a mail program shows without breaking lines itself.
const WIDTH: usize = 76;

/// Begins a stretch whose direction is its own (Unicode TR 9, first strong isolate).
const ISOLATE: char = '\u{2068}';

/// Ends that stretch.
const ISOLATE_END: char = '\u{2069}';

/// Makes a foreign text fit for a letter: one line, bounded, and with a direction of its own.
pub(super) fn name(text: &str) -> String {
    let mut clean = one_line(text);
    if let Some((end, _)) = clean.char_indices().nth(NAME_CHARS_MAX) {
        clean.truncate(end);
        clean.push('…');
    }
    format!("{ISOLATE}{}{ISOLATE_END}", clean.replace('`', "'"))
}

/// A text without line breaks and without characters that are not seen but change how the rest is shown.
pub(super) fn one_line(text: &str) -> String {
    let spaced: String =
        text.chars().filter(|c| !turns_text(*c)).map(|c| if is_break(c) { ' ' } else { c }).collect();
    spaced.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn is_break(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Marks, embeddings, overrides and isolates of text direction, and the byte order mark.
fn turns_text(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Hebrew, Arabic and their neighbours.
fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

/// A line of plain text. Isolates stay where they are needed, so that everything else can be copied as it stands.
pub(super) fn plain(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(ISOLATE) {
        let (inside, behind) = after.split_once(ISOLATE_END).unwrap_or((after, ""));
        line.push_str(before);
        if inside.chars().any(is_right_to_left) {
            line.extend([ISOLATE].into_iter().chain(inside.chars()).chain([ISOLATE_END]));
        } else {
            line.push_str(inside);
        }
        rest = behind;
    }
    line.push_str(rest);
    line
}

/// The letter as plain text.
pub(super) fn as_text(blocks: &[Block]) -> String {
    let mut text = String::new();
    for (place, block) in blocks.iter().enumerate() {
        if place > 0 {
            text.push('\n');
        }
        match block {
            Block::Opening(sentence) | Block::Paragraph(sentence) => {
                wrap(&mut text, &plain(sentence), "", "")
            }
            Block::Heading(heading) => {
                let heading = plain(heading);
                wrap(&mut text, &heading, "", "");
                let _ = writeln!(text, "{}", "-".repeat(heading.chars().count().min(WIDTH)));
            }
            Block::Items(items) => items.iter().for_each(|item| wrap(&mut text, &plain(item), "- ", "  ")),
            Block::Command(command) => {
                let _ = writeln!(text, "    {}", plain(command));
            }
            // On a line of its own, so that mail programs see where it ends.
            Block::Link { words, url } => {
                let _ = writeln!(text, "{}:\n{url}", plain(words));
            }
            Block::Table(rows) => {
                let rows = rows.iter().map(|row| row.iter().map(|cell| plain(cell)).collect());
                let header = ["", "this run", "usual"];
                text.push_str(&columns(&header, rows.collect()));
            }
        }
    }
    text
}

/// Adds a text in lines of at most [`WIDTH`] characters; a longer word gets a line of its own.
fn wrap(text: &mut String, words: &str, first: &str, next: &str) {
    let mut line = first.to_owned();
    let mut is_empty = true;
    for word in words.split(' ') {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(text, "{line}");
            line = next.to_owned();
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    let _ = writeln!(text, "{line}");
}

/// Colours are left to the reader's program, so that the letter is readable in the dark as well; the one line of
/// colour is seen on both.
const HEADING_STYLE: &str =
    "font-size:1.1em;margin:1.6em 0 .4em;padding-left:.6em;border-left:.3em solid #c2571a";
const COMMAND_STYLE: &str = "font-family:monospace;margin:.4em 0;padding:.5em .8em;border:1px solid #888;border-radius:4px;white-space:pre-wrap;overflow-wrap:anywhere";
const CELL_STYLE: &str = "text-align:right;padding:.1em 1em .1em 0";

/// The letter as HTML, in English.
pub(super) fn as_html(title: &str, blocks: &[Block]) -> String {
    as_html_in("en", title, blocks)
}

/// The letter as HTML in a language, by its code.
pub(super) fn as_html_in(language: &str, title: &str, blocks: &[Block]) -> String {
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"{language}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"color-scheme\" content=\"light dark\">\
         <title>{}</title></head>\n\
         <body style=\"font-family:sans-serif;line-height:1.5;max-width:44em;margin:1em auto;padding:0 1em\">\n",
        escape(title)
    );
    for block in blocks {
        let _ = match block {
            Block::Opening(sentence) => {
                writeln!(html, "<p style=\"font-size:1.15em\"><strong>{}</strong></p>", inline(sentence))
            }
            Block::Heading(heading) => {
                writeln!(html, "<h2 style=\"{HEADING_STYLE}\">{}</h2>", inline(heading))
            }
            Block::Paragraph(sentence) => {
                writeln!(html, "<p style=\"margin:.4em 0\">{}</p>", inline(sentence))
            }
            Block::Items(items) => {
                let items: String = items.iter().map(|item| format!("<li>{}</li>\n", inline(item))).collect();
                writeln!(html, "<ul style=\"margin:.4em 0;padding-left:1.4em\">\n{items}</ul>")
            }
            Block::Command(command) => {
                writeln!(html, "<pre style=\"{COMMAND_STYLE}\">{}</pre>", escape(&plain(command)))
            }
            Block::Link { words, url } => {
                let (words, url) = (inline(words), escape(url));
                writeln!(html, "<p style=\"margin:.4em 0\"><a href=\"{url}\">{words}</a></p>")
            }
            Block::Table(rows) => writeln!(html, "{}", table(rows)),
        };
    }
    html.push_str("</body></html>\n");
    html
}

fn table(rows: &[[String; 3]]) -> String {
    let mut html = String::from("<table style=\"border-collapse:collapse\">\n<tr><td></td>");
    for title in ["this run", "usual"] {
        let _ = write!(html, "<th scope=\"col\" style=\"{CELL_STYLE}\">{title}</th>");
    }
    html.push_str("</tr>\n");
    for [what, now, usual] in rows {
        let _ = write!(
            html,
            "<tr><th scope=\"row\" style=\"text-align:left;font-weight:normal;padding:.1em 1em .1em 0\">{}</th>",
            inline(what)
        );
        for figure in [now, usual] {
            let _ = write!(html, "<td style=\"{CELL_STYLE}\">{}</td>", inline(figure));
        }
        html.push_str("</tr>\n");
    }
    html + "</table>"
}

/// Escapes a text, isolates the names in it, and sets what stands in backticks as code.
fn inline(text: &str) -> String {
    let escaped = escape(text).replace(ISOLATE, "<bdi>").replace(ISOLATE_END, "</bdi>");
    let parts: Vec<&str> = escaped.split('`').collect();
    if parts.len().is_multiple_of(2) {
        // A backtick without its partner is a backtick.
        return escaped;
    }
    let mut html = String::with_capacity(escaped.len());
    for (place, part) in parts.iter().enumerate() {
        if place % 2 == 1 {
            let _ = write!(html, "<code>{part}</code>");
        } else {
            html.push_str(part);
        }
    }
    html
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_that_cannot_turn_its_neighbours() {
        let check = |text: &str, expected: &str| assert_eq!(plain(&name(text)), expected);
        check("TUT5", "TUT5");
        check("TUT5\r\nBcc: everybody@example.ac.uk", "TUT5 Bcc: everybody@example.ac.uk");
        check("exe\u{202e}cod.piz\u{2068}", "execod.piz");
        check("a\u{2028}b\tc\u{0}d", "a b c d");
        check("`rm`", "'rm'");
        check("קבוצה 1", "\u{2068}קבוצה 1\u{2069}");
    }

    #[test]
    fn a_very_long_name_is_cut() {
        assert_eq!(plain(&name(&"Ω".repeat(9_999))).chars().count(), NAME_CHARS_MAX + 1);
    }

    #[test]
    fn html_is_escaped_and_marks_names_and_commands() {
        let check = |text: &str, expected: &str| assert_eq!(inline(text), expected);
        check(&name("<script>\"&"), "<bdi>&lt;script&gt;&quot;&amp;</bdi>");
        check("type `muster status` now", "type <code>muster status</code> now");
        check("one ` alone", "one ` alone");
    }

    #[test]
    fn text_is_wrapped_between_words() {
        let mut text = String::new();
        wrap(&mut text, &"word ".repeat(40), "- ", "  ");
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert!(text.starts_with("- word") && text.lines().nth(1).unwrap().starts_with("  word"), "{text}");
    }
}
