//! The same order gives the same bytes, here and everywhere.
//!
//! Not here: whether the bytes make sense.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use simulators::university::{Encoding, Order, Profile, write_folder};

/// Hashes the names and contents of all files below a folder, in the order of their names.
fn hash(dir: &Path) -> String {
    let mut files = Vec::new();
    collect(dir, &mut files);
    files.sort();
    let mut hasher = Sha256::new();
    for file in files {
        let name =
            file.strip_prefix(dir).unwrap().components().map(|part| part.as_os_str().to_string_lossy());
        hasher.update(name.collect::<Vec<_>>().join("/"));
        hasher.update(fs::read(&file).unwrap());
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { collect(&path, files) } else { files.push(path) }
    }
}

fn written(seed: u64) -> String {
    let dir = tempfile::tempdir().unwrap();
    let order = Order { profile: Profile::S, seed, days: 4, peak_day: Some(4), encoding: Encoding::Utf8 };
    write_folder(&order, dir.path()).unwrap();
    hash(dir.path())
}

/// When the generator is changed on purpose, the new hash belongs here: every measured figure changes with it.
#[test]
fn the_college_with_seed_1_is_the_same_on_every_machine() {
    assert_eq!(written(1), "aff776379764f089e597b6461013f2667104d8ac31cd399fa295e3cd74a14023");
}

#[test]
fn another_seed_is_another_university() {
    assert_ne!(written(1), written(2));
}
