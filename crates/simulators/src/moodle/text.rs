//! How Moodle dresses stored texts for the eye when the client did not ask for them raw.
//!
//! Not here: the exceptions of answers that never escape names, which the functions decide.
//!
//! Invariant: with `moodlewssettingraw=1` nothing here is called.

/// A name as `format_string` shows it with filters off: tags dropped, `&`, `<`, `>` escaped, an existing
/// entity left alone (facts/moodle-ws.md §6).
pub(super) fn format_name(name: &str) -> String {
    let mut shown = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        match c {
            '<' if !after.starts_with([' ', '\t', '\n', '\r']) && after.contains('>') => {
                rest = after.split_once('>').map_or("", |(_, after)| after);
                continue;
            }
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '&' if !starts_with_entity(after) => shown.push_str("&amp;"),
            other => shown.push(other),
        }
        rest = after;
    }
    shown
}

/// A description as HTML, with the format it then has. Only what the tests of a group sync can meet is
/// converted: plain text is escaped, Markdown knows paragraphs and bold.
pub(super) fn format_description(description: &str, format: i64) -> (String, i64) {
    let html = match format {
        _ if description.is_empty() => String::new(),
        0 | 2 => format_name(description).replace('\n', "<br />\n"),
        4 => markdown(description),
        _ => description.to_owned(),
    };
    (html, 1)
}

fn markdown(text: &str) -> String {
    let mut html = String::from("<p>");
    for (position, part) in text.trim().split("**").enumerate() {
        if position > 0 {
            html.push_str(if position % 2 == 1 { "<strong>" } else { "</strong>" });
        }
        html.push_str(part);
    }
    html.push_str("</p>\n");
    html
}

/// Whether the text after an ampersand completes an entity of up to eight characters.
fn starts_with_entity(after: &str) -> bool {
    let Some((entity, _)) = after.split_once(';') else { return false };
    (1..=8).contains(&entity.len()) && entity.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'#')
}

#[cfg(test)]
mod tests {
    use super::{format_description, format_name};

    #[test]
    fn names_are_escaped_as_measured() {
        for (stored, shown) in [
            ("R&D < 5 \"q\"", "R&amp;D &lt; 5 \"q\""),
            ("A &amp; B", "A &amp; B"),
            (
                "<span lang=\"en\" class=\"multilang\">E</span><span lang=\"fr\" class=\"multilang\">F</span>",
                "EF",
            ),
        ] {
            assert_eq!(format_name(stored), shown);
        }
    }

    #[test]
    fn a_markdown_description_becomes_html() {
        assert_eq!(format_description("**md**", 4), ("<p><strong>md</strong></p>\n".to_owned(), 1));
    }
}
