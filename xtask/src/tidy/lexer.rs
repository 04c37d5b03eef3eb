//! Takes Rust text apart into code and literals, as far as the rules need it.
//!
//! Not a parser: it knows comments, strings and characters, so that a rule about code is not fooled by a word in
//! a comment, and a rule about strings does not look at code.
//!
//! Invariant: the code has as many lines as the text.

/// The parts of a Rust file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Source {
    /// The text without comments and without what is between quotes.
    pub(crate) code: String,
    /// What was between the quotes of each string.
    pub(crate) literals: Vec<Literal>,
}

/// One string of a Rust file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Literal {
    /// The line it begins on, counted from 1.
    pub(crate) line: usize,
    /// Its text as written, escapes included.
    pub(crate) text: String,
}

impl Source {
    /// The numbers of the lines whose code contains a phrase, counted from 1.
    pub(crate) fn lines_with(&self, phrase: &str) -> Vec<usize> {
        let lines = self.code.lines().enumerate();
        lines.filter(|(_, line)| line.contains(phrase)).map(|(index, _)| index + 1).collect()
    }
}

/// Takes a file apart; text that is not Rust gives something harmless.
pub(crate) fn read(text: &str) -> Source {
    let mut source = Source::default();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment_length(rest)
        } else if let Some(quotes) = Quotes::at(rest) {
            let inside = &rest[quotes.opening_length..];
            let length = quotes.inside_length(inside);
            let line = source.code.matches('\n').count() + 1;
            source.literals.push(Literal { line, text: inside[..length].to_owned() });
            // The quotes stay, so that the code still shows that a string was there.
            source.code.push_str("\"\"");
            (quotes.opening_length + length + quotes.closing.len()).min(rest.len())
        } else if let Some(length) = character_literal_length(rest) {
            length
        } else {
            source.code.push(character);
            rest = &rest[character.len_utf8()..];
            continue;
        };
        // What is left out keeps its line breaks.
        source.code.extend(rest[..length].matches('\n'));
        rest = &rest[length..];
    }
    source
}

fn block_comment_length(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut length = 0;
    while length < text.len() {
        let rest = &text[length..];
        if rest.starts_with("/*") {
            depth += 1;
            length += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            length += 2;
            if depth == 0 {
                return length;
            }
        } else {
            length += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// How a string begins and ends.
struct Quotes {
    opening_length: usize,
    closing: String,
    has_escapes: bool,
}

impl Quotes {
    /// The quotes of the string that begins here, if one does.
    fn at(text: &str) -> Option<Quotes> {
        if text.starts_with('"') {
            return Some(Quotes { opening_length: 1, closing: "\"".to_owned(), has_escapes: true });
        }
        let raw = ["br", "cr", "r"].iter().find_map(|prefix| text.strip_prefix(prefix))?;
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        let begins = raw[hashes..].starts_with('"');
        begins.then(|| Quotes {
            opening_length: text.len() - raw.len() + hashes + 1,
            closing: format!("\"{}", "#".repeat(hashes)),
            has_escapes: false,
        })
    }

    /// How much of the text comes before the closing quotes.
    fn inside_length(&self, inside: &str) -> usize {
        let mut length = 0;
        while length < inside.len() && !inside[length..].starts_with(&self.closing) {
            let mut characters = inside[length..].chars();
            let first = characters.next().unwrap_or_default();
            length += first.len_utf8();
            if self.has_escapes && first == '\\' {
                length += characters.next().map_or(0, char::len_utf8);
            }
        }
        length
    }
}

fn character_literal_length(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('\'')?;
    let first = inside.chars().next()?;
    if first == '\\' {
        // The escaped character itself may be a quote, so the search begins behind it.
        let escaped = inside[1..].chars().next().map_or(0, char::len_utf8);
        return inside[1 + escaped..].find('\'').map(|rest| 1 + 1 + escaped + rest + 1);
    }
    inside[first.len_utf8()..].starts_with('\'').then_some(1 + first.len_utf8() + 1)
}

#[cfg(test)]
mod tests {
    use super::read;

    fn check(text: &str, code: &str, literals: &[(usize, &str)]) {
        let source = read(text);
        assert_eq!(source.code, code);
        let found: Vec<_> =
            source.literals.iter().map(|literal| (literal.line, literal.text.as_str())).collect();
        assert_eq!(found, literals);
    }

    #[test]
    fn comments_are_not_code() {
        check("a // b \"c\"\nd", "a \nd", &[]);
        check("a /* b /* \n c */ d */ e", "a \n e", &[]);
        check("a /* never closed", "a ", &[]);
    }

    #[test]
    fn strings_are_literals_with_their_line() {
        check("f(\"x\")", "f(\"\")", &[(1, "x")]);
        check("\n\"one\ntwo\" b", "\n\"\"\n b", &[(2, "one\ntwo")]);
        check(r#"("a \" b", "c")"#, r#"("", "")"#, &[(1, r#"a \" b"#), (1, "c")]);
        check(r#"("\\")"#, r#"("")"#, &[(1, r"\\")]);
        check("\"never closed", "\"\"", &[(1, "never closed")]);
    }

    #[test]
    fn raw_strings_end_at_their_own_marks() {
        check("r#\"a \" \\\"# b", "\"\" b", &[(1, "a \" \\")]);
        check("br\"a\" b", "\"\" b", &[(1, "a")]);
        check("r#type", "r#type", &[]);
    }

    #[test]
    fn characters_are_left_out_and_lifetimes_stay() {
        check("('\"', 'a')", "(, )", &[]);
        check(r"('\'', '\\', '\u{1F600}')", "(, , )", &[]);
        check("fn f<'a>(x: &'a str)", "fn f<'a>(x: &'a str)", &[]);
    }
}
