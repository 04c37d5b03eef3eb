//! Runs every text of `tests/scenarios`: the file name is the claim, the lines that begin with `>` are what was found.
//! `UPDATE_EXPECT=1` writes them again; read the difference.
//!
//! Not here: the language of the texts ([`crate::story`]).

use std::fs;
use std::path::Path;

use expect_test::expect_file;

use crate::story::tell;

#[test]
fn every_scenario_goes_as_its_file_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 80, "the scenarios are not where they should be");
    let mut broken = String::new();
    for path in paths {
        match tell(&fs::read_to_string(&path).unwrap()) {
            Ok(told) => expect_file![path].assert_eq(&told),
            Err(rule) => broken += &format!("\n{}\n{rule}\n", path.display()),
        }
    }
    assert!(broken.is_empty(), "{broken}");
}
