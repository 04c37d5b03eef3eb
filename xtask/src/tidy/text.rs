//! Rules about words that must not stand in a file, or not in that file.
//!
//! Not for style: each word here breaks a promise of the design or gives away the machine it was written on.
//!
//! Invariant: no forbidden word stands in this file in one piece, for it is checked like any other.

use crate::tidy::tree::{Complaint, Tree};

const STUBS: [&str; 2] = [concat!("todo", "!("), concat!("unimplemented", "!(")];

const CLOCKS_AND_DICE: [&str; 5] =
    ["SystemTime::now", "Instant::now", "Timestamp::now", "Zoned::now", concat!("rand", "::")];

const SQL_VERBS: [&str; 4] = ["SELECT", "INSERT", "UPDATE", "DELETE"];

/// Where SQL of ours lives, where a source's queries meet a database, and where Moodle's own error texts are quoted.
const SQL_PLACES: [&str; 3] =
    ["crates/store/", "crates/app/src/sources", "crates/simulators/src/moodle/refusal.rs"];

const MACHINE_FOLDERS: [&str; 2] = [concat!("/", "work"), concat!("/", "root")];

/// Marks of a package registry or of a setting that replaces one.
const REGISTRY_MARKS: [&str; 8] = [
    concat!("registry", "+"),
    concat!("sparse", "+"),
    concat!("replace", "-with"),
    concat!("index", "-url"),
    concat!("index", ".crates.io"),
    concat!("static", ".crates.io"),
    concat!("registry", ".npmjs.org"),
    concat!("pypi", ".org/simple"),
];

/// Cargo.lock names the public registry in this way on every machine.
const PUBLIC_REGISTRY: &str = concat!("registry", "+https://github.com/rust-lang/crates.io-index");

/// Complains about code that promises to be written later.
pub(crate) fn no_stubs(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (file, source) in tree.rust() {
        for stub in STUBS {
            for line in source.lines_with(stub) {
                complaints
                    .push(file.complaint(line, format!("`{stub}…)` is a stub: write it or leave it out")));
            }
        }
    }
    complaints
}

/// Complains about a clock or randomness in a pure crate: both are handed in.
pub(crate) fn no_clock_or_dice_in_pure_crates(tree: &Tree) -> Vec<Complaint> {
    let pure = ["crates/reconcile/src/", "crates/ims-es/src/"];
    let mut complaints = Vec::new();
    for (file, source) in tree.rust().filter(|(file, _)| pure.iter().any(|path| file.path.starts_with(path)))
    {
        for word in CLOCKS_AND_DICE {
            for line in source.lines_with(word) {
                complaints.push(
                    file.complaint(line, format!("`{word}` in a pure crate: let the caller hand it in")),
                );
            }
        }
    }
    complaints
}

/// Complains about a string that begins like an SQL statement outside the store and the sources. Tests may look into
/// the database from outside, as other programs do.
pub(crate) fn sql_stays_in_its_place(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (file, source) in tree.rust() {
        if file.path.contains("/tests/") || SQL_PLACES.iter().any(|place| file.path.starts_with(place)) {
            continue;
        }
        for literal in source.literals.iter().filter(|literal| is_sql(&literal.text)) {
            complaints
                .push(file.complaint(literal.line, "SQL belongs in crates/store: ask the store for it"));
        }
    }
    complaints
}

fn is_sql(text: &str) -> bool {
    let text = text.trim_start();
    SQL_VERBS.iter().any(|verb| {
        text.strip_prefix(verb).is_some_and(|rest| rest.starts_with(|next: char| next.is_whitespace()))
    })
}

/// Complains about an absolute path that exists only on the machine where it was written.
pub(crate) fn no_machine_path(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for file in &tree.files {
        for (index, line) in file.text.lines().enumerate() {
            for folder in MACHINE_FOLDERS.iter().filter(|folder| holds_path(line, folder)) {
                let what = format!("`{folder}` is a path of one machine: use a relative one");
                complaints.push(file.complaint(index + 1, what));
            }
        }
    }
    complaints
}

