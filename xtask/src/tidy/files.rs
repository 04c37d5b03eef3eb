//! Rules about whole files: their first lines, their length, their end.
//!
//! Not for what stands between.

use crate::tidy::tree::{Complaint, Tree};

const LINES_MAX: usize = 500;
const EXCUSE: &str = "//! Long because ";

/// Complains about a long Rust file that does not say why it is long.
pub(crate) fn long_files_say_why(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (file, _) in tree.rust() {
        let lines = file.text.lines().count();
        if lines > LINES_MAX && !file.text.lines().any(|line| line.starts_with(EXCUSE)) {
            let what = format!("{lines} lines: divide it, or say why with a line `{EXCUSE}…`");
            complaints.push(file.complaint(0, what));
        }
    }
    complaints
}

/// Complains about a Rust file that does not open with what it is for.
pub(crate) fn files_say_what_they_are_for(tree: &Tree) -> Vec<Complaint> {
    let silent = tree.rust().filter(|(file, _)| !file.text.starts_with("//! "));
    silent.map(|(file, _)| file.complaint(1, "open the file with `//!` and what it is for")).collect()
}

/// Complains about a text file of ours that has no line break, or more than one, at its end.
pub(crate) fn ends_with_one_line_break(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for file in &tree.files {
        let is_ours = [".rs", ".md", ".toml", ".sql"].iter().any(|ending| file.path.ends_with(ending));
        let ends_well = file.text.ends_with('\n') && !file.text.ends_with("\n\n");
        if is_ours && !file.text.is_empty() && !ends_well {
            complaints.push(file.complaint(0, "end the file with exactly one line break"));
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::{ends_with_one_line_break, files_say_what_they_are_for, long_files_say_why};
    use crate::tidy::{Rule, complaints};

    fn check(rule: Rule, text: &str, expected: &[&str]) {
        assert_eq!(complaints(rule, &[("src/plan.rs", text)]), expected);
    }

    #[test]
    fn a_long_file_must_say_why() {
        let lines = "//\n".repeat(500);
        check(long_files_say_why, &lines, &[]);
        check(long_files_say_why, &format!("//! Long because it is one table.\n{lines}"), &[]);
        check(
            long_files_say_why,
            &format!("//\n{lines}"),
            &["src/plan.rs: 501 lines: divide it, or say why with a line `//! Long because …`"],
        );
    }

    #[test]
    fn a_file_must_open_with_what_it_is_for() {
        check(files_say_what_they_are_for, "//! Makes plans.\n", &[]);
        check(
            files_say_what_they_are_for,
            "use std::fmt;\n//! Makes plans.\n",
            &["src/plan.rs:1: open the file with `//!` and what it is for"],
        );
    }

    #[test]
    fn a_file_must_end_with_one_line_break() {
        check(ends_with_one_line_break, "//! a\n", &[]);
        check(ends_with_one_line_break, "//! a", &["src/plan.rs: end the file with exactly one line break"]);
        check(
            ends_with_one_line_break,
            "//! a\n\n",
            &["src/plan.rs: end the file with exactly one line break"],
        );
    }
}
