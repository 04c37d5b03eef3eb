//! What is fuzzed: each target is a function over any bytes, and it panics where a property does not hold.
//!
//! The seeds are the fixtures that the tests have anyway, and a few words in `seeds`. The tests here run every target over them once. The search is
//! `main.rs`; `cargo xtask fuzz` runs it by hand and `cargo xtask ci --only fuzz` for a bounded time.
//!
//! Not here: what a search found. It becomes a fixture or a case of the parser's own tests.
//!
//! Invariant: a target does the same for the same bytes: no clock, no randomness, nothing kept from one run to the next.

#![expect(clippy::panic, reason = "a target says by a panic that a property does not hold")]

mod envelope;
mod header;
mod reply;
mod request;
mod secrets;
mod values;

use ims_es::operation::{Operation, Service};

/// Where the fixtures of the messages are, below the root of the workspace.
const MESSAGES: &str = "crates/ims-es/tests/fixtures";

/// Longer than every fixture; what only a long message does, the tests of hostile messages do.
const MESSAGE_BYTES_MAX: usize = 16 << 10;

/// One thing to search.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its name on the command line.
    pub name: String,
    /// The folders and files of its seeds, below the root of the workspace.
    pub seeds: Vec<String>,
    /// The longest input that is tried, in bytes.
    pub bytes_max: usize,
    /// Its part of the time that `cargo xtask ci` has for all; 0 for a target that is a part of another.
    pub share: u32,
    /// What is done with the bytes.
    pub run: Run,
}

/// What a target does with the bytes; it panics where a property does not hold.
pub type Run = fn(&[u8]);

/// Every target: the parts of a message, then each operation alone.
pub fn targets() -> Vec<Target> {
    let target = |name: &str, seeds: &str, bytes_max, share, run: Run| Target {
        name: name.to_owned(),
        seeds: vec![seeds.to_owned()],
        bytes_max,
        share,
        run,
    };
    let message = |name: &str, share, run: Run| target(name, MESSAGES, MESSAGE_BYTES_MAX, share, run);
    let mut targets = vec![
        message("envelope", 2, envelope::run),
        message("header", 2, header::run),
        message("request", 5, request::run),
        message("reply", 3, reply::run),
        message("secrets", 1, secrets::run),
        target("values", "fuzz/seeds/values", 64, 1, values::run),
    ];
    targets.extend(Operation::ALL.iter().map(|operation| Target {
        name: operation.name().to_owned(),
        seeds: vec![format!("{MESSAGES}/{}", folder(*operation))],
        bytes_max: MESSAGE_BYTES_MAX,
        share: 0,
        run: |bytes| {
            request::run(bytes);
            reply::run(bytes);
        },
    }));
    targets
}

/// The folder of an operation's fixtures: `group/create_groups`.
fn folder(operation: Operation) -> String {
    let mut folder = match operation.service() {
        Service::Group => "group/",
        Service::Membership => "membership/",
        Service::Person | Service::ExtendedPerson => "person/",
    }
    .to_owned();
    for character in operation.name().chars() {
        if character.is_ascii_uppercase() {
            folder.push('_');
        }
        folder.push(character.to_ascii_lowercase());
    }
    folder
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::targets;

    /// The files at a place, or below it.
    fn files(place: PathBuf) -> Vec<PathBuf> {
        if place.is_file() {
            return vec![place];
        }
        let entries =
            std::fs::read_dir(&place).unwrap_or_else(|error| panic!("{}: {error}", place.display()));
        entries.flat_map(|entry| files(entry.unwrap().path())).collect()
    }

    #[test]
    fn every_target_holds_for_its_seeds_and_for_each_cut_short() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        for target in targets() {
            let seeds: Vec<_> = target.seeds.iter().flat_map(|seed| files(root.join(seed))).collect();
            assert!(!seeds.is_empty(), "{} has no seed", target.name);
            for seed in seeds {
                let bytes = std::fs::read(&seed).unwrap();
                (target.run)(&bytes);
                (target.run)(&bytes[..bytes.len() / 2]);
            }
        }
    }
}
