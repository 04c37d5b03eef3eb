//! Which characters XML 1.0 allows, and how text is escaped.
//!
//! Not here: reading or writing (`xml.rs`).

use std::borrow::Cow;

/// The first character that XML 1.0 does not allow in a document (its section 2.2).
pub(crate) fn disallowed(text: &str) -> Option<char> {
    text.chars().find(|character| {
        matches!(character, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
    })
}

/// Escapes text for an element or an attribute, so that a reader gets back every character.
pub(crate) fn escaped(text: &str) -> Cow<'_, str> {
    let special = |character| matches!(character, '<' | '>' | '&' | '"' | '\r' | '\n' | '\t');
    if !text.contains(special) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            // A reader turns these into other white space unless they are references.
            '\r' => out.push_str("&#xD;"),
            '\n' => out.push_str("&#xA;"),
            '\t' => out.push_str("&#x9;"),
            other => out.push(other),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::{disallowed, escaped};

    #[test]
    fn text_is_escaped_only_where_it_must_be() {
        assert_eq!(escaped("Größe 4'"), "Größe 4'");
        assert_eq!(escaped("a<b>&\"]]>\r\n"), "a&lt;b&gt;&amp;&quot;]]&gt;&#xD;&#xA;");
    }

    #[test]
    fn control_characters_are_not_allowed() {
        assert_eq!(disallowed("tab\t, line\n, 𝄞"), None);
        assert_eq!(disallowed("a\u{1}"), Some('\u{1}'));
        assert_eq!(disallowed("a\u{fffe}"), Some('\u{fffe}'));
    }
}
