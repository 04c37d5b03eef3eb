//! `cargo xtask tidy`: the promises of the house that no compiler checks.
//!
//! Not for taste and not for anything that rustfmt or clippy can see.
//!
//! Invariant: a rule is a pure function from the tree to complaints, and its own tests break it on a small tree.
//! Invariant: each complaint names the place and what to do.

mod arrows;
mod documents;
mod files;
mod lexer;
mod reach;
mod text;
mod tree;

use std::path::Path;
use std::process::ExitCode;

use crate::error::ChoreError;
use tree::{Complaint, Tree};

/// Looks at the tree and lists what it does not like.
type Rule = fn(&Tree) -> Vec<Complaint>;

const RULES: [Rule; 13] = [
    arrows::arrows_between_crates,
    arrows::pure_crates_stay_pure,
    reach::every_file_is_reached,
    documents::architecture_paths_exist,
    documents::links_lead_somewhere,
    files::long_files_say_why,
    files::files_say_what_they_are_for,
    files::ends_with_one_line_break,
    text::no_stubs,
    text::no_clock_or_dice_in_pure_crates,
    text::sql_stays_in_its_place,
    text::no_machine_path,
    text::no_registry_address,
];

/// Applies every rule to the working tree and prints the complaints.
pub(crate) fn run(root: &Path) -> Result<ExitCode, ChoreError> {
    let tree = Tree::read(root)?;
    let mut complaints: Vec<Complaint> = RULES.iter().flat_map(|rule| rule(&tree)).collect();
    complaints.sort();
    for complaint in &complaints {
        println!("{complaint}");
    }
    println!("tidy: {} rules, {} files, {} complaints", RULES.len(), tree.files.len(), complaints.len());
    Ok(if complaints.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Writes a small tree, applies one rule, and returns the complaints as text.
#[cfg(test)]
fn complaints(rule: Rule, files: &[(&str, &str)]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let tree = Tree::read(folder.path()).unwrap();
    rule(&tree).iter().map(ToString::to_string).collect()
}