/// Says whether a line holds a path that begins with a folder, not one that merely contains its name.
fn holds_path(line: &str, folder: &str) -> bool {
    let belongs_to_name = |letter: char| letter.is_alphanumeric() || "._-}*".contains(letter);
    line.match_indices(folder).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        let after = line[start + folder.len()..].chars().next();
        !before.is_some_and(|letter| belongs_to_name(letter) || letter == '/')
            && !after.is_some_and(belongs_to_name)
    })
}

/// Complains about the address of a package registry: it is a setting of a machine, not of the project.
pub(crate) fn no_registry_address(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for file in &tree.files {
        for (index, line) in file.text.lines().enumerate() {
            let line = line.replace(PUBLIC_REGISTRY, "");
            for mark in REGISTRY_MARKS.iter().filter(|mark| line.contains(**mark)) {
                let what = format!("`{mark}` names a package registry: keep that in your own settings");
                complaints.push(file.complaint(index + 1, what));
            }
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::{
        MACHINE_FOLDERS, PUBLIC_REGISTRY, REGISTRY_MARKS, STUBS, no_clock_or_dice_in_pure_crates,
        no_machine_path, no_registry_address, no_stubs, sql_stays_in_its_place,
    };
    use crate::tidy::{Rule, complaints};

    /// Whether a rule complains about a file with this text.
    fn check(rule: Rule, path: &str, text: &str, expected: bool) {
        let found = complaints(rule, &[(path, text)]);
        assert_eq!(!found.is_empty(), expected, "{path}: {text}: {found:?}");
    }

    #[test]
    fn a_stub_is_found_in_code_only() {
        for stub in STUBS {
            check(no_stubs, "src/plan.rs", &format!("fn f() {{ {stub}) }}"), true);
            check(no_stubs, "src/plan.rs", &format!("// {stub})"), false);
            check(no_stubs, "src/plan.rs", &format!("const STUB: &str = \"{stub})\";"), false);
        }
    }

    #[test]
    fn a_clock_is_found_in_pure_crates_only() {
        let code = "let now = SystemTime::now();";
        check(no_clock_or_dice_in_pure_crates, "crates/reconcile/src/plan.rs", code, true);
        check(no_clock_or_dice_in_pure_crates, "crates/ims-es/src/header.rs", code, true);
        check(no_clock_or_dice_in_pure_crates, "crates/app/src/run.rs", code, false);
        check(no_clock_or_dice_in_pure_crates, "crates/reconcile/src/plan.rs", &format!("// {code}"), false);
    }

    #[test]
    fn sql_is_found_outside_its_places() {
        let code = "query(\"SELECT 1\")";
        check(sql_stays_in_its_place, "crates/app/src/run.rs", code, true);
        check(sql_stays_in_its_place, "crates/app/src/run.rs", "query(r#\"\n  DELETE FROM links\"#)", true);
        check(sql_stays_in_its_place, "crates/store/src/links.rs", code, false);
        check(sql_stays_in_its_place, "crates/app/src/sources/sql.rs", code, false);
        check(sql_stays_in_its_place, "crates/app/tests/it/main.rs", code, false);
        check(sql_stays_in_its_place, "crates/app/src/run.rs", "say(\"SELECTED GROUPS\")", false);
        check(sql_stays_in_its_place, "crates/app/src/run.rs", "say(\"Update the map\")", false);
    }

    #[test]
    fn a_path_of_this_machine_is_found_in_any_file() {
        for folder in MACHINE_FOLDERS {
            check(no_machine_path, "README.md", &format!("cd {folder}/main"), true);
            check(no_machine_path, ".ci/run", &format!("HOME={folder}"), true);
            check(no_machine_path, "README.md", &format!("[a](docs{folder}/page.md)"), false);
            check(no_machine_path, "README.md", &format!("https://example.ac.uk{folder}s"), false);
        }
    }

    #[test]
    fn a_registry_is_found_and_the_public_one_is_allowed() {
        for mark in REGISTRY_MARKS {
            check(no_registry_address, ".cargo/config.toml", &format!("a = \"{mark}https://x\""), true);
        }
        check(no_registry_address, "Cargo.lock", &format!("source = \"{PUBLIC_REGISTRY}\""), false);
    }
}
