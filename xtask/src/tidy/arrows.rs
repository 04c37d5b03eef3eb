//! Which crate may know which: the arrows of the design, and what the pure crates may list.
//!
//! Not for what the code does with a dependency.
//!
//! Invariant: a crate that is in no list here is a complaint, so a new crate is placed on purpose.

use crate::cargo::{DependencyKind, Package};
use crate::tidy::tree::{Complaint, Tree};

/// What a crate of ours may know of ours.
struct Place {
    crate_name: &'static str,
    may_use: &'static [&'static str],
    tests_may_use: &'static [&'static str],
}

/// The picture in ARCHITECTURE.md, as a table.
///
/// The simulators know the messages and nothing else, so that they cannot share the client's mistakes.
const PLACES: [Place; 8] = [
    Place {
        crate_name: "app",
        may_use: &["targets", "store", "ims-es", "reconcile", "simulators"],
        tests_may_use: &[],
    },
    Place { crate_name: "targets", may_use: &["reconcile", "ims-es"], tests_may_use: &["simulators"] },
    Place { crate_name: "store", may_use: &["reconcile"], tests_may_use: &[] },
    Place { crate_name: "simulators", may_use: &["ims-es"], tests_may_use: &[] },
    Place { crate_name: "reconcile", may_use: &[], tests_may_use: &[] },
    Place { crate_name: "ims-es", may_use: &[], tests_may_use: &[] },
    Place { crate_name: "fuzz", may_use: &["ims-es"], tests_may_use: &[] },
    Place { crate_name: "xtask", may_use: &["simulators"], tests_may_use: &[] },
];

/// All that the pure crates may list besides test tools: no runtime, network, database, clock or randomness.
const PURE_CRATES: [(&str, &[&str]); 2] = [
    ("reconcile", &["serde", "serde_json", "sha2", "thiserror", "unicode-normalization"]),
    ("ims-es", &["quick-xml", "serde", "serde_json", "sha2", "thiserror", "unicode-normalization"]),
];

/// Complains about a dependency between our crates that the design does not draw.
pub(crate) fn arrows_between_crates(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for package in &tree.packages {
        let Some(place) = PLACES.iter().find(|place| place.crate_name == package.name) else {
            let what =
                format!("crate `{}` has no place in xtask/src/tidy/arrows.rs: give it one", package.name);
            complaints.push(complaint(tree, package, what));
            continue;
        };
        for dependency in &package.dependencies {
            let name = dependency.name.as_str();
            let is_ours = tree.packages.iter().any(|other| other.name == name);
            let tests_may = dependency.kind == DependencyKind::Tests && place.tests_may_use.contains(&name);
            if is_ours && !place.may_use.contains(&name) && !tests_may {
                let what = format!("`{}` must not know `{name}`: turn the arrow round", package.name);
                complaints.push(complaint(tree, package, what));
            }
        }
    }
    complaints
}

/// Complains about a dependency of a pure crate that is not on its closed list.
pub(crate) fn pure_crates_stay_pure(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for package in &tree.packages {
        let Some((_, allowed)) = PURE_CRATES.iter().find(|(name, _)| *name == package.name) else { continue };
        let shipped = package.dependencies.iter().filter(|found| found.kind == DependencyKind::Shipped);
        for dependency in shipped.filter(|found| !allowed.contains(&found.name.as_str())) {
            let what = format!(
                "`{}` is pure and must not list `{}`: do that work in another crate",
                package.name, dependency.name
            );
            complaints.push(complaint(tree, package, what));
        }
    }
    complaints
}

fn complaint(tree: &Tree, package: &Package, what: String) -> Complaint {
    Complaint::at(tree.relative(&package.manifest), what)
}

#[cfg(test)]
mod tests {
    use super::{arrows_between_crates, pure_crates_stay_pure};
    use crate::tidy::{Rule, complaints};

    /// A workspace of three crates in which one has the given tables in its Cargo.toml.
    fn check(rule: Rule, crate_name: &str, tables: &str, expected: &[&str]) {
        let mut files = vec![("Cargo.toml".to_owned(), "[workspace]\nmembers = [\"crates/*\"]".to_owned())];
        for name in ["reconcile", "simulators", "targets", crate_name] {
            let tables = if name == crate_name { tables } else { "" };
            let manifest =
                format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{tables}");
            files.push((format!("crates/{name}/Cargo.toml"), manifest));
            files.push((format!("crates/{name}/src/lib.rs"), String::new()));
        }
        let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        assert_eq!(complaints(rule, &files), expected);
    }

    #[test]
    fn an_arrow_of_the_design_is_allowed() {
        check(
            arrows_between_crates,
            "targets",
            "[dependencies]\nreconcile = { path = \"../reconcile\" }",
            &[],
        );
    }

    #[test]
    fn an_arrow_back_is_found() {
        check(
            arrows_between_crates,
            "reconcile",
            "[dependencies]\ntargets = { path = \"../targets\" }",
            &["crates/reconcile/Cargo.toml: `reconcile` must not know `targets`: turn the arrow round"],
        );
    }

    #[test]
    fn only_the_tests_of_targets_may_know_the_simulators() {
        check(
            arrows_between_crates,
            "targets",
            "[dev-dependencies]\nsimulators = { path = \"../simulators\" }",
            &[],
        );
        check(
            arrows_between_crates,
            "targets",
            "[dependencies]\nsimulators = { path = \"../simulators\" }",
            &["crates/targets/Cargo.toml: `targets` must not know `simulators`: turn the arrow round"],
        );
    }

    #[test]
    fn a_crate_without_a_place_is_found() {
        check(
            arrows_between_crates,
            "helpers",
            "",
            &[
                "crates/helpers/Cargo.toml: crate `helpers` has no place in xtask/src/tidy/arrows.rs: give it one",
            ],
        );
    }

    #[test]
    fn a_pure_crate_may_list_only_what_is_pure() {
        check(pure_crates_stay_pure, "reconcile", "[dependencies]\nserde = \"1\"\nsha2 = \"0.11\"", &[]);
        check(pure_crates_stay_pure, "reconcile", "[dev-dependencies]\nproptest = \"1\"", &[]);
        check(
            pure_crates_stay_pure,
            "reconcile",
            "[dependencies]\nnumbers = { package = \"rand\", version = \"0.10\" }",
            &[
                "crates/reconcile/Cargo.toml: `reconcile` is pure and must not list `rand`: do that work in another crate",
            ],
        );
        check(
            pure_crates_stay_pure,
            "ims-es",
            "[dependencies]\nquick-xml = \"0.38\"\n[target.'cfg(unix)'.dependencies]\ntokio = \"1\"",
            &[
                "crates/ims-es/Cargo.toml: `ims-es` is pure and must not list `tokio`: do that work in another crate",
            ],
        );
    }
}
