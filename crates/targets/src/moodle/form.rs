//! The body of a request, as PHP reads it: `groups[0][name]=A1` (facts/moodle-ws.md §1.1).
//!
//! Not here: which function wants which fields (`functions.rs`).
//!
//! Invariant: `wstoken` comes first and `wsfunction` last, so that a body which the server cuts off fails as a whole
//! instead of half succeeding (facts/moodle-ws.md §8).

use std::fmt::{Display, Write};

use reconcile::keys::CourseId;

use crate::secret::{HIDDEN, Secret};

/// The parameters of one call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Form {
    fields: Vec<(String, String)>,
    /// How many elements the call's list has; the weight of the call for messages and the limiter.
    pub(crate) elements: usize,
    /// The course, where the call is about one.
    pub(crate) course: Option<CourseId>,
}

impl Form {
    pub(crate) fn new() -> Form {
        Form::default()
    }

    /// Adds a plain parameter.
    pub(crate) fn set(mut self, name: &str, value: impl Display) -> Form {
        self.fields.push((name.to_owned(), value.to_string()));
        self
    }

    /// Names the course that the call is about, for messages; nothing is sent.
    pub(crate) fn about(mut self, course: CourseId) -> Form {
        self.course = Some(course);
        self
    }

    /// Adds a list of plain values: `groupids[0]=7`.
    pub(crate) fn list<T: Display>(mut self, name: &str, values: &[T]) -> Form {
        self.elements += values.len();
        for (index, value) in values.iter().enumerate() {
            self.fields.push((format!("{name}[{index}]"), value.to_string()));
        }
        self
    }

    /// Adds one element with several keys to a list: `members[0][groupid]=7`.
    pub(crate) fn element(&mut self, name: &str, keys: &[(&str, &dyn Display)]) {
        let index = self.elements;
        self.elements += 1;
        for (key, value) in keys {
            self.fields.push((format!("{name}[{index}][{key}]"), value.to_string()));
        }
    }

    /// The body for the wire.
    pub(crate) fn body(&self, token: &Secret, function: &str) -> String {
        let mut body = String::with_capacity(64 + 40 * self.fields.len());
        append(&mut body, "wstoken", token.reveal());
        // Names as they are stored, not escaped (facts/moodle-ws.md §6); harmless where it is unknown.
        append(&mut body, "moodlewssettingraw", "1");
        for (name, value) in &self.fields {
            append(&mut body, name, value);
        }
        append(&mut body, "wsfunction", function);
        body
    }

    /// The parameters for people, at most `chars_max` characters, without the token.
    pub(crate) fn shown(&self, token: &Secret, chars_max: usize) -> String {
        let mut shown = String::new();
        for (name, value) in &self.fields {
            if shown.chars().count() >= chars_max {
                break;
            }
            if !shown.is_empty() {
                shown.push('&');
            }
            shown.push_str(name);
            shown.push('=');
            shown.push_str(value);
        }
        shorten(&token.redact(&shown), chars_max)
    }
}

/// The first characters of a text; what was left out is marked.
pub(crate) fn shorten(text: &str, chars_max: usize) -> String {
    match text.char_indices().nth(chars_max) {
        Some((end, _)) => format!("{}{HIDDEN}", &text[..end]),
        None => text.to_owned(),
    }
}

fn append(body: &mut String, name: &str, value: &str) {
    if !body.is_empty() {
        body.push('&');
    }
    encode(body, name);
    body.push('=');
    encode(body, value);
}

/// Encodes as `application/x-www-form-urlencoded`.
fn encode(body: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'*' => {
                body.push(char::from(byte))
            }
            b' ' => body.push('+'),
            // Writing to a String cannot fail.
            other => _ = write!(body, "%{other:02X}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(form: &Form, expected: &str) {
        let body = form.body(&Secret::new("token-for-tests"), "core_x");
        assert_eq!(
            body.replace("%5B", "[").replace("%5D", "]"),
            format!("wstoken=token-for-tests&moodlewssettingraw=1{expected}&wsfunction=core_x")
        );
    }

    #[test]
    fn the_token_is_first_and_the_function_last() {
        check(&Form::new(), "");
        check(&Form::new().set("courseid", 7), "&courseid=7");
    }

    #[test]
    fn lists_and_elements_carry_indices_in_brackets() {
        check(&Form::new().list("groupids", &[5, 9]), "&groupids[0]=5&groupids[1]=9");
        let mut form = Form::new();
        form.element("members", &[("groupid", &1), ("userid", &2)]);
        form.element("members", &[("groupid", &3), ("userid", &4)]);
        check(
            &form,
            "&members[0][groupid]=1&members[0][userid]=2&members[1][groupid]=3&members[1][userid]=4",
        );
        assert_eq!(form.elements, 2);
    }

    #[test]
    fn every_byte_that_means_something_is_encoded() {
        check(&Form::new().set("name", "R&D < 5+ü=%"), "&name=R%26D+%3C+5%2B%C3%BC%3D%25");
    }

    #[test]
    fn what_is_shown_is_short_and_without_the_token() {
        let token = Secret::new("token-for-tests");
        let form = Form::new().set("name", "token-for-tests").set("other", "x".repeat(500));
        assert_eq!(form.shown(&token, 25), "name=…&other=xxxxxxxxxxxx…");
    }
}
