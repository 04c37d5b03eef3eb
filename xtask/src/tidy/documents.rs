//! Documents that speak of files: the files must be there.
//!
//! Not for whether what a document says is true.

use crate::tidy::reach::join;
use crate::tidy::tree::{Complaint, Tree};

const MAP: &str = "ARCHITECTURE.md";
const FOLDERS_ON_THE_MAP: [&str; 3] = ["crates/", "docs/", "xtask/"];

/// Complains about a path in backticks in ARCHITECTURE.md that does not exist; `*` stands for any one name.
pub(crate) fn architecture_paths_exist(tree: &Tree) -> Vec<Complaint> {
    let Some(map) = tree.file(MAP) else {
        return vec![Complaint::at(MAP, "is missing: a stranger needs the map")];
    };
    let mut complaints = Vec::new();
    for (index, line) in map.text.lines().enumerate() {
        for quoted in line.split('`').skip(1).step_by(2) {
            if FOLDERS_ON_THE_MAP.iter().any(|folder| quoted.starts_with(folder)) && !exists(tree, quoted) {
                complaints
                    .push(map.complaint(index + 1, format!("`{quoted}` does not exist: correct the map")));
            }
        }
    }
    complaints
}

fn exists(tree: &Tree, path: &str) -> bool {
    if !path.contains('*') {
        return tree.holds(path);
    }
    let wanted: Vec<&str> = path.trim_end_matches('/').split('/').collect();
    tree.files.iter().any(|file| {
        let parts: Vec<&str> = file.path.split('/').collect();
        parts.len() >= wanted.len() && wanted.iter().zip(&parts).all(|(wanted, part)| fits(wanted, part))
    })
}

/// Says whether a name fits a pattern with at most one `*`.
fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, end)) => {
            name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
        }
    }
}

/// Complains about a Markdown link to a file that is not there.
pub(crate) fn links_lead_somewhere(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for file in tree.files.iter().filter(|file| file.path.ends_with(".md")) {
        let mut in_code = false;
        for (index, line) in file.text.lines().enumerate() {
            if line.trim_start().starts_with("```") {
                in_code = !in_code;
            }
            if in_code {
                continue;
            }
            for link in links(line) {
                let path = link.split('#').next().unwrap_or_default();
                if !path.is_empty() && !tree.holds(&join(file.folder(), path)) {
                    complaints.push(file.complaint(index + 1, format!("the link to `{link}` leads nowhere")));
                }
            }
        }
    }
    complaints
}

/// The local targets of the links in a line: `[text](target "title")` and `[label]: target`.
fn links(line: &str) -> Vec<String> {
    // What is in backticks is shown, not followed.
    let prose: String = line.split('`').step_by(2).collect();
    let mut targets: Vec<&str> =
        prose.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next()).collect();
    let label = prose.trim_start().strip_prefix('[').and_then(|rest| rest.split_once("]: "));
    targets.extend(label.and_then(|(_, target)| target.split_whitespace().next()));
    let local =
        targets.into_iter().filter(|target| !target.contains("://") && !target.starts_with("mailto:"));
    local.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::{architecture_paths_exist, links_lead_somewhere};
    use crate::tidy::{Rule, complaints};

    const PLAN: (&str, &str) = ("crates/reconcile/src/plan.rs", "");

    fn check(rule: Rule, path: &str, text: &str, expected: &[&str]) {
        assert_eq!(complaints(rule, &[(path, text), PLAN]), expected);
    }

    #[test]
    fn a_map_without_a_mistake_is_quiet() {
        let map = "`crates/reconcile/src/plan.rs`, `crates/reconcile/`, `crates/*/src`, `crates/x*/src/*.rs`, `plan`";
        let map = map.replace("/x*", "/rec*");
        check(architecture_paths_exist, "ARCHITECTURE.md", &map, &[]);
    }

    #[test]
    fn a_path_that_was_moved_is_found_on_the_map() {
        check(
            architecture_paths_exist,
            "ARCHITECTURE.md",
            "The plan:\n`crates/reconcile/src/plans.rs`",
            &["ARCHITECTURE.md:2: `crates/reconcile/src/plans.rs` does not exist: correct the map"],
        );
        check(
            architecture_paths_exist,
            "ARCHITECTURE.md",
            "`crates/*/src/plans.rs`",
            &["ARCHITECTURE.md:1: `crates/*/src/plans.rs` does not exist: correct the map"],
        );
    }

    #[test]
    fn a_missing_map_is_found() {
        check(
            architecture_paths_exist,
            "README.md",
            "",
            &["ARCHITECTURE.md: is missing: a stranger needs the map"],
        );
    }

    #[test]
    fn links_to_files_folders_places_and_sites_are_quiet() {
        let text = "[a](../crates/reconcile/src/plan.rs#top) [b](#here) [c](https://example.ac.uk) [d](../crates)\n\
                    `[e](gone.md)`\n```\n[f](gone.md)\n```\n[g]: ../crates \"title\"";
        check(links_lead_somewhere, "docs/page.md", text, &[]);
    }

    #[test]
    fn a_link_to_nothing_is_found() {
        check(
            links_lead_somewhere,
            "docs/page.md",
            "[a](plan.rs)\n[b]: gone.md",
            &[
                "docs/page.md:1: the link to `plan.rs` leads nowhere",
                "docs/page.md:2: the link to `gone.md` leads nowhere",
            ],
        );
    }
}
