//! Finds Rust files that no build ever looks at.
//!
//! Not for unused functions: the compiler sees those, but only in files it is told about.
//!
//! Follows `mod name;` from everything that Cargo builds. A `mod` inside braces and one behind a `cfg` count like any other.

use std::collections::BTreeSet;

use crate::tidy::tree::{Complaint, File, Tree};

/// Complains about a file that neither Cargo nor a `mod` names.
pub(crate) fn every_file_is_reached(tree: &Tree) -> Vec<Complaint> {
    let sources = tree.packages.iter().flat_map(|package| &package.targets);
    let roots: BTreeSet<String> = sources.map(|target| tree.relative(&target.source)).collect();
    let mut reached = roots.clone();
    let mut open: Vec<String> = roots.iter().cloned().collect();
    while let Some(path) = open.pop() {
        let Some(file) = tree.file(&path) else { continue };
        for module in modules_of(file, roots.contains(&path)) {
            if tree.holds(&module) && reached.insert(module.clone()) {
                open.push(module);
            }
        }
    }
    let orphans = tree.rust().filter(|(file, _)| !reached.contains(&file.path));
    orphans
        .map(|(file, _)| {
            file.complaint(0, "no `mod` and no Cargo target names this file: add it or remove it")
        })
        .collect()
}

/// The paths at which the compiler would look for the modules that a file declares.
fn modules_of(file: &File, is_root: bool) -> Vec<String> {
    let Some(source) = &file.rust else { return Vec::new() };
    let name = file.path.rsplit('/').next().unwrap_or_default();
    let folder = if is_root || name == "mod.rs" {
        file.folder().to_owned()
    } else {
        file.path.trim_end_matches(".rs").to_owned()
    };
    let mut paths = Vec::new();
    let mut given_path = None;
    for (index, line) in source.code.lines().enumerate() {
        if line.contains("#[path") {
            let literal = source.literals.iter().find(|literal| literal.line == index + 1);
            given_path = literal.map(|literal| join(file.folder(), &literal.text));
        }
        if let Some(module) = declared_module(line) {
            match given_path.take() {
                Some(path) => paths.push(path),
                None => {
                    paths.push(join(&folder, &format!("{module}.rs")));
                    paths.push(join(&folder, &format!("{module}/mod.rs")));
                }
            }
        }
    }
    paths
}

/// The name in a line such as `pub(crate) mod name;`.
fn declared_module(line: &str) -> Option<&str> {
    let before = line.trim().strip_suffix(';')?;
    let (before, name) = before.rsplit_once(' ')?;
    (before.trim_end() == "mod" || before.trim_end().ends_with(" mod")).then_some(name)
}

/// Joins a folder and a relative path, and walks up for each `..`.
pub(crate) fn join(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::every_file_is_reached;
    use crate::tidy::complaints;

    const MANIFEST: (&str, &str) =
        ("Cargo.toml", "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"");

    /// The paths of a package that nothing reaches.
    fn check(files: &[(&str, &str)], expected: &[&str]) {
        let files: Vec<_> = [MANIFEST].iter().chain(files).copied().collect();
        let found = complaints(every_file_is_reached, &files);
        let paths: Vec<_> = found.iter().filter_map(|line| line.split(": ").next()).collect();
        assert_eq!(paths, expected);
    }

    #[test]
    fn a_file_that_no_mod_names_is_found() {
        check(&[("src/lib.rs", "mod plan;"), ("src/plan.rs", ""), ("src/old.rs", "")], &["src/old.rs"]);
    }

    #[test]
    fn modules_are_followed_in_both_layouts() {
        check(
            &[
                ("src/main.rs", "pub(crate) mod plan;\nmod run;"),
                ("src/plan.rs", "mod step;"),
                ("src/plan/step.rs", ""),
                ("src/run/mod.rs", "mod report;"),
                ("src/run/report.rs", ""),
            ],
            &[],
        );
    }

    #[test]
    fn a_mod_in_a_comment_reaches_nothing() {
        check(&[("src/lib.rs", "// mod old;\n/* mod old; */"), ("src/old.rs", "")], &["src/old.rs"]);
    }

    #[test]
    fn tests_benches_and_given_paths_are_reached() {
        check(
            &[
                ("src/lib.rs", ""),
                ("tests/it/main.rs", "mod story;\n#[path = \"../shared/world.rs\"]\nmod world;"),
                ("tests/it/story.rs", ""),
                ("tests/shared/world.rs", ""),
                ("benches/plan.rs", ""),
                ("tests/it/forgotten.rs", ""),
            ],
            &["tests/it/forgotten.rs"],
        );
    }
}
